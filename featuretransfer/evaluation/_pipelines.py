"""What is evaluated: pipelines by name, seeded."""

from collections import Counter
from collections.abc import Mapping

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from .._structure import is_estimator
from ..pipelines import check_pipeline
from ._baselines import BASELINES
from ._oracle import Oracle


def named_pipelines(pipelines):
    """The pipelines by name, each checked; unnamed ones are called after their steps."""
    if not isinstance(pipelines, dict):
        listed = pipelines if isinstance(pipelines, list | tuple) else [pipelines]
        names = [_name_of(check_pipeline(pipeline)) for pipeline in listed]
        seen, pipelines = Counter(), {}
        for name, pipeline in zip(names, listed):
            seen[name] += 1
            pipelines[f"{name}-{seen[name]}" if names.count(name) > 1 else name] = pipeline
    if not pipelines:
        raise ValueError("pipelines is empty; pass at least one, such as recipe('coral').")
    for name, pipeline in pipelines.items():
        if name in BASELINES:
            raise ValueError(f"{name!r} is the name of a baseline; give the pipeline another.")
        check_pipeline(pipeline)
    return dict(pipelines)


def _name_of(estimator):
    if isinstance(estimator, Pipeline):
        return "+".join(name for name, _ in estimator.steps)
    if isinstance(estimator, Oracle):
        return f"oracle-{_name_of(estimator.search)}"
    return type(estimator).__name__.lower()


def seeded(estimator, seed):
    """A clone in which every random_state that is None is the seed, candidates included."""
    estimator = clone(estimator)
    if seed is None:
        return estimator
    changes = {}
    for name, value in estimator.get_params(deep=True).items():
        kind = name.rpartition("__")[2]
        if kind == "random_state" and value is None:
            changes[name] = seed
        elif kind in ("param_grid", "param_distributions"):
            grids = [value] if isinstance(value, Mapping) else value
            changes[name] = [_seeded_grid(grid, seed) for grid in grids]
    return estimator.set_params(**changes)


def _seeded_grid(grid, seed):
    return {
        name: [seeded(value, seed) if is_estimator(value) else value for value in values]
        if isinstance(values, list | tuple)
        else values
        for name, values in grid.items()
    }
