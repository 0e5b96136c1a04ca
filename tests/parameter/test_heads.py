import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.utils import compute_sample_weight

from featuretransfer._network import Schedule
from featuretransfer.parameter._heads import (
    Labels,
    Options,
    cross_entropy,
    initial_parameters,
    label_weights,
    layers_of,
    objective,
    one_task,
    parameters_of,
    task_loss,
    train_from_scratch,
    train_heads,
)

SIZES = [3, 2]  # classes of two tasks


def options(**changes):
    defaults = {
        "activation": "tanh",
        "class_weight": None,
        "alpha": 0.1,
        "validation_fraction": 0.1,
        "schedule": Schedule(1e-2, 16, 20, 10, 1e-4),
    }
    return Options(**{**defaults, **changes})


def labels(n, rng):
    """Labels of two tasks, each missing in some rows, one row without any."""
    codes = np.column_stack([rng.integers(0, size, n) for size in SIZES])
    weights = rng.uniform(0.5, 2, (n, 2)) * rng.integers(0, 2, (n, 2))
    weights[0] = 0
    return Labels(codes, weights, SIZES)


def double(parameters):
    return [part.astype(np.float64) for part in parameters]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("n_hidden", [(), (4,), (5, 3)])
@pytest.mark.parametrize("anchored", [False, True])
def test_gradient_with_missing_labels_in_float64(activation, n_hidden, anchored):
    rng = np.random.default_rng(0)
    parameters = double(initial_parameters(6, n_hidden, SIZES, rng))
    X, known = rng.normal(size=(9, 6)), labels(9, rng)
    anchors = [rng.normal(size=w.shape) for w in parameters[::2]] if anchored else None

    def value(parameters):
        return objective(parameters, X, known, activation, 0.3, anchors)

    _, gradients = value(parameters)
    scale = max(np.abs(gradient).max() for gradient in gradients)
    for parameter, gradient in zip(parameters, gradients):
        for index in np.ndindex(parameter.shape):
            original, losses = parameter[index], []
            for step in (1e-6, -1e-6):
                parameter[index] = original + step
                losses.append(value(parameters)[0])
            parameter[index] = original
            assert abs((losses[0] - losses[1]) / 2e-6 - gradient[index]) < 1e-6 * scale


def test_objective_is_the_documented_one():
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = double(initial_parameters(6, (4,), SIZES, rng))
    X, known = rng.normal(size=(9, 6)), labels(9, rng)
    anchors = [rng.normal(size=w.shape) for w in (W1, W2)]
    scores = np.tanh(X @ W1 + b1) @ W2 + b2
    expected = 0.15 * (np.sum((W1 - anchors[0]) ** 2) + np.sum((W2 - anchors[1]) ** 2))
    for task, columns in enumerate((slice(0, 3), slice(3, 5))):
        p = softmax(scores[:, columns], axis=1)[np.arange(9), known.codes[:, task]]
        expected -= np.sum(known.weights[:, task] * np.log(p)) / 9
    found = objective([W1, b1, W2, b2], X, known, "tanh", 0.3, anchors)[0]
    assert found == pytest.approx(expected)


def test_a_missing_label_has_no_part_in_the_loss():
    rng = np.random.default_rng(0)
    known = labels(8, rng)
    outputs = rng.normal(size=(8, 5))
    other = np.where(known.weights == 0, (known.codes + 1) % SIZES, known.codes)
    loss, gradient = task_loss(outputs, known)
    again, same = task_loss(outputs, known._replace(codes=other))
    assert again == loss
    assert_array_equal(same, gradient)
    assert_array_equal(gradient[0], np.zeros(5))


def test_scores_far_apart_overflow_nowhere():
    scores = np.array([[1e4, 0.0, -1e4]], dtype=np.float32)
    loss, gradient = cross_entropy(scores, np.array([2]), np.ones(1, np.float32))
    assert loss == 2e4
    assert_array_equal(gradient, [[1, 0, -1]])
    assert gradient.dtype == np.float32


@pytest.mark.parametrize("class_weight", [None, "balanced", {"a": 5.0, "c": 0.5}])
def test_weights_are_those_of_scikit_learn_up_to_their_mean(class_weight):
    y, classes = np.array(list("aaaabbcab")), np.array(["a", "b", "c"])
    labelled = np.array([1, 1, 0, 1, 1, 1, 1, 0, 1], dtype=bool)
    codes = np.searchsorted(classes, y)
    weights = label_weights(codes, labelled, classes, class_weight, 0.5)
    if isinstance(class_weight, dict):
        class_weight = {"b": 1.0, **class_weight}
    expected = compute_sample_weight(class_weight, y[labelled])
    assert_allclose(weights[labelled], expected * 0.5 * len(y) / expected.sum())
    assert_array_equal(weights[~labelled], [0, 0])
    assert weights.mean() == pytest.approx(0.5)


def test_nothing_labelled_is_no_weight():
    weights = label_weights(np.arange(2), np.zeros(2, bool), np.array(["a", "b"]), "balanced")
    assert_array_equal(weights, [0, 0])


def test_balanced_weights_are_for_every_label_seen():
    known, weights = one_task(np.array(list("aab")), np.array(["a", "b", "c"]), "balanced")[:2]
    assert_allclose(np.bincount(known[:, 0], weights[:, 0], minlength=3), [1.5, 1.5, 0])


def test_a_further_head_leaves_the_others_as_they_are():
    one = initial_parameters(6, (4,), [3], np.random.default_rng(0))
    two = initial_parameters(6, (4,), [3, 2], np.random.default_rng(0))
    assert_array_equal(two[0], one[0])
    assert_array_equal(two[2][:, :3], one[2])
    rngs = [np.random.default_rng(0) for _ in range(2)]
    for rng, sizes in zip(rngs, ([3], [3, 2])):
        initial_parameters(6, (4,), sizes, rng)
    assert_array_equal(*(rng.permutation(20) for rng in rngs))


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_without_hidden_layers_the_minimum_is_logistic_regression(class_weight):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1, 2], [10, 25, 40]))
    X = rng.normal(size=(75, 4)) + y[:, None] * [1, -1, 0, 0.5]
    network, (training,) = train_from_scratch(
        X,
        y,
        np.arange(3),
        (),
        options(
            class_weight=class_weight,
            validation_fraction=0.0,
            schedule=Schedule(3e-3, 75, 20000, 200, 1e-9),
        ),
        np.random.default_rng(0),
    )
    assert training.converged
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    C = 1 / (0.1 * 75)
    reference = LogisticRegression(C=C, class_weight=class_weight, tol=1e-10, max_iter=10000)
    reference.fit(Z, y)
    assert_allclose(network.layers[-1].weights, reference.coef_.T, atol=1e-3)
    assert_allclose(np.exp(network.log_probabilities(X)[0]), reference.predict_proba(Z), atol=1e-3)


def test_minibatches_approach_the_minimum():
    rng = np.random.default_rng(0)
    X, known = rng.normal(size=(60, 5)), labels(60, rng)
    start = initial_parameters(5, (3,), SIZES, rng)
    shapes = [part.shape for part in start]
    cuts = np.cumsum([part.size for part in start])[:-1]

    def flat_objective(flat):
        parts = [p.reshape(s) for p, s in zip(np.split(flat, cuts), shapes)]
        loss, gradients = objective(parts, X, known, "tanh", 0.1)
        return loss, np.concatenate([g.ravel() for g in gradients])

    best = minimize(flat_objective, np.concatenate([p.ravel() for p in start]), jac=True).fun
    how = options(validation_fraction=0.0, schedule=Schedule(3e-3, 20, 3000, 3000, 0.0))
    (training,) = train_heads(start, X.astype(np.float32), known, how, rng)
    found = objective(double(start), X, known, "tanh", 0.1)[0]
    assert best < found < 1.02 * best
    assert len(training.losses) == 3000


@pytest.mark.parametrize(("n_rows", "held_out"), [(490, False), (500, True)])
def test_few_rows_are_all_trained_on(n_rows, held_out):
    rng = np.random.default_rng(0)
    X, known = rng.normal(size=(n_rows, 5)).astype(np.float32), labels(n_rows, rng)
    parameters = initial_parameters(5, (3,), SIZES, rng)
    (training,) = train_heads(parameters, X, known, options(), rng)
    assert (training.monitored != training.losses) == held_out


def test_layers_and_parameters():
    parameters = initial_parameters(6, (5, 4), SIZES, np.random.default_rng(0))
    layers = layers_of(parameters, "relu")
    assert [layer.activation for layer in layers] == ["relu", "relu", "identity"]
    copies = parameters_of(layers)
    for copy, part in zip(copies, parameters):
        assert_array_equal(copy, part)
        assert not np.shares_memory(copy, part)
