"""CORAL distance: how far two covariance matrices are apart."""

import numpy as np

from ._two_tables import two_tables


def coral_distance(X, X_target):
    """Squared distance of the covariance matrices, divided by 4 times the squared dimension.

    ``|C_s - C_t|_F^2 / (4 d^2)``: what `CORAL` removes, and blind to a difference of the means. It
    grows with the fourth power of the features' units: scale them first.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.

    Returns
    -------
    distance : float
        The distance, >= 0.

    Raises
    ------
    ValueError
        If a domain has less than 2 rows.

    Notes
    -----
    **Cost.** With n and m rows of d features, time O((n + m) min(d, n + m) d). Where n + m < d no
    matrix of shape (d, d) is formed.

    References
    ----------
    .. [1] B. Sun, K. Saenko (2016), "Deep CORAL: Correlation Alignment for Deep Domain Adaptation",
       ECCV Workshops, equation (1).

    Examples
    --------
    >>> from featuretransfer.relatedness import coral_distance
    >>> coral_distance([[-1.0], [1.0]], [[-3.0], [3.0]])  # variances 2 and 18
    64.0
    """
    X, X_target = two_tables(X, X_target, least=2)
    source, target = (_scatter_root(rows) for rows in (X, X_target))
    d = X.shape[1]
    if len(X) + len(X_target) >= d:
        squared = np.sum((source.T @ source - target.T @ target) ** 2)
    else:  # |A'A - B'B|^2 = |AA'|^2 - 2 |AB'|^2 + |BB'|^2
        parts = (source @ source.T, source @ target.T, target @ target.T)
        within, between, other = (np.sum(part**2) for part in parts)
        squared = max(within - 2 * between + other, 0.0)
    return float(squared / (4 * d**2))


def _scatter_root(X):
    """Rows whose scatter ``Z'Z`` is the covariance matrix of `X`."""
    return (X - X.mean(axis=0)) / np.sqrt(len(X) - 1)
