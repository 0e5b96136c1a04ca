import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer.relational._ranking import (
    fit_ranking,
    in_own_span,
    ordered_pairs,
    pair_curvature,
    pair_loss,
)


def rows(n=40, d=5, n_levels=3, seed=0):
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, n_levels, n)
    X = rng.normal(size=(n, d)) + levels[:, None] * rng.normal(size=d) / 2
    return X, levels, [np.arange(0, n, 3), np.setdiff1d(np.arange(n), np.arange(0, n, 3))]


def explicit(levels, groups):
    """Every pair (above, below) by itself, with its weight."""
    pairs, weights = [], []
    for group in groups:
        found = [(i, j) for i in group for j in group if levels[i] > levels[j]]
        pairs += found
        weights += [len(group) / len(found)] * len(found)
    return np.array(pairs).T, np.array(weights)


@pytest.mark.parametrize("seed", range(5))
def test_loss_is_the_sum_over_pairs(seed):
    X, levels, groups = rows(seed=seed)
    scores = np.random.default_rng(seed).normal(size=len(X))
    scores[3] = scores[7]  # ties of scores, and of a margin, change nothing
    scores[5] = scores[9] + 1
    (above, below), weights = explicit(levels, groups)
    slack = np.maximum(0, 1 - scores[above] + scores[below])
    gradient = np.bincount(below, 2 * weights * slack, len(X))
    gradient -= np.bincount(above, 2 * weights * slack, len(X))
    loss, found = pair_loss(scores, ordered_pairs(levels, groups))
    assert_allclose(loss, weights @ slack**2, rtol=1e-12)
    assert_allclose(found, gradient, atol=1e-12)


def test_curvature_is_that_of_the_violated_pairs():
    X, levels, groups = rows()
    scores = 2 * (X @ np.ones(5))
    (above, below), weights = explicit(levels, groups)
    violated = 1 - scores[above] + scores[below] > 0
    assert 0.1 < violated.mean() < 0.9
    D = (X[above] - X[below])[violated]
    expected = 2 * D.T @ (weights[violated, None] * D)
    assert_allclose(pair_curvature(scores, ordered_pairs(levels, groups), X), expected, rtol=1e-10)


def test_pairs_are_within_groups_and_weigh_as_much_as_their_rows():
    levels = np.array([0, 1, 1, 0, 2, 2, 5])
    pairs = ordered_pairs(levels, [np.array([0, 1, 4, 5]), np.array([2, 3]), np.array([6])])
    listed = {(i, j) for part in pairs for i in part.above for j in part.below}
    assert listed == {(1, 0), (4, 0), (4, 1), (5, 0), (5, 1), (2, 3)}
    total = [part.weight * len(part.above) * len(part.below) for part in pairs]
    assert_allclose(sum(total), 6)  # the row without a partner does not count
    assert ordered_pairs(np.zeros(4), [np.arange(4)]) == []


@pytest.mark.parametrize("C", [1e-3, 0.1, 10.0, 1e4])
def test_gradient_vanishes_at_the_minimum(C):
    X, levels, groups = rows()
    pairs = ordered_pairs(levels, groups)
    ranking = fit_ranking(X, pairs, C, 100)
    w = ranking.weights
    assert ranking.converged
    assert ranking.n_iter < 30
    gradient = w + C * X.T @ pair_loss(X @ w, pairs)[1]
    at_zero = C * X.T @ pair_loss(np.zeros(len(X)), pairs)[1]
    assert np.linalg.norm(gradient) < 1e-9 * np.linalg.norm(at_zero)


def test_too_few_steps_are_reported():
    X, levels, groups = rows()
    ranking = fit_ranking(X, ordered_pairs(levels, groups), 100.0, 1)
    assert not ranking.converged
    assert ranking.n_iter == 1


def test_span_keeps_the_rows():
    X = np.random.default_rng(0).normal(size=(4, 9))
    F, basis = in_own_span(X)
    assert F.shape == (4, 4)
    assert_allclose(F @ basis.T, X, atol=1e-12)
    assert_allclose(basis.T @ basis, np.eye(4), atol=1e-12)
    same, none = in_own_span(X.T)
    assert none is None
    assert_array_equal(same, X.T)
