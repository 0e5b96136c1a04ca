"""Each step against its definition, and what the alternation is for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg
from scipy.optimize import minimize
from sklearn.linear_model import Ridge

from featuretransfer.parameter import _alternating_structure
from featuretransfer.parameter._alternating_structure import (
    FeatureProblems,
    Problems,
    leading_directions,
    learn_structure,
    stretch,
)

RNG = np.random.default_rng(0)
D = 7


def subspace(h, d=D):
    return linalg.qr(RNG.normal(size=(d, h)), mode="economic")[0].T


def problems(n=30, m=3, d=D, fit_intercept=True, importance=0.5):
    X, weights = RNG.normal(size=(n, d)) + 1, RNG.uniform(0.5, 2, size=n)
    return Problems(X, RNG.normal(size=(n, m)), weights, importance, fit_intercept)


@pytest.mark.parametrize("n", [30, 4])
@pytest.mark.parametrize("h", [0, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_weights_minimise_the_objective_for_a_subspace(n, h, fit_intercept):
    group, theta = problems(n, fit_intercept=fit_intercept), subspace(h)
    U = group.solve(theta, 0.8, 0.7)
    X, Y, s = group.X, group.Y, group.weights
    if fit_intercept:
        X, Y = X - np.average(X, axis=0, weights=s), Y - np.average(Y, axis=0, weights=s)
    G = 0.8 * (np.eye(D) - 0.7 * theta.T @ theta)
    assert_allclose(U, linalg.solve(X.T @ (s[:, None] * X) + G, X.T @ (s[:, None] * Y)), atol=1e-10)
    left = Y - X @ U
    assert_allclose(group.loss(U), np.sum(s[:, None] * left**2) / 2)


@pytest.mark.parametrize("n", [30, 4])
@pytest.mark.parametrize("h", [0, 3])
def test_features_are_predicted_from_the_others(n, h):
    X, theta = RNG.normal(size=(n, D)), subspace(h)
    group = FeatureProblems(X, np.array([1, 4, 6]), 1 / 3)
    U = group.solve(theta, 0.8, 0.7)
    G = 0.8 * (np.eye(D) - 0.7 * theta.T @ theta)
    for j, u in zip(group.columns, U.T):
        others = np.arange(D) != j
        assert u[j] == 0
        M = X[:, others].T @ X[:, others] + G[np.ix_(others, others)]
        assert_allclose(u[others], linalg.solve(M, X[:, others].T @ X[:, j]), atol=1e-9)
        if not h:
            ridge = Ridge(0.8, fit_intercept=False).fit(X[:, others], X[:, j])
            assert_allclose(u[others], ridge.coef_, atol=1e-8)


def test_stretched_rows_penalise_less_within_the_subspace():
    theta, X = subspace(2), RNG.normal(size=(5, D))
    A = linalg.fractional_matrix_power(np.eye(D) - 0.7 * theta.T @ theta, -0.5)
    assert_allclose(stretch(X, theta, 0.7), X @ A, atol=1e-12)
    assert_allclose(stretch(X.T, theta, 0.7, axis=0), A @ X.T, atol=1e-12)
    assert stretch(X, theta[:0], 0.7) is X


@pytest.mark.parametrize("m", [4, 12])
def test_subspace_is_that_of_the_largest_singular_values(m):
    U = RNG.normal(size=(D, m))
    theta = leading_directions(U, 3)
    assert_allclose(theta @ theta.T, np.eye(3), atol=1e-12)
    s = linalg.svdvals(U)
    assert_allclose(np.sum((theta @ U) ** 2), np.sum(s[:3] ** 2))
    for _ in range(50):
        assert np.sum((subspace(3) @ U) ** 2) <= np.sum((theta @ U) ** 2)
    assert len(leading_directions(U[:, :1] * np.ones(4), 3)) == 1


def test_objective_never_rises_and_is_that_of_the_split_weights():
    groups = [problems(), problems(25, 2), FeatureProblems(RNG.normal(size=(40, D)), [0, 3], 0.5)]
    groups[2] = FeatureProblems(groups[2].X, np.array([0, 3]), 0.5)
    theta, objective = learn_structure(groups, 2, 0.8, 0.9, 40, 0.0)
    assert np.all(np.diff(objective) <= 1e-10 * objective[0])
    assert objective[-1] < objective[0] - 1e-3
    # the published form: weights w outside and v inside, v with the penalty 1 / tau^2
    tau2 = 0.9 / 0.1
    total = 0.0
    for group in groups:
        for j in range(2):
            U = group.solve(theta, 0.8, 0.9)[:, j : j + 1]
            split = minimize(
                lambda v, u=U[:, 0]: np.sum((u - theta.T @ v) ** 2) + v @ v / tau2, np.zeros(2)
            )
            assert_allclose(np.sum(U**2) - 0.9 * np.sum((theta @ U) ** 2), split.fun, rtol=1e-6)
            total += split.fun
    assert total > 0


@pytest.mark.parametrize(("h", "shared"), [(0, 0.9), (3, 0.0)])
def test_no_structure_is_independent_ridge_regression(h, shared):
    group, theta = problems(), subspace(h)
    ridge = Ridge(0.8).fit(group.X, group.Y, sample_weight=group.weights)
    assert_allclose(group.solve(theta, 0.8, shared).T, ridge.coef_, atol=1e-9)


def test_a_common_subspace_is_found():
    truth = subspace(2, 20)
    groups = []
    for _ in range(6):
        X = RNG.normal(size=(60, 20))
        Y = X @ truth.T @ RNG.normal(size=(2, 3)) + 0.1 * RNG.normal(size=(60, 3))
        groups.append(Problems(X, Y, np.ones(60), 1 / 3, True))
    theta, _ = learn_structure(groups, 2, 1.0, 0.9, 50, 1e-8)
    assert linalg.subspace_angles(theta.T, truth.T).max() < 0.05


def test_rows_fewer_than_features_are_solved_in_their_basis(monkeypatch):
    groups = [problems(6, d=30), problems(5, 2, d=30, fit_intercept=False)]
    theta, objective = learn_structure(groups, 3, 0.8, 0.9, 40, 0.0)
    monkeypatch.setattr(_alternating_structure, "reduced", lambda groups: (groups, None))
    full, expected = learn_structure(groups, 3, 0.8, 0.9, 40, 0.0)
    assert_allclose(theta, full, atol=1e-8)
    assert_allclose(objective, expected)
    assert_allclose(theta @ theta.T, np.eye(3), atol=1e-10)
