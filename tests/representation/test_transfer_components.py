import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg

from featuretransfer._linalg import fit_kernel
from featuretransfer.representation._component_space import component_space
from featuretransfer.representation._transfer_components import (
    LowRankRoot,
    find_components,
    mean_difference,
    mean_root,
)

rng = np.random.default_rng(0)


def test_mean_difference():
    Y = rng.normal(size=(7, 2))
    expected = Y[:4].mean(axis=0) - Y[4:].mean(axis=0)
    assert_allclose(mean_difference(4, 3) @ Y, expected, atol=1e-15)
    assert_allclose(mean_difference(4, 0), np.zeros(4))


@pytest.mark.parametrize("rank", [1, 4])
@pytest.mark.parametrize("mu", [0.0, 0.1, 1e4])
def test_root_is_that_of_the_inverse(rank, mu):
    V = rng.normal(size=(12, rank))
    root = LowRankRoot(V, mu, 0.0)
    B = np.eye(12) + mu * V @ V.T
    assert_allclose(root(root(B)), np.eye(12), atol=1e-9)
    assert_allclose(root(np.eye(12)), linalg.fractional_matrix_power(B, -0.5), atol=1e-8)
    assert_allclose(root.transposed(np.eye(12)[0]), root(np.eye(12))[0], atol=1e-15)
    assert root.strength == pytest.approx(mu * np.linalg.norm(V, 2) ** 2)


def test_root_of_dependent_and_negligible_columns():
    v = rng.normal(size=(12, 1))
    V = np.hstack([v, 2 * v, np.zeros((12, 1))])
    root = LowRankRoot(V, 3.0, 1e-12)
    assert_allclose(root(root(np.eye(12) + 3 * V @ V.T)), np.eye(12), atol=1e-12)
    assert LowRankRoot(1e-13 * v, 1.0, 1e-12, relative=True).strength == 0
    assert LowRankRoot(v, 7.0, 1e-12, relative=True).strength == pytest.approx(7)


@pytest.mark.parametrize("landmarks", [None, 30])
@pytest.mark.parametrize("n", [60, 260])  # dense and by Lanczos iteration
def test_components_for_several_differences_solve_the_dense_problem(n, landmarks):
    X = rng.normal(size=(n, 3))
    space = component_space(fit_kernel("rbf", "median", X), X, landmarks)
    E = rng.normal(size=(n, 3)) / n
    root = mean_root(space, E, 5.0)
    found = find_components(space, space.spread(), root, 4)
    Z = space.project(np.eye(space.size))
    A = Z.T @ (Z - Z.mean(axis=0))
    B = np.eye(space.size) + 5.0 * Z.T @ E @ E.T @ Z
    values, R = linalg.eigh(A, B)
    assert_allclose(found.values, values[::-1][:4], rtol=1e-8)
    angles = linalg.subspace_angles(found.coordinates, R[:, ::-1][:, :4])
    assert np.rad2deg(angles.max()) < 1e-5
    assert found.explained_share == pytest.approx(values[::-1][:4].sum() / values.sum())
    assert_allclose(found.coordinates.T @ B @ found.coordinates, np.eye(4), atol=1e-9)
