"""An autoencoder whose code is active seldom."""

from typing import NamedTuple

import numpy as np

from .._network import forward, hold_out, train
from ._denoising import (
    DenoisingLayer,
    decay,
    initial_parameters,
    layers_of,
    reconstruction,
    reconstruction_loss,
    standardise,
)

LEAST_ACTIVITY = 1e-6  # mean activation, or what it lacks of 1, below which it counts as this


class Sparsity(NamedTuple):
    """How seldom code units should be active.

    Parameters
    ----------
    rho : float
        Wanted mean activation, between 0 and 1.
    beta : float
        Weight of the divergence from it.
    """

    rho: float
    beta: float


def fit_sparse_layer(X, n_hidden, options, sparsity, rng, scale, *, title=""):
    """Train a sparse autoencoder.

    With ``sparsity.beta=0`` it is bit for bit that of `fit_layer` without corruption.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows.
    n_hidden : int
        Size of the code.
    options : Options
        How, with the activation "sigmoid"; there is no corruption.
    sparsity : Sparsity
        How seldom code units should be active.
    rng : numpy.random.Generator
        Draws initial weights and order of the rows.
    scale : Affine
        Standardises the rows.
    title : str, default=""
        What the lines of a verbose training begin with.

    Returns
    -------
    layer : DenoisingLayer
        The layer.
    training : Training
        The course of its training.
    """
    rows = standardise(X, scale)
    parameters = initial_parameters(rows.shape[1], n_hidden, options.tied, rng)
    held_out, kept = hold_out(len(rows), options.validation_fraction, rng)

    def loss_and_gradients(batch):
        return sparse_reconstruction(parameters, rows[kept[batch]], options, sparsity)

    monitor = None
    if len(held_out):

        def monitor():
            return sparse_loss(parameters, rows[held_out], options, sparsity)

    training = train(
        parameters, len(kept), loss_and_gradients, options.schedule, rng, monitor, title=title
    )
    return DenoisingLayer(scale, *layers_of(parameters, options)), training


def sparse_reconstruction(parameters, rows, options, sparsity):
    """The loss of `reconstruction` and ``beta`` times the divergence, with gradients.

    Parameters
    ----------
    parameters : list of ndarray
        Those of `reconstruction`.
    rows : ndarray of shape (n_samples, n_features)
        What to restore.
    options : Options
        Tying and weight decay.
    sparsity : Sparsity
        How seldom code units should be active.

    Returns
    -------
    loss : float
        The sum.
    gradients : list of ndarray
        In the order of `parameters`.
    """

    def of_code(code):
        excess, slope = divergence(code.mean(axis=0), sparsity.rho)
        each = sparsity.beta / len(code) * slope
        return sparsity.beta * excess, np.broadcast_to(each, code.shape)

    return reconstruction(parameters, rows, rows, options, of_code=of_code)


def sparse_loss(parameters, rows, options, sparsity):
    """The loss of `sparse_reconstruction` alone."""
    code = forward(layers_of(parameters, options)[:1], rows).outputs[-1]
    loss = reconstruction_loss(parameters, rows, rows, options) + decay(parameters, options.alpha)
    return loss + sparsity.beta * divergence(code.mean(axis=0), sparsity.rho)[0]


def divergence(activity, rho):
    """Kullback-Leibler divergence of mean activations from the wanted one, and its slope.

    ``sum_j rho log(rho / a_j) + (1 - rho) log((1 - rho) / (1 - a_j))``

    Parameters
    ----------
    activity : ndarray of shape (n_hidden,)
        Mean activations a.
    rho : float
        The wanted one.

    Returns
    -------
    total : float
        The divergence.
    slope : ndarray of shape (n_hidden,)
        Its derivative by the mean activations.
    """
    activity = np.clip(activity, LEAST_ACTIVITY, 1 - LEAST_ACTIVITY)
    of_active = rho * np.log(rho / activity)
    of_others = (1 - rho) * np.log((1 - rho) / (1 - activity))
    return float(np.sum(of_active + of_others)), (1 - rho) / (1 - activity) - rho / activity
