"""H-score."""

import numpy as np

from .._linalg import check_reg, regularised_covariance
from ._task_tables import feature_rows, target_classes


def h_score(features, y_target, *, reg="ledoit-wolf"):
    """H-score: variance of features between the target's classes, in units of their covariance.

    ``tr(cov(f)^-1 cov(E[f | y]))``: large where what a source model makes of the target rows keeps
    the classes apart. From 0 to the number of classes less 1; greater is closer. It needs target
    labels.

    Parameters
    ----------
    features : array-like of shape (n_target, n_features)
        What the source model makes of the target rows: the last layer of a network, or the class
        probabilities of a classifier.
    y_target : array-like of shape (n_target,)
        Labels of the target rows.
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        "ledoit-wolf": both covariance matrices are shrunk by the estimated amount a, that of the
        rows to ``(1 - a) S + a tr(S) / d I``, that of the class means by the factor 1 - a. Without,
        noise in as many features as rows has the best score there is. A number is added to the
        diagonal of the former.

    Returns
    -------
    score : float
        The score; 0 where all rows have the same features.

    Raises
    ------
    ValueError
        If a number `reg` leaves the covariance matrix singular.

    Notes
    -----
    **Cost.** With n rows of d features, time O(n d min(n, d)) and memory O(n d + min(n, d)^2).

    References
    ----------
    .. [1] Y. Bao, Y. Li, S.-L. Huang, L. Zhang, L. Zheng, A. Zamir, L. Guibas (2019), "An
       Information-Theoretic Approach to Transferability in Task Transfer Learning", ICIP.
    .. [2] S. Ibrahim, N. Ponomareva, R. Mazumder (2022), "Newer is Not Always Better: Rethinking
       Transferability Metrics, Their Peculiarities, Stability and Performance", ECML PKDD
       (shrinkage, section 3).

    Examples
    --------
    >>> from featuretransfer.relatedness import h_score
    >>> y = ["anger", "anger", "sadness", "sadness"]
    >>> round(h_score([[1.0], [1.1], [-1.0], [-1.1]], y), 2)
    1.0
    """
    F = feature_rows(features)
    codes = target_classes(F, y_target)
    check_reg(reg)
    centred = F - F.mean(axis=0)
    covariance = regularised_covariance(centred, reg)
    if covariance.largest <= np.finfo(np.float64).eps ** 2 * np.sum(F**2):
        return 0.0
    if covariance.is_singular:
        raise ValueError(
            f"reg={reg!r} leaves the covariance matrix of {F.shape[1]} features and {len(F)} rows "
            "singular. Use reg='ledoit-wolf' or a larger number."
        )
    members = np.eye(codes.max() + 1)[codes]
    sizes = members.sum(axis=0)
    means = (members.T @ centred) / sizes[:, None]
    score = sizes @ np.sum(covariance.whiten(means) ** 2, axis=1) / (len(F) - 1)
    if reg == "ledoit-wolf":
        score *= 1 - _shrinkage(covariance, centred)
    return float(score)


def _shrinkage(covariance, centred):
    """The shrinkage that a covariance matrix was regularised by."""
    n, d = centred.shape
    return covariance.ridge * d * (n - 1) / np.sum(centred**2)
