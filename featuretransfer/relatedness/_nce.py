"""Negative conditional entropy of target labels given predicted source labels."""

import numpy as np
from scipy.special import xlogy
from sklearn.utils import check_consistent_length, column_or_1d

from ._task_tables import target_classes


def nce(z_target, y_target):
    """Negative conditional entropy: how well source labels tell target labels.

    ``-H(y | z)`` in nats, of the target labels y given the labels z that a source model predicts.
    0 where z determines y, ``-H(y)`` where it tells nothing of it; greater is closer. The two label
    sets may differ. It needs target labels.

    Parameters
    ----------
    z_target : array-like of shape (n_target,)
        Predictions of the source model for the target rows.
    y_target : array-like of shape (n_target,)
        Their labels.

    Returns
    -------
    score : float
        Between ``-log(n_classes)`` and 0.

    Notes
    -----
    It is a bound on the mean log-likelihood of the best map from z to y [1]_. Labels of few rows
    make it too great: there is always some map that fits them.

    **Cost.** Time and memory O(n) for n rows.

    References
    ----------
    .. [1] A. T. Tran, C. V. Nguyen, T. Hassner (2019), "Transferability and Hardness of Supervised
       Classification Tasks", ICCV.

    Examples
    --------
    >>> from featuretransfer.relatedness import nce
    >>> nce(["high", "high", "low", "low"], ["anger", "anger", "sadness", "sadness"])
    0.0
    """
    z_target = column_or_1d(z_target)
    codes = target_classes(z_target, y_target)
    check_consistent_length(z_target, codes)
    _, predicted = np.unique(z_target, return_inverse=True)
    joint = np.zeros((predicted.max() + 1, codes.max() + 1))
    np.add.at(joint, (predicted, codes), 1 / len(codes))
    return float((xlogy(joint, joint).sum() - xlogy(*[joint.sum(axis=1)] * 2).sum()) + 0.0)
