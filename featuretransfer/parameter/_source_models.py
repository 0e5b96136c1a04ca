"""Models of the source, from which those of the target are learned."""

import warnings

import numpy as np
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator

from .._checks import is_number
from .._structure import is_estimator
from ..instance._labelled_target import canonical_order
from ._corpus_tasks import source_tasks
from ._decision import decide, per_class
from ._inner import fit_inner, take
from ._leave_one_out import is_loo


def fit_source_models(source_estimator, default, data, domains=None):
    """Fit the models of the source.

    Parameters
    ----------
    source_estimator : classifier, list of classifier, or None
        What a user gives; those in a FrozenEstimator are taken as they are.
    default : classifier
        What is fitted where it is None.
    data : tuple of (X, y, X_target)
        Source rows, their labels, and the target rows for a classifier that asks for them.
    domains : ndarray of shape (n_source,), default=None
        Corpus of each row; a single estimator that is not frozen is fitted to each of them.

    Returns
    -------
    models : list of classifier
        The fitted models.
    names : list or None
        Corpora in the order of the models, where there is one model for each corpus.
    """
    X, y, X_target = data
    # in one order, whatever that of the rows is: solvers leave their rounding behind
    order = canonical_order(np.asarray(X, dtype=np.float64), y, len(y))
    X, y = take(X, order), y[order]
    if isinstance(source_estimator, list | tuple):
        if not source_estimator:
            raise ValueError(
                "source_estimator is an empty list; expected a classifier, a list of classifiers, "
                "or None for logistic regression."
            )
        for estimator in source_estimator:
            _check(estimator)
        return [fit_inner(estimator, X, y, X_target) for estimator in source_estimator], None
    estimator = default if source_estimator is None else source_estimator
    _check(estimator)
    if domains is None or isinstance(estimator, FrozenEstimator):
        return [fit_inner(estimator, X, y, X_target)], None
    corpora, names = source_tasks(domains[order], len(y))
    models = []
    for position, name in enumerate(names):
        rows = corpora == position
        if len(np.unique(y[rows])) < 2:
            raise ValueError(
                f"The source corpus {name!r} of source_domains has one class, "
                f"{y[rows][:1].tolist()}: no model can be fitted to it. Leave its rows out."
            )
        models.append(fit_inner(estimator, take(X, rows), y[rows], X_target))
    return models, names


def _check(estimator):
    if not is_estimator(estimator) or not is_classifier(estimator):
        raise TypeError(
            "source_estimator must be a classifier instance, a list of classifiers, or None, got "
            f"{estimator!r}. Pass a fitted one as FrozenEstimator(classifier)."
        )


def linear_parts(model, classes, X):
    """Weights and intercepts of a fitted linear classifier, against the rest.

    Parameters
    ----------
    model : classifier
        Fitted, with ``coef_`` and ``intercept_``.
    classes : ndarray of shape (n_classes,)
        Labels in the order wanted; a class that the model does not know has weights 0.
    X : array-like of shape (n_samples, n_features)
        Rows on which its predictions are compared with those by the weights.

    Returns
    -------
    coef : ndarray of shape (n_columns, n_features)
        Weights, one row for each class or one for two classes.
    intercept : ndarray of shape (n_columns,)
        Intercepts.

    Raises
    ------
    TypeError
        If the model is not linear with one row of weights for each class.
    """
    name = type(getattr(model, "estimator", model)).__name__
    coef = np.atleast_2d(np.asarray(getattr(model, "coef_", np.empty((0, 0))), dtype=np.float64))
    n_rows = 1 if len(model.classes_) == 2 and len(coef) == 1 else len(model.classes_)
    if coef.shape != (n_rows, np.shape(X)[1]) or not hasattr(model, "intercept_"):
        raise TypeError(
            f"source_estimator must be a linear classifier with coef_ and intercept_, one row for "
            f"each class, on the same features; got {name}. Use LogisticRegression, LinearSVC or "
            "RidgeClassifier, put scalers before this step, or use AdaptiveSVM for other models."
        )
    intercept = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64).ravel(), n_rows)
    _check_decides(model, name, coef, intercept, X)
    return per_class(coef, model.classes_, classes), per_class(intercept, model.classes_, classes)


def _check_decides(model, name, coef, intercept, X):
    """Refuse a model that does not predict by its weights, as SVC, whose weights are of pairs."""
    values = np.asarray(X, dtype=np.float64) @ coef.T + intercept
    predicted, expected = np.asarray(model.predict(X)), decide(values, model.classes_)
    wrong = np.flatnonzero(predicted != expected)
    if values.shape[1] == 1:
        short = np.abs(values[wrong, 0])
    else:
        taken = np.searchsorted(model.classes_, predicted[wrong])
        short = values[wrong].max(axis=1) - values[wrong, taken]
    if np.any(short > 1e-4 * np.abs(values).max(initial=0.0)):  # more than a tie up to rounding
        raise TypeError(
            f"source_estimator must predict the class with the largest X @ coef_.T + intercept_, "
            f"but {name} does not for {len(wrong)} of {len(values)} source rows (SVC has weights "
            "for pairs of classes). Use LinearSVC or OneVsRestClassifier in AdaptiveSVM."
        )


def scores_of(model, classes, X):
    """Decision values of any fitted classifier, against the rest.

    Parameters
    ----------
    model : classifier
        Fitted. Where it has probabilities p the value is 2 p - 1, otherwise its decision value.
    classes : ndarray of shape (n_classes,)
        Labels in the order wanted; a class that the model does not know has values 0.
    X : array-like of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_columns)
        One column for each class, or one for two classes.

    Raises
    ------
    TypeError
        If the model has neither method, or its decision values are not one per class.
    """
    known = model.classes_
    if hasattr(model, "predict_proba"):
        values = 2 * np.asarray(model.predict_proba(X), dtype=np.float64) - 1
    elif hasattr(model, "decision_function"):
        values = np.asarray(model.decision_function(X), dtype=np.float64)
        values = values[:, None] if values.ndim == 1 else values
    else:
        raise TypeError(
            f"{type(model).__name__} has neither predict_proba nor decision_function. Use a "
            "classifier that has one, or wrap it in CalibratedClassifierCV."
        )
    if values.shape[1] != (1 if values.shape[1] == 1 and len(known) == 2 else len(known)):
        raise TypeError(
            f"{type(model).__name__} gives {values.shape[1]} decision values for {len(known)} "
            "classes; one for each is needed (decision_function_shape='ovr')."
        )
    return per_class(values.T, known, classes).T


def check_shares(source_weights, n_models):
    """Shares that a user gives to the models, with sum 1; None where they are to be chosen."""
    if is_loo(source_weights):
        return None
    if source_weights is None:
        return equal(n_models)
    try:
        found = np.asarray(source_weights, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (n_models,) or not np.all(found >= 0) or not 0 < found.sum() < np.inf:
        raise ValueError(
            f"source_weights must be 'loo', None, or one number >= 0 for each of the {n_models} "
            f"source models, not all 0, got {source_weights!r}."
        )
    return found / found.sum()


def equal(n_models):
    """Equal shares of the models."""
    return np.full(n_models, 1 / n_models)


def check_scale(source_scale):
    """Refuse what cannot be a factor of the source."""
    if not is_loo(source_scale) and not is_number(source_scale, 0):
        raise ValueError(
            f"source_scale must be 'loo' or a finite number >= 0, got {source_scale!r}."
        )


def warn_too_few(estimator, labels, stacklevel):
    """Say that the classifier is that of the source."""
    found = (
        f"those of X_target have the class {labels.tolist()[0]!r}"
        if len(labels)
        else "there are none"
    )
    warnings.warn(
        f"{type(estimator).__name__} learns from labelled target rows of two classes or more, and "
        f"{found}: it is the classifier of the source. Pass y_target with labels of some rows of "
        "every class.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
