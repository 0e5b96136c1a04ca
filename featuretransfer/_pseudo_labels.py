"""Labels that a method predicts for the target: what gives them, and when they have collapsed."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from ._delegation import check_classifier
from .exceptions import PseudoLabelWarning

LEAST_SHARE = 0.1  # of its rows by the source's prior, below which a class is lost
LEAST_EXPECTED = 5  # rows of a class by that prior; with fewer, having none says nothing


def make_labeller(estimator):
    """The classifier that predicts pseudo-labels, not fitted.

    Parameters
    ----------
    estimator : classifier or None
        None is logistic regression with balanced classes.

    Returns
    -------
    labeller : classifier
        A clone.

    Raises
    ------
    TypeError
        If `estimator` is neither.
    """
    if estimator is None:
        return LogisticRegression(class_weight="balanced", max_iter=500)
    check_classifier(estimator, optional=True)
    return clone(estimator)


def lost_classes(labels, y):
    """Classes that the source has and the pseudo-labels have nearly lost.

    Parameters
    ----------
    labels : array-like of shape (n_target,)
        Pseudo-labels of the target.
    y : array-like of shape (n_source,)
        Source labels.

    Returns
    -------
    lost : ndarray
        Classes with less than a tenth of the rows that the prior of the source gives them, where
        that prior gives them at least five.
    """
    classes, counts = np.unique(np.asarray(y), return_counts=True)
    codes = np.searchsorted(classes, np.asarray(labels))
    return classes[missing_classes(codes, counts * (len(codes) / counts.sum()))]


def missing_classes(codes, expected):
    """Classes that pseudo-labels have nearly lost, by the number of rows they should have.

    Parameters
    ----------
    codes : ndarray of shape (n_target,) of int
        Pseudo-labels as class numbers.
    expected : ndarray of shape (n_classes,)
        Expected numbers of rows.

    Returns
    -------
    lost : ndarray of int
        Numbers of the classes with less than a tenth of the rows that are expected, where these are
        at least five.
    """
    found = np.bincount(codes, minlength=len(expected))
    return np.flatnonzero((expected >= LEAST_EXPECTED) & (found < LEAST_SHARE * expected))


def warn_collapsed(name, lost, iteration, stacklevel, kept="the iteration before"):
    """Say that a method stops at pseudo-labels without some classes, and what it keeps."""
    warnings.warn(
        f"The pseudo-labels of {name} have nearly lost the classes {lost.tolist()} in iteration "
        f"{iteration}: it stops there and keeps {kept}. Scale each corpus by itself first "
        "(CorpusScaler), use another classifier, or check that the target has these classes.",
        PseudoLabelWarning,
        stacklevel=stacklevel + 1,
    )
