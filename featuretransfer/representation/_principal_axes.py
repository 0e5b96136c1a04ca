"""Principal axes of one domain."""

import numpy as np
from scipy import linalg

from .._linalg import fix_signs


def principal_axes(X, name):
    """Mean, principal axes with a variance, and the share of the variance along each.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows of a domain.
    name : str
        What the error calls them.

    Returns
    -------
    mean : ndarray of shape (n_features,)
        Their mean.
    axes : ndarray of shape (n_features, rank)
        Orthonormal axes in columns, by falling variance, with deterministic signs.
    shares : ndarray of shape (rank,)
        Share of the variance along each axis.

    Raises
    ------
    ValueError
        If all rows are equal.
    """
    mean = X.mean(axis=0, dtype=np.float64)
    _, values, axes = linalg.svd(X - mean, full_matrices=False)
    precision = max(X.shape) * np.finfo(X.dtype).eps
    kept = values > precision * max(values[0], np.abs(mean).max() * np.sqrt(len(X)))
    if not kept.any():
        raise ValueError(
            f"All rows of {name} are equal, so they have no principal axes. Check the features, "
            "or leave the corpus out."
        )
    variances = values[kept] ** 2
    return mean, fix_signs(axes[kept].T), variances / variances.sum()
