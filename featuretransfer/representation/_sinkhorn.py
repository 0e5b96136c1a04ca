"""Optimal transport plans with an entropic term, and with one that keeps classes apart.

The tests compare them with POT where POT reaches the optimum. Its stabilised scaling (0.9.7) loses
the mass from 1,000 rows on, and its solver of the class term stops short of the minimum.
"""

from dataclasses import dataclass

import numpy as np

ABSORB = np.log(1e10)  # scaling factors beyond it go into the potentials
LARGEST_EXPONENT = 500.0  # far from overflow, products included
FIRST_STEP = 0.25  # of the strength that always suffices
MARGIN = 3.0  # a step may become as much longer than the last one had to be
LOOSE = 1e-2  # tolerance of the first steps


@dataclass(frozen=True)
class Plan:
    """A transport plan, and how far it was solved.

    Parameters
    ----------
    plan : ndarray of shape (n_source, n_target)
        Mass from row to row; every row sums to its weight.
    log_plan : ndarray of shape (n_source, n_target)
        Its logarithm, also where it underflows.
    potentials : tuple of ndarray
        The dual variables f of shape (n_source,) and g of shape (n_target,).
    error : float
        Share of the mass that is at the wrong place: by the column sums and, with a class term, by
        how far the plan still is from the minimum.
    n_iter : int
        Scalings of rows and columns.
    """

    plan: np.ndarray
    log_plan: np.ndarray
    potentials: tuple
    error: float
    n_iter: int


def entropic_plan(costs, a, b, reg, *, tol, max_iter, potentials=None):
    """The plan G that minimises ``<C, G> + reg sum G (log G - 1)`` between two sets of weights.

    Rows and columns of ``exp((f + g - C) / reg)`` are scaled in turn. Factors that grow or shrink
    beyond bounds are absorbed into the potentials f and g, and the first potentials give every row
    and every column an entry of 1, none above: nothing overflows and no row or column underflows as
    a whole, whatever `reg`.

    Parameters
    ----------
    costs : ndarray of shape (n_source, n_target)
        The costs C, finite.
    a : ndarray of shape (n_source,)
        Weights of the source rows, positive, with sum 1.
    b : ndarray of shape (n_target,)
        Weights of the target rows, positive, with sum 1.
    reg : float
        Strength of the entropic term, positive.
    tol : float
        Largest share of the mass that may be in the wrong column; row sums are exact.
    max_iter : int
        Most scalings of rows and columns.
    potentials : tuple of ndarray, default=None
        Where to start, unless something would overflow or underflow there.

    Returns
    -------
    plan : Plan
        The plan.
    """
    exponents = None if potentials is None else _exponents(costs, *potentials, reg)
    if exponents is None or not _in_range(exponents):
        f = costs.min(axis=1)
        potentials = f, (costs - f[:, None]).min(axis=0)
        exponents = _exponents(costs, *potentials, reg)
    f, g = potentials
    u, v, K = np.ones(len(a)), np.ones(len(b)), np.exp(exponents)
    sums, error, n_iter = u @ K, np.inf, 0
    while error > tol and n_iter < max_iter:
        v = b / sums
        u = a / (K @ v)
        sums = u @ K
        error = float(np.abs(v * sums - b).sum() / 2)
        n_iter += 1
        if max(np.abs(np.log(u)).max(), np.abs(np.log(v)).max()) > ABSORB:
            f, g = f + reg * np.log(u), g + reg * np.log(v)
            exponents = _exponents(costs, f, g, reg)
            u, v, K = np.ones(len(a)), np.ones(len(b)), np.exp(exponents)
            sums = u @ K
    K *= u[:, None]
    K *= v
    exponents += np.log(u)[:, None]
    exponents += np.log(v)
    return Plan(K, exponents, (f + reg * np.log(u), g + reg * np.log(v)), error, n_iter)


def _exponents(costs, f, g, reg):
    exponents = f[:, None] + g
    exponents -= costs
    exponents /= reg
    return exponents


def _in_range(exponents):
    """Whether no entry overflows and no row or column underflows as a whole."""
    rows, columns = exponents.max(axis=1), exponents.max(axis=0)
    return min(rows.min(), columns.min()) > -LARGEST_EXPONENT and rows.max() < LARGEST_EXPONENT


def class_plan(costs, a, b, groups, reg, class_reg, *, tol, max_iter):
    """The plan that besides keeps the classes apart in which mass reaches a target row.

    It minimises ``<C, G> + reg sum G (log G - 1) + class_reg sum_j sum_c |G[c, j]|`` with the
    Euclidean norm of the mass that the rows of class c send to target row j: a group lasso, convex.
    Its curvature is at most `class_reg` times that of the entropy, so that every step is an
    entropic plan with more regularisation: the class term is replaced by its tangent plus
    ``step KL(G, previous)``, which lies above it for ``step = class_reg`` at the latest. The
    objective falls in every step, to its minimum at a linear rate.

    Parameters
    ----------
    costs, a, b, reg, tol
        As in `entropic_plan`.
    groups : list of ndarray of int
        Rows of each class.
    class_reg : float
        Strength of the class term, positive.
    max_iter : int
        Most scalings of rows and columns, those of all steps together.

    Returns
    -------
    plan : Plan
        The plan.
    """
    order, sizes = np.concatenate(groups), [len(rows) for rows in groups]
    ends = np.cumsum(sizes)
    blocks = [slice(end - size, end) for end, size in zip(ends, sizes)]
    costs, a = costs[order], a[order]  # the rows of a class below each other
    current = entropic_plan(costs, a, b, reg, tol=LOOSE, max_iter=max_iter)
    units = _class_units(current.log_plan, blocks)
    step, n_iter, wrong = FIRST_STEP * class_reg, current.n_iter, np.inf
    while max(wrong, current.error) > tol and n_iter < max_iter:
        tilted = class_reg * units
        tilted += costs
        tilted -= step * current.log_plan
        found = entropic_plan(
            tilted,
            a,
            b,
            reg + step,
            tol=min(max(tol, wrong) / 10, LOOSE),
            max_iter=max_iter - n_iter,
            potentials=current.potentials,
        )
        n_iter += found.n_iter
        found_units = _class_units(found.log_plan, blocks)
        rise = class_reg * _above_tangent(found.plan, found_units, units, blocks)
        divergence = _divergence(found, current)
        if step < class_reg and rise > step * divergence:
            step = min(2 * step, class_reg)  # it was too short to stay above the class term
            continue
        # errors shrink by step / (reg + step) at each step, so this much is still to come
        wrong = (1 + step / reg) * np.abs(found.plan - current.plan).sum() / 2
        current, units = found, found_units
        if MARGIN * rise < step * divergence:
            step = max(step / 2, MARGIN * rise / divergence)
    error, back = float(min(max(current.error, wrong), 1.0)), np.argsort(order)
    f, g = current.potentials
    return Plan(current.plan[back], current.log_plan[back], (f[back], g), error, n_iter)


def _class_units(log_plan, blocks):
    """What each class sends to each target row, over its norm: the derivative of the class term."""
    units = np.empty_like(log_plan)
    for rows in blocks:
        part = units[rows]
        np.subtract(log_plan[rows], log_plan[rows].max(axis=0), out=part)
        np.exp(part, out=part)
        part /= np.sqrt(np.einsum("ij,ij->j", part, part))
    return units


def _above_tangent(plan, units, tangent, blocks):
    """By how much the class term exceeds its tangent, to full relative precision.

    For one class and one target row |x| - x'u = |x| |x / |x| - u|^2 / 2 with the unit vector u.
    """
    total = 0.0
    for rows in blocks:
        norms = np.einsum("ij,ij->j", units[rows], plan[rows])
        turned = units[rows] - tangent[rows]
        total += norms @ np.einsum("ij,ij->j", turned, turned) / 2
    return total


def _divergence(found, current):
    """Kullback-Leibler divergence between two plans, likewise precise where they are close."""
    change = found.log_plan - current.log_plan
    np.maximum(change, -50.0, out=change)
    terms = np.expm1(-change)
    terms += change
    return float(np.vdot(found.plan, terms))
