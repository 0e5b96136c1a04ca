"""Kernel components with equal domain means: the eigenproblems behind transfer component analysis.

With K the kernel matrix of n rows, H = I - 11'/n and e = (1/n_source .., -1/n_target ..), both
functions maximise ``tr(W'KHKW)`` subject to ``W'BW = I``, where ``B = I + mu vv'`` and ``v = Ke``.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import linalg

from .._linalg import top_eigenvectors

SCALINGS = ("b", "unit", "whitened")
EPS = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Components:
    """A solution: the columns of `weights`, null components 0.

    Parameters
    ----------
    weights : ndarray of shape (n, k)
        W of the dual problem, of shape (n_features, k) and such that ``features @ weights``
        projects for the primal one.
    values : ndarray of shape (k,)
        Generalised eigenvalues, descending.
    explained_share : float
        Their sum over that of all eigenvalues.
    strength : float
        ``mu |v|^2``.
    """

    weights: np.ndarray
    values: np.ndarray
    explained_share: float
    strength: float


def mean_difference(n_source, n_target):
    """The vector e, of shape (n_source + n_target,); 0 without target rows."""
    if n_target == 0:
        return np.zeros(n_source)
    return np.concatenate([np.full(n_source, 1 / n_source), np.full(n_target, -1 / n_target)])


class _Root:
    """``B ** -0.5``, in closed form: it shrinks along v and leaves everything else."""

    def __init__(self, v, negligible, mu, relative):
        norm = np.linalg.norm(v)
        if norm <= negligible:  # the means agree up to rounding
            self.direction, self.strength = np.zeros_like(v), 0.0
        else:
            self.direction, self.strength = v / norm, float(mu if relative else mu * norm**2)
        self.change = 1 / np.sqrt(1 + self.strength) - 1

    def __call__(self, Y):
        if Y.ndim == 1:
            return Y + (self.change * (self.direction @ Y)) * self.direction
        return Y + np.outer(self.change * self.direction, self.direction @ Y)


def dual_components(K, e, mu, relative, scaling, k):
    """The components from a kernel matrix.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Symmetric kernel matrix.
    e : ndarray of shape (n,)
        See `mean_difference`.
    mu : float
        Trade-off, not negative.
    relative : bool
        Whether `mu` is in units of ``1 / |v|^2``.
    scaling : {"b", "unit", "whitened"}
        ``W'BW = I``, columns of unit length, or ``W'KHKW = I``.
    k : int
        Number of components.

    Returns
    -------
    components : Components
        Weights of shape (n, k).
    """
    n = len(K)
    size = np.linalg.norm(K)
    root = _Root(K @ e, 1e-12 * size * np.linalg.norm(e), mu, relative)
    times = partial(linalg.blas.dsymv, 1.0, K.T, lower=1)  # reads half of K

    def matvec(y):
        z = times(root(y))
        z -= z.mean()
        return root(times(z))

    def dense():
        A = K - K.mean(axis=0)
        A += np.outer(A @ root.direction, root.change * root.direction)
        return A.T @ A

    along = K @ root.direction
    along -= along.mean()
    total = _centred_square(K) + ((1 + root.change) ** 2 - 1) * (along @ along)
    values, Y = top_eigenvectors(matvec, dense, total, n, k)
    values = _without_null(values, n, size)
    return _scaled(root(Y), values, total, root.strength, scaling)


def primal_components(F, e, mu, relative, scaling, k):
    """The components of the kernel ``K = FF'`` from its features, without forming K.

    The weights P = F'W obey ``P'((F'F)^+ + mu uu')P = I`` with u = F'e: with R0 such that R0 R0' =
    F'F and P = R0 R this is the dual problem again, in as many dimensions as F has rank.

    Parameters
    ----------
    F : ndarray of shape (n, m)
        Features.
    e, mu, relative, scaling, k
        As in `dual_components`.

    Returns
    -------
    components : Components
        Weights of shape (m, k).
    """
    n, m = F.shape
    g, Q = linalg.eigh(F.T @ F)
    kept = g > max(n, m) * EPS * g[-1]
    g, Q = g[kept], Q[:, kept]
    R0 = Q * np.sqrt(g)
    size = np.linalg.norm(g)  # the Frobenius norm of K
    root = _Root(R0.T @ (F.T @ e), 1e-12 * size * np.linalg.norm(e), mu, relative)
    mean = R0.T @ F.mean(axis=0)
    M = np.diag(g**2) - n * np.outer(mean, mean)
    M = root(root(M).T)
    rank = min(k, len(g))
    values, R = np.zeros(k), np.zeros((len(g), k))
    if rank:
        found, Y = linalg.eigh(M, subset_by_index=[len(g) - rank, len(g) - 1])
        values[:rank], R[:, :rank] = found[::-1], root(Y[:, ::-1])
    values = _without_null(values, n, size)
    solution = _scaled(R, values, np.trace(M), root.strength, scaling)
    return Components(R0 @ solution.weights, values, solution.explained_share, solution.strength)


def _centred_square(K):
    """``|HK|^2``, block by block."""
    step = max(1, 2**20 // len(K))
    blocks = (K[start : start + step] for start in range(0, len(K), step))
    return sum(np.linalg.norm(block - block.mean(axis=1, keepdims=True)) ** 2 for block in blocks)


def _without_null(values, n, size):
    """Eigenvalues with those set to 0 that are nothing but rounding error."""
    return np.where(
        values > max(n * EPS * values.max(initial=0.0), (n * EPS * size) ** 2), values, 0
    )


def _scaled(W, values, total, strength, scaling):
    W = np.where(values > 0, W, 0.0)
    if scaling == "unit":
        norms = np.linalg.norm(W, axis=0)
        W = W / np.where(norms > 0, norms, 1.0)
    elif scaling == "whitened":
        W = W / np.sqrt(np.where(values > 0, values, 1.0))
    share = float(min(values.sum() / total, 1.0)) if total > 0 else 1.0
    return Components(W, values, share, strength)
