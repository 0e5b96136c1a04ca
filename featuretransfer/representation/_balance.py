"""How much of the difference between two domains lies within their classes."""

import numpy as np
from scipy import linalg


def domain_distance(source, target):
    """Proxy A-distance of two sets of rows: 0 where they can't be told apart, 2 where always.

    ``2 (1 - 2 error)`` with the balanced leave-one-out error of a ridge classifier that tells
    source from target, in closed form: neither folds nor a seed nor the order of the rows matter.
    The ridge is the variance of all features over the rows of the smaller set.

    Parameters
    ----------
    source : ndarray of shape (n_source, k)
        Rows, at least two.
    target : ndarray of shape (n_target, k)
        Rows, at least two.

    Returns
    -------
    distance : float
        Between 0 and 2; a worse error than by chance counts as 0.
    """
    sizes = len(source), len(target)
    weights = np.repeat([0.5 / sizes[0], 0.5 / sizes[1]], sizes)
    signs = np.repeat([-1.0, 1.0], sizes)
    Z = np.concatenate([source, target])
    Z = Z - weights @ Z
    ridge = (weights @ Z**2).sum() / min(sizes)
    if ridge == 0:  # all rows are equal
        return 0.0
    Z = np.hstack([Z, np.ones((len(Z), 1))])
    penalty = np.append(np.full(Z.shape[1] - 1, ridge), 0.0)  # none on the intercept
    hat = linalg.solve(Z.T @ (weights[:, None] * Z) + np.diag(penalty), Z.T, assume_a="pos")
    leverage = weights * np.einsum("ij,ji->i", Z, hat)
    fitted = Z @ (hat @ (weights * signs))
    margins = signs * (fitted - leverage * signs) / (1 - leverage)  # each row left out in turn
    wrong = np.where(margins > 0, 0.0, np.where(margins < 0, 1.0, 0.5))
    error = weights @ wrong
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def estimate_balance(source, target, y, labels):
    """Share of the distance between classes in that between domains and between classes.

    Parameters
    ----------
    source : ndarray of shape (n_source, k)
        Source rows.
    target : ndarray of shape (n_target, k)
        Target rows.
    y : ndarray of shape (n_source,)
        Source labels.
    labels : ndarray of shape (n_target,)
        Labels of the target.

    Returns
    -------
    balance : float
        ``d_c / (d_c + d_m)`` with the distance d_m of the domains and the mean d_c of the distances
        of the classes that have two rows in both domains; 0 if there are none, and 0.5 where
        nothing can be told apart.
    """
    if min(len(source), len(target)) < 2:
        return 0.0
    within = [
        domain_distance(source[y == label], target[labels == label])
        for label in np.intersect1d(y, labels)
        if min(np.sum(y == label), np.sum(labels == label)) > 1
    ]
    if not within:
        return 0.0
    across = domain_distance(source, target)
    total = np.mean(within) + across
    return float(np.mean(within) / total) if total > 0 else 0.5
