"""Components that rest on few source rows: an l2,1 penalty by reweighted eigenproblems."""

from dataclasses import dataclass

import numpy as np

from ._transfer_components import Components, find_components, mean_root

FLOOR = 1e-6  # of the mean row norm, below which a row's penalty is quadratic


@dataclass(frozen=True)
class SparseComponents:
    """Components, and the rows on which they rest.

    Parameters
    ----------
    space : KernelSpace or FeatureSpace
        The space with the precisions of the last iteration, to which the coordinates belong.
    components : Components
        The solution.
    row_norms : ndarray of shape (n_source,)
        Norms of the source rows of A.
    objective : ndarray of shape (n_iter,)
        What every iteration reached; it never rises.
    strength : float
        See `LowRankRoot`.
    converged : bool
        Whether the objective has stopped to fall.
    """

    space: object
    components: Components
    row_norms: np.ndarray
    objective: np.ndarray
    strength: float
    converged: bool


def sparse_components(space, e, n_source, k, *, mu, mu_scale, sparsity, max_iter, tol):
    """Minimise ``mu e'KA A'Ke + s |A_s|_2,1 + |A_t|_F^2`` subject to ``A'KHKA = I``.

    Every iteration majorises the norms of the source rows by squares, ``s |a| <= s (|a|^2 / |b| +
    |b|) / 2`` for the rows b of the iteration before: an eigenproblem with precisions ``s / (2
    |b|)`` of source rows and 1 of target rows. The first one has precisions 1.

    Parameters
    ----------
    space : KernelSpace or FeatureSpace
        Where components are sought.
    e : ndarray of shape (n,)
        See `mean_difference`.
    n_source : int
        Number of source rows.
    k : int
        Number of components.
    mu, mu_scale : float, str
        See `mean_root`; "relative" is settled in the first iteration.
    sparsity : float or "balanced"
        s; "balanced" gives a row of mean norm in the first iteration the precision 1.
    max_iter : int
        Largest number of iterations.
    tol : float
        Relative fall of the objective at which iterations end.

    Returns
    -------
    solution : SparseComponents
        Of the last iteration.
    """
    mu = mean_root(space, e, mu, mu_scale).mu
    penalty, precisions, objective, converged = None, None, [], False
    for _ in range(max_iter):
        if precisions is not None:
            space = space.rescaled(precisions)
        root = mean_root(space, e, mu)
        components = find_components(space, space.spread(), root, k)
        values = np.where(components.values > 0, components.values, np.inf)
        whitened = components.coordinates / np.sqrt(values)
        A = space.row_weights(whitened)
        norms = np.linalg.norm(A[:n_source], axis=1)
        if penalty is None:
            penalty = _row_penalty(sparsity, norms)
        precisions = penalty.precisions(norms, space.n_rows)
        gap = e @ space.project(whitened)
        objective.append(mu * (gap @ gap) + penalty(norms) + np.sum(A[n_source:] ** 2))
        if len(objective) > 1 and objective[-2] - objective[-1] <= tol * objective[-2]:
            converged = True
            break
    return SparseComponents(space, components, norms, np.array(objective), root.strength, converged)


@dataclass(frozen=True)
class _RowPenalty:
    """``s |a|``, or its square where |a| is below the floor."""

    s: float
    floor: float

    def __call__(self, norms):
        low = norms**2 / (2 * self.floor) + self.floor / 2
        return self.s * np.where(norms > self.floor, norms, low).sum()

    def precisions(self, norms, n):
        """Precisions of all rows, source rows first, under which squares majorise the penalty."""
        precisions = np.ones(n)
        precisions[: len(norms)] = self.s / (2 * np.maximum(norms, self.floor))
        return precisions


def _row_penalty(sparsity, norms):
    mean = norms.mean() if norms.any() else 1.0
    return _RowPenalty(2 * mean if sparsity == "balanced" else sparsity, FLOOR * mean)
