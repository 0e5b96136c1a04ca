"""Classifiers that decide by one value for each class, or one for two classes."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if


class DecisionMixin(ClassifierMixin):
    """Decides by ``_values(X)`` of shape (n, n_columns): one column where there are two classes."""

    def decision_function(self, X):
        """Decision values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Values in the order of ``classes_``; for two classes those of the second.
        """
        values = self._values(X)
        return values[:, 0] if values.shape[1] == 1 else values

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        return decide(self._values(X), self.classes_)


class LossMixin(DecisionMixin):
    """Decides likewise, by values that minimise the ``loss`` that its parameter names."""

    @available_if(lambda self: self.loss == "logistic")
    def predict_proba(self, X):
        """Class probabilities, with the logistic loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return probabilities(self._values(X))


def decide(values, classes):
    """The label of each row: that of the largest value, or of the sign of a single one."""
    if values.shape[1] == 1:
        return classes[(values[:, 0] > 0).astype(int)]
    return classes[values.argmax(axis=1)]


def probabilities(values):
    """Class probabilities of the logistic loss from decision values."""
    if values.shape[1] > 1:
        return softmax(values, axis=1)
    return np.column_stack([expit(-values), expit(values)])


def signs_of(y, classes):
    """Labels as -1 and 1 against the rest, shape (n, n_columns); one column for two classes."""
    signs = np.where(np.asarray(y)[:, None] == classes, 1.0, -1.0)
    return signs[:, 1:] if len(classes) == 2 else signs


def per_class(values, known, classes):
    """Values of a classifier in the order of other classes, 0 for those it does not know.

    Parameters
    ----------
    values : ndarray of shape (n_known, ...) or (1, ...)
        One entry for each class of the classifier, or one for its second class of two.
    known : ndarray of shape (n_known,)
        Its classes.
    classes : ndarray of shape (n_classes,)
        Sorted labels, all of `known` among them.

    Returns
    -------
    aligned : ndarray of shape (n_columns, ...)
        One entry for each class; for two classes half the difference of both.
    """
    if len(values) == 1:
        values = np.concatenate([-values, values])
    aligned = np.zeros((len(classes), *values.shape[1:]))
    aligned[np.searchsorted(classes, known)] = values
    return (aligned[1:] - aligned[:1]) / 2 if len(classes) == 2 else aligned


def all_classes(*labels):
    """Sorted union of labels of one kind.

    Raises
    ------
    ValueError
        If some are strings and some are numbers.
    """
    parts = [_plain(np.unique(part)) for part in labels if len(part)]
    if len({part.dtype.kind in "US" for part in parts}) > 1:
        shown = ", ".join(str(part[:3].tolist()) for part in parts)
        raise ValueError(
            f"y, y_target and the classes of the source models must be labels of one kind, got "
            f"strings and numbers: {shown}."
        )
    return np.unique(np.concatenate(parts))


def _plain(labels):
    """Strings in an array of objects as an array of strings."""
    strings = labels.dtype == object and all(isinstance(label, str) for label in labels)
    return labels.astype(str) if strings else labels
