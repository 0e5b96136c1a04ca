import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.metaestimators import available_if

import featuretransfer as ft
from featuretransfer import KernelMeanMatching, ReweightedClassifier
from featuretransfer.exceptions import LowEffectiveSampleSizeWarning
from featuretransfer.instance import WeighterMixin
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(90, 70, 3, shift="covariate", separation=0.5, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
KMM = KernelMeanMatching(B=10)
LR = LogisticRegression(max_iter=1000)


class Given(WeighterMixin, BaseEstimator):
    """Weights by a function of the rows."""

    def __init__(self, function=lambda X: np.exp(X[:, 0])):
        self.function = function

    def fit(self, X, y=None, *, X_target=None):
        self._set_weights(self.function(np.asarray(X)))
        return self


WEIGHTS = np.exp(X[:, 0]) / np.exp(X[:, 0]).mean()


@pytest.mark.parametrize(
    "classifier",
    [LR, LinearSVC(random_state=0), SVC(), RidgeClassifier(), GaussianNB()],
    ids=lambda c: type(c).__name__,
)
def test_weights_reach_the_classifier(classifier):
    model = ReweightedClassifier(classifier, Given()).fit(X, Y, X_target=XT)
    assert_allclose(model.sample_weight_, WEIGHTS)
    expected = sklearn.clone(classifier).fit(X, Y, sample_weight=model.sample_weight_)
    assert_array_equal(model.predict(XT), expected.predict(XT))
    plain = sklearn.clone(classifier).fit(X, Y)
    method = "decision_function" if hasattr(plain, "decision_function") else "predict_proba"
    assert_array_equal(getattr(model, method)(XT), getattr(expected, method)(XT))
    assert not np.allclose(getattr(model, method)(XT), getattr(plain, method)(XT))


@pytest.mark.parametrize(
    "classifier",
    [LR, LinearSVC(random_state=0), SVC(), RidgeClassifier()],
    ids=lambda c: type(c).__name__,
)
@pytest.mark.parametrize("weighter", [None, KMM], ids=["no weighter", "no target"])
def test_uniform_weights_are_the_plain_classifier_to_the_last_bit(classifier, weighter):
    model = ReweightedClassifier(classifier, weighter).fit(X, Y)
    expected = sklearn.clone(classifier).fit(X, Y)
    assert_array_equal(model.decision_function(XT), expected.decision_function(XT))
    assert_array_equal(model.sample_weight_, np.ones(90))
    assert model.effective_sample_size_ == 90


def test_kernel_mean_matching_inside():
    model = ReweightedClassifier(LR, KMM).fit(X, Y, X_target=(XT,))
    weights = KernelMeanMatching(B=10).fit(X, X_target=XT).sample_weight_
    assert_array_equal(model.sample_weight_, weights)
    assert model.weighter_.sample_weight_ is model.sample_weight_
    assert model.effective_sample_size_ == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert_array_equal(
        model.predict_proba(XT), LR.fit(X, Y, sample_weight=weights).predict_proba(XT)
    )


def test_delegation_is_that_of_the_classifier():
    model = ReweightedClassifier(LR, Given()).fit(X, Y)
    assert_allclose(model.predict_log_proba(XT), np.log(model.predict_proba(XT)))
    assert model.score(XT, DATA.y_target) == model.estimator_.score(XT, DATA.y_target)
    w = np.arange(70)
    assert model.score(XT, DATA.y_target, w) == model.estimator_.score(XT, DATA.y_target, w)
    assert not hasattr(ReweightedClassifier(LinearSVC()), "predict_proba")
    assert not hasattr(ReweightedClassifier(GaussianNB()), "decision_function")
    assert_array_equal(model.classes_, np.unique(Y))


def test_weighter_on_reduced_rows():
    weighter = Pipeline([("pca", PCA(2)), ("kmm", KMM)], transform_input=["X_target"])
    model = ReweightedClassifier(LR, weighter).fit(X, Y, X_target=XT)
    pca = PCA(2).fit(X)
    expected = KernelMeanMatching(B=10).fit(pca.transform(X), X_target=pca.transform(XT))
    assert_allclose(model.sample_weight_, expected.sample_weight_, atol=1e-6)
    assert model.n_features_in_ == 3


def nested(classifier):
    return {
        "pipeline": make_pipeline(StandardScaler(), classifier),
        "calibration": CalibratedClassifierCV(classifier, cv=2),
        "search": GridSearchCV(classifier, {"C": [0.1, 1.0]}, cv=2, scoring="balanced_accuracy"),
        "voting": VotingClassifier([("a", classifier), ("b", GaussianNB())]),
        "boosting": AdaBoostClassifier(classifier, n_estimators=3, random_state=0),
    }


@pytest.mark.parametrize("name", list(nested(LR)))
def test_weights_reach_nested_classifiers(name):
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            seen.append(sample_weight)
            return super().fit(X, y, sample_weight)

    ReweightedClassifier(nested(Spy(max_iter=1000))[name], Given()).fit(X, Y)
    assert seen
    for weights in seen:
        assert weights is not None
        assert np.std(weights) > 0


def test_steps_before_the_classifier_see_no_weights():
    pipeline = make_pipeline(StandardScaler(), LR)
    model = ReweightedClassifier(pipeline, Given()).fit(X, Y)
    assert_allclose(model.estimator_[0].mean_, X.mean(axis=0))
    expected = LR.fit(StandardScaler().fit_transform(X), Y, sample_weight=WEIGHTS)
    assert_allclose(model.estimator_[-1].coef_, expected.coef_)


def test_target_is_passed_on_to_adapters_inside():
    inner = ft.make_pipeline(ft.CORAL(), LR)
    model = ReweightedClassifier(inner, Given()).fit(X, Y, X_target=(XT,))
    assert_allclose(model.estimator_[0].mean_target_, XT.mean(axis=0))


@pytest.mark.parametrize(
    ("classifier", "reason"),
    [
        (KNeighborsClassifier(), "KNeighborsClassifier: it ignores sample_weight"),
        (
            CalibratedClassifierCV(KNeighborsClassifier()),
            "KNeighborsClassifier inside CalibratedClassifierCV: it ignores sample_weight",
        ),
        (
            make_pipeline(StandardScaler(), KNeighborsClassifier()),
            "KNeighborsClassifier inside Pipeline",
        ),
        (BaggingClassifier(LR), "BaggingClassifier: it draws its rows by sample_weight"),
        (
            VotingClassifier([("a", LR), ("b", BaggingClassifier(LR))]),
            "BaggingClassifier inside VotingClassifier",
        ),
        (FrozenEstimator(LR), "ignores sample_weight"),
        (
            make_pipeline(StandardScaler(), AdaBoostClassifier(LR)),
            "cannot weight Pipeline: it holds an estimator without metadata routing",
        ),
    ],
)
def test_classifiers_that_would_not_use_the_weights_are_refused(classifier, reason):
    with pytest.raises(ValueError, match=reason):
        ReweightedClassifier(classifier, Given()).fit(X, Y)
    with pytest.raises(ValueError, match=reason):
        ReweightedClassifier(classifier).fit(X, Y)


@pytest.mark.parametrize("classifier", [Ridge(), StandardScaler(), LogisticRegression, "svm"])
def test_only_classifiers(classifier):
    with pytest.raises(TypeError, match="estimator must be a classifier instance"):
        ReweightedClassifier(classifier).fit(X, Y)


class NoWeights(BaseEstimator):
    def fit(self, X, y=None, *, X_target=None):
        return self


class WrongLength(NoWeights):
    def fit(self, X, y=None, *, X_target=None):
        self.sample_weight_ = np.ones(3)
        return self


class Foreign(NoWeights):
    def fit(self, X, y=None, *, X_target=None):
        self.sample_weight_ = 5 * np.exp(np.asarray(X)[:, 0])
        return self


class Negative(NoWeights):
    def fit(self, X, y=None, *, X_target=None):
        self.sample_weight_ = np.asarray(X)[:, 0]
        return self


@pytest.mark.parametrize(
    ("weighter", "error", "message"),
    [
        (KernelMeanMatching, TypeError, "weighter must be None or an estimator with fit"),
        (StandardScaler(), TypeError, "weighter must be None or an estimator with fit"),
        (NoWeights(), TypeError, "NoWeights learned none"),
        (WrongLength(), TypeError, r"WrongLength learned an array of shape \(3,\)"),
        (Negative(), ValueError, "Negative gave weights that are negative"),
        (
            Pipeline([("pca", PCA(2)), ("kmm", KMM)]),
            ValueError,
            r"without transform_input=\['X_target'\]",
        ),
    ],
)
def test_weighters_that_are_refused(weighter, error, message):
    with pytest.raises(error, match=message):
        ReweightedClassifier(LR, weighter).fit(X, Y, X_target=XT)


def test_weights_of_foreign_weighters_are_rescaled():
    model = ReweightedClassifier(LR, Foreign()).fit(X, Y)
    assert_allclose(model.sample_weight_, WEIGHTS)


def test_foreign_weights_on_few_rows_warn():
    class Few(NoWeights):
        def fit(self, X, y=None, *, X_target=None):
            self.sample_weight_ = np.where(np.arange(len(X)) % 20 == 0, 1.0, 1e-6)
            return self

    with pytest.warns(LowEffectiveSampleSizeWarning):
        ReweightedClassifier(LR, Few()).fit(X, Y)


def test_class_without_weight_is_an_error_that_names_it():
    def function(X):
        return np.where(Y == "class2", 0.0, 1.0)

    with pytest.raises(ValueError, match=r"Classes \['class2'\] lost all their weight"):
        ReweightedClassifier(LR, Given(function)).fit(X, Y)


def test_grid_over_weighters():
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            ft.make_pipeline(StandardScaler(), ReweightedClassifier(LR)),
            {"reweightedclassifier__weighter": [None, KMM, KernelMeanMatching(B=2)]},
            scoring=ft.selection.make_target_scorer("entropy"),
            cv=GroupKFold(3),
            error_score="raise",
        ).fit(X, Y, groups=DATA.speakers_source, X_target=(XT,))
    assert len(set(search.cv_results_["mean_test_score"])) == 3


def test_feature_names_and_refit():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = ReweightedClassifier(LR, KMM).fit(frame, Y)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    model.fit(X, Y)
    assert not hasattr(model, "feature_names_in_")


def test_y_is_needed():
    with pytest.raises(ValueError, match="requires y"):
        ReweightedClassifier(LR, KMM).fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ReweightedClassifier(LR, KMM).fit(X, Y[:-1])


def test_searches_inside_keep_their_own_scoring():
    search = GridSearchCV(
        LR, {"C": [0.01, 1.0]}, cv=2, scoring=["accuracy", "f1_macro"], refit="accuracy"
    )
    model = ReweightedClassifier(search, Given()).fit(X, Y)
    assert {"mean_test_accuracy", "mean_test_f1_macro"} <= set(model.estimator_.cv_results_)


def test_classifier_without_routing_or_weights():
    class Closed(LogisticRegression):
        def fit(self, X, y):
            return super().fit(X, y)

        @available_if(lambda self: False)
        def score(self, X, y):
            """Never there."""

    with pytest.raises(ValueError, match="Closed: it ignores sample_weight"):
        ReweightedClassifier(Closed(), Given()).fit(X, Y)
