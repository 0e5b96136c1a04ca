"""Class prototypes that lie near the rows of their class and near a known arrangement of classes.

For rows x_i with weights u_i and classes r_i, an arrangement g_c known up to a shift b, and a
strength t the objective is

    J(P, b, r) = sum_i u_i |x_i - P_(r_i)|^2 + t sum_c |P_c - b - g_c|^2

Each of its two parts is minimised in closed form: the classes of unlabelled rows given prototypes
(the nearest), prototypes and shift given classes.
"""

from typing import NamedTuple

import numpy as np


class Prototypes(NamedTuple):
    """What `fit_prototypes` found.

    Parameters
    ----------
    positions : ndarray of shape (n_classes, n_features)
        The prototypes.
    codes : ndarray of shape (n_rows,) of int
        The classes of the rows that are best for them.
    objective : list of float
        The objective before the first and after every iteration; it never grows.
    converged : bool
        Whether the classes of the rows stay the same.
    """

    positions: np.ndarray
    codes: np.ndarray
    objective: list
    converged: bool


def place_prototypes(X, codes, weights, arrangement, strength):
    """The prototypes and the shift that minimise the objective for given classes of the rows.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows, at least one.
    codes : ndarray of shape (n_rows,) of int
        Their classes.
    weights : ndarray of shape (n_rows,)
        Their weights, positive.
    arrangement : ndarray of shape (n_classes, n_features)
        The known positions, up to a shift.
    strength : float
        The strength t >= 0; ``inf`` is the limit. 0 is the limit too: a class without rows is where
        the others shift the arrangement to.

    Returns
    -------
    positions : ndarray of shape (n_classes, n_features)
        The prototypes.
    shift : ndarray of shape (n_features,)
        The shift b.
    """
    k = len(arrangement)
    n = np.bincount(codes, weights, k)
    members = np.zeros((k, len(X)))
    members[codes, np.arange(len(X))] = weights
    means = (members @ X) / np.where(n > 0, n, 1)[:, None]
    if strength == np.inf:
        shift = (n / n.sum()) @ (means - arrangement)
        return shift + arrangement, shift
    trust = n / np.where(n > 0, n + strength, 1)  # of the rows of a class, against the arrangement
    shift = (trust / trust.sum()) @ (means - arrangement)
    prior = shift + arrangement
    return prior + trust[:, None] * (means - prior), shift


def squared_distances(X, positions):
    """Squared distances of rows to prototypes, of shape (n_rows, n_classes)."""
    center = positions.mean(axis=0)
    X, positions = X - center, positions - center
    found = np.einsum("ij,ij->i", X, X)[:, None] - 2 * X @ positions.T
    return np.maximum(found + np.einsum("ij,ij->i", positions, positions), 0)


def fit_prototypes(X, known, weights, arrangement, strength, metric, max_iter, is_lost):
    """Alternate between the classes of the rows and the prototypes until both stay.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows.
    known : ndarray of shape (n_rows,) of int
        Classes of labelled rows, -1 where they are to be found.
    weights, arrangement, strength
        See `place_prototypes`.
    metric : callable
        An affine map of rows, between whose results distances are taken.
    max_iter : int
        Most iterations.
    is_lost : callable
        ``is_lost(codes, iteration)`` tells whether to stop at the prototypes of the iteration
        before.

    Returns
    -------
    prototypes : Prototypes
        The first prototypes are the arrangement, shifted to the labelled rows or, where there are
        none, so that its mean is that of the rows.
    """
    mapped, fixed = metric(X), known >= 0

    def settle(positions, shift):
        """The best classes of the rows, and the objective."""
        distances = squared_distances(mapped, metric(positions))
        codes = np.where(fixed, known, distances.argmin(axis=1))
        value = weights @ np.take_along_axis(distances, codes[:, None], axis=1)[:, 0]
        if 0 < strength < np.inf:  # otherwise the second part is 0 in the limit
            moved = metric(positions) - metric(shift + arrangement)
            value += strength * np.sum(moved**2)
        return codes, float(value)

    if fixed.any():
        of_fixed = X[fixed], known[fixed], weights[fixed]
        positions, shift = place_prototypes(*of_fixed, arrangement, np.inf)
    else:
        shift = X.mean(axis=0) - arrangement.mean(axis=0)
        positions = shift + arrangement
    codes, value = settle(positions, shift)
    values = [value]
    for iteration in range(1, max_iter + 1):
        if is_lost(codes, iteration):
            return Prototypes(positions, codes, values, True)
        before = codes
        positions, shift = place_prototypes(X, codes, weights, arrangement, strength)
        codes, value = settle(positions, shift)
        values.append(value)
        if np.array_equal(before, codes):
            return Prototypes(positions, codes, values, True)
    return Prototypes(positions, codes, values, False)


def arrangement_of(means, source_classes, classes, coordinates):
    """Positions of classes relative to each other, as they are in the source.

    Parameters
    ----------
    means : ndarray of shape (n_source_classes, n_features)
        Class means of the source.
    source_classes, classes : list
        The labels of the source, and those asked for.
    coordinates : dict
        Label to ndarray of shape (n_dimensions,), for all of `classes` that the source lacks and
        for those of the source that have any.

    Returns
    -------
    arrangement : ndarray of shape (n_classes, n_features)
        A class of the source is at its mean. Another one is at the mean of the source classes with
        the same coordinates, else where an affine map of the coordinates, fitted to the source
        classes by least squares, puts it.
    """
    placed = [i for i, label in enumerate(source_classes) if label in coordinates]
    found = np.empty((len(classes), means.shape[1]))
    for row, label in enumerate(classes):
        if label in source_classes:
            found[row] = means[source_classes.index(label)]
            continue
        V = np.array([coordinates[source_classes[i]] for i in placed])
        v, M = coordinates[label], means[placed]
        same = np.all(v == V, axis=1)
        if same.any():
            found[row] = M[same].mean(axis=0)
        else:
            slopes = np.linalg.pinv(V - V.mean(axis=0)) @ (M - M.mean(axis=0))
            found[row] = M.mean(axis=0) + (v - V.mean(axis=0)) @ slopes
    return found
