"""Self-taught clustering: rows of two domains clustered through shared clusters of features."""

from typing import NamedTuple

import numpy as np

TINY = 1e-300  # in place of a probability of 0, whose logarithm is needed
NEVER = -1e6  # far below the logarithm of that


class CoClustering(NamedTuple):
    """Clusters of the rows of each domain, of the features, and the course of the objective."""

    rows: list
    features: np.ndarray
    objective: list
    converged: bool


def joint(X):
    """Non-negative rows as the joint distribution of row and feature, every row as probable.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Non-negative rows; a row of zeros has no preference.

    Returns
    -------
    p : ndarray of shape (n_samples, n_features)
        Sums to 1.
    """
    sums = X.sum(axis=1, keepdims=True)
    shares = np.where(sums > 0, X / np.where(sums > 0, sums, 1), 1 / X.shape[1])
    return shares / len(X)


def information(p):
    """Mutual information of the two variables of a joint distribution, in nats."""
    independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    seen = p > 0
    return float(np.sum(p[seen] * np.log(p[seen] / independent[seen])))


def conditional_logs(p):
    """Logarithms of ``p(column | row)``; rows of probability 0 are so low as never to be chosen."""
    totals = p.sum(axis=1, keepdims=True)
    logs = np.log(np.maximum(p, TINY)) - np.log(np.maximum(totals, TINY))
    return np.where(totals > 0, logs, NEVER)


def summed(p, labels, n_clusters):
    """Rows of a joint distribution, summed by their clusters."""
    indicator = np.zeros((n_clusters, len(p)))
    indicator[labels, np.arange(len(p))] = 1
    return indicator @ p


def assigned(p, clusters):
    """The cluster of every row: the one whose conditional distribution is nearest (KL divergence).

    Parameters
    ----------
    p : ndarray of shape (n_rows, n_feature_clusters)
        Joint distribution.
    clusters : ndarray of shape (n_clusters, n_feature_clusters)
        Joint distribution of the clusters.

    Returns
    -------
    labels : ndarray of int of shape (n_rows,)
        Row numbers of `clusters`.
    """
    return np.argmax(p @ conditional_logs(clusters).T, axis=1)


def co_cluster(domains, weights, rows, features, sizes, max_iter):
    """Alternate the clusters of rows and of features until none changes.

    Lowers ``sum_k weight_k (I(rows_k, features) - I(row clusters_k, feature clusters))``, that is
    the loss of information, with every step.

    Parameters
    ----------
    domains : list of ndarray of shape (n_k, n_features)
        Joint distributions of rows and features.
    weights : list of float
        Their weights.
    rows : list of ndarray of int of shape (n_k,)
        Clusters of the rows to begin with.
    features : ndarray of int of shape (n_features,)
        Clusters of the features to begin with.
    sizes : tuple of (int, int)
        Number of clusters of rows and of features.
    max_iter : int
        Most rounds.

    Returns
    -------
    found : CoClustering
        The clusters; `objective` has the value at the start and after every round.
    """
    n_clusters, n_feature_clusters = sizes
    whole = [information(p) for p in domains]

    def loss():
        kept = [
            information(summed(summed(p.T, features, n_feature_clusters).T, labels, n_clusters))
            for p, labels in zip(domains, rows)
        ]
        return sum(w * (a - b) for w, a, b in zip(weights, whole, kept))

    objective = [loss()]
    for _ in range(max_iter):
        before = [*rows, features]
        narrow = [summed(p.T, features, n_feature_clusters).T for p in domains]
        rows = [assigned(p, summed(p, labels, n_clusters)) for p, labels in zip(narrow, rows)]
        features = _assigned_features(domains, weights, rows, features, sizes)
        objective.append(loss())
        if all(np.array_equal(old, new) for old, new in zip(before, [*rows, features])):
            return CoClustering(rows, features, objective, True)
    return CoClustering(rows, features, objective, False)


def _assigned_features(domains, weights, rows, features, sizes):
    """Features to the clusters that cost the domains together least."""
    n_clusters, n_feature_clusters = sizes
    gain = 0.0
    for p, weight, labels in zip(domains, weights, rows):
        by_feature = summed(p, labels, n_clusters).T
        logs = conditional_logs(summed(by_feature, features, n_feature_clusters))
        gain = gain + weight * by_feature @ logs.T
    return np.argmax(gain, axis=1)
