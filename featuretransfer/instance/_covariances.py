"""Covariances of both domains for densities, which need inverses of both."""

import warnings

import numpy as np

from .._linalg import regularised_covariance


def domain_covariances(X, X_target, reg):
    """Means and regularised covariances of source and target.

    Parameters
    ----------
    X, X_target : ndarray of shape (n_source, n_features) and (n_target, n_features)
        Rows of both domains.
    reg : "ledoit-wolf" or float
        As in `regularised_covariance`.

    Returns
    -------
    means : tuple of ndarray of shape (n_features,)
        Mean of the source and of the target.
    covariances : tuple of Covariance
        Their covariances; that of the source stands in, with a warning, where "ledoit-wolf" finds
        none of full rank in the target.

    Raises
    ------
    ValueError
        If a covariance is singular.
    """
    means = tuple(rows.mean(axis=0, dtype=np.float64) for rows in (X, X_target))
    source, target = (
        regularised_covariance(rows - mean, reg) if len(rows) > 1 else None
        for rows, mean in zip((X, X_target), means)
    )
    if _is_singular(source):
        raise ValueError(_singular("X", X, reg))
    if _is_singular(target):
        if reg != "ledoit-wolf":
            raise ValueError(_singular("X_target", X_target, reg))
        target = source
        warnings.warn(
            "X_target has too few different rows for a covariance: it takes that of X. Pass more "
            "target rows.",
            UserWarning,
            stacklevel=3,
        )
    return means, (source, target)


def _is_singular(covariance):
    return covariance is None or covariance.is_singular


def _singular(name, rows, reg):
    return (
        f"reg={reg!r} leaves the covariance of {name} singular ({len(rows)} rows, {rows.shape[1]} "
        "features; constant or linearly dependent features). Use a larger reg, or reduce the "
        "dimension first (PCA)."
    )
