"""The two stages themselves, on scripted predictions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer.instance._adaboost_r2 import (
    adjusted_errors,
    boost_target,
    shrink_source,
    source_path,
    target_masses,
    weighted_median,
)


def scripted(*predictions):
    """A learner that predicts in every round what it is told to, and the weights it was given."""
    left, seen = [np.array(p, dtype=float) for p in predictions], []

    def learn(weights):
        seen.append(weights.copy())
        return len(seen), left.pop(0)

    return learn, seen


def test_adjusted_errors():
    assert_allclose(adjusted_errors(np.array([-1.0, 2.0, 0.0]), np.ones(3)), [0.5, 1, 0])
    # a row without weight sets no scale
    assert_allclose(adjusted_errors(np.array([-1.0, 2.0, 0.0]), np.array([1, 0, 1])), [1, 2, 0])
    assert_array_equal(adjusted_errors(np.zeros(3), np.ones(3)), np.zeros(3))


@pytest.mark.oracle("TwoStageTrAdaBoostR2")
def test_second_stage_by_hand():
    """Two source and two target rows of rating 0.

    Round 1 predicts (4, 2, 0, 1): e = (1, 1/2, 0, 1/4), eps = 1.75 / 4 = 7/16, beta = 7/9. The
    target weights become beta and beta ** 0.75, rescaled to sum 2. Round 2 predicts (0, 1, 2, 0):
    e = (0, 1/2, 1, 0), and its first target row weighs 2 / (1 + beta ** -0.25) = 0.9685960.
    """
    learn, seen = scripted([4, 2, 0, 1], [0, 1, 2, 0])
    estimators, shares = boost_target(learn, np.zeros(4), np.ones(4), 2, 2)
    beta = 7 / 9
    first = 2 * beta / (beta + beta**0.75)
    assert_allclose(first, 0.9685960, rtol=1e-6)
    assert_allclose(seen[1], [1, 1, first, 2 - first])
    eps = (0.5 + first) / 4
    votes = np.array([np.log(9 / 7), np.log((1 - eps) / eps)])
    assert estimators == [1, 2]
    assert_allclose(shares, votes / votes.sum())


def test_second_stage_ends_before_a_round_with_half_the_error_but_keeps_the_first():
    learn, _ = scripted([0, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0])
    estimators, shares = boost_target(learn, np.zeros(4), np.ones(4), 2, 3)
    assert estimators == [1]
    assert_array_equal(shares, [1])
    learn, _ = scripted([1, 1, 1, 0], [0, 0, 0, 1])
    estimators, shares = boost_target(learn, np.zeros(4), np.ones(4), 2, 3)
    assert estimators == [1]
    assert_array_equal(shares, [1])


def test_second_stage_ends_where_rounds_would_repeat():
    learn, _ = scripted([0, 0, 1, 0], [1, 0, 0, 0])
    estimators, shares = boost_target(learn, np.zeros(4), np.ones(4), 2, 10)
    assert estimators == [1, 2]
    votes = np.array([np.log(3), 9 * np.log(3)])  # both errors are 1/4
    assert_allclose(shares, votes / votes.sum())
    learn, _ = scripted([0, 0, 0, 0])
    assert boost_target(learn, np.zeros(4), np.ones(4), 2, 10)[0] == [1]


@pytest.mark.oracle("TwoStageTrAdaBoostR2")
@pytest.mark.parametrize("mass", [0.2, 0.5, 0.9, 0.999999, 1 - 1e-12])
@pytest.mark.parametrize("seed", range(3))
def test_source_weights_fall_by_a_power_of_one_beta_to_the_mass(mass, seed):
    rng = np.random.default_rng(seed)
    w, errors = rng.uniform(0.5, 2, size=60), rng.uniform(size=60)
    w[50:] *= 0.1 * w[:50].sum() / w[50:].sum()
    source = shrink_source(w, errors, 50, mass)
    assert_allclose(source.sum(), 1 - mass, rtol=1e-9)
    # source : target is ratio * w * beta ** e, with one beta below 1
    left = source > 1e-290  # the others are close to the least number there is
    change = np.log(source[left] / mass) - np.log(w[:50][left] / w[50:].sum())
    slope = change / errors[:50][left]
    assert left.sum() > 3
    assert_allclose(slope, slope[0], rtol=1e-6)
    assert slope[0] < 0


def test_no_step_is_no_change():
    w, errors = np.ones(10), np.linspace(0, 1, 10)
    assert_allclose(shrink_source(w, errors, 6, 0.4), np.full(6, 0.1))


def test_the_target_alone():
    assert_array_equal(shrink_source(np.ones(4), np.array([0, 1, 1, 0]), 3, 1.0), np.zeros(3))


def test_rows_without_error_that_outweigh_the_target_are_scaled_down():
    source = shrink_source(np.ones(6), np.array([0.0, 0, 0.5, 1, 0, 0]), 4, 0.75)
    assert_allclose(source, [0.125, 0.125, 0, 0])
    source = shrink_source(np.ones(6), np.zeros(6), 4, 0.75)
    assert_allclose(source, np.full(4, 0.0625))
    # one of them does not outweigh it
    source = shrink_source(np.ones(6), np.array([0.0, 0.5, 0.5, 1, 0, 0]), 4, 0.6)
    assert_allclose(source[0] / 0.6, 1 / 2)
    assert_allclose(source.sum(), 0.4)


@pytest.mark.parametrize("errors", [[1e-200, 1, 1], [1e-12, 1e-9, 1e-3], [1, 1, 1]])
def test_errors_of_any_size(errors):
    source = shrink_source(np.ones(4), np.array([*errors, 0]), 3, 0.9)
    assert np.isfinite(source).all()
    assert_allclose(source.sum(), 0.1)


def test_masses():
    assert_allclose(target_masses(30, 10, 4), [0.25, 0.5, 0.75, 1])
    assert target_masses(30, 10, 4)[-1] == 1
    assert_allclose(target_masses(30, 10, 1), [0.25])


def test_path_has_the_masses_and_equal_target_weights():
    rng = np.random.default_rng(0)
    learn, seen = scripted(*rng.normal(size=(4, 40)))
    masses = target_masses(30, 10, 5)
    path = list(source_path(learn, rng.normal(size=40), 30, masses))
    assert len(path) == 5
    assert_array_equal(path[0], np.ones(40))
    for w, mass in zip(path, masses):
        assert_allclose(w.mean(), 1)
        assert_allclose(w[30:], mass * 4)
    assert_array_equal(path[-1][:30], 0)
    assert len(seen) == 4


@pytest.mark.parametrize("seed", range(3))
def test_weighted_median_by_definition(seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.integers(0, 5, size=(30, 7)).astype(float), rng.uniform(size=7)
    for row, median in zip(values, weighted_median(values, weights)):
        reached = [v for v in row if weights[row <= v].sum() >= weights.sum() / 2]
        assert median == min(reached)
    assert weighted_median(np.array([[3.0, 1.0, 2.0]]), np.ones(3))[0] == 2
    assert weighted_median(np.array([[3.0, 1.0, 2.0]]), np.array([1.0, 0.2, 0.3]))[0] == 3
