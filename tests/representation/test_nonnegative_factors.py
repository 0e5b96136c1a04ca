import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize_scalar, nnls
from sklearn.decomposition import NMF

from featuretransfer.representation._nonnegative_factors import (
    factorise,
    initial_factors,
    nearest_with_small_gap,
    nonnegative_codes,
    objective,
    update_atoms,
    update_codes,
)
from featuretransfer.representation._transfer_components import mean_difference

rng = np.random.default_rng(0)


def rows_of_atoms(n, d, k, noise=0.05):
    atoms = rng.gamma(0.5, size=(k, d))
    return rng.gamma(0.7, size=(n, k)) @ atoms + noise * rng.uniform(size=(n, d))


def two_domains(n_source, n_target, d):
    X = rows_of_atoms(n_source + n_target, d, 6)
    X[n_source:] += rng.uniform(0, 1, size=d)
    return X, mean_difference(n_source, n_target)


@pytest.mark.parametrize("weight", [0.0, 5.0, 5e4])
@pytest.mark.parametrize("shape", [(40, 30, 12), (12, 8, 40), (20, 1, 10)])
def test_objective_never_rises_through_any_step(weight, shape):
    X, e = two_domains(*shape)
    W, H = initial_factors(X, 5)
    W *= rng.uniform(0.5, 2, size=5)  # away from the start's own balance
    value = objective(X, W, H, e, weight)
    for _ in range(20):
        update_codes(W, X @ H.T, H @ H.T, e, weight)
        between = objective(X, W, H, e, weight)
        update_atoms(W, H, X, e, weight)  # back to length 1 as well
        after = objective(X, W, H, e, weight)
        assert between <= value * (1 + 1e-13)
        assert after <= between * (1 + 1e-13)
        value = after
        assert_allclose(np.linalg.norm(H, axis=1), 1)
        assert W.min() >= 0
        assert H.min() >= 0


@pytest.mark.parametrize("weight", [0.0, 100.0])
def test_objectives_are_those_of_the_definition(weight):
    X, e = two_domains(40, 30, 12)
    W, H, objectives, converged = factorise(X, e, weight, 5, 5000, 1e-6)
    assert converged
    assert (np.diff(objectives) <= 1e-12 * objectives[0]).all()
    assert objectives[-1] < 0.8 * objectives[0]
    assert objectives[0] == pytest.approx(objective(X, *initial_factors(X, 5), e, weight))
    # the last sweeps over the codes alone lower it a little more
    assert objectives[-1] * (1 - 1e-2) <= objective(X, W, H, e, weight)
    assert objective(X, W, H, e, weight) <= objectives[-1] * (1 + 1e-12)


def test_scaling_atoms_against_codes_changes_nothing():
    X, e = two_domains(40, 30, 12)
    W, H = initial_factors(X, 5)
    factors = rng.uniform(0.1, 10, size=5)
    scaled = objective(X, W / factors, H * factors[:, None], e, 7.0)
    assert scaled == pytest.approx(objective(X, W, H, e, 7.0), rel=1e-12)


@pytest.mark.parametrize("weight", [0.0, 50.0])
def test_end_is_a_stationary_point(weight):
    X, e = two_domains(40, 30, 12)
    W, H, _, _ = factorise(X, e, weight, 4, 20_000, 1e-13)
    gaps = e @ W
    slope_W = (W @ H - X) @ H.T + weight * np.outer(e, gaps)
    slope_H = W.T @ (W @ H - X) + weight * (gaps**2)[:, None] * H
    for slope, values in ((slope_W, W), (slope_H, H)):
        scale = np.abs(X @ H.T).max()
        assert slope.min() > -1e-3 * scale  # no way down where a value is 0
        assert np.abs(slope * values).max() < 1e-3 * scale * values.max()


@pytest.mark.parametrize("k", [3, 6])
def test_fits_as_well_as_scikit_learn_without_transfer(k):
    X = rows_of_atoms(80, 20, 6)
    _, _, objectives, _ = factorise(X, np.zeros(80), 0.0, k, 5000, 1e-9)
    reference = NMF(k, init="nndsvd", max_iter=5000, tol=1e-6).fit(X)
    assert objectives[-1] <= 1.02 * reference.reconstruction_err_**2


def test_start_is_that_of_the_paper_whatever_the_order_of_rows():
    X = rows_of_atoms(50, 15, 6)
    W, H = initial_factors(X, 4)
    U, s, Vt = np.linalg.svd(X)
    assert_allclose(np.outer(W[:, 0], H[0]), s[0] * np.outer(np.abs(U[:, 0]), np.abs(Vt[0])))
    for j in range(1, 4):
        part = s[j] * np.outer(U[:, j], Vt[j])
        split = [np.maximum(sign * U[:, j], 0) for sign in (1, -1)]
        side = [np.maximum(sign * Vt[j], 0) for sign in (1, -1)]
        best = max(range(2), key=lambda i: np.linalg.norm(split[i]) * np.linalg.norm(side[i]))
        assert_allclose(np.outer(W[:, j], H[j]), s[j] * np.outer(split[best], side[best]))
        assert (np.outer(W[:, j], H[j]) <= np.maximum(part, 0) + 1e-12).all()
    order = rng.permutation(50)
    again = initial_factors(X[order], 4)
    assert_allclose(again[0], W[order], atol=1e-12)
    assert_allclose(again[1], H, atol=1e-12)


def test_rank_cuts_the_atoms():
    X = rows_of_atoms(30, 10, 3, noise=0.0)
    W, H = initial_factors(X, 8)
    assert W.shape == (30, 3)
    assert H.shape == (3, 10)


def test_unused_atoms_come_back():
    X, e = two_domains(30, 20, 10)
    W, H = initial_factors(X, 4)
    W[:, 2] = 0
    update_atoms(W, H, X, e, 1.0)
    assert_allclose(np.linalg.norm(H, axis=1), 1)
    before = objective(X, W, H, e, 1.0)
    update_codes(W, X @ H.T, H @ H.T, e, 1.0)
    assert W[:, 2].any()
    assert objective(X, W, H, e, 1.0) < before


def test_harmful_atoms_are_left_out_without_losing_their_length():
    X = np.array([[1.0, 0.0], [2.0, 0.0]])
    W, H = np.ones((2, 2)), np.array([[1.0, 0.0], [0.0, 1.0]])
    update_atoms(W, H, X, np.zeros(2), 0.0)
    assert_array_equal(W[:, 1], 0)
    assert_allclose(np.linalg.norm(H, axis=1), 1)


@pytest.mark.parametrize("weight", [0.0, 1.0, 100.0, 1e6])
def test_nearest_with_small_gap_is_optimal(weight):
    for _ in range(30):
        a, e = rng.normal(size=25) + rng.normal(), mean_difference(15, 10)
        w = nearest_with_small_gap(a, e, weight)
        slope = w - a + weight * (e @ w) * e
        assert w.min() >= 0
        assert slope.min() > -1e-9
        assert_allclose(slope * w, 0, atol=1e-9)


def test_nearest_with_small_gap_in_one_number():
    w = nearest_with_small_gap(np.array([2.0]), np.array([1.0]), 3.0)
    best = minimize_scalar(lambda w: (w - 2) ** 2 + 3 * w**2, bounds=(0, 5), method="bounded")
    assert_allclose(w, best.x, atol=1e-5)
    assert_allclose(nearest_with_small_gap(-np.ones(3), np.ones(3), 1.0), 0)


def test_codes_are_non_negative_least_squares():
    H = rng.gamma(0.5, size=(6, 12))
    H /= np.linalg.norm(H, axis=1, keepdims=True)
    X = rows_of_atoms(30, 12, 6) - 0.2
    expected = np.array([nnls(H.T, x)[0] for x in X])
    assert_allclose(nonnegative_codes(X, H, np.zeros(6)), expected, atol=1e-9)
    assert (expected == 0).any()


def test_codes_with_a_shift_are_optimal():
    H = rng.gamma(0.5, size=(6, 12))
    H /= np.linalg.norm(H, axis=1, keepdims=True)
    X, shift = rows_of_atoms(30, 12, 6), rng.normal(size=6)
    codes = nonnegative_codes(X, H, shift)
    slope = (codes @ H - X) @ H.T + shift
    assert codes.min() >= 0
    assert slope.min() > -1e-8
    assert_allclose(slope * codes, 0, atol=1e-8)


def test_equal_atoms_have_codes_too():
    H = np.repeat([[0.6, 0.8, 0.0]], 2, axis=0)
    codes = nonnegative_codes(np.array([[3.0, 4.0, 1.0]]), H, np.zeros(2))
    assert_allclose(codes.sum(), 5, atol=1e-9)
