"""Differences of domain means, overall and class by class, as columns E with ``E'KW``."""

import numpy as np

from ._transfer_components import mean_difference


def class_differences(y, labels, weighted=False):
    """The differences of class means between source and target.

    Parameters
    ----------
    y : ndarray of shape (n_source,)
        Source labels.
    labels : ndarray of shape (n_target,)
        Labels of the target; a class that either domain lacks has no difference.
    weighted : bool, default=False
        Whether the mean of the target's class is multiplied by the class's share of the target over
        its share of the source.

    Returns
    -------
    E : ndarray of shape (n_source + n_target, n_classes_of_both)
        One column per class: 1 / (its rows in the source) on these rows, -1 / (its rows in the
        target) on those.
    """
    columns = []
    for label in np.intersect1d(y, labels):
        source, target = (y == label), (labels == label)
        ratio = target.mean() / source.mean() if weighted else 1.0
        columns.append(np.concatenate([source / source.sum(), -ratio * target / target.sum()]))
    if not columns:
        return np.empty((len(y) + len(labels), 0))
    return np.stack(columns, axis=1)


def joint_differences(y, labels, balance=None, weighted=False):
    """The columns E with ``M = EE'`` that balance the domain means and the class means.

    Parameters
    ----------
    y : ndarray of shape (n_source,)
        Source labels.
    labels : ndarray of shape (n_target,)
        Labels of the target.
    balance : float or None, default=None
        b of ``M = (1 - b) M0 + b sum Mc``; None is ``M = M0 + sum Mc``.
    weighted : bool, default=False
        As in `class_differences`.

    Returns
    -------
    E : ndarray of shape (n_source + n_target, 1 + n_classes_of_both)
        The difference of the domain means, then those of the classes.
    """
    first, others = (1.0, 1.0) if balance is None else (1 - balance, balance)
    marginal = mean_difference(len(y), len(labels))[:, None]
    classes = class_differences(y, labels, weighted)
    return np.hstack([np.sqrt(first) * marginal, np.sqrt(others) * classes])
