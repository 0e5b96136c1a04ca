"""Weights of corpora by how far they are from a target."""

import numpy as np


def relatedness_weights(distances, temperature):
    """Weights that fall exponentially with the distance, in units of the mean distance.

    Parameters
    ----------
    distances : ndarray of shape (n_corpora,)
        Distances to the target, >= 0.
    temperature : float
        Greater is more even.

    Returns
    -------
    weights : ndarray of shape (n_corpora,)
        ``exp(-distance / (temperature * mean distance))`` up to a factor, the largest being 1.
    """
    mean = distances.mean()
    if mean == 0:
        return np.ones(len(distances))
    return np.exp((distances.min() - distances) / (temperature * mean))
