import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer._network import Schedule
from featuretransfer.representation._column_scales import standard
from featuretransfer.representation._denoising import Options, fit_layer
from featuretransfer.representation._sparse_layer import (
    Sparsity,
    divergence,
    fit_sparse_layer,
    sparse_loss,
    sparse_reconstruction,
)


def untouched(X, noise, rng):
    return X


def options(alpha=0.3, max_iter=30, rate=1e-2, validation_fraction=0.1):
    schedule = Schedule(rate, 64, max_iter, max_iter, 0.0)
    return Options("sigmoid", untouched, 0.0, False, alpha, 0.0, validation_fraction, schedule)


def example():
    rng = np.random.default_rng(0)
    shapes = [(6, 4), (4,), (6,), (4, 6)]
    return [rng.normal(size=shape) for shape in shapes], rng.normal(size=(9, 6))


def test_loss_is_the_documented_one():
    (W, b, c, V), rows = example()
    code = 1 / (1 + np.exp(-(rows @ W + b)))
    expected = np.sum((rows - code @ V - c) ** 2) / 18 + 0.15 * (np.sum(W**2) + np.sum(V**2))
    for a in code.mean(axis=0):
        expected += 3 * (0.05 * np.log(0.05 / a) + 0.95 * np.log(0.95 / (1 - a)))
    call = ([W, b, c, V], rows, options(), Sparsity(0.05, 3.0))
    assert sparse_reconstruction(*call)[0] == pytest.approx(expected, rel=1e-12)
    assert sparse_loss(*call) == pytest.approx(expected, rel=1e-12)


@pytest.mark.oracle("SparseAutoencoderTransfer")
@pytest.mark.parametrize("beta", [0.0, 0.1, 30.0])
def test_gradient_in_float64(beta):
    values, rows = example()
    call = (values, rows, options(), Sparsity(0.1, beta))
    gradients = sparse_reconstruction(*call)[1]
    for value, gradient in zip(values, gradients, strict=True):
        numeric = np.empty_like(value)
        for index in np.ndindex(value.shape):
            original, losses = value[index], []
            for step in (1e-5, -1e-5):
                value[index] = original + step
                losses.append(sparse_loss(*call))
            value[index] = original
            numeric[index] = (losses[0] - losses[1]) / 2e-5
        assert np.linalg.norm(numeric - gradient) < 1e-6 * np.linalg.norm(gradient)


def test_divergence_is_least_at_the_wanted_activity_and_finite_at_the_ends():
    total, slope = divergence(np.array([0.1, 0.1]), 0.1)
    assert total == pytest.approx(0, abs=1e-12)
    assert_allclose(slope, 0, atol=1e-12)
    assert divergence(np.array([0.2]), 0.1)[0] > 0
    for activity in (0.0, 1.0):
        total, slope = divergence(np.array([activity], dtype=np.float32), 0.1)
        assert np.isfinite(total)
        assert np.isfinite(slope).all()
        assert np.sign(slope[0]) == np.sign(activity - 0.1)


@pytest.mark.parametrize("n_rows", [12, 90])
def test_without_sparsity_it_is_a_plain_autoencoder_bit_for_bit(n_rows):
    rows = np.random.default_rng(0).normal(size=(n_rows, 6))
    sparse, course = fit_sparse_layer(
        rows, 4, options(), Sparsity(0.1, 0.0), np.random.default_rng(1), standard(rows)
    )
    plain, expected = fit_layer(rows, 4, options(), np.random.default_rng(1))
    for first, second in ((sparse.encoder, plain.encoder), (sparse.decoder, plain.decoder)):
        assert_array_equal(first.weights, second.weights)
        assert_array_equal(first.biases, second.biases)
    assert course.losses == expected.losses
    assert course.monitored == expected.monitored


@pytest.mark.parametrize("rho", [0.05, 0.2])
def test_much_sparsity_gives_the_wanted_activity(rho):
    rows = np.random.default_rng(0).normal(size=(60, 6))
    activity = []
    for beta in (0.0, 100.0):
        layer, _ = fit_sparse_layer(
            rows,
            8,
            options(alpha=0.0, max_iter=1500, validation_fraction=0.0),
            Sparsity(rho, beta),
            np.random.default_rng(1),
            standard(rows),
        )
        activity.append(layer.encode(rows).mean(axis=0))
    assert np.abs(activity[0] - rho).max() > 0.2
    assert_allclose(activity[1], rho, atol=0.01)
