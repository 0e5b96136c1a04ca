"""Linear predictors that minimise a loss around given decision values, for every loss there is."""

import numpy as np
from scipy import linalg

from ._leave_one_out import smoother_of_rows
from ._smooth_losses import DENSE, fit_smooth, sigmoid_loss, softmax_loss, squared_hinge_loss
from ._svm_dual import solve_svm

LOSSES = ("logistic", "squared", "hinge", "squared_hinge")


def fit_around(loss, X, Y, offset, alpha, weights, fit_intercept):
    """Minimise ``sum_i s_i loss(Y_i, F_i + V x_i + c) + alpha / 2 |V|^2`` over V and c.

    Parameters
    ----------
    loss : {"squared", "logistic", "hinge", "squared_hinge"}
        Squared losses have a factor of 1/2.
    X : ndarray of shape (n, n_features)
        Rows.
    Y : ndarray of shape (n, n_columns)
        Labels -1 and 1, one column for each class or one for two classes.
    offset : ndarray of shape (n, n_columns)
        The given part F of the decision values.
    alpha : float
        Penalty; 0 is allowed for the squared loss and gives the shortest V of least loss.
    weights : ndarray of shape (n,)
        Weights s of the rows, > 0.
    fit_intercept : bool
        Whether c is fitted, without penalty, or 0.

    Returns
    -------
    V : ndarray of shape (n_columns, n_features)
        Weights.
    c : ndarray of shape (n_columns,)
        Intercepts.
    """
    shift = np.average(X, axis=0, weights=weights) if fit_intercept else np.zeros(X.shape[1])
    X = X - shift
    if loss == "squared":
        smoother = smoother_of_rows(X, weights, fit_intercept)
        V = smoother.coefficients(alpha, Y - offset).T @ X
        c = smoother.means(Y - offset - X @ V.T)
    elif loss == "hinge":
        K = X @ X.T
        bounds = weights / alpha
        found = [solve_svm(K, *column, bounds, fit_intercept) for column in zip(Y.T, offset.T)]
        V = np.array([coefficients for coefficients, _ in found]) @ X
        c = np.array([intercept for _, intercept in found])
    else:
        V, c = _fit_smooth(loss, X, Y, offset, alpha, weights, fit_intercept)
    return V, c - V @ shift


def _fit_smooth(loss, X, Y, offset, alpha, weights, fit_intercept):
    Z, basis = X, None
    if len(X) < X.shape[1] and len(X) * Y.shape[1] < DENSE:  # weights are combinations of the rows
        U, s, basis = linalg.svd(X, full_matrices=False)
        Z = U * s
    V, c = np.zeros((Y.shape[1], Z.shape[1])), np.zeros(Y.shape[1])
    present = np.any(Y > 0, axis=0)
    if loss == "logistic" and Y.shape[1] > 1:
        # a class without a row would get an intercept of minus infinity: it stays as it is
        objective = softmax_loss(Y[:, present].argmax(axis=1), weights)
        found = fit_smooth(objective, Z, offset[:, present], alpha, fit_intercept)
        V[present], c[present] = found[0].T, found[1]
    else:
        make = sigmoid_loss if loss == "logistic" else squared_hinge_loss
        for j, signs in enumerate(Y.T):
            if fit_intercept and not present[j]:  # no row has a loss from this intercept on
                c[j] = min(-1 - offset[:, j].max(), 0.0)
                continue
            objective = make(signs, weights)
            column, c[j : j + 1] = fit_smooth(
                objective, Z, offset[:, j : j + 1], alpha, fit_intercept
            )
            V[j] = column[:, 0]
    return (V if basis is None else V @ basis), c


def least_squares_units(loss, n_classes):
    """By how much penalty and scale of a loss exceed those of the squared loss next to it.

    The logistic loss, expanded to second order where all classes are equally likely, is a squared
    loss with labels +-1 for decision values that are n / 2 times as large (2 times for two classes)
    and a penalty that is n times as large (4 times).

    Returns
    -------
    alpha, scale : float
        Factors.
    """
    if loss != "logistic":
        return 1.0, 1.0
    return (0.25, 2.0) if n_classes == 2 else (1 / n_classes, n_classes / 2)
