"""Frechet distance of two normal distributions."""

from dataclasses import replace

import numpy as np
from scipy import linalg

from .._linalg import check_reg, regularised_covariance
from ._two_tables import two_tables


def frechet_distance(X, X_target, *, reg="ledoit-wolf"):
    """Squared Frechet (Wasserstein-2) distance of the normal distributions of two domains.

    ``|m_s - m_t|^2 + tr(C_s + C_t - 2 (C_s^(1/2) C_t C_s^(1/2))^(1/2))``: what it takes to move one
    to the other by means and covariances, which `LinearOptimalTransport` does; the "Frechet
    inception distance" of images is this of a network's features. Scale the features first, or the
    widest decides.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Covariance matrices are shrunk towards a multiple of the identity by an estimated amount, or
        get this number added to their diagonal; 0 leaves them as they are, with directions of no
        variance where there are fewer rows than features.

    Returns
    -------
    distance : float
        The squared distance, >= 0.

    Raises
    ------
    ValueError
        If a domain has less than 2 rows, or `reg` is invalid.

    Notes
    -----
    The trace of the root is the sum of the singular values of ``C_s^(1/2) C_t^(1/2)``. Where n + m
    < d it is found in the space of the rows, outside which both covariances are multiples of the
    identity.

    **Cost.** With n and m rows of d features, time O(d r^2 + r^3) with r = min(d, n + m), and
    O((n + m) d^2) where r = d.

    References
    ----------
    .. [1] D. C. Dowson, B. V. Landau (1982), "The Frechet Distance between Multivariate Normal
       Distributions", Journal of Multivariate Analysis 12(3).
    .. [2] M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter (2017), "GANs Trained
       by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NIPS 30.
    .. [3] O. Ledoit, M. Wolf (2004), "A Well-Conditioned Estimator for Large-Dimensional Covariance
       Matrices", Journal of Multivariate Analysis 88(2).

    Examples
    --------
    >>> from featuretransfer.relatedness import frechet_distance
    >>> round(frechet_distance([[-1.0], [1.0]], [[3.0], [5.0]]), 6)  # means 4 apart
    16.0
    """
    X, X_target = two_tables(X, X_target, least=2)
    check_reg(reg)
    means = X.mean(axis=0), X_target.mean(axis=0)
    first, second = (
        regularised_covariance(rows - mean, reg) for rows, mean in zip((X, X_target), means)
    )
    d = X.shape[1]
    traces = sum(_trace(covariance, d) for covariance in (first, second))
    squared = np.sum((means[0] - means[1]) ** 2) + traces - 2 * _trace_of_root(first, second, d)
    return float(max(squared, 0.0))


def _trace(covariance, d):
    return d * covariance.ridge + covariance.values.sum()


def _trace_of_root(first, second, d):
    """Trace of ``(C_s^(1/2) C_t C_s^(1/2))^(1/2)``."""
    rest, dimension = 0.0, d
    if first.rows is not None and second.rows is not None:
        rows = np.concatenate([first.rows, second.rows])
        if len(rows) < d:
            basis = linalg.qr(rows.T, mode="economic")[0]
            first, second = (replace(c, rows=c.rows @ basis) for c in (first, second))
            dimension = basis.shape[1]
            rest = (d - dimension) * np.sqrt(first.ridge * second.ridge)
    identity = np.eye(dimension)
    roots = [covariance.times_power(identity, 0.5) for covariance in (first, second)]
    return rest + linalg.svdvals(roots[0] @ roots[1]).sum()
