"""How far corpora are from a target, and the weights that follow."""

import numpy as np

from .._linalg import fit_kernel
from ._kernel_rows import KernelRows


def squared_mmd(X, Y, kernel):
    """Squared maximum mean discrepancy: the distance of the means in a kernel's feature space.

    Parameters
    ----------
    X, Y : ndarray of shape (n_x, n_features) and (n_y, n_features)
        Rows of two samples.
    kernel : Kernel
        A settled kernel.

    Returns
    -------
    distance : float
        ``mean k(x, x') - 2 mean k(x, y) + mean k(y, y')`` over all pairs, a row with itself
        included; never negative.
    """
    first, second = KernelRows(kernel, X), KernelRows(kernel, Y)
    within = mean_value(first, X) + mean_value(second, Y)
    return max(0.0, within - 2 * mean_value(first, Y))


def mean_value(rows, X):
    """Mean kernel value between the rows of a `KernelRows` and those of `X`."""
    return float(rows.means(X).mean() * rows.scale)


def mmd_distances(parts, X_target, kernel, gamma):
    """Squared maximum mean discrepancy of several corpora to the target, with one kernel for all.

    Parameters
    ----------
    parts : list of ndarray of shape (n_rows, n_features)
        The rows of each corpus.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    kernel, gamma : object
        As of `KernelMeanMatching`; the median width is that of all rows together.

    Returns
    -------
    distances : ndarray of shape (n_corpora,)
        One distance each.
    """
    settled = fit_kernel(kernel, gamma, np.concatenate([*parts, X_target]))
    return np.array([squared_mmd(part, X_target, settled) for part in parts])


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
