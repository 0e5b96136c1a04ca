"""The class shares under which a fitted classifier's posteriors hold."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import has_fit_parameter

BALANCED = ("balanced", "balanced_subsample")


def training_prior(classifier, y, classes):
    """Class shares that a fitted classifier was trained under.

    Weights count: ``class_weight="balanced"`` makes the shares equal, whatever those of the rows.

    Parameters
    ----------
    classifier : classifier
        Fitted, maybe a pipeline, a search or an ensemble: what learns from the rows inside it
        decides.
    y : ndarray of shape (n_source,)
        Its training labels.
    classes : ndarray of shape (n_classes,)
        Sorted labels.

    Returns
    -------
    prior : ndarray of shape (n_classes,)
        Shares with sum 1.

    Raises
    ------
    ValueError
        If the shares cannot be told: members of an ensemble differ, or something inside was
        trained elsewhere.
    """
    found = _priors(classifier, y, classes, np.ones(len(y)))
    if any(prior is None for prior in found):
        reason = "something inside it was trained on other rows"
    elif any(not np.allclose(prior, found[0]) for prior in found):
        reason = "its members differ (class_weight or priors)"
    else:
        return found[0]
    raise ValueError(
        f"train_prior='auto' cannot tell the class shares that {type(classifier).__name__} was "
        f"trained under: {reason}. Pass 'source', 'uniform' or the shares themselves."
    )


def _priors(part, y, classes, weights):
    """The priors of everything that learns from the rows; None for what learned elsewhere."""
    if hasattr(part, "best_estimator_"):
        return _priors(part.best_estimator_, y, classes, weights)
    if isinstance(part, CalibratedClassifierCV):
        return [class_shares(y, classes, weights)]  # what the probabilities are calibrated to
    if len(np.atleast_1d(getattr(part, "sample_weight_", ()))) == len(y):
        weights = part.sample_weight_
    elif isinstance(part, FrozenEstimator) or (
        has_fit_parameter(part, "X_target") and hasattr(part, "pseudo_labels_")
    ):
        return [None]
    inner = _inner(part)
    if inner:
        return [prior for child in inner for prior in _priors(child, y, classes, weights)]
    return [_leaf_prior(part, y, classes, weights)]


def _inner(part):
    """The parts whose training rows decide; none where `part` learns from the rows itself."""
    if hasattr(part, "class_weight"):  # forests hold a tree that is only a model of theirs
        return []
    if getattr(part, "steps", None):
        return [part.steps[-1][1]]
    if hasattr(part, "final_estimator"):  # stacking: the others are only its features
        final = part.final_estimator
        return [LogisticRegression() if final is None else final]
    if isinstance(getattr(part, "estimators", None), list):
        return [child for _, child in part.estimators if hasattr(child, "fit")]
    if hasattr(getattr(part, "estimator", None), "fit"):
        return [part.estimator]
    return []


def _leaf_prior(leaf, y, classes, weights):
    given = getattr(leaf, "priors", None)  # of discriminant analysis and naive Bayes
    if given is not None:
        return np.asarray(given, dtype=np.float64)
    class_weight = getattr(leaf, "class_weight", None)
    if isinstance(class_weight, str) and class_weight in BALANCED:
        return np.full(len(classes), 1 / len(classes))
    shares = class_shares(y, classes, weights)
    if class_weight is None or getattr(leaf, "probability", False) is True:
        return shares  # support vector machines fit their probabilities without class weights
    shares = shares * compute_class_weight(class_weight, classes=classes, y=y)
    return shares / shares.sum()


def class_shares(y, classes, weights=None):
    """Weighted shares of the classes among labels."""
    sums = np.bincount(np.searchsorted(classes, y), weights=weights, minlength=len(classes))
    return sums / sums.sum()


def check_shares(shares, n_classes, name):
    """Class shares that a user gives, as an ndarray of shape (n_classes,) with sum 1."""
    try:
        found = np.asarray(shares, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (n_classes,) or not np.all(found >= 0) or abs(found.sum() - 1) > 1e-6:
        raise ValueError(
            f"{name} must hold a share >= 0 for each of the {n_classes} classes, with sum 1, got "
            f"{shares!r}."
        )
    return found / found.sum()
