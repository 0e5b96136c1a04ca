"""Training any classifier on soft labels: a row for each label, weighted by its probability."""

import numpy as np
from scipy.special import log_softmax

from ..parameter._inner import stacked


def tempered(log_probabilities, temperature):
    """Probabilities whose logarithms are divided by a temperature.

    Parameters
    ----------
    log_probabilities : ndarray of shape (n_rows, n_classes)
        Logarithms of probabilities.
    temperature : float
        Above 1 probabilities become more even, below 1 less; near 0 the largest takes all.

    Returns
    -------
    P : ndarray of shape (n_rows, n_classes)
        Rows sum to 1.
    """
    largest = log_probabilities.max(axis=1, keepdims=True)
    return np.exp(log_softmax((log_probabilities - largest) / temperature, axis=1))


def largest_probability(P):
    """The probability of the most probable class."""
    return P.max(axis=1)


def certainty(P):
    """One minus the entropy over its maximum: 0 for even probabilities, 1 for a single class."""
    if P.shape[1] == 1:
        return np.ones(len(P))
    log_P = np.log(P, where=P > 0, out=np.zeros_like(P))
    return np.clip(1 + np.sum(P * log_P, axis=1) / np.log(P.shape[1]), 0, 1)


CONFIDENCES = {"max": largest_probability, "entropy": certainty}


def repeated(X, P, classes, weights):
    """Rows, labels and weights that stand for soft labels.

    For a loss that sums over rows, training on the result is training on the expected loss under
    the soft labels, exactly. Every row is there once for each class, also for one of probability
    0, so that whatever learns from the rows without weights sees them as they were.

    Parameters
    ----------
    X : array or DataFrame of shape (n_rows, n_features)
        Rows.
    P : ndarray of shape (n_rows, n_classes)
        Probabilities.
    classes : ndarray of shape (n_classes,)
        Labels.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.

    Returns
    -------
    X_repeated : array or DataFrame of shape (n_rows * n_classes, n_features)
        All rows for the first class, then for the second, and so on.
    y : ndarray of shape (n_rows * n_classes,)
        Their labels.
    sample_weight : ndarray of shape (n_rows * n_classes,)
        Their weights, with the sum of `weights`.
    """
    repeated = X
    for _ in classes[1:]:
        repeated = stacked(repeated, X)
    return repeated, np.repeat(classes, len(P)), (P * weights[:, None]).T.ravel()
