"""The rounds themselves, on scripted predictions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from featuretransfer.instance._boosting import boost, log_odds, shares, target_error


def scripted(*predictions):
    """A learner that predicts in every round what it is told to."""
    left = [np.array(labels) for labels in predictions]

    def learn(weights):
        return len(left), left.pop(0)

    return learn


@pytest.mark.oracle("TrAdaBoost")
def test_weights_by_hand():
    """Two source and four target rows of class 0, two rounds.

    ``beta = 1 / (1 + sqrt(2 ln(2) / 2)) = 1 / 1.8325546 = 0.5456864``. Round 1 gets a source and a
    target row wrong: error 1/4, the target row is multiplied by 3. The weights (0.5456864, 1, 3, 1,
    1, 1) sum to 7.5456864. Round 2 gets target rows 1 and 2 wrong: error (3 + 1) / 6 = 2/3.
    """
    y = np.zeros(6, dtype=int)
    learn = scripted([1, 0, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0])
    rounds = boost(learn, y, n_source=2, n_classes=4, n_rounds=2)
    assert_allclose(rounds.weights[0], np.ones(6))
    expected = np.array([0.5456864, 1, 3 * 3, 1, 1, 1])  # 3 by the odds, 3 by four classes
    assert_allclose(rounds.weights[1], expected * 6 / expected.sum(), rtol=1e-6)
    assert_allclose(rounds.errors, [1 / 4, 10 / 12])
    assert_allclose(rounds.votes, [np.log(9), 0], atol=1e-8)  # the second is worse than chance
    learn = scripted([1, 0, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0])
    rounds = boost(learn, y, n_source=2, n_classes=2, n_rounds=2)
    expected = np.array([0.5456864, 1, 3, 1, 1, 1])
    assert_allclose(rounds.weights[1], expected * 6 / 7.5456864, rtol=1e-6)
    assert_allclose(rounds.errors, [1 / 4, 2 / 3])
    assert_allclose(rounds.votes, [np.log(3), 0], atol=1e-8)


def test_many_rounds_neither_overflow_nor_vanish():
    y, wrong = np.zeros(10, dtype=int), np.array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    turns = [
        np.roll(wrong, shift) * (np.arange(10) >= 5) + (np.arange(10) < 5) for shift in range(5)
    ]
    rounds = boost(scripted(*(turns * 1000)), y, n_source=5, n_classes=4, n_rounds=5000)
    assert np.isfinite(rounds.weights).all()
    assert_allclose(rounds.weights.mean(axis=1), 1)
    assert np.all(rounds.weights[-1, :5] < 1e-30)


def test_stops_where_every_row_is_right():
    y = np.zeros(4, dtype=int)
    learn = scripted([1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1])
    rounds = boost(learn, y, n_source=2, n_classes=2, n_rounds=10)
    assert rounds.estimators == [3, 2]


def test_goes_on_where_only_the_target_is_right():
    learn = scripted(*([[1, 0, 0, 0]] * 3))
    rounds = boost(learn, np.zeros(4, dtype=int), n_source=2, n_classes=2, n_rounds=3)
    assert len(rounds.estimators) == 3
    assert_allclose(rounds.errors, 0)
    assert np.all(np.diff(rounds.weights[:, 0] / rounds.weights[:, 1]) < 0)
    assert_allclose(rounds.weights[:, 2], rounds.weights[:, 3])


def test_target_error_is_a_share_of_the_target_weights():
    w, wrong = np.array([9.0, 9.0, 1.0, 3.0]), np.array([True, True, False, True])
    assert target_error(w, wrong, 2) == 0.75


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_odds_are_against_those_of_chance(n_classes):
    chance = 1 - 1 / n_classes
    assert 0 < log_odds(chance, n_classes) < 1e-8
    assert log_odds(0.9999, n_classes) == log_odds(chance, n_classes)
    assert log_odds(0.0, n_classes) == log_odds(1e-10, n_classes)
    assert_allclose(log_odds(0.1, n_classes), np.log(9 * (n_classes - 1)))


def test_a_single_class_is_always_right():
    assert log_odds(0.0, 1) == log_odds(0.0, 2)
    rounds = boost(scripted([0, 0, 0]), np.zeros(3, dtype=int), 2, n_classes=1, n_rounds=3)
    assert_allclose(shares(rounds.votes, 3, first=1), [1])


@pytest.mark.parametrize("n_rounds", range(1, 8))
def test_later_half_votes(n_rounds):
    voting = np.flatnonzero(shares(np.ones(n_rounds), n_rounds, (n_rounds - 1) // 2)) + 1
    assert voting.tolist() == list(range(int(np.ceil(n_rounds / 2)), n_rounds + 1))


@pytest.mark.parametrize("n_done", [1, 2, 5, 8])
def test_last_round_votes_for_those_that_would_repeat_it(n_done):
    votes = np.arange(1.0, n_done + 1)
    whole = np.concatenate([votes, np.repeat(votes[-1], 8 - n_done)])
    whole[:3] = 0
    expected = np.append(whole[: n_done - 1], whole[n_done - 1 :].sum()) / whole.sum()
    assert_allclose(shares(votes, 8, 3), expected)
