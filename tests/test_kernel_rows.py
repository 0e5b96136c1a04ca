import numpy as np
import pytest
from sklearn.metrics.pairwise import pairwise_kernels

from featuretransfer import _kernel_rows
from featuretransfer._kernel_rows import KernelRows
from featuretransfer._linalg import fit_kernel


def product(a, b):
    return float(a @ b)


KERNELS = ["rbf", "linear", "laplacian", "polynomial", product]


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(loc=5.0, scale=3.0, size=(50, 4))


def full(kernel, X, Y):
    """The kernel matrix by scikit-learn, in units of the mean diagonal of the first rows."""
    gamma = {} if callable(kernel.name) else {"gamma": kernel.gamma, "filter_params": True}
    values = pairwise_kernels(X, Y, metric=kernel.name, **gamma)
    return values / pairwise_kernels(X, metric=kernel.name, **gamma).diagonal().mean()


@pytest.mark.parametrize("name", KERNELS)
def test_values_are_those_of_the_kernel(name, X):
    kernel = fit_kernel(name, "median", X)
    rows, Y = KernelRows(kernel, X), X[:7] + 0.3
    K = full(kernel, X, X)
    np.testing.assert_allclose(rows(np.array([4, 1, 30])), K[[4, 1, 30]], rtol=1e-12)
    np.testing.assert_allclose(rows.diagonal, K.diagonal(), rtol=1e-12)
    np.testing.assert_allclose(rows.means(Y), full(kernel, X, Y).mean(axis=1), rtol=1e-12)
    assert rows.diagonal.mean() == pytest.approx(1)
    assert len(rows) == 50


@pytest.mark.parametrize("block", [1, 60, 2**19])
def test_blocks_change_nothing(block, X, monkeypatch):
    rows = KernelRows(fit_kernel("rbf", "median", X), X)
    w = np.where(np.arange(50) % 3, 0.0, 1.5)
    means, total = rows.means(X[:9]), rows(np.arange(50)) @ w
    monkeypatch.setattr(_kernel_rows, "BLOCK", block)
    np.testing.assert_allclose(rows.means(X[:9]), means, rtol=1e-13)
    np.testing.assert_allclose(rows.product(w), total, rtol=1e-13)
    np.testing.assert_array_equal(rows.product(np.zeros(50)), np.zeros(50))


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("name", ["rbf", "linear", "polynomial"])
def test_factor_reproduces_the_kernel(name, scale, X):
    X = scale * np.vstack([X, X[:5]])[:, :2]  # low dimension and duplicates: low rank
    kernel = fit_kernel(name, "median", X)
    rows = KernelRows(kernel, X)
    L = rows.factor(max_rank=50)
    K = rows(np.arange(55))
    assert L.shape[1] <= 50
    np.testing.assert_allclose(L @ L.T, K, atol=1e-10 * K.max())


@pytest.mark.parametrize("block", [1, 7, 64])
def test_factor_of_a_linear_kernel_has_the_rank_of_the_rows(block, X):
    L = KernelRows(fit_kernel("linear", "median", X), X).factor(max_rank=20, block=block)
    assert L.shape == (50, 4)


def test_factor_gives_up_beyond_the_largest_rank(X):
    rows = KernelRows(fit_kernel("rbf", "median", X), X)
    assert rows.factor(max_rank=10) is None


def test_factor_stops_where_only_rounding_is_left(X):
    rows = KernelRows(fit_kernel("linear", "median", X), X)
    rows.diagonal = rows.diagonal + 1e-9  # claims more than the rows hold
    assert rows.factor(max_rank=40).shape[1] < 40


def test_a_kernel_that_is_zero_everywhere_is_refused():
    kernel = fit_kernel("linear", "median", np.zeros((3, 2)))
    with pytest.raises(ValueError, match="is zero on the source rows"):
        KernelRows(kernel, np.zeros((3, 2)))
