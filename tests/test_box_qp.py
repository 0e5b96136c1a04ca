"""Oracle of every solver: the optimality conditions, and an independent interior-point code."""

import numpy as np
import pytest
from scipy import linalg

from featuretransfer import _box_qp as qp
from featuretransfer._quadratic import DenseQuadratic, FactorQuadratic

cvxopt = pytest.importorskip("cvxopt")

RIDGE = 1e-6


def random_kernel(n, kind, rng):
    """Positive semi-definite matrices with unit diagonal, easy and nasty ones."""
    if kind == "full":
        A = rng.normal(size=(n, 2 * n))
    elif kind == "low-rank":
        A = rng.normal(size=(n, max(1, n // 5)))
    elif kind == "positive low-rank":
        A = np.abs(rng.normal(size=(n, max(1, n // 6))))
    elif kind == "ill-conditioned":
        A = rng.normal(size=(n, n)) * np.logspace(0, -6, n)
    elif kind == "rbf-1d":
        x = rng.normal(size=n)
        return np.exp(-((x[:, None] - x) ** 2))
    elif kind == "duplicates":
        x = np.repeat(rng.normal(size=(-(-n // 3), 2)), 3, axis=0)[:n]
        return np.exp(-((x[:, None] - x) ** 2).sum(axis=2))
    elif kind == "identity":
        return np.eye(n)
    A /= np.linalg.norm(A, axis=1, keepdims=True)
    return A @ A.T


KINDS = [
    "full",
    "low-rank",
    "positive low-rank",
    "ill-conditioned",
    "rbf-1d",
    "duplicates",
    "identity",
]


def objective(K, k, w):
    return 0.5 * w @ (K @ w) + 0.5 * RIDGE * w @ w - k @ w


def by_cvxopt(K, k, upper, low, high):
    n = len(k)
    G = np.vstack([-np.eye(n), np.eye(n), np.ones((1, n)), -np.ones((1, n))])
    h = np.concatenate([np.zeros(n), np.broadcast_to(upper, n), [high, -low]])
    options = {"show_progress": False, "abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10}
    result = cvxopt.solvers.qp(
        *map(cvxopt.matrix, (K + RIDGE * np.eye(n), -k, G, h)), options=options
    )
    return np.ravel(result["x"])


def check(K, k, solution, upper, low, high, tol=1e-8):
    w = solution.w
    assert w.min() >= 0
    assert w.max() <= upper
    slack = 1e-12 * len(k) * max(1, upper)
    assert low - slack <= w.sum() <= high + slack
    gradient = K @ w + RIDGE * w - k + solution.multiplier
    residual = qp.kkt_residual(gradient, w, upper, solution.multiplier, low, high)
    assert residual <= tol * np.abs(k).max()


def tolerance(k):
    return 1e-10 * np.abs(k).max()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_minimise_is_optimal_and_not_worse_than_cvxopt(kind, seed):
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    n = int(rng.integers(1, 45))
    K = random_kernel(n, kind, rng)
    k = n * K[:, rng.integers(n, size=5)].mean(axis=1) + rng.normal(scale=0.1 * n, size=n)
    upper = float(rng.choice([1.2, 3.0, 1000.0]))
    eps = float(rng.choice([0.0, 0.01, 0.3, 1.0, 5.0]))
    low, high = n * (1 - eps), n * (1 + eps)
    solution = qp.minimise(DenseQuadratic(K), k, RIDGE, upper, low, high, tolerance(k))
    check(K, k, solution, upper, low, high)
    reference = by_cvxopt(K, k, upper, low, high)
    ours, theirs = objective(K, k, solution.w), objective(K, k, reference)
    assert ours <= theirs + 1e-7 * max(1, abs(theirs))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [None, 0.2, 0.7])
def test_a_bound_for_each_entry(kind, share):
    rng = np.random.default_rng(KINDS.index(kind))
    K = random_kernel(30, kind, rng)
    k, upper = 3 * rng.normal(size=30) + 1, rng.uniform(0.1, 2, size=30)
    low, high = (0.0, upper.sum()) if share is None else (share * upper.sum(),) * 2
    solution = qp.minimise(DenseQuadratic(K), k, RIDGE, upper, low, high, tolerance(k))
    assert solution.w.min() >= 0
    assert np.all(solution.w <= upper)
    gradient = K @ solution.w + RIDGE * solution.w - k + solution.multiplier
    residual = qp.kkt_residual(gradient, solution.w, upper, solution.multiplier, low, high)
    assert residual <= 1e-8 * np.abs(k).max()
    inner = qp.interior_point(
        DenseQuadratic(K), k, RIDGE, upper, None if share is None else low, tolerance(k)
    )
    best = objective(K, k, by_cvxopt(K, k, upper, low, high))
    for w in (solution.w, inner.w):
        assert objective(K, k, w) <= best + 1e-7 * max(1, abs(best))


@pytest.mark.parametrize("kind", ["low-rank", "positive low-rank"])
@pytest.mark.parametrize("total", [None, 30.0, 60.0, 90.0])
def test_factor_and_matrix_have_one_solution(kind, total):
    rng = np.random.default_rng(3)
    K = random_kernel(60, kind, rng)
    values, vectors = linalg.eigh(K)
    L = vectors[:, values > 1e-10] * np.sqrt(values[values > 1e-10])
    k = 60 * K[:, :7].mean(axis=1)
    bounds = (0.0, 1e9) if total is None else (total, total)
    arguments = (k, RIDGE, 3.0, *bounds, tolerance(k))
    dense = qp.minimise(DenseQuadratic(K), *arguments)
    factor = qp.minimise(FactorQuadratic(L), *arguments)
    check(K, k, factor, 3.0, *bounds, tol=1e-7)
    np.testing.assert_allclose(factor.w, dense.w, atol=1e-3)
    np.testing.assert_allclose(K @ factor.w, K @ dense.w, atol=1e-6 * np.abs(k).max())


@pytest.mark.parametrize("shift", [1e-6, 1.0, "vector"])
@pytest.mark.parametrize("n_columns", [None, 2])
def test_factor_solver_solves_the_system(shift, n_columns):
    rng = np.random.default_rng(0)
    L = rng.normal(size=(40, 5))
    rows = np.arange(0, 40, 2)
    shift = rng.uniform(1e-3, 10, size=20) if shift == "vector" else shift
    b = rng.normal(size=20 if n_columns is None else (20, n_columns))
    system = L[rows] @ L[rows].T + np.diag(np.broadcast_to(shift, 20))
    for quadratic in (FactorQuadratic(L), DenseQuadratic(L @ L.T)):
        x = quadratic.solver(rows, shift)(b)
        assert x.shape == b.shape
        np.testing.assert_allclose(system @ x, b, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("total", [None, 25.0, 40.0, 55.0])
@pytest.mark.parametrize("upper", [1.5, 1000.0])
def test_path_and_interior_point_agree_with_the_optimum(kind, total, upper):
    """The methods behind plain pivoting, called on their own."""
    rng = np.random.default_rng(KINDS.index(kind))
    K = random_kernel(40, kind, rng)
    k = 40 * K[:, :6].mean(axis=1)
    low, high = (-1.0, 1e9) if total is None else (total, total)
    problem = (DenseQuadratic(K), k, RIDGE, upper, total)
    along_path = qp.path(*problem, tolerance(k))
    check(K, k, along_path, upper, low, high)
    inner = qp.interior_point(*problem, tolerance(k))
    assert inner.n_steps < 100
    best = objective(K, k, along_path.w)
    assert objective(K, k, inner.w) == pytest.approx(best, abs=1e-6 * max(1, abs(best)))
    if total is not None:
        assert inner.w.sum() == pytest.approx(total, rel=1e-6)
    polished = qp._polished(*problem, tolerance(k))
    check(K, k, polished, upper, low, high, tol=1e-6)


@pytest.mark.parametrize("total", [None, 12.0])
def test_interior_point_takes_over_where_pivoting_never_ends(monkeypatch, total):
    rng = np.random.default_rng(1)
    K = random_kernel(20, "full", rng)
    k = 20 * K[:, :4].mean(axis=1)
    bounds = (0.0, 1e9) if total is None else (total, total)
    exact = qp.minimise(DenseQuadratic(K), k, RIDGE, 2.0, *bounds, tolerance(k))
    monkeypatch.setattr(qp, "MAX_STEPS", 0)
    inner = qp.minimise(DenseQuadratic(K), k, RIDGE, 2.0, *bounds, tolerance(k))
    np.testing.assert_allclose(inner.w, exact.w, atol=1e-5)
    assert (
        qp.minimise(DenseQuadratic(K), k, RIDGE, 2.0, *bounds, tolerance(k), only_pivot=True)
        is None
    )


def test_pivoting_may_give_up_on_the_sum_only(monkeypatch):
    K, k = np.eye(4), np.array([4.0, 3.0, 2.0, 1.0])
    real, calls = qp.pivot, []

    def pivot(quadratic, k, ridge, upper, total, state, tol):
        calls.append(total)
        return real(quadratic, k, ridge, upper, total, state, tol) if total is None else None

    monkeypatch.setattr(qp, "pivot", pivot)
    problem = (DenseQuadratic(K), k, RIDGE, 10.0, 4.0, 4.0, tolerance(k))
    assert qp.minimise(*problem, only_pivot=True) is None
    assert calls == [None, 4.0]


@pytest.mark.parametrize("total", [0.0, 20.0])
def test_interior_point_without_an_interior(total):
    """The sum leaves one point only: all zero or all full."""
    k = np.arange(10.0)
    solution = qp.interior_point(DenseQuadratic(np.eye(10)), k, RIDGE, 2.0, total, 1e-9)
    np.testing.assert_array_equal(solution.w, np.full(10, total / 10))


@pytest.mark.parametrize(
    ("pull", "excess", "state", "between"),
    [
        ([1.0, 5.0], 0.0, [-1, 1], (1.0, 5.0)),  # separates zero from full
        ([1.0, 2.0], -1.0, [-1, -1], (-np.inf, 2.0)),  # frees the largest
        ([1.0, 2.0], 1.0, [1, 1], (1.0, np.inf)),  # frees the smallest
        ([1.0, 2.0], 0.0, [1, 1], (-np.inf, 1.0)),
        ([1.0, 2.0], 0.0, [-1, -1], (2.0, np.inf)),
    ],
)
def test_multiplier_where_no_entry_is_free(pull, excess, state, between):
    multiplier = qp._multiplier_at_vertex(np.array(pull), excess, np.array(state), 1e-10)
    assert between[0] <= multiplier <= between[1]
    assert np.isfinite(multiplier)


@pytest.mark.parametrize("eps", [0.0, 0.5])
def test_all_entries_full(eps):
    """An upper bound of exactly the mean leaves one point."""
    K, k = np.eye(5), np.arange(5.0)
    low = 5 * (1 - eps)
    solution = qp.minimise(DenseQuadratic(K), k, RIDGE, 1 - eps, low, 10.0, 1e-10)
    np.testing.assert_allclose(solution.w, 1 - eps)


def test_identity_has_a_closed_form():
    """K = I: weights are k / (1 + ridge), clipped."""
    k = np.array([-1.0, 0.0, 0.5, 2.0, 7.0])
    solution = qp.minimise(DenseQuadratic(np.eye(5)), k, RIDGE, 3.0, 0.0, 100.0, 1e-12)
    np.testing.assert_allclose(solution.w, np.clip(k / (1 + RIDGE), 0, 3.0), atol=1e-12)
    assert solution.multiplier == 0
    np.testing.assert_array_equal(solution.state[[0, 4]], [qp.ZERO, qp.FULL])


def test_kkt_residual_sees_every_violation():
    w = np.array([0.0, 1.0, 2.0])
    exact = np.array([0.5, 0.0, -0.5])
    assert qp.kkt_residual(exact, w, 2.0, 0.0, 0.0, 9.0) == 0
    for entry, value in ((0, -0.3), (1, 0.3), (1, -0.3), (2, 0.3)):
        wrong = exact.copy()
        wrong[entry] = value
        assert qp.kkt_residual(wrong, w, 2.0, 0.0, 0.0, 9.0) == pytest.approx(0.3)
    # a multiplier needs its bound to be active, with its sign
    assert qp.kkt_residual(exact, w, 2.0, 0.7, 0.0, 9.0) == pytest.approx(0.7)
    assert qp.kkt_residual(exact, w, 2.0, 0.7, 0.0, 3.0) == 0
    assert qp.kkt_residual(exact, w, 2.0, -0.7, 3.0, 9.0) == 0
    assert qp.kkt_residual(exact, w, 2.0, -0.7, 0.0, 3.0) == pytest.approx(0.7)


def test_inputs_are_not_changed():
    rng = np.random.default_rng(0)
    K = random_kernel(15, "full", rng)
    k, state = K.sum(axis=1), np.zeros(15, dtype=int)
    before = K.copy(), k.copy(), state.copy()
    qp.minimise(DenseQuadratic(K), k, RIDGE, 1.5, 10.0, 12.0, 1e-10, state)
    for now, then in zip((K, k, state), before):
        np.testing.assert_array_equal(now, then)
