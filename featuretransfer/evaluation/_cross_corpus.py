"""Every source, every target, every pipeline."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from numbers import Integral

from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed

from .._structure import is_estimator
from ..corpora import Corpus
from ..pipelines import check_pipeline
from ._baselines import (
    BASELINES,
    baseline_classifier,
    final_classifier,
    in_corpus,
    scaled_baselines,
)
from ._collect import collect
from ._domains import Labelled
from ._protocols import PROTOCOLS, within_corpus
from ._run import Cell, run_cell

SOURCES = ("each", "others")


def cross_corpus(
    pipelines,
    corpora,
    *,
    feature_set="eGeMAPSv02",
    labels="big4",
    sources="each",
    protocol="transductive",
    baselines=True,
    n_jobs=None,
    random_state=None,
    progress="auto",
):
    """Train on one corpus, adapt to another, test there: for every pair, beside the baselines.

    Target labels reach nothing but the scores. A pair that fails is a row with its error, and
    counts as chance in means.

    Parameters
    ----------
    pipelines : estimator, list of estimator, or dict of str to estimator
        What to evaluate; each ends in a classifier, and may be a search. See `recipe` and
        `make_pipeline`. What they ask for is passed to them: ``X_target`` (as a tuple), source
        speakers as ``groups`` of a search, the corpus of every source row as ``source_domains``,
        and ``speakers`` and ``speakers_target``.
    corpora : list of Corpus
        At least two.
    feature_set : str or path, default="eGeMAPSv02"
        openSMILE set. Corpora made from features keep theirs.
    labels : str, dict or None, default="big4"
        Label scheme, see `Corpus.with_labels`; None keeps the labels as they are.
    sources : {"each", "others"}, default="each"
        Train on each other corpus alone, or on all others together. Methods that know
        ``source_domains``, such as `CorpusScaler`, then treat each of them by itself; for all
        others they are one source.
    protocol : {"transductive", "inductive"}, default="transductive"
        Adapt to the whole unlabelled target and test on it; or adapt to four fifths of its
        speakers and test on the others, in five turns.
    baselines : bool, default=True
        Evaluate the baselines too, see the notes.
    n_jobs : int or None, default=None
        Number of processes, for feature extraction and for the cells.
    random_state : int, list of int or None, default=None
        Seeds every ``random_state`` in the pipelines that is None, candidates of searches
        included; with a list everything is repeated for each seed.
    progress : bool or "auto", default="auto"
        Show progress bars; "auto" in a terminal only.

    Returns
    -------
    result : CrossCorpusResult
        One row for each source, target, pipeline and seed; predictions; summaries; plots.

    Raises
    ------
    ValueError
        If a parameter is invalid, or a pipeline is known to go silently wrong.

    Notes
    -----
    Beside the pipelines stand, with the classifier of the first pipeline: ``chance`` (every class
    equally often), ``source-only`` (scaled by the source's statistics), ``pooled-scaling``
    (statistics of source and target together), ``corpus-scaling`` (every corpus by
    its own statistics: the one to beat) and ``in-corpus`` (trained on other speakers of the target
    itself, five folds, one score). Baselines do not adapt: where a pipeline ends in a classifier
    that does, they take the one inside it or, if there is none, that of the next pipeline.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> corpora = ft.load_demo_corpora()[:2]
    >>> result = ft.cross_corpus({"coral": ft.recipe("coral")}, corpora, feature_set="GeMAPSv01b")
    >>> result.to_frame()[["source", "target", "pipeline"]].query("pipeline == 'coral'")
        source   target pipeline
    4  demo-de  demo-en    coral
    9  demo-en  demo-de    coral
    """
    pipelines = named_pipelines(pipelines)
    plan = _Plan(sources, protocol, baselines, _seeds(random_state), _shown(progress))
    corpora = _mapped(corpora, labels)
    domains = {
        corpus.name: Labelled.of(corpus, feature_set, n_jobs, progress) for corpus in corpora
    }
    cells = _cells(pipelines, domains, plan)
    outcomes = _run(cells, n_jobs, plan.shown)
    return collect(cells, outcomes, plan.protocol, list(pipelines))


@dataclass(frozen=True)
class _Plan:
    sources: str
    protocol: str
    baselines: bool
    seeds: list
    shown: bool

    def __post_init__(self):
        if self.sources not in SOURCES:
            raise ValueError(f"sources must be one of {list(SOURCES)}, got {self.sources!r}.")
        if self.protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {list(PROTOCOLS)}, got {self.protocol!r}.")


@dataclass(frozen=True)
class _Task:
    """A cell to run: a row of the result before its scores."""

    source: str
    target: Labelled
    pipeline: str
    seed: int | None
    estimator: object = None
    call: tuple = ()


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
        final_classifier(pipeline)
    return dict(pipelines)


def _name_of(estimator):
    if isinstance(estimator, Pipeline):
        return "+".join(name for name, _ in estimator.steps)
    return type(estimator).__name__.lower()


def _seeds(random_state):
    seeds = random_state if isinstance(random_state, list | tuple) else [random_state]
    valid = all(seed is None or isinstance(seed, Integral) for seed in seeds)
    if not seeds or not valid:
        raise ValueError(
            f"random_state must be an integer, a list of such or None, got {random_state!r}."
        )
    return list(seeds)


def _shown(progress):
    return sys.stderr.isatty() if progress == "auto" else bool(progress)


def _mapped(corpora, labels):
    corpora = list(corpora) if isinstance(corpora, list | tuple) else [corpora]
    for corpus in corpora:
        if not isinstance(corpus, Corpus):
            raise TypeError(
                f"corpora must be a list of Corpus, got {type(corpus).__name__} in it. Make one "
                "with load_corpus, or Corpus.from_features for a table of features."
            )
    if len(corpora) < 2:
        raise ValueError(f"corpora must hold at least two corpora, got {len(corpora)}.")
    names = [corpus.name for corpus in corpora]
    if len(set(names)) < len(names):
        raise ValueError(f"corpora must have different names, got {names}.")
    return [corpus.with_labels(labels) for corpus in corpora]


def _cells(pipelines, domains, plan):
    classifier = baseline_classifier(pipelines.values())
    contenders = {**scaled_baselines(classifier), **pipelines} if plan.baselines else pipelines
    run = PROTOCOLS[plan.protocol]
    tasks = []
    for seed in plan.seeds:
        for source, target in _pairs(domains, plan.sources):
            name = source.domain.name
            if plan.baselines:
                tasks.append(_Task(name, target, "chance", seed))
            for pipeline, estimator in contenders.items():
                seeded = _seeded(estimator, seed)
                call = (run, seeded, source.domain, source.y, target.domain)
                tasks.append(_Task(name, target, pipeline, seed, estimator, call))
        if plan.baselines:
            tasks += [_within(name, target, classifier, seed) for name, target in domains.items()]
    return tasks


def _within(name, target, classifier, seed):
    estimator = in_corpus(classifier)
    call = (within_corpus, _seeded(estimator, seed), target.domain, target.y)
    return _Task(name, target, "in-corpus", seed, estimator, call)


def _pairs(domains, sources):
    if sources == "each":
        for source, target in permutations(domains.values(), 2):
            yield source, target
        return
    for target in domains.values():
        yield Labelled.pooled([part for part in domains.values() if part is not target]), target


def _seeded(estimator, seed):
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
        name: [_seeded(value, seed) if is_estimator(value) else value for value in values]
        if isinstance(values, list | tuple)
        else values
        for name, values in grid.items()
    }


def _run(tasks, n_jobs, shown):
    from tqdm import tqdm

    calls = [delayed(run_cell)(*task.call) for task in tasks if task.call]
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    with tqdm(total=len(calls), unit="cell", desc="cross-corpus", disable=not shown) as bar:
        outcomes = []
        for outcome in parallel(calls):
            outcomes.append(outcome)
            bar.update()
    outcomes = iter(outcomes)
    return [next(outcomes) if task.call else Cell(None, "", 0.0) for task in tasks]
