"""What the methods that boost with a few labelled target rows ask of labels and estimators."""

import warnings

import numpy as np
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d

from .._labels import require_y
from .._structure import wants_target


def rating_labels(estimator, X, y):
    """Source labels of a regressor, validated: an ndarray of shape (n_source,) of float."""
    require_y(estimator, y)
    y = _numbers(column_or_1d(y, warn=True), "y")
    assert_all_finite(y, estimator_name=type(estimator).__name__, input_name="y")
    check_consistent_length(X, y)
    return y


def target_ratings(labels, labelled):
    """Target labels of a regressor as an ndarray of float, 0 where there is none."""
    ratings = np.zeros(len(labels))
    ratings[labelled] = _numbers(labels[labelled], "y_target")
    assert_all_finite(ratings, input_name="y_target")
    return ratings


def _numbers(values, name):
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must hold numbers, such as ratings of arousal: {error}."
        ) from None


def append_labelled(X, y, rows, labels, labelled):
    """The source with the labelled target rows below it."""
    X = np.concatenate([X, rows[labelled]])
    return X, np.concatenate([y, labels[labelled]])


def canonical_order(X, y, n_source):
    """Row numbers, source first, in an order that the order within each domain does not change.

    Solvers round differently in another order, and errors and votes turn rounding into whole rows.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Source rows, then target rows.
    y : ndarray of shape (n_rows,)
        Their labels.
    n_source : int
        Number of source rows.

    Returns
    -------
    order : ndarray of shape (n_rows,) of int
        By domain, norm, label and row values.
    """
    is_target, norms = np.arange(len(X)) >= n_source, np.einsum("ij,ij->i", X, X)
    order = np.lexsort((norms, is_target))
    if np.any(np.diff(norms[order]) == 0):  # only ties need the costly order
        codes = np.unique(y, return_inverse=True)[1]
        order = np.lexsort((*X.T[::-1], codes, norms, is_target))
    return order


def learner(fits, X, y):
    """A function of weights that fits with them and predicts the same rows.

    Parameters
    ----------
    fits : WeightedFits
        Fits the estimator.
    X, y : ndarray
        Rows and labels.

    Returns
    -------
    learn : callable
        ``learn(weights)`` returns the fitted estimator and its predictions.
    """

    def learn(weights):
        estimator = fits(X, y, weights)
        return estimator, estimator.predict(X)

    return learn


def warn_unlabelled(estimator, stacklevel):
    """Say that target rows without labels change nothing."""
    name = type(estimator).__name__
    warnings.warn(
        f"{name} learns from labelled target rows, and none of the rows of X_target has a label: "
        "it is its estimator fitted on the source alone. Pass y_target, with None for unlabelled "
        "rows.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )


def refuse_adapter(estimator, inner):
    """Refuse an inner estimator that wants ``X_target``, since source and target are mixed here."""
    if wants_target(inner):
        name = type(estimator).__name__
        raise ValueError(
            f"The estimator inside {name} uses X_target, but {name} fits it to source and target "
            f"rows together. Adapt before it: make_pipeline(adapter, {name}(classifier))."
        )
