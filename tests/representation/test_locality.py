import numpy as np
import pytest
from numpy.testing import assert_allclose

from featuretransfer._linalg import fit_kernel
from featuretransfer.representation._component_space import component_space
from featuretransfer.representation._locality import LocalRoot
from featuretransfer.representation._neighbor_graph import neighbor_laplacian

rng = np.random.default_rng(0)


@pytest.mark.parametrize("landmarks", [None, 20])
@pytest.mark.parametrize("mu", [0.0, 3.0, 1e10])
def test_root_is_that_of_the_inverse(landmarks, mu):
    X = rng.normal(size=(60, 3))
    space = component_space(fit_kernel("rbf", "median", X), X, landmarks)
    S, V = neighbor_laplacian(X, 5, heat=True), rng.normal(size=(space.size, 2))
    root = LocalRoot(space.congruent(S), 0.7, V, mu)
    Z, identity = space.project(np.eye(space.size)), np.eye(space.size)
    local = identity + 0.7 * Z.T @ S.toarray() @ Z
    R = root(identity)
    assert_allclose(root.transposed(identity), R.T, atol=1e-12)
    assert_allclose(R.T @ local @ R + mu * (R.T @ V) @ (R.T @ V).T, identity, atol=1e-9)
    y = rng.normal(size=space.size)
    assert_allclose(root(y), R @ y, atol=1e-12)
