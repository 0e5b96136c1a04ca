import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.distance import cdist

from featuretransfer._linalg import fit_kernel
from featuretransfer.representation._component_space import component_space
from featuretransfer.representation._locality import LocalRoot, graph_laplacian

rng = np.random.default_rng(0)


def dense_laplacian(X, n_neighbors):
    """The Laplacian, pair by pair."""
    D = cdist(X, X, "sqeuclidean")
    np.fill_diagonal(D, np.inf)
    nearest = np.argsort(D, axis=1)[:, :n_neighbors]
    scale = np.take_along_axis(D, nearest, axis=1).mean()
    A = np.zeros_like(D)
    for i, neighbours in enumerate(nearest):
        for j in neighbours:
            A[i, j] = A[j, i] = np.exp(-D[i, j] / scale)
    return np.diag(A.sum(axis=1)) - A


@pytest.mark.parametrize(("n", "n_neighbors"), [(40, 5), (40, 1), (6, 5)])
def test_laplacian_is_that_of_the_dense_graph(n, n_neighbors):
    X = rng.normal(size=(n, 3))
    laplacian = graph_laplacian(X, n_neighbors)
    assert_allclose(laplacian.toarray(), dense_laplacian(X, n_neighbors), atol=1e-12)
    assert laplacian.nnz <= n * (2 * n_neighbors + 1)


def test_laplacian_is_semi_definite_and_blind_to_constants_and_units():
    X = rng.normal(size=(50, 3))
    laplacian = graph_laplacian(X, 4).toarray()
    assert np.linalg.eigvalsh(laplacian).min() > -1e-12
    assert_allclose(laplacian @ np.ones(50), 0, atol=1e-12)
    assert_allclose(graph_laplacian(100 * X, 4).toarray(), laplacian, atol=1e-10)


def test_duplicated_rows_are_joined():
    same = graph_laplacian(np.ones((5, 2)), 2).toarray()
    assert np.isfinite(same).all()
    assert_allclose(same @ np.ones(5), 0)
    assert (np.diag(same) >= 2).all()


@pytest.mark.parametrize("landmarks", [None, 20])
@pytest.mark.parametrize("mu", [0.0, 3.0, 1e10])
def test_root_is_that_of_the_inverse(landmarks, mu):
    X = rng.normal(size=(60, 3))
    space = component_space(fit_kernel("rbf", "median", X), X, landmarks)
    S, V = graph_laplacian(X, 5), rng.normal(size=(space.size, 2))
    root = LocalRoot(space, S, 0.7, V, mu)
    Z, identity = space.project(np.eye(space.size)), np.eye(space.size)
    local = identity + 0.7 * Z.T @ S.toarray() @ Z
    R = root(identity)
    assert_allclose(root.transposed(identity), R.T, atol=1e-12)
    assert_allclose(R.T @ local @ R + mu * (R.T @ V) @ (R.T @ V).T, identity, atol=1e-9)
    y = rng.normal(size=space.size)
    assert_allclose(root(y), R @ y, atol=1e-12)
