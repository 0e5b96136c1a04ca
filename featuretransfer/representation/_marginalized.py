"""Linear denoising in closed form: the map that best restores rows after random values are lost."""

from typing import NamedTuple

import numpy as np
from scipy import linalg

from .._network import ACTIVATIONS


class LinearMap(NamedTuple):
    """Maps rows to ``X @ factors[0] @ ... + intercept``."""

    factors: tuple
    intercept: np.ndarray

    def __call__(self, X):
        """Mapped rows."""
        for factor in self.factors:
            X = X @ factor
        return X + self.intercept


def fit_marginalized(X, noise, reg, block_size):
    """The linear map with the least expected squared error on corrupted rows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows, float64.
    noise : float
        Probability with which each value is set to 0, apart from the others.
    reg : float
        Ridge on the weights, the intercept included.
    block_size : int
        With more features and rows than this, each block of at most as many features restores all
        features by itself, and the map is the mean over blocks.

    Returns
    -------
    found : LinearMap
        The map.
    """
    n, d = X.shape
    if n <= min(d, block_size):
        return _from_rows(X, noise, reg)
    n_blocks = -(-d // block_size)
    weights, intercept = np.empty((d, d)), np.zeros(d)
    for first in range(n_blocks):
        solution = _from_columns(X, slice(first, None, n_blocks), noise, reg)
        weights[first::n_blocks] = solution[:-1]
        intercept += solution[-1]
    return LinearMap((weights / n_blocks,), intercept / n_blocks)


def _from_columns(X, chosen, noise, reg):
    """Weights, the intercept last, that restore all columns from the chosen ones."""
    n, d = X.shape
    inputs = X[:, chosen]
    m = inputs.shape[1]
    products = inputs.T @ inputs
    S, P = np.empty((m + 1, m + 1)), np.empty((m + 1, d))
    S[:m, :m] = products
    S[:m, m] = S[m, :m] = inputs.sum(axis=0)
    S[m, m] = n
    P[:m] = products if m == d else inputs.T @ X
    P[m] = X.sum(axis=0)
    kept = np.append(np.full(m, 1.0 - noise), 1.0)
    diagonal = kept * S.diagonal() / n + reg
    P *= kept[:, None] / n
    S *= kept / n
    S *= kept[:, None]
    np.fill_diagonal(S, diagonal)
    return _solve(S, P)


def _from_rows(X, noise, reg):
    """The same for all columns at once, by a system with an equation for each row.

    The expected inner products of corrupted columns are those of the rows plus a diagonal D:
    Q = D + Z'Z with Z = [X, 1] q / sqrt(n), so that P Q^-1 = (X' / sqrt(n)) (I + Z D^-1 Z')^-1 Z
    D^-1.
    """
    n = len(X)
    kept = np.append(np.full(X.shape[1], 1.0 - noise), 1.0)
    squares = np.append(np.einsum("ij,ij->j", X, X) / n, 1.0)
    D = squares * kept * (1 - kept) + reg
    Z = np.column_stack([X, np.ones(n)])
    Z *= kept / np.sqrt(n * D)
    K = Z @ Z.T
    K.flat[:: n + 1] += 1.0
    solution = _solve(K, Z / np.sqrt(D))
    outputs = X / np.sqrt(n)
    return LinearMap((solution[:, :-1].T, outputs), solution[:, -1] @ outputs)


def _solve(A, B):
    """``A^-1 B`` for symmetric, positive definite A; both are overwritten."""
    factor = linalg.cho_factor(A, lower=True, overwrite_a=True, check_finite=False)
    return linalg.cho_solve(factor, B, overwrite_b=True, check_finite=False)


def hidden_layers(X, maps, activation):
    """The output of each of a stack of layers, the first of which sees `X`."""
    outputs = []
    for linear in maps:
        X = linear(X)
        outputs.append(ACTIVATIONS[activation].function(X, out=X))
        X = outputs[-1]
    return outputs
