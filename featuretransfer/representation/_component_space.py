"""The coordinates in which kernel components are sought.

Components W of n rows with kernel matrix K are sought under ``W'(G + KSK)W = I``, G diagonal and
positive, S positive semi-definite. A space provides a matrix Z of shape (n, size) such that in
coordinates R this reads ``R'(I + Z'SZ)R = I`` and all rows project to ``KW = ZR``:

- `KernelSpace`: ``Z = K G**-0.5`` with the kernel matrix itself;
- `FeatureSpace`: ``K = FF'`` with few features F, and Z spans no more dimensions than F, so that
  neither K nor anything of its size is formed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import linalg

from .._linalg import symmetric_times
from ._landmarks import choose_landmarks, inverse_root, share_kept

EPS = np.finfo(np.float64).eps
BLOCK = 256  # rows of a symmetric product computed at a time


@dataclass(frozen=True)
class Spread:
    """The matrix ``A = Z'(ridge H + CC')Z`` whose trace components maximise.

    Parameters
    ----------
    times : callable
        Multiplies A with a vector.
    dense : callable
        Returns A as an ndarray.
    trace : float
        Its trace.
    """

    times: Callable
    dense: Callable
    trace: float


def component_space(kernel, rows, landmarks=None):
    """The space for a settled kernel and the pooled rows of both domains.

    Parameters
    ----------
    kernel : Kernel
        See `fit_kernel`.
    rows : ndarray of shape (n, n_features)
        Pooled rows.
    landmarks : int or None, default=None
        Number of landmarks that approximate the kernel; None, or at least n, is exact.

    Returns
    -------
    space : KernelSpace or FeatureSpace
        The latter with landmarks, and for a linear kernel in at most n / 2 dimensions.
    """
    n, d = rows.shape
    if landmarks is not None and landmarks < n:
        centres = choose_landmarks(rows, landmarks)
        K = kernel(centres, centres)
        root = inverse_root(K)
        return _feature_space(
            kernel(rows, centres) @ root,
            back=root,
            rows=centres.astype(rows.dtype, copy=False),
            anchors=K @ root,
            exact=(kernel, rows),
        )
    if kernel.name == "linear" and 2 * d <= n:
        return _feature_space(rows.astype(np.float64, copy=False))
    return KernelSpace(kernel(rows, rows), rows, kernel.name == "linear", np.ones(n))


@dataclass(frozen=True)
class KernelSpace:
    """As many coordinates as rows.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix, rows contiguous.
    rows : ndarray of shape (n, n_features)
        The rows.
    linear : bool
        Whether K are inner products, so that weights of rows are weights of features.
    scale : ndarray of shape (n,)
        ``G**-0.5``.
    """

    K: np.ndarray
    rows: np.ndarray
    linear: bool
    scale: np.ndarray

    @property
    def size(self):
        """Number of coordinates."""
        return len(self.K)

    @property
    def n_rows(self):
        """Number of rows."""
        return len(self.K)

    @cached_property
    def norm(self):
        """Frobenius norm of Z."""
        return float(np.sqrt(self.scale**2 @ np.einsum("ij,ij->i", self.K, self.K)))

    def rescaled(self, precision):
        """The same space for another diagonal of G, of shape (n,)."""
        return replace(self, scale=precision**-0.5)

    def project(self, R):
        """``Z @ R``: all rows at the coordinates `R`, a vector or columns."""
        return self._times_kernel((self.scale * R.T).T)

    def adjoint(self, Y):
        """``Z.T @ Y``, for a vector or columns."""
        return (self.scale * self._times_kernel(Y).T).T

    def _times_kernel(self, Y):
        if Y.ndim == 1:
            return symmetric_times(self.K, Y)
        return self.K @ Y

    def spread(self, ridge=1.0, factor=None):
        """``Z'(ridge H + factor factor')Z`` by products with K; `factor` has centred columns."""

        def times(y):
            z = self.project(y)
            middle = ridge * (z - z.mean())
            if factor is not None:
                middle += factor @ (factor.T @ z)
            return self.adjoint(middle)

        def dense():
            Z = self.K * self.scale
            centred = Z - Z.mean(axis=0)
            A = ridge * (centred.T @ centred)
            if factor is not None:
                part = factor.T @ Z
                A += part.T @ part
            return A

        trace = ridge * (self.scale**2 @ _centred_squares(self.K))
        if factor is not None:
            trace += np.sum(self.adjoint(factor) ** 2)
        return Spread(times, dense, float(trace))

    def congruent(self, S):
        """``Z'SZ`` for a sparse symmetric S; only the lower triangle is computed."""
        SZ = S @ self.K
        SZ *= self.scale
        result = np.empty_like(self.K)
        for start in range(0, self.size, BLOCK):
            stop = min(start + BLOCK, self.size)
            block = self.K[start:stop] @ SZ[:, :stop]
            block *= self.scale[start:stop, None]
            result[start:stop, :stop] = block
            result[:start, start:stop] = block[:, :start].T
        return result

    def weights(self, R):
        """Rows to which kernels of new rows are computed, and the weights W of these."""
        if self.linear:
            return None, self.rows.T @ self.row_weights(R)
        return self.rows, self.row_weights(R)

    def row_weights(self, R):
        """W itself, one row per training row."""
        return self.scale[:, None] * R

    def share_kept(self, k):
        """Share of the first eigenvalues of the kernel matrix that the space keeps."""
        return 1.0


@dataclass(frozen=True)
class FeatureSpace:
    """As many coordinates as the features F have dimensions.

    With ``F'(G**-1)F = Q diag(g) Q'`` it is ``Z = F Q g**0.5``, so that ``P = F'W`` is
    ``Q g**0.5 R`` and of all W with that P the one of least ``W'GW`` is ``G**-1 F Q g**-0.5 R``.

    Parameters
    ----------
    F : ndarray of shape (n, m)
        Features.
    gram : ndarray of shape (m, m)
        ``F'F``.
    scale : ndarray of shape (n,)
        ``G**-0.5``.
    g : ndarray of shape (size,)
        Eigenvalues that are not 0.
    Q : ndarray of shape (m, size)
        Their eigenvectors.
    back : ndarray of shape (n_landmarks, m) or None
        Makes features of kernel values at the landmarks.
    rows : ndarray of shape (n_landmarks, n_features) or None
        The landmarks.
    anchors : ndarray of shape (n_landmarks, m) or None
        Their features.
    exact : tuple of (Kernel, ndarray of shape (n, n_features)) or None
        What the landmarks approximate.
    """

    F: np.ndarray
    gram: np.ndarray
    scale: np.ndarray
    g: np.ndarray
    Q: np.ndarray
    back: np.ndarray | None
    rows: np.ndarray | None
    anchors: np.ndarray | None
    exact: tuple | None

    @property
    def size(self):
        """Number of coordinates."""
        return len(self.g)

    @property
    def n_rows(self):
        """Number of rows."""
        return len(self.F)

    @cached_property
    def basis(self):
        """``Q g**0.5``."""
        return self.Q * np.sqrt(self.g)

    @cached_property
    def norm(self):
        """Frobenius norm of Z."""
        return float(np.sqrt(max(np.sum((self.gram @ self.basis) * self.basis), 0.0)))

    def rescaled(self, precision):
        """The same space for another diagonal of G, of shape (n,)."""
        scale = precision**-0.5
        scaled = self.F * scale[:, None]
        return replace(self, scale=scale, **_axes(scaled.T @ scaled, len(self.F)))

    def project(self, R):
        """``Z @ R``: all rows at the coordinates `R`, a vector or columns."""
        return self.F @ (self.basis @ R)

    def adjoint(self, Y):
        """``Z.T @ Y``, for a vector or columns."""
        return self.basis.T @ (self.F.T @ Y)

    def spread(self, ridge=1.0, factor=None):
        """``Z'(ridge H + factor factor')Z``, formed; `factor` has centred columns."""
        mean = self.F.mean(axis=0)
        A = self.basis.T @ (self.gram - self.n_rows * np.outer(mean, mean)) @ self.basis
        A *= ridge
        if factor is not None:
            part = self.adjoint(factor)
            A += part @ part.T
        return Spread(lambda y: A @ y, lambda: A, float(max(np.trace(A), 0.0)))

    def congruent(self, S):
        """``Z'SZ`` for a sparse symmetric S, or the same of the landmarks if S is of their size."""
        F = self.F if S.shape[0] == len(self.F) else self.anchors
        return self.basis.T @ (F.T @ (S @ F)) @ self.basis

    def weights(self, R):
        """Rows to which kernels of new rows are computed, and the weights W of these."""
        P = self.basis @ R
        return self.rows, P if self.back is None else self.back @ P

    def row_weights(self, R):
        """W itself, one row per training row."""
        return self.scale[:, None] ** 2 * (self.F @ (self.Q @ (R / np.sqrt(self.g)[:, None])))

    def share_kept(self, k):
        """Estimated share of the kernel matrix's first eigenvalues that landmarks keep."""
        return 1.0 if self.exact is None else share_kept(*self.exact, self.F, k)


def _feature_space(F, back=None, rows=None, anchors=None, exact=None):
    gram = F.T @ F
    landmarks = {"back": back, "rows": rows, "anchors": anchors, "exact": exact}
    return FeatureSpace(F, gram, np.ones(len(F)), **_axes(gram, len(F)), **landmarks)


def _axes(gram, n):
    g, Q = linalg.eigh(gram)
    kept = g > max(n, len(g)) * EPS * g[-1]
    return {"g": g[kept], "Q": Q[:, kept]}


def _centred_squares(K):
    """Squared norms of the rows of ``KH``, block by block."""
    step = max(1, 2**20 // len(K))
    blocks = (K[start : start + step] for start in range(0, len(K), step))
    centred = (block - block.mean(axis=1, keepdims=True) for block in blocks)
    return np.concatenate([np.einsum("ij,ij->i", block, block) for block in centred])
