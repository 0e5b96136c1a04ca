"""A network with shared hidden layers and a softmax head for each task: its loss and its training.

The heads are column blocks of one linear output layer.
"""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from .._network import Layer, Schedule, backward, forward, hold_out, initial_weights, train
from ..representation._column_scales import Affine, standard

LEAST_HELD_OUT = 50  # rows; the loss of fewer varies too much to tell when to stop


@dataclass(frozen=True)
class Options:
    """How a network is trained.

    Parameters
    ----------
    activation : str
        Of the hidden layers.
    class_weight : None, "balanced" or dict
        Weights of the classes.
    alpha : float
        Weight decay.
    validation_fraction : float
        Share of the rows whose loss decides when to stop, unless they are fewer than 50; then the
        training loss does.
    schedule : Schedule
        Steps of the training.
    """

    activation: str
    class_weight: object
    alpha: float
    validation_fraction: float
    schedule: Schedule


@dataclass(frozen=True)
class Network:
    """Standardise, pass through the hidden layers, score the classes of every task.

    Parameters
    ----------
    scale : Affine
        Standardises rows.
    layers : list of Layer
        Hidden layers, then all heads beside each other.
    classes : list of ndarray
        Class labels of every head.
    """

    scale: Affine
    layers: list
    classes: list

    def code(self, X):
        """Outputs of the last hidden layer, float64; the standardised rows if there is none."""
        rows = self.scale(X)
        return forward(self.layers[:-1], rows).outputs[-1] if len(self.layers) > 1 else rows

    def scores(self, X):
        """For every head an ndarray of shape (n_samples, n_classes), float64."""
        outputs = forward(self.layers, self.scale(X)).outputs[-1]
        return blocks(outputs, [len(classes) for classes in self.classes])

    def log_probabilities(self, X):
        """For every head the logarithms of class probabilities."""
        return [log_softmax(scores, axis=1) for scores in self.scores(X)]


class Labels(NamedTuple):
    """What the heads are to learn, one column for each task.

    Parameters
    ----------
    codes : ndarray of shape (n_rows, n_tasks) of int
        Class numbers, 0 where a label is missing.
    weights : ndarray of shape (n_rows, n_tasks)
        Weights in the loss, 0 where a label is missing.
    sizes : list of int
        Number of classes of every task.
    """

    codes: np.ndarray
    weights: np.ndarray
    sizes: list

    def take(self, rows):
        """The labels of some rows."""
        return self._replace(codes=self.codes[rows], weights=self.weights[rows])


def label_weights(codes, labelled, classes, class_weight, loss_weight=1.0):
    """Weights of labels in the loss of one task.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,) of int
        Class numbers.
    labelled : ndarray of shape (n_rows,) of bool
        Which of them are known.
    classes : ndarray of shape (n_classes,)
        The classes.
    class_weight : None, "balanced" or dict
        Weights of the classes relative to each other, 1 for a class that a dict lacks.
    loss_weight : float, default=1.0
        Weight of the task.

    Returns
    -------
    weights : ndarray of shape (n_rows,)
        Of mean `loss_weight`, 0 where unknown, so that the mean over all rows of the weighted loss
        is that over the known ones.
    """
    if isinstance(class_weight, dict):
        by_class = np.array([class_weight.get(label, 1.0) for label in classes.tolist()])
    elif class_weight == "balanced":
        by_class = 1 / np.maximum(np.bincount(codes[labelled], minlength=len(classes)), 1)
    else:
        by_class = np.ones(len(classes))
    weights = labelled * by_class[codes]
    total = weights.sum()
    return weights * (loss_weight * len(codes) / total if total else 0.0)


def one_task(y, classes, class_weight):
    """The `Labels` of a single head all of whose labels are known."""
    codes = np.searchsorted(classes, y)
    weights = label_weights(codes, np.ones(len(y), dtype=bool), classes, class_weight)
    return Labels(codes[:, None], weights[:, None].astype(np.float32), [len(classes)])


def blocks(outputs, sizes):
    """The columns of every head."""
    return np.split(outputs, np.cumsum(sizes)[:-1], axis=1)


def cross_entropy(scores, codes, weights):
    """Weighted sum of the cross-entropies of a softmax, and its gradient.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Logarithms of unnormalised probabilities.
    codes : ndarray of shape (n_rows,) of int
        The right classes.
    weights : ndarray of shape (n_rows,)
        Weights of the rows; a row of weight 0 has no part in it.

    Returns
    -------
    loss : float
        ``- sum_i w_i log p_i(c_i)``.
    gradient : ndarray of shape (n_rows, n_classes)
        With respect to the scores.
    """
    log_p = log_softmax(scores, axis=1)
    every = np.arange(len(codes))
    loss = -np.dot(weights, log_p[every, codes])
    gradient = np.exp(log_p)
    gradient[every, codes] -= 1
    return loss, gradient * weights[:, None]


def task_loss(outputs, labels):
    """Sum of `cross_entropy` over the heads, divided by the number of rows, and its gradient."""
    found = [
        cross_entropy(scores, codes, weights)
        for scores, codes, weights in zip(
            blocks(outputs, labels.sizes), labels.codes.T, labels.weights.T
        )
    ]
    gradient = np.hstack([gradient for _, gradient in found])
    return sum(loss for loss, _ in found) / len(outputs), gradient / len(outputs)


def objective(parameters, X, labels, activation, alpha, anchors=None):
    """Loss of all heads with a quadratic penalty on the weights, and its gradients.

    ``1/n sum_t sum_i w_it CE_t(i) + alpha / 2 sum_l |W_l - A_l|^2``.

    Parameters
    ----------
    parameters : list of ndarray
        Weights and biases of every layer in turn.
    X : ndarray of shape (n_rows, n_features)
        Standardised rows.
    labels : Labels
        Their labels.
    activation : str
        Of the hidden layers.
    alpha : float
        Strength of the penalty.
    anchors : list of ndarray, default=None
        What the weights of every layer are drawn to; zero by default.

    Returns
    -------
    loss : float
        Its value.
    gradients : list of ndarray
        In the order of `parameters`.
    """
    layers = layers_of(parameters, activation)
    passed = forward(layers, X)
    loss, gradient = task_loss(passed.outputs[-1], labels)
    gradients = [part for pair in backward(layers, passed, gradient) for part in pair]
    for position, weights in enumerate(parameters[::2]):
        away = weights if anchors is None else weights - anchors[position]
        loss += alpha / 2 * np.vdot(away, away)
        gradients[2 * position] += alpha * away
    return loss, gradients


def layers_of(parameters, activation):
    """Weights and biases as layers, the last of them linear."""
    pairs = list(zip(parameters[::2], parameters[1::2]))
    names = [activation] * (len(pairs) - 1) + ["identity"]
    return [Layer(*pair, name) for pair, name in zip(pairs, names)]


def parameters_of(layers):
    """Copies of the weights and biases of layers, in turn, float32."""
    return [np.array(part, dtype=np.float32) for layer in layers for part in layer[:2]]


def initial_parameters(n_features, n_hidden, n_classes, rng):
    """Weights and biases of an untrained network, float32.

    Parameters
    ----------
    n_features : int
        Size of the input.
    n_hidden : tuple of int
        Sizes of the hidden layers.
    n_classes : list of int
        Sizes of the heads.
    rng : numpy.random.Generator
        Draws the hidden layers; each head has a generator spawned by it, so that a further head
        leaves everything else as it is.

    Returns
    -------
    parameters : list of ndarray
        Weights and biases of every layer in turn.
    """
    sizes = (n_features, *n_hidden)
    weights = [initial_weights(a, b, rng) for a, b in itertools.pairwise(sizes)]
    weights.append(initial_heads(sizes[-1], n_classes, rng))
    return [part for w in weights for part in (w, np.zeros(w.shape[1], np.float32))]


def initial_heads(n_inputs, n_classes, rng):
    """Weights of untrained heads beside each other."""
    generators = rng.spawn(len(n_classes))
    return np.hstack([initial_weights(n_inputs, n, own) for n, own in zip(n_classes, generators)])


def train_heads(parameters, X, labels, options, rng, anchors=None, schedules=None):
    """Minimise `objective` over minibatches; parameters are changed in place.

    Parameters
    ----------
    parameters, X, labels, anchors
        As of `objective`, float32.
    options, rng, schedules
        As of `minimise`.

    Returns
    -------
    trainings : list of Training
        The course of every phase.
    """

    def loss_and_gradients(X, labels):
        return objective(parameters, X, labels, options.activation, options.alpha, anchors)

    def outputs(X):
        return forward(layers_of(parameters, options.activation), X).outputs[-1]

    return minimise(parameters, X, labels, loss_and_gradients, outputs, options, rng, schedules)


def minimise(parameters, X, labels, loss_and_gradients, outputs, options, rng, schedules=None):
    """Minimise a loss over minibatches; parameters are changed in place.

    Parameters
    ----------
    parameters : list of ndarray
        What to change.
    X : ndarray of shape (n_rows, n_features), float32
        Standardised rows.
    labels : Labels
        Their labels.
    loss_and_gradients : callable
        Of rows and labels.
    outputs : callable
        Scores of all heads, of rows; the `task_loss` of held-out rows decides when to stop.
    options : Options
        How.
    rng : numpy.random.Generator
        Draws the held-out rows and shuffles the others.
    schedules : list of Schedule, default=None
        Phases of the training; that of the options by default.

    Returns
    -------
    trainings : list of Training
        The course of every phase.
    """
    held_out, kept = np.arange(0), np.arange(len(X))
    if options.validation_fraction * len(X) >= LEAST_HELD_OUT:
        held_out, kept = hold_out(len(X), options.validation_fraction, rng)
    unseen, unseen_labels = X[held_out], labels.take(held_out)

    def of_batch(batch):
        rows = kept[batch]
        return loss_and_gradients(X[rows], labels.take(rows))

    def monitor():
        return task_loss(outputs(unseen), unseen_labels)[0]

    return [
        train(parameters, len(kept), of_batch, schedule, rng, monitor if len(held_out) else None)
        for schedule in ([options.schedule] if schedules is None else schedules)
    ]


def train_from_scratch(X, y, classes, n_hidden, options, rng):
    """A network of one head, for rows standardised by themselves.

    Parameters
    ----------
    X, y : ndarray
        Rows and labels.
    classes : ndarray
        Class labels.
    n_hidden : tuple of int
        Sizes of the hidden layers.
    options : Options
        How.
    rng : numpy.random.Generator
        Draws weights, held-out rows and the order of the others.

    Returns
    -------
    network : Network
        The network.
    trainings : list of Training
        The course of its training.
    """
    scale = standard(X)
    parameters = initial_parameters(X.shape[1], n_hidden, [len(classes)], rng)
    labels = one_task(y, classes, options.class_weight)
    trainings = train_heads(parameters, scale(X).astype(np.float32), labels, options, rng)
    return Network(scale, layers_of(parameters, options.activation), [classes]), trainings
