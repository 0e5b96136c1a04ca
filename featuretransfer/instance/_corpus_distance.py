"""How far corpora are from a target, and the weights that follow."""

import numpy as np

from .._kernel_rows import KernelRows
from .._linalg import fit_kernel


def mmd_distances(parts, X_target, kernel, gamma):
    """Squared maximum mean discrepancy of several corpora to the target, with one kernel for all.

    It is the squared distance of the means in the kernel's feature space, ``mean k(x, x') -
    2 mean k(x, t) + mean k(t, t')`` over all pairs of rows, a row with itself included.

    Parameters
    ----------
    parts : list of ndarray of shape (n_rows, n_features)
        The rows of each corpus.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    kernel, gamma : object
        As of `KernelMeanMatching`; the median distance is that of all rows together.

    Returns
    -------
    distances : ndarray of shape (n_corpora,)
        One distance >= 0 each.
    """
    settled = fit_kernel(kernel, gamma, np.concatenate([*parts, X_target]))
    target = _mean_value(KernelRows(settled, X_target), X_target)
    distances = []
    for part in parts:
        rows = KernelRows(settled, part)
        within = _mean_value(rows, part) + target
        distances.append(max(0.0, within - 2 * _mean_value(rows, X_target)))
    return np.array(distances)


def _mean_value(rows, X):
    """Mean kernel value between the rows of a `KernelRows` and those of `X`."""
    return float(rows.means(X).mean() * rows.scale)


def relatedness_weights(distances, temperature):
    """Weights that fall exponentially with the distance, in units of the mean distance.

    Parameters
    ----------
    distances : ndarray of shape (n_corpora,)
        Distances to the target, >= 0.
    temperature : float
        Greater is more even.

    Returns
    -------
    weights : ndarray of shape (n_corpora,)
        ``exp(-distance / (temperature * mean distance))`` up to a factor, the largest being 1.
    """
    mean = distances.mean()
    if mean == 0:
        return np.ones(len(distances))
    return np.exp((distances.min() - distances) / (temperature * mean))
