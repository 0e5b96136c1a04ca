"""Locality: a root of the inverse of the constraint by which neighbours stay neighbours."""

import numpy as np
from scipy import linalg

from ._transfer_components import LowRankRoot


class LocalRoot:
    """A root of the inverse of ``B = I + weight Z'SZ + mu VV'``.

    With ``I + weight Z'SZ = CC'`` (Cholesky) and ``U = C^-1 V`` it is ``C'^-1 (I + mu UU')^-1/2``,
    so that a large mu costs no precision.

    Parameters
    ----------
    local : ndarray of shape (size, size)
        ``Z'SZ``, symmetric positive semi-definite; it is overwritten.
    weight : float
        Not negative.
    V : ndarray of shape (size, rank)
        See `LowRankRoot`.
    mu : float
        Trade-off, not negative.
    """

    def __init__(self, local, weight, V, mu):
        B = local.T  # symmetric; transposed for LAPACK to work in place
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
