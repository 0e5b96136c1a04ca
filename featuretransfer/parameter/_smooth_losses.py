"""Linear predictors that minimise a smooth loss around given decision values."""

import warnings

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import LinearOperator, cg
from scipy.special import expit, log_softmax
from sklearn.exceptions import ConvergenceWarning

MAX_ITER = 100
DENSE = 500  # parameters up to which the Hessian matrix is formed and factorised
TOL = 1e-11  # of the gradient, relative to what one row with a large loss adds to it


def softmax_loss(codes, weights):
    """Logistic loss of several classes, as a function of decision values.

    Parameters
    ----------
    codes : ndarray of shape (n,) of int
        Class numbers.
    weights : ndarray of shape (n,)
        Weights of the rows.

    Returns
    -------
    loss : callable
        ``loss(F)`` with F of shape (n, m) returns the value, the gradient of shape (n, m) and the
        Hessian blocks of shape (n, m, m) of the sum over rows.
    """
    rows = np.arange(len(codes))

    def loss(F):
        log_p = log_softmax(F, axis=1)
        p = np.exp(log_p)
        gradient = p.copy()
        gradient[rows, codes] -= 1
        blocks = -p[:, :, None] * p[:, None, :]
        diagonal = np.arange(F.shape[1])
        blocks[:, diagonal, diagonal] += p
        value = -weights @ log_p[rows, codes]
        return value, weights[:, None] * gradient, weights[:, None, None] * blocks

    return loss


def sigmoid_loss(signs, weights):
    """Logistic loss of two classes with labels -1 and 1; otherwise as `softmax_loss`, m = 1."""

    def loss(F):
        margin = signs * F[:, 0]
        q = expit(-margin)
        value = weights @ np.logaddexp(0, -margin)
        curvature = weights * q * (1 - q)
        return value, (-weights * signs * q)[:, None], curvature[:, None, None]

    return loss


def squared_hinge_loss(signs, weights):
    """``max(0, 1 - y f)^2 / 2`` with labels -1 and 1; otherwise as `softmax_loss`, m = 1."""

    def loss(F):
        short = np.maximum(1 - signs * F[:, 0], 0)
        curvature = weights * (short > 0)
        value = weights @ short**2 / 2
        return value, (-weights * signs * short)[:, None], curvature[:, None, None]

    return loss


def fit_smooth(loss, Z, offset, alpha, fit_intercept):
    """Minimise ``loss(offset + Z V + c) + alpha / 2 |V|^2`` over V and, if asked for, c.

    Damped Newton steps from 0. Adding one number to all entries of c leaves the loss of several
    classes as it is; then c has sum 0.

    Parameters
    ----------
    loss : callable
        Returns value, gradient and Hessian blocks; see `softmax_loss`.
    Z : ndarray of shape (n, r)
        Rows.
    offset : ndarray of shape (n, m)
        Given part of the decision values.
    alpha : float
        Penalty, > 0.
    fit_intercept : bool
        Whether c is fitted, without penalty, or 0.

    Returns
    -------
    V : ndarray of shape (r, m)
        Weights.
    c : ndarray of shape (m,)
        Intercepts.
    """
    n, r = Z.shape
    m = offset.shape[1]
    design = np.column_stack([Z, np.ones(n)]) if fit_intercept else Z
    penalty = np.full(design.shape[1], alpha)
    penalty[r:] = 0.0
    theta = np.zeros((design.shape[1], m))
    value, slopes, blocks = loss(offset)
    scale = max(np.abs(design).max(initial=0.0) * max(np.abs(slopes).max(), 1.0), alpha)
    gradient = design.T @ slopes
    for _ in range(MAX_ITER):
        if np.abs(gradient).max(initial=0.0) <= TOL * scale:
            break
        step = _newton_step(design, blocks, penalty, gradient, scale)
        found = _line_search(loss, design, offset, penalty, theta, step, value, gradient)
        if found is None:  # rounding: no step makes the objective smaller
            break
        theta, value, gradient, blocks = found
    if np.abs(gradient).max(initial=0.0) > 1e-5 * scale:
        warnings.warn(
            "Newton's method has not reached the minimum of the loss. Scale the features, or "
            "increase alpha.",
            ConvergenceWarning,
            stacklevel=4,
        )
    c = theta[r] if fit_intercept else np.zeros(m)
    return theta[:r], c - c.mean() if m > 1 else c


def _line_search(loss, design, offset, penalty, theta, step, value, gradient):
    slope = np.sum(gradient * step)
    for halvings in range(30):
        length = 0.5**halvings
        new = theta + length * step
        loss_value, slopes, blocks = loss(offset + design @ new)
        new_value = loss_value + np.sum(penalty[:, None] * new**2) / 2
        new_gradient = design.T @ slopes + penalty[:, None] * new
        flat = abs(new_value - value) <= 1e-13 * abs(value)  # then the gradient tells more
        better = np.abs(new_gradient).max() < np.abs(gradient).max()
        if new_value <= value + 1e-4 * length * slope or (flat and better):
            return new, new_value, new_gradient, blocks
    return None


def _newton_step(design, blocks, penalty, gradient, scale):
    p, m = gradient.shape
    # what has no curvature gets some: c where no row has a loss, and the sum of c
    loose = penalty == 0
    tiny = 1e-12 * max(np.abs(blocks).sum(), 1.0)
    if p * m <= DENSE:
        H = np.empty((m, p, m, p))
        for a in range(m):
            for b in range(a + 1):
                H[a, :, b] = design.T @ (blocks[:, a, b, None] * design)
                H[b, :, a] = H[a, :, b].T
        at = np.flatnonzero(loose)
        for j in at:
            H[:, j, :, j] += len(design) / m**2 * (m > 1) + tiny * np.eye(m)
        H = H.reshape(m * p, m * p)
        H[np.diag_indices(m * p)] += np.tile(penalty, m)
        factor = linalg.cho_factor(H, lower=True, overwrite_a=True, check_finite=False)
        step = linalg.cho_solve(factor, gradient.T.ravel(), check_finite=False)
        return -step.reshape(m, p).T

    def product(v):
        V = v.reshape(p, m)
        change = np.einsum("nab,nb->na", blocks, design @ V)
        HV = design.T @ change + (penalty + tiny * loose)[:, None] * V
        HV[loose] += len(design) / m**2 * (m > 1) * V[loose].sum(axis=1, keepdims=True)
        return HV.ravel()

    diagonal = np.einsum("nj,naa->ja", design**2, blocks) + (penalty + tiny * loose)[:, None]
    operator = LinearOperator((p * m, p * m), matvec=product, dtype=np.float64)
    jacobi = LinearOperator((p * m,) * 2, matvec=lambda v: v / diagonal.ravel(), dtype=np.float64)
    # early steps need little accuracy (Eisenstat & Walker 1996)
    accuracy = min(0.1, np.sqrt(np.abs(gradient).max() / scale))
    step = cg(operator, -gradient.ravel(), rtol=accuracy, maxiter=500, M=jacobi)[0]
    return step.reshape(p, m)
