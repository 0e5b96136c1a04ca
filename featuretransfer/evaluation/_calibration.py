"""How far probabilities can be taken at their word."""

import numpy as np
import pandas as pd

from .._checks import is_count

N_BINS = 15


def expected_calibration_error(y_true, y_prob, *, classes=None, n_bins=15):
    """Mean distance between the confidence in predicted classes and their accuracy.

    The confidence of a row is its largest probability, and a row is right where that class is its
    label. Confidences are sorted into bins of equal width, and ::

        ECE = sum_b n_b / n |accuracy_b - confidence_b|

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
        Labels.
    y_prob : array-like of shape (n_rows, n_classes) or (n_rows,)
        Probabilities; of one dimension, those of the last of two classes.
    classes : array-like of shape (n_classes,), default=None
        Class of each column, the sorted labels by default.
    n_bins : int, default=15
        Number of bins of equal width in (0, 1].

    Returns
    -------
    error : float
        Between 0 and 1, smaller is better.

    Notes
    -----
    The error depends on the number of bins and is biased upwards where bins hold few rows [1]_, so
    it is comparable between pipelines on the same rows, less between corpora of different sizes.
    With ``sklearn.metrics.make_scorer(..., response_method="predict_proba",
    greater_is_better=False)`` it is a scorer.

    References
    ----------
    .. [1] M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities
       using Bayesian binning", AAAI, 2015.
    .. [2] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks",
       ICML, 2017 (equation 3; 15 bins). https://arxiv.org/abs/1706.04599

    Examples
    --------
    >>> from featuretransfer.evaluation import expected_calibration_error
    >>> float(round(expected_calibration_error(["a", "b"], [[0.9, 0.1], [0.8, 0.2]]), 2))
    0.45
    """
    y_true, y_prob = np.asarray(y_true), np.asarray(y_prob, dtype=float)
    if y_prob.ndim == 1:
        y_prob = np.column_stack([1 - y_prob, y_prob])
    classes = np.unique(y_true) if classes is None else np.asarray(classes)
    if y_prob.shape != (len(y_true), len(classes)):
        raise ValueError(
            f"y_prob must have the shape {(len(y_true), len(classes))} of rows and classes, got "
            f"{y_prob.shape}. Where labels lack a class of the columns, pass classes."
        )
    right = classes[y_prob.argmax(axis=1)] == y_true
    return calibration_error(reliability(y_prob.max(axis=1), right, n_bins))


def reliability(confidence, right, n_bins=N_BINS):
    """Number of rows, mean confidence and accuracy in bins of equal width.

    Parameters
    ----------
    confidence : array-like of shape (n_rows,)
        Probability of the predicted class.
    right : array-like of bool of shape (n_rows,)
        Whether it is the label.
    n_bins : int, default=15
        Number of bins; each includes its upper edge, the first 0 as well.

    Returns
    -------
    bins : DataFrame of shape (n_bins, 3)
        Columns ``n``, ``confidence`` and ``accuracy`` (NaN where empty), index the upper edges.
    """
    if not is_count(n_bins):
        raise ValueError(f"n_bins must be an integer >= 1, got {n_bins!r}.")
    confidence, right = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise ValueError("Probabilities must be between 0 and 1.")
    upper = np.arange(1, n_bins + 1) / n_bins
    bins = np.minimum(np.searchsorted(upper, confidence), n_bins - 1)
    n = np.bincount(bins, minlength=n_bins)
    sums = (np.bincount(bins, weights=w, minlength=n_bins) for w in (confidence, right))
    means = [np.divide(total, n, out=np.full(n_bins, np.nan), where=n > 0) for total in sums]
    columns = {"n": n, "confidence": means[0], "accuracy": means[1]}
    return pd.DataFrame(columns, index=pd.Index(upper, name="bin"))


def calibration_error(bins):
    """Expected calibration error of the bins of `reliability`."""
    distances = (bins["accuracy"] - bins["confidence"]).abs()
    return float((bins["n"] * distances).sum() / bins["n"].sum())
