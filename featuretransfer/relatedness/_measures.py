"""The measures by name, each on a pair of domains."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.base import clone

from .._checks import is_count
from .._defaults import default_classifier
from .._delegation import check_classifier
from .._suggestions import did_you_mean
from ._coral_distance import coral_distance
from ._domains import Domain, scaled_pair
from ._energy import energy_distance, energy_test
from ._frechet import frechet_distance
from ._h_score import h_score
from ._leep import leep
from ._log_me import log_me
from ._mmd import maximum_mean_discrepancy, mmd_test
from ._nce import nce
from ._proxy_a_distance import proxy_a_distance
from ._sliced_wasserstein import sliced_wasserstein_distance

NO_SPEAKERS = "no p-value: speakers of all rows are needed"


@dataclass(frozen=True)
class Options:
    """What the measures can be told.

    Parameters
    ----------
    scaling : {"corpus", "pooled", "none"}
        See `scaled_pair`.
    estimator : classifier or None
        Source model of the measures of tasks.
    n_permutations : int
        Most exchanges of speakers for a p-value; 0 for none.
    random_state : int, RandomState instance or None
        Draws exchanges, folds and directions.
    """

    scaling: str
    estimator: object
    n_permutations: int
    random_state: object

    def __post_init__(self):
        check_classifier(self.estimator, optional=True)
        if not is_count(self.n_permutations, least=0):
            raise ValueError(
                f"n_permutations must be an integer >= 0, got {self.n_permutations!r}."
            )


@dataclass(frozen=True)
class Pair:
    """Two scaled domains and the source model, which is fitted once, if a measure asks for it."""

    source: Domain
    target: Domain
    options: Options

    @classmethod
    def of(cls, source, target, options):
        return cls(*scaled_pair(source, target, options.scaling), options)

    @property
    def tables(self):
        return self.source.X, self.target.X

    @property
    def speakers(self):
        """Speakers of both, None where those of one are not known."""
        ids = self.source.speakers, self.target.speakers
        return None if any(part is None for part in ids) else ids

    @cached_property
    def labelled_target(self):
        return self.target.labelled()

    @cached_property
    def source_model(self):
        X, y = self.source.labelled()
        estimator = self.options.estimator
        return clone(default_classifier() if estimator is None else estimator).fit(X, y)

    @cached_property
    def probabilities(self):
        if not hasattr(self.source_model, "predict_proba"):
            raise TypeError(
                "leep, log-me and h-score need a source model with predict_proba, got "
                f"{self.source_model!r}. Use another estimator, or the measure nce."
            )
        return self.source_model.predict_proba(self.labelled_target[0])


@dataclass(frozen=True)
class Finding:
    """A value, its p-value where there is one, and what must be known of them."""

    value: float
    p_value: float = np.nan
    note: str = ""


def _tested(plain, test):
    """A statistic of pairs of rows, with a p-value where speakers are known."""

    def measure(pair):
        speakers, n_permutations = pair.speakers, pair.options.n_permutations
        if speakers is None or n_permutations == 0:
            note = NO_SPEAKERS if speakers is None else ""
            return Finding(plain(*pair.tables), note=note)
        value, p, n_drawn = test(
            *pair.tables,
            *speakers,
            rescale=pair.options.scaling == "corpus",
            n_permutations=n_permutations,
            random_state=pair.options.random_state,
        )
        few = n_drawn < n_permutations
        note = f"p >= {1 / (1 + n_drawn):.2g}: few exchanges of speakers" if few else ""
        return Finding(value, p, note)

    return measure


def _proxy(pair):
    random_state = pair.options.random_state
    if pair.speakers is None:
        found = proxy_a_distance(*pair.tables, random_state=random_state)
        return Finding(found, note="speakers unknown: a row is judged by others of its speaker")
    n_speakers = [len(set(ids)) for ids in pair.speakers]
    if min(n_speakers) < 2:
        return Finding(np.nan, note="at least 2 speakers of each corpus are needed")
    ids = dict(zip(("speakers", "speakers_target"), pair.speakers))
    return Finding(proxy_a_distance(*pair.tables, **ids))


def _sliced(pair):
    random_state = pair.options.random_state
    return Finding(sliced_wasserstein_distance(*pair.tables, random_state=random_state))


@dataclass(frozen=True)
class Measure:
    """One measure.

    Parameters
    ----------
    compute : callable
        From a `Pair` to a `Finding`.
    closer : {"smaller", "greater"}
        Which values tell of related corpora.
    of_task : bool
        Whether it needs a source model and target labels; such a measure has a direction.
    """

    compute: Callable
    closer: str = "smaller"
    of_task: bool = False


def _of_task(compute):
    return Measure(lambda pair: Finding(compute(pair)), "greater", of_task=True)


#: Name to measure: distances first, then those that need target labels.
MEASURES = {
    "mmd": Measure(_tested(maximum_mean_discrepancy, mmd_test)),
    "energy": Measure(_tested(energy_distance, energy_test)),
    "proxy-a-distance": Measure(_proxy),
    "coral": Measure(lambda pair: Finding(coral_distance(*pair.tables))),
    "frechet": Measure(lambda pair: Finding(frechet_distance(*pair.tables))),
    "sliced-wasserstein": Measure(_sliced),
    "leep": _of_task(lambda pair: leep(pair.probabilities, pair.labelled_target[1])),
    "nce": _of_task(
        lambda pair: nce(
            pair.source_model.predict(pair.labelled_target[0]), pair.labelled_target[1]
        )
    ),
    "log-me": _of_task(lambda pair: log_me(pair.probabilities, pair.labelled_target[1])),
    "h-score": _of_task(lambda pair: h_score(pair.probabilities, pair.labelled_target[1])),
}
DISTANCES = tuple(name for name, measure in MEASURES.items() if not measure.of_task)


def resolve_measures(measures):
    """Names, or functions of source and target rows, as a dict of name to `Measure`.

    Parameters
    ----------
    measures : str, callable or list of such
        Names of `MEASURES`, or functions ``f(X_source, X_target)`` that return a distance.

    Returns
    -------
    resolved : dict of str to Measure
        In the order given.

    Raises
    ------
    ValueError
        If a name is not known.
    """
    listed = list(measures) if isinstance(measures, list | tuple) else [measures]
    if not listed:
        raise ValueError(f"measures is empty; pass some of {list(MEASURES)}.")
    resolved = {}
    for measure in listed:
        if callable(measure):
            name = getattr(measure, "__name__", type(measure).__name__)
            resolved[name] = Measure(_function(measure))
        elif measure in list(MEASURES):
            resolved[measure] = MEASURES[measure]
        else:
            raise ValueError(
                f"measures must be callables or of {list(MEASURES)}, got {measure!r}."
                f"{did_you_mean(measure, MEASURES)}"
            )
    return resolved


def _function(function):
    return lambda pair: Finding(float(function(*pair.tables)))
