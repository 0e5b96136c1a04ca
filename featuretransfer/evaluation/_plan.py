"""How an evaluation is to be run."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

from .._checks import is_count
from ..corpora import Corpus
from ..corpora._labels import is_rated

PROTOCOLS = ("transductive", "inductive", "few-labels")
N_LABELLED = 10  # target rows of each class, where no budget is given


@dataclass(frozen=True)
class Plan:
    """Validated settings of an evaluation.

    Parameters
    ----------
    protocol : str
        One of `PROTOCOLS`.
    budgets : list of int or None
        Labelled target rows of each class; a single None where there are none.
    seeds : list of int or None
        Everything is repeated for each.
    baselines : bool
        Whether to evaluate them.
    """

    protocol: str
    budgets: list
    seeds: list
    baselines: bool

    @classmethod
    def of(cls, protocol, budget, random_state, baselines):
        """Validate what `cross_corpus` was given."""
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {list(PROTOCOLS)}, got {protocol!r}.")
        return cls(protocol, _budgets(protocol, budget), _seeds(random_state), bool(baselines))


def _budgets(protocol, budget):
    if protocol != "few-labels":
        if budget is not None:
            raise ValueError(
                f"budget={budget!r} is a number of labelled target rows, but protocol={protocol!r} "
                "gives no labels. Use protocol='few-labels', or leave budget out."
            )
        return [None]
    budgets = _listed(N_LABELLED if budget is None else budget)
    if not budgets or not all(is_count(n) for n in budgets) or len(set(budgets)) < len(budgets):
        raise ValueError(
            "budget must be a number of labelled target rows of each class, an integer >= 1, or a "
            f"list of different such numbers, got {budget!r}."
        )
    return budgets


def _seeds(random_state):
    seeds = _listed(random_state)
    if not seeds or not all(seed is None or isinstance(seed, Integral) for seed in seeds):
        raise ValueError(
            f"random_state must be an integer, a list of such or None, got {random_state!r}."
        )
    return seeds


def _listed(value):
    several = isinstance(value, Sequence) and not isinstance(value, str)
    return list(value) if several else [value]


def is_shown(progress):
    """Whether to show progress bars."""
    return sys.stderr.isatty() if progress == "auto" else bool(progress)


def usable_corpora(corpora, labels, protocol):
    """The corpora in one label scheme.

    Parameters
    ----------
    corpora : list of Corpus
        At least two, of different names.
    labels : str, dict or None
        Label scheme.
    protocol : str
        One of `PROTOCOLS`.

    Returns
    -------
    corpora : list of Corpus
        All with classes, or all with ratings.

    Raises
    ------
    TypeError, ValueError
        If they cannot be evaluated together.
    """
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
    mapped = [corpus.with_labels(labels) for corpus in corpora]
    rated = [corpus.name for corpus in mapped if is_rated(corpus.labels)]
    if rated and len(rated) < len(mapped):
        raise ValueError(
            f"{', '.join(rated)} {'has' if len(rated) == 1 else 'have'} ratings (numbers) and the "
            "other corpora classes; evaluate each kind by itself."
        )
    if rated and protocol == "few-labels":
        raise ValueError(
            "protocol='few-labels' labels rows of every class, but the labels are ratings. Use "
            "'transductive' or 'inductive', or map the ratings to classes first."
        )
    return mapped
