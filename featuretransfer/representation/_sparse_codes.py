"""Sparse codes of rows for given atoms: exact steps in the codes of one atom after the other.

The objective and its letters are those of `_sparse_dictionary`; codes are held as A', of shape
(k, n).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

EXACT = 1e-7  # violation of the optimality conditions, of the largest product of row and atom
BETWEEN = 5  # sweeps from one look at the optimality conditions to the next
MOST_SWEEPS = 1000  # for the codes of given atoms


@dataclass(frozen=True)
class Coupling:
    """What ties the codes of different rows together.

    Parameters
    ----------
    e : ndarray of shape (n,)
        See `mean_difference`.
    weight : float
        Of the squared distance between mean codes, not negative.
    laplacian : sparse array of shape (n, n)
        Of a graph of the rows, with its factor.
    """

    e: np.ndarray
    weight: float
    laplacian: object

    def value(self, A):
        """The last two terms of the objective."""
        gap = A @ self.e
        return (self.weight * gap @ gap + np.vdot(A, (self.laplacian @ A.T).T)) / 2

    def gradient(self, A):
        """Their derivative, of the shape of `A`."""
        return self.weight * np.outer(A @ self.e, self.e) + (self.laplacian @ A.T).T


def sweep(A, gram, products, alpha, coupling=None, ridge=0.0):
    """Lower the objective in the codes of one atom after the other; in place.

    Without `coupling` each step is the exact minimum. With it, it is that of a bound: the
    Laplacian lies below twice its diagonal; the distance of means is kept as it is.

    Parameters
    ----------
    A : ndarray of shape (k, n)
        Codes.
    gram : ndarray of shape (k, k)
        ``BB'``.
    products : ndarray of shape (k, n)
        ``BX'``.
    alpha : float
        Weight of absolute values.
    coupling : Coupling, default=None
        What ties the rows together.
    ridge : float or ndarray of shape (n,), default=0.0
        Half of it times the squared codes of each row is added to the objective.
    """
    bound = ridge if coupling is None else 2 * coupling.laplacian.diagonal()
    for j, a in enumerate(A):
        curvature = gram[j, j] + bound
        pull = products[j] - gram[j] @ A
        if coupling is None:
            a[:] = shrunk(pull + gram[j, j] * a, alpha) / curvature
        else:
            pull += curvature * a - coupling.laplacian @ a
            a[:] = shrunk_with_small_gap(pull, curvature, alpha, coupling.e, coupling.weight)


def shrunk(values, alpha):
    """`values` moved towards 0 by `alpha`, not beyond it."""
    return values - np.clip(values, -alpha, alpha)


def shrunk_with_small_gap(c, curvature, alpha, e, weight):
    """The a that minimises ``sum(curvature a^2 / 2 - c a + alpha |a|) + weight/2 (e'a)^2``.

    It is ``shrunk(c - weight t e, alpha) / curvature`` where t = e'a: the root of a falling,
    piecewise linear function of t, found by Newton's method within a bracket.
    """
    a = shrunk(c, alpha) / curvature
    t = e @ a
    if weight * t == 0:
        return a
    low, high, slopes = min(t, 0.0), max(t, 0.0), weight * e * e / curvature
    signs = np.sign(a)
    for _ in range(100):  # halving the bracket alone is done by then
        active = signs != 0
        t = (e / curvature) @ (active * c - alpha * signs) / (1 + slopes @ active)
        inside = low <= t <= high
        if not inside:
            t = (low + high) / 2
        a = shrunk(c - weight * t * e, alpha) / curvature
        found = np.sign(a)
        if inside and np.array_equal(found, signs):  # t solves the piece that it lies in
            break
        signs = found
        if e @ a > t:
            low = t
        else:
            high = t
    return a


def coupled_codes(A, B, X, alpha, coupling):
    """Codes of all rows together for given atoms, starting from `A`; in place.

    Returns
    -------
    optimal : bool
        Whether they meet the optimality conditions.
    """
    gram, products = B @ B.T, B @ X.T
    tolerance = EXACT * np.abs(products).max()
    for _ in range(MOST_SWEEPS // BETWEEN):
        pull = products - gram @ A - coupling.gradient(A)
        if violation(A, pull, alpha).max() <= tolerance:
            return True
        for _ in range(BETWEEN):
            sweep(A, gram, products, alpha, coupling)
    return False


def lasso_codes(B, products, alpha, ridge=None):
    """The codes a of each row that minimise ``1/2 |a'B|^2 + ridge/2 |a|^2 - a'p + alpha |a|``.

    After some sweeps the coordinates that are not 0, and their signs, are mostly those of the
    minimum, which then solves linear equations; rows where it does not have more sweeps.

    Parameters
    ----------
    B : ndarray of shape (k, d)
        Atoms.
    products : ndarray of shape (k, n)
        A column p for each row, ``BX'`` for the lasso.
    alpha : float
        Weight of absolute values.
    ridge : ndarray of shape (n,), default=None
        Of each row, not negative; 0 by default.

    Returns
    -------
    A : ndarray of shape (k, n)
        Codes.
    """
    gram, A = B @ B.T, np.zeros_like(products)
    ridge = np.zeros(products.shape[1]) if ridge is None else ridge
    tolerance = EXACT * np.abs(products).max(initial=0)
    rest, sweeps, step = np.arange(products.shape[1]), 0, 10
    while len(rest) and sweeps < MOST_SWEEPS:
        part, own, added = np.ascontiguousarray(A[:, rest]), products[:, rest], ridge[rest]
        for _ in range(step):
            sweep(part, gram, own, alpha, ridge=added)
        A[:, rest] = part
        for i, row in enumerate(part.T):
            part[:, i] = polished(row, gram, own[:, i], alpha, added[i])
        good = violation(part, own - gram @ part - added * part, alpha).max(axis=0) <= tolerance
        A[:, rest[good]] = part[:, good]
        rest, sweeps, step = rest[~good], sweeps + step, 2 * step
    if len(rest):
        warnings.warn(
            f"The codes of {len(rest)} rows are not at their minimum after {sweeps} sweeps. Use "
            f"fewer atoms (n_components={len(B)}) or a larger alpha (now {alpha:g}).",
            ConvergenceWarning,
            stacklevel=2,
        )
    return A


def polished(a, gram, products, alpha, ridge):
    """The minimum among codes with the signs of `a`, or `a` where the equations are singular."""
    used = np.flatnonzero(a)
    matrix = gram[np.ix_(used, used)]
    matrix[np.diag_indices_from(matrix)] += ridge
    exact = np.zeros_like(a)
    try:
        exact[used] = np.linalg.solve(matrix, products[used] - alpha * np.sign(a[used]))
    except np.linalg.LinAlgError:
        return a
    return exact if np.array_equal(np.sign(exact), np.sign(a)) else a


def violation(A, pull, alpha):
    """How far each code is from its optimality condition; `pull` is minus the smooth gradient."""
    return np.where(A != 0, np.abs(pull - alpha * np.sign(A)), np.maximum(np.abs(pull) - alpha, 0))
