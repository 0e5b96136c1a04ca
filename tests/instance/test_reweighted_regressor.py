import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    HistGradientBoostingRegressor,
    VotingRegressor,
)
from sklearn.feature_selection import RFECV
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR, LinearSVR

import featuretransfer as ft
from featuretransfer import GaussianWeights, ReweightedRegressor
from featuretransfer.instance import WeighterMixin
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(90, 70, 3, shift="covariate", separation=0.5, random_state=0)
X, XT = DATA.X_source, DATA.X_target


def ratings(X):
    return np.sin(X[:, 0]) + 0.5 * X[:, 1] ** 2


Y, YT = ratings(X), ratings(XT)
WEIGHTS = np.exp(X[:, 0]) / np.exp(X[:, 0]).mean()


class Given(WeighterMixin, BaseEstimator):
    """Weights by the first feature."""

    def fit(self, X, y=None, *, X_target=None):
        self._set_weights(np.exp(np.asarray(X)[:, 0]))
        return self


@pytest.mark.oracle("ReweightedRegressor")
def test_weighted_least_squares():
    model = ReweightedRegressor(LinearRegression(), Given()).fit(X, Y, X_target=XT)
    A = np.column_stack([np.ones(len(X)), X])
    expected = np.linalg.solve(A.T @ (WEIGHTS[:, None] * A), A.T @ (WEIGHTS * Y))
    assert_allclose(model.sample_weight_, WEIGHTS)
    assert_allclose(model.estimator_.coef_, expected[1:])
    assert_allclose(model.predict(XT), expected[0] + XT @ expected[1:])


@pytest.mark.parametrize(
    "regressor",
    [Ridge(), LinearSVR(random_state=0), SVR(), HistGradientBoostingRegressor(max_iter=5)],
    ids=lambda r: type(r).__name__,
)
@pytest.mark.parametrize("weighter", [None, GaussianWeights()], ids=["no weighter", "no target"])
def test_uniform_weights_are_the_plain_regressor_to_the_last_bit(regressor, weighter):
    model = ReweightedRegressor(regressor, weighter).fit(X, Y)
    assert_array_equal(model.predict(XT), sklearn.clone(regressor).fit(X, Y).predict(XT))
    assert_array_equal(model.sample_weight_, np.ones(90))
    assert model.effective_sample_size_ == 90


class Spy(Ridge):
    seen = []

    def fit(self, X, y, sample_weight=None):
        Spy.seen.append(sample_weight)
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize(
    "nested",
    [
        make_pipeline(StandardScaler(), Spy()),
        TransformedTargetRegressor(Spy(), func=np.arcsinh, inverse_func=np.sinh),
        GridSearchCV(Spy(), {"alpha": [0.1, 1.0]}, cv=2, scoring="r2"),
        GridSearchCV(Spy(), {"alpha": [0.1, 1.0]}, cv=2),
        VotingRegressor([("a", Spy()), ("b", LinearRegression())]),
        RFECV(Spy(), cv=2),
    ],
    ids=lambda r: type(r).__name__,
)
def test_weights_reach_nested_regressors(nested):
    Spy.seen.clear()
    ReweightedRegressor(nested, Given()).fit(X, Y)
    assert Spy.seen
    for weights in Spy.seen:
        assert weights is not None
        assert np.std(weights) > 0


@pytest.mark.parametrize("scoring", [None, "r2"])
def test_weights_reach_the_fit_of_a_cross_validated_regressor(scoring):
    model = ReweightedRegressor(RidgeCV(scoring=scoring), Given()).fit(X, Y)
    expected = Ridge(alpha=model.estimator_.alpha_).fit(X, Y, sample_weight=WEIGHTS)
    assert_allclose(model.estimator_.coef_, expected.coef_)


def test_several_ratings_at_once():
    both = np.column_stack([Y, X[:, 2]])
    model = ReweightedRegressor(Ridge(), GaussianWeights()).fit(X, both, X_target=XT)
    assert model.predict(XT).shape == (70, 2)
    alone = ReweightedRegressor(Ridge(), GaussianWeights()).fit(X, Y, X_target=XT)
    assert_allclose(model.predict(XT)[:, 0], alone.predict(XT))


def test_score_is_that_of_the_regressor():
    model = ReweightedRegressor(Ridge(), Given()).fit(X, Y)
    w = np.arange(70)
    assert model.score(XT, YT) == model.estimator_.score(XT, YT)
    assert model.score(XT, YT, w) == model.estimator_.score(XT, YT, w)
    assert not hasattr(model, "classes_")
    assert not hasattr(model, "predict_proba")


@pytest.mark.parametrize("seed", range(3))
def test_weights_help_where_the_model_is_wrong(seed):
    """Covariate shift: a straight line fits the target's part of a curve."""
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(400, 1)), rng.normal(1.5, 0.5, size=(300, 1))
    y, truth = np.sin(source[:, 0]), np.sin(target[:, 0])
    model = ReweightedRegressor(Ridge(), GaussianWeights()).fit(source, y, X_target=target)
    errors = [np.mean((m.predict(target) - truth) ** 2) for m in (model, Ridge().fit(source, y))]
    assert errors[0] < errors[1] / 3


def test_last_step_of_a_pipeline_and_grid_over_weighters():
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            ft.make_pipeline(StandardScaler(), ReweightedRegressor(Ridge())),
            {"reweightedregressor__weighter": [None, GaussianWeights()]},
            cv=GroupKFold(3),
            error_score="raise",
        ).fit(X, Y, groups=DATA.speakers_source, X_target=(XT,))
    assert len(set(search.cv_results_["mean_test_score"])) == 2


class ByCorpus(WeighterMixin, BaseEstimator):
    """Only rows of corpus "b" count twice."""

    __metadata_request__fit = {"X_target": True, "source_domains": True}

    def fit(self, X, y=None, *, X_target=None, source_domains=None):
        self._set_weights(np.ones(len(X)) + (np.asarray(source_domains) == "b"))
        return self


class CorpusRidge(Ridge):
    """Remembers the corpora of its rows."""

    __metadata_request__fit = {"source_domains": True}

    def fit(self, X, y, sample_weight=None, source_domains=None):
        self.corpora_ = source_domains
        return super().fit(X, y, sample_weight)


def test_corpora_reach_weighter_and_regressor():
    corpora = np.array(["a", "b", "c"])[np.arange(90) % 3]
    model = ReweightedRegressor(make_pipeline(StandardScaler(), CorpusRidge()), ByCorpus())
    model.fit(X, Y, X_target=XT, source_domains=corpora)
    assert_allclose(model.sample_weight_, np.where(corpora == "b", 2, 1) * 3 / 4)
    assert_array_equal(model.estimator_[-1].corpora_, corpora)
    weighter = Pipeline([("pca", PCA(2)), ("corpus", ByCorpus())], transform_input=["X_target"])
    behind = ReweightedRegressor(Ridge(), weighter)
    behind.fit(X, Y, X_target=XT, source_domains=corpora)
    assert_array_equal(behind.sample_weight_, model.sample_weight_)


class Keeps(RegressorMixin, BaseEstimator):
    """Wraps a regressor and keeps the weights to itself."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.estimator_ = sklearn.clone(self.estimator).fit(X, y)
        return self


def test_wrappers_that_do_not_pass_weights_on_are_refused():
    with pytest.raises(ValueError, match="cannot weight Keeps: it does not pass sample_weight on"):
        ReweightedRegressor(Keeps(Ridge()), Given()).fit(X, Y)


@pytest.mark.parametrize(
    ("regressor", "reason"),
    [
        (
            KNeighborsRegressor(),
            "ReweightedRegressor cannot weight KNeighborsRegressor: it ignores sample_weight. Use "
            "a regressor whose fit uses sample_weight, such as Ridge",
        ),
        (
            TransformedTargetRegressor(KNeighborsRegressor()),
            "KNeighborsRegressor inside TransformedTargetRegressor: it ignores sample_weight",
        ),
        (BaggingRegressor(Ridge()), "BaggingRegressor: it draws its rows by sample_weight"),
        (
            make_pipeline(StandardScaler(), AdaBoostRegressor()),
            "AdaBoostRegressor inside Pipeline: it draws its rows by sample_weight",
        ),
    ],
)
def test_regressors_that_would_not_use_the_weights_are_refused(regressor, reason):
    with pytest.raises(ValueError, match=reason):
        ReweightedRegressor(regressor, Given()).fit(X, Y)


@pytest.mark.parametrize("regressor", [LogisticRegression(), StandardScaler(), Ridge, "svr"])
def test_only_regressors(regressor):
    with pytest.raises(TypeError, match="estimator must be a regressor instance"):
        ReweightedRegressor(regressor).fit(X, Y)


def test_y_is_needed():
    with pytest.raises(ValueError, match="ReweightedRegressor requires y to be passed"):
        ReweightedRegressor(Ridge()).fit(X, None)
