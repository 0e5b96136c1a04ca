"""Kernels, their widths and symmetric matrix powers, as pure functions on arrays."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy import linalg
from sklearn.metrics.pairwise import kernel_metrics, pairwise_kernels

MEDIAN_ROWS = 2000  # the median width is computed from at most about this many rows


@dataclass(frozen=True)
class Kernel:
    """A kernel function with its parameters settled on training rows.

    Parameters
    ----------
    name : str or callable
        "rbf", another name known to scikit-learn's pairwise kernels, or a function of two rows.
    gamma : float
        Width parameter, ignored by kernels without one.
    center : ndarray of shape (n_features,)
        Subtracted before distances are taken: the RBF kernel stays, its rounding error shrinks.
    """

    name: object
    gamma: float
    center: np.ndarray

    def __call__(self, A, B):
        """Kernel values between the rows of `A` and `B`, float64, shape (len(A), len(B))."""
        A, B = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
        if self.name == "rbf":
            return _rbf(A - self.center, B - self.center, self.gamma)
        if self.name == "linear":
            return A @ B.T
        if callable(self.name):
            return pairwise_kernels(A, B, metric=self.name)
        return pairwise_kernels(A, B, metric=self.name, filter_params=True, gamma=self.gamma)


def _rbf(A, B, gamma):
    K = A @ B.T
    K *= 2 * gamma
    K -= gamma * np.einsum("ij,ij->i", A, A)[:, None]
    K -= gamma * np.einsum("ij,ij->i", B, B)
    np.minimum(K, 0, out=K)
    return np.exp(K, out=K)


def fit_kernel(kernel, gamma, X):
    """Settle a kernel on pooled training rows.

    Parameters
    ----------
    kernel : str or callable
        "rbf", "linear", any other name of scikit-learn's pairwise kernels, or a function of two
        rows.
    gamma : "median", "scale" or float
        "median": 1 / the median of the non-zero squared distances between rows of `X`; "scale":
        1 / (n_features * variance of `X`).
    X : ndarray of shape (n_samples, n_features)
        Pooled source and target rows.

    Returns
    -------
    kernel : Kernel
        The settled kernel.

    Raises
    ------
    ValueError
        If a name is unknown, or the kernel is degenerate: numerically 0 or 1 between all rows.
    """
    names = sorted(kernel_metrics())
    if not callable(kernel) and kernel not in names:
        raise ValueError(f"kernel must be a callable or one of {names}, got {kernel!r}.")
    if gamma not in ("median", "scale") and not (
        isinstance(gamma, Real) and np.isfinite(gamma) and gamma > 0
    ):
        raise ValueError(f"gamma must be 'median', 'scale' or a positive number, got {gamma!r}.")
    X = np.asarray(X, dtype=np.float64)
    center = X.mean(axis=0)
    if callable(kernel) or kernel in ("linear", "cosine"):
        return Kernel(kernel, 1.0, center)
    if kernel == "rbf" and gamma != "median":  # the median width is never degenerate
        _refuse_degenerate(X, _resolve_gamma(gamma, X))
    return Kernel(kernel, _resolve_gamma(gamma, X), center)


def _resolve_gamma(gamma, X):
    if gamma == "median":
        distances = spread_distances(X)
        return 1.0 / float(np.median(distances)) if len(distances) else 1.0
    if gamma == "scale":
        variance = float(X.var())
        return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0
    return float(gamma)


def spread_distances(X, most_rows=MEDIAN_ROWS):
    """Non-zero squared distances between rows of `X`, between evenly spread rows if there are many.

    Above `most_rows` rows every m-th row is taken in order of (norm, then row values), so that
    neither the order of the rows nor a seed matters.
    """
    X = X - X.mean(axis=0)
    norms = np.einsum("ij,ij->i", X, X)
    scale = norms.max(initial=0.0)
    if len(X) > most_rows:
        step = -(-len(X) // most_rows)
        order = np.argsort(norms, kind="stable")
        if np.any(np.diff(norms[order]) == 0):  # only ties need the costly order
            order = np.lexsort((*X.T[::-1], norms))
        X, norms = X[order[::step]], norms[order[::step]]
    if not len(X):
        return np.empty(0)
    products = linalg.blas.dsyrk(-2.0, X.T, trans=1)  # upper triangle, columns contiguous
    distances = np.concatenate(
        [products[:j, j] + norms[:j] + norms[j] for j in range(len(X))]  # pairs i < j
    )
    # rounding leaves duplicates a tiny distance apart
    return distances[distances > 1e-12 * scale]


def _refuse_degenerate(X, gamma):
    for rows in (200, MEDIAN_ROWS):  # information between a few rows is information between all
        distances = spread_distances(X, rows)
        if not len(distances):
            continue
        largest, smallest = np.exp(-gamma * distances.min()), np.exp(-gamma * distances.max())
        if largest >= 1e-10 and smallest <= 1 - 1e-10:
            return
    if not len(distances):
        return
    value = "0" if largest < 1e-10 else "1"
    raise ValueError(
        f"The rbf kernel with gamma={gamma:g} is numerically {value} between all rows, so it "
        "carries no information. Use gamma='median', or scale the features first "
        "(CorpusScaler, StandardScaler)."
    )


def symmetric_power(C, power):
    """``C ** power`` of a symmetric positive definite matrix."""
    values, vectors = linalg.eigh(C)
    return (vectors * np.maximum(values, 0) ** power) @ vectors.T


def fix_signs(V):
    """`V` with each column's largest absolute entry made positive: signs become deterministic."""
    rows = np.argmax(np.abs(V), axis=0)
    signs = np.sign(V[rows, np.arange(V.shape[1])])
    return V * np.where(signs == 0, 1.0, signs)
