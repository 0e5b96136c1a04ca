"""The dual against an independent solver, and scikit-learn's where nothing is given."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.svm import SVC

from featuretransfer.parameter._svm_dual import solve_svm

cvxopt = pytest.importorskip("cvxopt")


def problem(n, d, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    signs = np.where(X[:, 0] + rng.normal(size=n) > 0.3, 1.0, -1.0)
    return X, signs, rng.normal(size=n), rng.uniform(0.2, 3, size=n)


def primal(K, signs, offset, bounds, coefficients, intercept):
    f = offset + K @ coefficients + intercept
    return coefficients @ K @ coefficients / 2 + bounds @ np.maximum(0, 1 - signs * f)


def dual(K, signs, offset, coefficients):
    return (signs * coefficients) @ (1 - signs * offset) - coefficients @ K @ coefficients / 2


def by_cvxopt(K, signs, offset, bounds, fit_intercept):
    n = len(K)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), bounds])
    problem = [K * signs[:, None] * signs, signs * offset - 1, G, h]
    if fit_intercept:
        problem += [signs[None], np.zeros(1)]
    options = {"show_progress": False, "abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10}
    found = cvxopt.solvers.qp(*map(cvxopt.matrix, problem), options=options)
    return signs * np.ravel(found["x"])


@pytest.mark.parametrize("shape", [(40, 3), (25, 60), (12, 12)])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("C", [1e-3, 1.0, 100.0])
def test_no_duality_gap_and_not_worse_than_cvxopt(shape, fit_intercept, C):
    X, signs, offset, bounds = problem(*shape, seed=shape[0])
    K, bounds = X @ X.T, C * bounds
    coefficients, intercept = solve_svm(K, signs, offset, bounds, fit_intercept)
    a = signs * coefficients
    assert a.min() >= 0
    assert np.all(a <= bounds * (1 + 1e-12))
    reference = by_cvxopt(K, signs, offset, bounds, fit_intercept)
    assert_allclose(X.T @ coefficients, X.T @ reference, atol=1e-4 * np.abs(reference).max() + 1e-6)
    value = dual(K, signs, offset, coefficients)
    scale = max(1.0, abs(value))
    assert value >= dual(K, signs, offset, reference) - 1e-7 * scale
    gap = primal(K, signs, offset, bounds, coefficients, intercept) - value
    assert abs(gap) <= 1e-6 * scale
    if fit_intercept:
        assert abs(coefficients.sum()) <= 1e-9 * bounds.sum()


def test_nothing_given_is_the_plain_machine():
    X, signs, _, weights = problem(40, 3, seed=0)
    coefficients, intercept = solve_svm(X @ X.T, signs, np.zeros(40), 0.7 * weights, True)
    plain = SVC(kernel="linear", C=0.7, tol=1e-8).fit(X, signs, sample_weight=weights)
    assert_allclose(X.T @ coefficients, plain.coef_[0], atol=1e-5)
    assert_allclose(intercept, plain.intercept_[0], atol=1e-5)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("C", [1e2, 1e4, 1e6])
def test_a_margin_without_loss_is_that_of_any_large_bound(C, fit_intercept):
    """Once every row has its margin, larger bounds change nothing."""
    X, signs, offset, _ = problem(60, 200, seed=0)
    found = []
    for bound in (1.0, C):
        coefficients, intercept = solve_svm(
            X @ X.T, signs, 0.5 * offset, np.full(60, bound), fit_intercept
        )
        found.append(0.5 * offset + X @ (X.T @ coefficients) + intercept)
    assert np.all(signs * found[0] >= 1 - 1e-6)
    assert_allclose(found[1], found[0], atol=3e-5)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_ridge_is_harmless_up_to_large_bounds(fit_intercept):
    """Overlapping classes: with bounds of 1e6 the duality gap is 1e-4 of the loss at most."""
    X, signs, offset, _ = problem(80, 5, seed=1)
    K, bounds = X @ X.T, np.full(80, 1e6)
    coefficients, intercept = solve_svm(K, signs, offset, bounds, fit_intercept)
    loss = primal(K, signs, offset, bounds, coefficients, intercept)
    assert abs(loss - dual(K, signs, offset, coefficients)) <= 1e-4 * loss


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_one_sign_moves_the_intercept_as_far_as_needed(sign):
    offset = np.array([0.5, -2.0, 0.0])
    coefficients, intercept = solve_svm(np.eye(3), np.full(3, sign), offset, np.ones(3), True)
    assert_allclose(coefficients, 0)
    assert_allclose(np.min(sign * (offset + intercept)), 1)
    assert solve_svm(np.eye(3), np.full(3, sign), 9 * np.full(3, sign), np.ones(3), True)[1] == 0


def test_a_kernel_of_zeros_leaves_the_given_part():
    coefficients, intercept = solve_svm(
        np.zeros((2, 2)), np.array([-1.0, 1.0]), np.zeros(2), np.ones(2), False
    )
    assert np.all(np.isfinite(coefficients))
    assert intercept == 0
