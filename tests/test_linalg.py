import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from scipy.spatial.distance import pdist
from sklearn.covariance import ledoit_wolf
from sklearn.metrics.pairwise import pairwise_kernels

from featuretransfer._linalg import (
    column_signs,
    fit_kernel,
    fix_signs,
    regularised_covariance,
    spread_rows,
    symmetric_power,
    top_eigenvectors,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5)) + 3


def test_median_width():
    X = np.concatenate([rng.normal(size=(40, 4)), np.ones((5, 4))])
    distances = pdist(X, "sqeuclidean")
    expected = 1 / np.median(distances[distances > 0])
    assert fit_kernel("rbf", "median", X).gamma == pytest.approx(expected)


def test_median_width_of_many_rows_is_that_of_evenly_spread_ones():
    X = rng.normal(size=(5000, 3))
    X[1000:1500] = X[:500]
    gamma = fit_kernel("rbf", "median", X).gamma
    shuffled = fit_kernel("rbf", "median", X[rng.permutation(5000)]).gamma
    assert gamma == pytest.approx(shuffled, rel=1e-12)
    exact = 1 / np.median(pdist(X[rng.permutation(5000)[:2500]], "sqeuclidean"))
    assert gamma == pytest.approx(exact, rel=0.05)


def test_other_widths():
    assert fit_kernel("rbf", "scale", X).gamma == pytest.approx(1 / (5 * X.var()))
    assert fit_kernel("rbf", 0.3, X).gamma == 0.3
    assert fit_kernel("rbf", "median", np.ones((4, 2))).gamma == 1.0
    assert fit_kernel("laplacian", "scale", np.ones((4, 2))).gamma == 1.0


@pytest.mark.parametrize("name", ["rbf", "linear", "polynomial", "laplacian", "cosine"])
def test_kernel_values_are_those_of_scikit_learn(name):
    kernel = fit_kernel(name, 0.2, X)
    expected = pairwise_kernels(X[:7], X, metric=name, filter_params=True, gamma=0.2)
    assert_allclose(kernel(X[:7], X), expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["rbf", "linear"])
def test_kernel_of_rows_with_themselves_is_symmetric(name):
    many = rng.normal(size=(700, 3))
    kernel = fit_kernel(name, 0.2, many)
    K = kernel(many, many)
    assert_allclose(K, kernel(many, many.copy()), atol=1e-13)
    assert_allclose(K, K.T, rtol=1e-14)


def test_callable_kernel_and_float32():
    kernel = fit_kernel(lambda a, b: a[0] * b[0], "median", X)
    assert_allclose(kernel(X[:3], X), np.outer(X[:3, 0], X[:, 0]))
    assert fit_kernel("rbf", 0.2, X)(X.astype(np.float32), X).dtype == np.float64


def test_rbf_is_exact_far_from_the_origin():
    far = X + 1e6
    kernel = fit_kernel("rbf", 0.2, far)
    assert_allclose(kernel(far, far), pairwise_kernels(X, X, metric="rbf", gamma=0.2), atol=1e-8)


@pytest.mark.parametrize(
    ("kernel", "gamma", "message"),
    [
        ("rbff", "median", "kernel must be a callable or one of"),
        ("rbf", "mean", "gamma must be 'median', 'scale' or a positive number"),
        ("rbf", 0.0, "gamma must be"),
        ("rbf", True, "gamma must be"),
        ("rbf", np.array([1.0, 2.0]), "gamma must be"),
        ("rbf", np.inf, "gamma must be"),
        ("rbf", 1e6, "numerically 0 between all rows.*gamma='median', or scale"),
        ("rbf", 1e-14, "numerically 1 between all rows"),
    ],
)
def test_bad_kernels(kernel, gamma, message):
    with pytest.raises(ValueError, match=message):
        fit_kernel(kernel, gamma, X)


def test_symmetric_power():
    C = np.cov(X.T)
    root = symmetric_power(C, 0.5)
    assert_allclose(root @ root, C)
    assert_allclose(symmetric_power(C, -1), np.linalg.inv(C))


@pytest.mark.parametrize(("n", "d"), [(60, 5), (12, 40), (20, 20)])
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.1, 2.0])
@pytest.mark.parametrize("power", [-0.5, 0.5, -1.0])
def test_covariance_powers_equal_the_dense_ones(n, d, reg, power):
    Z = rng.normal(size=(n, d))
    Z -= Z.mean(axis=0)
    S = Z.T @ Z / (n - 1)
    if reg == "ledoit-wolf":
        a = ledoit_wolf(Z, assume_centered=True)[1]
        C = (1 - a) * S + a * np.trace(S) / d * np.eye(d)
    else:
        C = S + reg * np.eye(d)
    covariance = regularised_covariance(Z, reg)
    values, vectors = linalg.eigh(C)
    expected = (vectors * values**power) @ vectors.T
    rows = rng.normal(size=(7, d))
    assert_allclose(covariance.times_power(rows, power), rows @ expected, atol=1e-10)
    if covariance.rows is None:
        assert_allclose(covariance.power(power), expected, atol=1e-10)
    assert covariance.smallest == pytest.approx(values[0])
    assert covariance.largest == pytest.approx(values[-1])
    assert covariance.log_determinant == pytest.approx(np.log(values).sum())
    assert not covariance.is_singular


@pytest.mark.parametrize("reg", [0.3, 1e-6, "ledoit-wolf"])
@pytest.mark.parametrize(("n", "d"), [(60, 5), (6, 40)])
def test_whitened_rows_have_the_lengths_of_the_covariance(n, d, reg):
    Z = rng.normal(size=(n, d)) * np.logspace(0, -3, n)[:, None]
    Z -= Z.mean(axis=0)
    covariance = regularised_covariance(Z, reg)
    S = Z.T @ Z / (n - 1)
    ridge = covariance.ridge
    C = (1 - ridge * d / np.trace(S) if reg == "ledoit-wolf" else 1) * S + ridge * np.eye(d)
    A = rng.normal(size=(7, d))
    whitened, own = covariance.whiten(A), covariance.whiten(Z, own=True)
    lengths = np.einsum("ij,ij->i", A, np.linalg.solve(C, A.T).T)
    assert_allclose((whitened**2).sum(axis=1), lengths, rtol=1e-7)
    tolerance = {"rtol": 1e-6, "atol": 1e-7 * lengths.max()}
    assert_allclose(whitened @ own.T, A @ np.linalg.solve(C, Z.T), **tolerance)
    assert_allclose(own @ own.T, Z @ np.linalg.solve(C, Z.T), **tolerance)
    seen = covariance.whiten(Z)
    assert_allclose(seen @ own.T, own @ own.T, **tolerance)


def test_whitened_rows_of_a_constant_domain():
    covariance = regularised_covariance(np.zeros((3, 5)), 0.5)
    assert_allclose(covariance.whiten(np.zeros((3, 5)), own=True), 0)
    assert_allclose((covariance.whiten(np.ones((1, 5))) ** 2).sum(), 10)


def test_unregularised_low_rank_power_lives_in_the_row_space():
    Z = rng.normal(size=(6, 20))
    Z -= Z.mean(axis=0)
    covariance = regularised_covariance(Z, 0.0)
    expected = symmetric_power(Z.T @ Z / 5, 0.5)
    rows = rng.normal(size=(3, 20))
    # the reference takes roots of eigenvalues that are 0 only up to rounding
    assert_allclose(covariance.times_power(rows, 0.5), rows @ expected, atol=1e-6)


def test_shrinkage_of_degenerate_rows():
    line = np.outer([1.0, -1.0, 1.0, -1.0], [1.0, 2.0])
    assert regularised_covariance(line, "ledoit-wolf").ridge == 0
    assert regularised_covariance(line[:, :1], "ledoit-wolf").ridge == 0


def matrix(n, values):
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(n, n)))[0]
    return (Q * values) @ Q.T


@pytest.mark.parametrize("spectrum", ["decaying", "low rank", "flat"])
def test_lanczos_and_dense_agree(spectrum):
    n, k = 300, 8
    values = {
        "decaying": np.exp(-np.arange(n) / 20.0),
        "low rank": np.where(np.arange(n) < 5, 5.0 - np.arange(n), 0.0),
        "flat": 1 + 1e-9 * np.arange(n)[::-1],
    }[spectrum]
    A = matrix(n, values)
    found, vectors = top_eigenvectors(lambda y: A @ y, lambda: A, np.trace(A), n, k)
    assert_allclose(found, np.sort(values)[::-1][:k], atol=1e-9)
    assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-9)
    assert_allclose(A @ vectors, vectors * found, atol=1e-7)


def test_small_matrices_are_solved_densely():
    A = matrix(20, np.arange(20.0))

    def never(y):
        raise AssertionError("called")

    found, vectors = top_eigenvectors(never, lambda: A, np.trace(A), 20, 3)
    assert_allclose(found, [19, 18, 17])
    assert_allclose(A @ vectors, vectors * found)


def test_signs_make_the_largest_entry_positive():
    V = np.array([[1.0, -3.0, 0.0], [-2.0, 1.0, 0.0]])
    assert_array_equal(column_signs(V), [-1, -1, 1])
    assert_array_equal(fix_signs(V), fix_signs(-V))


def test_spread_rows_do_not_depend_on_the_order():
    order = rng.permutation(60)
    first, second = X[spread_rows(X, 10)], X[order][spread_rows(X[order], 10)]
    assert_array_equal(first, second)
    ties = np.array([[1.0, 0], [0, 1.0], [-1.0, 0], [0, -1.0]])
    shuffled = ties[[2, 0, 3, 1]]
    assert_array_equal(ties[spread_rows(ties, 2)], shuffled[spread_rows(shuffled, 2)])
