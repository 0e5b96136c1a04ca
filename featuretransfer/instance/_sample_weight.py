"""Fitting any estimator, nested ones too, with sample weights that really reach what learns."""

import copy

from sklearn import config_context
from sklearn.base import clone, is_regressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.feature_selection import RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from .._structure import BAGGING

RESAMPLING = (*BAGGING, AdaBoostRegressor)
DOMAIN_METADATA = ("X_target", "source_domains")  # passed on to estimators that ask for it
HIST_BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)


class WeightedFits:
    """Fits clones of one estimator with sample weights; it is checked and prepared once.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor, or anything nested around such; it is not modified.
    caller : str
        The class that weights, for errors.

    Raises
    ------
    ValueError
        If something inside would ignore the weights, or resample by them.
    """

    def __init__(self, estimator, caller):
        _refuse_unsupported(estimator, caller)
        self.estimator = estimator
        with config_context(enable_metadata_routing=True):
            self._routed = clone(estimator)
            try:
                _request_weights(self._routed)
                routing = get_routing_for_object(self._routed)
                self._consumed = routing.consumes("fit", {"sample_weight", *DOMAIN_METADATA})
            except NotImplementedError:  # AdaBoost and the like know no metadata routing
                self._routed = None
        if self._routed is None and not has_fit_parameter(estimator, "sample_weight"):
            reason = "holds an estimator without metadata routing"
            raise ValueError(_refusal(estimator, estimator, reason, caller))
        if self._routed is not None and "sample_weight" not in self._consumed:
            reason = "does not pass sample_weight on"
            raise ValueError(_refusal(estimator, estimator, reason, caller))

    def __call__(self, X, y, sample_weight, **metadata):
        """Fit a clone.

        Parameters
        ----------
        X, y : array-like
            Training rows and labels.
        sample_weight : ndarray of shape (n_samples,) or None
            Weights of the rows; None fits without.
        **metadata : dict
            ``X_target`` and ``source_domains``, passed on where given and asked for.

        Returns
        -------
        fitted : estimator
            The fitted clone.
        """
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        if self._routed is None:
            with config_context(enable_metadata_routing=False):
                return clone(self.estimator).fit(X, y, **weights)
        used = {
            name: value
            for name, value in metadata.items()
            if value is not None and name in self._consumed
        }
        with config_context(enable_metadata_routing=True):
            return clone(self._routed).fit(X, y, **weights, **used)


def _path_to_learners(estimator):
    """The estimator, what it wraps, and so on down to what learns from the rows."""
    children = []
    if isinstance(estimator, FrozenEstimator):
        pass
    elif getattr(estimator, "steps", None):
        children = [estimator.steps[-1][1]]
    elif isinstance(getattr(estimator, "estimators", None), list):
        children = [child for _, child in estimator.estimators]
        children = [*children, getattr(estimator, "final_estimator", None)]
    else:
        children = [getattr(estimator, name, None) for name in ("estimator", "regressor")]
    path = [estimator]
    for child in children:
        if hasattr(child, "fit"):  # not "drop", nor None for a default that uses weights
            path += _path_to_learners(child)
    return path


def _is_leaf(estimator):
    return len(_path_to_learners(estimator)) == 1


def _refuse_unsupported(estimator, caller):
    for part in _path_to_learners(estimator):
        if isinstance(part, RESAMPLING):
            reason = "draws its rows by sample_weight, so it resamples instead of weighting"
            raise ValueError(_refusal(estimator, part, reason, caller))
        if _is_leaf(part) and (
            isinstance(part, FrozenEstimator) or not has_fit_parameter(part, "sample_weight")
        ):
            raise ValueError(_refusal(estimator, part, "ignores sample_weight", caller))


def _refusal(estimator, part, reason, caller):
    inside = "" if part is estimator else f" inside {type(estimator).__name__}"
    kind, examples = "classifier", "LogisticRegression, LinearSVC, SVC or RandomForestClassifier"
    if is_regressor(estimator):
        kind, examples = "regressor", "Ridge, LinearSVR, SVR or RandomForestRegressor"
    return (
        f"{caller} cannot weight {type(part).__name__}{inside}: it {reason}. Use a {kind} whose "
        f"fit uses sample_weight, such as {examples}."
    )


def _request_weights(estimator):
    """Request sample_weight on the way to what learns, and nowhere else."""
    on_path = {id(part) for part in _path_to_learners(estimator)}
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
        scoring = "r2" if is_regressor(search) else "accuracy"  # what their defaults mean
    if scoring is None or isinstance(search, HIST_BOOSTING):
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
