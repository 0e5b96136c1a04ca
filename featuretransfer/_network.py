"""A small fully connected network in NumPy: forward, backward, and minibatch Adam."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Activation(NamedTuple):
    """An elementwise function and its derivative, the latter given the function's value.

    Like NumPy's, the function takes an array to write to as ``out``.
    """

    function: object
    derivative: object


def _identity(x, out=None):
    return x


def _sigmoid(x, out=None):
    """``1 / (1 + exp(-x))`` by the hyperbolic tangent, which NumPy vectorises."""
    y = np.multiply(x, 0.5, out=out)
    np.tanh(y, out=y)
    y *= 0.5
    y += 0.5
    return y


def _relu(x, out=None):
    return np.maximum(x, 0, out=out)


#: Name to activation function.
ACTIVATIONS = {
    "identity": Activation(_identity, lambda y: np.ones_like(y)),
    "tanh": Activation(np.tanh, lambda y: 1 - y * y),
    "sigmoid": Activation(_sigmoid, lambda y: y * (1 - y)),
    "relu": Activation(_relu, lambda y: (y > 0).astype(y.dtype)),
}


class Layer(NamedTuple):
    """A layer: ``activation(X @ weights + biases)``."""

    weights: np.ndarray
    biases: np.ndarray
    activation: str


def initial_weights(n_in, n_out, rng, dtype=np.float32):
    """Weights drawn uniformly such that layers keep the variance of what passes (Glorot 2010)."""
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, size=(n_in, n_out)).astype(dtype)


class Pass(NamedTuple):
    """What went into every layer, and what came out of it."""

    inputs: list
    outputs: list


def forward(layers, X, factors=()):
    """Pass rows through the layers.

    Parameters
    ----------
    layers : sequence of Layer
        The network.
    X : ndarray of shape (n_samples, n_in)
        Rows.
    factors : sequence of ndarray, default=()
        For each layer but the last what its outputs are multiplied by on their way on (dropout).

    Returns
    -------
    passed : Pass
        Inputs and outputs of every layer.
    """
    inputs, outputs = [], []
    for position, layer in enumerate(layers):
        inputs.append(X)
        values = X @ layer.weights
        values += layer.biases
        outputs.append(ACTIVATIONS[layer.activation].function(values, out=values))
        X = outputs[-1] * factors[position] if position < len(factors) else outputs[-1]
    return Pass(inputs, outputs)


def backward(layers, passed, gradient, factors=(), further=None):
    """Gradients of a loss with respect to weights and biases, by back-propagation.

    Parameters
    ----------
    layers : sequence of Layer
        The network.
    passed : Pass
        What `forward` returned.
    gradient : ndarray of shape (n_samples, n_out)
        Gradient of the loss with respect to the last output.
    factors : sequence of ndarray, default=()
        As given to `forward`.
    further : dict of int to ndarray, default=None
        For layers below the last the gradients of other losses with respect to their outputs.

    Returns
    -------
    gradients : list of (ndarray, ndarray)
        For each layer those of weights and biases.
    """
    sums = backward_sums(layers, passed, gradient, factors, further)
    return [(X.T @ own, own.sum(axis=0)) for X, own in zip(passed.inputs, sums)]


def backward_sums(layers, passed, gradient, factors=(), further=None):
    """Gradients of a loss with respect to what enters every activation function.

    The gradient of a layer's weights is its input, transposed, times this, that of its biases the
    sum of this over rows: layers that share weights can add them up in one product.

    Parameters
    ----------
    layers, passed, gradient, factors, further
        As in `backward`.

    Returns
    -------
    sums : list of ndarray of shape (n_samples, n_units)
        One for each layer.
    """
    found = []
    for position in range(len(layers) - 1, -1, -1):
        layer = layers[position]
        if layer.activation != "identity":
            slope = ACTIVATIONS[layer.activation].derivative(passed.outputs[position])
            gradient = gradient * slope
        found.append(gradient)
        if position:
            gradient = gradient @ layer.weights.T
            if position <= len(factors):
                gradient *= factors[position - 1]
            if further and position - 1 in further:
                gradient += further[position - 1]
    return found[::-1]


def add_decay(gradient, weights, alpha):
    """Add the gradient of ``alpha / 2 |weights|^2`` to one in place.

    Returns
    -------
    loss : float
        What the penalty adds to the loss.
    """
    loss = 0.0
    for part in blocks(weights) if alpha else ():
        loss += alpha / 2 * float(np.vdot(weights[part], weights[part]))
        gradient[part] += alpha * weights[part]
    return loss


#: Entries of an array that are worked on at a time: those of a few arrays fit into a cache.
BLOCK = 32768


def blocks(values):
    """Slices of the first axis that hold about `BLOCK` entries each."""
    length = max(1, BLOCK * len(values) // values.size)
    return [slice(start, start + length) for start in range(0, len(values), length)]


@dataclass
class Adam:
    """Updates parameters in place, step by step (Kingma & Ba 2015, algorithm 1).

    Parameters
    ----------
    parameters : list of ndarray
        The parameters.
    learning_rate : float or list of float
        Step size, or one for each of the parameters; 0 leaves a parameter as it is.
    """

    parameters: list
    learning_rate: float | list
    decay: tuple = (0.9, 0.999)
    epsilon: float = 1e-8
    _views: list = field(init=False)
    _moments: list = field(init=False)
    _blocks: list = field(init=False)
    _scratch: list = field(init=False)
    _n_steps: int = field(init=False, default=0)

    def __post_init__(self):
        self._views = [p.reshape(-1) if p.flags.c_contiguous else p for p in self.parameters]
        self._moments = [(np.zeros_like(v), np.zeros_like(v)) for v in self._views]
        self._blocks = [blocks(v) for v in self._views]
        self._scratch = [np.empty_like(v[parts[0]]) for v, parts in zip(self._views, self._blocks)]

    def step(self, gradients):
        """Move all parameters against their gradients."""
        self._n_steps += 1
        first, second = self.decay
        # the moments lack their factors 1 - first and 1 - second: those enter rate and epsilon
        correction = math.sqrt((1 - second**self._n_steps) / (1 - second))
        factor = (1 - first) / (1 - first**self._n_steps) * correction
        rates = np.broadcast_to(self.learning_rate, len(self.parameters))
        for view, gradient, moments, parts, scratch, rate in zip(
            self._views, gradients, self._moments, self._blocks, self._scratch, rates
        ):
            gradient = gradient.reshape(view.shape)
            for part in parts:
                p, g, mean, square = (a[part] for a in (view, gradient, *moments))
                change = scratch[: len(p)]
                mean *= first
                mean += g
                square *= second
                square += np.multiply(g, g, out=change)
                np.sqrt(square, out=change)
                change += self.epsilon * correction
                np.divide(mean, change, out=change)
                change *= float(rate) * factor
                p -= change


@dataclass(frozen=True)
class Schedule:
    """How long and in what steps to train.

    Parameters
    ----------
    learning_rate : float or list of float
        Step size of Adam, or one for each parameter.
    batch_size : int
        Rows per step.
    max_iter : int
        Most epochs.
    n_iter_no_change : int
        Epochs without improvement after which training ends.
    tol : float
        Relative decrease of the monitored loss that counts as improvement.
    verbose : bool, default=False
        Whether to print a line after every epoch.
    """

    learning_rate: float | list
    batch_size: int
    max_iter: int
    n_iter_no_change: int
    tol: float
    verbose: bool = False


class Training(NamedTuple):
    """The course of a training: losses by epoch, and whether it ended before ``max_iter``."""

    losses: list
    monitored: list
    converged: bool


def train(parameters, n_rows, loss_and_gradients, schedule, rng, monitor=None, *, title=""):
    """Minimise a loss over minibatches; parameters end as they were in their best epoch.

    Parameters
    ----------
    parameters : list of ndarray
        Changed in place.
    n_rows : int
        Number of training rows.
    loss_and_gradients : callable
        Given an array of row numbers, the mean loss over them and its gradients, one for each of
        `parameters`.
    schedule : Schedule
        How long and in what steps.
    rng : numpy.random.Generator
        Shuffles the rows in every epoch.
    monitor : callable, default=None
        Without arguments, the loss that decides when to end and which epoch is best; the mean
        training loss by default.
    title : str, default=""
        What the lines of a verbose schedule begin with, such as the layer that is trained.

    Returns
    -------
    training : Training
        Its course.

    Raises
    ------
    ValueError
        If the loss becomes infinite or NaN.
    """
    optimiser = Adam(parameters, schedule.learning_rate)
    losses, monitored = [], []
    best, waited, kept = np.inf, 0, [p.copy() for p in parameters]
    for _ in range(schedule.max_iter):
        order, total = rng.permutation(n_rows), 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            for start in range(0, n_rows, schedule.batch_size):
                rows = order[start : start + schedule.batch_size]
                loss, gradients = loss_and_gradients(rows)
                optimiser.step(gradients)
                total += len(rows) * float(loss)
            losses.append(total / n_rows)
            monitored.append(losses[-1] if monitor is None else float(monitor()))
        if not np.isfinite(losses[-1] + monitored[-1]):
            raise ValueError(
                f"Training diverged in epoch {len(losses)} with "
                f"learning_rate={np.max(schedule.learning_rate):g}. Use a smaller learning_rate."
            )
        if schedule.verbose:
            line = f"epoch {len(losses)}, loss {losses[-1]:.5g}, monitored {monitored[-1]:.5g}"
            print(f"{title}, {line}" if title else line)  # noqa: T201 (asked for)
        waited = 0 if monitored[-1] < best * (1 - schedule.tol) else waited + 1
        if monitored[-1] < best:
            best = monitored[-1]
            for parameter, value in zip(parameters, kept):
                value[...] = parameter
        if waited >= schedule.n_iter_no_change:
            break
    for parameter, value in zip(parameters, kept):
        parameter[...] = value
    return Training(losses, monitored, waited >= schedule.n_iter_no_change)


#: Of fewer rows than this none is held out.
LEAST_ROWS_TO_HOLD_OUT = 20


def hold_out(n_rows, fraction, rng):
    """Split row numbers at random into those held out and those trained on.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Share of the rows to hold out; none is of fewer than 20 rows.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    held_out, kept : ndarray of int
        Row numbers.
    """
    order = rng.permutation(n_rows)
    n_held_out = int(fraction * n_rows) if n_rows >= LEAST_ROWS_TO_HOLD_OUT else 0
    return order[:n_held_out], order[n_held_out:]
