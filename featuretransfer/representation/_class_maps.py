"""A map from source to target for each class, and their mixture."""

from dataclasses import dataclass

import numpy as np

from .._linalg import covariance_of, ledoit_wolf_shrinkage
from ._gaussian_map import gaussian_map


@dataclass(frozen=True)
class ClassMoments:
    """Class means, and covariances shrunk to the one within classes.

    Parameters
    ----------
    means : dict of int to ndarray of shape (n_features,)
        Mean of each class that has rows.
    covariances : dict of int to Covariance
        Covariance of each class; empty where no class has two rows.
    """

    means: dict
    covariances: dict


def class_moments(X, codes, reg, pooling):
    """Moments of each class.

    With the deviations of rows from their class means, S_c is the covariance within class c, S that
    within all n_classes classes together, and class c of n_c rows gets ``w S_c + (1 - w) S`` with
    ``w = (n_c - 1) / (n_c - 1 + pooling * n_features)``: the estimate of a normal class whose prior
    is worth as many rows as it has features, times `pooling`. It is then regularised by `reg`, for
    "ledoit-wolf" by the shrinkage that is best for S.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows, float64.
    codes : ndarray of shape (n_samples,) of int
        Their classes.
    reg : "ledoit-wolf" or float
        See `regularised_covariance`.
    pooling : float
        From 0 (each class by itself) to infinity (S for all).

    Returns
    -------
    moments : ClassMoments
        The moments of the classes among `codes`.
    """
    n, d = X.shape
    present, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    means = np.stack([X[places == place].mean(axis=0) for place in range(len(present))])
    by_class, free = dict(zip(present.tolist(), means)), n - len(present)
    if free == 0:
        return ClassMoments(by_class, {})
    deviations = X - means[places]
    a = 0.0
    if reg == "ledoit-wolf":
        within = covariance_of(deviations / np.sqrt(free))
        norms = np.einsum("ij,ij->i", deviations, deviations)
        a = ledoit_wolf_shrinkage(norms, within.values * (free / n), d)
    covariances = {}
    for place, label in enumerate(present.tolist()):
        w = _own_weight(counts[place] - 1, pooling * d)
        shares = np.full(n, (1 - w) / free)
        if w > 0:
            shares[places == place] += w / (counts[place] - 1)
        Z = np.sqrt(shares)[:, None] * deviations
        Z = Z[shares > 0]
        ridge = a * np.sum(Z**2) / d if reg == "ledoit-wolf" else float(reg)
        covariances[label] = covariance_of(np.sqrt(1 - a) * Z, ridge)
    return ClassMoments(by_class, covariances)


def _own_weight(n_free, prior):
    return n_free / (n_free + prior) if n_free > 0 else 0.0


def class_maps(source, target, n_classes, pooled):
    """The map of each class.

    Parameters
    ----------
    source, target : ClassMoments
        Moments of the classes in both domains.
    n_classes : int
        Number of classes, all of them in the source.
    pooled : GaussianMap
        The map of all rows: taken for a class that the target does not have; its linear part for
        one without a regular covariance.

    Returns
    -------
    maps : list of GaussianMap
        One for each class.
    """
    maps = []
    for c in range(n_classes):
        if c not in target.means:
            maps.append(pooled)
            continue
        means = source.means[c], target.means[c]
        pair = source.covariances.get(c), target.covariances.get(c)
        if None in pair or pooled.covariances is None or pair[0].is_singular:
            maps.append(pooled.between(means))
        else:
            maps.append(gaussian_map(means, pair))
    return maps


def mixture(X, maps, shares):
    """Rows mapped by every map, and mixed by the shares of each row in them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    maps : list of callable
        The maps.
    shares : ndarray of shape (n_samples, n_maps)
        The shares.

    Returns
    -------
    mapped : ndarray of shape (n_samples, n_features)
        The mixed rows.
    """
    mapped = np.zeros(X.shape)
    for mapping, share in zip(maps, shares.T):
        used = share > 0
        if used.any():
            mapped[used] += share[used, None] * mapping(X[used])
    return mapped
