import warnings

import numpy as np
import pytest

from featuretransfer.exceptions import LowEffectiveSampleSizeWarning
from featuretransfer.instance import WeighterMixin, effective_sample_size
from featuretransfer.instance._weights import normalise_weights, warn_if_low


class Weighter(WeighterMixin):
    def fit(self, w):
        self._set_weights(w)
        return self


@pytest.mark.parametrize("n", [1, 7, 100])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_effective_sample_size_counts_equal_weights(n, scale):
    w = np.r_[np.full(n, scale), np.zeros(5)]
    assert effective_sample_size(w) == pytest.approx(n)


def test_effective_sample_size_is_between_one_and_n():
    w = np.random.default_rng(0).exponential(size=50)
    assert 1 < effective_sample_size(w) < 50
    assert effective_sample_size(w) == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_weights_get_mean_one():
    weighter = Weighter().fit([1.0, 3.0, 0.0, 4.0])
    np.testing.assert_allclose(weighter.sample_weight_, [0.5, 1.5, 0.0, 2.0])
    assert weighter.sample_weight_.dtype == np.float64
    assert weighter.effective_sample_size_ == pytest.approx(64 / 26)


def test_uniform_weights_stay_exactly_one():
    np.testing.assert_array_equal(normalise_weights(np.ones(37), "test"), np.ones(37))


@pytest.mark.parametrize("bad", [[1.0, -0.1], [1.0, np.nan], [1.0, np.inf]])
def test_impossible_weights_are_refused(bad):
    with pytest.raises(ValueError, match=r"negative or not finite \(1 of 2\)"):
        Weighter().fit(bad)


def test_all_zero_weights_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="weight 0 to every source row.*wider kernel"):
        Weighter().fit(np.zeros(3))


def test_low_effective_sample_size_warns_with_the_remedy():
    with pytest.warns(LowEffectiveSampleSizeWarning, match=r"2\.0 of 30 \(6\.7 %\).*PCA"):
        Weighter().fit(np.r_[np.ones(2), np.zeros(28)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Weighter().fit(np.r_[np.ones(3), np.zeros(27)])  # a tenth exactly


def test_the_warning_points_at_the_caller():
    with pytest.warns(LowEffectiveSampleSizeWarning) as record:
        warn_if_low(1.0, 100, stacklevel=2)
    assert record[0].filename == __file__
