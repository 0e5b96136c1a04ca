"""Leave-one-out errors are those of explicit refits, and what they choose is the best."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.linear_model import Ridge

from featuretransfer.parameter._leave_one_out import (
    choose,
    settle,
    smoother_of_kernel,
    smoother_of_rows,
)

RNG = np.random.default_rng(0)


def data(n, d):
    X = RNG.normal(size=(n, d)) + 1
    Y = RNG.choice([-1.0, 1.0], size=(n, 2))
    sources = [Y + RNG.normal(size=(n, 2)) for _ in range(3)]
    return X, Y, sources, RNG.uniform(0.5, 2, size=n)


@pytest.mark.parametrize("shape", [(12, 4), (9, 30)])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kernel", [True, False])
def test_residuals_are_those_of_refits(shape, fit_intercept, kernel):
    X, Y, _, weights = data(*shape)
    if kernel:
        smoother = smoother_of_kernel(X @ X.T, weights, fit_intercept)
    else:
        smoother = smoother_of_rows(X, weights, fit_intercept)
    found = smoother.leave_one_out(0.7, Y)
    for i in range(len(X)):
        kept = np.arange(len(X)) != i
        ridge = Ridge(0.7, fit_intercept=fit_intercept, solver="svd")
        ridge.fit(X[kept], Y[kept], sample_weight=weights[kept])
        assert_allclose(found[i], Y[i] - ridge.predict(X[i : i + 1])[0], atol=1e-9)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kernel", [True, False])
def test_fit_is_ridge_regression(fit_intercept, kernel):
    X, Y, _, weights = data(12, 5)
    make = (lambda *a: smoother_of_kernel(X @ X.T, *a)) if kernel else smoother_of_rows
    smoother = make(*(() if kernel else (X,)), weights, fit_intercept)
    V = X.T @ smoother.coefficients(0.7, Y)
    ridge = Ridge(0.7, fit_intercept=fit_intercept, solver="svd").fit(X, Y, sample_weight=weights)
    assert_allclose(V.T, ridge.coef_, atol=1e-10)
    assert_allclose(smoother.means(Y - X @ V), ridge.intercept_, atol=1e-10)


def error(smoother, Y, sources, alpha, b):
    left = smoother.leave_one_out(alpha, Y - np.tensordot(b, sources, axes=1))
    return float(np.sum(smoother.weights[:, None] * left**2))


def test_scale_and_shares_are_the_best():
    X, Y, sources, weights = data(20, 4)
    smoother = smoother_of_rows(X, weights, True)
    for given in ({}, {"scale": 0.4}, {"shares": np.array([0.2, 0.3, 0.5])}):
        found = choose(smoother, Y, sources, alpha=2.0, **given)
        b = found.scale * found.shares
        assert_allclose(found.error, error(smoother, Y, sources, 2.0, b))
        assert found.shares.min() >= 0
        assert_allclose(found.shares.sum(), 1)
        for _ in range(200):
            shares = given.get("shares", RNG.dirichlet(np.ones(3)))
            other = given.get("scale", RNG.uniform(0, 2)) * shares
            assert found.error <= error(smoother, Y, sources, 2.0, other) * (1 + 1e-9)
    free = choose(smoother, Y, sources, alpha=2.0)
    reference = minimize(
        lambda b: error(smoother, Y, sources, 2.0, b), np.ones(3), bounds=[(0, None)] * 3
    )
    assert_allclose(free.error, reference.fun, rtol=1e-6)


def test_penalty_is_the_best_of_the_grid():
    X, Y, sources, weights = data(20, 4)
    smoother = smoother_of_rows(X, weights, True)
    found = choose(smoother, Y, sources)
    errors = [choose(smoother, Y, sources, alpha).error for alpha in smoother.penalties()]
    assert_allclose(found.error, min(errors))
    assert found.alpha == smoother.penalties()[np.argmin(errors)]


def test_equal_errors_take_the_largest_penalty():
    X, Y, _, weights = data(10, 3)
    smoother = smoother_of_rows(X, weights, False)
    found = choose(smoother, Y, [Y])  # the source is right: nothing is left to learn
    assert found.alpha == smoother.penalties()[-1]
    assert_allclose(found.scale, 1)


def test_useless_sources_get_no_weight():
    X, Y, _, weights = data(10, 3)
    smoother = smoother_of_rows(X, weights, False)
    for sources in ([-Y], [0 * Y]):
        assert choose(smoother, Y, sources, 1.0).scale == 0
        assert choose(smoother, Y, sources, 1.0, np.ones(1)).scale == 0
    found = choose(smoother, Y, [-Y, -Y], 1.0)
    assert_allclose(found.shares, [0.5, 0.5])


def test_what_is_given_is_left_alone():
    X, Y, sources, weights = data(10, 3)
    smoother = smoother_of_rows(X, weights, True)
    shares = np.array([0.5, 0.5, 0.0])
    assert settle(smoother, Y, sources, 3.0, 0.2, shares, (0.25, 2.0)) == (3.0, shares, 0.2)
    alpha, found, scale = settle(smoother, Y, sources[:1], 3.0, "loo", None, (0.25, 2.0))
    expected = choose(smoother, Y, sources[:1], 12.0)
    assert (alpha, found, scale) == (3.0, 1.0, pytest.approx(2 * expected.scale))


def test_rows_that_are_all_equal():
    smoother = smoother_of_rows(np.ones((4, 2)), np.ones(4), True)
    Y = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    assert np.isfinite(smoother.leave_one_out(1.0, Y)).all()
    assert_allclose(smoother.penalties()[16], 1)
