"""Dictionaries of sparse codes, learned by exact steps in one atom, or the codes of it, at a time.

For rows X of shape (n, d), codes A of shape (n, k) and atoms B of shape (k, d) no longer than 1 the
objective is

``1/2 |X - AB|^2 + alpha sum |A| + weight/2 |e'A|^2 + 1/2 tr(A'LA)``

with e the vector that takes the difference of domain means and L a graph Laplacian; without
`Coupling` the last two terms are 0. Codes are held as A', of shape (k, n), so that those of an atom
are contiguous.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._linalg import evenly, spread_order
from ._column_scales import standard

EXACT = 1e-7  # violation of the optimality conditions, of the largest product of row and atom
NEGLIGIBLE = 1e-5  # of alpha: the codes of an atom that only rounding lets be used
WORTH = 1.001  # of alpha: a row with an atom of its own leaves alpha, up to rounding
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


def scale_of(parts):
    """How rows of all domains are scaled, and these rows, so that their order does not matter.

    Parameters
    ----------
    parts : list of ndarray of shape (n_rows, d)
        Rows of each domain.

    Returns
    -------
    scale : Affine
        To mean 0 and standard deviation 1 over all rows.
    rows : ndarray of shape (n, d)
        Scaled rows, domain by domain, each in the order of `spread_order`.

    Raises
    ------
    ValueError
        If all rows are equal.
    """
    rows = np.concatenate([part[spread_order(part)] for part in parts])
    rows = rows.astype(np.float64, copy=False)
    if not np.ptp(rows, axis=0).any():
        raise ValueError("All rows are equal, so there are no atoms in them. Check the features.")
    scale = standard(rows)
    return scale, scale(rows)


def initial_atoms(X, n_components):
    """Evenly spread rows of `X`, brought to length 1; neither their order nor a seed matters.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows, not all 0.
    n_components : int
        Number of atoms, cut to the number of distinct rows other than 0.

    Returns
    -------
    B : ndarray of shape (k, d)
        Atoms.
    """
    rows = np.unique(X[X.any(axis=1)], axis=0)
    atoms = rows[evenly(spread_order(rows), min(n_components, len(rows)))]
    return atoms / np.linalg.norm(atoms, axis=1, keepdims=True)


def learn(X, alpha, n_components, max_iter, tol, coupling=None):
    """Minimise the objective over atoms and codes.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows, not all 0.
    alpha : float
        Weight of the absolute values of codes, positive.
    n_components : int
        Number of atoms, cut as in `initial_atoms`.
    max_iter : int
        Most steps, each a sweep over the codes and one over the atoms.
    tol : float
        The end is a step that lowers the objective by no more than this share of its start.
    coupling : Coupling, default=None
        What ties the rows together.

    Returns
    -------
    B : ndarray of shape (k, d)
        Atoms.
    A : ndarray of shape (k, n)
        Codes after the last step.
    objectives : list of float
        At the start, where all codes are 0, and after every step; never rising.
    converged : bool
        Whether the end was reached within `max_iter` steps.
    """
    B = initial_atoms(X, n_components)
    A = np.zeros((len(B), len(X)))
    squares = np.vdot(X, X)
    objectives, converged = [squares / 2], False
    gram, products = B @ B.T, B @ X.T
    while not converged and len(objectives) <= max_iter:
        sweep(A, gram, products, alpha, coupling)
        covariance = A @ A.T
        move_atoms(B, covariance, A @ X)
        gram, products = B @ B.T, B @ X.T
        fit = squares / 2 - np.vdot(products, A) + np.vdot(covariance, gram) / 2
        tied = coupling.value(A) if coupling else 0.0
        objectives.append(float(fit + alpha * np.abs(A).sum() + tied))
        converged = objectives[-2] - objectives[-1] <= tol * objectives[0]
        if not converged and replace_unused(B, A, X, alpha):
            gram, products = B @ B.T, B @ X.T
    return B, A, objectives, converged


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


def move_atoms(B, covariance, products):
    """Make every atom of length at most 1 optimal, given the others; in place.

    Parameters
    ----------
    B : ndarray of shape (k, d)
        Atoms.
    covariance : ndarray of shape (k, k)
        ``A'A``.
    products : ndarray of shape (k, d)
        ``A'X``.
    """
    for j in np.flatnonzero(covariance.diagonal()):
        atom = B[j] + (products[j] - covariance[j] @ B) / covariance[j, j]
        B[j] = atom / max(1.0, np.linalg.norm(atom))


def replace_unused(B, A, X, alpha):
    """Let atoms that no row uses point to what is left of the worst described rows; in place.

    What is left by no more than `alpha` would not use an atom of its own either.

    Returns
    -------
    replaced : bool
        Whether there was such an atom and such a row.
    """
    unused = np.flatnonzero(np.abs(A).sum(axis=1) <= NEGLIGIBLE * alpha)
    if not len(unused):
        return False
    left = X - A.T @ B
    lengths = np.linalg.norm(left, axis=1)
    rows = np.argsort(-lengths, kind="stable")[: len(unused)]
    rows = rows[lengths[rows] > WORTH * alpha]
    unused = unused[: len(rows)]
    A[unused], B[unused] = 0, left[rows] / lengths[rows, None]
    return len(rows) > 0


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
