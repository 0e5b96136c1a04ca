"""Outputs of a source model on labelled target rows, as the measures of tasks take them."""

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array

from .._labels import at_least_two


def target_classes(rows, y_target):
    """Number of the class of each row.

    Parameters
    ----------
    rows : array-like of length n_target
        What the labels are of.
    y_target : array-like of shape (n_target,)
        Labels of at least two classes.

    Returns
    -------
    codes : ndarray of shape (n_target,) of int
        Numbers from 0 on, in the order of the labels.
    """
    y_target = column_or_1d(y_target)
    check_consistent_length(rows, y_target)
    check_classification_targets(y_target)
    classes, codes = np.unique(y_target, return_inverse=True)
    at_least_two(classes, "y_target")
    return codes


def feature_rows(features):
    """Validate a table of features."""
    return check_array(features, dtype=np.float64, input_name="features")
