import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from featuretransfer.representation._sparse_codes import lasso_codes, shrunk_with_small_gap

rng = np.random.default_rng(0)


@pytest.mark.parametrize("weight", [0.0, 1.0, 1e3, 1e6])
def test_shrunk_with_small_gap_is_the_minimum(weight):
    c, curvature = 2 * rng.normal(size=30) + 0.5, rng.uniform(0.5, 2, size=30)
    e = np.concatenate([np.full(20, 1 / 20), np.full(10, -1 / 10)])
    found = shrunk_with_small_gap(c, curvature, 0.7, e, weight)

    def parts(x):  # positive and negative parts: a smooth problem with bounds
        a = x[:30] - x[30:]
        slope = curvature * a - c + weight * (e @ a) * e
        value = curvature @ a**2 / 2 - c @ a + 0.7 * x.sum() + weight / 2 * (e @ a) ** 2
        return value, np.concatenate([slope, -slope]) + 0.7

    start = np.concatenate([np.maximum(found, 0), np.maximum(-found, 0)])
    value, slope = parts(start)
    assert slope.min() > -1e-7
    assert_allclose(slope[start > 0], 0, atol=1e-7)
    options = {"maxiter": 10_000, "maxfun": 100_000}
    best = minimize(parts, np.ones(60), jac=True, bounds=[(0, None)] * 60, options=options)
    assert value <= best.fun + 1e-9


def test_equal_atoms_share_a_minimum():
    atoms = rng.normal(size=(6, 4))
    atoms[3:] = atoms[:3]
    X = 3 * rng.normal(size=(20, 4))
    both, one = lasso_codes(atoms, atoms @ X.T, 0.5), lasso_codes(atoms[:3], atoms[:3] @ X.T, 0.5)
    assert_allclose(both[:3] + both[3:], one, atol=1e-5)
    assert lasso_codes(atoms, atoms @ X[:0].T, 0.5).shape == (6, 0)
