"""Kernel mean matching as a quadratic programme that forms only the kernel rows it needs."""

from dataclasses import dataclass

import numpy as np

from .._box_qp import FREE, kkt_residual, minimise
from .._quadratic import DenseQuadratic, FactorQuadratic

FIRST_ROWS = 200  # size of the first working set, and least number of rows added to it


@dataclass(frozen=True)
class Match:
    """Result of `match_means`.

    Parameters
    ----------
    w : ndarray of shape (n_source,)
        Weights within their bounds.
    multiplier : float
        Multiplier of the sum constraint, positive at its upper and negative at its lower bound.
    residual : float
        Largest violation of the optimality conditions, relative to the linear term.
    n_steps : int
        Linear systems solved.
    """

    w: np.ndarray
    multiplier: float
    residual: float
    n_steps: int


def match_means(rows, k, ridge, upper, low, high):
    """Minimise ``1/2 w'(K + ridge I)w - k'w`` over ``0 <= w <= upper``, ``low <= sum(w) <= high``.

    Column generation: the problem is solved on a working set of rows, then all rows whose gradient
    asks for weight join it, until none is left. Where pivoting on the working set does not end, or
    most rows turn out to matter, the kernel is factorised, and the problem of all rows is
    solved on the factor if its rank is low.

    Parameters
    ----------
    rows : KernelRows
        The source kernel.
    k : ndarray of shape (n_source,)
        ``n_source`` times the mean kernel value to the target, in units of ``rows.scale``.
    ridge : float
        Added to the diagonal, in the same units.
    upper : float
        Upper bound of every weight.
    low, high : float
        Bounds of the sum.

    Returns
    -------
    match : Match
        The unique minimiser.
    """
    n = len(k)
    # the scale of gradients; a far target leaves k vanishing, then the least sum sets it
    unit = max(np.abs(k).max(), low / n) or 1.0
    bounds = (ridge, upper, low, high, 1e-10 * unit)
    w, multiplier, product, n_steps = _generate(rows, k, bounds)
    gradient = product + ridge * w - k + multiplier
    residual = kkt_residual(gradient, w, upper, multiplier, low, high) / unit
    return Match(w, multiplier, residual, n_steps)


def _generate(rows, k, bounds):
    """The minimiser, its multiplier, the kernel matrix times it, and the number of steps."""
    ridge, upper, low, high, tol = bounds
    n, n_steps, factor_tried = len(k), 0, False
    least = int(np.ceil(low / upper)) + 1  # rows that can carry the smallest sum
    working = np.argsort(-k, kind="stable")[: max(FIRST_ROWS, least)]
    state, blocks = np.full(len(working), FREE), [rows(working)]
    quadratic = DenseQuadratic(blocks[0].take(working, axis=1))
    while True:
        problem = (quadratic, k[working], ridge, upper, low, high, tol, state)
        solution = minimise(*problem, only_pivot=not factor_tried)
        if not factor_tried and _is_hard(solution, n):
            factor_tried, L = True, rows.factor(max(1, n // 3))
            if L is not None:
                solution = minimise(FactorQuadratic(L), k, ridge, upper, low, high, tol)
                product = rows.product(solution.w)  # by the kernel itself, not its factor
                return solution.w, solution.multiplier, product, solution.n_steps
            if solution is None:
                continue
        n_steps += solution.n_steps
        parts = np.split(solution.w, np.cumsum([len(K) for K in blocks[:-1]]))
        product = sum(w @ K for w, K in zip(parts, blocks))
        gradient = product - k + solution.multiplier
        gradient[working] = 0.0
        missing = np.flatnonzero(gradient < -tol)
        if not len(missing):
            w = np.zeros(n)
            w[working] = solution.w
            return w, solution.multiplier, product, n_steps
        order = np.argsort(gradient[missing], kind="stable")
        added = missing[order[: max(FIRST_ROWS, len(working) // 3)]]
        working = np.concatenate([working, added])
        state = np.concatenate([solution.state, np.full(len(added), FREE)])
        blocks.append(rows(added))
        quadratic.append(blocks[-1].take(working, axis=1))


def _is_hard(solution, n):
    """Whether a solution on a working set is missing, or needs most rows and frees many of them."""
    if solution is None:
        return True
    return len(solution.w) > n / 2 and np.count_nonzero(solution.state == FREE) > n / 4
