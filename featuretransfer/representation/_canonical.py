"""Regularised canonical correlation analysis of paired rows, by thin singular values."""

from typing import NamedTuple

import numpy as np
from scipy import linalg

from .._linalg import column_signs, ledoit_wolf_shrinkage


class Canonical(NamedTuple):
    """Weights of both sides and the correlations of what they give.

    Parameters
    ----------
    source : ndarray of shape (n_features_source, rank)
        Weights of the source in columns, A with ``A' C_s A = I``.
    target : ndarray of shape (n_features_target, rank)
        Weights of the target, B with ``B' C_t B = I``.
    correlations : ndarray of shape (rank,)
        Descending, between 0 and 1: the diagonal of ``A' C_st B``.
    is_trivial : bool
        Whether some correlations are 1 for no other reason than that there are few rows.
    """

    source: np.ndarray
    target: np.ndarray
    correlations: np.ndarray
    is_trivial: bool


def canonical_correlations(Zs, Zt, reg):
    """Canonical correlation analysis of the regularised covariance matrices of paired rows.

    Parameters
    ----------
    Zs : ndarray of shape (n_pairs, n_features_source)
        Rows of the source with mean 0.
    Zt : ndarray of shape (n_pairs, n_features_target)
        Rows of the target with mean 0.
    reg : "ledoit-wolf" or float
        As of `featuretransfer._linalg.regularised_covariance`; "ledoit-wolf" shrinks the cross
        covariance too, by the root of the product of what is left of both sides, so that no
        correlation exceeds 1.

    Returns
    -------
    canonical : Canonical
        Weights and correlations, with deterministic signs.
    """
    (Us, ds, Ws, ridge_s), (Ut, dt, Wt, ridge_t) = _whitened(Zs, reg), _whitened(Zt, reg)
    left, correlations, right = linalg.svd(ds[:, None] * (Us.T @ Ut) * dt, full_matrices=False)
    A, B = Ws @ left, Wt @ right.T
    signs = column_signs(A)
    trivial = min(ridge_s, ridge_t) == 0 and len(ds) + len(dt) > len(Zs) - 1
    return Canonical(A * signs, B * signs, np.minimum(correlations, 1.0), trivial)


def _whitened(Z, reg):
    """Left singular vectors U and d, W, ridge with ``Z W = U d`` where W' C W = I for C of Z.

    C = (1 - a) Z'Z / (n - 1) + ridge I has the right singular vectors of Z for eigenvectors; the
    rows that it is applied to lie in their span, so that no other is needed. What (1 - a) takes
    from the covariance is taken from Z.
    """
    n, d = Z.shape
    U, values, Vt = linalg.svd(Z, full_matrices=False)
    kept = values > max(n, d) * np.finfo(np.float64).eps * values[0]
    U, values, V = U[:, kept], values[kept], Vt[kept].T
    variances = values**2 / (n - 1)
    if reg == "ledoit-wolf":
        norms = np.einsum("ij,ij->i", Z, Z)
        a = ledoit_wolf_shrinkage(norms, values**2 / n, d)
        variances, ridge = (1 - a) * variances, a * variances.sum() / d
    else:
        ridge = float(reg)
    roots = np.sqrt(variances + ridge)
    return U, np.sqrt(variances) / roots, V / roots, ridge
