"""The cells of an evaluation, one for each row of its table."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from ..selection import FewLabelsSplit
from ._baselines import baseline_predictor, in_corpus, labelled_baselines, scaled_baselines
from ._domains import Labelled
from ._oracle import Oracle, best_in_hindsight
from ._pipelines import seeded
from ._protocols import few_labels, inductive, refuse, transductive, within_corpus


@dataclass(frozen=True)
class Task:
    """A cell to run: a row of the result before its scores.

    Parameters
    ----------
    source, pipeline : str
        Names.
    target : Labelled
        The target.
    seed, budget : int or None
        Seed, and labelled target rows of each class.
    draw : Draw or None
        Which rows are labelled and tested; None where all are tested.
    estimator : estimator, default=None
        Seeded; None where nothing is run.
    call : tuple, default=()
        Function and arguments that predict.
    """

    source: str
    target: Labelled
    pipeline: str
    seed: int | None
    budget: int | None = None
    draw: object = None
    estimator: object = None
    call: tuple = ()

    @property
    def description(self):
        """The task in words."""
        names = ("source", "pipeline", "seed", "budget")
        return {"target": self.target.name, **{name: getattr(self, name) for name in names}}

    @property
    def tested(self):
        """Labels of the rows that are predicted."""
        drawn = self.draw is not None and not self.draw.error
        return self.target.y.iloc[self.draw.tested] if drawn else self.target.y


@dataclass(frozen=True)
class Draw:
    """Which rows of a target are labelled, and which are tested.

    Parameters
    ----------
    target : Labelled
        The target.
    known, tested : ndarray of int
        Positions of rows.
    error : str, default=""
        Why there is no such draw.
    """

    target: Labelled
    known: np.ndarray
    tested: np.ndarray
    error: str = ""

    @cached_property
    def y_target(self):
        """Labels of the known rows, None elsewhere."""
        labels = np.full(len(self.target.y), None, dtype=object)
        labels[self.known] = self.target.y.iloc[self.known]
        return labels


def make_tasks(pipelines, domains, pairs, plan):
    """Every cell of an evaluation.

    Parameters
    ----------
    pipelines : dict of str to estimator
        By name.
    domains : dict of str to Labelled
        Every corpus.
    pairs : list of (tuple of str, str)
        Sources and target.
    plan : Plan
        Settings.

    Returns
    -------
    tasks : list of Task
        Seed by seed, pair by pair.
    """
    predictor = baseline_predictor(pipelines.values(), rated=_first(domains).is_rated)
    contenders = pipelines
    if plan.baselines:
        contenders = {**scaled_baselines(predictor), **pipelines}
        if plan.protocol == "few-labels":
            contenders = {**labelled_baselines(predictor), **contenders}
    pooled = {names: Labelled.pooled([domains[name] for name in names]) for names, _ in pairs}
    draws = _draws(domains, pairs, plan)
    tasks = []
    for seed in plan.seeds:
        for (names, name), budget in product(pairs, plan.budgets):
            source, target, draw = pooled[names], domains[name], draws.get((name, budget, seed))
            row = {"target": target, "seed": seed, "budget": budget, "draw": draw}
            if plan.baselines:
                tasks.append(Task(source.name, pipeline="chance", **row))
            for pipeline, estimator in contenders.items():
                own = seeded(estimator, seed)
                call = _call(plan.protocol, own, source, target, draw)
                tasks.append(Task(source.name, pipeline=pipeline, estimator=own, call=call, **row))
        if plan.baselines:
            targets = {target for _, target in pairs}
            within = [name for name in domains if name in targets]
            tasks += [_within(domains[name], predictor, seed) for name in within]
    return tasks


def _first(domains):
    return next(iter(domains.values()))


def _call(protocol, estimator, source, target, draw):
    rest = source.domain, source.y, target.domain
    run = inductive if protocol == "inductive" else transductive
    if draw is not None:
        if draw.error:
            return refuse, draw.error
        run, rest = few_labels, (*rest, draw.y_target, draw.tested)
    if isinstance(estimator, Oracle):
        return best_in_hindsight, run, estimator, target.y, *rest
    return run, estimator, *rest


def _within(target, predictor, seed):
    own = seeded(in_corpus(predictor), seed)
    call = within_corpus, own, target.domain, target.y
    return Task(target.name, target, "in-corpus", seed, estimator=own, call=call)


def _draws(domains, pairs, plan):
    """Rows to label and to test by target, budget and seed; the same for all sources."""
    if plan.protocol != "few-labels":
        return {}
    targets = dict.fromkeys(target for _, target in pairs)
    keys = product(targets, plan.budgets, plan.seeds)
    draws, short = {}, {}
    for name, budget, seed in keys:
        draws[name, budget, seed], told = _draw(domains[name], budget, seed)
        if told:
            short.setdefault((name, budget), told)
    for (name, _), told in short.items():
        warnings.warn(f"{name}: {told}", stacklevel=5)
    return draws


def _draw(target, budget, seed):
    """A draw, and the warning it came with."""
    split = FewLabelsSplit(budget, n_splits=1, random_state=0 if seed is None else seed)
    speakers = target.domain.speakers
    if speakers.isna().any():
        error = f"{target.name} has rows without a speaker, of whom none could be held out."
        return Draw(target, None, None, error), ""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            known, tested = next(split.split(speakers, target.y.to_numpy(str), speakers))
        except ValueError as error:
            return Draw(target, None, None, f"{target.name}: {error}"), ""
    return Draw(target, known, tested), str(told[0].message) if told else ""
