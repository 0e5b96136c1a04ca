import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import get_tags

from featuretransfer._delegation import ClassifierAround, check_classifier

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(30, 3)), np.repeat(["a", "b", "c"], 10)


class Around(ClassifierAround, ClassifierMixin, BaseEstimator):
    """Gives the inner classifier rows with their signs changed."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.estimator_ = clone(self.estimator).fit(-X, y)
        return self

    def _rows_to_predict(self, X):
        return -X


def test_predictions_are_those_of_the_inner_classifier_on_the_rows_it_is_given():
    model, inner = Around(LogisticRegression()).fit(X, Y), LogisticRegression().fit(-X, Y)
    assert_array_equal(model.classes_, ["a", "b", "c"])
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        assert_array_equal(getattr(model, method)(X), getattr(inner, method)(-X))
    assert model.score(X, Y) == inner.score(-X, Y)


@pytest.mark.parametrize(
    ("inner", "missing"),
    [(LinearSVC(), "predict_proba"), (LinearSVC(), "predict_log_proba")],
)
def test_methods_are_those_of_the_inner_classifier(inner, missing):
    for model in (Around(inner), Around(inner).fit(X, Y)):
        assert not hasattr(model, missing)
        assert hasattr(model, "decision_function")


def test_tags_are_those_of_the_inner_classifier():
    tags = get_tags(Around(SVC()))
    assert tags.estimator_type == "classifier"
    assert tags.classifier_tags == get_tags(SVC()).classifier_tags


@pytest.mark.parametrize("estimator", ["svc", SVC, None, 3])
def test_what_is_no_classifier_is_refused(estimator):
    with pytest.raises(TypeError, match="estimator must be a classifier instance, got"):
        check_classifier(estimator)
