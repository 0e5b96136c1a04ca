import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.covariance import ledoit_wolf

from featuretransfer.relational._imputation import (
    learn_means,
    learn_regression,
    with_modalities_dropped,
)

COLUMNS = [np.array([0, 3]), np.array([1, 2, 4]), np.array([5])]


def rows(n=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) @ rng.normal(size=(3, 6)) + 0.5 * rng.normal(size=(n, 6))
    return 10.0 ** np.arange(6) * (X + 3)


def without(X, *missing):
    X, present = X.copy(), np.ones((len(X), 3), dtype=bool)
    for row, modality in missing:
        X[row, COLUMNS[modality]] = np.nan
        present[row, modality] = False
    return X, present


def test_means_are_of_the_rows_that_have_the_modality():
    X, present = without(rows(), (0, 1), (1, 0), (2, 0), (2, 1))
    filled = learn_means(X, present, COLUMNS)(X, present)
    assert_array_equal(filled[3:], X[3:])
    assert_allclose(filled[0, COLUMNS[1]], X[~np.isnan(X[:, 1])][:, COLUMNS[1]].mean(axis=0))
    assert_allclose(filled[2, COLUMNS[0]], X[~np.isnan(X[:, 0])][:, COLUMNS[0]].mean(axis=0))
    assert np.isnan(X[0, 1])  # a copy was filled


@pytest.mark.parametrize("n", [60, 5])
def test_regression_is_the_conditional_mean(n):
    X, present = without(rows(n), (0, 1), (1, 0), (1, 2))
    complete = X[2:]
    mean, std = complete.mean(axis=0), complete.std(axis=0)
    C, _ = ledoit_wolf((complete - mean) / std, assume_centered=True)
    filled = learn_regression(X, present, COLUMNS)(X, present)
    assert_array_equal(filled[2:], X[2:])
    for row, missing in ((0, [1, 2, 4]), (1, [0, 3, 5])):
        known = np.setdiff1d(np.arange(6), missing)
        z = (X[row, known] - mean[known]) / std[known]
        # the oracle shrinks to the mean variance, which is 1 for standardised columns
        expected = C[np.ix_(missing, known)] @ np.linalg.solve(C[np.ix_(known, known)], z)
        assert_allclose(filled[row, missing], mean[missing] + std[missing] * expected, rtol=1e-8)


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9, 2)) @ rng.normal(size=(2, 40)) + 0.3 * rng.normal(size=(9, 40))
    X[0, 30:] = np.nan
    present = np.array([[True, False]] + [[True, True]] * 8)
    filled = learn_regression(X, present, [np.arange(30), np.arange(30, 40)])(X, present)
    mean, std = X[1:].mean(axis=0), X[1:].std(axis=0)
    C, shrinkage = ledoit_wolf((X[1:] - mean) / std, assume_centered=True)
    assert 0.01 < shrinkage < 1
    z = (X[0, :30] - mean[:30]) / std[:30]
    expected = C[30:, :30] @ np.linalg.solve(C[:30, :30], z)
    assert_allclose(filled[0, 30:], mean[30:] + std[30:] * expected, rtol=1e-8)


def test_what_follows_from_the_others_is_found():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 6))
    X[:, [0, 3]] = X[:, [1, 2]] @ rng.normal(size=(2, 2)) + 5
    holed, present = without(X, *((row, 0) for row in range(20)))
    filled = learn_regression(holed, present, COLUMNS)(holed, present)
    assert_allclose(filled, X, atol=0.05 * X.std())


def test_nothing_to_tell_from_is_the_mean():
    X = rows()
    X[:, COLUMNS[1]] = 7.0
    X[:, 5] = 2.0
    holed, present = without(X, (0, 0))
    filled = learn_regression(holed, present, COLUMNS)(holed, present)
    assert_allclose(filled[0, [0, 3]], X[1:, [0, 3]].mean(axis=0))


def test_single_precision_is_kept():
    X, present = without(rows().astype(np.float32), (0, 1))
    for learn in (learn_means, learn_regression):
        assert learn(X, present, COLUMNS)(X, present).dtype == np.float32


def test_dropped_modalities():
    X, present = without(rows(4), (1, 0), (2, 0), (2, 1))
    seen = []

    def fill(X, present):
        seen.append(present)
        return X

    filled, origin, weights = with_modalities_dropped(X, present, 0.6, fill)
    assert_array_equal(filled, X[origin])
    assert_allclose(np.bincount(origin, weights), 1)
    listed = [(o, *p.astype(int), round(w, 3)) for o, p, w in zip(origin, seen[0], weights)]
    assert listed == [
        (0, 1, 1, 1, 0.4),
        (1, 0, 1, 1, 0.4),
        (2, 0, 0, 1, 1.0),
        (3, 1, 1, 1, 0.4),
        (0, 0, 1, 1, 0.2),
        (3, 0, 1, 1, 0.2),
        (0, 1, 0, 1, 0.2),
        (1, 0, 0, 1, 0.3),
        (3, 1, 0, 1, 0.2),
        (0, 1, 1, 0, 0.2),
        (1, 0, 1, 0, 0.3),
        (3, 1, 1, 0, 0.2),
    ]
