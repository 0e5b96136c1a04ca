import numpy as np
import pytest
from cvxopt import matrix, solvers, spmatrix
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from scipy.optimize import minimize

from featuretransfer.representation._metric_svm import best_eigenvalues, fit_metric_svm


def problem(n_problems, ns=12, nt=6, ds=2, dt=2, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(ns + nt) % max(n_problems, 2)
    means = rng.normal(size=(max(n_problems, 2), ds + dt))
    Fs = means[y[:ns], :ds] + rng.normal(size=(ns, ds))
    Ft = means[y[ns:], ds:] + rng.normal(size=(nt, dt))
    signs = np.where(y[:, None] == np.arange(max(n_problems, 2)), 1.0, -1.0)[:, :n_problems]
    return Fs, Ft, signs, rng.uniform(0.2, 1.0, size=ns + nt)


def semidefinite_optimum(Fs, Ft, signs, costs, trace):
    """The same problem as a quadratic programme over cones: over H, u_c, b_c, slacks and t_c.

    t_c >= u_c' (I + H)^-1 u_c is that [[I + H, u_c], [u_c', t_c]] is positive semi-definite.
    """
    F = linalg.block_diag(Fs, Ft)
    (n, p), C = F.shape, signs.shape[1]
    pairs = [(i, j) for i in range(p) for j in range(i + 1)]
    m = len(pairs)
    n_variables = m + C * (p + 2 + n)

    def at(c, part):  # u, t, b and slacks of problem c
        return m + c * (p + 2 + n) + {"u": 0, "t": p, "b": p + 1, "slack": p + 2}[part]

    quadratic, linear = np.zeros(n_variables), np.zeros(n_variables)
    G, h = np.zeros((n * C + 1, n_variables)), np.zeros(n * C + 1)
    for c in range(C):
        linear[at(c, "t")] = 0.5
        quadratic[at(c, "slack") : at(c, "slack") + n] = 2 * costs
        for i in range(n):
            row = c * n + i
            G[row, at(c, "u") : at(c, "u") + p] = -signs[i, c] * F[i]
            G[row, at(c, "b")] = -signs[i, c]
            G[row, at(c, "slack") + i] = -1
            h[row] = -1
    for k, (i, j) in enumerate(pairs):
        G[-1, k] = float(i == j)
    h[-1] = trace

    def cone(size, corner):
        block = np.zeros((size * size, n_variables))
        for k, (i, j) in enumerate(pairs):
            block[i * size + j, k] = block[j * size + i, k] = -1
        if corner is not None:
            for i in range(p):
                column = at(corner, "u") + i
                block[i * size + p, column] = block[p * size + i, column] = -1
            block[p * size + p, at(corner, "t")] = -1
        return block

    bordered = np.zeros((p + 1, p + 1))
    bordered[:p, :p] = np.eye(p)
    blocks = [cone(p, None), *(cone(p + 1, c) for c in range(C))]
    bounds = [np.zeros((p, p)), *([bordered] * C)]
    solved = solvers.coneqp(
        spmatrix(quadratic, range(n_variables), range(n_variables)),
        matrix(linear),
        matrix(np.vstack([G, *blocks])),
        matrix(np.concatenate([h, *(bound.ravel() for bound in bounds)])),
        {"l": n * C + 1, "q": [], "s": [p] + [p + 1] * C},
        options={"show_progress": False, "abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10},
    )
    assert solved["status"] == "optimal"
    x = np.array(solved["x"]).ravel()
    H = np.zeros((p, p))
    for k, (i, j) in enumerate(pairs):
        H[i, j] = H[j, i] = x[k]
    U = np.array([x[at(c, "u") : at(c, "u") + p] for c in range(C)]).T
    return solved["primal objective"], U, H


@pytest.mark.oracle("HeterogeneousFeatureAugmentation")
@pytest.mark.parametrize("n_problems", [1, 3, 4])
@pytest.mark.parametrize("trace", [0.5, 20.0])
def test_is_the_optimum_of_the_semidefinite_programme(n_problems, trace):
    data = problem(n_problems)
    found = fit_metric_svm(*data, trace, 2000)
    value, U, H = semidefinite_optimum(*data, trace)
    assert_allclose(found.objective, value, rtol=1e-7)
    assert_allclose(np.vstack([found.source, found.target]), U, atol=1e-3)
    B = np.vstack(found.eigenvectors)
    assert_allclose(B.T @ B, np.eye(len(found.eigenvalues)), atol=1e-8)
    assert_allclose((B * found.eigenvalues) @ B.T, H, atol=2e-3 * (1 + trace))
    assert_allclose(found.eigenvalues.sum(), trace)


def with_metric(Fs, Ft, signs, costs, H):
    """Least value of the problem for a fixed metric, by a generic optimiser."""
    F, inverse = linalg.block_diag(Fs, Ft), np.linalg.inv(np.eye(len(H)) + H)

    def value_and_gradient(x, y):
        u, b = x[:-1], x[-1]
        slack = np.maximum(0, 1 - y * (F @ u + b))
        g = 2 * costs * slack * y
        gradient = np.append(inverse @ u - F.T @ g, -g.sum())
        return u @ inverse @ u / 2 + costs @ slack**2, gradient

    start = np.zeros(len(H) + 1)
    options = {"gtol": 1e-9}
    found = [minimize(value_and_gradient, start, y, jac=True, options=options) for y in signs.T]
    return sum(f.fun for f in found), np.array([f.x for f in found]).T


def test_without_common_features_it_is_the_plain_machine_of_both_domains():
    data = problem(3)
    found = fit_metric_svm(*data, 0.0, 2000)
    value, weights = with_metric(*data, np.zeros((4, 4)))
    assert_allclose(found.objective, value)
    assert_allclose(np.vstack([found.source, found.target, found.intercept]), weights, atol=1e-5)
    assert len(found.eigenvalues) == 0


def test_no_metric_is_better_nor_is_that_of_easyadapt():
    data = problem(3, ds=3, dt=3)
    best = fit_metric_svm(*data, 8.0, 2000).objective
    easyadapt = np.kron(np.ones((2, 2)), np.eye(3))  # the kernel of <x, x, 0> and <x, 0, x>
    assert with_metric(*data, easyadapt * 8 / 6)[0] > best
    rng = np.random.default_rng(0)
    for _ in range(20):
        A = rng.normal(size=(6, 3))
        assert with_metric(*data, 8 * A @ A.T / np.trace(A @ A.T))[0] > best


def test_a_single_problem_shares_nothing_but_the_intercept():
    Fs, Ft, signs, costs = problem(1)
    found = fit_metric_svm(Fs, Ft, signs, costs, 9.0, 2000)
    value, weights = with_metric(Fs, Ft, signs, costs, 9 * np.eye(4))  # cost times 1 + trace
    assert_allclose(found.objective, value)
    assert_allclose(np.vstack([found.source, found.target, found.intercept]), weights, atol=1e-5)


@pytest.mark.parametrize("trace", [0.1, 10.0, 1000.0])
def test_duality_gap(trace):
    data = problem(4, 60, 20, 10, 6)
    found = fit_metric_svm(*data, trace, 5000)
    assert -1e-12 < found.gap / found.objective < 1e-5
    early = fit_metric_svm(*data, trace, 5)
    assert early.gap > 1e-3 * early.objective
    assert early.objective - early.gap <= found.objective <= early.objective


def test_objective_falls_with_the_trace():
    data = problem(4, 60, 20, 10, 6)
    values = [fit_metric_svm(*data, trace, 2000).objective for trace in (0.0, 1.0, 10.0, 100.0)]
    assert values == sorted(values, reverse=True)


def test_rotations_of_the_features_do_not_matter():
    Fs, Ft, signs, costs = problem(3, 40, 20, 5, 4)
    found = fit_metric_svm(Fs, Ft, signs, costs, 10.0, 2000)
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    turned = fit_metric_svm(Fs @ Q, Ft, signs, costs, 10.0, 2000)
    assert_allclose(turned.target, found.target, atol=1e-6)
    assert_allclose(Q @ turned.source, found.source, atol=1e-6)
    for B, expected in zip(
        turned.eigenvectors, (Q.T @ found.eigenvectors[0], found.eigenvectors[1])
    ):
        assert_allclose(B, expected, atol=1e-4)


@pytest.mark.parametrize("trace", [1e-6, 0.5, 3.0, 100.0])
@pytest.mark.parametrize("s", [[3.0, 2.0, 0.1], [1.0, 1.0, 1.0], [2.0, 0.0], [5.0]])
def test_best_eigenvalues(s, trace):
    s = np.array(s)
    h = best_eigenvalues(s, trace)
    assert_allclose(h.sum(), trace)
    assert np.all(h >= 0)
    best = np.sum(s**2 / (1 + h))
    rng = np.random.default_rng(0)
    for other in trace * rng.dirichlet(np.ones(len(s)), size=200):
        assert np.sum(s**2 / (1 + other)) >= best - 1e-9
    assert_array_equal(best_eigenvalues(s, 0.0), np.zeros(len(s)))


def test_iterations_hardly_grow_with_the_rows():
    few, many = (
        fit_metric_svm(*problem(4, ns=n, nt=n // 4, ds=20, dt=20), trace=10.0, max_iter=1000)
        for n in (100, 6400)
    )
    assert many.gap < 1e-6 * many.objective
    assert many.n_iter < 1.5 * few.n_iter + 10
