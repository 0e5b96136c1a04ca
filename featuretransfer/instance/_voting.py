"""Classifiers whose predictions are weighted votes."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS


class VotingMixin(ClassifierMixin):
    """Predicts by the votes of ``estimators_``, with shares ``estimator_weights_`` of sum 1."""

    def predict(self, X):
        """Predict the label with most votes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels; the first in order where votes are equal.
        """
        votes = self.predict_proba(X)
        return self.classes_[votes.argmax(axis=1)]

    def predict_proba(self, X):
        """Shares of the votes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Shares in the order of ``classes_``, of sum 1. They are votes and not calibrated.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        return vote_shares(self.estimators_, self.estimator_weights_, self.classes_, X)

    def decision_function(self, X):
        """Shares of the votes as decision values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Shares of the votes; for two classes the share of the second less that of the first.
        """
        votes = self.predict_proba(X)
        return votes[:, 1] - votes[:, 0] if votes.shape[1] == 2 else votes


def vote_shares(estimators, weights, classes, X):
    """Sum of the weights of the estimators that predict a class.

    Parameters
    ----------
    estimators : list of estimator
        Fitted classifiers.
    weights : ndarray of shape (n_estimators,)
        Non-negative; those with 0 are not asked.
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    X : ndarray of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    votes : ndarray of shape (n_samples, n_classes)
        Votes for every class.
    """
    votes = np.zeros((len(X), len(classes)))
    for estimator, weight in zip(estimators, weights):
        if weight > 0:
            votes[np.arange(len(X)), np.searchsorted(classes, estimator.predict(X))] += weight
    return votes
