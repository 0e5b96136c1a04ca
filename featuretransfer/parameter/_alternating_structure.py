"""Linear problems that share a subspace of their weights: alternating structure optimisation."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg

from .._linalg import fix_signs
from ._leave_one_out import smoother_of_rows


@dataclass(frozen=True)
class Problems:
    """Least-squares problems with the same rows.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Rows.
    Y : ndarray of shape (n, n_problems)
        What each problem predicts.
    weights : ndarray of shape (n,)
        Weights of the rows.
    importance : float
        Weight of each of the problems among all.
    fit_intercept : bool
        Whether they have intercepts, without penalty.
    """

    X: np.ndarray
    Y: np.ndarray
    weights: np.ndarray
    importance: float
    fit_intercept: bool

    def solve(self, theta, alpha, shared):
        """The best weights for a subspace, shape (n_features, n_problems)."""
        Z = stretch(self.X, theta, shared)
        a = smoother_of_rows(Z, self.weights, self.fit_intercept).coefficients(alpha, self.Y)
        return stretch(Z.T @ a, theta, shared, axis=0)

    def loss(self, U):
        """Sum over problems of half the weighted squared residuals."""
        left = self.Y - self.X @ U
        if self.fit_intercept:
            left = left - np.average(left, axis=0, weights=self.weights)
        return float(self.weights @ np.sum(left**2, axis=1)) / 2


@dataclass(frozen=True)
class FeatureProblems:
    """Least-squares problems that predict features from all other features of the same rows.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Centred rows.
    columns : ndarray of int of shape (n_problems,)
        The features predicted.
    importance : float
        Weight of each of the problems among all.
    """

    X: np.ndarray
    columns: np.ndarray
    importance: float

    def solve(self, theta, alpha, shared):
        """The best weights for a subspace, 0 for the feature that is predicted.

        With M = X'X + G for the penalty G and its inverse P, the weights of problem j without its
        own feature are ``P b - P_j (P b)_j / P_jj`` with ``b = X'x_j`` without its entry j.
        """
        numbers = np.arange(len(self.columns))
        B = self.X.T @ self.X[:, self.columns]
        B[self.columns, numbers] = 0.0
        unit = np.zeros_like(B)
        unit[self.columns, numbers] = 1.0
        PB, PJ = np.hsplit(self._inverse(np.hstack([B, unit]), theta, alpha, shared), 2)
        U = PB - PJ * (PB[self.columns, numbers] / PJ[self.columns, numbers])
        U[self.columns, numbers] = 0.0
        return U

    def _inverse(self, B, theta, alpha, shared):
        """``(X'X + alpha (I - shared Theta'Theta))^-1 B``, by the smaller of both sides of X."""
        n, d = self.X.shape
        if d <= n:
            M = self.X.T @ self.X - alpha * shared * theta.T @ theta
            M[np.diag_indices(d)] += alpha
            return linalg.solve(M, B, assume_a="pos")
        Z = stretch(self.X, theta, shared)
        C = stretch(B, theta, shared, axis=0)
        K = Z @ Z.T
        K[np.diag_indices(n)] += alpha
        C = (C - Z.T @ linalg.solve(K, Z @ C, assume_a="pos")) / alpha
        return stretch(C, theta, shared, axis=0)

    def loss(self, U):
        """Sum over problems of half the squared residuals."""
        return float(np.sum((self.X[:, self.columns] - self.X @ U) ** 2)) / 2


def stretch(X, theta, shared, axis=1):
    """Rows (or columns) times ``(I - shared Theta'Theta)^(-1/2)``: longer within the subspace.

    Ridge regression on stretched rows is one that penalises weights within the subspace
    ``1 - shared`` times as much as others.
    """
    if not len(theta):
        return X
    factor = 1 / np.sqrt(1 - shared) - 1
    if axis == 0:
        return X + theta.T @ (factor * (theta @ X))
    return X + (factor * (X @ theta.T)) @ theta


def learn_structure(problems, n_components, alpha, shared, max_iter, tol):
    """Subspace and weights of all problems by turns.

    Minimises ``sum_l c_l (loss_l(u_l) + alpha / 2 (|u_l|^2 - shared |Theta u_l|^2))`` over weights
    u_l and Theta with ``Theta Theta' = I``. For a given Theta these are ridge regressions; for
    given weights the rows of Theta are the left singular vectors of ``[sqrt(c_l) u_l]`` with the
    largest singular values.

    Parameters
    ----------
    problems : list of Problems or FeatureProblems
        Groups of problems.
    n_components : int
        Dimension of the subspace, at most the number of features.
    alpha, shared : float
        Penalty > 0, and the share of it that is lifted within the subspace, from 0 to below 1.
    max_iter : int
        Largest number of turns.
    tol : float
        Turns end where one lowers the objective by at most this share.

    Returns
    -------
    theta : ndarray of shape (n_components, n_features)
        Orthonormal basis of the subspace, rows by falling singular values, signs fixed; fewer rows
        where the weights have a lower rank.
    objective : list of float
        The objective after each turn.
    """
    problems, basis = reduced(problems)
    d = problems[0].X.shape[1]
    theta, objective = np.zeros((0, d)), []
    for _ in range(max_iter):
        weights = [group.solve(theta, alpha, shared) for group in problems]
        theta = leading_directions(
            np.hstack([np.sqrt(g.importance) * U for g, U in zip(problems, weights)]), n_components
        )
        value = 0.0
        for group, U in zip(problems, weights):
            penalty = alpha / 2 * (np.sum(U**2) - shared * np.sum((theta @ U) ** 2))
            value += group.importance * (group.loss(U) + penalty)
        objective.append(value)
        if len(objective) > 1 and objective[-2] - value <= tol * abs(objective[-2]):
            break
    return (theta if basis is None else fix_signs((theta @ basis).T).T), objective


def reduced(problems):
    """The problems in an orthonormal basis of their rows, where these are fewer than the features.

    All weights are combinations of the rows, unless features are predicted: then nothing changes.

    Returns
    -------
    problems : list of Problems or FeatureProblems
        The problems.
    basis : ndarray of shape (n_rows, n_features) or None
        The basis, None where nothing changes.
    """
    parts = list({id(group.X): group.X for group in problems}.values())
    n, d = sum(len(part) for part in parts), parts[0].shape[1]
    if n >= d or any(isinstance(group, FeatureProblems) for group in problems):
        return problems, None
    basis = linalg.svd(np.concatenate(parts), full_matrices=False)[2]
    return [replace(group, X=group.X @ basis.T) for group in problems], basis


def leading_directions(U, n_components):
    """Left singular vectors of the largest singular values above rounding, as rows."""
    if U.shape[1] < U.shape[0]:
        vectors, s, _ = linalg.svd(U, full_matrices=False)
        s = s**2
    else:
        s, vectors = linalg.eigh(U @ U.T)
        s, vectors = s[::-1], vectors[:, ::-1]
    kept = s[:n_components] > 1e-12 * s.max(initial=0.0)
    return fix_signs(vectors[:, :n_components][:, kept]).T
