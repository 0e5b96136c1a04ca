"""What a method has to beat."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    OneToOneFeatureMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if

from .._base import AdapterMixin, validate_domains
from .._defaults import default_classifier, default_regressor
from .._labels import validate_target_labels
from .._structure import is_estimator, is_search, wants_target
from ..pipelines import make_pipeline
from ..representation import CorpusScaler
from ._oracle import Oracle

#: Names in results that are not a user's pipeline.
BASELINES = (
    *("chance", "source-only", "pooled-scaling", "corpus-scaling", "in-corpus"),
    *("target-only", "source+target"),  # where some target rows are labelled
)


class PooledScaler(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Standardise by the statistics of source and target pooled."""

    def fit(self, X, y=None, *, X_target=None):
        """Learn mean and standard deviation."""
        X, X_target = validate_domains(self, X, X_target)
        rows = X if X_target is None else np.concatenate([X, X_target])
        self.scaler_ = StandardScaler().fit(rows)
        return self

    def _map_target(self, X):
        return self.scaler_.transform(X)


class OnLabelledTarget(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier trained on the labelled target rows, with or without the source rows."""

    __metadata_request__fit = {"X_target": True, "y_target": True}

    def __init__(self, estimator, with_source):
        self.estimator = estimator
        self.with_source = with_source

    def fit(self, X, y, *, X_target, y_target):
        """Train a copy of the classifier."""
        y_target, labelled = validate_target_labels(y, X_target, y_target)
        rows = np.concatenate(X_target)[labelled]
        y_target = y_target[labelled]
        if self.with_source:
            rows, y_target = np.concatenate([X, rows]), np.concatenate([y, y_target])
        self.estimator_ = clone(self.estimator).fit(rows, y_target)
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X):
        """Predict classes."""
        return self.estimator_.predict(X)

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))
    def predict_proba(self, X):
        """Probabilities of the classes."""
        return self.estimator_.predict_proba(X)

    @available_if(lambda self: hasattr(self.estimator, "decision_function"))
    def decision_function(self, X):
        """Decision values."""
        return self.estimator_.decision_function(X)


def scaled_baselines(predictor):
    """The baselines that know no target labels, with a predictor as their last step."""
    scalers = {
        "source-only": StandardScaler(),
        "pooled-scaling": PooledScaler(),
        "corpus-scaling": CorpusScaler(),
    }
    return {name: make_pipeline(scaler, clone(predictor)) for name, scaler in scalers.items()}


def labelled_baselines(classifier):
    """The baselines that are trained on labelled target rows, each corpus scaled by itself."""
    return {
        name: make_pipeline(CorpusScaler(), OnLabelledTarget(clone(classifier), with_source))
        for name, with_source in (("target-only", False), ("source+target", True))
    }


def in_corpus(predictor):
    """The pipeline that is trained and tested on speakers of one corpus."""
    return make_pipeline(StandardScaler(), clone(predictor))


def baseline_predictor(pipelines, rated=False):
    """The first final predictor that does not adapt: a baseline that adapts would be none."""
    for pipeline in pipelines:
        predictor = final_predictor(pipeline, rated)
        if not wants_target(predictor):
            return predictor
    return default_regressor() if rated else default_classifier()


def final_predictor(estimator, rated=False):
    """What predicts at the end of a pipeline, without search or what adapts around it.

    Parameters
    ----------
    estimator : estimator
        What is evaluated.
    rated : bool, default=False
        Whether the labels are ratings, so that it must be a regressor and not a classifier.

    Returns
    -------
    predictor : estimator
        The classifier or regressor.

    Raises
    ------
    TypeError
        If there is none, or one of the other kind.
    """
    if isinstance(estimator, Pipeline):
        return final_predictor(estimator.steps[-1][1], rated)
    if isinstance(estimator, Oracle):
        return final_predictor(estimator.search, rated)
    if is_search(estimator) or (wants_target(estimator) and is_estimator(_wrapped(estimator))):
        return final_predictor(estimator.estimator, rated)
    if not (is_regressor if rated else is_classifier)(estimator):
        kind, labels = ("regressor", "ratings") if rated else ("classifier", "classes")
        remedy = " Classes that are numbers are to be written as text or integers." if rated else ""
        raise TypeError(
            f"Every pipeline must end in a {kind}, since the labels are {labels}; got "
            f"{estimator!r} at the end of one.{remedy}"
        )
    return estimator


def _wrapped(estimator):
    return getattr(estimator, "estimator", None)
