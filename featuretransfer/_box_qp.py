"""Convex quadratic programmes with bounds and a bounded sum, solved by active sets.

All functions minimise ``1/2 w'(K + ridge I)w - k'w`` subject to ``0 <= w <= upper`` and, where
``total`` is not None, ``sum(w) = total``. `K` is positive semi-definite, so with ``ridge > 0`` the
solution is unique, and it is fixed by the partition of its entries into zero, free and full ones.
Everything is meant for a diagonal of about 1. `upper` is a number, or one bound > 0 for each entry.
"""

from dataclasses import dataclass

import numpy as np

ZERO, FREE, FULL = -1, 0, 1
MAX_STEPS = 50  # of block pivoting, before another method takes over


@dataclass(frozen=True)
class Solution:
    """A minimiser with its partition.

    Parameters
    ----------
    w : ndarray of shape (n,)
        The minimiser.
    multiplier : float
        Multiplier of the sum constraint; 0 where it is not active.
    state : ndarray of shape (n,) of int
        ZERO, FREE or FULL for every entry.
    n_steps : int
        Linear systems solved.
    """

    w: np.ndarray
    multiplier: float
    state: np.ndarray
    n_steps: int


def minimise(quadratic, k, ridge, upper, low, high, tol, state=None, *, only_pivot=False):
    """Minimise under ``0 <= w <= upper`` and ``low <= sum(w) <= high``.

    The sum of the minimiser over the bounds alone tells which side of the sum constraint is active:
    the sum falls monotonically with the multiplier.

    Parameters
    ----------
    quadratic : DenseQuadratic or FactorQuadratic
        The matrix `K`.
    k : ndarray of shape (n,)
        Linear term.
    ridge : float
        Added to the diagonal, > 0.
    upper : float or ndarray of shape (n,)
        Upper bound of every entry, > 0.
    low, high : float
        Bounds of the sum: `low` at most the sum of the upper bounds, ``0 <= high``.
    tol : float
        Gradient entries below it count as zero.
    state : ndarray of shape (n,) of int, default=None
        Partition to start from; all free by default.
    only_pivot : bool, default=False
        Whether to return None where plain block pivoting does not end.

    Returns
    -------
    solution : Solution or None
        The minimiser, within the bounds exactly and within the sum to rounding.
    """
    solve = pivot if only_pivot else _solve_robustly
    state = np.full(len(k), FREE) if state is None else state
    solution = solve(quadratic, k, ridge, upper, None, state, tol)
    if solution is None:
        return None
    total = solution.w.sum()
    slack = 1e-12 * max(abs(low), abs(high))
    if low - slack <= total <= high + slack:
        return solution
    n_steps = solution.n_steps
    total = high if total > high else low
    solution = solve(quadratic, k, ridge, upper, total, solution.state, tol)
    if solution is None:
        return None
    w = _to_total(solution.w, solution.state, upper, total)
    return Solution(w, solution.multiplier, solution.state, n_steps + solution.n_steps)


def _solve_robustly(quadratic, k, ridge, upper, total, state, tol):
    problem = (quadratic, k, ridge, upper, total)
    return pivot(*problem, state, tol) or path(*problem, tol) or _polished(*problem, tol)


def _polished(quadratic, k, ridge, upper, total, tol):
    """Interior point, then pivoting from the partition it found."""
    inner = interior_point(quadratic, k, ridge, upper, total, tol)
    exact = pivot(quadratic, k, ridge, upper, total, inner.state, tol)
    if exact is None:
        return inner
    return Solution(exact.w, exact.multiplier, exact.state, inner.n_steps + exact.n_steps)


def pivot(quadratic, k, ridge, upper, total, state, tol):
    """Block principal pivoting (Portugal, Judice & Vicente 1994) with both bounds.

    Every step solves for the free entries and moves all entries that contradict the partition; when
    their number has not fallen for some steps, only the last of them moves (Murty's rule).

    Returns
    -------
    solution : Solution or None
        None if the partition has not settled after `MAX_STEPS` steps.
    """
    state = state.copy()
    fewest, patience = len(k) + 1, 3
    for step in range(1, MAX_STEPS + 1):
        w, multiplier, gradient = _stationary(quadratic, k, ridge, upper, total, state, tol)
        free = state == FREE
        target = np.select(
            [
                free & (w < 0),
                free & (w > upper),
                (state == ZERO) & (gradient < -tol),
                (state == FULL) & (gradient > tol),
            ],
            [ZERO, FULL, FREE, FREE],
            state,
        )
        wrong = np.flatnonzero(target != state)
        if not len(wrong):
            return Solution(w, multiplier, state, step)
        if len(wrong) < fewest:
            fewest, patience = len(wrong), 3
        elif patience:
            patience -= 1
        else:
            wrong = wrong[-1:]
        state[wrong] = target[wrong]
    return None


def _stationary(quadratic, k, ridge, upper, total, state, tol):
    """Point, multiplier and gradient where the free entries have gradient zero."""
    w = np.where(state == FULL, upper, 0.0)
    rows = np.flatnonzero(state == FREE)
    pull = k - quadratic.product(w) if np.any(state == FULL) else k
    multiplier = 0.0
    if len(rows):
        solve = quadratic.solver(rows, ridge)
        if total is None:
            w[rows] = solve(pull[rows])
        else:
            x, ones = solve(np.column_stack([pull[rows], np.ones(len(rows))])).T
            multiplier = (w.sum() + x.sum() - total) / ones.sum()
            w[rows] = x - multiplier * ones
        pull = k - quadratic.product(w)
    elif total is not None:
        multiplier = _multiplier_at_vertex(pull - ridge * w, w.sum() - total, state, tol)
    return w, multiplier, ridge * w - pull + multiplier


def _multiplier_at_vertex(pull, excess, state, tol):
    """A multiplier where no entry is free: separates zero from full, or frees one entry."""
    enter = pull[state == ZERO].max(initial=-np.inf)  # the first to leave zero
    leave = pull[state == FULL].min(initial=np.inf)  # the first to leave full
    slack = 1e-12 * np.count_nonzero(state == FULL)
    if excess < -slack:
        return enter - 2 * tol
    if excess > slack:
        return leave + 2 * tol
    if np.isinf(enter) or np.isinf(leave):
        return enter if np.isinf(leave) else leave
    return (enter + leave) / 2


def path(quadratic, k, ridge, upper, total, tol):
    """Pivoting along a falling ridge.

    With a large ridge the partition settles at once; it then changes little from one ridge to the
    next, so pivoting gets through kernels of numerically low rank on which it cycles from a cold
    start.

    Returns
    -------
    solution : Solution or None
        None if even small steps of the ridge do not help.
    """
    state, n_steps, last, failures = np.full(len(k), FREE), 0, None, 0
    current = max(1.0, ridge)
    while failures <= 10:
        solution = pivot(quadratic, k, current, upper, total, state, tol)
        if solution is None:
            n_steps, failures = n_steps + MAX_STEPS, failures + 1
            current = 10 * current if last is None else np.sqrt(last * current)
            continue
        state, n_steps = solution.state, n_steps + solution.n_steps
        if current <= ridge:
            return Solution(solution.w, solution.multiplier, state, n_steps)
        factor = 10.0 if last is None else last / current
        last, current = current, max(current / factor, ridge)
    return None


def interior_point(quadratic, k, ridge, upper, total, tol, max_iter=100):
    """Primal-dual interior point method (Mehrotra's predictor and corrector).

    Slower than pivoting and never at a loss: it needs no partition to settle.

    Returns
    -------
    solution : Solution
        The minimiser to about `tol`, its partition read off the complementarity.
    """
    n, rows = len(k), np.arange(len(k))
    bounds = np.broadcast_to(upper, n)
    w = np.minimum(1.0, bounds / 2) if total is None else bounds * (total / bounds.sum())
    if total is not None and not 0 < total < bounds.sum() * (1 - 1e-12):
        state = np.full(n, FULL if total > 0 else ZERO)
        return Solution(np.where(state == FULL, upper, 0.0), 0.0, state, 0)
    z = v = np.full(n, np.abs(k).max() + tol)
    multiplier = 0.0
    n_steps = 0
    while n_steps < max_iter:
        room = upper - w
        dual = quadratic.product(w) + ridge * w - k - z + v + multiplier
        primal = 0.0 if total is None else total - w.sum()
        gap = (w @ z + room @ v) / (2 * n)
        if np.abs(dual).max() <= tol and abs(primal) <= 1e-12 * n and gap <= 1e-4 * tol:
            break
        n_steps += 1
        solve = quadratic.solver(rows, ridge + z / w + v / room)
        ones = None if total is None else solve(np.ones(n))
        point = (w, z, v, room, dual, primal, solve, ones)
        dw, dz, dv, _ = _newton(*point, -w * z, -room * v)
        a, b = _longest(w, dw, room, -dw), _longest(z, dz, v, dv)
        ahead = ((w + a * dw) @ (z + b * dz) + (room - a * dw) @ (v + b * dv)) / (2 * n)
        aim = gap * (ahead / gap) ** 3
        dw, dz, dv, dm = _newton(*point, aim - w * z - dw * dz, aim - room * v + dw * dv)
        a = 0.995 * min(_longest(w, dw, room, -dw), _longest(z, dz, v, dv))
        w, z, v, multiplier = w + a * dw, z + a * dz, v + a * dv, multiplier + a * dm
    state = np.where(w < z, ZERO, np.where(upper - w < v, FULL, FREE))
    w = np.select([state == ZERO, state == FULL], [0.0, upper], w)
    return Solution(w, multiplier, state, n_steps)


def _newton(w, z, v, room, dual, primal, solve, ones, low, high):
    """Newton direction towards residuals of zero and complementarity products `low` and `high`."""
    dw, step = solve(-dual + low / w - high / room), 0.0
    if ones is not None:
        step = (dw.sum() - primal) / ones.sum()
        dw = dw - step * ones
    return dw, (low - z * dw) / w, (high + v * dw) / room, step


def _longest(*pairs):
    """The longest step in (0, 1] that keeps ``x + step * dx`` positive, for pairs x, dx."""
    step = 1.0
    for x, dx in zip(pairs[::2], pairs[1::2]):
        falling = dx < 0
        step = min(step, np.min(-x[falling] / dx[falling], initial=1.0))
    return step


def _to_total(w, state, upper, total):
    """`w` with its sum equal to `total` to the last digits, by moving free entries."""
    w = np.clip(w, 0, upper)
    for _ in range(3):
        movable = (state == FREE) & (w > 0) & (w < upper)
        if movable.any():
            w[movable] += (total - w.sum()) / np.count_nonzero(movable)
            w = np.clip(w, 0, upper)
    return w


def kkt_residual(gradient, w, upper, multiplier, low, high):
    """Largest violation of the optimality conditions.

    Parameters
    ----------
    gradient : ndarray of shape (n,)
        ``(K + ridge I) w - k + multiplier``.
    w : ndarray of shape (n,)
        A point within the bounds.
    upper : float or ndarray of shape (n,)
        Upper bound of every entry.
    multiplier : float
        Multiplier of the sum: >= 0 at `high`, <= 0 at `low`, 0 between.
    low, high : float
        Bounds of the sum.

    Returns
    -------
    residual : float
        In units of the gradient; 0 at the exact minimiser.
    """
    at_zero, at_upper = w <= 0, w >= upper
    violation = np.abs(gradient)
    violation[at_zero] = np.maximum(-gradient[at_zero], 0)
    violation[at_upper] = np.maximum(gradient[at_upper], 0)
    total, slack = w.sum(), 1e-9 * max(abs(low), abs(high))
    legal = (multiplier > 0 and total >= high - slack) or (multiplier < 0 and total <= low + slack)
    return float(max(violation.max(), 0.0 if legal else abs(multiplier)))
