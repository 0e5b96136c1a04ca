"""An autoencoder whose code a support vector machine reads, with rows of no class as universum."""

from typing import NamedTuple

import numpy as np

from .._network import Layer, backward, forward, hold_out, train
from ._column_scales import standard
from ._denoising import (
    DenoisingLayer,
    damaged,
    decay,
    initial_parameters,
    layers_of,
    reconstruction,
    reconstruction_loss,
    standardise,
)


class Margins(NamedTuple):
    """What is asked of the decision values of every row.

    Parameters
    ----------
    signs : ndarray of shape (n_samples, n_outputs)
        1 and -1, the side of each decision that a labelled row is on; anything for others.
    hinge : ndarray of shape (n_samples,)
        Weight of the hinge loss, 0 for rows without a label.
    universum : ndarray of shape (n_samples,)
        Weight of the epsilon-insensitive loss, 0 for labelled rows.
    """

    signs: np.ndarray
    hinge: np.ndarray
    universum: np.ndarray

    def of(self, rows):
        """Those of some rows."""
        return Margins(*(values[rows] for values in self))


class Head(NamedTuple):
    """How the decision values are learned.

    Parameters
    ----------
    epsilon : float
        Half width of the zone around 0 where the universum costs nothing.
    alpha : float
        Decay of the weights that give the decision values.
    """

    epsilon: float
    alpha: float


def fit_universum_layer(X, margins, n_hidden, options, head, rng, *, title=""):
    """Train an autoencoder and, on its code, linear decision functions.

    Where no margin has a weight the autoencoder is bit for bit that of `fit_layer`.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows.
    margins : Margins
        What is asked of them.
    n_hidden : int
        Size of the code.
    options : Options
        How.
    head : Head
        How the decisions are learned.
    rng : numpy.random.Generator
        Draws initial weights, corruption and order of the rows.
    title : str, default=""
        What the lines of a verbose training begin with.

    Returns
    -------
    layer : DenoisingLayer
        The autoencoder.
    decisions : Layer
        From code to decision values.
    training : Training
        The course of the training.
    """
    scale = standard(X)
    rows = standardise(X, scale)
    margins = Margins(*(np.asarray(values, dtype=np.float32) for values in margins))
    n_outputs = margins.signs.shape[1]
    parameters = initial_parameters(rows.shape[1], n_hidden, options.tied, rng)
    parameters += [np.zeros(n_outputs, np.float32), np.zeros((n_hidden, n_outputs), np.float32)]
    held_out, kept = hold_out(len(rows), options.validation_fraction, rng)

    def loss_and_gradients(batch):
        clean = rows[kept[batch]]
        corrupted = damaged(clean, options, rng)
        asked = margins.of(kept[batch])
        return universum_reconstruction(parameters, corrupted, clean, asked, options, head)

    monitor = None
    if len(held_out):
        clean, asked = rows[held_out], margins.of(held_out)
        corrupted = damaged(clean, options, rng)  # the same in every epoch

        def monitor():
            return universum_loss(parameters, corrupted, clean, asked, options, head)

    training = train(
        parameters, len(kept), loss_and_gradients, options.schedule, rng, monitor, title=title
    )
    layer = DenoisingLayer(scale, *layers_of(parameters[:-2], options))
    return layer, decisions_of(parameters), training


def universum_reconstruction(parameters, corrupted, clean, margins, options, head):
    """The loss of `reconstruction` and of `margin_loss`, with gradients.

    ``1 / (2 n) sum |x - r|^2 + alpha / 2 (|W|^2 + |V|^2) + margins / n + head.alpha / 2 |U|^2``

    Parameters
    ----------
    parameters : list of ndarray
        Those of `reconstruction`, then biases (n_outputs,) and weights U (n_hidden, n_outputs) of
        the decision values.
    corrupted, clean : ndarray of shape (n_samples, n_features)
        Input and what to make of it.
    margins : Margins
        What is asked of the decision values.
    options : Options
        Activation, tying and weight decay.
    head : Head
        Zone and decay of the decision values.

    Returns
    -------
    loss : float
        The sum.
    gradients : list of ndarray
        In the order of `parameters`.
    """
    weights, decide = parameters[-1], decisions_of(parameters)
    found = []

    def of_code(code):
        passed = forward([decide], code)
        lost, slope = margin_loss(passed.outputs[-1], margins, head.epsilon)
        slope = slope / len(clean)
        found.extend(backward([decide], passed, slope))
        return lost / len(clean), slope @ weights.T

    loss, gradients = reconstruction(parameters[:-2], corrupted, clean, options, of_code=of_code)
    ((decisions, biases),) = found
    loss += head.alpha / 2 * np.vdot(weights, weights)
    return loss, [*gradients, biases, decisions + head.alpha * weights]


def universum_loss(parameters, corrupted, clean, margins, options, head):
    """The loss of `universum_reconstruction` alone."""
    autoencoder, weights = parameters[:-2], parameters[-1]
    encoder = layers_of(autoencoder, options)[0]
    scores = forward([encoder, decisions_of(parameters)], corrupted).outputs[-1]
    loss = reconstruction_loss(autoencoder, corrupted, clean, options)
    loss += decay(autoencoder, options.alpha)
    loss += margin_loss(scores, margins, head.epsilon)[0] / len(clean)
    return loss + head.alpha / 2 * np.vdot(weights, weights)


def margin_loss(scores, margins, epsilon):
    """Hinge loss of labelled rows and epsilon-insensitive loss of the universum, and their slope.

    ``sum_ik hinge_i max(0, 1 - signs_ik f_ik) + universum_i max(0, |f_ik| - epsilon)``

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        Decision values f.
    margins : Margins
        Signs and weights.
    epsilon : float
        Half width of the zone where the universum costs nothing.

    Returns
    -------
    loss : float
        The sum over rows and outputs.
    slope : ndarray of shape (n_samples, n_outputs)
        Its derivative by the decision values.
    """
    hinge, universum = margins.hinge[:, None], margins.universum[:, None]
    missing = 1 - margins.signs * scores
    beyond = np.abs(scores) - epsilon
    loss = np.vdot(hinge, np.maximum(missing, 0).sum(axis=1))
    loss += np.vdot(universum, np.maximum(beyond, 0).sum(axis=1))
    slope = universum * np.sign(scores) * (beyond > 0) - hinge * margins.signs * (missing > 0)
    return loss, slope


def decisions_of(parameters):
    """The layer that makes decision values of codes."""
    return Layer(parameters[-1], parameters[-2], "identity")
