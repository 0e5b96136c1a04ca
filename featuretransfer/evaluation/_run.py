"""One cell of an evaluation: a pipeline, a source and a target."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GroupKFold
from sklearn.utils.metadata_routing import get_routing_for_object

from ..selection._target import TargetScorer

N_PARTS = 5


@dataclass(frozen=True)
class Domain:
    """Rows of a corpus, or of several as one source.

    Parameters
    ----------
    name : str
        Name, or names joined by "+".
    X : DataFrame of shape (n_rows, n_features)
        Features.
    speakers : Series of shape (n_rows,)
        Speaker ids.
    corpora : Series of shape (n_rows,)
        Names of the corpora.
    """

    name: str
    X: pd.DataFrame
    speakers: pd.Series
    corpora: pd.Series

    def rows(self, kept):
        """Some of the rows."""
        parts = (part.iloc[kept] for part in (self.X, self.speakers, self.corpora))
        return Domain(self.name, *parts)


@dataclass(frozen=True)
class Cell:
    """What came of a cell.

    Parameters
    ----------
    predicted : ndarray of shape (n_target,) or None
        Labels; None where it failed.
    error : str
        Why it failed; empty otherwise.
    seconds : float
        Wall time of fitting and predicting.
    """

    predicted: np.ndarray | None
    error: str
    seconds: float


def run_cell(run, *arguments):
    """Call a function that predicts; what it raises becomes the cell's error."""
    started = time.perf_counter()
    try:
        with config_context(enable_metadata_routing=True):
            predicted = run(*arguments)
    except Exception as error:  # noqa: BLE001 - reported in its row; the other cells go on
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Cell(None, reason, time.perf_counter() - started)
    return Cell(predicted, "", time.perf_counter() - started)


def transductive(estimator, source, y, target):
    """Adapt to the whole unlabelled target and predict it.

    Parameters
    ----------
    estimator : estimator
        Not fitted; it is cloned.
    source, target : Domain
        Rows.
    y : array-like of shape (n_source,)
        Source labels.

    Returns
    -------
    predicted : ndarray of shape (n_target,)
        Labels of the target rows.
    """
    return fit_predict(estimator, source, y, target, target)


def inductive(estimator, source, y, target):
    """Adapt to some speakers of the unlabelled target and predict the others, in turn."""
    predicted = np.empty(len(target.X), dtype=object)
    for adapt, test in speaker_folds(target):
        predicted[test] = fit_predict(estimator, source, y, target.rows(adapt), target.rows(test))
    return predicted


PROTOCOLS = {"transductive": transductive, "inductive": inductive}


def within_corpus(estimator, corpus, y):
    """Train on some speakers of a corpus and predict the others, in turn."""
    predicted, y = np.empty(len(corpus.X), dtype=object), np.asarray(y)
    for train, test in speaker_folds(corpus):
        model = clone(estimator).fit(corpus.X.iloc[train], y[train])
        predicted[test] = model.predict(corpus.X.iloc[test])
    return predicted


def speaker_folds(domain):
    """Speaker-disjoint folds of the rows, five where there are as many speakers."""
    if domain.speakers.isna().any():
        raise ValueError(
            f"{domain.name} has rows without a speaker, so its folds cannot be speaker-independent."
        )
    n_speakers = domain.speakers.nunique()
    if n_speakers < 2:
        raise ValueError(
            f"{domain.name} has a single speaker, so its folds cannot be speaker-independent."
        )
    folds = GroupKFold(min(N_PARTS, n_speakers))
    return folds.split(domain.X, groups=domain.speakers.to_numpy(dtype=str))


def fit_predict(estimator, source, y, adapt, test):
    """Fit on labelled source and unlabelled target rows, then predict target rows.

    The estimator gets what it asks for among the target rows, the speakers of both domains, the
    corpora of the source, and the source speakers as groups of a search.
    """
    estimator = clone(estimator)
    routing = get_routing_for_object(estimator)
    offered = {
        "X_target": (adapt.X,),
        "speakers": source.speakers.to_numpy(),
        "speakers_target": (adapt.speakers.to_numpy(),),
        "source_domains": source.corpora.to_numpy(),
        "groups": source.speakers.to_numpy(dtype=str),
    }
    used = {name: offered[name] for name in routing.consumes("fit", offered)}
    estimator.fit(source.X, np.asarray(y), **used)
    offered = {"speakers_target": test.speakers.to_numpy()}
    used = {name: offered[name] for name in routing.consumes("predict", offered)}
    return np.asarray(estimator.predict(test.X, **used))


def side_information(estimator):
    """What an estimator uses besides source rows, source labels and target rows."""
    routing = get_routing_for_object(estimator)
    wanted = routing.consumes("fit", ["speakers_target"])
    wanted |= routing.consumes("predict", ["speakers_target"])
    return "target speakers" if wanted else "none"


def tuning(estimator):
    """How an estimator chooses its settings: "none", "source-cv" or "unsupervised:<scorer>"."""
    for value in [estimator, *estimator.get_params(deep=True).values()]:
        if hasattr(value, "param_grid") or hasattr(value, "param_distributions"):
            scoring = value.scoring
            if isinstance(scoring, TargetScorer):
                return f"unsupervised:{scoring.name}"
            return "source-cv"
    return "none"
