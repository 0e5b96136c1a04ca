"""Labels of source rows, and of some target rows."""

import numpy as np
import pandas as pd
from sklearn.utils import (
    assert_all_finite,
    check_consistent_length,
    column_or_1d,
    compute_sample_weight,
)
from sklearn.utils.multiclass import check_classification_targets

from ._base import some_names, target_parts, warn_if_sliceable


def require_y(estimator, y):
    """Refuse missing source labels with scikit-learn's words."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None. Pass "
            "the labels of the source rows."
        )


def source_labels(estimator, X, y):
    """Validate the class labels of the source rows.

    Parameters
    ----------
    estimator : estimator
        The class that learns from them, for the errors.
    X : array-like of shape (n_source, n_features)
        Source rows.
    y : array-like of shape (n_source,)
        Labels.

    Returns
    -------
    y : ndarray of shape (n_source,)
        The labels.

    Raises
    ------
    ValueError
        If there are none, they are no class labels, or not one for each row.
    """
    require_y(estimator, y)
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, estimator_name=type(estimator).__name__, input_name="y")
    check_consistent_length(X, y)
    check_classification_targets(y)
    return y


def at_least_two(classes, name="y"):
    """Refuse labels, called `name`, of a single class."""
    if len(classes) < 2:
        raise ValueError(
            f"{name} must have at least two classes, got one class: {classes.tolist()}."
        )


def validate_target_labels(
    y,
    X_target,
    y_target,
    *,
    allow_new_classes=False,
    remedy="Map both label sets to one scheme first.",
):
    """Validate sparse target labels against the source labels and the target rows.

    Parameters
    ----------
    y : array-like of shape (n_source,)
        Source labels.
    X_target : array-like of shape (n_target, n_features), tuple of such, or None
        Target rows as given to `fit`.
    y_target : array-like of shape (n_target,), tuple of such, or None
        Target labels, paired with `X_target`; unlabelled rows are None or NaN. None labels no row.
    allow_new_classes : bool, default=False
        Whether labels that the source does not have are legal.
    remedy : str, default="Map both label sets to one scheme first."
        What to do about them, for the error.

    Returns
    -------
    labels : ndarray of shape (n_target,)
        The labels, of the dtype of `y` where labelled and unspecified elsewhere.
    labelled : ndarray of shape (n_target,) of bool
        Which target rows are labelled.

    Raises
    ------
    ValueError
        If labels and rows do not match one by one, or there are classes that are not legal.
    """
    if y_target is None:
        parts = [] if X_target is None else target_parts(X_target, "X_target")
        n_target = sum(map(len, parts))
        return np.repeat(np.asarray(y)[:1], n_target), np.zeros(n_target, dtype=bool)
    if X_target is None:
        raise ValueError(
            "y_target was given without X_target. Pass the rows it labels as X_target."
        )
    if isinstance(X_target, tuple) != isinstance(y_target, tuple):
        raise ValueError(
            "X_target and y_target must both be tuples (one element per target corpus) or both be "
            f"arrays, got {type(X_target).__name__} and {type(y_target).__name__}."
        )
    rows, labels = target_parts(X_target, "X_target"), target_parts(y_target, "y_target")
    if [len(part) for part in rows] != [len(part) for part in labels]:
        raise ValueError(
            "y_target must label the rows of X_target one by one, got "
            f"{[len(part) for part in labels]} labels for {[len(part) for part in rows]} rows. "
            "Mark unlabelled rows by None or NaN."
        )
    y = np.asarray(y)
    warn_if_sliceable(y_target, len(y), "y_target", stacklevel=4)
    labels = np.concatenate([np.asarray(part, dtype=object) for part in labels])
    if labels.ndim != 1:
        raise ValueError(
            f"y_target must hold one label for each row of X_target, got shape {labels.shape}. "
            "Pass a single column: y_target.ravel()."
        )
    labelled = ~pd.isna(labels)
    classes = np.unique(y)
    if "nan" in labels[labelled] and "nan" not in classes:
        raise ValueError(
            "y_target contains the string 'nan', which is what NumPy makes of a missing label "
            "among strings. Use an array of dtype object, or a pandas Series, with None or NaN for "
            "unlabelled rows."
        )
    new = sorted(set(labels[labelled]) - set(classes.tolist()), key=str)
    if new and not allow_new_classes:
        raise ValueError(
            f"y_target has classes that y does not have: {some_names(new)} (y has "
            f"{some_names(classes.tolist(), 10)}). {remedy}"
        )
    filled = np.full(len(labels), y[0] if len(y) else None, dtype=object)
    filled[labelled] = labels[labelled]
    return (filled if new else filled.astype(y.dtype)), labelled


def row_weights(class_weight, y):
    """Weights of rows by their classes.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        Class label to weight, 1 for others; "balanced" gives all classes the same total weight.
    y : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    weights : ndarray of shape (n_samples,)
        Weights >= 0.

    Raises
    ------
    ValueError
        If a weight is negative, infinite or NaN, or all are 0.
    """
    weights = compute_sample_weight(class_weight, y)
    check_class_weights(class_weight, weights)
    return weights


def check_class_weights(class_weight, weights):
    """Refuse a ``class_weight`` that gives rows or classes weights which mean nothing."""
    if not (np.all(weights >= 0) and 0 < weights.sum() < np.inf):
        raise ValueError(
            "class_weight must give every class a finite weight >= 0, and some class of the rows "
            f"one above 0, got {class_weight!r}."
        )
