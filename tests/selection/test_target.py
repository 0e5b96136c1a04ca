"""What all scorers that use the target have in common."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from scorer_support import DATA, LR, XT, X, Y, fit
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, GroupKFold, RandomizedSearchCV, cross_validate
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.exceptions import AmbiguousTargetWarning
from featuretransfer.selection import TARGET_SCORERS, make_target_scorer

NAMES = list(TARGET_SCORERS)
ONE_ROW = {"entropy", "circular", "prior"}  # scorers that need no second target row


@pytest.fixture(scope="module")
def model():
    return fit(ft.CORAL(), LR)


def by_speaker():
    """A pipeline that scales by speaker."""
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = ft.CorpusScaler(min_group=2)
        scaler.set_fit_request(speakers=True, speakers_target=True)
        return ft.make_pipeline(scaler.set_transform_request(speakers_target=True), LR)


def score(name, estimator, X=X, y=Y, X_target=XT, **ids):
    return make_target_scorer(name)(estimator, X, y, X_target=X_target, **ids)


def test_names_and_parameters():
    assert make_target_scorer("iw", n_components=3).n_components == 3
    assert all(type(make_target_scorer(name)) is cls for name, cls in TARGET_SCORERS.items())
    assert type(make_target_scorer()) is TARGET_SCORERS["prior"]
    assert all(getattr(ft.selection, cls.__name__) is cls for cls in TARGET_SCORERS.values())
    with pytest.raises(ValueError, match=r"must be a callable or one of \['iw', 'dev', "):
        make_target_scorer("dev2")
    with pytest.raises(ValueError, match=r"got \['iw'\]"):
        make_target_scorer(["iw"])
    with pytest.raises(TypeError, match="takes no arguments"):
        make_target_scorer("entropy", n_components=3)


@pytest.mark.parametrize("name", NAMES)
def test_clone_pickle_and_score(name, model):
    scorer = make_target_scorer(name)
    value = scorer(model, X, Y, X_target=XT)
    for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
        assert copy(model, X, Y, X_target=XT) == value
    assert scorer.score(model, X, Y, X_target=(XT,)) == value
    assert scorer(model, X, Y, X_target=(XT[:30], XT[30:])) == pytest.approx(value)
    assert isinstance(value, float)


@pytest.mark.parametrize("name", NAMES)
def test_target_is_needed_and_its_form_is_checked(name, model):
    scorer = make_target_scorer(name)
    with pytest.raises(ValueError, match="needs the target, got X_target=None"):
        scorer(model, X, Y)
    with pytest.raises(ValueError, match="X_target is an empty tuple"):
        scorer(model, X, Y, X_target=())
    with pytest.warns(AmbiguousTargetWarning):
        scorer(model, X[:70], Y[:70], X_target=XT)
    with warnings.catch_warnings():
        warnings.simplefilter("error", AmbiguousTargetWarning)
        scorer(model, X[:70], Y[:70], X_target=(XT,))


@pytest.mark.parametrize("name", NAMES)
def test_order_of_rows_changes_nothing(name, model):
    rng = np.random.default_rng(0)
    source, target = rng.permutation(len(X)), rng.permutation(len(XT))
    assert score(name, model, X[source], Y[source], XT[target]) == pytest.approx(
        score(name, model), abs=1e-9
    )


@pytest.mark.parametrize("name", NAMES)
def test_inputs_and_estimator_are_left_as_they_are(name):
    model = fit(ft.CORAL(), LR)
    before = pickle.dumps((X, Y, XT, model))
    score(name, model)
    assert pickle.dumps((X, Y, XT, model)) == before


@pytest.mark.parametrize("name", NAMES)
def test_dataframes(name, model):
    columns = [f"f{i}" for i in range(X.shape[1])]
    source = pd.DataFrame(X, columns=columns, index=[f"s{i}" for i in range(len(X))])
    target = pd.DataFrame(XT, columns=columns)
    with sklearn.config_context(enable_metadata_routing=True):
        named = clone(model).fit(source, Y, X_target=target)
    expected = score(name, model)
    y = pd.Series(Y, index=source.index)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="X .* feature names")
        assert score(name, named, source, y, target) == pytest.approx(expected)
        halves = (target[:30], target[30:])
        assert score(name, named, source, y, halves) == pytest.approx(expected)


@pytest.mark.parametrize("labels", [(-1, 1, 2, 3), (0.0, 1.0, 2.0, 3.0)])
@pytest.mark.parametrize("name", NAMES)
def test_labels_of_any_kind(name, labels, model):
    y = np.array(labels)[np.unique(Y, return_inverse=True)[1]]
    with sklearn.config_context(enable_metadata_routing=True):
        other = clone(model).fit(X, y, X_target=XT)
    assert score(name, other, y=y) == pytest.approx(score(name, model))


@pytest.mark.parametrize("name", NAMES)
def test_two_classes_by_decision_values(name):
    y = np.isin(Y, np.unique(Y)[:2])
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(ft.CORAL(), SVC()).fit(X, y, X_target=XT)
    assert np.isfinite(score(name, model, y=y))


@pytest.mark.parametrize("name", NAMES)
def test_held_out_rows_that_lack_a_class(name, model):
    kept = np.unique(Y)[0] != Y
    assert np.isfinite(score(name, model, X[kept], Y[kept]))


@pytest.mark.parametrize("name", NAMES)
def test_held_out_rows_of_a_class_that_fit_never_saw(name):
    known = np.unique(Y)[0] != Y
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(ft.CORAL(), LR).fit(X[known], Y[known], X_target=XT)
    assert np.isfinite(score(name, model))


@pytest.mark.parametrize("name", NAMES)
def test_one_target_row(name, model):
    if name in ONE_ROW:
        assert np.isfinite(score(name, model, X_target=XT[:1]))
    else:
        with pytest.raises(ValueError, match=r"at least [23] .*target"):
            score(name, model, X_target=XT[:1])


SEARCHES = {
    "grid": lambda pipe, **options: GridSearchCV(pipe, GRID, **options),
    "random": lambda pipe, **options: RandomizedSearchCV(pipe, GRID, n_iter=2, **options),
}
GRID = {"noadaptation": [ft.NoAdaptation(), ft.CorpusScaler()]}


@pytest.mark.parametrize("search", list(SEARCHES))
@pytest.mark.parametrize("name", NAMES)
def test_searches_score_every_fold(name, search):
    """With the target as long as a fold, and as long as the source."""
    pipe = ft.make_pipeline(ft.NoAdaptation(), LR)
    folds = GroupKFold(3)
    found = SEARCHES[search](
        pipe, scoring=make_target_scorer(name), cv=folds, error_score="raise", refit=False
    )
    target = np.concatenate([XT, XT[:20] + 0.1])
    assert len(target) == len(X)
    with sklearn.config_context(enable_metadata_routing=True):
        found.fit(X, Y, groups=DATA.speakers_source, X_target=(target,))
        for position, candidate in enumerate(found.cv_results_["params"]):
            for number, (train, test) in enumerate(folds.split(X, groups=DATA.speakers_source)):
                fitted = clone(pipe).set_params(**candidate)
                fitted.fit(X[train], Y[train], X_target=(target,))
                assert found.cv_results_[f"split{number}_test_score"][position] == pytest.approx(
                    score(name, fitted, X[test], Y[test], (target,))
                )


@pytest.mark.parametrize("name", NAMES)
def test_cross_validate(name):
    with sklearn.config_context(enable_metadata_routing=True):
        found = cross_validate(
            ft.make_pipeline(ft.CorpusScaler(), LR),
            X,
            Y,
            scoring={name: make_target_scorer(name)},
            cv=GroupKFold(3),
            params={"groups": DATA.speakers_source, "X_target": (XT,)},
            error_score="raise",
        )
    assert np.isfinite(found[f"test_{name}"]).all()


SPEAKERS = {"speakers": DATA.speakers_source, "speakers_target": (DATA.speakers_target,)}


@pytest.mark.parametrize("name", NAMES)
def test_speakers_reach_pipelines_that_scale_by_speaker(name):
    """A shift of every target speaker changes nothing for a pipeline that removes it."""
    rng = np.random.default_rng(0)
    _, codes = np.unique(DATA.speakers_target, return_inverse=True)
    moved = XT + 30 * rng.normal(size=(codes.max() + 1, XT.shape[1]))[codes]
    moved[:, 0] = XT[:, 0]  # the order in which random draws take them
    values, without = [], []
    for target in (XT, moved):
        with sklearn.config_context(enable_metadata_routing=True):
            model = by_speaker().fit(X, Y, X_target=(target,), **SPEAKERS)
        values.append(score(name, model, X_target=(target,), **SPEAKERS))
        without.append(score(name, model, X_target=(target,)))
    if name not in ("iw", "dev"):  # these see the moved rows in their weights
        assert values[0] == pytest.approx(values[1])
        assert without[1] != pytest.approx(values[1], abs=0.01)
    else:
        assert without[0] != pytest.approx(values[0])


@pytest.mark.parametrize("name", NAMES)
def test_speakers_are_routed_on_request(name):
    scorer = make_target_scorer(name)
    search = GridSearchCV(
        by_speaker(),
        {"logisticregression__C": [1.0]},
        scoring=scorer,
        cv=GroupKFold(3),
        error_score="raise",
        refit=False,
    )
    options = {"groups": DATA.speakers_source, "X_target": (XT,), **SPEAKERS}
    with sklearn.config_context(enable_metadata_routing=True):
        with pytest.raises(UnsetMetadataPassedError, match="speakers.*set_score_request"):
            search.fit(X, Y, **options)
        scorer.set_score_request(speakers=True, speakers_target=True)
        search.fit(X, Y, **options)
        train, test = next(GroupKFold(3).split(X, groups=DATA.speakers_source))
        ids = {"speakers": DATA.speakers_source, **SPEAKERS}
        model = by_speaker().fit(
            X[train], Y[train], X_target=(XT,), **{**ids, "speakers": ids["speakers"][train]}
        )
    expected = scorer(
        model, X[test], Y[test], X_target=(XT,), **{**ids, "speakers": ids["speakers"][test]}
    )
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_speakers_are_nothing_to_pipelines_that_do_not_ask(name):
    model = fit(ft.CorpusScaler(min_group=2), LR)
    assert score(name, model, X_target=(XT,), **SPEAKERS) == score(name, model)


@pytest.mark.parametrize("name", NAMES)
def test_corpora_reach_pipelines(name):
    """Two target corpora at levels of their own, each with its own scale."""
    target = (XT[:40], 50 + 3 * XT[40:])
    ids = {"target_domains": (["near"] * 40, ["far"] * 30)}
    domains = np.tile(["p", "q"], 45)
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = ft.make_pipeline(ft.CorpusScaler(), LR)
        model = pipe.fit(X, Y, X_target=target, source_domains=domains, **ids)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        value = score(name, model, X_target=target, source_domains=domains, **ids)
    assert np.isfinite(value)
    if name not in ("iw", "dev"):
        plain = (XT[:40], XT[40:])
        with sklearn.config_context(enable_metadata_routing=True):
            model = pipe.fit(X, Y, X_target=plain, source_domains=domains, **ids)
        assert score(name, model, X_target=plain, source_domains=domains, **ids) == pytest.approx(
            value
        )


def test_ids_must_match_the_target(model):
    with pytest.raises(ValueError, match="must both be tuples"):
        score("entropy", model, X_target=(XT,), speakers_target=DATA.speakers_target)
    with pytest.raises(ValueError, match="one speaker for each of the 70 rows"):
        score("entropy", model, speakers_target=DATA.speakers_target[:5])


def test_callable_criterion():
    def difference(estimator, X, y, X_target):
        return len(X) - len(X_target[0])

    scorer = make_target_scorer(difference)
    assert scorer(fit(LR), X, Y, X_target=(XT,)) == 20
    assert scorer.name == "difference"
