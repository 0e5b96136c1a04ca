"""Kernel models of a density ratio: their centres and candidates for their coefficient."""

from numbers import Real

import numpy as np

from .._linalg import (
    FEW_ROWS,
    evenly,
    fit_kernel,
    is_informative,
    refuse_degenerate,
    spread_distances,
    spread_order,
)

BLOCK = 2**18  # values of rows that are centred at a time: what is made of them stays in the cache
FACTORS = 4.0 ** np.arange(-2, 3)  # candidate coefficients, in units of "median"


class RatioKernels:
    """Gaussian functions around some target rows, the features of a density ratio model.

    Parameters
    ----------
    X, X_target : ndarray of shape (n_source, n_features) and (n_target, n_features)
        Rows of both domains.
    n_centers : int
        Most centres: evenly spread rows of the target, whatever the order of its rows.

    Attributes
    ----------
    order_target : ndarray of shape (n_target,) of int
        Target rows in the order in which they are spread.
    """

    def __init__(self, X, X_target, n_centers):
        self.offset = X_target.mean(axis=0, dtype=np.float64)
        self.order_target = spread_order(X_target)
        rows = X_target[evenly(self.order_target, min(n_centers, len(X_target)))]
        self.centers = rows - self.offset  # distances between small numbers are exact
        self.distances = self.squared_distances(X)
        self.distances_target = self.squared_distances(X_target)

    def squared_distances(self, X):
        """Squared distances of rows to the centres, of shape (n_samples, n_centers)."""
        D, step = np.empty((len(X), len(self.centers))), max(1, BLOCK // X.shape[1])
        for start in range(0, len(X), step):
            rows, block = X[start : start + step] - self.offset, D[start : start + step]
            np.matmul(rows, -2.0 * self.centers.T, out=block)
            block += np.einsum("ij,ij->i", rows, rows)[:, None]
        D += np.einsum("ij,ij->i", self.centers, self.centers)
        return np.maximum(D, 0.0, out=D)


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
    if isinstance(gamma, str) and gamma == "cv":
        return list(fit_kernel("rbf", "median", np.concatenate([X, X_target])).gamma * FACTORS)
    if isinstance(gamma, str | Real):
        return [fit_kernel("rbf", gamma, np.concatenate([X, X_target])).gamma]
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
        fit_kernel("rbf", value, X[:1])  # checks the value alone
    few = spread_distances(np.concatenate([X[:FEW_ROWS], X_target[:FEW_ROWS]]))
    if not all(is_informative(value, few) for value in values):
        refuse_degenerate(np.concatenate([X, X_target]), *values)
    return list(map(float, values))
