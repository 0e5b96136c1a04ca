"""What an estimator is made of, and which structures are known to go silently wrong."""

from collections.abc import Iterable, Mapping

from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.feature_selection import RFE, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from ._base import is_asymmetric
from .exceptions import PipelineStructureError

BAGGING = (BaggingClassifier, BaggingRegressor)
BOOSTING = (AdaBoostClassifier, AdaBoostRegressor)
CROSS_VALIDATING = (
    CalibratedClassifierCV,
    StackingClassifier,
    StackingRegressor,
    TunedThresholdClassifierCV,
)


def check_structure(estimator):
    """Refuse structures known to go wrong anywhere in an estimator, and in a search's candidates.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn estimator.

    Raises
    ------
    PipelineStructureError
        With the place and the remedy.
    """
    for rule in RULES:
        rule(estimator)
    for child in children(estimator):
        check_structure(child)
    _check_candidates(estimator)


def children(estimator):
    """The estimators directly inside an estimator, at any depth of its lists and dicts."""
    found = []
    for value in estimator.get_params(deep=False).values():
        _collect(value, found)
    return found


def _collect(value, found):
    if is_estimator(value):
        found.append(value)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)


def is_estimator(thing):
    """Whether `thing` is an estimator instance."""
    return hasattr(thing, "get_params") and hasattr(thing, "fit") and not isinstance(thing, type)


def is_search(estimator):
    """Whether something is one of scikit-learn's searches, or the like."""
    return hasattr(estimator, "param_grid") or hasattr(estimator, "param_distributions")


def asked_for(estimator, method, offered):
    """What an estimator, or something inside it, requests for a method, of what is known.

    Parameters
    ----------
    estimator : estimator
        Any.
    method : str
        Such as "fit".
    offered : dict
        Name of metadata to value, None where it is not known.

    Returns
    -------
    used : dict
        A part of `offered`.
    """
    known = {name: value for name, value in offered.items() if value is not None}
    if not known:
        return {}
    wanted = get_routing_for_object(estimator).consumes(method, list(known))
    return {name: value for name, value in known.items() if name in wanted}


def wants_target(estimator):
    """Whether an estimator, or one inside it, takes ``X_target`` in `fit`."""
    return has_fit_parameter(estimator, "X_target") or any(map(wants_target, children(estimator)))


def holds_asymmetric(estimator):
    """Whether an estimator is, or holds, something whose two views differ."""
    return is_asymmetric(estimator) or any(map(holds_asymmetric, children(estimator)))


def takes_other_columns(estimator):
    """Whether an estimator, or one inside it, is for a target with columns of its own."""
    own = not getattr(estimator, "equal_columns", True)
    return own or any(map(takes_other_columns, children(estimator)))


def _check_first(estimator):
    if not isinstance(estimator, Pipeline):
        return
    earlier = None
    for name, step in estimator.steps:
        if not is_estimator(step):
            continue
        if earlier is not None and takes_other_columns(step):
            raise PipelineStructureError(
                f"Step {name!r} ({type(step).__name__}) takes a target with other columns than the "
                f"source, but comes after step {earlier!r}, which would have to transform both. "
                "Make it the first step: it scales each domain by itself."
            )
        earlier = name


def _check_pipeline(estimator):
    if not isinstance(estimator, Pipeline):
        return
    passed = estimator.transform_input or ()
    if "y_target" in passed:
        raise PipelineStructureError(
            "transform_input of a Pipeline lists 'y_target', so labels would be transformed like "
            "features. Remove it: transform_input=['X_target']."
        )
    consumers = [
        position
        for position, (_, step) in enumerate(estimator.steps)
        if is_estimator(step) and wants_target(step)
    ]
    if not consumers or consumers[-1] == 0:
        return
    if "X_target" not in passed:
        name, step = estimator.steps[consumers[-1]]
        raise PipelineStructureError(
            f"Step {name!r} ({type(step).__name__}) uses X_target, but the Pipeline would not "
            "transform it by the earlier steps. Use "
            "Pipeline(steps, transform_input=['X_target']), or featuretransfer.make_pipeline, "
            "which sets it."
        )
    for name, step in estimator.steps[: consumers[-1]]:
        if is_estimator(step) and _learns_nothing(step):
            raise PipelineStructureError(
                f"Step {name!r} ({type(step).__name__}) learns nothing in fit, so scikit-learn "
                "takes it for not fitted and cannot transform X_target with it. Give its class a "
                "method __sklearn_is_fitted__ that returns True."
            )


def _learns_nothing(step):
    if hasattr(step, "__sklearn_is_fitted__") or not get_tags(step).requires_fit:
        return False
    code = getattr(type(step).fit, "__code__", None)
    return code is not None and not code.co_names  # such as ``return self``


def _check_column_transformer(estimator):
    if isinstance(estimator, ColumnTransformer) and wants_target(estimator):
        raise PipelineStructureError(
            "An estimator inside ColumnTransformer uses X_target, but ColumnTransformer does not "
            "select its columns. Use a FeatureUnion of pipelines that select columns and then "
            "adapt, such as make_pipeline(ColumnTransformer([('f0', 'passthrough', columns)]), "
            "CORAL())."
        )


def _check_feature_search(estimator):
    if isinstance(estimator, RFE | SequentialFeatureSelector) and wants_target(estimator):
        name = type(estimator).__name__
        raise PipelineStructureError(
            f"An estimator inside {name} uses X_target, but {name} removes columns from the source "
            "only. Select features with a plain classifier, as a step before the adapter."
        )


def _check_boosting(estimator):
    if isinstance(estimator, BOOSTING) and wants_target(estimator):
        name = type(estimator).__name__
        raise PipelineStructureError(
            f"An estimator inside {name} uses X_target, which {name} does not pass on. Adapt "
            f"before it: make_pipeline(adapter, {name}())."
        )


def _check_bagging(estimator):
    if not isinstance(estimator, BAGGING) or not wants_target(estimator):
        return
    if estimator.max_features != 1.0 or estimator.bootstrap_features:
        raise PipelineStructureError(
            f"{type(estimator).__name__} draws features of the source but not of X_target. Use "
            "max_features=1.0 and bootstrap_features=False around an estimator that uses X_target."
        )
    if estimator.oob_score and holds_asymmetric(estimator):
        raise PipelineStructureError(_held_out_message(type(estimator).__name__, "oob_score=True"))


def _check_cross_validating(estimator):
    if isinstance(estimator, CROSS_VALIDATING) and holds_asymmetric(estimator):
        name = type(estimator).__name__
        raise PipelineStructureError(_held_out_message(name, f"{name} cross-validates and"))


def _held_out_message(name, what):
    return (
        f"{what} predicts held-out source rows, which would go through the target view of the "
        f"adapter inside. Put {name} inside, as the last step: make_pipeline(adapter, "
        f"{name}(classifier))."
    )


def _check_frozen(estimator):
    if isinstance(estimator, FrozenEstimator) and holds_asymmetric(estimator):
        raise PipelineStructureError(
            "A FrozenEstimator holds an adapter whose source and target views differ: training "
            "rows would go through its target view. Use the adapter itself, without "
            "FrozenEstimator."
        )


RULES = (
    _check_first,
    _check_pipeline,
    _check_column_transformer,
    _check_feature_search,
    _check_boosting,
    _check_bagging,
    _check_cross_validating,
    _check_frozen,
)


def _check_candidates(search):
    """Check every estimator that a search would put in place of another."""
    base = getattr(search, "estimator", None)
    grids = getattr(search, "param_grid", None) or getattr(search, "param_distributions", None)
    if grids is None or base is None:
        return
    for grid in [grids] if isinstance(grids, Mapping) else grids:
        for name, values in grid.items():
            # a distribution to draw from is no collection of estimators
            for value in values if isinstance(values, Iterable) else ():
                if is_estimator(value) or (isinstance(value, str) and value == "passthrough"):
                    _check_candidate(base, name, value)


def _check_candidate(base, name, value):
    replacement = clone(value) if is_estimator(value) else value
    candidate = clone(base).set_params(**{name: replacement})
    check_structure(candidate)
    if wants_target(candidate) != wants_target(base):
        without = "the candidate" if wants_target(base) else "the estimator of the search"
        raise PipelineStructureError(
            f"Candidate {value!r} of {name!r}: nothing in {without} uses X_target, so scikit-learn "
            "would refuse to pass it on. Use NoAdaptation(), which takes it and does nothing, "
            "there."
        )
