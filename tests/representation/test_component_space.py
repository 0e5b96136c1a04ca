import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from featuretransfer._linalg import fit_kernel
from featuretransfer.representation import _component_space
from featuretransfer.representation._component_space import (
    FeatureSpace,
    KernelSpace,
    component_space,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 6))
precision = rng.uniform(0.2, 5, size=60)
factor = rng.normal(size=(60, 3))
factor -= factor.mean(axis=0)
SPACES = {
    "kernel": ("rbf", None, KernelSpace),
    "wide linear": ("linear", None, KernelSpace),
    "landmarks": ("rbf", 12, FeatureSpace),
    "linear": ("linear", None, FeatureSpace),
    "linear landmarks": ("linear", 4, FeatureSpace),
}


@pytest.fixture(params=SPACES)
def case(request):
    name, landmarks, cls = SPACES[request.param]
    rows = rng.normal(size=(60, 50)) if request.param == "wide linear" else X
    kernel = fit_kernel(name, "median", rows)
    space = component_space(kernel, rows, landmarks)
    assert type(space) is cls
    if landmarks is None:
        return space, kernel, rows, kernel(rows, rows)
    centres = space.rows  # Nystroem: the kernel matrix that the landmarks stand for
    cross = kernel(rows, centres)
    return space, kernel, rows, cross @ np.linalg.pinv(kernel(centres, centres)) @ cross.T


@pytest.mark.parametrize("rescale", [False, True])
def test_projections_are_those_of_weights_on_rows(case, rescale):
    space, *_, K = case
    G = np.ones(60)
    if rescale:
        G, space = precision, space.rescaled(precision)
    R = rng.normal(size=(space.size, 4))
    W = space.row_weights(R)
    assert_allclose(K @ W, space.project(R), atol=1e-8)
    assert_allclose(W.T @ (G[:, None] * W), R.T @ R, atol=1e-8)  # W'GW = R'R
    Y = rng.normal(size=(60, 4))
    assert_allclose(space.adjoint(Y).T @ R, Y.T @ space.project(R), atol=1e-8)
    for vector, matrix in (
        (space.project(R[:, 0]), space.project(R)),
        (space.adjoint(Y[:, 0]), space.adjoint(Y)),
    ):
        assert_allclose(vector, matrix[:, 0], atol=1e-10)
    assert space.norm == pytest.approx(np.linalg.norm(space.project(np.eye(space.size))))


def test_new_rows_are_projected_as_training_rows(case):
    space, kernel, rows, _ = case
    R = rng.normal(size=(space.size, 4))
    to, weights = space.weights(R)
    values = rows if to is None else kernel(rows, to)
    assert_allclose(values @ weights, space.project(R), atol=1e-8)


@pytest.mark.parametrize("rescale", [False, True])
@pytest.mark.parametrize(("ridge", "C"), [(1.0, None), (0.3, factor), (0.0, factor)])
def test_spread_is_its_definition(case, rescale, ridge, C):
    space = case[0].rescaled(precision) if rescale else case[0]
    Z = space.project(np.eye(space.size))
    N = ridge * (np.eye(60) - 1 / 60)
    N = N if C is None else N + C @ C.T
    expected = Z.T @ N @ Z
    spread = space.spread(ridge, C)
    assert_allclose(spread.dense(), expected, atol=1e-9 * np.abs(expected).max())
    y = rng.normal(size=space.size)
    assert_allclose(spread.times(y), expected @ y, atol=1e-8 * np.abs(expected).max())
    assert spread.trace == pytest.approx(np.trace(expected))


@pytest.mark.parametrize("rescale", [False, True])
def test_congruent_is_its_definition(case, rescale):
    space = case[0].rescaled(precision) if rescale else case[0]
    Z = space.project(np.eye(space.size))
    S = np.random.default_rng(0).normal(size=(60, 60)) * (np.arange(60) % 10 == 0)
    S = sparse.csr_array(S @ S.T)
    expected = Z.T @ S.toarray() @ Z
    assert_allclose(space.congruent(S), expected, atol=1e-9 * np.abs(expected).max())


def test_congruent_goes_block_by_block(monkeypatch):
    monkeypatch.setattr(_component_space, "BLOCK", 7)
    space = component_space(fit_kernel("rbf", "median", X), X)
    assert_allclose(space.congruent(sparse.eye_array(60)), space.K @ space.K, atol=1e-10)
