"""Logarithm of maximum evidence."""

import numpy as np
from scipy import linalg
from scipy.optimize import minimize_scalar

from ._task_tables import feature_rows, target_classes

SPAN = np.linspace(-10, 8, 73)  # log10 of prior to noise precision that are tried, per largest s^2


def log_me(features, y_target):
    """Logarithm of maximum evidence (LogME): how well features of a source model tell labels.

    For every class, whether a row has it (1 or 0) is regressed linearly on the features, without an
    intercept, with a normal prior on the weights; the score is the evidence of this model at the
    best prior and noise, as a logarithm per row, averaged over the classes. Greater is closer. It
    needs target labels.

    Parameters
    ----------
    features : array-like of shape (n_target, n_features)
        What the source model makes of the target rows: the last layer of a network, or the class
        probabilities of a classifier.
    y_target : array-like of shape (n_target,)
        Labels of the target rows.

    Returns
    -------
    score : float
        Mean log evidence per row. It has no fixed scale: compare sources by it.

    Notes
    -----
    With the ratio t of the two precisions, that of the noise is known in closed form. The evidence
    is maximised over t alone, on a grid from 1e-10 to 1e8 times the largest eigenvalue of F'F and
    then between its best neighbours; the authors iterate a fixed point, which may stop before. An
    exact linear relation of fewer features than rows has evidence without bound, of which the grid
    cuts most off.

    **Cost.** With n rows, d features and c classes, time O(n d min(n, d) + c min(n, d)) and memory
    O(n d).

    References
    ----------
    .. [1] K. You, Y. Liu, J. Wang, M. Long (2021), "LogME: Practical Assessment of Pre-trained
       Models for Transfer Learning", ICML, equation (2).

    Examples
    --------
    >>> from featuretransfer.relatedness import log_me
    >>> y = ["anger", "anger", "sadness", "sadness"]
    >>> good = log_me([[1, 0], [0.9, 0.2], [0, 1], [0.1, 0.8]], y)
    >>> good > log_me([[1, 0], [0, 1], [1, 0], [0, 1]], y)
    True
    """
    F = feature_rows(features)
    codes = target_classes(F, y_target)
    left, s, _ = linalg.svd(F, full_matrices=False)
    squares = s**2
    kept = squares > len(F) * np.finfo(np.float64).eps * squares.max(initial=0.0)
    left, squares = left[:, kept], squares[kept]
    indicators = np.eye(codes.max() + 1)[codes]
    return float(np.mean([_log_evidence(left, squares, y) for y in indicators.T]) / len(F))


def _log_evidence(left, squares, y):
    """Largest log density of `y` under N(0, (I + FF' / t) / b), over t and b."""
    n = len(y)
    inside = (left.T @ y) ** 2
    outside = max(y @ y - inside.sum(), np.finfo(np.float64).eps * (y @ y))

    def negative(log_t):
        grown = 1 + squares / 10.0**log_t
        rest = outside + np.sum(inside / grown)  # y' (I + FF' / t)^-1 y, so that b = n / rest
        return 0.5 * (n * np.log(2 * np.pi * rest / n) + n + np.log(grown).sum())

    if not len(squares):  # features that are all 0
        return -negative(0.0)
    grid = SPAN + np.log10(squares.max())
    values = [negative(log_t) for log_t in grid]
    best = int(np.argmin(values))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(negative, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    return -min(found.fun, values[best])
