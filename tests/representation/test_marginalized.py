from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer.representation._marginalized import (
    LinearMap,
    _from_columns,
    _from_rows,
    fit_marginalized,
    hidden_layers,
)

REG = 1e-5


def rows(n, d, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) @ rng.normal(size=(3, d)) + 0.5 * rng.normal(size=(n, d))
    return X + rng.normal(size=d)


def dense(found):
    """Weights and intercept."""
    d = len(found.intercept)
    intercept = found(np.zeros((1, d)))[0]
    return found(np.eye(d)) - intercept, intercept


def expected_moments(X, noise):
    """Mean products of corrupted rows with themselves and with clean rows, over all masks."""
    n, d = X.shape
    Q, P = np.zeros((d + 1, d + 1)), np.zeros((d, d + 1))
    for mask in product([0, 1], repeat=d):
        probability = np.prod(np.where(mask, 1 - noise, noise))
        corrupted = np.column_stack([X * mask, np.ones(n)])
        Q += probability * corrupted.T @ corrupted / n
        P += probability * X.T @ corrupted / n
    return Q, P


@pytest.mark.oracle("MarginalizedDenoisingAutoencoder")
@pytest.mark.parametrize("noise", [0.1, 0.5, 0.9])
def test_map_is_that_of_all_masks_one_by_one(noise):
    X = rows(50, 5)
    Q, P = expected_moments(X, noise)
    W = np.linalg.solve(Q + REG * np.eye(6), P.T).T
    weights, intercept = dense(fit_marginalized(X, noise, REG, 5000))
    scale = np.abs(W).max()
    assert_allclose(weights, W[:, :-1].T, rtol=0, atol=1e-14 * scale)
    assert_allclose(intercept, W[:, -1], rtol=0, atol=1e-14 * scale)


@pytest.mark.oracle("MarginalizedDenoisingAutoencoder")
@pytest.mark.parametrize("shape", [(50, 5), (4, 5)])
def test_no_other_map_restores_better(shape):
    X, noise, reg = rows(*shape), 0.3, 0.05

    def loss(found):
        weights, intercept = dense(found)
        total = reg * (np.sum(weights**2) + np.sum(intercept**2))
        for mask in product([0, 1], repeat=5):
            probability = np.prod(np.where(mask, 1 - noise, noise))
            total += probability * np.sum((X * mask @ weights + intercept - X) ** 2) / len(X)
        return total

    best = fit_marginalized(X, noise, reg, 5000)
    weights, intercept = dense(best)
    rng = np.random.default_rng(1)
    for _ in range(20):
        step = 1e-3 * rng.normal(size=weights.shape), 1e-3 * rng.normal(size=intercept.shape)
        for sign in (1, -1):  # a quadratic function grows in both directions from its minimum
            other = LinearMap((weights + sign * step[0],), intercept + sign * step[1])
            assert loss(other) > loss(best)


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("shape", [(7, 12), (12, 12), (30, 12), (1, 4)])
def test_rows_and_columns_give_the_same_map(shape, noise):
    X = rows(*shape)
    X[:, 0] = 0.0  # a constant column, standardised
    weights, intercept = dense(_from_rows(X, noise, REG))
    solution = _from_columns(X, slice(None), noise, REG)
    assert_allclose(weights, solution[:-1], atol=1e-8)
    assert_allclose(intercept, solution[-1], atol=1e-8)


def test_fewer_rows_than_features_need_no_square_matrix():
    found = fit_marginalized(rows(7, 12), 0.5, REG, 5000)
    assert [factor.shape for factor in found.factors] == [(12, 7), (7, 12)]
    found = fit_marginalized(rows(12, 7), 0.5, REG, 5000)
    assert [factor.shape for factor in found.factors] == [(7, 7)]


def test_without_noise_rows_are_as_they_were():
    X = rows(200, 8)
    assert_allclose(fit_marginalized(X, 0.0, 1e-12, 5000)(X), X, atol=1e-8)
    X = rows(6, 8)
    assert_allclose(fit_marginalized(X, 0.0, 1e-9, 5000)(X), X, atol=1e-6)


def test_uncorrelated_features_stay_as_they_are_if_centred():
    X = np.array(list(product([-1.0, 1.0], repeat=4)))  # uncorrelated, of variance 1
    noise = 0.25
    weights, intercept = dense(fit_marginalized(X + 2, noise, 1e-12, 5000))
    Q, P = expected_moments(X + 2, noise)
    assert_allclose(np.vstack([weights, intercept]), np.linalg.solve(Q, P.T), atol=1e-9)
    weights, intercept = dense(fit_marginalized(X, noise, 1e-12, 5000))
    assert_allclose(weights, np.eye(4), atol=1e-9)
    assert_allclose(intercept, 0, atol=1e-9)


def test_intercept_tends_to_the_mean_as_everything_is_lost():
    X = rows(50, 5)
    _, intercept = dense(fit_marginalized(X, 1 - 1e-9, REG, 5000))
    assert_allclose(intercept, X.mean(axis=0), rtol=1e-4)


@pytest.mark.parametrize("block_size", [3, 4, 6])
def test_blocks_restore_all_features_each_by_itself(block_size):
    X, noise = rows(40, 9), 0.4
    n_blocks = -(-9 // block_size)
    expected = np.zeros_like(X)
    for first in range(n_blocks):
        chosen = np.arange(first, 9, n_blocks)
        Q = expected_moments(X[:, chosen], noise)[0]
        part = np.column_stack([X[:, chosen], np.ones(len(X))])
        cross = part * np.append(np.full(len(chosen), 1 - noise), 1.0)
        W = np.linalg.solve(Q + REG * np.eye(len(Q)), cross.T @ X / len(X))
        expected += part @ W / n_blocks
        assert len(chosen) <= block_size
    assert_allclose(fit_marginalized(X, noise, REG, block_size)(X), expected, atol=1e-10)


def test_blocks_are_for_many_rows_and_features_only():
    for n, d in ((4, 30), (30, 4)):
        X = rows(n, d)
        assert_array_equal(
            fit_marginalized(X, 0.5, REG, 5)(X), fit_marginalized(X, 0.5, REG, 5000)(X)
        )


def test_correlated_features_restore_what_is_lost():
    X = rows(2000, 10)
    X -= X.mean(axis=0)
    found = fit_marginalized(X, 0.5, REG, 5000)
    lost = np.random.default_rng(1).random(X.shape) < 0.5
    restored = found(np.where(lost, 0.0, X))
    assert np.mean((restored - X)[lost] ** 2) < 0.5 * np.mean(X[lost] ** 2)


def test_layers_follow_each_other():
    X = rows(30, 4)
    first, second = fit_marginalized(X, 0.2, REG, 5000), LinearMap((2 * np.eye(4),), np.ones(4))
    outputs = hidden_layers(X, [first, second], "tanh")
    assert_allclose(outputs[0], np.tanh(first(X)))
    assert_allclose(outputs[1], np.tanh(2 * outputs[0] + 1))
