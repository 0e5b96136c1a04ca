"""The target's way through scikit-learn: what works, and what goes wrong silently."""

import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectKBest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.exceptions import AmbiguousTargetWarning, TargetNotTransformedWarning
from featuretransfer.selection import make_target_scorer, source_scorer
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 6, shift="channel", strength=0.5, random_state=0)
X, Y, XT, YT = DATA.X_source, DATA.y_source, DATA.X_target, DATA.y_target
GROUPS = DATA.speakers_source
LR = LogisticRegression(max_iter=1000)
FOLDS = GroupKFold(4)
SCORER = source_scorer("balanced_accuracy")


class Recorder(ft.CORAL):
    """Remembers the target it was fitted with."""

    def fit(self, X, y=None, *, X_target=None):
        parts = X_target if isinstance(X_target, tuple) else (X_target,)
        self.target_rows_ = [np.asarray(part) for part in parts]
        return super().fit(X, y, X_target=X_target)


def adapted(adapter=None, classifier=LR):
    return ft.make_pipeline(StandardScaler(), adapter or ft.CORAL(), clone(classifier))


@pytest.fixture(autouse=True)
def _routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


# --- the version floor


def test_pipeline_inside_a_pipeline_transforms_the_target():
    """Silently wrong before scikit-learn 1.9.1."""
    passed = {"transform_input": ["X_target"]}
    inner = [("mm", MinMaxScaler()), ("cs", ft.CorpusScaler()), ("no", ft.NoAdaptation())]
    outer = [("s0", StandardScaler()), ("in", Pipeline(inner, **passed)), ("svc", SVC())]
    nested = Pipeline(outer, **passed).fit(X, Y, X_target=XT)
    flat = Pipeline([outer[0], *inner, outer[2]], **passed).fit(X, Y, X_target=XT)
    assert_allclose(nested.decision_function(XT), flat.decision_function(XT))


# --- the target's way through a pipeline


def test_target_passes_the_earlier_steps():
    model = adapted(Recorder()).fit(X, Y, X_target=XT)
    assert_allclose(model[1].target_rows_[0], model[0].transform(XT))


def test_without_transform_input_the_second_net_warns():
    pipeline = Pipeline([("s", StandardScaler()), ("a", Recorder()), ("c", LR)])
    with pytest.warns(TargetNotTransformedWarning):
        pipeline.fit(X, Y, X_target=1000 + XT)
    assert_array_equal(pipeline[1].target_rows_[0], 1000 + XT)


def test_transform_input_names_the_parameter_of_the_step():
    aliased = Recorder().set_fit_request(X_target="deployment")
    steps = [("s", StandardScaler()), ("a", aliased), ("c", LR)]
    pipeline = Pipeline(steps, transform_input=["X_target"]).fit(X, Y, deployment=XT)
    assert_allclose(pipeline[1].target_rows_[0], pipeline[0].transform(XT))


def test_memory_gives_the_same_result(tmp_path):
    stored = ft.make_pipeline(StandardScaler(), ft.CORAL(), LR, memory=str(tmp_path))
    expected = adapted().fit(X, Y, X_target=XT).decision_function(XT)
    for _ in range(2):
        assert_array_equal(clone(stored).fit(X, Y, X_target=XT).decision_function(XT), expected)


def test_feature_union_of_adapters():
    union = FeatureUnion([("a", ft.CORAL()), ("b", ft.TCA(3))])
    model = ft.make_pipeline(StandardScaler(), union, LR).fit(X, Y, X_target=XT)
    Z, ZT = model[0].transform(X), model[0].transform(XT)
    parts = [ft.CORAL().fit(Z, X_target=ZT), ft.TCA(3).fit(Z, X_target=ZT)]
    expected = np.hstack([part.transform(ZT) for part in parts])
    assert_allclose(model[:-1].transform(XT), expected)
    source = np.hstack([part.transform_source(Z) for part in parts])
    assert_allclose(ft.source_view(model)[:-1].transform(X), source)


def test_column_selection_by_a_union_of_pipelines():
    def select(columns):
        return ft.make_pipeline(ColumnTransformer([("keep", "passthrough", columns)]), Recorder())

    union = FeatureUnion([("a", select([4, 0])), ("b", select([1, 2]))])
    ft.check_pipeline(union).fit(X, Y, X_target=XT)
    assert_array_equal(union.transformer_list[0][1][1].target_rows_[0], XT[:, [4, 0]])


# --- arrays and tuples under cross-validation


def test_bare_target_as_long_as_the_source_is_sliced_and_detected():
    same = np.concatenate([XT, XT[:20]])
    with pytest.warns(AmbiguousTargetWarning):
        adapted(Recorder()).fit(X, Y, X_target=same)
    with pytest.warns(AmbiguousTargetWarning):
        result = cross_validate(
            adapted(Recorder()),
            X,
            Y,
            cv=FOLDS,
            scoring=SCORER,
            params={"groups": GROUPS, "X_target": same},
            return_estimator=True,
        )
    assert all(len(e[1].target_rows_[0]) < len(same) for e in result["estimator"])


def test_tuple_is_never_sliced():
    same = np.concatenate([XT, XT[:20]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = cross_validate(
            adapted(Recorder()),
            X,
            Y,
            cv=FOLDS,
            scoring=SCORER,
            params={"groups": GROUPS, "X_target": (same,)},
            return_estimator=True,
        )
    for model in result["estimator"]:
        assert_allclose(model[1].target_rows_[0], model[0].transform(same))


@pytest.mark.parametrize("value", [(), (XT, None), ("a.wav",), [[1, 2], [3]]])
def test_targets_read_wrongly_by_scikit_learn_are_refused(value):
    with pytest.raises(ValueError, match="X_target"):
        ft.CORAL().fit(X, Y, X_target=value)


# --- searches


SEARCHES = {
    "grid": lambda: GridSearchCV(adapted(Recorder()), {"logisticregression__C": [0.1, 1.0]}),
    "random": lambda: RandomizedSearchCV(
        adapted(Recorder()), {"logisticregression__C": [0.1, 1.0]}, n_iter=2
    ),
    "halving": lambda: HalvingGridSearchCV(
        adapted(Recorder()), {"logisticregression__C": [0.1, 1.0]}, min_resources=60
    ),
}


@pytest.mark.parametrize("name", list(SEARCHES))
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("scoring", [SCORER, make_target_scorer("entropy")])
def test_searches_with_groups_tuple_and_refit(name, n_jobs, scoring):
    search = SEARCHES[name]()
    search.set_params(cv=FOLDS, n_jobs=n_jobs, scoring=scoring, error_score="raise")
    search.fit(X, Y, groups=GROUPS, X_target=(XT,))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    assert_allclose(best[1].target_rows_[0], best[0].transform(XT))


def test_grid_over_adapters_and_passthrough_is_anchored_by_no_adaptation():
    pipeline = ft.make_pipeline(StandardScaler(), ft.NoAdaptation(), ft.CORAL(), LR)
    search = GridSearchCV(
        pipeline,
        {"coral": [ft.NoAdaptation(), ft.CORAL(), ft.TCA(3), "passthrough"]},
        scoring=make_target_scorer("iw"),
        cv=FOLDS,
        error_score="raise",
    )
    ft.check_pipeline(search).fit(X, Y, groups=GROUPS, X_target=(XT,))
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] == scores[3]
    labels = (np.full(len(XT), None),)
    search.fit(X, Y, groups=GROUPS, X_target=(XT,), y_target=labels)


def test_own_scoring_of_scikit_learn_is_wrong_for_asymmetric_adapters():
    """Held-out source rows go through the target view, unless the scorer is ours."""
    grid = GridSearchCV(adapted(ft.CorpusScaler()), {"logisticregression__C": [1.0]}, cv=FOLDS)
    shifted = {"groups": GROUPS, "X_target": (5 + 3 * XT,)}
    wrong = clone(grid).set_params(scoring="balanced_accuracy").fit(X, Y, **shifted)
    right = clone(grid).set_params(scoring=SCORER).fit(X, Y, **shifted)
    plain = GridSearchCV(
        ft.make_pipeline(StandardScaler(), LR),
        {"logisticregression__C": [1.0]},
        cv=FOLDS,
        scoring="balanced_accuracy",
    ).fit(X, Y, groups=GROUPS)
    assert right.best_score_ == pytest.approx(plain.best_score_, abs=0.03)
    assert wrong.best_score_ < right.best_score_ - 0.1


def test_target_scorer_without_target_is_an_error():
    search = GridSearchCV(
        ft.make_pipeline(StandardScaler(), LR),
        {"logisticregression__C": [1.0]},
        scoring=make_target_scorer("entropy"),
        error_score="raise",
    )
    with pytest.raises(ValueError, match=r"needs the target, got X_target=None"):
        search.fit(X, Y)


# --- tools that must go on working


PARAMS = {"groups": GROUPS, "X_target": (XT,)}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_cross_validation_tools(n_jobs):
    options = {"cv": FOLDS, "params": PARAMS, "n_jobs": n_jobs}
    scores = cross_val_score(adapted(), X, Y, scoring=SCORER, **options)
    assert_allclose(
        scores, cross_validate(adapted(), X, Y, scoring=SCORER, **options)["test_score"]
    )
    assert cross_val_predict(adapted(), X, Y, **options).shape == Y.shape
    *_, test = learning_curve(adapted(), X, Y, scoring=SCORER, train_sizes=[0.5, 1.0], **options)
    assert np.isfinite(test).all()
    _, test = validation_curve(
        adapted(),
        X,
        Y,
        param_name="logisticregression__C",
        param_range=[0.1, 1.0],
        scoring=SCORER,
        **options,
    )
    assert np.isfinite(test).all()
    score, _, p = permutation_test_score(
        adapted(), X, Y, scoring=SCORER, n_permutations=9, random_state=0, **options
    )
    assert score == pytest.approx(scores.mean())
    assert p == pytest.approx(0.1)


def test_permutation_importance_in_the_source_view():
    model = adapted().fit(X, Y, X_target=XT)
    found = permutation_importance(model, X, Y, scoring=SCORER, n_repeats=3, random_state=0)
    assert found.importances_mean.max() > 0.02


def test_voting_is_the_mean_of_its_members():
    members = [("a", adapted()), ("b", adapted(ft.TCA(3)))]
    vote = VotingClassifier(members, voting="soft").fit(X, Y, X_target=XT)
    expected = np.mean([m.fit(X, Y, X_target=XT).predict_proba(XT) for _, m in members], axis=0)
    assert_allclose(vote.predict_proba(XT), expected)


@pytest.mark.parametrize("wrapper", [OneVsRestClassifier, OneVsOneClassifier])
def test_one_against_others_gets_the_target(wrapper):
    model = wrapper(adapted(Recorder())).fit(X, Y, X_target=(XT,))
    for member in model.estimators_:
        assert_allclose(member[1].target_rows_[0], member[0].transform(XT))
    assert set(model.predict(XT)) <= set(Y)


def test_bagging_gets_the_target_and_its_source_view_reaches_every_member():
    model = BaggingClassifier(adapted(Recorder()), 3, random_state=0)
    model.fit(X, Y, X_target=(XT,))
    for member in model.estimators_:
        assert_allclose(member[1].target_rows_[0], member[0].transform(XT))
    view = ft.source_view(model)
    expected = np.mean([ft.source_view(m).predict_proba(X) for m in model.estimators_], axis=0)
    assert_allclose(view.predict_proba(X), expected)


def test_regression_with_a_transformed_target():
    values = X[:, 0] + 0.1 * X[:, 1]
    pipeline = ft.make_pipeline(StandardScaler(), Recorder(), Ridge())
    model = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    model.fit(X, values, X_target=(XT,))
    member = model.regressor_
    assert_allclose(member[1].target_rows_[0], member[0].transform(XT))


def test_data_frames_in_the_tuple_and_pandas_output():
    names = [f"f{i}" for i in range(6)]
    source, target = pd.DataFrame(X, columns=names), pd.DataFrame(XT, columns=names)
    model = adapted(Recorder()).set_output(transform="pandas")
    model.fit(source, Y, X_target=(target[:20], target[20:]))
    assert [len(rows) for rows in model[1].target_rows_] == [20, 40]
    table = model[:-1].transform(target)
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == list(model[:-1].get_feature_names_out())
    view = ft.source_view(model)[:-1].transform(source)
    assert isinstance(view, pd.DataFrame)
    assert not np.allclose(view, model[:-1].transform(source))


def test_selection_before_the_adapter():
    model = ft.make_pipeline(StandardScaler(), SelectKBest(k=3), Recorder(), LR)
    model.fit(X, Y, X_target=(XT,))
    assert model[2].target_rows_[0].shape == (60, 3)


def test_calibration_inside_is_right_and_outside_is_refused():
    """Outside, held-out source rows go through the target view: the probabilities are useless."""
    shifted = {"X_target": (5 + 3 * XT,)}
    inside = ft.make_pipeline(ft.CorpusScaler(), CalibratedClassifierCV(LR)).fit(X, Y, **shifted)
    outside = CalibratedClassifierCV(Pipeline([("a", ft.CorpusScaler()), ("c", LR)]))
    with pytest.raises(ft.exceptions.PipelineStructureError):
        ft.check_pipeline(outside)
    losses = [
        log_loss(YT, m.fit(X, Y, **shifted).predict_proba(5 + 3 * XT)) for m in (inside, outside)
    ]
    assert losses[0] < losses[1]


def test_stacking_outside_is_refused():
    with pytest.raises(ft.exceptions.PipelineStructureError, match="as the last step"):
        ft.check_pipeline(StackingClassifier([("a", adapted())]))


# --- configuration


def test_raw_joblib_loses_the_configuration_and_ours_does_not():
    def enabled():
        return sklearn.get_config()["enable_metadata_routing"]

    ours = sklearn.utils.parallel.Parallel(n_jobs=2)(
        sklearn.utils.parallel.delayed(enabled)() for _ in range(2)
    )
    raw = joblib.Parallel(n_jobs=2)(joblib.delayed(enabled)() for _ in range(2))
    assert all(ours)
    assert not any(raw)


def test_fitting_needs_routing_and_everything_after_does_not():
    model = adapted().fit(X, Y, X_target=XT)
    expected = model.predict(XT)
    with sklearn.config_context(enable_metadata_routing=False):
        with pytest.raises(ValueError, match="enable_metadata_routing"):
            adapted().fit(X, Y, X_target=XT)
        assert_array_equal(model.predict(XT), expected)
        assert model.score(XT, YT) > 0.25
        assert_array_equal(clone(model).get_params()["steps"][1][1].reg, "ledoit-wolf")
        ft.source_view(model).predict(X)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed", "ignore::FutureWarning:dask")
def test_grid_on_a_dask_cluster():
    distributed = pytest.importorskip("distributed", reason="the extra [test] is not installed")
    search = GridSearchCV(
        adapted(),
        {"logisticregression__C": [0.1, 1.0]},
        scoring=make_target_scorer("iw"),
        cv=FOLDS,
        error_score="raise",
    )
    expected = clone(search).fit(X, Y, groups=GROUPS, X_target=(XT,)).cv_results_
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster), joblib.parallel_backend("dask"):
        found = search.fit(X, Y, groups=GROUPS, X_target=(XT,)).cv_results_
    assert_array_equal(found["mean_test_score"], expected["mean_test_score"])
