"""Fine-tuning: a trained network goes on with the labels of another task, held near its start."""

from dataclasses import dataclass, replace

import numpy as np

from ._heads import Network, layers_of, one_task, parameters_of, train_heads


@dataclass(frozen=True)
class Plan:
    """Which layers move, when and how fast.

    Parameters
    ----------
    n_frozen : int
        Layers that never move, from the input on.
    layer_decay : float
        Rate of a layer relative to that of the layer above.
    unfreeze_every : int or None
        Epochs after which another layer joins in, the output layer first; None trains all at once.
    max_iter : int
        Epochs in all.
    new_head : bool
        Whether the output layer begins empty.
    """

    n_frozen: int
    layer_decay: float
    unfreeze_every: int | None
    max_iter: int
    new_head: bool

    def phases(self, n_layers, schedule):
        """The schedules of a training, each with a learning rate for every parameter.

        Parameters
        ----------
        n_layers : int
            Number of layers with the output layer.
        schedule : Schedule
            Its learning rate is that of the output layer.

        Returns
        -------
        schedules : list of Schedule
            In each, the layers from some layer on move.
        """
        found, left = [], self.max_iter
        lowest = [self.n_frozen]
        if self.unfreeze_every is not None:
            lowest = range(n_layers - 1, self.n_frozen - 1, -1)
        for first in lowest:
            rates = [
                schedule.learning_rate * self.layer_decay ** (n_layers - 1 - layer)
                if layer >= first
                else 0.0
                for layer in range(n_layers)
            ]
            epochs = left if first == self.n_frozen else min(left, self.unfreeze_every)
            of_parameters = np.repeat(rates, 2).tolist()  # weights and biases
            if epochs:
                found.append(replace(schedule, learning_rate=of_parameters, max_iter=epochs))
            left -= epochs
        return found


def head_for(layer, known, classes, new_head):
    """The output layer for a task, with what is known of its classes.

    Parameters
    ----------
    layer : Layer
        Output layer for the classes `known`.
    known, classes : ndarray
        Class labels of before and of the task.
    new_head : bool
        Whether nothing is known of any class.

    Returns
    -------
    weights : ndarray of shape (n_inputs, n_classes), float32
        Columns of the classes that are in both; 0 for the others.
    biases : ndarray of shape (n_classes,), float32
        Likewise.
    """
    column = {} if new_head else {label: i for i, label in enumerate(known.tolist())}
    weights = np.zeros((len(layer.weights), len(classes)), np.float32)
    biases = np.zeros(len(classes), np.float32)
    for i, label in enumerate(classes.tolist()):
        if label in column:
            weights[:, i] = layer.weights[:, column[label]]
            biases[i] = layer.biases[column[label]]
    return weights, biases


def fine_tune(network, X, y, classes, plan, options, rng):
    """Go on training a network of one head.

    Parameters
    ----------
    network : Network
        Where to start, and what weights are drawn to. It is not changed.
    X, y : ndarray
        Rows and labels of the task.
    classes : ndarray
        Class labels of the task.
    plan : Plan
        Which layers move.
    options : Options
        How; the activation is the network's own.
    rng : numpy.random.Generator
        Draws the held-out rows and shuffles the others.

    Returns
    -------
    network : Network
        A network for `classes`.
    trainings : list of Training
        The course of every phase.

    Raises
    ------
    ValueError
        If more layers are to be frozen than are hidden, or a class that the network does not know
        is to be learned in no epoch.
    """
    n_hidden = len(network.layers) - 1
    if plan.n_frozen > n_hidden:
        raise ValueError(
            f"n_frozen must be at most the number of hidden layers, {n_hidden}, got "
            f"{plan.n_frozen}: the output layer has to be fitted."
        )
    known = set() if plan.new_head else set(network.classes[0].tolist())
    if not plan.max_iter and not known.issuperset(classes.tolist()):
        raise ValueError(
            "max_iter_target=0 is no fine-tuning, but the network does not know all classes of "
            f"the task, {classes.tolist()}. Use at least one epoch."
        )
    activation = network.layers[0].activation
    head = head_for(network.layers[-1], network.classes[0], classes, plan.new_head)
    parameters = parameters_of([*network.layers[:-1], head])
    trainings = train_heads(
        parameters,
        network.scale(X).astype(np.float32),
        one_task(y, classes, options.class_weight),
        replace(options, activation=activation),
        rng,
        anchors=[weights.copy() for weights in parameters[::2]],
        schedules=plan.phases(n_hidden + 1, options.schedule),
    )
    return Network(network.scale, layers_of(parameters, activation), [classes]), trainings
