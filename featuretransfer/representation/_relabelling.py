"""Components that align class means, for target classes that they predict themselves."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from .._checks import is_count
from .._labels import source_labels
from .._pseudo_labels import lost_classes, make_labeller, warn_collapsed
from ._kernel_components import (
    Projection,
    check_parameters,
    pooled_rows,
    projection,
    settle_kernel,
    store,
)
from ._transfer_components import (
    Components,
    find_components,
    mean_difference,
    mean_root,
    principal_components,
)


@dataclass(frozen=True)
class Iterate:
    """The components of one iteration and what they predict.

    Parameters
    ----------
    components : Components
        The solution.
    found : Projection
        Its projection of all rows.
    strength : float
        See `LowRankRoot`.
    labels : ndarray of shape (n_target,) or None
        Pseudo-labels predicted from the projected rows.
    number : int
        The iteration, from 1.
    """

    components: Components
    found: Projection
    strength: float
    labels: np.ndarray
    number: int


def relabel(space, k, y, differences, labeller, *, mu, mu_scale, max_iter, name, stacklevel):
    """Align, predict the target's labels, align the classes by these, until no label changes.

    The first iteration aligns the domain means only. It ends early where pseudo-labels collapse.

    Parameters
    ----------
    space : KernelSpace or FeatureSpace
        Where components are sought, source rows before target rows.
    k : int
        Number of components.
    y : ndarray of shape (n_source,)
        Source labels.
    differences : callable
        From pseudo-labels of shape (n_target,) to the differences of means E, of shape (n, m).
    labeller : classifier
        Cloned and fitted in every iteration.
    mu, mu_scale : float, str
        See `mean_root`.
    max_iter : int
        Largest number of iterations.
    name : str
        Name of the method, for the warning.
    stacklevel : int
        Where the warning points, 1 to the caller.

    Returns
    -------
    iterate : Iterate
        The last iteration whose pseudo-labels have not collapsed; the first one in any case.
    converged : bool
        Whether its pseudo-labels are those with which it began.
    """
    n_source, spread = len(y), space.spread()
    kept, E = None, mean_difference(n_source, space.n_rows - n_source)
    for number in range(1, max_iter + 1):
        root = mean_root(space, E, mu, mu_scale)
        components = find_components(space, spread, root, k)
        found = projection(space, components)
        Z = found.projected - found.projected.mean(axis=0)  # solvers converge faster
        labels = clone(labeller).fit(Z[:n_source], y).predict(Z[n_source:])
        iterate = Iterate(components, found, root.strength, labels, number)
        lost = lost_classes(labels, y)
        if len(lost):
            instead = "its components" if kept is None else "the iteration before"
            warn_collapsed(name, lost, number, stacklevel + 1, instead)
            return (iterate if kept is None else kept), False
        if kept is not None and np.array_equal(labels, kept.labels):
            return iterate, True
        kept = iterate
        if number < max_iter:
            E = differences(labels)
    return kept, False


def fit_relabelled(estimator, X, y, X_target, make_differences, stacklevel):
    """What `fit` of an estimator with pseudo-labels does.

    Sets all learned attributes.

    Parameters
    ----------
    estimator : estimator
        With the parameters shared by kernel components, ``estimator`` and ``max_iter``.
    X, y, X_target
        As passed to `fit`.
    make_differences : callable
        From a space, a number of components and source labels to the ``differences`` of `relabel`.
    stacklevel : int
        Where warnings point, 1 to the caller.

    Returns
    -------
    projected : ndarray of shape (n_source, k)
        The projected source rows.
    """
    rows, n_source = pooled_rows(estimator, X, X_target)
    check_parameters(estimator)
    if not is_count(estimator.max_iter):
        raise ValueError(f"max_iter must be an integer >= 1, got {estimator.max_iter!r}.")
    labeller = make_labeller(estimator.estimator)
    if X_target is not None:
        y = source_labels(estimator, rows[:n_source], y)
    space, k = settle_kernel(estimator, rows)
    if X_target is None:
        last, converged = _plain(space, k), True
    else:
        last, converged = relabel(
            space,
            k,
            y,
            make_differences(space, k, y),
            labeller,
            mu=estimator.mu,
            mu_scale=estimator.mu_scale,
            max_iter=estimator.max_iter,
            name=type(estimator).__name__,
            stacklevel=stacklevel + 1,
        )
    estimator.pseudo_labels_, estimator.n_iter_ = last.labels, last.number
    estimator.converged_, estimator.mu_effective_ = converged, last.strength
    estimator.explained_share_ = last.components.explained_share
    projected = store(estimator, last.found, last.components, n_source)
    return projected.astype(rows.dtype, copy=False)


def _plain(space, k):
    """The kernel principal components, which no labels have shaped."""
    components = principal_components(space, space.spread(), k)
    return Iterate(components, projection(space, components), 0.0, None, 1)
