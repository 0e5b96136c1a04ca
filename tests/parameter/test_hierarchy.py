import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax

from featuretransfer.parameter._heads import Labels, Network, layers_of
from featuretransfer.parameter._hierarchy import (
    HierarchicalNetwork,
    hierarchical_objective,
    hierarchical_outputs,
)
from featuretransfer.representation._column_scales import standard

SIZES = [2, 3]  # classes of two attributes; the main task has four


def random_parameters(n_hidden, rng):
    n_codes = n_hidden[-1] if n_hidden else 6
    sizes = [(a, b) for a, b in zip((6, *n_hidden), n_hidden)]
    sizes += [(n_codes, sum(SIZES)), (n_codes + sum(SIZES), 4)]
    return [part for a, b in sizes for part in (rng.normal(size=(a, b)), rng.normal(size=b))]


def labels(n, rng):
    weights = rng.uniform(0.5, 2, (n, 1)) * (np.arange(n) > 1)[:, None]
    return Labels(rng.integers(0, 4, (n, 1)), weights, [4])


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("n_hidden", [(), (4,), (5, 3)])
def test_gradient_in_float64(activation, n_hidden):
    rng = np.random.default_rng(0)
    parameters = random_parameters(n_hidden, rng)
    X, known = rng.normal(size=(9, 6)), labels(9, rng)
    anchors = [rng.normal(size=w.shape) for w in parameters[::2]]

    def value():
        return hierarchical_objective(parameters, X, known, SIZES, activation, 0.3, anchors)

    _, gradients = value()
    scale = max(np.abs(gradient).max() for gradient in gradients)
    for parameter, gradient in zip(parameters, gradients):
        assert parameter.shape == gradient.shape
        for index in np.ndindex(parameter.shape):
            original, losses = parameter[index], []
            for step in (1e-6, -1e-6):
                parameter[index] = original + step
                losses.append(value()[0])
            parameter[index] = original
            assert abs((losses[0] - losses[1]) / 2e-6 - gradient[index]) < 1e-6 * scale


def test_scores_and_objective_are_the_documented_ones():
    rng = np.random.default_rng(0)
    W, b, Wa, ba, V, c = parameters = random_parameters((4,), rng)
    X, known = rng.normal(size=(9, 6)), labels(9, rng)
    h = np.tanh(X @ W + b)
    a = h @ Wa + ba
    p = np.hstack([softmax(a[:, :2], axis=1), softmax(a[:, 2:], axis=1)])
    scores = np.hstack([h, p]) @ V + c
    assert_allclose(hierarchical_outputs(parameters, "tanh", X, SIZES)[0], scores)
    anchors = [rng.normal(size=w.shape) for w in (W, Wa, V)]
    right = softmax(scores, axis=1)[np.arange(9), known.codes[:, 0]]
    penalty = sum(np.sum((w - anchor) ** 2) for w, anchor in zip((W, Wa, V), anchors))
    expected = -np.sum(known.weights[:, 0] * np.log(right)) / 9 + 0.15 * penalty
    found = hierarchical_objective(parameters, X, known, SIZES, "tanh", 0.3, anchors)[0]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("n_hidden", [(), (4,), (5, 3)])
def test_the_network_predicts_what_was_trained(n_hidden):
    rng = np.random.default_rng(0)
    parameters, X = random_parameters(n_hidden, rng), rng.normal(size=(9, 6))
    *layers, head = layers_of(parameters, "tanh")
    layers[-1] = layers[-1]._replace(activation="identity")
    classes = [np.arange(4), np.array(["f", "m"]), np.arange(3)]
    scale = standard(X)
    network = HierarchicalNetwork(Network(scale, layers, classes[1:]), head, classes)
    scores = network.scores(X)
    assert [part.shape[1] for part in scores] == [4, 2, 3]
    assert_allclose(scores[0], hierarchical_outputs(parameters, "tanh", scale(X), SIZES)[0])
    for log_p in network.log_probabilities(X):
        assert_allclose(np.exp(log_p).sum(axis=1), 1)
