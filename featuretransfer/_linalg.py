"""Kernels, covariances, symmetric powers and eigenvectors, as pure functions on arrays."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from sklearn.metrics.pairwise import kernel_metrics, pairwise_kernels

from ._checks import is_number

MEDIAN_ROWS = 2000  # the median distance is taken from at most about this many rows
FEW_ROWS = 20  # most kernels are seen not to be degenerate on so many rows
MIRRORED = 256  # rows mirrored at a time
CACHED = 2**15  # values of a block of rows that stays in the cache: 256 KiB
LANCZOS_ROWS = 200  # below this many rows a dense eigensolver is as fast
LANCZOS_RESTARTS = 200  # more mean a flat spectrum, for which a dense eigensolver is faster


@dataclass(frozen=True)
class Kernel:
    """A kernel function with its parameters settled on training rows.

    Parameters
    ----------
    name : str or callable
        "rbf", another name known to scikit-learn's pairwise kernels, or a function of two rows.
    gamma : float
        Coefficient of the kernel, ignored by kernels without one.
    center : ndarray of shape (n_features,)
        Subtracted before distances are taken: the RBF kernel stays, its rounding error shrinks.
    """

    name: object
    gamma: float
    center: np.ndarray

    def __call__(self, A, B):
        """Kernel values between the rows of `A` and `B`, float64, shape (len(A), len(B))."""
        same = A is B
        A, B = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
        if self.name == "rbf":
            A, B = A - self.center, B - self.center
            return _rbf(inner_products(A) if same else A @ B.T, A, B, self.gamma)
        if self.name == "linear":
            return inner_products(A) if same else A @ B.T
        if callable(self.name):
            return pairwise_kernels(A, B, metric=self.name)
        return pairwise_kernels(A, B, metric=self.name, filter_params=True, gamma=self.gamma)


def inner_products(A):
    """``A @ A.T``, half of it computed and the other half copied."""
    K = linalg.blas.dsyrk(1.0, A.T, trans=1).T  # lower triangle, rows contiguous
    for start in range(0, len(K), MIRRORED):
        rows = slice(start, start + MIRRORED)
        K[rows, rows] += np.tril(K[rows, rows], -1).T
        K[:start, rows] = K[rows, :start].T
    return K


def _rbf(K, A, B, gamma):
    """RBF kernel values, written over the inner products `K`."""
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
    named = isinstance(gamma, str) and gamma in ("median", "scale")
    if not named and not (is_number(gamma, 0) and gamma > 0):
        raise ValueError(f"gamma must be 'median', 'scale' or a positive number, got {gamma!r}.")
    X = np.asarray(X, dtype=np.float64)
    center = X.mean(axis=0)
    if callable(kernel) or kernel in ("linear", "cosine"):
        return Kernel(kernel, 1.0, center)
    if kernel == "rbf" and gamma != "median":  # that of the median is never degenerate
        refuse_degenerate(X, _resolve_gamma(gamma, X))
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
    if not len(X):
        return np.empty(0)
    center = X.mean(axis=0, dtype=np.float64)
    norms = _squared_norms(X, center)
    scale = norms.max()
    if len(X) > most_rows:
        rows = _spread_order(X, norms)[:: -(-len(X) // most_rows)]
        X, norms = X[rows], norms[rows]
    X = X - center
    products = linalg.blas.dsyrk(-2.0, X.T, trans=1)  # upper triangle, columns contiguous
    distances = np.concatenate(
        [products[:j, j] + norms[:j] + norms[j] for j in range(len(X))]  # pairs i < j
    )
    # rounding leaves duplicates a tiny distance apart
    return distances[distances > 1e-12 * scale]


def _squared_norms(X, center):
    """Squared norms of the rows less `center`, whose differences are never held as a whole."""
    norms, step = np.empty(len(X)), max(1, CACHED // X.shape[1])
    for start in range(0, len(X), step):
        rows = X[start : start + step] - center
        np.einsum("ij,ij->i", rows, rows, out=norms[start : start + step])
    return norms


def _spread_order(X, norms):
    order = np.argsort(norms, kind="stable")
    if np.any(np.diff(norms[order]) == 0):  # only ties need the costly order
        order = np.lexsort((*X.T[::-1], norms))
    return order


def spread_rows(X, n_rows):
    """Indices of `n_rows` rows of `X`, evenly spread in order of (norm, then row values).

    Neither the order of the rows nor a seed matters to which rows they are.
    """
    return evenly(spread_order(X), n_rows)


def spread_order(X):
    """All row numbers of `X` in order of (norm less the mean, then row values)."""
    return _spread_order(X, _squared_norms(X, X.mean(axis=0, dtype=np.float64)))


def evenly(order, n):
    """`n` evenly spread entries of `order`."""
    return order[np.linspace(0, len(order) - 1, n).round().astype(int)]


def is_informative(gamma, distances):
    """Whether the rbf kernel is not numerically 0, and not numerically 1, at all `distances`."""
    if not len(distances):
        return False
    return (
        np.exp(-gamma * distances.min()) >= 1e-10 and np.exp(-gamma * distances.max()) <= 1 - 1e-10
    )


def refuse_degenerate(X, *gammas):
    """Refuse coefficients with which the rbf kernel is numerically 0 or 1 between all rows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    *gammas : float
        Coefficients.

    Raises
    ------
    ValueError
        Naming the first of them.
    """
    # information between a few rows is information between all, and these need no order
    few = X[:: max(1, len(X) // FEW_ROWS)]
    for rows, most in ((few, 2 * FEW_ROWS), (X, 200), (X, MEDIAN_ROWS)):
        distances = spread_distances(rows, most)
        gammas = [gamma for gamma in gammas if not is_informative(gamma, distances)]
        if not gammas:
            return
    if not len(distances):
        return
    value = "0" if np.exp(-gammas[0] * distances.min()) < 1e-10 else "1"
    raise ValueError(
        f"The rbf kernel with gamma={gammas[0]:g} is numerically {value} between all rows, so it "
        "carries no information. Use gamma='median', or scale the features first "
        "(CorpusScaler, StandardScaler)."
    )


def symmetric_times(K, y):
    """``K @ y`` for a symmetric float64 matrix with contiguous rows, of which half is read."""
    return linalg.blas.dsymv(1.0, K.T, y, lower=1)


def symmetric_power(C, power):
    """``C ** power`` of a symmetric positive definite matrix."""
    values, vectors = linalg.eigh(C)
    return (vectors * np.maximum(values, 0) ** power) @ vectors.T


@dataclass(frozen=True)
class Covariance:
    """A regularised covariance matrix C = ridge I + Z'Z by its eigenvalues.

    Where Z has fewer rows than columns they are those of ZZ', and no matrix of shape
    (n_features, n_features) is ever formed.

    Parameters
    ----------
    ridge : float
        Added to every eigenvalue.
    values : ndarray of shape (min(n_rows, n_features),)
        Eigenvalues of Z'Z or ZZ', ascending, not negative.
    vectors : ndarray of shape (min(n_rows, n_features),) * 2
        Their eigenvectors.
    rows : ndarray of shape (n_rows, n_features) or None
        Z where the vectors are those of ZZ', otherwise None.
    """

    ridge: float
    values: np.ndarray
    vectors: np.ndarray
    rows: np.ndarray | None

    @property
    def smallest(self):
        """The smallest eigenvalue of C."""
        return self.ridge + (self.values[0] if self.rows is None else 0.0)

    @property
    def largest(self):
        """The largest eigenvalue of C."""
        return self.ridge + self.values[-1]

    @property
    def log_determinant(self):
        """Logarithm of the determinant of C."""
        found = np.log(self.values + self.ridge).sum()
        if self.rows is not None:  # the other eigenvalues are the ridge alone
            found += (self.rows.shape[1] - len(self.values)) * np.log(self.ridge)
        return float(found)

    @property
    def is_singular(self):
        """Whether C has no inverse, up to rounding."""
        return self.smallest <= self.largest * len(self.values) * np.finfo(np.float64).eps

    def power(self, power):
        """``C ** power``, of shape (n_features, n_features); only where `rows` is None."""
        return (self.vectors * (self.values + self.ridge) ** power) @ self.vectors.T

    def times_power(self, X, power):
        """``X @ C ** power``.

        In the row space, C^p = ridge^p I + Z'V g V'Z with g = ((s + ridge)^p - ridge^p) / s, a
        smooth function of the eigenvalues s: nothing is divided by a small one.
        """
        if self.rows is None:
            return X @ self.power(power)
        coefficients = (X @ self.rows.T) @ self.vectors
        coefficients *= _divided_power(self.values, self.ridge, power)
        result = (coefficients @ self.vectors.T) @ self.rows
        if self.ridge > 0:
            result += self.ridge**power * X
        return result

    def whiten(self, X, *, own=False):
        """Rows whose squared lengths are ``x C^-1 x'``.

        Inner products with such rows of Z are right too, ``x C^-1 z'``. Where Z has fewer rows than
        columns they have a column for each axis of its row space, and one for the length of what is
        outside. Use ``times_power(X, -0.5)`` for the symmetric root.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows.
        own : bool, default=False
            Whether they are a multiple of Z, whose products are known.

        Returns
        -------
        whitened : ndarray of shape (n_samples, n_features or n_axes + 1)
            The rows.
        """
        roots = np.sqrt(self.values + self.ridge)
        if self.rows is None:
            return X @ (self.vectors / roots)
        axes = self.values > len(self.values) * np.finfo(np.float64).eps * self.values[-1]
        vectors, lengths, roots = self.vectors[:, axes], np.sqrt(self.values[axes]), roots[axes]
        norms = np.einsum("ij,ij->i", X, X)
        if own:
            factor = np.sqrt(norms.sum() / max(self.values.sum(), np.finfo(np.float64).tiny))
            inside, outside = vectors * (factor * lengths), np.zeros(len(X))
        else:
            inside = (X @ self.rows.T) @ (vectors / lengths)
            outside = np.maximum(norms - np.einsum("ij,ij->i", inside, inside), 0.0)
        return np.column_stack([inside / roots, np.sqrt(outside / self.ridge)])


def _divided_power(s, ridge, power):
    """``((s + ridge) ** power - ridge ** power) / s`` without cancellation, also where s = 0."""
    if ridge == 0:
        positive = s > len(s) * np.finfo(s.dtype).eps * s.max(initial=0.0)
        return np.where(positive, np.where(positive, s, 1.0) ** (power - 1), 0.0)
    ratio = s / ridge
    safe = np.where(ratio > 0, ratio, 1.0)
    divided = np.where(ratio > 0, np.expm1(power * np.log1p(safe)) / safe, power)
    return ridge ** (power - 1) * divided


def check_reg(reg):
    """Refuse what `regularised_covariance` cannot use."""
    if not is_number(reg, 0) and not (isinstance(reg, str) and reg == "ledoit-wolf"):
        raise ValueError(f"reg must be 'ledoit-wolf' or a number >= 0, got {reg!r}.")


def regularised_covariance(X, reg):
    """Covariance matrix of centred rows, regularised.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows with mean 0, at least two.
    reg : "ledoit-wolf" or float
        A float gives C = S + reg I with S = X'X / (n_samples - 1); "ledoit-wolf" gives C = (1 - a)
        S + a tr(S) / n_features I with the shrinkage a of `ledoit_wolf_shrinkage`.

    Returns
    -------
    covariance : Covariance
        The matrix C.
    """
    n, d = X.shape
    covariance = covariance_of(X)
    values, rows = covariance.values / (n - 1), covariance.rows
    a, ridge = 0.0, reg
    if reg == "ledoit-wolf":
        a = ledoit_wolf_shrinkage(np.einsum("ij,ij->i", X, X), covariance.values / n, d)
        ridge = a * values.sum() / d
    if rows is not None:
        rows = rows * np.sqrt((1 - a) / (n - 1))
    return replace(covariance, ridge=float(ridge), values=(1 - a) * values, rows=rows)


def eigh(A):
    """All eigenvalues, ascending, and eigenvectors of a symmetric matrix, which is overwritten.

    By divide and conquer, the fastest way to all of them; SciPy 1.12 cannot for one row.
    """
    return linalg.eigh(A, driver="evd" if len(A) > 1 else None, overwrite_a=True)


def covariance_of(Z, ridge=0.0):
    """``ridge I + Z'Z`` by its eigenvalues; `Z` is kept where it has fewer rows than columns."""
    n, d = Z.shape
    values, vectors = eigh(Z.T @ Z if d <= n else Z @ Z.T)
    return Covariance(ridge, np.maximum(values, 0), vectors, None if d <= n else Z)


def ledoit_wolf_shrinkage(squared_norms, values, n_features):
    """Shrinkage intensity of Ledoit and Wolf (2004), equation (14), from row norms and spectrum.

    Parameters
    ----------
    squared_norms : ndarray of shape (n_samples,)
        Squared norms of the centred rows.
    values : ndarray
        Non-zero eigenvalues of X'X / n_samples, in any order.
    n_features : int
        Number of features.

    Returns
    -------
    shrinkage : float
        Between 0 (the sample covariance) and 1 (a multiple of the identity).
    """
    n = len(squared_norms)
    squared = values @ values  # squared Frobenius norm of the sample covariance
    distance = squared - values.sum() ** 2 / n_features  # to the multiple of the identity
    noise = (squared_norms @ squared_norms / n - squared) / n
    # rows that are all +-v have no noise, one feature has no distance: both only up to rounding
    negligible = 8 * np.finfo(np.float64).eps * squared
    if noise <= negligible or distance <= negligible:
        return 0.0
    return float(min(noise / distance, 1.0))


def top_eigenvectors(matvec, dense, trace, n, k):
    """Eigenvectors of the `k` largest eigenvalues of a positive semi-definite matrix.

    Parameters
    ----------
    matvec : callable
        Multiplies the matrix with a vector.
    dense : callable
        Returns the matrix as an ndarray of shape (n, n); called for small `n`, for `k` near `n` and
        where Lanczos iteration does not converge.
    trace : float
        Trace of the matrix.
    n, k : int
        Its size and the number of eigenvectors, k <= n.

    Returns
    -------
    values : ndarray of shape (k,)
        Eigenvalues, descending.
    vectors : ndarray of shape (n, k)
        Orthonormal eigenvectors.
    """
    if n > LANCZOS_ROWS and 8 * k < n and trace > 0:
        try:
            return _lanczos(matvec, trace, n, k)
        except ArpackNoConvergence:
            pass  # flat spectrum: the dense solver has no trouble with it
    values, vectors = linalg.eigh(dense(), subset_by_index=[n - k, n - 1])
    return np.maximum(values[::-1], 0), vectors[:, ::-1]


def _lanczos(matvec, trace, n, k):
    # a shift of 1 makes the tolerance absolute: eigenvalues that are 0 would never meet a relative
    # one
    operator = LinearOperator((n, n), matvec=lambda y: matvec(y) / trace + y, dtype=np.float64)
    start = np.random.default_rng(0).normal(size=n)  # orthogonal to nothing; a fixed vector
    values, vectors = eigsh(operator, k, which="LA", v0=start, maxiter=LANCZOS_RESTARTS)
    order = np.argsort(-values, kind="stable")
    return np.maximum(values[order] - 1, 0) * trace, vectors[:, order]


def column_signs(V):
    """Signs that make each column's largest absolute entry positive, of shape (n_columns,)."""
    rows = np.argmax(np.abs(V), axis=0)
    return np.where(V[rows, np.arange(V.shape[1])] < 0, -1.0, 1.0)


def fix_signs(V):
    """`V` with each column's largest absolute entry made positive: signs become deterministic."""
    return V * column_signs(V)
