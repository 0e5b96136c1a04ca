"""The regularised covariances of both domains, or the reason why there are none."""

import warnings

from .._linalg import regularised_covariance


def domain_covariances(X, X_target, means, reg, name, stacklevel):
    """Covariances of both domains for a map from one Gaussian to the other.

    Parameters
    ----------
    X : ndarray of shape (n_source, n_features)
        Source rows.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    means : tuple of ndarray of shape (n_features,)
        Their means.
    reg : "ledoit-wolf" or float
        See `regularised_covariance`.
    name : str
        What the warning calls the method.
    stacklevel : int
        Of the warning, as seen from the caller.

    Returns
    -------
    covariances : tuple of Covariance, or None
        None, after a warning, where a domain has no covariance and only the means can be aligned.

    Raises
    ------
    ValueError
        If a float `reg` leaves the source covariance singular.
    """
    for which, rows in (("X", X), ("X_target", X_target)):
        if len(rows) == 1:
            reason = f"{which} has a single row, which has no covariance"
            warn_means_only(name, reason, stacklevel + 1)
            return None
    source = regularised_covariance(X - means[0], reg)
    target = regularised_covariance(X_target - means[1], reg)
    if reg == "ledoit-wolf":
        for which, covariance in (("X", source), ("X_target", target)):
            if covariance.is_singular:
                reason = f"the rows of {which} lie on one line or point"
                warn_means_only(name, reason, stacklevel + 1)
                return None
    elif source.is_singular:
        raise ValueError(
            f"reg={reg!r} leaves the source covariance singular ({len(X)} rows, {X.shape[1]} "
            "features; constant or linearly dependent features), so it has no inverse root. Use "
            "reg='ledoit-wolf' or a larger reg."
        )
    return source, target


def warn_means_only(name, reason, stacklevel):
    """Say that only the means are aligned."""
    warnings.warn(
        f"{name} aligns only the means: {reason}. Pass more rows for the covariances to be "
        "aligned.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
