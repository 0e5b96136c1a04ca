"""Rows as what is transported: their weights, costs between them, and the nearest of them."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.metrics import euclidean_distances, pairwise_distances_argmin

from ._landmarks import choose_landmarks

METRICS = ("sqeuclidean", "euclidean", "cityblock")


def represent(X, n_landmarks=None):
    """Rows that stand for `X`, and their weights.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    n_landmarks : int, default=None
        Most rows; None is no limit.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_features)
        `X` itself, or k-means centres.
    weights : ndarray of shape (n_rows,)
        The share of the rows of `X` that each stands for.
    """
    if n_landmarks is None or n_landmarks >= len(X):
        return X, np.full(len(X), 1 / len(X))
    centres = choose_landmarks(X, n_landmarks)
    counts = np.bincount(pairwise_distances_argmin(X, centres), minlength=n_landmarks)
    return centres[counts > 0], counts[counts > 0] / len(X)


def represent_by_class(X, y, n_landmarks=None):
    """As `represent`, but every landmark stands for rows of one class.

    Parameters
    ----------
    X, n_landmarks
        As in `represent`; each class gets its share of the landmarks, at least one.
    y : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_features)
        The rows, as in `X` or class by class.
    weights : ndarray of shape (n_rows,)
        Their weights.
    groups : list of ndarray of int
        Indices of the rows of each class.
    """
    members = [np.flatnonzero(y == label) for label in np.unique(y)]
    if n_landmarks is None or n_landmarks >= len(X):
        return *represent(X), members
    shares = [len(rows) / len(X) for rows in members]
    found = [
        represent(X[rows], max(1, int(n_landmarks * share))) for rows, share in zip(members, shares)
    ]
    ends = np.cumsum([len(rows) for rows, _ in found])
    return (
        np.concatenate([rows for rows, _ in found]),
        np.concatenate([weights * share for (_, weights), share in zip(found, shares)]),
        np.split(np.arange(ends[-1]), ends[:-1]),
    )


def transport_costs(A, B, metric):
    """Costs from the rows of `A` to those of `B`, of shape (len(A), len(B)).

    Parameters
    ----------
    A, B : ndarray of shape (n_rows, n_features)
        Rows.
    metric : str or callable
        A name in `METRICS`, or a function of two rows.

    Returns
    -------
    costs : ndarray of shape (n_rows_A, n_rows_B)
        The costs.

    Raises
    ------
    ValueError
        If a function gives costs that are negative or no numbers.
    """
    if metric in ("sqeuclidean", "euclidean"):
        center = B.mean(axis=0)  # keeps the rounding error small
        return euclidean_distances(A - center, B - center, squared=metric == "sqeuclidean")
    costs = cdist(A, B, metric)
    if not (np.isfinite(costs).all() and costs.min() >= 0):
        raise ValueError(
            f"metric={metric!r} gives costs that are negative, infinite or NaN. Use a distance, or "
            f"one of {list(METRICS)}."
        )
    return costs


def nearest_rows(X, rows, metric):
    """Index of the row of `rows` nearest to each row of `X`, a block of distances at a time."""
    if callable(metric):
        return pairwise_distances_argmin(X, rows, metric=metric)
    center = rows.mean(axis=0)
    return pairwise_distances_argmin(X - center, rows - center, metric=metric)


def merge_equal(rows, values, weights):
    """Equal rows once, with the weighted mean of their values, in an order of their own.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Rows, in any order.
    values : ndarray of shape (n_rows, n_features)
        What belongs to each.
    weights : ndarray of shape (n_rows,)
        Their weights, positive.

    Returns
    -------
    rows : ndarray of shape (n_distinct, n_features)
        Distinct rows, sorted.
    values : ndarray of shape (n_distinct, n_features)
        What belongs to each.
    """
    rows, places = np.unique(rows, axis=0, return_inverse=True)
    places = places.ravel()
    total = np.zeros((len(rows), values.shape[1]))
    np.add.at(total, places, weights[:, None] * values)
    return rows, total / np.bincount(places, weights)[:, None]
