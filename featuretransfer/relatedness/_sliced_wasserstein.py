"""Sliced Wasserstein distance."""

import numpy as np
from sklearn.utils import check_random_state

from .._checks import is_count, is_number
from ._two_tables import two_tables


def sliced_wasserstein_distance(X, X_target, *, n_projections=100, p=2, random_state=0):
    """Mean Wasserstein distance of the domains over random directions.

    Rows are projected on random directions of unit length. On each of them the Wasserstein distance
    is exact, with any number of rows on either side. It sees every kind of difference and costs
    little more than sorting. Scale the features first, or the widest decides.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    n_projections : int, default=100
        Number of directions.
    p : float, default=2
        Order: the mean of the p-th powers is taken over directions and quantiles.
    random_state : int, RandomState instance or None, default=0
        Draws the directions.

    Returns
    -------
    distance : float
        The p-th root of the mean p-th power, in the units of the features.

    Notes
    -----
    **Cost.** With n and m rows of d features and k directions, time O(k (n + m) (d + log(n + m)))
    and memory O(k (n + m)).

    References
    ----------
    .. [1] N. Bonneel, J. Rabin, G. Peyre, H. Pfister (2015), "Sliced and Radon Wasserstein
       Barycenters of Measures", Journal of Mathematical Imaging and Vision 51.

    Examples
    --------
    >>> from featuretransfer.relatedness import sliced_wasserstein_distance
    >>> sliced_wasserstein_distance([[0.0], [2.0]], [[1.0], [1.0], [1.0]])
    1.0
    """
    X, X_target = two_tables(X, X_target)
    if not is_count(n_projections):
        raise ValueError(f"n_projections must be an integer >= 1, got {n_projections!r}.")
    if not is_number(p, 1):
        raise ValueError(f"p must be a number >= 1, got {p!r}.")
    directions = check_random_state(random_state).normal(size=(X.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    powers = column_wasserstein(X @ directions, X_target @ directions, p)
    return float(powers.mean() ** (1 / p))


def column_wasserstein(A, B, p=1):
    """p-th power of the Wasserstein distance of order `p` between two samples, column by column.

    Parameters
    ----------
    A : ndarray of shape (n_first, n_columns)
        The first sample.
    B : ndarray of shape (n_second, n_columns)
        The second sample.
    p : float, default=1
        Order.

    Returns
    -------
    powers : ndarray of shape (n_columns,)
        Mean over all levels u of ``|F^-1(u) - G^-1(u)| ** p``, exactly.
    """
    n, m = len(A), len(B)
    # both quantile functions are constant between the levels i / n and j / m, here in units of 1/nm
    ends = np.union1d(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
    weights = np.diff(ends, prepend=0) / (n * m)
    gaps = np.sort(A, axis=0)[(ends - 1) // m] - np.sort(B, axis=0)[(ends - 1) // n]
    return weights @ np.abs(gaps) ** p
