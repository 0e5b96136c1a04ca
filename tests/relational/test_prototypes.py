import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.cluster import KMeans

from featuretransfer.relational._prototypes import (
    arrangement_of,
    fit_prototypes,
    place_prototypes,
    squared_distances,
)


def rows(n=60, d=3, k=4, seed=0):
    rng = np.random.default_rng(seed)
    arrangement = 3 * rng.normal(size=(k, d))
    codes = np.arange(n) % k
    X = 5 + arrangement[codes] + rng.normal(size=(n, d))
    return X, codes, arrangement, rng.uniform(1, 3, n)


def fit(X, known, weights, arrangement, strength, metric=lambda X: X, max_iter=100):
    never = lambda codes, iteration: False  # noqa: E731
    return fit_prototypes(X, known, weights, arrangement, strength, metric, max_iter, never)


@pytest.mark.parametrize("strength", [0.3, 20.0])
@pytest.mark.parametrize("empty", [False, True])
def test_placing_is_the_minimum(strength, empty):
    X, codes, arrangement, weights = rows()
    if empty:
        codes = np.where(codes == 3, 0, codes)
    positions, shift = place_prototypes(X, codes, weights, arrangement, strength)

    def value(free):
        free = free.reshape(5, 3)
        P, b = free[:4], free[4]
        return np.sum(weights[:, None] * (X - P[codes]) ** 2) + strength * np.sum(
            (P - b - arrangement) ** 2
        )

    found = minimize(value, np.zeros(15), tol=1e-12).x.reshape(5, 3)
    assert_allclose(positions, found[:4], atol=1e-4)
    assert_allclose(shift, found[4], atol=1e-4)


def test_limits_of_the_strength():
    X, codes, arrangement, weights = rows()
    means = [np.average(X[codes == c], axis=0, weights=weights[codes == c]) for c in range(4)]
    follow, _ = place_prototypes(X, codes, weights, arrangement, 0.0)
    assert_allclose(follow, means, rtol=1e-12)
    moved, shift = place_prototypes(X, codes, weights, arrangement, np.inf)
    assert_allclose(moved - moved.mean(axis=0), arrangement - arrangement.mean(axis=0), atol=1e-12)
    # the rows, each at its prototype, have the mean of the rows
    assert_allclose(weights @ moved[codes], weights @ X, rtol=1e-12)
    assert_allclose(moved, arrangement + shift)
    for strength, limit in ((1e-9, follow), (1e12, moved)):
        near, _ = place_prototypes(X, codes, weights, arrangement, strength)
        assert_allclose(near, limit, atol=1e-8)


def test_an_empty_class_is_where_the_others_shift_the_arrangement_to():
    X, _, arrangement, weights = rows()
    codes = np.arange(60) % 3
    positions, _ = place_prototypes(X, codes, weights, arrangement, 0.0)
    assert_allclose(positions[3], arrangement[3] + (positions - arrangement)[:3].mean(axis=0))
    near, _ = place_prototypes(X, codes, weights, arrangement, 1e-9)
    assert_allclose(positions, near, atol=1e-7)


@pytest.mark.parametrize("strength", [0.0, 2.0, 50.0, np.inf])
@pytest.mark.parametrize("labelled", [0, 8])
def test_objective_never_grows(strength, labelled):
    rng = np.random.default_rng(1)
    grown = 0
    for seed in range(5):
        X, codes, arrangement, weights = rows(d=5, seed=seed)
        arrangement = arrangement + 3 * rng.normal(size=arrangement.shape)
        known = np.where(np.arange(60) < labelled, codes, -1)
        mix = rng.normal(size=(5, 5))
        found = fit(X, known, weights, arrangement, strength, metric=lambda X: X @ mix)  # noqa: B023
        assert found.converged
        assert_array_equal(found.codes[:labelled], codes[:labelled])
        grown += len(found.objective) > 2
        # with no strength or an endless one the part left out makes the first value another one
        values = np.array(found.objective[1:] if strength in (0, np.inf) else found.objective)
        assert np.all(np.diff(values) <= 1e-9 * values[0])
    assert grown


def test_without_strength_it_is_k_means():
    X, _, arrangement, _ = rows()
    found = fit(X, np.full(60, -1), np.ones(60), arrangement, 0.0)
    start = arrangement + X.mean(axis=0) - arrangement.mean(axis=0)
    reference = KMeans(4, init=start, n_init=1, algorithm="lloyd", tol=0).fit(X)
    assert_array_equal(found.codes, reference.labels_)
    assert_allclose(found.positions, reference.cluster_centers_, rtol=1e-6)
    assert_allclose(found.objective[-1], reference.inertia_, rtol=1e-6)


def test_stops_where_told():
    X, _, arrangement, weights = rows()
    start = fit_prototypes(
        X, np.full(60, -1), weights, arrangement, 1.0, lambda X: X, 9, lambda codes, i: True
    )
    expected = arrangement + X.mean(axis=0) - arrangement.mean(axis=0)
    assert_allclose(start.positions, expected)
    arrangement = arrangement[::-1] * 0.2
    assert not fit(X, np.full(60, -1), weights, arrangement, 0.0, max_iter=1).converged


def test_distances():
    X, _, arrangement, _ = rows()
    expected = ((X[:, None] - arrangement) ** 2).sum(axis=2)
    assert_allclose(squared_distances(X, arrangement), expected, rtol=1e-9)


def test_arrangement():
    source = ["anger", "joy", "neutral", "sadness", "odd"]
    V = {
        "anger": np.array([-0.5, 0.6]),
        "joy": np.array([0.8, 0.5]),
        "happiness": np.array([0.8, 0.5]),
        "neutral": np.zeros(2),
        "sadness": np.array([-0.6, -0.3]),
        "boredom": np.array([-0.7, -0.6]),
    }
    rng = np.random.default_rng(0)
    slopes, base = rng.normal(size=(2, 7)), rng.normal(size=7)
    means = np.array([base + V[c] @ slopes if c in V else rng.normal(size=7) for c in source])
    classes = ["boredom", "happiness", "odd", "anger"]
    found = arrangement_of(means, source, classes, V)
    assert_allclose(found[0], base + V["boredom"] @ slopes)  # an affine map is found exactly
    assert_array_equal(found[1:], means[[1, 4, 0]])


def test_arrangement_on_a_line():
    V = {"low": np.zeros(1), "high": np.ones(1), "mid": np.full(1, 0.25)}
    found = arrangement_of(np.array([[0.0, 8.0], [4.0, 0.0]]), ["low", "high"], ["mid"], V)
    assert_allclose(found, [[1.0, 6.0]])
