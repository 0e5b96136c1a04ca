import numpy as np
import ot
import pytest
from cvxopt import matrix, solvers
from numpy.testing import assert_allclose
from scipy.optimize import linear_sum_assignment

from featuretransfer.representation import _sinkhorn
from featuretransfer.representation._sinkhorn import class_plan, entropic_plan

rng = np.random.default_rng(0)
TIGHT = {"tol": 1e-10, "max_iter": 100_000}


def problem(n, m):
    a, b = rng.uniform(0.5, 1, size=n), rng.uniform(0.5, 1, size=m)
    return rng.uniform(size=(n, m)), a / a.sum(), b / b.sum()


def class_norms(plan, groups):
    return sum(np.linalg.norm(plan[rows], axis=0).sum() for rows in groups)


def objective(plan, costs, reg, class_reg=0.0, groups=()):
    entropy = np.sum(plan * (np.log(plan) - 1))
    return np.sum(plan * costs) + reg * entropy + class_reg * class_norms(plan, groups)


def solved_by_interior_point(costs, a, b, reg, class_reg=0.0, groups=()):
    """The same minimum by a general convex solver."""
    n, m = costs.shape
    sums = np.concatenate([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])[:-1]
    totals = np.concatenate([a, b])[:-1]

    def values(x=None, z=None):
        if x is None:
            return 0, matrix(np.outer(a, b).ravel())
        if min(x) <= 0:
            return None
        plan = np.array(x).reshape(n, m)
        gradient, hessian = costs + reg * np.log(plan), np.diag(reg / plan.ravel())
        places = np.arange(n * m).reshape(n, m)
        for rows in groups if class_reg else ():
            norms = np.linalg.norm(plan[rows], axis=0)
            gradient[rows] += class_reg * plan[rows] / norms
            for j in range(m):
                unit = plan[rows, j] / norms[j]
                block = (np.eye(len(rows)) - np.outer(unit, unit)) * class_reg / norms[j]
                hessian[np.ix_(places[rows, j], places[rows, j])] += block
        value = objective(plan, costs, reg, class_reg, groups)
        found = matrix(value), matrix(gradient.reshape(1, -1))
        return found if z is None else (*found, z[0] * matrix(hessian))

    options = {"show_progress": False, "abstol": 1e-11, "reltol": 1e-11, "feastol": 1e-11}
    solution = solvers.cp(values, A=matrix(sums), b=matrix(totals), options=options)
    assert solution["status"] == "optimal"
    return np.array(solution["x"]).reshape(n, m)


@pytest.mark.oracle("OptimalTransport")
@pytest.mark.parametrize("reg", [0.03, 0.1, 1.0, 30.0])
def test_entropic_plan_is_the_convex_minimum(reg):
    costs, a, b = problem(5, 4)
    found = entropic_plan(costs, a, b, reg, **TIGHT)
    expected = solved_by_interior_point(costs, a, b, reg)
    assert_allclose(found.plan, expected, atol=1e-7)
    assert objective(found.plan, costs, reg) <= objective(expected, costs, reg) + 1e-9


@pytest.mark.oracle("OptimalTransport")
@pytest.mark.parametrize(("reg", "class_reg"), [(0.1, 0.1), (0.1, 1.0), (0.05, 0.3), (1.0, 0.2)])
def test_class_plan_is_the_convex_minimum(reg, class_reg):
    costs, a, b = problem(6, 4)
    groups = [np.array([0, 2, 5]), np.array([1, 3]), np.array([4])]
    found = class_plan(costs, a, b, groups, reg, class_reg, **TIGHT)
    expected = solved_by_interior_point(costs, a, b, reg, class_reg, groups)
    assert found.error <= TIGHT["tol"]
    assert_allclose(found.plan, expected, atol=1e-6)
    terms = costs, reg, class_reg, groups
    assert objective(found.plan, *terms) <= objective(expected, *terms) + 1e-9


@pytest.mark.parametrize("class_reg", [0.1, 1.0])
def test_class_plan_meets_the_optimality_conditions_on_many_rows(class_reg):
    """At the minimum the gradient is f_i + g_j: centred by rows and columns nothing is left."""
    costs, a, b = problem(60, 50)
    groups = np.split(np.arange(60), [30, 45])
    found = class_plan(costs, a, b, groups, 0.1, class_reg, **TIGHT)
    gradient = costs + 0.1 * found.log_plan
    for rows in groups:
        gradient[rows] += class_reg * found.plan[rows] / np.linalg.norm(found.plan[rows], axis=0)
    rest = gradient - gradient.mean(axis=0)
    rest -= rest.mean(axis=1, keepdims=True)
    assert np.abs(rest).max() < 1e-4
    assert np.sum(found.plan * np.abs(rest)) < 1e-8


@pytest.mark.parametrize("reg", [0.003, 0.01, 0.1, 1.0])
def test_marginals_are_exact_to_tolerance(reg):
    costs, a, b = problem(40, 30)
    for tol in (1e-3, 1e-9):
        found = entropic_plan(costs, a, b, reg, tol=tol, max_iter=200_000)
        assert_allclose(found.plan.sum(axis=1), a, rtol=1e-12)
        wrong = np.abs(found.plan.sum(axis=0) - b).sum() / 2
        assert wrong <= tol
        assert found.error == pytest.approx(wrong, abs=1e-14)


@pytest.mark.parametrize("reg", [0.01, 0.1, 1.0])
def test_equals_pot(reg):
    costs, a, b = problem(40, 30)
    expected = ot.bregman.sinkhorn_log(a, b, costs, reg, numItermax=100_000, stopThr=1e-12)
    assert_allclose(entropic_plan(costs, a, b, reg, **TIGHT).plan, expected, atol=1e-9)


def test_small_reg_approaches_the_best_assignment():
    costs = rng.uniform(size=(8, 8))
    weights = np.full(8, 1 / 8)
    found = entropic_plan(costs, weights, weights, 2e-3, tol=1e-6, max_iter=100_000)
    rows, columns = linear_sum_assignment(costs)
    expected = np.zeros((8, 8))
    expected[rows, columns] = 1 / 8
    assert_allclose(found.plan, expected, atol=1e-4)
    approaching = [
        np.abs(entropic_plan(costs, weights, weights, reg, **TIGHT).plan - expected).sum()
        for reg in (1.0, 0.1, 0.01)
    ]
    assert np.all(np.diff(approaching) < 0)


def test_large_reg_approaches_independence():
    costs, a, b = problem(8, 6)
    assert_allclose(entropic_plan(costs, a, b, 1e6, **TIGHT).plan, np.outer(a, b), rtol=1e-5)


@pytest.mark.parametrize("n", [30, 1100])
@pytest.mark.parametrize("reg", [1e-8, 1e-3])
def test_nothing_under_or_overflows(n, reg):
    """Kernel values underflow here, and factors overflow if they are not absorbed."""
    costs, a, b = problem(n, n)
    with np.errstate(all="raise", under="ignore"):
        found = entropic_plan(costs, a, b, reg, tol=1e-6, max_iter=30)
        assert_allclose(found.plan.sum(axis=1), a)
        if n == 30:
            groups = [np.arange(10), np.arange(10, 30)]
            found = class_plan(costs, a, b, groups, reg, 1.0, tol=1e-6, max_iter=300)
            assert np.isfinite(found.plan).all()
            assert 0 <= found.error <= 1


def test_factors_are_absorbed_without_a_trace(monkeypatch):
    costs, a, b = problem(20, 15)
    expected = entropic_plan(costs, a, b, 0.01, **TIGHT)
    monkeypatch.setattr(_sinkhorn, "ABSORB", 1e-3)
    found = entropic_plan(costs, a, b, 0.01, **TIGHT)
    assert found.n_iter == expected.n_iter
    assert_allclose(found.plan, expected.plan, atol=1e-12)


def test_potentials_out_of_range_are_replaced():
    costs, a, b = problem(20, 15)
    expected = entropic_plan(costs, a, b, 0.01, **TIGHT)
    for shift in (1e3, -1e3):
        start = np.full(20, shift), np.zeros(15)
        found = entropic_plan(costs, a, b, 0.01, **TIGHT, potentials=start)
        assert_allclose(found.plan, expected.plan, atol=1e-9)
    again = entropic_plan(costs, a, b, 0.01, **TIGHT, potentials=expected.potentials)
    assert again.n_iter == 1


def test_class_term_falls_with_its_strength():
    costs, a, b = problem(30, 20)
    groups = np.split(np.arange(30), 3)
    plans = [entropic_plan(costs, a, b, 0.1, **TIGHT)] + [
        class_plan(costs, a, b, groups, 0.1, strength, **TIGHT) for strength in (1e-7, 0.1, 0.5)
    ]
    assert_allclose(plans[1].plan, plans[0].plan, atol=1e-6)
    norms = [class_norms(found.plan, groups) for found in plans[1:]]
    assert np.all(np.diff(norms) < -0.01)


def test_iterations_are_limited_and_the_error_says_so():
    costs, a, b = problem(30, 20)
    groups = np.split(np.arange(30), 3)
    found = entropic_plan(costs, a, b, 0.01, tol=1e-9, max_iter=3)
    assert found.n_iter == 3
    assert found.error > 1e-3
    exact = class_plan(costs, a, b, groups, 0.05, 0.5, **TIGHT)
    for limit in (10, 100, 1000):
        found = class_plan(costs, a, b, groups, 0.05, 0.5, tol=1e-9, max_iter=limit)
        assert found.n_iter <= limit
        assert found.error >= np.abs(found.plan - exact.plan).sum() / 2
