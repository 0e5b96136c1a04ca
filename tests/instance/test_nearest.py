import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from featuretransfer import NearestNeighborWeights

rng = np.random.default_rng(0)
X, XT = rng.normal(size=(60, 3)), 0.7 * rng.normal(size=(90, 3)) + 0.4


@pytest.mark.oracle("NearestNeighborWeights")
@pytest.mark.parametrize("d", [3, 40])
def test_counts_are_those_of_brute_force(d):
    X, XT = rng.normal(size=(60, d)), 0.7 * rng.normal(size=(90, d)) + 0.4
    weighter = NearestNeighborWeights().fit(X, X_target=XT)
    expected = np.bincount(cdist(XT, X).argmin(axis=1), minlength=60)
    assert_array_equal(weighter.counts_, expected)
    assert weighter.counts_.sum() == 90
    assert_allclose(weighter.sample_weight_, expected / expected.mean())


def test_smoothing_is_added_to_the_counts():
    weighter = NearestNeighborWeights(smoothing=1.0).fit(X, X_target=XT)
    assert_allclose(weighter.sample_weight_, (weighter.counts_ + 1) * 60 / 150)


def test_equal_rows_share():
    rows = np.array([[0.0], [0.0], [5.0]])
    weighter = NearestNeighborWeights().fit(rows, X_target=np.array([[0.1], [-0.1]]))
    assert_array_equal(weighter.counts_, [1, 1, 0])


def test_target_identical_to_the_source_gives_ones():
    assert_array_equal(NearestNeighborWeights().fit(X, X_target=(X,)).sample_weight_, np.ones(60))


def test_weights_grow_toward_the_target():
    source, target = rng.normal(size=(500, 1)), rng.normal(1, 0.5, size=(500, 1))
    weights = NearestNeighborWeights().fit(source, X_target=(target,)).sample_weight_
    near = np.abs(source[:, 0] - 1) < 0.5
    assert weights[near].mean() > 2
    assert weights[source[:, 0] < -0.5].max() == 0


def test_without_target():
    weighter = NearestNeighborWeights().fit(X)
    assert_array_equal(weighter.sample_weight_, np.ones(60))
    assert_array_equal(weighter.counts_, np.zeros(60))


@pytest.mark.parametrize("value", [-1, np.nan, "1", True])
def test_bad_smoothing(value):
    with pytest.raises(ValueError, match="smoothing must be a number >= 0"):
        NearestNeighborWeights(smoothing=value).fit(X, X_target=XT)
