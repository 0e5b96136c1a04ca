"""One denoising layer: corrupted rows in, clean rows out, its code in between."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .._network import (
    Layer,
    Schedule,
    add_decay,
    backward,
    backward_sums,
    blocks,
    forward,
    hold_out,
    initial_weights,
    train,
)
from ._column_scales import Affine, standard

#: A probability is a multiple of the inverse: two random bytes are cheaper than a random number.
MASK_STEPS = 65536


def mask(X, noise, rng):
    """Rows with each value set to 0, their mean, with probability `noise`."""
    steps = rng.integers(0, MASK_STEPS, size=X.shape, dtype=np.uint16)
    return X * (steps >= round(noise * MASK_STEPS))


def gaussian(X, noise, rng):
    """Rows with normal noise of standard deviation `noise` added."""
    return X + np.float32(noise) * rng.standard_normal(X.shape, dtype=np.float32)


#: Name to corruption of standardised rows.
CORRUPTIONS = {"mask": mask, "gaussian": gaussian}


@dataclass(frozen=True)
class Options:
    """How a denoising layer is built and trained.

    Parameters
    ----------
    activation : str
        Of the code.
    corrupt : callable
        Corrupts rows, given rows, `noise` and a generator.
    noise : float
        Its strength.
    tied : bool
        Whether the decoder uses the encoder's weights.
    alpha : float
        Weight decay.
    dropout : float
        Share of code units left out in every step.
    validation_fraction : float
        Share of the rows held out to decide when to stop.
    schedule : Schedule
        Steps of the training.
    """

    activation: str
    corrupt: object
    noise: float
    tied: bool
    alpha: float
    dropout: float
    validation_fraction: float
    schedule: Schedule


class DenoisingLayer(NamedTuple):
    """A trained layer: standardise, encode, decode."""

    scale: Affine
    encoder: Layer
    decoder: Layer

    def encode(self, X):
        """Codes, float32."""
        return forward([self.encoder], standardise(X, self.scale)).outputs[-1]

    def decode(self, code):
        """Rows from codes, float64."""
        return self.scale.center + self.scale.scale * forward([self.decoder], code).outputs[-1]


def standardise(X, scale):
    """Scaled rows, float32, without a copy of all of them in float64."""
    rows = np.empty(X.shape, np.float32)
    for part in blocks(X):
        rows[part] = scale(X[part])
    return rows


def fit_layer(X, n_hidden, options, rng, *, title="", scale=None, start=None, centers=None):
    """Train one layer.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows.
    n_hidden : int
        Size of the code.
    options : Options
        How.
    rng : numpy.random.Generator
        Draws initial weights, corruption and order of the rows.
    title : str, default=""
        What the lines of a verbose training begin with.
    scale : Affine, default=None
        Standardises the rows; that of the rows themselves by default.
    start : callable, default=None
        Given the initial parameters, returns those to start from.
    centers : dict of int to ndarray, default=None
        As of `reconstruction`.

    Returns
    -------
    layer : DenoisingLayer
        The layer.
    training : Training
        The course of its training.
    """
    scale = standard(X) if scale is None else scale
    rows = standardise(X, scale)
    parameters = initial_parameters(rows.shape[1], n_hidden, options.tied, rng)
    if start is not None:
        parameters = start(parameters)
    held_out, kept = hold_out(len(rows), options.validation_fraction, rng)

    def loss_and_gradients(batch):
        clean = rows[kept[batch]]
        corrupted = damaged(clean, options, rng)
        factors = ()
        if options.dropout:
            code = rng.random((len(batch), n_hidden), dtype=np.float32) >= options.dropout
            factors = (code / np.float32(1 - options.dropout),)
        return reconstruction(parameters, corrupted, clean, options, factors, centers)

    monitor = None
    if len(held_out):
        clean = rows[held_out]
        corrupted = damaged(clean, options, rng)  # the same in every epoch

        def monitor():
            error = reconstruction_loss(parameters, corrupted, clean, options)
            return error + decay(parameters, options.alpha, centers)

    training = train(
        parameters, len(kept), loss_and_gradients, options.schedule, rng, monitor, title=title
    )
    return DenoisingLayer(scale, *layers_of(parameters, options)), training


def damaged(clean, options, rng):
    """Corrupted rows; the clean ones become read-only, lest a corruption in place be learned."""
    clean.flags.writeable = False
    return options.corrupt(clean, options.noise, rng)


def reconstruction(parameters, corrupted, clean, options, factors=(), centers=None, of_code=None):
    """Mean squared reconstruction error with weight decay, and its gradients.

    ``1 / (2 n) sum |x - r|^2 + alpha / 2 (|W|^2 + |V|^2)``, with ``V`` left out where it is tied.
    With `centers` it is not towards 0 that parameters decay: ``alpha / 2 sum_l |p_l - center_l|^2``
    takes the place of the second term.

    Parameters
    ----------
    parameters : list of ndarray
        W (n_features, n_hidden), its biases, those of the decoder and, unless tied, V (n_hidden,
        n_features).
    corrupted, clean : ndarray of shape (n_samples, n_features)
        Input and what to make of it.
    options : Options
        Activation, tying and weight decay.
    factors : sequence of ndarray, default=()
        Dropout of the code.
    centers : dict of int to ndarray, default=None
        Positions among `parameters` to what these decay towards; by default all weights decay
        towards 0, and biases do not.
    of_code : callable, default=None
        Given the code, another loss to be added, and its gradient with respect to the code.

    Returns
    -------
    loss : float
        Mean over the rows.
    gradients : list of ndarray
        In the order of `parameters`.
    """
    layers = layers_of(parameters, options)
    passed = forward(layers, corrupted, factors)
    error = passed.outputs[-1]  # in place
    error -= clean
    loss = np.vdot(error, error) / (2 * len(clean))
    error *= 1 / len(clean)
    further = None
    if of_code is not None:
        other, slope = of_code(passed.outputs[0])
        loss, further = loss + other, {0: slope}
    if options.tied:  # both layers have a part in one gradient
        into_code, into_rows = backward_sums(layers, passed, error, factors, further)
        inputs = np.concatenate([corrupted, into_rows])
        encoder = inputs.T @ np.concatenate([into_code, passed.inputs[1]])
        gradients = [encoder, into_code.sum(axis=0), into_rows.sum(axis=0)]
    else:
        (encoder, code_biases), (decoder, biases) = backward(
            layers, passed, error, factors, further
        )
        gradients = [encoder, code_biases, biases, decoder]
    for position, excess in _decaying(parameters, centers):
        loss += add_decay(gradients[position], excess, options.alpha)
    return loss, gradients


def reconstruction_loss(parameters, corrupted, clean, options):
    """The mean squared error of `reconstruction` alone."""
    error = forward(layers_of(parameters, options), corrupted).outputs[-1] - clean
    return np.vdot(error, error) / (2 * len(clean))


def layers_of(parameters, options):
    """Encoder and decoder."""
    weights, code_biases, biases, *untied = parameters
    decoder = untied[0] if untied else weights.T
    return (
        Layer(weights, code_biases, options.activation),
        Layer(decoder, biases, "identity"),
    )


def decay(parameters, alpha, centers=None):
    """The weight decay of `reconstruction` alone."""
    excesses = [excess for _, excess in _decaying(parameters, centers)]
    return alpha / 2 * sum(np.vdot(excess, excess) for excess in excesses)


def _decaying(parameters, centers):
    """What decays of the parameters, with their positions."""
    if centers is None:
        return [(0, parameters[0]), *enumerate(parameters[3:], start=3)]
    return [(position, parameters[position] - center) for position, center in centers.items()]


def initial_parameters(n_features, n_hidden, tied, rng):
    """Random weights, in the order of `reconstruction`, and biases of 0."""
    parameters = [
        initial_weights(n_features, n_hidden, rng),
        np.zeros(n_hidden, np.float32),
        np.zeros(n_features, np.float32),
    ]
    if not tied:
        parameters.append(initial_weights(n_hidden, n_features, rng))
    return parameters
