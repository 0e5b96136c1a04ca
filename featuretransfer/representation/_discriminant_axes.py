"""Clusters of the target in a space that classes of the source shape."""

from typing import NamedTuple

import numpy as np
from scipy import linalg
from sklearn.cluster import KMeans
from sklearn.covariance import ledoit_wolf_shrinkage

RANK_TOL = 1e-10  # share of the largest scatter between below which a direction is rounding


class Discriminant(NamedTuple):
    """Clusters of the target rows, the axes that they were found on, and the ratios by round."""

    labels: np.ndarray
    axes: np.ndarray
    centers: np.ndarray
    ratios: list
    converged: bool


def discriminant_axes(X, labels, n_axes):
    """Axes with most scatter between classes for their scatter within.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    labels : ndarray of int of shape (n_samples,)
        Class numbers.
    n_axes : int
        Number of axes, cut to the number of directions in which class means differ: at most the
        number of classes minus one, and of features.

    Returns
    -------
    axes : ndarray of shape (n_features, n_axes)
        Columns ``a`` with ``a'Wa = 1`` for the scatter within classes W, shrunk after Ledoit and
        Wolf.
    ratio : float
        The trace of the scatter between on these axes.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    counts = np.bincount(codes)
    means = np.stack([X[codes == c].mean(axis=0) for c in range(len(classes))])
    rest = X - means[codes]
    between = np.sqrt(counts / len(X))[:, None] * (means - X.mean(axis=0))
    within = rest.T @ rest / len(X)
    amount = ledoit_wolf_shrinkage(rest, assume_centered=True)
    level = np.trace(within) / len(within) or 1.0
    within = (1 - amount) * within
    within.flat[:: len(within) + 1] += max(amount, 1e-8) * level
    # few classes: the axes lie in the span of W^-1 times the class means
    solved = linalg.solve(within, between.T, assume_a="pos")
    values, vectors = linalg.eigh(between @ solved)
    order = np.argsort(-values)[: min(n_axes, len(classes) - 1)]
    values, vectors = values[order], vectors[:, order]
    kept = values > RANK_TOL * values[0]
    kept[0] = True  # an axis of zeros where all means agree
    values = np.maximum(values[kept], 1e-300)
    return solved @ vectors[:, kept] / np.sqrt(values), float(values.sum())


def discriminant_clusters(X_source, y, X_target, n_clusters, n_init, max_iter, rng):
    """Alternate axes that part source classes and target clusters, and clusters on these axes.

    Parameters
    ----------
    X_source : ndarray of shape (n_source, n_features)
        Source rows.
    y : ndarray of int of shape (n_source,)
        Their classes.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    n_clusters, n_init, max_iter : int
        Clusters of the target, starts of the first k-means, most rounds.
    rng : RandomState
        Draws the starts.

    Returns
    -------
    found : Discriminant
        Of the round with the largest ratio.
    """
    pooled = np.concatenate([X_source, X_target])
    y = np.unique(y, return_inverse=True)[1]
    n_axes = y.max() + n_clusters  # one less than there are classes in all
    axes, _ = discriminant_axes(X_source, y, y.max()) if y.max() else (np.eye(X_source.shape[1]), 0)
    labels = KMeans(n_clusters, n_init=n_init, random_state=rng).fit_predict(X_target @ axes)
    best, ratios = None, []
    for _ in range(max_iter):
        axes, ratio = discriminant_axes(pooled, np.concatenate([y, y.max() + 1 + labels]), n_axes)
        ratios.append(ratio)
        projected = X_target @ axes
        kept = np.unique(labels)
        centers = np.stack([projected[labels == c].mean(axis=0) for c in kept])
        fitted = KMeans(len(kept), init=centers, n_init=1).fit(projected)
        if best is None or ratio > best.ratios[-1]:
            best = Discriminant(fitted.labels_, axes, fitted.cluster_centers_, list(ratios), False)
        if np.array_equal(fitted.labels_, labels):
            return best._replace(ratios=ratios, converged=True)
        labels = fitted.labels_
    return best._replace(ratios=ratios)
