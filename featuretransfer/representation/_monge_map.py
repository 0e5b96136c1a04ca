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
    basis, C_source, C_target = _in_common_basis(source, target)
    L = linalg.cholesky(C_source, lower=True)
    M = _root(C_target) if target.is_singular else linalg.cholesky(C_target, lower=True)
    U, S, _ = linalg.svd(L.T @ M)
    W = linalg.solve_triangular(L, U * np.sqrt(S), trans="T", lower=True)
    A = W @ W.T
    if basis is None:
        return SymmetricMap(0.0, None, A)
    scale = float(np.sqrt(target.ridge / source.ridge))
    A[np.diag_indices_from(A)] -= scale
    return SymmetricMap(scale, basis, A)


def _in_common_basis(source, target):
    """Orthonormal basis of the span of all centred rows, and the matrices in it.

    The basis is None, for the columns of the identity, where the span is everything.
    """
    both = source.rows is not None and target.rows is not None
    if not both or len(source.rows) + len(target.rows) >= source.rows.shape[1]:
        return None, _dense(source), _dense(target)
    # linearly dependent rows do no harm: any larger subspace will do
    rows = np.concatenate([source.rows, target.rows])
    basis, coordinates = linalg.qr(rows.T, mode="economic")
    C_source = _gram(coordinates[:, : len(source.rows)].T, source.ridge)
    C_target = _gram(coordinates[:, len(source.rows) :].T, target.ridge)
    return basis, C_source, C_target


def _dense(covariance):
    if covariance.rows is None:
        return covariance.power(1.0)
    return _gram(covariance.rows, covariance.ridge)


def _gram(rows, ridge):
    C = rows.T @ rows
    C[np.diag_indices_from(C)] += ridge
    return C


def _root(C):
    """A root of a singular matrix."""
    values, vectors = linalg.eigh(C)
    return vectors * np.sqrt(np.maximum(values, 0.0))
