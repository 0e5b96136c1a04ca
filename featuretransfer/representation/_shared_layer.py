"""One encoder of two domains with a decoder for each."""

import numpy as np

from .._network import hold_out, train
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

OWN_DECODER = {3: 0.0}  # what decays of a layer whose encoder decays elsewhere


def fit_shared_layer(X, X_target, n_hidden, options, gamma, rng, *, title=""):
    """Train an encoder with two decoders.

    With ``gamma=0`` source encoder and decoder are bit for bit those of `fit_layer`: whatever is
    drawn for the target comes from a generator of its own.

    Parameters
    ----------
    X, X_target : ndarray of shape (n_samples, n_features)
        Rows of the source and of the target.
    n_hidden : int
        Size of the code.
    options : Options
        How, with decoders of their own (``tied=False``).
    gamma : float
        Weight of the target.
    rng : numpy.random.Generator
        Draws initial weights, corruption and order of the rows.
    title : str, default=""
        What the lines of a verbose training begin with.

    Returns
    -------
    source_layer, target_layer : DenoisingLayer
        The same scale and encoder, and a decoder for each domain.
    training : Training
        The course of the training.
    """
    aside = rng.spawn(1)[0]
    scale = standard(np.concatenate([X, X_target]))
    source, target = standardise(X, scale), standardise(X_target, scale)
    parameters = initial_parameters(X.shape[1], n_hidden, False, rng)
    parameters += [value.copy() for value in parameters[2:]]  # the decoders start alike
    held_out, kept = hold_out(len(source), options.validation_fraction, rng)
    held_out_target, kept_target = hold_out(len(target), options.validation_fraction, aside)
    turns = Turns(kept_target, aside)
    n_steps = -(-len(kept) // options.schedule.batch_size)
    n_each = -(-len(kept_target) // n_steps)

    def pair_of(rows, rng):
        return damaged(rows, options, rng), rows

    def loss_and_gradients(batch):
        pair = pair_of(source[kept[batch]], rng), pair_of(target[turns.take(n_each)], aside)
        return shared_reconstruction(parameters, *pair, options, gamma)

    monitor = None
    if len(held_out):
        tested = held_out_target if len(held_out_target) else kept_target
        pair = pair_of(source[held_out], rng), pair_of(target[tested], aside)

        def monitor():
            return shared_loss(parameters, *pair, options, gamma)

    training = train(
        parameters, len(kept), loss_and_gradients, options.schedule, rng, monitor, title=title
    )
    both = (layers_of(part, options) for part in by_domain(parameters))
    return *(DenoisingLayer(scale, *layers) for layers in both), training


def shared_reconstruction(parameters, source, target, options, gamma):
    """Reconstruction error of both domains with weight decay, and its gradients.

    ``1 / (2 n_s) sum_s |x - r|^2 + alpha / 2 (|W|^2 + |V_s|^2)``, and `gamma` times
    ``1 / (2 n_t) sum_t |x - r|^2 + alpha / 2 |V_t|^2``.

    Parameters
    ----------
    parameters : list of ndarray
        W (n_features, n_hidden) and its biases, then biases and weights of the source's decoder,
        then those of the target's.
    source, target : tuple of two ndarray of shape (n_samples, n_features)
        Corrupted and clean rows.
    options : Options
        Activation and weight decay.
    gamma : float
        Weight of the target.

    Returns
    -------
    loss : float
        The sum of both.
    gradients : list of ndarray
        In the order of `parameters`.
    """
    own, others = by_domain(parameters)
    loss, gradients = reconstruction(own, *source, options)
    loss_target, found = reconstruction(others, *target, options, centers=OWN_DECODER)
    found = [gamma * gradient for gradient in found]
    shared = [gradient + more for gradient, more in zip(gradients[:2], found[:2])]
    return loss + gamma * loss_target, [*shared, *gradients[2:], *found[2:]]


def shared_loss(parameters, source, target, options, gamma):
    """The loss of `shared_reconstruction` alone."""
    own, others = by_domain(parameters)
    loss = reconstruction_loss(own, *source, options) + decay(own, options.alpha)
    of_target = reconstruction_loss(others, *target, options)
    return loss + gamma * (of_target + decay(others, options.alpha, OWN_DECODER))


def by_domain(parameters):
    """The parameters of the source's autoencoder and of the target's."""
    return parameters[:4], [*parameters[:2], *parameters[4:]]


class Turns:
    """Takes some of the given numbers at a time, each once before any again.

    Parameters
    ----------
    numbers : ndarray of int
        What to take.
    rng : numpy.random.Generator
        Shuffles them at the beginning of every round.
    """

    def __init__(self, numbers, rng):
        self.numbers, self.rng, self.waiting = numbers, rng, numbers[:0]

    def take(self, count):
        """The next `count`."""
        while len(self.waiting) < count:
            self.waiting = np.concatenate([self.waiting, self.rng.permutation(self.numbers)])
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken
