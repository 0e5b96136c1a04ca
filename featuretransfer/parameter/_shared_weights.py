"""Linear predictors of several tasks with shared and own weights, as one predictor."""

import numpy as np
from scipy import linalg

from ._linear_fit import fit_around


def shared_and_own(X, tasks, n_tasks, shared, constant):
    """Rows on which one linear predictor is a predictor for each task.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Rows.
    tasks : ndarray of shape (n,) of int
        Task of each row.
    n_tasks : int
        Number of tasks.
    shared : float
        Share rho of the variance of the weights that tasks have in common.
    constant : float
        Feature that only the blocks of the tasks have.

    Returns
    -------
    Z : ndarray of shape (n, n_features + n_tasks * (n_features + 1))
        Inner products of rows x of task s and z of task t are ``(rho + (1 - rho) [s = t]) x z + (1
        - rho) [s = t] constant^2``.
    """
    own = np.sqrt(1 - shared) * np.column_stack([X, np.full(len(X), constant)])
    blocks = [own * (tasks == task)[:, None] for task in range(n_tasks)]
    return np.hstack([np.sqrt(shared) * X, *blocks])


def task_weights(W, n_features, n_tasks, shared):
    """Weights and intercepts of each task from those of rows of `shared_and_own`.

    Returns
    -------
    common : ndarray of shape (n_columns, n_features)
        The weights that are shared.
    coef : ndarray of shape (n_tasks, n_columns, n_features)
        The weights of each task: shared and own ones.
    intercept : ndarray of shape (n_tasks, n_columns)
        Own intercepts.
    """
    common = np.sqrt(shared) * W[:, :n_features]
    own = np.sqrt(1 - shared) * W[:, n_features:].reshape(len(W), n_tasks, n_features + 1)
    own = own.transpose(1, 0, 2)
    return common, common + own[:, :, :-1], own[:, :, -1]


def fit_tasks(loss, X, Y, tasks, n_tasks, alpha, shared, weights, fit_intercept):
    """Mean-regularised predictors of all tasks.

    Parameters
    ----------
    loss : str
        One of `LOSSES`.
    X : ndarray of shape (n, n_features)
        Rows.
    Y : ndarray of shape (n, n_columns)
        Labels -1 and 1.
    tasks : ndarray of shape (n,) of int
        Task of each row.
    n_tasks : int
        Number of tasks.
    alpha, shared : float
        Penalty, and share of the variance of the weights that tasks have in common.
    weights : ndarray of shape (n,)
        Weights of the rows.
    fit_intercept : bool
        Whether there are intercepts: one without penalty, and penalised ones of the tasks.

    Returns
    -------
    common, coef, intercept : ndarray
        As from `task_weights`, with the intercept that all tasks share added.
    """
    basis = None
    if len(X) < X.shape[1] and loss in ("squared", "hinge"):  # those that work with all rows
        U, s, basis = linalg.svd(X, full_matrices=False)
        X = U * s
    Z = shared_and_own(X, tasks, n_tasks, shared, float(fit_intercept))
    W, c = fit_around(loss, Z, Y, np.zeros_like(Y), alpha, weights, fit_intercept)
    common, coef, intercept = task_weights(W, X.shape[1], n_tasks, shared)
    if basis is not None:
        common, coef = common @ basis, coef @ basis
    return common, coef, intercept + c
