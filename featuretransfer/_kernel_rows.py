"""Rows of a kernel matrix on demand, in units of its mean diagonal, and its low-rank factor."""

import numpy as np
from scipy import linalg

BLOCK = 2**20  # kernel values formed at a time where only sums of them are kept: 8 MiB


class KernelRows:
    """The kernel matrix of the rows of `X`, never formed as a whole.

    Values are divided by the mean of the diagonal, `scale` (1 for the RBF kernel): this changes no
    minimiser, and makes ridge and tolerances independent of the units of, say, a linear kernel.

    Parameters
    ----------
    kernel : Kernel
        A settled kernel.
    X : ndarray of shape (n_samples, n_features)
        The rows.
    """

    def __init__(self, kernel, X):
        self._prepare, self._values = _rbf(kernel) if kernel.name == "rbf" else _plain(kernel)
        self._rows = self._prepare(X)
        if kernel.name == "rbf":
            self.diagonal = np.ones(len(X))
        else:
            parts = [self._rows[start : start + 32] for start in range(0, len(X), 32)]
            self.diagonal = np.concatenate([self._values(part, part).diagonal() for part in parts])
        self.scale = float(self.diagonal.mean())
        if not self.scale > 0:
            raise ValueError(
                f"kernel={kernel.name!r} is zero on the source rows, so it carries no information. "
                "Use kernel='rbf'."
            )
        self.diagonal = self.diagonal / self.scale

    def __len__(self):
        return len(self._rows)

    def __call__(self, rows):
        """Kernel values between `rows` and all rows, shape (len(rows), n_samples)."""
        values = self._values(self._rows[rows], self._rows)
        return values if self.scale == 1 else values / self.scale

    def product(self, w):
        """The kernel matrix times `w`."""
        support = np.flatnonzero(w)
        parts = [w[support[part]] @ self(support[part]) for part in _parts(len(support), len(self))]
        return np.sum(parts, axis=0) if parts else np.zeros(len(self))

    def means(self, X_other):
        """Mean kernel value of every row with the rows of `X_other`, shape (n_samples,)."""
        other = self._prepare(X_other)
        parts = _parts(len(self), len(other))
        means = [self._values(self._rows[part], other).mean(axis=1) for part in parts]
        return np.concatenate(means) / self.scale

    def factor(self, max_rank, tol=1e-11, block=64):
        """Low-rank factor by Cholesky, pivoting on blocks of the least explained rows.

        Parameters
        ----------
        max_rank : int
            Rank at which to give up.
        tol : float, default=1e-11
            Largest error of a kernel value, in units of the mean diagonal.
        block : int, default=64
            Rows considered at a time.

        Returns
        -------
        L : ndarray of shape (n_samples, rank) or None
            ``L @ L.T`` equals the kernel matrix to `tol`; None if its rank exceeds `max_rank`.
        """
        rest, L, rank = self.diagonal.copy(), np.empty((max_rank, len(self))), 0
        while rest.max() > tol:
            if rank == max_rank:
                return None
            rows = np.argsort(-rest, kind="stable")[: min(block, max_rank - rank)]
            values = self(rows) - L[:rank, rows].T @ L[:rank]
            floor = max(tol, 0.05 * rest.max()) / 2  # leaves out near-duplicates within the block
            C, order, kept, _ = linalg.lapack.dpstrf(values[:, rows], tol=floor, lower=1)
            if kept == 0:  # what is left is rounding error
                break
            order = order[:kept] - 1
            new = linalg.solve_triangular(C[:kept, :kept], values[order], lower=True)
            L[rank : rank + kept] = new
            rank += kept
            rest = np.maximum(rest - np.einsum("ij,ij->j", new, new), 0.0)
            rest[rows[order]] = 0.0
        return L[:rank].T


def _plain(kernel):
    return (lambda X: np.asarray(X, dtype=np.float64)), kernel


def _rbf(kernel):
    """The RBF kernel as one matrix product: rows carry two more columns, 1 and -gamma |x|^2."""
    gamma = kernel.gamma

    def prepare(X):
        d = X.shape[1]
        rows = np.empty((len(X), d + 2))
        np.subtract(X, kernel.center, out=rows[:, :d])
        rows[:, d] = 1.0
        rows[:, d + 1] = -gamma * np.einsum("ij,ij->i", rows[:, :d], rows[:, :d])
        return rows

    def values(A, B):
        left = A * (2 * gamma)
        left[:, -2], left[:, -1] = A[:, -1], 1.0
        K = left @ B.T
        np.minimum(K, 0.0, out=K)
        return np.exp(K, out=K)

    return prepare, values


def _parts(n, width):
    """Slices over n rows with about `BLOCK` values of `width` each, of nearly equal length."""
    n_parts = max(1, -(-n * width // BLOCK))
    size = max(1, -(-n // n_parts))
    return [slice(start, start + size) for start in range(0, n, size)]
