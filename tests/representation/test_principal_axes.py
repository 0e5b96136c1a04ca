import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg

from featuretransfer.representation._principal_axes import n_axes, principal_axes

rng = np.random.default_rng(0)
SHAPES = [(60, 8), (30, 50), (500, 300), (300, 500)]


def rows(shape, smallest=0.1):
    return 5 + rng.normal(size=shape) * np.geomspace(1, smallest, shape[1])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("k", [3, None])
@pytest.mark.parametrize("smallest", [0.1, 1e-9])
def test_axes_are_the_right_singular_vectors(shape, k, smallest):
    X = rows(shape, smallest)
    mean, axes, shares, _ = principal_axes(X, "X", k)
    _, values, expected = linalg.svd(X - X.mean(axis=0), full_matrices=False)
    rank = min(shape[0] - 1, shape[1]) if k is None else k
    assert axes.shape == (shape[1], rank)
    assert_allclose(mean, X.mean(axis=0))
    assert_allclose(shares, (values**2 / (values @ values))[:rank], rtol=1e-7)
    assert_allclose(axes.T @ axes, np.eye(rank), atol=1e-9)
    assert_allclose(np.abs(np.sum(axes.T * expected[:rank], axis=1)), 1, atol=1e-9)
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(rank)] > 0).all()


def test_directions_without_variance_are_left_out():
    X = rows((40, 6))
    X[:, 2], X[:, 4] = 3.0, X[:, 1]
    X[20:] = X[:20]
    for k in (None, 6, 50):
        assert principal_axes(X, "X", k)[1].shape == (6, 4)


@pytest.mark.parametrize("shape", SHAPES)
def test_fewest_axes_of_a_share(shape):
    X = rows(shape)
    shares = principal_axes(X, "X")[2]
    for share in (0.3, 0.95):
        k = n_axes(X, share)
        assert shares[: k - 1].sum() < share <= shares[:k].sum()
    assert n_axes(np.ones((5, 3)), 0.95) == 1


@pytest.mark.parametrize("n", [1, 5])
def test_equal_rows(n):
    with pytest.raises(ValueError, match="All rows of X are equal, so they have no principal axes"):
        principal_axes(np.full((n, 3), 0.1), "X", 2)
