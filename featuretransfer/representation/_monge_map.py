"""The optimal transport between two Gaussians: a symmetric matrix, never formed where d > n."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg


@dataclass(frozen=True)
class SymmetricMap:
    """A symmetric matrix that is a multiple of the identity outside a subspace.

    Parameters
    ----------
    scale : float
        The multiple.
    basis : ndarray of shape (n_features, rank) or None
        Orthonormal basis of the subspace; None where it is the whole space.
    change : ndarray of shape (rank, rank)
        The matrix within the subspace, less `scale` times the identity.
    """

    scale: float
    basis: np.ndarray | None
    change: np.ndarray

    def __call__(self, X):
        """The rows of `X` times the matrix."""
        if self.basis is None:
            return X @ self.change
        mapped = ((X @ self.basis) @ self.change) @ self.basis.T
        mapped += self.scale * X
        return mapped


def monge_map(source, target):
    """The matrix A that solves ``A C_s A = C_t``, symmetric and positive semi-definite.

    With any roots C_s = L L' and C_t = M M' and the singular values L'M = U S V' it is
    ``L'^-1 U S U' L^-1``: no square of a covariance is formed, which would double the digits that
    are lost.

    Outside the span of all centred rows both covariances are multiples of the identity, and so is
    A: its value there is the root of their ratio. Within the span it is found in an orthonormal
    basis, as long as the span is smaller than the space.

    Parameters
    ----------
    source, target : Covariance
        The covariance matrices; that of the source not singular.

    Returns
    -------
    matrix : SymmetricMap
        The matrix A.
    """
    basis, parts = _in_common_basis(source, target)
    L, times_inverse = _root(source, parts[0])
    M, _ = _root(target, parts[1])
    U, S, _ = linalg.svd(L.T @ M, overwrite_a=True)
    W = times_inverse(U * np.sqrt(S))
    A = W @ W.T
    if basis is None:
        return SymmetricMap(0.0, None, A)
    scale = float(np.sqrt(target.ridge / source.ridge))
    A[np.diag_indices_from(A)] -= scale
    return SymmetricMap(scale, basis, A)


def _in_common_basis(source, target):
    """Orthonormal basis of the span of all centred rows, and the rows of both domains in it.

    The basis is None, for the columns of the identity, where the span is everything.
    """
    parts = source.rows, target.rows
    if any(rows is None for rows in parts) or sum(map(len, parts)) >= parts[0].shape[1]:
        return None, parts
    # linearly dependent rows do no harm: any larger subspace will do
    basis, coordinates = linalg.qr(np.concatenate(parts).T, mode="economic", overwrite_a=True)
    return basis, np.split(coordinates.T, [len(parts[0])])


def _root(covariance, rows):
    """A root L of C = LL', by rows in a basis if there are any, and products with its inverse.

    Returns
    -------
    root : ndarray of shape (size, size)
        L.
    times_inverse : callable
        Takes Y to ``L'^-1 Y``.
    """
    if rows is not None:
        C = rows.T @ rows
        C[np.diag_indices_from(C)] += covariance.ridge
        if not covariance.is_singular:
            L = linalg.cholesky(C, lower=True)
            return L, lambda Y: linalg.solve_triangular(L, Y, trans="T", lower=True)
        values, vectors = linalg.eigh(C)
    else:
        values, vectors = covariance.values + covariance.ridge, covariance.vectors
    roots = np.sqrt(np.maximum(values, 0.0))
    return vectors * roots, lambda Y: vectors @ (Y / roots[:, None])
