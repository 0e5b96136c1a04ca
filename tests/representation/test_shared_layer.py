import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featuretransfer._network import Schedule
from featuretransfer.representation._denoising import Options, mask
from featuretransfer.representation._shared_layer import (
    Turns,
    fit_shared_layer,
    shared_loss,
    shared_reconstruction,
)


def options(activation="tanh", alpha=0.3, batch_size=64):
    schedule = Schedule(1e-3, batch_size, 9, 9, 1e-4)
    return Options(activation, mask, 0.2, False, alpha, 0.0, 0.0, schedule)


def example():
    rng = np.random.default_rng(0)
    shapes = [(6, 4), (4,), (6,), (4, 6), (6,), (4, 6)]
    pairs = [tuple(rng.normal(size=(2, n, 6))) for n in (9, 5)]
    return [rng.normal(size=shape) for shape in shapes], *pairs


def test_loss_is_the_documented_one():
    (W, b, cs, Vs, ct, Vt), source, target = example()
    expected = 0.0
    for (corrupted, clean), V, c, weight in ((source, Vs, cs, 1.0), (target, Vt, ct, 0.7)):
        r = np.tanh(corrupted @ W + b) @ V + c
        error = np.sum((clean - r) ** 2) / (2 * len(clean))
        expected += weight * (error + 0.15 * np.sum(V**2))
    expected += 0.15 * np.sum(W**2)
    values = [W, b, cs, Vs, ct, Vt]
    assert shared_reconstruction(values, source, target, options(), 0.7)[0] == pytest.approx(
        expected, rel=1e-12
    )
    assert shared_loss(values, source, target, options(), 0.7) == pytest.approx(expected, rel=1e-12)


@pytest.mark.oracle("SharedHiddenLayerAutoencoder")
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_gradient_in_float64(activation):
    values, source, target = example()
    how = options(activation)
    gradients = shared_reconstruction(values, source, target, how, 0.7)[1]
    for value, gradient in zip(values, gradients):
        numeric = np.empty_like(value)
        for index in np.ndindex(value.shape):
            original, losses = value[index], []
            for step in (1e-5, -1e-5):
                value[index] = original + step
                losses.append(shared_loss(values, source, target, how, 0.7))
            value[index] = original
            numeric[index] = (losses[0] - losses[1]) / 2e-5
        assert np.linalg.norm(numeric - gradient) < 1e-6 * np.linalg.norm(gradient)


def test_turns_take_each_once_before_any_again():
    turns = Turns(np.arange(10, 17), np.random.default_rng(0))
    taken = np.concatenate([turns.take(count) for count in (3, 2, 2, 5, 9)])
    for first in (0, 7, 14):
        assert_array_equal(np.sort(taken[first : first + 7]), np.arange(10, 17))
    assert list(taken[:7]) != list(taken[7:14])


@pytest.mark.parametrize(("n_target", "n_each"), [(50, 10), (3, 1), (200, 40)])
def test_an_epoch_sees_all_of_the_target(n_target, n_each):
    X = np.random.default_rng(0).normal(size=(33, 4))
    X_target = np.arange(4.0 * n_target).reshape(n_target, 4)
    sizes = []

    def remember(rows, noise, rng):
        sizes.append(len(rows))
        return rows

    how = Options("tanh", remember, 0.0, False, 0.0, 0.0, 0.0, Schedule(1e-3, 7, 2, 9, 1e-4))
    fit_shared_layer(X, X_target, 2, how, 1.0, np.random.default_rng(0))
    assert sizes[::2] == [7, 7, 7, 7, 5] * 2
    assert sizes[1::2] == [n_each] * 10
