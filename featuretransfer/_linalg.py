"""Kernels, their widths and symmetric matrix powers, as pure functions on arrays."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy import linalg
from sklearn.metrics.pairwise import euclidean_distances, kernel_metrics, pairwise_kernels

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
    distances = spread_distances(X)
    gamma = _resolve_gamma(gamma, X, distances)
    if kernel == "rbf":
        _refuse_degenerate(distances, gamma)
    return Kernel(kernel, gamma, center)


def _resolve_gamma(gamma, X, distances):
    if gamma == "median":
        return 1.0 / float(np.median(distances)) if len(distances) else 1.0
    if gamma == "scale":
        variance = float(X.var())
        return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0
    return float(gamma)


def spread_distances(X):
    """Non-zero squared distances between rows of `X`, between evenly spread rows if there are many.

    Above `MEDIAN_ROWS` rows every m-th row is taken in order of (norm, then row values), so that
    neither the order of the rows nor a seed matters.
    """
    X = X - X.mean(axis=0)
    if len(X) > MEDIAN_ROWS:
        step = -(-len(X) // MEDIAN_ROWS)
        norms = np.einsum("ij,ij->i", X, X)
        X = X[np.lexsort((*X.T[::-1], norms))[::step]]
    squared = euclidean_distances(X, squared=True)
    distances = squared[np.triu_indices(len(X), k=1)]
    # rounding leaves duplicates a tiny distance apart
    scale = np.einsum("ij,ij->i", X, X).max(initial=0.0)
    return distances[distances > 1e-12 * scale]


def _refuse_degenerate(distances, gamma):
    if not len(distances):
        return
    largest, smallest = np.exp(-gamma * distances.min()), np.exp(-gamma * distances.max())
    if largest < 1e-10 or smallest > 1 - 1e-10:
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
