"""Kernel models of a density ratio: their centres and candidates for their coefficient."""

from numbers import Real

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from .._linalg import fit_kernel, refuse_degenerate, spread_rows

FACTORS = 4.0 ** np.arange(-2, 3)  # candidate coefficients, in units of "median"


class RatioKernels:
    """Gaussian functions around some target rows, the features of a density ratio model.

    Parameters
    ----------
    X, X_target : ndarray of shape (n_source, n_features) and (n_target, n_features)
        Rows of both domains.
    n_centers : int
        Most centres: evenly spread rows of the target, whatever the order of its rows.
    """

    def __init__(self, X, X_target, n_centers):
        rows = X_target.astype(np.float64, copy=False)
        self.offset = rows.mean(axis=0)  # distances between small numbers are exact
        self.centers = rows[spread_rows(rows, min(n_centers, len(rows)))] - self.offset
        self.distances = self.squared_distances(X)
        self.distances_target = self.squared_distances(X_target)

    def squared_distances(self, X):
        """Squared distances of rows to the centres, of shape (n_samples, n_centers)."""
        X = X.astype(np.float64, copy=False) - self.offset
        return euclidean_distances(X, self.centers, squared=True)


def candidate_gammas(gamma, X, X_target):
    """Coefficients to choose between.

    Parameters
    ----------
    gamma : "cv", "median", "scale", float or sequence of float
        "cv": 1/16, 1/4, 1, 4 and 16 times "median"; otherwise the value or values themselves.
    X, X_target : ndarray of shape (n_source, n_features) and (n_target, n_features)
        Rows of both domains.

    Returns
    -------
    gammas : list of float
        Ascending.

    Raises
    ------
    ValueError
        If `gamma` is none of these, or the kernel is degenerate at all of them.
    """
    rows = np.concatenate([X, X_target])
    if isinstance(gamma, str) and gamma == "cv":
        return list(fit_kernel("rbf", "median", rows).gamma * FACTORS)
    if isinstance(gamma, str | Real):
        return [fit_kernel("rbf", gamma, rows).gamma]
    try:
        values = sorted(gamma)
    except TypeError:
        values = []
    if not values or isinstance(values[0], str):
        raise ValueError(
            "gamma must be 'cv', 'median', 'scale', a positive number or a sequence of positive "
            f"numbers, got {gamma!r}."
        )
    for value in values:
        fit_kernel("rbf", value, rows[:1])  # checks the value alone
    refuse_degenerate(rows, *values)
    return list(map(float, values))


def spread_order(X):
    """All row numbers of `X` in an order that does not depend on the order of the rows."""
    return spread_rows(X, len(X))
