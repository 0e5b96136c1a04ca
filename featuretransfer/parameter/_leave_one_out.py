"""Ridge regression around given predictions, its leave-one-out errors, and what they choose."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.optimize import nnls

from .._box_qp import minimise
from .._quadratic import DenseQuadratic

STEPS = np.logspace(-4, 4, 33)  # penalties tried, in units of the mean squared norm of the rows


@dataclass(frozen=True)
class RidgeSmoother:
    """Ridge regression on fixed rows for any penalty and any values to fit, by one decomposition.

    Parameters
    ----------
    vectors : ndarray of shape (n, rank)
        Eigenvectors of the weighted, centred kernel matrix.
    values : ndarray of shape (rank,)
        Its eigenvalues above rounding.
    weights : ndarray of shape (n,)
        Weights of the rows, > 0.
    fit_intercept : bool
        Whether there is an intercept without penalty, for which rows are centred.
    """

    vectors: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    fit_intercept: bool

    def coefficients(self, alpha, R):
        """Coefficients a of the rows: the fit to values `R` of shape (n, m) is K a, plus means.

        The sum of the coefficients is 0 where there is an intercept.
        """
        root = np.sqrt(self.weights)[:, None]
        return root * (
            self.vectors @ ((self.vectors.T @ (root * R)) / (self.values + alpha)[:, None])
        )

    def means(self, R):
        """Intercepts: weighted means of what is left of the values, shape (m,)."""
        if not self.fit_intercept:
            return np.zeros(R.shape[1])
        return np.average(R, axis=0, weights=self.weights)

    def leave_one_out(self, alpha, R):
        """Residuals of each row from the fit to the other rows, (I - diag H)^-1 (I - H) R."""
        root = np.sqrt(self.weights)[:, None]
        shares = self.values / (self.values + alpha)
        weighted = root * R
        residual = weighted - self.vectors @ (shares[:, None] * (self.vectors.T @ weighted))
        leverage = self.vectors**2 @ shares
        if self.fit_intercept:
            total = self.weights.sum()
            residual -= root * (root.T @ weighted) / total
            leverage += self.weights / total
        # a row that alone decides on its fit has no residual either
        left = np.maximum(1 - leverage, 1e-12)[:, None]
        return residual / left / root

    def penalties(self):
        """Penalties to try, ascending."""
        unit = self.values.sum() / self.weights.sum()
        return STEPS * (unit or 1.0)


def smoother_of_rows(X, weights, fit_intercept):
    """`RidgeSmoother` of the linear kernel, by the singular values of the rows."""
    if fit_intercept:
        X = X - np.average(X, axis=0, weights=weights)
    U, s, _ = linalg.svd(np.sqrt(weights)[:, None] * X, full_matrices=False)
    kept = s > max(X.shape) * np.finfo(np.float64).eps * s.max(initial=0.0)
    return RidgeSmoother(U[:, kept], s[kept] ** 2, weights, fit_intercept)


def smoother_of_kernel(K, weights, fit_intercept):
    """`RidgeSmoother` of a kernel matrix of shape (n, n)."""
    if fit_intercept:
        shares = weights / weights.sum()
        K = K - (K @ shares)[:, None]
        K = K - shares @ K
    root = np.sqrt(weights)
    values, vectors = linalg.eigh(root[:, None] * K * root)
    kept = values > len(K) * np.finfo(np.float64).eps * values.max(initial=0.0)
    return RidgeSmoother(vectors[:, kept], values[kept], weights, fit_intercept)


@dataclass(frozen=True)
class Choice:
    """What leave-one-out errors choose.

    Parameters
    ----------
    alpha : float
        Penalty.
    shares : ndarray of shape (n_sources,)
        Shares of the sources, >= 0 with sum 1.
    scale : float
        Factor of their combination, >= 0.
    error : float
        Weighted sum of squared leave-one-out residuals.
    """

    alpha: float
    shares: np.ndarray
    scale: float
    error: float


def choose(smoother, Y, sources, alpha=None, shares=None, scale=None):
    """Penalty, shares of the sources and their scale with least leave-one-out error.

    The residuals of ``Y - scale * sum_k shares_k sources_k`` are linear in scale times shares, so
    these have a closed form for each penalty, or are a small least-squares problem with bounds. Of
    penalties with equal error the largest is taken.

    Parameters
    ----------
    smoother : RidgeSmoother
        Of the rows.
    Y : ndarray of shape (n, m)
        Values to fit.
    sources : list of ndarray of shape (n, m)
        Predictions of the sources.
    alpha, shares, scale : float, ndarray of shape (n_sources,) and float, default=None
        What is given and not chosen.

    Returns
    -------
    choice : Choice
        The best.
    """
    root = np.sqrt(smoother.weights)[:, None]
    columns, m = np.hstack([Y, *sources]), Y.shape[1]
    best, rounding = None, 1e-12 * np.sum((root * Y) ** 2)
    for penalty in smoother.penalties()[::-1] if alpha is None else [alpha]:
        left = root * smoother.leave_one_out(penalty, columns)
        target, *parts = (left[:, i : i + m].ravel() for i in range(0, left.shape[1], m))
        A = np.column_stack(parts)
        b = _combination(A, target, shares, scale)
        error = float(np.sum((target - A @ b) ** 2))
        if best is None or error < best.error - rounding:
            best = Choice(float(penalty), *_factored(b, shares, scale), error)
    return best


def _combination(A, target, shares, scale):
    """Factors b of the columns, least squares under what is given of shares and scale."""
    if shares is not None and scale is not None:
        return scale * shares
    if shares is not None:
        column = A @ shares
        length = column @ column
        return shares * (max(column @ target / length, 0.0) if length > 0 else 0.0)
    if scale is None:
        return nnls(A, target)[0]
    if A.shape[1] == 1 or scale == 0:
        return np.full(A.shape[1], scale / A.shape[1])
    unit = np.mean(np.einsum("ij,ij->j", A, A)) * scale**2 or 1.0
    K, k = A.T @ A * (scale**2 / unit), A.T @ target * (scale / unit)
    found = minimise(DenseQuadratic(K), k, 1e-10, 1.0, 1.0, 1.0, 1e-12 * max(1, np.abs(k).max()))
    return scale * found.w


def _factored(b, shares, scale):
    """Shares and scale of factors b."""
    total = float(b.sum())
    if shares is None:
        shares = b / total if total > 0 else np.full(len(b), 1 / len(b))
    return shares, total if scale is None else float(scale)


def settle(smoother, Y, sources, alpha, scale, shares, units=(1.0, 1.0)):
    """Penalty, shares and scale: those given, and the others by `choose`.

    Parameters
    ----------
    smoother, Y, sources
        As in `choose`.
    alpha, scale : "loo" or float
        Given or to be chosen.
    shares : ndarray of shape (n_sources,) or None
        Given or to be chosen.
    units : tuple of float, default=(1.0, 1.0)
        Penalty and scale of the loss in units of those of the squared loss.

    Returns
    -------
    alpha : float
        Penalty, in units of the loss.
    shares : ndarray of shape (n_sources,)
        Shares of the sources.
    scale : float
        Scale, in units of the loss.
    """
    alpha = None if is_loo(alpha) else alpha / units[0]
    scale = None if is_loo(scale) else scale / units[1]
    if shares is None and len(sources) == 1:
        shares = np.ones(1)
    if alpha is not None and scale is not None and shares is not None:
        return alpha * units[0], shares, scale * units[1]
    found = choose(smoother, Y, sources, alpha, shares, scale)
    return found.alpha * units[0], found.shares, found.scale * units[1]


def is_loo(value):
    """Whether a parameter is to be chosen by leave-one-out errors."""
    return isinstance(value, str) and value == "loo"
