"""The working set changes the work, never the result."""

import numpy as np
import pytest

from featuretransfer import _box_qp
from featuretransfer._kernel_rows import KernelRows
from featuretransfer._linalg import fit_kernel
from featuretransfer.instance import _mean_matching
from featuretransfer.instance._mean_matching import match_means

RIDGE = 1e-6


def problem(n, d, seed=0, name="rbf"):
    rng = np.random.default_rng(seed)
    X, X_target = rng.normal(size=(n, d)), 0.7 * rng.normal(size=(n // 2, d)) + 0.5
    rows = KernelRows(fit_kernel(name, "median", np.vstack([X, X_target])), X)
    return rows, n * rows.means(X_target)


@pytest.mark.parametrize("upper", [1.1, 4.0, 1000.0])
@pytest.mark.parametrize("eps", [0.0, 0.05, 0.9])
@pytest.mark.parametrize("d", [1, 3, 20])
def test_agrees_with_the_problem_of_all_rows(monkeypatch, d, eps, upper):
    monkeypatch.setattr(_mean_matching, "FIRST_ROWS", 20)
    rows, k = problem(120, d)
    low, high = 120 * (1 - eps), 120 * (1 + eps)
    match = match_means(rows, k, RIDGE, upper, low, high)
    assert match.residual <= 1e-8
    assert match.w.min() >= 0
    assert match.w.max() <= upper
    assert low - 1e-9 <= match.w.sum() <= high + 1e-9
    K, tol = rows(np.arange(120)), 1e-10 * np.abs(k).max()
    whole = _box_qp.minimise(_mean_matching.DenseQuadratic(K), k, RIDGE, upper, low, high, tol)
    np.testing.assert_allclose(match.w, whole.w, atol=1e-3 if d < 20 else 1e-9)
    np.testing.assert_allclose(K @ match.w, K @ whole.w, atol=1e-7 * np.abs(k).max())


def test_forms_few_kernel_rows_where_the_solution_is_sparse():
    rows, k = problem(600, 40)
    asked = []

    def count(index, rows=rows):
        asked.append(len(index))
        return rows(index)

    match = match_means(_Spy(rows, count), k, RIDGE, 1000.0, 1.0, 2000.0)
    assert match.residual <= 1e-8
    assert sum(asked) < 300
    assert np.count_nonzero(match.w) < 150


class _Spy:
    def __init__(self, rows, call):
        self._rows, self._call = rows, call
        self.product, self.factor = rows.product, rows.factor

    def __call__(self, index):
        return self._call(index)


@pytest.mark.parametrize("d", [1, 2])
def test_low_rank_kernels_are_solved_on_their_factor(monkeypatch, d):
    seen = []
    real = _mean_matching.FactorQuadratic
    monkeypatch.setattr(
        _mean_matching, "FactorQuadratic", lambda L: seen.append(L.shape[1]) or real(L)
    )
    rows, k = problem(600, d)
    match = match_means(rows, k, RIDGE, 1000.0, 24.0, 1176.0)
    assert len(seen) == 1
    assert seen[0] <= 200
    assert match.residual <= 1e-6


def test_a_linear_kernel_matches_the_mean_itself():
    rng = np.random.default_rng(0)
    X, X_target = rng.normal(size=(300, 5)) + 1, rng.normal(size=(80, 5)) * 0.1 + 1.2
    rows = KernelRows(fit_kernel("linear", "median", X), X)
    match = match_means(rows, 300 * rows.means(X_target), RIDGE, 1000.0, 10.0, 590.0)
    assert match.residual <= 1e-6
    np.testing.assert_allclose(match.w @ X / 300, X_target.mean(axis=0), atol=1e-4)


def test_a_far_target_gets_the_least_sum():
    """k vanishes, yet the sum must reach its lower bound."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    rows = KernelRows(fit_kernel("rbf", 1.0, X), X)
    match = match_means(rows, np.zeros(40), RIDGE, 1000.0, 8.0, 72.0)
    assert match.w.sum() == pytest.approx(8.0, rel=1e-12)
    assert match.multiplier < 0
    assert match.residual <= 1e-8
    nothing = match_means(rows, np.zeros(40), RIDGE, 1000.0, -1.0, 72.0)
    np.testing.assert_array_equal(nothing.w, 0)
