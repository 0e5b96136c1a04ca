import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.covariance import ledoit_wolf

from featuretransfer.representation._class_maps import class_maps, class_moments, mixture
from featuretransfer.representation._gaussian_map import gaussian_map

rng = np.random.default_rng(0)


def rows(n, d):
    codes = np.arange(n) % 3
    codes[codes == 2] = 1  # one class of a third, one of two thirds
    return rng.normal(size=(n, d)) * np.linspace(0.5, 2, d) + 3 * codes[:, None], codes


def dense(covariance, d):
    return covariance.times_power(np.eye(d), 1.0)


@pytest.mark.oracle("ClassCORAL")
@pytest.mark.parametrize(("n", "d"), [(60, 5), (18, 40)])
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.3])
@pytest.mark.parametrize("pooling", [0.0, 0.5, 1.0, np.inf])
def test_moments_equal_the_dense_formula(n, d, reg, pooling):
    X, codes = rows(n, d)
    found = class_moments(X, codes, reg, pooling)
    deviations = X - np.stack([X[codes == c].mean(axis=0) for c in (0, 1)])[codes]
    within = deviations.T @ deviations / (n - 2)
    a = ledoit_wolf(deviations, assume_centered=True)[1]
    for c in (0, 1):
        assert_allclose(found.means[c], X[codes == c].mean(axis=0))
        free = np.count_nonzero(codes == c) - 1
        w = free / (free + pooling * d)
        S = w * np.cov(X[codes == c].T) + (1 - w) * within
        if reg == "ledoit-wolf":
            expected = (1 - a) * S + a * np.trace(S) / d * np.eye(d)
        else:
            expected = S + reg * np.eye(d)
        assert_allclose(dense(found.covariances[c], d), expected, atol=1e-10)


def test_a_class_of_one_row_has_the_covariance_within_the_others():
    X, codes = rows(30, 4)
    codes[0] = 2
    found = class_moments(X, codes, 0.0, 0.0)
    deviations = np.concatenate([X[codes == c] - X[codes == c].mean(axis=0) for c in (0, 1)])
    assert_allclose(dense(found.covariances[2], 4), deviations.T @ deviations / 27)
    assert_allclose(found.means[2], X[0])


def test_classes_of_one_row_each_have_no_covariance():
    X, _ = rows(3, 4)
    found = class_moments(X, np.arange(3), 0.0, 1.0)
    assert found.covariances == {}
    assert set(found.means) == {0, 1, 2}


def test_class_without_target_rows_has_the_pooled_map():
    X, codes = rows(30, 4)
    target, target_codes = rows(20, 4)
    source = class_moments(X, codes, 0.1, 1.0)
    present = class_moments(target[target_codes == 1], np.ones(13, dtype=int), 0.1, 1.0)
    pair = source.covariances[0], present.covariances[1]
    pooled = gaussian_map((X.mean(axis=0), target.mean(axis=0)), pair)
    maps = class_maps(source, present, 2, pooled)
    assert maps[0] is pooled
    assert_allclose(maps[1](source.means[1][None])[0], present.means[1])


def test_class_without_a_regular_covariance_has_the_pooled_linear_part():
    X, codes = rows(30, 4)
    target, target_codes = rows(20, 4)
    X[codes == 0] *= [1, 1, 1, 0]  # of rank 3
    source, present = class_moments(X, codes, 0.0, 0.0), class_moments(target, target_codes, 0.0, 0)
    assert source.covariances[0].is_singular
    pair = source.covariances[1], present.covariances[0]
    pooled = gaussian_map((X.mean(axis=0), target.mean(axis=0)), pair)
    maps = class_maps(source, present, 2, pooled)
    assert not np.allclose(maps[1].matrix, pooled.matrix)
    assert maps[0].matrix is pooled.matrix
    assert_allclose(maps[0](source.means[0][None])[0], present.means[0])


def test_mixture():
    X = rng.normal(size=(4, 2))
    shares = np.array([[1.0, 0.0], [0.0, 1.0], [0.25, 0.75], [0.5, 0.5]])
    found = mixture(X, [lambda rows: rows + 4, lambda rows: -rows], shares)
    assert_allclose(found, shares[:, :1] * (X + 4) - shares[:, 1:] * X)
