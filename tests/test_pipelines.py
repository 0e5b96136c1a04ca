import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, RFECV, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.exceptions import PipelineStructureError
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(60, 40, 5, random_state=0)
LR = LogisticRegression(max_iter=1000)


def plain(*steps):
    return Pipeline([(f"s{i}", step) for i, step in enumerate(steps)])


class Stateless(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return 2 * X


class MarkedStateless(Stateless):
    def __sklearn_is_fitted__(self):
        return True


class OtherColumns(ft.NoAdaptation):
    equal_columns = False


ADAPTED = ft.make_pipeline(ft.CORAL(), LR)

REFUSED = {
    "no transform_input": (plain(StandardScaler(), ft.CORAL(), LR), r"transform_input=\['X_tar"),
    "no transform_input for weights": (
        plain(StandardScaler(), ft.ReweightedClassifier(LR, ft.KernelMeanMatching())),
        r"transform_input=\['X_target'\]",
    ),
    "nested without": (plain(plain(StandardScaler(), ft.CORAL()), LR), "Step 's1'"),
    "other columns after a step": (
        Pipeline([("s", StandardScaler()), ("a", OtherColumns())], transform_input=["X_target"]),
        "Step 'a' .* comes after step 's'.*Make it the first step: it scales each domain",
    ),
    "other columns after a step, nested": (
        Pipeline([("s", StandardScaler()), ("p", plain(OtherColumns(), LR))]),
        "Step 'p' .Pipeline. takes a target with other columns",
    ),
    "y_target transformed": (
        Pipeline([("a", ft.CORAL())], transform_input=["X_target", "y_target"]),
        "lists 'y_target'",
    ),
    "stateless": (
        Pipeline([("s", Stateless()), ("a", ft.CORAL())], transform_input=["X_target"]),
        "__sklearn_is_fitted__",
    ),
    "column transformer": (
        ColumnTransformer([("a", ft.CORAL(), [0, 1])]),
        "FeatureUnion of pipelines",
    ),
    "sequential selection": (SequentialFeatureSelector(ADAPTED), "before the adapter"),
    "elimination": (RFE(ADAPTED), "removes columns from the source only"),
    "elimination with folds": (RFECV(ADAPTED), "removes columns from the source only"),
    "boosting": (AdaBoostClassifier(ADAPTED), r"make_pipeline\(adapter, AdaBoostClassifier\(\)\)"),
    "features drawn": (BaggingClassifier(ADAPTED, max_features=0.5), "max_features=1.0"),
    "features drawn again": (
        BaggingClassifier(ADAPTED, bootstrap_features=True),
        "bootstrap_features=False",
    ),
    "out of bag": (BaggingClassifier(ADAPTED, oob_score=True), "oob_score=True predicts held-out"),
    "calibration outside": (CalibratedClassifierCV(ADAPTED), "as the last step: make_pipeline"),
    "stacking outside": (StackingClassifier([("a", ADAPTED)]), "inside, as the last step"),
    "threshold outside": (TunedThresholdClassifierCV(ADAPTED), "inside, as the last step"),
    "frozen": (plain(FrozenEstimator(ft.CorpusScaler()), LR), "without FrozenEstimator"),
    "candidate": (
        GridSearchCV(
            ft.make_pipeline(ft.NoAdaptation(), LR),
            {"logisticregression": [CalibratedClassifierCV(ADAPTED)]},
        ),
        "as the last step",
    ),
    "candidate of a random search": (
        RandomizedSearchCV(
            ft.make_pipeline(ft.NoAdaptation(), LR),
            [{"logisticregression": [LR, FrozenEstimator(ADAPTED)]}],
        ),
        "FrozenEstimator",
    ),
    "unanchored candidate": (
        GridSearchCV(ft.make_pipeline(StandardScaler(), LR), {"standardscaler": [ft.CORAL()]}),
        r"nothing in the estimator of the search uses X_target.*Use NoAdaptation\(\)",
    ),
    "candidate that drops the target": (
        GridSearchCV(ft.make_pipeline(ft.CORAL(), LR), {"coral": ["passthrough"]}),
        r"nothing in the candidate uses X_target.*Use NoAdaptation\(\)",
    ),
    "inside a list": (VotingClassifier([("a", plain(StandardScaler(), ft.CORAL()))]), "Step 's1'"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_refused_with_the_remedy(name):
    estimator, message = REFUSED[name]
    with pytest.raises(PipelineStructureError, match=message):
        ft.check_pipeline(estimator)


ACCEPTED = {
    "other columns first": ft.make_pipeline("passthrough", OtherColumns(), ft.CORAL(), LR),
    "plain classifier": LR,
    "no adapter": plain(StandardScaler(), LR),
    "first step": plain(ft.CORAL(), LR),
    "made": ft.make_pipeline(StandardScaler(), ft.CORAL(), SVC()),
    "marked": ft.make_pipeline(MarkedStateless(), ft.CORAL()),
    "function": ft.make_pipeline(FunctionTransformer(), ft.CORAL()),
    "passthrough": ft.make_pipeline("passthrough", ft.CORAL(), LR),
    "calibration inside": ft.make_pipeline(ft.CORAL(), CalibratedClassifierCV(LR)),
    "symmetric in calibration": CalibratedClassifierCV(ft.make_pipeline(ft.TCA(), LR)),
    "frozen symmetric": plain(FrozenEstimator(ft.TCA()), LR),
    "bagging": BaggingClassifier(ADAPTED),
    "bagging without adapters": BaggingClassifier(LR, max_features=0.5, oob_score=True),
    "boosting without adapters": AdaBoostClassifier(LR),
    "union": FeatureUnion([("a", ft.CORAL()), ("b", ft.TCA())]),
    "search": GridSearchCV(
        ft.make_pipeline(ft.NoAdaptation(), LR),
        {"noadaptation": [ft.NoAdaptation(), ft.CORAL()]},
    ),
    "search with an anchor": GridSearchCV(
        ft.make_pipeline(ft.NoAdaptation(), ft.CORAL(), LR), {"coral": [ft.CORAL(), "passthrough"]}
    ),
    "selection before": ft.make_pipeline(
        ColumnTransformer([("a", "passthrough", [0, 1])]), ft.CORAL(), LR
    ),
}


@pytest.mark.parametrize("name", list(ACCEPTED))
def test_accepted_unchanged(name):
    assert ft.check_pipeline(ACCEPTED[name]) is ACCEPTED[name]


@pytest.mark.parametrize("thing", [StandardScaler, "coral", None])
def test_only_estimator_instances(thing):
    with pytest.raises(TypeError, match="must be a scikit-learn estimator instance"):
        ft.check_pipeline(thing)


def test_make_pipeline_is_plain():
    made = ft.make_pipeline(StandardScaler(), ft.CORAL(), SVC(), memory="x", verbose=True)
    assert type(made) is Pipeline
    assert made.transform_input == ["X_target"]
    assert (made.memory, made.verbose) == ("x", True)
    with pytest.raises(PipelineStructureError):
        ft.make_pipeline(ft.CORAL(), AdaBoostClassifier(ADAPTED))


def fit(estimator):
    with sklearn.config_context(enable_metadata_routing=True):
        return estimator.fit(DATA.X_source, DATA.y_source, X_target=DATA.X_target)


def test_source_view_is_a_copy_with_the_flag():
    model = fit(ft.make_pipeline(StandardScaler(), ft.CorpusScaler(), LR))
    view = ft.source_view(model)
    before = model.predict_proba(DATA.X_source)
    expected = model[-1].predict_proba(model[1].transform_source(model[0].transform(DATA.X_source)))
    assert_array_equal(view.predict_proba(DATA.X_source), expected)
    assert not np.allclose(before, expected)
    assert_array_equal(model.predict_proba(DATA.X_source), before)
    assert_array_equal(ft.source_view(view).predict_proba(DATA.X_source), expected)


def test_source_view_without_adapters_is_a_copy():
    model = LR.fit(DATA.X_source, DATA.y_source)
    view = ft.source_view(model)
    assert view is not model
    assert_array_equal(view.predict(DATA.X_source), model.predict(DATA.X_source))


def test_source_view_of_unfitted_adapters():
    with pytest.raises(NotFittedError, match="holds adapters, but none of them is fitted"):
        ft.source_view(ft.make_pipeline(ft.CORAL(), LR))
