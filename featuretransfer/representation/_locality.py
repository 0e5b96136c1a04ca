"""Locality: neighbouring rows stay neighbours, by the Laplacian of a sparse graph."""

import numpy as np
from scipy import linalg, sparse
from sklearn.neighbors import NearestNeighbors

from ._transfer_components import LowRankRoot


def graph_laplacian(X, n_neighbors):
    """Laplacian of the symmetric graph of nearest neighbours.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Rows.
    n_neighbors : int
        Neighbours of each row, at most n - 1; two rows are joined if either is a neighbour of the
        other.

    Returns
    -------
    laplacian : sparse array of shape (n, n)
        ``diag(row sums of A) - A`` with ``A_ij = exp(-|x_i - x_j|^2 / s)`` between joined rows,
        where s is the mean squared distance of neighbours.
    """
    n = len(X)
    X = np.asarray(X, dtype=np.float64)
    distances, columns = NearestNeighbors(n_neighbors=n_neighbors).fit(X).kneighbors()
    squared = distances.ravel() ** 2
    scale = squared.mean()
    values = np.exp(-squared / scale) if scale > 0 else np.ones(len(squared))
    rows = np.repeat(np.arange(n), n_neighbors)
    A = sparse.csr_array((values, (rows, columns.ravel())), shape=(n, n))
    A = A.maximum(A.T)
    return sparse.csr_array(sparse.diags_array(A.sum(axis=1)) - A)


class LocalRoot:
    """A root of the inverse of ``B = I + weight Z'SZ + mu VV'``.

    With ``I + weight Z'SZ = CC'`` (Cholesky) and ``U = C^-1 V`` it is ``C'^-1 (I + mu UU')^-1/2``,
    so that a large mu costs no precision.

    Parameters
    ----------
    space : KernelSpace or FeatureSpace
        Where components are sought.
    S : sparse array of shape (n, n)
        Symmetric positive semi-definite.
    weight : float
        Not negative.
    V : ndarray of shape (size, rank)
        See `LowRankRoot`.
    mu : float
        Trade-off, not negative.
    """

    def __init__(self, space, S, weight, V, mu):
        B = space.congruent(S).T  # symmetric; transposed for LAPACK to work in place
        B *= weight
        B[np.diag_indices(len(B))] += 1
        self.factor = linalg.cholesky(B, lower=True, overwrite_a=True, check_finite=False)
        self.inner = LowRankRoot(self._solve(V), mu, 0.0)

    def _solve(self, Y, trans="N"):
        return linalg.solve_triangular(self.factor, Y, trans=trans, lower=True, check_finite=False)

    def __call__(self, Y):
        """The root times a vector or columns."""
        return self._solve(self.inner(Y), "T")

    def transposed(self, Y):
        """The transposed root times a vector or columns."""
        return self.inner(self._solve(Y))

    def trace(self, spread):
        """An upper bound of the trace of root' A root."""
        return spread.trace
