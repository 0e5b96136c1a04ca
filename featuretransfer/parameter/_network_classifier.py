"""What classifiers that are a network with heads have in common: parameters and predictions."""

import warnings

import numpy as np
from scipy.special import xlogy
from sklearn.base import ClassifierMixin

from .._base import ViewsMixin, some_names
from .._checks import is_count
from .._labels import check_class_weights
from .._network import ACTIVATIONS
from .._training import check_range, schedule_of
from ._heads import Options, cross_entropy

DECAY = 0.4  # weight decay of a network, times the number of classes
MOST_UNLEARNED = 0.95  # cross-entropy of training rows, relative to that of the class shares


class NetworkClassifier(ViewsMixin, ClassifierMixin):
    """Predicts by the head of its main task.

    A subclass implements ``_main_log_probabilities(X)`` for validated rows and has ``classes_``.
    """

    uses_y = True
    __metadata_request__fit = {"X_target": True, "y_target": True}

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The most probable class of every row.
        """
        codes = self.predict_log_proba(X).argmax(axis=1)
        return self.classes_[codes]

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities in the order of ``classes_``.
        """
        return self._main_log_probabilities(self._validate_rows(X))


def hidden_sizes(n_hidden):
    """Sizes of the hidden layers as a tuple, refused unless positive integers."""
    sizes = tuple(n_hidden) if isinstance(n_hidden, list | tuple) else (n_hidden,)
    if not all(map(is_count, sizes)):
        raise ValueError(
            f"n_hidden must be a positive integer or a tuple of such, got {n_hidden!r}."
        )
    return sizes


def weight_decay(estimator, name, n_classes):
    """The parameter `name`, or where it is None what suits a number of classes.

    With K classes that weigh alike the gradient of the cross-entropy with respect to weights of
    zero, which is what weight decay has to leave something of, falls as 1 / K: so does the default.
    """
    value = getattr(estimator, name)
    if value is None:
        return DECAY / n_classes
    check_range(estimator, name)
    return value


def options_of(estimator, n_classes):
    """How to train, by the parameters that all have; values out of range are refused."""
    if estimator.activation not in ACTIVATIONS:
        raise ValueError(
            f"activation must be one of {list(ACTIVATIONS)}, got {estimator.activation!r}."
        )
    if not (
        estimator.class_weight in (None, "balanced") or isinstance(estimator.class_weight, dict)
    ):
        raise ValueError(
            "class_weight must be None, 'balanced' or a dict of class label to weight, got "
            f"{estimator.class_weight!r}."
        )
    check_range(estimator, "validation_fraction", below=1)
    return Options(
        activation=estimator.activation,
        class_weight=estimator.class_weight,
        alpha=weight_decay(estimator, "alpha", n_classes),
        validation_fraction=estimator.validation_fraction,
        schedule=schedule_of(estimator),
    )


def check_weighted_classes(class_weight, *classes):
    """Refuse a dict of class weights that names no class of any task, or gives useless weights.

    In each of `classes`, unless it is empty, some class must have a weight above 0.
    """
    if not isinstance(class_weight, dict):
        return
    known = {label for names in classes for label in names.tolist()}
    unknown = sorted(set(class_weight) - known, key=str)
    if unknown:
        raise ValueError(
            f"class_weight names classes that no row has: {some_names(unknown)}. The classes are "
            f"{some_names(sorted(known, key=str), 10)}."
        )
    for names in filter(len, classes):
        given = [class_weight.get(label, 1.0) for label in names.tolist()]
        check_class_weights(class_weight, np.asarray(given, dtype=float))


def warn_no_labels(estimator, limit):
    """Say that target rows without labels change nothing."""
    name = type(estimator).__name__
    warnings.warn(
        f"{name} learns from labelled target rows, and no row of X_target has a label: it is "
        f"{limit}. Pass y_target, with None for unlabelled rows.",
        UserWarning,
        stacklevel=3,
    )


def warn_if_unlearned(estimator, log_p, labels, alpha, name="alpha"):
    """Say that a network hardly predicts the labels of the rows it was trained on.

    Parameters
    ----------
    estimator : estimator
        For the warning.
    log_p : list of ndarray of shape (n_rows, n_classes)
        For each task the logarithms of the class probabilities of its rows.
    labels : list of Labels
        For each task the labels of its rows. That one task is learned is enough.
    alpha : float
        The weight decay.
    name : str, default="alpha"
        The parameter that it is.
    """
    losses, entropies = np.array([_losses(*task) for task in zip(log_p, labels)]).T
    if np.all(losses > MOST_UNLEARNED * entropies):
        warnings.warn(
            f"The network of {type(estimator).__name__} hardly tells the classes of its training "
            f"rows apart (cross-entropy {losses[0]:.3g}, without features {entropies[0]:.3g}). "
            f"Weight decay may have drawn its weights to zero: decrease {name}={alpha:g}.",
            UserWarning,
            stacklevel=3,
        )


def _losses(log_p, labels):
    """Cross-entropy of the labels of one task, and what it is by the class shares alone."""
    weights = labels.weights[:, 0] / labels.weights.sum()
    shares = np.bincount(labels.codes[:, 0], weights, minlength=log_p.shape[1])
    return cross_entropy(log_p, labels.codes[:, 0], weights)[0], -np.sum(xlogy(shares, shares))
