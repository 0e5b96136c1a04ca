"""Fitting any classifier, nested ones too, with sample weights that really reach it."""

import copy

from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.feature_selection import RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter


def fit_weighted(estimator, X, y, sample_weight, X_target=None):
    """Fit a clone with sample weights.

    Parameters
    ----------
    estimator : estimator
        A classifier, or anything nested around classifiers; it is not modified.
    X, y : array-like
        Training rows and labels.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights of the rows; None fits without, after the same checks.
    X_target : array-like or tuple of such, default=None
        Passed on where the estimator asks for it.

    Returns
    -------
    fitted : estimator
        The fitted clone.

    Raises
    ------
    ValueError
        If a classifier inside would ignore the weights, or resample by them.
    """
    path = _path_to_classifiers(estimator)
    _refuse_unsupported(estimator, path)
    with config_context(enable_metadata_routing=True):
        fitted = clone(estimator)
        passed = {"sample_weight"} | ({"X_target"} if X_target is not None else set())
        try:
            _request_weights(fitted)
            consumed = get_routing_for_object(fitted).consumes("fit", passed)
        except NotImplementedError:
            return _fit_without_routing(estimator, X, y, sample_weight)
        if "sample_weight" not in consumed:
            raise ValueError(_refusal(estimator, estimator, "does not pass sample_weight on"))
        metadata = {}
        if sample_weight is not None:
            metadata["sample_weight"] = sample_weight
        if "X_target" in consumed:
            metadata["X_target"] = X_target
        return fitted.fit(X, y, **metadata)


def _fit_without_routing(estimator, X, y, sample_weight):
    """AdaBoost and the like: they take weights themselves but know no metadata routing."""
    if not has_fit_parameter(estimator, "sample_weight"):
        raise ValueError(
            _refusal(estimator, estimator, "holds an estimator without metadata routing")
        )
    with config_context(enable_metadata_routing=False):
        if sample_weight is None:
            return clone(estimator).fit(X, y)
        return clone(estimator).fit(X, y, sample_weight=sample_weight)


def _path_to_classifiers(estimator):
    """The estimator, what it wraps, and so on down to the classifiers that learn from the rows."""
    children = []
    if isinstance(estimator, FrozenEstimator):
        pass
    elif getattr(estimator, "steps", None):
        children = [estimator.steps[-1][1]]
    elif isinstance(getattr(estimator, "estimators", None), list):
        children = [child for _, child in estimator.estimators]
        children = [*children, getattr(estimator, "final_estimator", None)]
    elif hasattr(getattr(estimator, "estimator", None), "fit"):
        children = [estimator.estimator]
    path = [estimator]
    for child in children:
        if hasattr(child, "fit"):  # not "drop", nor None for a default that uses weights
            path += _path_to_classifiers(child)
    return path


def _is_leaf(estimator):
    return len(_path_to_classifiers(estimator)) == 1


def _refuse_unsupported(estimator, path):
    for part in path:
        if isinstance(part, BaggingClassifier):
            reason = "draws its rows by sample_weight, so it resamples instead of weighting"
            raise ValueError(_refusal(estimator, part, reason))
        if _is_leaf(part) and (
            isinstance(part, FrozenEstimator) or not has_fit_parameter(part, "sample_weight")
        ):
            raise ValueError(_refusal(estimator, part, "ignores sample_weight"))


def _refusal(estimator, part, reason):
    inside = "" if part is estimator else f" inside {type(estimator).__name__}"
    name = type(part).__name__ if hasattr(part, "fit") else repr(part)
    return (
        f"ReweightedClassifier cannot weight {name}{inside}: it {reason}. Use a classifier whose "
        "fit uses sample_weight, such as LogisticRegression, LinearSVC, SVC or "
        "RandomForestClassifier."
    )


def _request_weights(estimator):
    """Request sample_weight on the way to the classifiers, and nowhere else."""
    on_path = {id(part) for part in _path_to_classifiers(estimator)}
    for part in [estimator, *_nested(estimator)]:
        if hasattr(part, "set_fit_request") and has_fit_parameter(part, "sample_weight"):
            part.set_fit_request(sample_weight=id(part) in on_path)
        if hasattr(part, "set_score_request"):
            _leave_unset_score_unweighted(part)
        _settle_scoring(part)


def _nested(estimator):
    """All estimators among the parameters, at any depth."""
    for value in estimator.get_params(deep=True).values():
        if hasattr(value, "fit") and hasattr(value, "get_params"):
            yield value


def _settle_scoring(search):
    """Scorers inside a search stay unweighted: scikit-learn refuses those that leave it open."""
    scoring = getattr(search, "scoring", None)
    if isinstance(search, LogisticRegressionCV | RFECV) and scoring in (None, "warn"):
        scoring = "accuracy"  # what their defaults mean
    if scoring is None or isinstance(search, HistGradientBoostingClassifier):
        return
    if isinstance(scoring, list | tuple | set):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, dict):
        search.scoring = {name: _settled(scorer) for name, scorer in scoring.items()}
    else:
        search.scoring = _settled(scoring)


def _settled(scorer):
    scorer = get_scorer(scorer) if isinstance(scorer, str) else copy.deepcopy(scorer)
    if hasattr(scorer, "set_score_request"):
        _leave_unset_score_unweighted(scorer)
    return scorer


def _leave_unset_score_unweighted(part):
    requests = getattr(part.get_metadata_routing(), "score", None)
    if requests is not None and requests.requests.get("sample_weight", True) is None:
        part.set_score_request(sample_weight=False)
