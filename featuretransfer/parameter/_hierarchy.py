"""A head that is given the predictions of other heads beside the hidden layer they share."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax

from .._network import Layer, backward, forward
from ._heads import Network, blocks, layers_of, task_loss


@dataclass(frozen=True)
class HierarchicalNetwork:
    """Predict attributes, then the main task from the last hidden layer and those predictions.

    Parameters
    ----------
    attributes : Network
        Standardisation, hidden layers and a head for each attribute.
    head : Layer
        Scores of the main task, given the last hidden layer and probabilities of all attributes.
    classes : list of ndarray
        Class labels of the main task, then of every attribute.
    """

    attributes: Network
    head: Layer
    classes: list

    def scores(self, X):
        """For the main task and every attribute an ndarray (n_samples, n_classes), float64."""
        found = self.attributes.scores(X)
        given = [softmax(scores, axis=1) for scores in found]
        inputs = np.hstack([self.attributes.code(X), *given])
        return [forward([self.head], inputs).outputs[-1], *found]

    def log_probabilities(self, X):
        """For the main task and every attribute the logarithms of class probabilities."""
        return [log_softmax(scores, axis=1) for scores in self.scores(X)]


def hierarchical_outputs(parameters, activation, X, sizes):
    """Scores of the main task, and what they were computed from.

    Parameters
    ----------
    parameters : list of ndarray
        Weights and biases of the hidden layers, of the heads of the attributes, and of the head of
        the main task.
    activation : str
        Of the hidden layers.
    X : ndarray of shape (n_rows, n_features)
        Standardised rows.
    sizes : list of int
        Number of classes of every attribute.

    Returns
    -------
    scores : ndarray of shape (n_rows, n_classes)
        Scores of the main task.
    inputs : ndarray of shape (n_rows, n_codes + n_probabilities)
        What its head was given.
    passed : Pass
        Of the hidden layers.
    """
    passed = forward(layers_of(parameters, activation)[:-2], X)
    code = passed.outputs[-1] if passed.outputs else X
    found = blocks(code @ parameters[-4] + parameters[-3], sizes)
    inputs = np.hstack([code, *(softmax(scores, axis=1) for scores in found)])
    return inputs @ parameters[-2] + parameters[-1], inputs, passed


def hierarchical_objective(parameters, X, labels, sizes, activation, alpha, anchors):
    """Loss of the main task with a quadratic penalty on the weights, and its gradients.

    ``1/n sum_i w_i CE(i) + alpha / 2 sum_l |W_l - A_l|^2``.

    Parameters
    ----------
    parameters, X, sizes, activation
        As of `hierarchical_outputs`.
    labels : Labels
        Labels of the main task.
    alpha : float
        Strength of the penalty.
    anchors : list of ndarray
        What the weights of every layer are drawn to.

    Returns
    -------
    loss : float
        Its value.
    gradients : list of ndarray
        In the order of `parameters`.
    """
    scores, inputs, passed = hierarchical_outputs(parameters, activation, X, sizes)
    n_codes = len(parameters[-4])
    loss, gradient = task_loss(scores, labels)
    of_inputs = gradient @ parameters[-2].T
    of_heads = np.hstack(
        [
            p * (g - np.sum(p * g, axis=1, keepdims=True))  # through a softmax
            for p, g in zip(
                blocks(inputs[:, n_codes:], sizes), blocks(of_inputs[:, n_codes:], sizes)
            )
        ]
    )
    of_code = of_inputs[:, :n_codes] + of_heads @ parameters[-4].T
    pairs = backward(layers_of(parameters, activation)[:-2], passed, of_code)
    pairs.append((inputs[:, :n_codes].T @ of_heads, of_heads.sum(axis=0)))
    pairs.append((inputs.T @ gradient, gradient.sum(axis=0)))
    gradients = [part for pair in pairs for part in pair]
    for position, (weights, anchor) in enumerate(zip(parameters[::2], anchors)):
        away = weights - anchor
        loss += alpha / 2 * np.vdot(away, away)
        gradients[2 * position] += alpha * away
    return loss, gradients
