"""Sums over the rows of each speaker, from which scores and their replicates follow.

Rows of a speaker resemble each other, so that speakers and not rows are what is drawn again in a
bootstrap and what is swapped in a permutation test. Both need a score of many selections of
speakers. UAR and CCC are functions of sums over rows, so one matrix product gives them all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Additive:
    """A score that is a function of sums over rows.

    Parameters
    ----------
    terms : callable
        ``terms(y_true, y_pred)`` of shape (n_rows, n_terms); `y_pred` None is chance.
    of_sums : callable
        ``of_sums(sums)`` maps shape (..., n_terms) to (...).
    """

    terms: Callable
    of_sums: Callable


def recall_terms(y_true, y_pred):
    """Occurrences and hits of each class; chance hits every class equally often."""
    y_true = np.asarray(y_true, dtype=object)
    classes = sorted(set(y_true), key=str)
    occurs = np.array([y_true == c for c in classes], dtype=float).T
    if y_pred is None:
        return np.hstack([occurs, occurs / len(classes)])
    right = y_true == np.asarray(y_pred, dtype=object)
    return np.hstack([occurs, occurs * right[:, None]])


def mean_recall(sums):
    """UAR of sums of `recall_terms`, over the classes that occur."""
    occur, hits = np.split(np.asarray(sums), 2, axis=-1)
    recalls = np.divide(hits, occur, out=np.zeros_like(hits), where=occur > 0)
    return recalls.sum(axis=-1) / (occur > 0).sum(axis=-1)


def moment_terms(y_true, y_pred):
    """Powers of both ratings about the true mean, which is also what chance predicts."""
    y_true = np.asarray(y_true, dtype=float)
    centre = y_true.mean()
    a = y_true - centre
    b = np.zeros_like(a) if y_pred is None else np.asarray(y_pred, dtype=float) - centre
    return np.column_stack([np.ones_like(a), a, b, a * a, b * b, a * b])


def concordance(sums):
    """CCC of sums of `moment_terms`; 0 where both ratings are the same constant."""
    n, a, b, aa, bb, ab = np.moveaxis(np.asarray(sums), -1, 0)
    scale = aa - a**2 / n + bb - b**2 / n + (a - b) ** 2 / n
    covariance = 2 * (ab - a * b / n)
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)


SCORES = {
    "uar": Additive(recall_terms, mean_recall),
    "ccc": Additive(moment_terms, concordance),
}


def by_speaker(terms, speakers):
    """Sums of terms over the rows of each speaker.

    Parameters
    ----------
    terms : ndarray of shape (n_rows, n_terms)
        Of each row.
    speakers : array-like of shape (n_rows,)
        Speaker of each row; a row without one is a speaker of its own.

    Returns
    -------
    names : Index of shape (n_speakers,)
        Speakers in the order of their first rows.
    sums : ndarray of shape (n_speakers, n_terms)
        Of each.
    """
    ids = pd.Series(np.asarray(speakers, dtype=object))
    ids = ids.where(ids.notna(), [f"row {i}" for i in range(len(ids))])
    ids, names = pd.factorize(ids)
    sums = np.zeros((len(names), terms.shape[1]))
    np.add.at(sums, ids, terms)
    return pd.Index(names), sums


def bootstrap(sums, of_sums, n_bootstraps, seed):
    """Scores of replicates in which speakers are drawn with replacement.

    The same seed draws the same speakers, so that replicates of two sets of predictions on the
    same rows are paired.

    Parameters
    ----------
    sums : ndarray of shape (n_speakers, n_terms)
        Of each speaker.
    of_sums : callable
        The score.
    n_bootstraps : int
        Number of replicates.
    seed : int or tuple of int
        Determines the draws.

    Returns
    -------
    scores : ndarray of shape (n_bootstraps,)
        Of the replicates.
    """
    n = len(sums)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=n_bootstraps)
    return of_sums(drawn @ sums)
