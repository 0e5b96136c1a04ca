import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from featuretransfer._network import (
    ACTIVATIONS,
    BLOCK,
    Adam,
    Layer,
    Schedule,
    add_decay,
    backward,
    blocks,
    forward,
    hold_out,
    initial_weights,
    train,
)


def network(activations, sizes, rng):
    return [
        Layer(rng.normal(size=(a, b)), rng.normal(size=b), name)
        for name, a, b in zip(activations, sizes[:-1], sizes[1:])
    ]


def numerical_gradient(loss, parameter, step=1e-6):
    gradient = np.empty_like(parameter)
    for index in np.ndindex(parameter.shape):
        value = parameter[index]
        parameter[index] = value + step
        above = loss()
        parameter[index] = value - step
        below = loss()
        parameter[index] = value
        gradient[index] = (above - below) / (2 * step)
    return gradient


@pytest.mark.parametrize("hidden", ["identity", "tanh", "sigmoid"])
@pytest.mark.parametrize("dropout", [False, True])
def test_gradients_are_those_of_finite_differences(hidden, dropout):
    rng = np.random.default_rng(0)
    layers = network([hidden, "tanh", "identity"], [5, 4, 3, 2], rng)
    X, target = rng.normal(size=(7, 5)), rng.normal(size=(7, 2))
    factors = (2.0 * rng.integers(0, 2, (7, 4)), 1.5 * rng.integers(0, 2, (7, 3))) * dropout

    def loss():
        return 0.5 * np.sum((forward(layers, X, factors).outputs[-1] - target) ** 2)

    passed = forward(layers, X, factors)
    gradients = backward(layers, passed, passed.outputs[-1] - target, factors)
    for layer, (weights, biases) in zip(layers, gradients):
        assert_allclose(weights, numerical_gradient(loss, layer.weights), rtol=1e-6, atol=1e-7)
        assert_allclose(biases, numerical_gradient(loss, layer.biases), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_derivatives(name):
    function, derivative = ACTIVATIONS[name]
    x = np.array([-2.0, -0.3, 0.4, 1.5])
    numeric = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    assert_allclose(derivative(function(x)), numeric, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    rng = np.random.default_rng(0)
    layer = Layer(initial_weights(3, 2, rng, dtype), np.zeros(2, dtype), "sigmoid")
    passed = forward([layer], rng.normal(size=(4, 3)).astype(dtype))
    assert passed.outputs[-1].dtype == dtype
    (weights, biases), *_ = backward([layer], passed, np.ones((4, 2), dtype))
    assert weights.dtype == biases.dtype == dtype


def test_initial_weights_keep_the_variance():
    X = np.random.default_rng(0).normal(size=(2000, 300))
    out = X @ initial_weights(300, 300, np.random.default_rng(1), np.float64)
    assert abs(out.var() - 1) < 0.1


def test_adam_is_the_published_algorithm():
    rng = np.random.default_rng(0)
    parameter, gradients = np.array([1.0, -2.0]), rng.normal(size=(20, 2))
    optimiser = Adam([parameter], 0.1)
    theta, m, v = parameter.copy(), np.zeros(2), np.zeros(2)
    for t, gradient in enumerate(gradients, start=1):
        optimiser.step([gradient])
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        theta -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert_allclose(parameter, theta, rtol=1e-6)


def quadratic(target, parameter):
    def loss_and_gradients(rows):
        error = parameter - target[rows].mean(axis=0)
        return 1 + 0.5 * error @ error, [error]

    return loss_and_gradients


def test_training_reaches_the_minimum_and_says_that_it_converged():
    target = np.tile([3.0, -1.0], (10, 1))
    parameter = np.zeros(2)
    schedule = Schedule(0.1, 5, 2000, 100, 1e-6)
    training = train(
        [parameter], 10, quadratic(target, parameter), schedule, np.random.default_rng(0)
    )
    assert_allclose(parameter, [3, -1], atol=1e-2)
    assert training.converged
    assert len(training.losses) < 2000
    assert training.losses == training.monitored


def test_best_epoch_is_kept_and_few_epochs_are_no_convergence():
    parameter, values = np.zeros(1), []
    monitored = iter([3.0, 1.0, 2.0, 2.5])

    def loss_and_gradients(rows):
        values.append(parameter.copy())
        return 1.0, [np.array([-1.0])]

    schedule = Schedule(0.1, 10, 4, 10, 0.0)
    training = train(
        [parameter], 10, loss_and_gradients, schedule, np.random.default_rng(0), monitored.__next__
    )
    assert not training.converged
    assert training.monitored == [3.0, 1.0, 2.0, 2.5]
    assert_array_equal(parameter, values[2])  # as it was after the second epoch


def test_every_row_is_seen_once_in_every_epoch():
    seen = []

    def loss_and_gradients(rows):
        seen.append(rows)
        return 1.0 / len(seen), [np.zeros(1)]

    train(
        [np.zeros(1)],
        10,
        loss_and_gradients,
        Schedule(0.1, 4, 3, 5, 0.0),
        np.random.default_rng(0),
    )
    assert [len(rows) for rows in seen] == [4, 4, 2] * 3
    epochs = [np.concatenate(seen[i : i + 3]) for i in (0, 3, 6)]
    for epoch in epochs:
        assert_array_equal(np.sort(epoch), np.arange(10))
    assert list(epochs[0]) != list(epochs[1])


def test_divergence_is_an_error():
    parameter = np.zeros(1)
    with pytest.raises(ValueError, match=r"diverged in epoch 1 with learning_rate=0.1"):
        train(
            [parameter],
            4,
            lambda rows: (np.inf, [np.zeros(1)]),
            Schedule(0.1, 4, 3, 5, 0.0),
            np.random.default_rng(0),
        )


def test_adam_moves_every_parameter_at_its_own_rate():
    rng = np.random.default_rng(0)
    start = [rng.normal(size=3), rng.normal(size=(2, 2))]
    together = [[value.copy() for value in start] for _ in range(2)]
    alone = [start[0].copy()]
    for parameters, rates in zip([*together, alone], (0.1, [0.1, 0.0], 0.1)):
        optimiser = Adam(parameters, rates)
        for _ in range(5):
            optimiser.step([2 * parameter for parameter in parameters])
    assert_array_equal(together[1][0], alone[0])
    assert_array_equal(together[1][0], together[0][0])
    assert_array_equal(together[1][1], start[1])
    assert np.all(together[0][1] != start[1])


@pytest.mark.parametrize(("n_rows", "n_held_out"), [(19, 0), (20, 5), (100, 25)])
def test_hold_out_splits_every_row_once_and_spares_few_rows(n_rows, n_held_out):
    held_out, kept = hold_out(n_rows, 0.25, np.random.default_rng(0))
    assert len(held_out) == n_held_out
    assert_array_equal(np.sort(np.concatenate([held_out, kept])), np.arange(n_rows))


def test_progress_is_printed_only_when_asked_for(capsys):
    for verbose, expected in ((False, 0), (True, 3)):
        schedule = Schedule(0.1, 10, 3, 10, 0.0, verbose)
        train([np.ones(1)], 4, lambda rows: (1.0, [np.ones(1)]), schedule, np.random.default_rng(0))
        assert len(capsys.readouterr().out.splitlines()) == expected


def test_progress_says_what_is_trained(capsys):
    schedule = Schedule(0.1, 10, 2, 10, 0.0, verbose=True)
    train(
        [np.ones(1)],
        4,
        lambda rows: (1.5, [np.ones(1)]),
        schedule,
        np.random.default_rng(0),
        iter([2.0, 0.25]).__next__,
        title="Layer 1",
    )
    assert capsys.readouterr().out.splitlines() == [
        "Layer 1, epoch 1, loss 1.5, monitored 2",
        "Layer 1, epoch 2, loss 1.5, monitored 0.25",
    ]


def test_blocks_cover_every_entry_once():
    for shape in ((5,), (BLOCK,), (2 * BLOCK + 1,), (3, BLOCK), (1000, 100), (2, 3, 4)):
        values = np.zeros(shape)
        for part in blocks(values):
            values[part] += 1
        assert_array_equal(values, 1)
    assert len(blocks(np.zeros((1000, 100)))) == 4


def test_adam_does_not_mind_the_layout_of_parameters():
    rng = np.random.default_rng(0)
    start, gradient = rng.normal(size=(300, 250)), rng.normal(size=(300, 250))
    wide = np.zeros((300, 500))
    layouts = [start.copy(), np.asfortranarray(start), wide[:, ::2]]
    layouts[2][...] = start
    for parameter in layouts:
        optimiser = Adam([parameter], 0.1)
        for _ in range(3):
            optimiser.step([gradient])
    assert np.all(start != layouts[0])
    assert_array_equal(layouts[0], layouts[1])
    assert_array_equal(layouts[0], layouts[2])


def test_adam_keeps_float32_and_returns_to_rows_of_any_number():
    parameter = np.zeros(BLOCK + 5, np.float32)
    Adam([parameter], 0.5).step([np.full(BLOCK + 5, 3.0)])
    assert parameter.dtype == np.float32
    assert_allclose(parameter, -0.5, rtol=1e-6)  # a first step is of the learning rate


@pytest.mark.parametrize("shape", [(3, 2), (400, 200)])
def test_decay_is_half_the_sum_of_squares(shape):
    rng = np.random.default_rng(0)
    weights, start = rng.normal(size=shape), rng.normal(size=shape)
    gradient = start.copy()
    assert add_decay(gradient, weights, 0.3) == pytest.approx(0.15 * np.sum(weights**2))
    assert_allclose(gradient, start + 0.3 * weights)
    assert add_decay(gradient, weights, 0.0) == 0
    assert_allclose(gradient, start + 0.3 * weights)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_far_out(dtype):
    x = np.array([-1e4, -30, -1, 0, 1, 30, 1e4], dtype)
    found = ACTIVATIONS["sigmoid"].function(x)
    assert found.dtype == dtype
    assert_allclose(found, expit(x), atol=np.finfo(dtype).eps)


def test_forward_leaves_the_rows_as_they_are():
    rng = np.random.default_rng(0)
    for name in ACTIVATIONS:
        layers = network([name, name], [4, 4, 4], rng)
        X = rng.normal(size=(5, 4))
        copy = X.copy()
        passed = forward(layers, X)
        assert_array_equal(X, copy)
        assert_array_equal(passed.inputs[1], passed.outputs[0])
