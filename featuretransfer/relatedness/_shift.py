"""Differences of two domains feature by feature, as pure functions on arrays."""

import numpy as np
from scipy.stats import rankdata

from ._sliced_wasserstein import column_wasserstein


def feature_shifts(X, X_target):
    """How far the distribution of every feature is shifted, in four measures.

    Parameters
    ----------
    X : ndarray of shape (n_source, n_features)
        Source rows.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.

    Returns
    -------
    shifts : dict of str to ndarray of shape (n_features,)
        "mean_difference": target less source, in pooled standard deviations (the root of the mean
        of both variances); "log_variance_ratio": of target and source; "wasserstein": first
        Wasserstein distance in pooled standard deviations; "auc": share of pairs in which the value
        of the target row is the greater, ties counting one half. Infinite where a feature is
        constant in both domains (for the ratio in one), with different values.
    """
    variances = _variance(X), _variance(X_target)
    pooled = np.sqrt((variances[0] + variances[1]) / 2)
    difference = X_target.mean(axis=0) - X.mean(axis=0)
    difference[_negligible(difference, X, X_target)] = 0.0
    with np.errstate(divide="ignore"):
        logs = np.log(variances[0]), np.log(variances[1])
    both = (variances[0] == 0) & (variances[1] == 0)
    ratio = np.where(both, 0.0, np.subtract(logs[1], logs[0], where=~both, out=np.zeros(len(both))))
    distance = column_wasserstein(X, X_target)
    distance[_negligible(distance, X, X_target)] = 0.0
    return {
        "mean_difference": _in_units(difference, pooled),
        "log_variance_ratio": ratio,
        "wasserstein": _in_units(distance, pooled),
        "auc": _auc(X, X_target),
    }


def _variance(X):
    """Variances, exactly 0 for constant columns."""
    variance = X.var(axis=0, ddof=1)
    return np.where(np.ptp(X, axis=0) == 0, 0.0, variance)


def _negligible(values, X, X_target):
    """Which values are rounding errors of features of this size."""
    size = np.maximum(np.abs(X).max(axis=0), np.abs(X_target).max(axis=0))
    return np.abs(values) <= 1e-12 * size


def _in_units(values, pooled):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((pooled == 0) & (values == 0), 0.0, values / pooled)


def _auc(X, X_target):
    n, m = len(X), len(X_target)
    ranks = rankdata(np.concatenate([X, X_target]), axis=0)[n:]
    return (ranks.sum(axis=0) - m * (m + 1) / 2) / (n * m)
