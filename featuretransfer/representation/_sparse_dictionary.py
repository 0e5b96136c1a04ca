"""Dictionaries of sparse codes, learned by exact steps in one atom, or the codes of it, at a time.

For rows X of shape (n, d), codes A of shape (n, k) and atoms B of shape (k, d) no longer than 1 the
objective is

``1/2 |X - AB|^2 + alpha sum |A| + weight/2 |e'A|^2 + 1/2 tr(A'LA)``

with e the vector that takes the difference of domain means and L a graph Laplacian; without
`Coupling` the last two terms are 0. Codes are held as A', of shape (k, n), so that those of an atom
are contiguous.
"""

import numpy as np

from .._linalg import evenly, spread_order
from ._column_scales import standard
from ._sparse_codes import sweep

PARALLEL = 1e-6  # of the cosine of two atoms, from 1
NEGLIGIBLE = 1e-5  # of alpha: the codes of an atom that only rounding lets be used
WORTH = 1.001  # of alpha: a row with an atom of its own leaves alpha, up to rounding


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
        Number of atoms, cut as in `initial_atoms`; of parallel atoms the first is kept.
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
    return *without_doubles(B, A), objectives, converged


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


def without_doubles(B, A):
    """Leave out atoms parallel to an earlier one, to which their codes are added.

    Rows would be described by either, and rounding decide by which.
    """
    lengths = np.linalg.norm(B, axis=1)
    directions = B / np.where(lengths > 0, lengths, 1)[:, None]
    cosines = directions @ directions.T
    np.fill_diagonal(cosines, 1)
    first = np.argmax(np.abs(cosines) > 1 - PARALLEL, axis=1)
    kept, position = np.unique(first, return_inverse=True)
    merged, own = np.zeros((len(kept), A.shape[1])), np.arange(len(B))
    factors = cosines[own, first] * lengths / np.where(lengths > 0, lengths, 1)[first]
    np.add.at(merged, position, factors[:, None] * A)
    return B[kept], merged


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
