"""Matrices of convex quadratic programmes: their products, and systems of some of their rows."""

import numpy as np
from scipy import linalg

NEAR = 8  # a factor is used again where fewer rows than one in so many have changed


class DenseQuadratic:
    """The matrix `K` of shape (n, n) itself, which may grow.

    Its last Cholesky factor is kept: a system whose rows hardly differ from it is solved by that
    factor and a Schur complement of the rows that differ.
    """

    def __init__(self, K):
        self.K = K
        self._factor = None

    def append(self, values):
        """Add rows by their values with the old rows and with themselves."""
        n, old = len(self.K), self.K
        self.K = np.empty((n + len(values), n + len(values)))
        self.K[:n, :n], self.K[n:], self.K[:n, n:] = old, values, values[:, :n].T

    def product(self, w):
        """``K @ w``."""
        return self.K @ w

    def solver(self, rows, shift):
        """A function that solves ``(K[rows, rows] + diag(shift)) x = b`` for columns ``b``.

        `rows` are ascending; `shift` is a number or one for every row.
        """
        if self._factor is None or not self._factor.is_near(rows, shift):
            self._factor = _Factor(self.K, rows, shift)
        return self._factor.solver(self.K, rows)


class _Factor:
    """Cholesky factor L of ``K[rows, rows] + diag(shift)``, below the diagonal."""

    def __init__(self, K, rows, shift):
        block = K[rows].take(rows, axis=1)
        block[np.diag_indices(len(rows))] += shift
        # the transpose is in LAPACK's order of columns, and not copied
        self.L, _ = linalg.cho_factor(block.T, lower=True, overwrite_a=True, check_finite=False)
        self.rows, self.shift = rows, shift

    def is_near(self, rows, shift):
        """Whether few rows differ, and the shift is the same number."""
        if np.ndim(shift) or np.ndim(self.shift) or shift != self.shift:
            return False
        return NEAR * len(np.setxor1d(rows, self.rows, assume_unique=True)) < len(rows)

    def solver(self, K, rows):
        """A function that solves the system of other `rows`.

        Rows of the factor that are not among them keep their unknown, bound to 0 by a multiplier.
        """
        kept, lost = np.isin(rows, self.rows), ~np.isin(self.rows, rows)
        if kept.all() and not lost.any():
            return lambda b: self._backward(self._forward(b))
        added = rows[~kept]
        border = np.zeros((len(lost), len(added) + np.count_nonzero(lost)))
        border[:, : len(added)] = K[np.ix_(self.rows, added)]
        border[lost, len(added) :] = np.eye(np.count_nonzero(lost))
        border = self._forward(border)
        corner = -border.T @ border
        corner[: len(added), : len(added)] += K[np.ix_(added, added)]
        corner[np.diag_indices(len(added))] += self.shift
        corner = linalg.lu_factor(corner, overwrite_a=True, check_finite=False)

        def solve(b):
            old = np.zeros((len(lost), *b.shape[1:]))
            old[~lost] = b[kept]
            old = self._forward(old)
            new = -border.T @ old
            new[: len(added)] += b[~kept]
            new = linalg.lu_solve(corner, new, check_finite=False)
            x = np.empty_like(b)
            x[kept] = self._backward(old - border @ new)[~lost]
            x[~kept] = new[: len(added)]
            return x

        return solve

    def _forward(self, b):
        return linalg.solve_triangular(self.L, b, lower=True, check_finite=False)

    def _backward(self, b):
        return linalg.solve_triangular(self.L, b, lower=True, trans=1, check_finite=False)


class FactorQuadratic:
    """``K = L @ L.T`` with `L` of shape (n, rank), rank much smaller than n."""

    def __init__(self, L):
        self.L = L

    def product(self, w):
        """``K @ w``."""
        return self.L @ (self.L.T @ w)

    def solver(self, rows, shift):
        """A function that solves ``(K[rows, rows] + diag(shift)) x = b`` for columns ``b``."""
        L, shift = self.L[rows], np.broadcast_to(shift, len(rows))[:, None]
        scaled = L / np.sqrt(shift)
        small = scaled.T @ scaled
        small[np.diag_indices(len(small))] += 1.0
        factor = linalg.cho_factor(small, lower=True, overwrite_a=True, check_finite=False)

        def woodbury(b):
            b = b / np.sqrt(shift)
            b -= scaled @ linalg.cho_solve(factor, scaled.T @ b, check_finite=False)
            return b / np.sqrt(shift)

        def solve(b):
            columns = b.reshape(len(b), -1)
            x = woodbury(columns)
            for _ in range(2):  # Woodbury cancels where shift is small: refine
                x += woodbury(columns - L @ (L.T @ x) - shift * x)
            return x.reshape(b.shape)

        return solve
