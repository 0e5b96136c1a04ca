import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import check_grad
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from featuretransfer.parameter import _smooth_losses
from featuretransfer.parameter._smooth_losses import (
    fit_smooth,
    sigmoid_loss,
    softmax_loss,
    squared_hinge_loss,
)

RNG = np.random.default_rng(0)
N, D, K = 50, 4, 3
X = RNG.normal(size=(N, D)) + 0.5
CODES = (X[:, 0] + RNG.normal(size=N) > 0.5).astype(int) + (X[:, 1] > 1)
SIGNS = np.where(CODES > 0, 1.0, -1.0)
WEIGHTS = RNG.uniform(0.5, 2, size=N)
LOSSES = {
    "softmax": (softmax_loss(CODES, WEIGHTS), K),
    "sigmoid": (sigmoid_loss(SIGNS, WEIGHTS), 1),
    "squared hinge": (squared_hinge_loss(SIGNS, WEIGHTS), 1),
}


@pytest.mark.parametrize("name", list(LOSSES))
def test_derivatives(name):
    loss, m = LOSSES[name]
    F = RNG.normal(size=(N, m))
    error = check_grad(
        lambda f: loss(f.reshape(N, m))[0], lambda f: loss(f.reshape(N, m))[1].ravel(), F.ravel()
    )
    assert error < 1e-5
    step = 1e-6 * RNG.normal(size=(N, m))
    change = (loss(F + step)[1] - loss(F - step)[1]) / 2
    assert_allclose(np.einsum("nab,nb->na", loss(F)[2], step), change, atol=1e-11)


@pytest.mark.parametrize("dense", [0, 500])
def test_no_offset_is_logistic_regression(monkeypatch, dense):
    monkeypatch.setattr(_smooth_losses, "DENSE", dense)
    plain = LogisticRegression(C=0.5, tol=1e-12, solver="newton-cholesky")
    plain.fit(X, CODES, sample_weight=WEIGHTS)
    V, c = fit_smooth(LOSSES["softmax"][0], X, np.zeros((N, K)), 2.0, True)
    assert_allclose(V.T, plain.coef_, atol=1e-7)
    assert_allclose(c - c.mean(), plain.intercept_ - plain.intercept_.mean(), atol=1e-7)
    assert abs(c.sum()) < 1e-8
    plain.fit(X, SIGNS, sample_weight=WEIGHTS)
    V, c = fit_smooth(LOSSES["sigmoid"][0], X, np.zeros((N, 1)), 2.0, True)
    assert_allclose(V.T, plain.coef_, atol=1e-7)
    assert_allclose(c, plain.intercept_, atol=1e-7)


@pytest.mark.parametrize("dense", [0, 500])
def test_no_offset_is_the_machine_with_squared_hinge_loss(monkeypatch, dense):
    monkeypatch.setattr(_smooth_losses, "DENSE", dense)
    plain = LinearSVC(C=0.25, fit_intercept=False, dual=False, tol=1e-12, max_iter=10000)
    plain.fit(X, SIGNS, sample_weight=WEIGHTS)
    V, c = fit_smooth(LOSSES["squared hinge"][0], X, np.zeros((N, 1)), 2.0, False)
    assert_allclose(V.T, plain.coef_, atol=1e-6)
    assert_allclose(c, 0)


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e3])
def test_gradient_is_zero_around_any_offset(name, fit_intercept, alpha):
    loss, m = LOSSES[name]
    offset = 3 * RNG.normal(size=(N, m))
    V, c = fit_smooth(loss, X, offset, alpha, fit_intercept)
    slopes = loss(offset + X @ V + c)[1]
    assert np.abs(X.T @ slopes + alpha * V).max() < 1e-8 * max(alpha, 100)
    if fit_intercept:
        assert np.abs(slopes.sum(axis=0)).max() < 1e-8


def test_rows_without_a_loss_leave_the_given_part():
    V, c = fit_smooth(squared_hinge_loss(SIGNS, WEIGHTS), X, 5 * SIGNS[:, None], 1.0, True)
    assert_allclose(V, 0)
    assert_allclose(c, 0)


def test_steps_that_run_out_warn(monkeypatch):
    monkeypatch.setattr(_smooth_losses, "MAX_ITER", 1)
    with pytest.warns(ConvergenceWarning, match="Newton's method has not reached the minimum"):
        fit_smooth(LOSSES["softmax"][0], X, np.zeros((N, K)), 1e-6, True)
