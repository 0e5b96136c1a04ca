"""Scales learned column by column: a function of rows learned from rows."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

NORMAL_IQR = 1.3489795003921634  # interquartile range of the standard normal distribution


@dataclass(frozen=True)
class Affine:
    """Maps rows to ``(X - center) / scale``.

    Parameters
    ----------
    center, scale : ndarray of shape (n_features,)
        float64; no scale is 0.
    """

    center: np.ndarray
    scale: np.ndarray

    def __call__(self, X):
        """Scaled rows, float64."""
        scaled = X - self.center
        scaled /= self.scale
        return scaled


@dataclass(frozen=True)
class NormalScores:
    """Maps each column to the standard normal quantiles of its ranks.

    Parameters
    ----------
    values : list of ndarray
        The distinct values of each column, ascending.
    probabilities : list of ndarray
        Their mid-ranks over the number of rows; between and beyond the values they are interpolated
        and held.
    """

    values: list
    probabilities: list

    def __call__(self, X):
        """Scaled rows, float64."""
        columns = zip(X.T, self.values, self.probabilities)
        return ndtri(np.column_stack([np.interp(x, v, p) for x, v, p in columns]))


def standard(X):
    """Mean 0 and standard deviation 1."""
    return Affine(X.mean(axis=0, dtype=np.float64), _or_one(X, _std(X)))


def standard_by(X, chosen):
    """Mean 0 and standard deviation 1 of the chosen rows.

    A column that these have no spread in is scaled by the standard deviation of all rows.
    """
    some, whole = standard(X[chosen]), standard(X)
    flat = _negligible(X[chosen], _std(X[chosen]))
    return Affine(some.center, np.where(flat, whole.scale, some.scale))


def minmax(X):
    """Minimum 0 and maximum 1."""
    low = X.min(axis=0).astype(np.float64)
    return Affine(low, _or_one(X, X.max(axis=0) - low))


def robust(X):
    """Median 0, and the interquartile range of a normal distribution with standard deviation 1.

    Where a column has no interquartile range (most of its values are equal) the standard deviation
    takes its place.
    """
    low, center, high = np.percentile(X.astype(np.float64, copy=False), [25, 50, 75], axis=0)
    scale = (high - low) / NORMAL_IQR
    return Affine(center, _or_one(X, np.where(_negligible(X, scale), _std(X), scale)))


def rank(X):
    """Standard normal quantiles of ``(rank - 1/2) / n``, ties at their mean rank."""
    values, probabilities = [], []
    for column in X.T:
        distinct, counts = np.unique(column, return_counts=True)
        values.append(distinct)
        probabilities.append((np.cumsum(counts) - counts / 2) / len(X))
    return NormalScores(values, probabilities)


SCALES = {"standard": standard, "minmax": minmax, "robust": robust, "rank": rank}


def _std(X):
    return X.std(axis=0, dtype=np.float64)


def _or_one(X, scale):
    """`scale`, but 1 for columns that are constant up to rounding."""
    return np.where(_negligible(X, scale), 1.0, scale)


def _negligible(X, spread):
    return spread <= 10 * np.finfo(X.dtype).eps * np.abs(X).max(axis=0).astype(np.float64)
