"""What a classifier predicts for source rows it has not seen."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from .._linalg import spread_rows
from .._structure import holds_asymmetric
from ..pipelines import source_view
from ._inner import fit_inner, log_posteriors, take


def held_out_log_posteriors(estimator, X, y, X_target, classes, folds):
    """Log-probabilities of all source rows, each by a classifier trained on other folds.

    Parameters
    ----------
    estimator : classifier
        Fitted anew for every fold; held-out rows go through the source view of adapters inside.
    X, y, X_target : array-like
        Source rows and labels, and target rows for what uses them.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    folds : ndarray of shape (n_source,) of int
        The fold of every row.

    Returns
    -------
    L : ndarray of shape (n_source, n_classes)
        See `log_posteriors`.
    """
    L = np.empty((len(y), len(classes)))
    for fold in np.unique(folds):
        held_out = folds == fold
        fitted = fit_inner(estimator, take(X, ~held_out), y[~held_out], X_target)
        if holds_asymmetric(estimator):
            fitted = source_view(fitted)
        L[held_out] = log_posteriors(fitted, take(X, held_out), classes)
    return L


def choose_folds(X, codes, n_folds, speakers=None):
    """A fold for every row, stratified by class, whatever the order of the rows.

    Parameters
    ----------
    X : ndarray of shape (n_source, n_features)
        Rows.
    codes : ndarray of shape (n_source,) of int
        Their classes.
    n_folds : int
        Most folds; never more than rows of the rarest class, or speakers.
    speakers : ndarray of shape (n_source,), default=None
        All rows of a speaker share a fold.

    Returns
    -------
    folds : ndarray of shape (n_source,) of int or None
        Numbers from 0; None where a class or the speakers leave no two folds.
    """
    n_folds = min(n_folds, np.bincount(codes).min())
    if speakers is not None:
        speakers = np.asarray(speakers).astype(str)
        n_folds = min(n_folds, len(np.unique(speakers)))
    if n_folds < 2:
        return None
    folds = np.empty(len(codes), dtype=int)
    if speakers is not None:
        splits = StratifiedGroupKFold(n_folds).split(X, codes, speakers)
        for fold, (_, held_out) in enumerate(splits):
            folds[held_out] = fold
        return folds
    taken = 0
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        rows = rows[spread_rows(X[rows], len(rows))]
        folds[rows] = (taken + np.arange(len(rows))) % n_folds
        taken += len(rows)
    return folds
