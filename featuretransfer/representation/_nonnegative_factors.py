"""Non-negative factors of rows of two domains, with the mean codes of both drawn together.

For non-negative rows X of shape (n, d), W of shape (n, k) and H of shape (k, d) both non-negative
and e = (1/n_source .., -1/n_target ..), the objective is

``|X - WH|^2 + weight * sum_j |h_j|^2 (e'w_j)^2``.

It does not change when a factor moves from a row of H to a column of W, so that atoms of length 1
(the second term then is the squared distance between the mean codes) are no constraint on it, and
no step that restores them can raise it.
"""

import numpy as np
from scipy import linalg
from scipy.optimize import nnls

RIDGE = 1e-12  # on squared atoms of length 1: equal atoms share their codes


def initial_factors(X, n_components):
    """Factors from the positive parts of singular vectors (NNDSVD), whatever the order of rows.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Non-negative rows, not all 0.
    n_components : int
        Number of atoms, cut to the rank of `X`.

    Returns
    -------
    W : ndarray of shape (n, k)
        Codes.
    H : ndarray of shape (k, d)
        Atoms of length 1.
    """
    U, s, Vt = linalg.svd(X, full_matrices=False)
    k = min(n_components, np.count_nonzero(s > max(X.shape) * np.finfo(np.float64).eps * s[0]))
    W, H = np.empty((len(X), k)), np.empty((k, X.shape[1]))
    for j in range(k):
        parts = [(np.maximum(sign * U[:, j], 0), np.maximum(sign * Vt[j], 0)) for sign in (1, -1)]
        sizes = [np.linalg.norm(u) * np.linalg.norm(v) for u, v in parts]
        u, v = parts[int(np.argmax(sizes))]
        length = np.linalg.norm(v)
        W[:, j], H[j] = s[j] * length * u, v / length
    return W, H


def factorise(X, e, weight, n_components, max_iter, tol):
    """Minimise the objective by exact steps in one column of W or row of H at a time.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Non-negative rows, not all 0.
    e : ndarray of shape (n,)
        See `mean_difference`.
    weight : float
        Not negative.
    n_components : int
        Number of atoms, cut to the rank of `X`.
    max_iter : int
        Most sweeps over all columns and rows.
    tol : float
        The end is a sweep that lowers the objective by no more than this share of its start.

    Returns
    -------
    W : ndarray of shape (n, k)
        Codes, optimal for `H` as far as `max_iter` more sweeps over its columns bring them.
    H : ndarray of shape (k, d)
        Atoms of length 1.
    objectives : list of float
        After the start and after every sweep, never rising.
    converged : bool
        Whether the end was reached within `max_iter` sweeps.
    """
    W, H = initial_factors(X, n_components)
    objectives, converged = [objective(X, W, H, e, weight)], False
    squares, products, gram = np.einsum("ij,ij->", X, X), X @ H.T, H @ H.T
    while not converged and len(objectives) <= max_iter:
        update_codes(W, products, gram, e, weight)
        update_atoms(W, H, X, e, weight)
        gap, products, gram = e @ W, X @ H.T, H @ H.T
        value = squares - 2 * np.vdot(products, W) + np.vdot(W.T @ W, gram) + weight * gap @ gap
        objectives.append(float(value))
        converged = objectives[-2] - value <= tol * objectives[0]
    for _ in range(max_iter):
        before = W.copy()
        update_codes(W, products, gram, e, weight)
        if np.abs(W - before).max() <= 1e-12 * np.abs(W).max():
            break
    return W, H, objectives, converged


def objective(X, W, H, e, weight):
    """The value to minimise, from its definition; of atoms of any length."""
    gaps = (e @ W) * np.linalg.norm(H, axis=1)
    return float(np.linalg.norm(X - W @ H) ** 2 + weight * gaps @ gaps)


def update_codes(W, products, gram, e, weight):
    """Make every column of `W` optimal, given the others and atoms of length 1; in place."""
    for j in range(W.shape[1]):
        a = W[:, j] + products[:, j] - W @ gram[:, j]
        W[:, j] = nearest_with_small_gap(a, e, weight)


def update_atoms(W, H, X, e, weight):
    """Make every row of `H` optimal, given the others, then of length 1; in place."""
    products, gram, gaps = W.T @ X, W.T @ W, e @ W
    for j in range(len(H)):
        curvature = gram[j, j] + weight * gaps[j] ** 2
        if curvature == 0:  # unused: any direction is optimal
            continue
        atom = np.maximum(products[j] - gram[j] @ H + gram[j, j] * H[j], 0) / curvature
        length = np.linalg.norm(atom)
        if length > 0:
            H[j] = atom
        else:  # best left out: the direction stays for the next sweep
            W[:, j] = gram[j] = gram[:, j] = 0
    lengths = np.linalg.norm(H, axis=1)
    H /= lengths[:, None]
    W *= lengths


def nearest_with_small_gap(a, e, weight):
    """The w >= 0 that minimises ``|w - a|^2 + weight * (e'w)^2``.

    It is ``max(a - weight t e, 0)`` where t = e'w: the root of a falling, piecewise linear
    function of t, found by Newton's method within a bracket.
    """
    w = np.maximum(a, 0)
    gap = e @ w
    if weight * gap == 0:
        return w
    low, high, active = min(gap, 0.0), max(gap, 0.0), w > 0
    for _ in range(100):  # halving the bracket alone is done by then
        t = e[active] @ a[active] / (1 + weight * e[active] @ e[active])
        inside = low <= t <= high
        if not inside:
            t = (low + high) / 2
        w = np.maximum(a - weight * t * e, 0)
        found = w > 0
        if inside and np.array_equal(found, active):  # t solves the piece that it lies in
            break
        active = found
        if e @ w > t:
            low = t
        else:
            high = t
    return w


def nonnegative_codes(X, H, shift):
    """The codes w >= 0 of each row x that minimise ``|x - wH|^2 + 2 w'shift``.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    H : ndarray of shape (k, d)
        Atoms of length 1.
    shift : ndarray of shape (k,)
        What codes pay for; 0 is non-negative least squares.

    Returns
    -------
    codes : ndarray of shape (n, k)
        One row of codes for each row of `X`.
    """
    L = linalg.cholesky(H @ H.T + RIDGE * np.eye(len(H)), lower=True)
    right = linalg.solve_triangular(L, (X @ H.T - shift).T, lower=True).T
    codes = np.empty((len(X), len(H)))
    for row, b in zip(codes, right):
        row[:] = nnls(L.T, b, maxiter=100 * len(H))[0]
    return codes
