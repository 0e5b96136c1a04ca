import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import MultiTaskLasso

from featuretransfer.representation import _row_sparse
from featuretransfer.representation._row_sparse import EPS, _dual, _primal, row_sparse


def problem(m, d, k=3, seed=0):
    rng = np.random.default_rng(seed)
    F = rng.normal(size=(m, d)) / np.sqrt(m)
    C = rng.normal(size=(d, k)) * (np.arange(d) < 5)[:, None]
    return F, F @ C + 0.3 * rng.normal(size=(m, k)) / np.sqrt(m)


def objective(F, Y, C, alpha, eps=0.0):
    norms = np.sqrt(np.sum(C**2, axis=1) + eps**2)
    return np.sum((Y - F @ C) ** 2) / 2 + alpha * norms.sum()


@pytest.mark.oracle("DomainRegression")
@pytest.mark.parametrize("shape", [(60, 20), (30, 80)])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_equals_the_lasso_over_several_outputs(shape, alpha, monkeypatch):
    monkeypatch.setattr(_row_sparse, "MAX_STEPS", 50_000)
    F, Y = problem(*shape)
    C, _, converged = row_sparse(F, Y, alpha, tol=1e-13)
    assert converged
    m = len(F)  # its squared error is a mean
    lasso = MultiTaskLasso(alpha=alpha / m, fit_intercept=False, tol=1e-12, max_iter=100_000)
    expected = lasso.fit(F, Y).coef_.T
    assert_allclose(C, expected, atol=2e-4)
    best = objective(F, Y, expected, alpha)
    assert best * (1 - 1e-9) <= objective(F, Y, C, alpha) <= best * (1 + 1e-4)
    norms = np.linalg.norm(C, axis=1)
    assert norms[np.all(expected == 0, axis=1)].max(initial=0) < 5e-4
    assert norms[np.linalg.norm(expected, axis=1) > 2e-3].min() > 1e-3


@pytest.mark.oracle("DomainRegression")
@pytest.mark.parametrize("shape", [(60, 20), (30, 80)])
def test_smoothed_objective_never_rises_and_ends_stationary(shape):
    F, Y = problem(*shape, seed=1)
    C, path, _ = row_sparse(F, Y, 0.05, tol=1e-14)
    assert (np.diff(path) <= 1e-14).all()
    eps = EPS * np.linalg.norm(_primal(F, Y, 0.05)(np.ones(shape[1])), axis=1).max()
    assert_allclose(path[-1], objective(F, Y, C, 0.05, eps), rtol=1e-12)
    norms = np.sqrt(np.sum(C**2, axis=1) + eps**2)
    gradient = F.T @ (F @ C - Y) + 0.05 * C / norms[:, None]
    assert np.abs(gradient).max() < 1e-3 * np.abs(F.T @ Y).max()


@pytest.mark.parametrize("shape", [(60, 20), (30, 80), (40, 40)])
def test_primal_and_dual_steps_are_the_same(shape):
    F, Y = problem(*shape)
    s = np.random.default_rng(1).uniform(0, 2, size=shape[1]) ** 4
    s[:3] = 1e-9  # features that are out
    C = _primal(F, Y, 0.1)(s)
    assert_allclose(_dual(F, Y, 0.1)(s), C, atol=1e-12)
    normal = F.T @ F + 0.1 * np.diag(1 / s)
    assert_allclose(normal @ C, F.T @ Y, atol=1e-8)


def test_most_steps_leave_out_what_is_out(monkeypatch):
    """Nor does it matter to the solution."""
    F, Y = problem(30, 80)
    C, path, _ = row_sparse(F, Y, 0.05, tol=1e-12)
    widths, prepare = [], _row_sparse._solver
    monkeypatch.setattr(
        _row_sparse, "_solver", lambda F, *args: (widths.append(F.shape[1]), prepare(F, *args))[1]
    )
    monkeypatch.setattr(_row_sparse, "ROUND", 3)
    again, other_path, _ = row_sparse(F, Y, 0.05, tol=1e-12)
    assert widths[0] == 80
    assert widths[-1] < 40
    assert_allclose(again, C, atol=1e-5)
    assert_allclose(other_path[-1], path[-1], rtol=1e-9)


def test_nothing_to_learn():
    F, Y = problem(30, 10)
    C, path, _ = row_sparse(F, 0 * Y, 0.1, 1e-9)
    assert_array_equal(C, 0)
    assert len(path) == 1
    C, _, _ = row_sparse(0 * F, Y, 0.1, 1e-9)
    assert_array_equal(C, 0)


def test_a_strong_penalty_takes_everything_out():
    F, Y = problem(60, 20)
    largest = np.linalg.norm(F.T @ Y, axis=1).max()
    assert np.abs(row_sparse(F, Y, 1.01 * largest, tol=1e-14)[0]).max() < 1e-3
    assert np.abs(row_sparse(F, Y, 0.9 * largest, tol=1e-14)[0]).max() > 1e-2
