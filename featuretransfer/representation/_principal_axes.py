"""Principal axes of one domain."""

from typing import NamedTuple

import numpy as np
from scipy import linalg

from .._linalg import fix_signs, symmetric_times, top_eigenvectors

# eigenvalues of inner products are precise down to this part of the largest
PRECISE = 1e-8


class PrincipalAxes(NamedTuple):
    """Principal axes with a variance.

    Parameters
    ----------
    mean : ndarray of shape (n_features,)
        Mean of the rows.
    axes : ndarray of shape (n_features, k)
        Orthonormal axes in columns, by falling variance, with deterministic signs; k is the rank
        of the centred rows, or the number that was wanted if that is less.
    shares : ndarray of shape (k,)
        Share of the variance along each axis.
    scatter : ndarray of shape (n_features, n_features) or None
        Inner products of the centred columns; None where there are more columns than rows.
    """

    mean: np.ndarray
    axes: np.ndarray
    shares: np.ndarray
    scatter: np.ndarray | None


def principal_axes(X, name, n_components=None):
    """Principal axes of one domain.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows of a domain.
    name : str
        What the error calls them.
    n_components : int or None, default=None
        How many axes are wanted; None for all.

    Returns
    -------
    found : PrincipalAxes
        The axes.

    Raises
    ------
    ValueError
        If all rows are equal.

    Notes
    -----
    Axes are eigenvectors of the inner products of the columns, or of the rows if there are fewer.
    That squares the range of the variances: where one that is wanted is below 1e-8 of the largest,
    the singular vectors of the rows are computed instead.
    """
    mean = X.mean(axis=0, dtype=np.float64)
    Z = X - mean
    products = _smaller_products(Z)
    wanted = min(len(X) - 1, X.shape[1])
    if n_components is not None:
        wanted = min(n_components, wanted)
    total = np.trace(products)
    values, axes = _eigenvectors(products, Z, wanted, total) if total > 0 else (np.zeros(1), None)
    if values[-1] <= PRECISE * values[0]:
        _, roots, rows = linalg.svd(Z, full_matrices=False)
        values, axes = roots[:wanted] ** 2, rows[:wanted].T
    largest = max(np.sqrt(values.max(initial=0)), np.abs(mean).max() * np.sqrt(len(X)))
    kept = np.sqrt(values) > max(X.shape) * np.finfo(X.dtype).eps * largest
    if not kept.any():
        raise ValueError(
            f"All rows of {name} are equal, so they have no principal axes. Check the features, "
            "or leave the corpus out."
        )
    scatter = products if len(X) >= X.shape[1] else None
    return PrincipalAxes(mean, fix_signs(axes[:, kept]), values[kept] / total, scatter)


def n_axes(X, share):
    """The fewest principal axes that hold a share of the variance.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows of a domain.
    share : float
        Between 0 and 1.

    Returns
    -------
    n_axes : int
        Their number, at least 1.
    """
    Z = X - X.mean(axis=0, dtype=np.float64)
    values = np.maximum(linalg.eigvalsh(_smaller_products(Z))[::-1], 0)
    return int(np.searchsorted(np.cumsum(values), (share - 1e-12) * values.sum()) + 1)


def _smaller_products(Z):
    """Inner products of the columns, or of the rows if there are fewer."""
    return Z.T @ Z if len(Z) >= Z.shape[1] else Z @ Z.T


def _eigenvectors(products, Z, k, total):
    """The first `k` squared singular values of centred rows, and their right singular vectors."""
    values, vectors = top_eigenvectors(
        lambda y: symmetric_times(products, y), lambda: products, total, len(products), k
    )
    if len(Z) >= Z.shape[1]:
        return values, vectors
    return values, Z.T @ (vectors / np.sqrt(np.maximum(values, PRECISE**2 * total)))
