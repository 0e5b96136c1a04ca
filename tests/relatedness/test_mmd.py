import itertools

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.preprocessing import StandardScaler

from featuretransfer.relatedness import _two_sample as two_sample
from featuretransfer.relatedness import energy_distance, maximum_mean_discrepancy
from featuretransfer.relatedness._energy import energy_test
from featuretransfer.relatedness._mmd import mmd_distances, mmd_test

rng = np.random.default_rng(0)
X, XT = rng.normal(size=(30, 4)), rng.normal(0.4, 1.5, size=(21, 4))


def dense(X, XT, unbiased):
    """The definition, with the median width, pair by pair."""
    rows = np.concatenate([X, XT])
    distances = euclidean_distances(rows, squared=True)[np.triu_indices(len(rows), 1)]
    gamma = 1 / np.median(distances[distances > 1e-12 * distances.max()])
    total = -2 * rbf_kernel(X, XT, gamma).mean()
    for part in (X, XT):
        K = rbf_kernel(part, gamma=gamma)
        if unbiased:
            total += (K.sum() - np.trace(K)) / (len(part) * (len(part) - 1))
        else:
            total += K.mean()
    return total


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("block", [1, 200, 2**20])
def test_definition(unbiased, block, monkeypatch):
    monkeypatch.setattr(two_sample, "BLOCK", block)
    found = maximum_mean_discrepancy(X, XT, unbiased=unbiased)
    assert_allclose(found, dense(X, XT, unbiased), rtol=1e-10)
    # symmetric, and blind to the order of the rows
    assert_allclose(maximum_mean_discrepancy(XT, X, unbiased=unbiased), found, rtol=1e-10)
    assert_allclose(maximum_mean_discrepancy(X[::-1], XT, unbiased=unbiased), found, rtol=1e-10)


def test_linear_kernel_is_the_distance_of_the_means():
    found = maximum_mean_discrepancy(X, XT, kernel="linear", unbiased=False)
    assert_allclose(found, np.sum((X.mean(axis=0) - XT.mean(axis=0)) ** 2))


def test_unbiased_is_zero_on_average_and_biased_is_not():
    draws = [np.random.default_rng(seed).normal(size=(40, 3)) for seed in range(60)]
    unbiased = [maximum_mean_discrepancy(d[:20], d[20:]) for d in draws]
    biased = [maximum_mean_discrepancy(d[:20], d[20:], unbiased=False) for d in draws]
    assert abs(np.mean(unbiased)) < 3 * np.std(unbiased) / np.sqrt(60)
    assert np.min(unbiased) < 0 < np.min(biased)


def test_one_kernel_for_several_corpora():
    both = mmd_distances([X, X + 1], XT, "rbf", 0.3)
    expected = [
        maximum_mean_discrepancy(part, XT, gamma=0.3, unbiased=False) for part in (X, X + 1)
    ]
    assert_allclose(both, expected)


def test_energy_distance_is_twice_the_discrepancy_with_the_kernel_of_distances():
    def kernel(a, b):
        return (np.linalg.norm(a) + np.linalg.norm(b) - np.linalg.norm(a - b)) / 2

    for unbiased in (True, False):
        expected = 2 * maximum_mean_discrepancy(X, XT, kernel=kernel, unbiased=unbiased)
        assert_allclose(energy_distance(X, XT, unbiased=unbiased), expected)


def test_energy_distance_of_one_feature_is_that_of_scipy():
    from scipy import stats

    expected = stats.energy_distance(X[:, 0], XT[:, 0]) ** 2
    assert_allclose(energy_distance(X[:, :1], XT[:, :1]), expected)


@pytest.mark.parametrize("measure", [maximum_mean_discrepancy, energy_distance])
def test_degenerate_rows(measure):
    assert measure(np.ones((3, 2)), np.ones((4, 2))) == 0
    assert_allclose(measure(X, X, unbiased=False), 0, atol=1e-12)
    twice = np.concatenate([X, X])
    assert_allclose(measure(twice, XT, unbiased=False), measure(X, XT, unbiased=False), rtol=0.05)
    assert_allclose(measure(X.astype("f4"), XT.astype("f4")), measure(X, XT), rtol=1e-5)
    assert measure([[0.0]], [[1.0]], unbiased=False) > 0  # one row each
    with pytest.raises(ValueError, match="At least 2 rows .* got 1 of the source and 21"):
        measure(X[:1], XT, unbiased=True)


def test_other_columns_are_refused():
    with pytest.raises(ValueError, match="X_target has 3 features, but X has 4"):
        maximum_mean_discrepancy(X, XT[:, :3])
    first, second = pd.DataFrame(X), pd.DataFrame(XT, columns=[3, 2, 1, 0])
    with pytest.raises(ValueError, match="same names in another order"):
        maximum_mean_discrepancy(first, second)
    with pytest.raises(ValueError, match="contains NaN"):
        maximum_mean_discrepancy(X, XT * np.nan)


def exchanged(test, *args, n, seed=0, **options):
    return test(*args, n_permutations=n, random_state=seed, **options)


def by_hand(statistic, X, XT, speakers, speakers_target):
    """All exchanges of speakers, the statistic computed anew from the rows each time."""
    rows = np.concatenate([X, XT])
    ids = np.array([f"s{s}" for s in speakers] + [f"t{t}" for t in speakers_target])
    names = np.unique(ids)
    n_first = len(set(speakers))
    observed = statistic(X, XT)
    found = []
    for chosen in itertools.combinations(names, n_first):
        first = np.isin(ids, chosen)
        if not np.array_equal(first, np.arange(len(ids)) < len(X)):
            found.append(statistic(rows[first], rows[~first]))
    reached = np.count_nonzero(np.array(found) >= observed - 1e-10)
    return (1 + reached) / (1 + len(found)), len(found)


@pytest.mark.parametrize(
    ("test", "statistic"),
    [
        (mmd_test, lambda A, B: maximum_mean_discrepancy(A, B)),
        (energy_test, lambda A, B: energy_distance(A, B)),
    ],
)
def test_p_value_over_all_exchanges_of_speakers(test, statistic):
    speakers, speakers_target = np.arange(30) % 3, np.arange(21) % 4
    value, p, n_drawn = exchanged(test, X, XT, speakers, speakers_target, n=999)
    expected, n_expected = by_hand(statistic, X, XT, speakers, speakers_target)
    assert_allclose(value, statistic(X, XT))
    assert (p, n_drawn) == (expected, n_expected) == (expected, 34)


def test_random_exchanges_are_near_all_of_them():
    speakers, speakers_target = np.arange(30) % 6, np.arange(21) % 6
    drift = 0.4 * rng.normal(size=(12, 4))
    A, B = X + drift[speakers], XT / 1.5 + drift[6 + speakers_target]
    _, everything, n_all = exchanged(mmd_test, A, B, speakers, speakers_target, n=1000)
    _, some, n_some = exchanged(mmd_test, A, B, speakers, speakers_target, n=500)
    assert (n_all, n_some) == (923, 500)
    assert abs(some - everything) < 0.08
    assert exchanged(mmd_test, A, B, speakers, speakers_target, n=500)[1] == some
    order = rng.permutation(30)
    assert_allclose(
        exchanged(mmd_test, A[order], B, speakers[order], speakers_target, n=500)[1],
        some,
    )


def test_speakers_are_exchanged_and_not_rows():
    """Corpora of few speakers of one population: rows would nearly always be rejected."""
    by_speaker, by_row = 0, 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        offsets = draw.normal(size=(10, 3))
        speakers = np.repeat(np.arange(5), 10)
        A, B = (offsets[speakers + n] + 0.5 * draw.normal(size=(50, 3)) for n in (0, 5))
        row = np.arange(50)
        by_speaker += exchanged(mmd_test, A, B, speakers, speakers, n=99, seed=seed)[1] <= 0.05
        by_row += exchanged(mmd_test, A, B, row, row, n=99, seed=seed)[1] <= 0.05
    assert by_speaker <= 9  # 3 expected
    assert by_row >= 40


@pytest.mark.parametrize("test", [mmd_test, energy_test])
def test_corpora_that_were_scaled_by_themselves_are_so_after_an_exchange(test):
    """One population heard at two levels: without new scaling no value would look large."""
    found = {True: [], False: []}
    for seed in range(30):
        draw = np.random.default_rng(seed)
        offsets, speakers = draw.normal(size=(12, 3)), np.repeat(np.arange(6), 8)
        A, B = (
            StandardScaler().fit_transform(offsets[speakers + n] + draw.normal(size=(48, 3)))
            for n in (0, 6)
        )
        for rescale, values in found.items():
            values.append(exchanged(test, A, B, speakers, speakers, rescale=rescale, n=39)[1])
    assert np.mean(found[False]) > 0.7
    assert 0.3 < np.mean(found[True]) < 0.7
    assert np.mean(np.array(found[True]) <= 0.1) <= 0.27


def test_a_difference_of_shape_is_found_after_scaling_by_corpus():
    speakers = np.repeat(np.arange(6), 10)
    A, B = rng.normal(size=(60, 3)), rng.exponential(size=(60, 3))
    A, B = (StandardScaler().fit_transform(part) for part in (A, B))
    _, p, _ = exchanged(mmd_test, A, B, speakers, speakers, rescale=True, n=99)
    assert p <= 0.05
