"""Least squares with few features: a penalty on the norms of the rows of the coefficients.

The objective is smooth, so that reweighting never divides by 0:

    J(C) = 1/2 |Y - F C|^2 + alpha sum_i sqrt(|c_i|^2 + eps^2)

Iteratively reweighted least squares solves ``(F'F + alpha diag(1 / s)) C = F'Y`` with the norms
``s_i = sqrt(|c_i|^2 + eps^2)`` of the solution before. Each step minimises a bound of J from above
that touches it, so J never rises.
"""

import numpy as np
from scipy import linalg

EPS = 1e-6  # of the largest norm of a row of the first solution
IN = 10.0  # times eps, the norm above which a feature is worked on
ROUND = 20  # most steps without a look at the features that are out
MAX_STEPS = 5000


def row_sparse(F, Y, alpha, tol):
    """Coefficients with the smallest objective.

    Parameters
    ----------
    F : ndarray of shape (m, n_features)
        Rows.
    Y : ndarray of shape (m, k)
        What they should give.
    alpha : float
        Strength of the penalty, positive.
    tol : float
        Iteration ends when a step of all coefficients lowers the objective by less than this share
        of it.

    Returns
    -------
    C : ndarray of shape (n_features, k)
        The coefficients.
    path : ndarray of shape (n_steps,)
        The objective after each step.
    converged : bool
        Whether iteration ended by `tol`.

    Notes
    -----
    With W = F diag(s)^(1/2) a step is ``diag(s)^(1/2) (W'W + alpha I)^-1 W'Y`` or, where F has
    fewer rows than columns, ``diag(s)^(1/2) W'(WW' + alpha I)^-1 Y``: features that are out have a
    small s, and nothing is large. Most steps move only the coefficients of features that are not
    out, with the others as they are, which lowers J all the same.
    """
    solve = _solver(F, Y, alpha)
    C = solve(np.ones(F.shape[1]))
    eps = EPS * np.linalg.norm(C, axis=1).max(initial=0.0)
    path = [np.sum((Y - F @ C) ** 2) / 2 + alpha * _norms(C, eps).sum()]
    if eps == 0:
        return C, np.array(path), True
    while len(path) < MAX_STEPS:
        C = solve(_norms(C, eps))
        s = _norms(C, eps)
        path.append(np.sum((Y - F @ C) ** 2) / 2 + alpha * s.sum())
        if path[-2] - path[-1] <= tol * path[-1]:
            return C, np.array(path), True
        moved = s > IN * eps
        rest = Y - F[:, ~moved] @ C[~moved]
        C[moved], steps = _move(F[:, moved], rest, C[moved], alpha, eps, tol)
        path.extend(steps + alpha * s[~moved].sum())
    return C, np.array(path), False


def _move(F, Y, C, alpha, eps, tol):
    """Some steps on these features alone, and the objective after each."""
    solve, path = _solver(F, Y, alpha), []
    for _ in range(ROUND):
        C = solve(_norms(C, eps))
        path.append(np.sum((Y - F @ C) ** 2) / 2 + alpha * _norms(C, eps).sum())
        if len(path) > 1 and path[-2] - path[-1] <= tol * path[-1]:
            break
    return C, np.array(path)


def _norms(C, eps):
    return np.sqrt(np.sum(C**2, axis=1) + eps**2)


def _solver(F, Y, alpha):
    """A step from norms s, with what does not depend on them prepared."""
    return _primal(F, Y, alpha) if F.shape[1] <= len(F) else _dual(F, Y, alpha)


def _primal(F, Y, alpha):
    S, B = F.T @ F, F.T @ Y

    def solve(s):
        root = np.sqrt(s)
        A = S * (root[:, None] * root)
        A[np.diag_indices_from(A)] += alpha
        return root[:, None] * linalg.solve(A, root[:, None] * B, assume_a="pos")

    return solve


def _dual(F, Y, alpha):
    def solve(s):
        W = F * s
        A = W @ F.T
        A[np.diag_indices_from(A)] += alpha
        return W.T @ linalg.solve(A, Y, assume_a="pos")

    return solve
