"""Support vector machines of two domains whose weights share a metric of bounded trace."""

from typing import NamedTuple

import numpy as np
from scipy import linalg
from scipy.optimize import minimize

from .._linalg import column_signs

CORRECTIONS = 30  # of L-BFGS; more save iterations, which cost more than they do


class MetricSVM(NamedTuple):
    """Weights, metric and how close to the optimum they are.

    Parameters
    ----------
    source : ndarray of shape (n_features_source, n_problems)
        Weights of the source.
    target : ndarray of shape (n_features_target, n_problems)
        Weights of the target.
    intercept : ndarray of shape (n_problems,)
        Intercepts, of both domains.
    eigenvalues : ndarray of shape (rank,)
        Positive eigenvalues of the metric H, descending; their sum is its trace.
    eigenvectors : tuple of ndarray of shape (n_features_source, rank), (n_features_target, rank)
        The parts of the eigenvectors that belong to either domain.
    objective : float
        Value of the primal problem.
    gap : float
        Bound of its distance to the optimum: the difference to a value of the dual problem.
    n_iter : int
        Iterations of the solver.
    """

    source: np.ndarray
    target: np.ndarray
    intercept: np.ndarray
    eigenvalues: np.ndarray
    eigenvectors: tuple
    objective: float
    gap: float
    n_iter: int


def best_eigenvalues(s, trace):
    """Minimise ``sum(s**2 / (1 + h))`` over h >= 0 with sum(h) <= trace.

    Parameters
    ----------
    s : ndarray of shape (n,)
        Singular values, descending, the first above 0.
    trace : float
        Bound of the sum.

    Returns
    -------
    h : ndarray of shape (n,)
        1 + h is proportional to s where h is above 0.
    """
    if trace == 0:
        return np.zeros(len(s))
    counts = np.arange(1, len(s) + 1)
    factors = (trace + counts) / np.cumsum(s)
    k = np.count_nonzero(factors * s > 1)  # the first k
    h = np.zeros(len(s))
    h[:k] = factors[k - 1] * s[:k] - 1
    return h


def fit_metric_svm(Fs, Ft, signs, costs, trace, max_iter):
    """Minimise over weights u_c, intercepts b_c and a metric H >= 0 with tr H <= trace

        sum_c [ u_c' (I + H)^-1 u_c / 2 + sum_i costs_i max(0, 1 - signs_ic (f_i u_c + b_c))^2 ]

    where f_i is a row of the source followed by zeros, or zeros followed by a row of the target.
    The best H for given weights is known, which leaves a convex function of the weights with
    continuous gradient, minimised by L-BFGS. It works in coordinates in which the second derivative
    would be the identity if H were 0 and all rows had slack: otherwise the number of iterations
    would grow with that of the rows.

    Parameters
    ----------
    Fs : ndarray of shape (n_source, n_features_source)
        Rows of the source.
    Ft : ndarray of shape (n_target, n_features_target)
        Rows of the target.
    signs : ndarray of shape (n_source + n_target, n_problems)
        Labels -1 and 1 of all rows in each problem; both occur in every problem.
    costs : ndarray of shape (n_source + n_target,)
        Positive costs of the rows.
    trace : float
        Bound of the trace of H.
    max_iter : int
        Most iterations.

    Returns
    -------
    solution : MetricSVM
        The solution.
    """
    problem = _Problem(Fs, Ft, signs, costs[:, None], trace)
    found = minimize(
        problem.value_and_gradient,
        np.zeros((problem.n_features + 1) * signs.shape[1]),
        jac=True,
        method="L-BFGS-B",  # down to rounding: nothing of the order of the rows remains
        options={
            "maxiter": max_iter,
            "maxfun": 100 * max_iter,
            "maxcor": CORRECTIONS,
            "ftol": 0,
            "gtol": 1e-10,
        },
    )
    U, b = problem.weights(found.x)
    h, Q, s = problem.metric(U)
    B = U @ (Q / np.where(s > 0, s, 1))[:, h > 0]
    split = Fs.shape[1]
    return MetricSVM(
        U[:split],
        U[split:],
        b,
        h[h > 0],
        (B[:split], B[split:]),
        float(found.fun),
        float(found.fun - problem.dual_value(U, b)),
        int(found.nit),
    )


class _Problem:
    def __init__(self, Fs, Ft, signs, costs, trace):
        self.Fs, self.Ft, self.signs, self.costs, self.trace = Fs, Ft, signs, costs, trace
        self.n_features = Fs.shape[1] + Ft.shape[1]
        self.factor = linalg.cholesky(self.curvature(), lower=True, overwrite_a=True)

    def curvature(self):
        """Second derivative by weights and intercept of one problem, H = 0 and all rows active."""
        split, n_source = self.Fs.shape[1], len(self.Fs)
        found = np.eye(self.n_features + 1)
        for F, own, costs in (
            (self.Fs, slice(0, split), 2 * self.costs[:n_source]),
            (self.Ft, slice(split, -1), 2 * self.costs[n_source:]),
        ):
            weighted = F * np.sqrt(costs)
            found[own, own] += weighted.T @ weighted
            found[-1, own] = costs[:, 0] @ F
        found[-1, -1] = 2 * self.costs.sum()
        return found

    def weights(self, x):
        V = x.reshape(self.n_features + 1, -1)
        W = linalg.solve_triangular(self.factor, V, trans="T", lower=True, check_finite=False)
        return W[:-1], W[-1]

    def decision(self, U, b):
        split = self.Fs.shape[1]
        return np.vstack([self.Fs @ U[:split], self.Ft @ U[split:]]) + b

    def transposed(self, A):
        split = len(self.Fs)
        return np.vstack([self.Fs.T @ A[:split], self.Ft.T @ A[split:]])

    def metric(self, U):
        """Eigenvalues of the best H, right singular vectors and singular values of the weights.

        H has the left singular vectors of the weights, with deterministic signs.
        """
        values, Q = linalg.eigh(U.T @ U)
        s, Q = np.sqrt(np.maximum(values[::-1], 0)), Q[:, ::-1]
        h = best_eigenvalues(s, self.trace) if s[0] > 0 else np.zeros(len(s))
        return h, Q * column_signs(Q), s

    def value_and_gradient(self, x):
        U, b = self.weights(x)
        slack = np.maximum(0, 1 - self.signs * self.decision(U, b))
        h, Q, _ = self.metric(U)
        penalised = U @ (Q / (1 + h)) @ Q.T  # (I + H)^-1 U
        value = np.sum(U * penalised) / 2 + np.sum(self.costs * slack**2)
        A = 2 * self.costs * slack * self.signs
        gradient = np.vstack([penalised - self.transposed(A), -A.sum(axis=0)])
        gradient = linalg.solve_triangular(self.factor, gradient, lower=True, check_finite=False)
        return value, gradient.ravel()

    def dual_value(self, U, b):
        """Value of the dual problem, a lower bound, at the multipliers that belong to the weights.

        max sum_c [sum_i alpha_ic - alpha_ic^2 / (4 costs_i)] - (|V|_F^2 + trace |V|_2^2) / 2 where
        v_c = sum_i alpha_ic signs_ic f_i, over alpha >= 0 with sum_i alpha_ic signs_ic = 0.
        """
        alpha = 2 * self.costs * np.maximum(0, 1 - self.signs * self.decision(U, b))
        for column, sign in zip(alpha.T, self.signs.T):  # the sums are equal only at the optimum
            totals = {side: column[sign == side].sum() for side in (-1, 1)}
            for side, total in totals.items():
                column[sign == side] *= min(totals.values()) / total if total > 0 else 0
        V = self.transposed(alpha * self.signs)
        spread = np.sum(V**2) + self.trace * linalg.eigvalsh(V.T @ V)[-1]
        return np.sum(alpha - alpha**2 / (4 * self.costs)) - spread / 2
