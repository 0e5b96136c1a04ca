"""The classifier inside a target-side classifier: fitting it, and what it predicts."""

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from .._base import FLOATS
from .._probabilities import log_probabilities
from .._structure import wants_target
from ..instance._sample_weight import WeightedFits

LOG_FLOOR = np.log(1e-12)  # of a probability: none is 0


def as_given(X, rows):
    """Validated rows, but DataFrames as they were given, for what selects columns by name."""
    if isinstance(X, tuple):
        return pd.concat(X) if isinstance(X[0], pd.DataFrame) else rows
    return X if isinstance(X, pd.DataFrame) else rows


def validate_rows(estimator, X):
    """Rows to predict, checked against those of `fit`; DataFrames as they are."""
    return as_given(X, validate_data(estimator, X, reset=False, dtype=FLOATS))


def stacked(X, X_target):
    """Source rows above target rows."""
    if isinstance(X, pd.DataFrame):
        return pd.concat([X, X_target])
    return np.concatenate([X, X_target])


def take(X, rows):
    """The rows of an array or a DataFrame that a mask or numbers select."""
    if isinstance(X, pd.DataFrame):
        return X[rows] if rows.dtype == bool else X.iloc[rows]
    return X[rows]


def fit_inner(estimator, X, y, X_target=None, sample_weight=None, caller=None):
    """Fit a clone, with the target where it or something inside asks for it.

    Parameters
    ----------
    estimator : classifier
        Not modified.
    X, y : array-like
        Training rows and labels.
    X_target : array-like, default=None
        Target rows.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows, for an estimator that uses them.
    caller : str, default=None
        The class that weights, for the error where it does not.

    Returns
    -------
    fitted : classifier
        The fitted clone.
    """
    # in a tuple, the target is nobody's to slice
    target = None if X_target is None else (X_target,)
    if sample_weight is not None:
        return WeightedFits(estimator, caller)(X, y, sample_weight, X_target=target)
    if not wants_target(estimator):
        return clone(estimator).fit(X, y)
    metadata = {} if target is None else {"X_target": target}
    with config_context(enable_metadata_routing=True):
        return clone(estimator).fit(X, y, **metadata)


def log_posteriors(classifier, X, classes):
    """Logarithms of class probabilities, or what stands in for them.

    Parameters
    ----------
    classifier : classifier
        Fitted; without ``predict_proba`` the softmax of its decision values is taken.
    X : array-like of shape (n_samples, n_features)
        Rows.
    classes : ndarray of shape (n_classes,)
        Sorted labels; the classifier may know fewer.

    Returns
    -------
    L : ndarray of shape (n_samples, n_classes)
        Not below `LOG_FLOOR`.

    Raises
    ------
    TypeError
        If the classifier has neither method, or its decision values are not one per class.
    """
    L = log_probabilities(classifier, X)
    every = np.full((len(L), len(classes)), LOG_FLOOR)
    every[:, np.searchsorted(classes, classifier.classes_)] = np.maximum(L, LOG_FLOOR)
    return every
