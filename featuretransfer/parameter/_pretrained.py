"""A network that was trained before, in the forms in which it can be given."""

import itertools

import numpy as np

from .._base import some_names
from ..representation._column_scales import Affine
from ._heads import Network, layers_of


def as_network(pretrained, activation, n_features):
    """The network that a parameter ``pretrained`` stands for.

    Parameters
    ----------
    pretrained : Network, estimator or (coefs, intercepts)
        A network; an estimator with ``network_``; or lists of the weights (n_in, n_out) and biases
        (n_out,) of every layer, which are taken as they are: without standardisation of the rows,
        the classes of the output layer unknown.
    activation : str
        Of the hidden layers, where only weights are given.
    n_features : int
        Number of features of the rows it is for.

    Returns
    -------
    network : Network
        The network; with no classes where they are not known.

    Raises
    ------
    TypeError
        If it is nothing of that.
    ValueError
        If it is for other features, or its layers do not fit onto each other.
    """
    found = getattr(pretrained, "network_", pretrained)
    if isinstance(found, list | tuple) and len(found) == 2:
        found = _from_weights(*found, activation)
    if not isinstance(found, Network):
        raise TypeError(
            "pretrained must be a fitted network classifier, its network_, or a pair (coefs, "
            f"intercepts), got {pretrained!r}. An estimator loses its network when it is cloned, "
            "in a search for instance: pass its network_, which does not."
        )
    expected = found.layers[0].weights.shape[0]
    if expected != n_features:
        raise ValueError(
            f"pretrained is a network for {expected} features, but X has {n_features}. Use the "
            "features it was trained on."
        )
    return found


def _from_weights(coefs, intercepts, activation):
    pairs = list(zip(coefs, intercepts))
    parameters = [np.asarray(part, dtype=np.float32) for pair in pairs for part in pair]
    weights, biases = parameters[::2], parameters[1::2]
    shapes = [(w.shape, b.shape) for w, b in zip(weights, biases)]
    fit = (
        bool(pairs)
        and len(coefs) == len(intercepts)
        and all(w.ndim == 2 and b.shape == w.shape[1:] for w, b in zip(weights, biases))
        and all(a.shape[1] == b.shape[0] for a, b in itertools.pairwise(weights))
    )
    if not fit:
        raise ValueError(
            "pretrained must be weights of shape (n_in, n_out) and biases of shape (n_out,) of "
            f"layers that follow one another, got the shapes {some_names(shapes, 10)}."
        )
    n_features = len(weights[0])
    scale = Affine(np.zeros(n_features), np.ones(n_features))
    return Network(scale, layers_of(parameters, activation), [np.array([])])
