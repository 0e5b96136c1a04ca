import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from featuretransfer.representation._transport_rows import (
    merge_equal,
    nearest_rows,
    represent,
    represent_by_class,
    transport_costs,
)

rng = np.random.default_rng(0)


@pytest.mark.parametrize("metric", ["sqeuclidean", "euclidean", "cityblock"])
def test_costs_and_nearest_rows(metric):
    A, B = rng.normal(size=(30, 4)) + 1e4, rng.normal(size=(20, 4)) + 1e4
    expected = cdist(A, B, metric)
    assert_allclose(transport_costs(A, B, metric), expected, rtol=1e-8)
    assert_array_equal(nearest_rows(A, B, metric), expected.argmin(axis=1))
    assert_array_equal(nearest_rows(B, B, metric), np.arange(20))


def test_function_of_two_rows():
    A, B = rng.normal(size=(6, 3)), rng.normal(size=(5, 3))

    def largest(a, b):
        return np.abs(a - b).max()

    expected = cdist(A, B, "chebyshev")
    assert_allclose(transport_costs(A, B, largest), expected)
    assert_array_equal(nearest_rows(A, B, largest), expected.argmin(axis=1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_function_that_is_no_distance(value):
    with pytest.raises(ValueError, match="gives costs that are negative, infinite or NaN"):
        transport_costs(np.ones((2, 2)), np.ones((3, 2)), lambda a, b: value)


def test_all_rows_weigh_the_same():
    X = rng.normal(size=(8, 2))
    for limit in (None, 8, 20):
        rows, weights = represent(X, limit)
        assert rows is X
        assert_allclose(weights, 1 / 8)


def test_landmarks_weigh_what_they_stand_for():
    X = np.repeat([[0.0, 0.0], [9.0, 9.0]], [30, 10], axis=0) + 0.1 * rng.normal(size=(40, 2))
    rows, weights = represent(X, 2)
    order = np.argsort(rows[:, 0])
    assert_allclose(weights[order], [0.75, 0.25])
    assert_allclose(rows[order], [X[:30].mean(axis=0), X[30:].mean(axis=0)])


def test_landmarks_without_rows_are_left_out():
    X = np.repeat([[0.0], [9.0]], [30, 10], axis=0)
    rows, weights = represent(X, 5)
    assert np.all(weights > 0)
    assert weights.sum() == pytest.approx(1)
    assert_allclose(weights @ rows, X.mean(axis=0))


def test_landmarks_by_class():
    X, y = rng.normal(size=(60, 2)), np.repeat(["a", "b", "c"], [40, 19, 1])
    rows, weights, groups = represent_by_class(X, y, 12)
    assert [len(group) for group in groups] == [8, 3, 1]
    assert_array_equal(np.concatenate(groups), np.arange(12))
    assert_allclose([weights[group].sum() for group in groups], [40 / 60, 19 / 60, 1 / 60])
    assert_allclose(rows[11], X[59])
    rows, weights, groups = represent_by_class(X, y[::-1])
    assert rows is X
    assert_array_equal(groups[0], np.arange(20, 60))


def test_equal_rows_share_the_weighted_mean():
    rows = np.array([[2.0, 0.0], [1.0, 5.0], [2.0, 0.0]])
    values = np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 1.0]])
    found, merged = merge_equal(rows, values, np.array([0.25, 0.25, 0.5]))
    assert_array_equal(found, [[1, 5], [2, 0]])
    assert_allclose(merged, [[3, 3], [11 / 3, 1]])
