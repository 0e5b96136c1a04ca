"""What a method has to beat."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from .._base import AdapterMixin, validate_domains
from .._defaults import default_classifier
from .._structure import is_estimator, wants_target
from ..pipelines import make_pipeline
from ..representation import CorpusScaler

#: Names in results that are not a user's pipeline.
BASELINES = ("chance", "source-only", "pooled-scaling", "corpus-scaling", "in-corpus")


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


def scaled_baselines(classifier):
    """The baselines that are pipelines, with a classifier as their last step."""
    scalers = {
        "source-only": StandardScaler(),
        "pooled-scaling": PooledScaler(),
        "corpus-scaling": CorpusScaler(),
    }
    return {name: make_pipeline(scaler, clone(classifier)) for name, scaler in scalers.items()}


def in_corpus(classifier):
    """The pipeline that is trained and tested on speakers of one corpus."""
    return make_pipeline(StandardScaler(), clone(classifier))


def baseline_classifier(pipelines):
    """The first final classifier that does not adapt: a baseline that adapts would be none."""
    for pipeline in pipelines:
        classifier = final_classifier(pipeline)
        if not wants_target(classifier):
            return classifier
    return default_classifier()


def final_classifier(estimator):
    """The classifier at the end of a pipeline, without search or what adapts around it."""
    if isinstance(estimator, Pipeline):
        return final_classifier(estimator.steps[-1][1])
    searched = hasattr(estimator, "param_grid") or hasattr(estimator, "param_distributions")
    if searched or (wants_target(estimator) and is_estimator(_wrapped(estimator))):
        return final_classifier(estimator.estimator)
    if not is_classifier(estimator):
        raise TypeError(
            f"Every pipeline must end in a classifier, got {estimator!r} at the end of one."
        )
    return estimator


def _wrapped(estimator):
    return getattr(estimator, "estimator", None)
