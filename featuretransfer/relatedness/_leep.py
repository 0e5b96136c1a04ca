"""Log expected empirical prediction."""

import numpy as np
from sklearn.utils.validation import check_array

from ._task_tables import target_classes


def leep(probabilities, y_target):
    """Log expected empirical prediction (LEEP): how well a source model tells target labels.

    The mean log-likelihood of the target labels under ``p(y | x) = sum_z p(y | z) p(z | x)``, in
    which p(z | x) are the class probabilities of the source model and p(y | z) is estimated from
    them. 0 is best; greater is closer. The two label sets may differ. It needs target labels.

    Parameters
    ----------
    probabilities : array-like of shape (n_target, n_source_classes)
        Class probabilities of the source model for the target rows.
    y_target : array-like of shape (n_target,)
        Labels of the target rows.

    Returns
    -------
    score : float
        Mean log-likelihood in nats, at most 0.

    Raises
    ------
    ValueError
        If rows are no probabilities, or there are less than two classes.

    Notes
    -----
    Predictions that are certain give `nce`, uninformative ones the negative entropy of the labels.

    **Cost.** Time and memory O(n k) for n rows and k source classes.

    References
    ----------
    .. [1] C. V. Nguyen, T. Hassner, M. Seeger, C. Archambeau (2020), "LEEP: A New Measure to
       Evaluate Transferability of Learned Representations", ICML, equation (2).

    Examples
    --------
    >>> from featuretransfer.relatedness import leep
    >>> round(leep([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8]], ["anger", "anger", "sadness"]), 3)
    -0.317
    """
    p = check_array(probabilities, dtype=np.float64, input_name="probabilities")
    if np.any(p < 0) or not np.allclose(p.sum(axis=1), 1, atol=1e-6):
        raise ValueError(
            "probabilities must be >= 0 and sum to 1 in each row, as predict_proba of a classifier "
            f"returns them; got sums from {p.sum(axis=1).min():g} to {p.sum(axis=1).max():g} and "
            f"a least value of {p.min():g}."
        )
    codes = target_classes(p, y_target)
    joint = np.eye(codes.max() + 1)[codes].T @ p
    total = joint.sum(axis=0)
    given = joint / np.where(total > 0, total, 1.0)  # p(y | z)
    return float(np.log(np.einsum("ij,ij->i", given[codes], p)).mean())
