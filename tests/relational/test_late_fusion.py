import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import get_tags

import featuretransfer as ft
from featuretransfer import LateFusion

MODALITIES = {"face": slice(0, 3), "speech": slice(3, 8)}


def recordings(n=160, seed=0):
    """Rows of two modalities, of which every fifth lacks the face and every seventh the speech."""
    rng = np.random.default_rng(seed)
    y = np.array(["anger", "joy", "neutral", "sadness"])[np.arange(n) % 4]
    X = np.random.default_rng(7).normal(size=(4, 8))[np.arange(n) % 4] + rng.normal(size=(n, 8))
    X[2::5, :3] = np.nan
    X[3::7, 3:] = np.nan
    X[np.isnan(X).all(axis=1)] = 0.5
    return X, y


X, Y = recordings()
X_NEW, Y_NEW = recordings(seed=1)
CLASSIFIER = LogisticRegression(C=0.5)


def fit(estimator=CLASSIFIER, modalities=MODALITIES, **options):
    fitting = {name: options.pop(name) for name in ("X_target", "speakers") if name in options}
    return LateFusion(estimator, modalities, **options).fit(X, Y, **fitting)


def by_hand(weights):
    """Log-probabilities of the two classifiers, averaged over those that are there."""
    parts = X[:, :3], X[:, 3:]
    values, total = np.zeros((len(X), 4)), np.zeros((len(X), 1))
    for part, new, weight in zip(parts, (X_NEW[:, :3], X_NEW[:, 3:]), weights):
        there, new_there = ~np.isnan(part[:, 0]), ~np.isnan(new[:, 0])
        model = clone(CLASSIFIER).fit(part[there], Y[there])
        values[new_there] += weight * model.predict_log_proba(new[new_there])
        total[new_there] += weight
    P = np.exp(values / total)
    return P / P.sum(axis=1, keepdims=True)


@pytest.mark.oracle("LateFusion")
@pytest.mark.parametrize("weights", [(1, 1), (3, 1), (0.2, 2)])
def test_probabilities_are_weighted_geometric_means_over_what_is_there(weights):
    model = fit(weights=dict(zip(MODALITIES, weights)))
    expected = by_hand(weights)
    assert_allclose(model.predict_proba(X_NEW), expected, atol=1e-10)
    assert_allclose(model.predict_log_proba(X_NEW), np.log(expected), atol=1e-9)
    assert_array_equal(model.predict(X_NEW), model.classes_[expected.argmax(axis=1)])
    assert_allclose(list(model.weights_.values()), np.array(weights) / sum(weights))


def test_equal_weights():
    assert_allclose(fit().predict_proba(X_NEW), by_hand((1, 1)), atol=1e-10)


def test_weight_of_zero_is_no_say_unless_alone():
    model = fit(weights={"face": 0, "speech": 2})
    there = ~np.isnan(X_NEW[:, 3])
    speech = model.estimators_["speech"].predict_proba(X_NEW[there, 3:])
    assert_allclose(model.predict_proba(X_NEW)[there], speech, atol=1e-10)
    face = model.estimators_["face"].predict_proba(X_NEW[~there, :3])
    assert_allclose(model.predict_proba(X_NEW)[~there], face, atol=1e-10)


def test_a_single_modality_is_the_plain_classifier():
    rows = X[:, 3:][~np.isnan(X[:, 3])], Y[~np.isnan(X[:, 3])]
    for estimator in (CLASSIFIER, SVC(), make_pipeline(StandardScaler(), LinearSVC())):
        model, plain = LateFusion(estimator).fit(*rows), clone(estimator).fit(*rows)
        assert_array_equal(model.predict(rows[0]), plain.predict(rows[0]))
    model = LateFusion(CLASSIFIER).fit(*rows)
    expected = clone(CLASSIFIER).fit(*rows).predict_proba(rows[0])
    assert_allclose(model.predict_proba(rows[0]), expected, atol=1e-12)


def test_two_modalities_are_better_than_one():
    model = fit()
    complete = ~np.isnan(X_NEW).any(axis=1)
    rows, y = X_NEW[complete], Y_NEW[complete]
    both = model.score(rows, y)
    for columns in MODALITIES.values():
        fewer = rows.copy()
        fewer[:, columns] = np.nan
        assert both > model.score(fewer, y) + 0.03


@pytest.mark.parametrize("speakers", [False, True])
def test_weights_by_performance(speakers):
    ids = np.repeat(np.arange(8), 20)
    options = {"speakers": ids} if speakers else {}
    model = fit(weights="performance", cv=4, **options)
    excess = {name: recall - 0.25 for name, recall in model.recalls_.items()}
    for modality, weight in model.weights_.items():
        assert weight == pytest.approx(excess[modality] / sum(excess.values()))
    if speakers:
        there = ~np.isnan(X[:, 0])
        folds = StratifiedGroupKFold(4).split(X[there], Y[there], ids[there])
        predicted = np.empty(there.sum(), dtype=object)
        for train, test in folds:
            part = X[there][:, :3]
            predicted[test] = (
                clone(CLASSIFIER).fit(part[train], Y[there][train]).predict(part[test])
            )
        expected = balanced_accuracy_score(Y[there], predicted.astype(str))
        assert model.recalls_["face"] == pytest.approx(expected)


def test_modality_of_noise_loses_its_weight():
    noise = X.copy()
    noise[:, :3] = np.where(np.isnan(X[:, :3]), np.nan, np.sin(1e5 * X[:, 3:4] + [0, 1, 2]))
    noise[np.isnan(noise[:, 0]) & np.isnan(noise[:, 3])] = 0.1
    model = LateFusion(CLASSIFIER, MODALITIES, weights="performance").fit(noise, Y)
    assert model.weights_["face"] < 0.25


def test_modalities_that_are_no_better_than_chance_count_alike():
    rows, y = np.zeros((40, 2)), np.arange(40) % 2
    model = LateFusion(CLASSIFIER, {"a": [0], "b": [1]}, "performance").fit(rows, y)
    assert model.recalls_ == {"a": 0.5, "b": 0.5}
    assert model.weights_ == {"a": 0.5, "b": 0.5}


def test_one_classifier_for_each_modality():
    model = fit({"face": SVC(), "speech": CLASSIFIER})
    assert isinstance(model.estimators_["face"], SVC)
    assert isinstance(model.estimators_["speech"], LogisticRegression)
    assert model.score(X_NEW, Y_NEW) > 0.5
    assert clone(model).fit(X, Y).predict(X_NEW).tolist() == model.predict(X_NEW).tolist()


def test_names_of_columns():
    names = [f"F{i}" for i in range(3)] + [f"S{i}" for i in range(5)]
    frame, new = pd.DataFrame(X, columns=names), pd.DataFrame(X_NEW, columns=names)
    model = LateFusion(CLASSIFIER, {"face": names[:3], "speech": names[3:]}).fit(frame, Y)
    assert list(model.estimators_["face"].feature_names_in_) == names[:3]
    assert_allclose(model.predict_proba(new), fit().predict_proba(X_NEW), atol=1e-12)
    by_owner = LateFusion(CLASSIFIER, ["face"] * 3 + ["speech"] * 5).fit(frame, Y)
    assert_allclose(by_owner.predict_proba(new), model.predict_proba(new), atol=1e-12)


def test_each_classifier_adapts_to_its_part_of_the_target():
    moved = 5 * X_NEW + 30
    inner = ft.make_pipeline(ft.CorpusScaler(), clone(CLASSIFIER))
    model = fit(inner, X_target=(moved,))
    means = model.estimators_["face"][0].target_.whole.center
    assert_allclose(means, np.nanmean(moved[:, :3], axis=0))
    assert model.score(moved, Y_NEW) > model.score(X_NEW, Y_NEW) + 0.2
    assert ft.source_view(model).score(X_NEW, Y_NEW) > 0.6
    only_speech = moved[~np.isnan(moved[:, 3])]
    only_speech[:, :3] = np.nan
    with sklearn.config_context(enable_metadata_routing=True):
        model = fit(inner, X_target=(only_speech,))  # nothing to adapt the face to
    face = model.estimators_["face"][0]
    assert face.target_ is face.source_


def test_in_pipelines_and_cross_validation():
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(StandardScaler(), LateFusion(CLASSIFIER, MODALITIES))
        scores = cross_val_score(model, X, Y, cv=4, error_score="raise")
    assert scores.mean() > 0.5


def test_tags():
    assert get_tags(LateFusion(CLASSIFIER, MODALITIES)).input_tags.allow_nan
    assert not get_tags(LateFusion(CLASSIFIER)).input_tags.allow_nan
    assert not get_tags(LateFusion({"all": CLASSIFIER})).input_tags.allow_nan


def test_no_rows_to_hold_out():
    rows, y = X[[0, 1, 4, 5]], Y[[0, 1, 4, 5]]
    y = np.array(["a", "b", "a", "a"])
    with pytest.warns(UserWarning, match="no rows can be held out, and modalities are weighted"):
        model = LateFusion(CLASSIFIER, MODALITIES, "performance").fit(rows, y)
    assert model.weights_ == {"face": 0.5, "speech": 0.5}
    assert model.recalls_ is None


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"estimator": "svc"}, TypeError, "estimator must be a classifier instance, got 'svc'"),
        (
            {"estimator": {"face": SVC(), "speech": 3}},
            TypeError,
            r"estimator\['speech'\] must be a classifier instance, got 3",
        ),
        (
            {"estimator": {"face": SVC()}},
            ValueError,
            r"estimator must have one entry for each of the modalities \['face', 'speech'\]",
        ),
        ({"weights": "best"}, ValueError, r"weights must be one of \['equal', 'performance'\]"),
        ({"weights": {"face": 1}}, ValueError, "weights must have one entry for each of the mod"),
        ({"weights": {"face": 0, "speech": 0}}, ValueError, "weights must be finite numbers >= 0"),
        ({"weights": {"face": 1, "speech": -1}}, ValueError, "weights must be finite numbers >= 0"),
        ({"cv": 1}, ValueError, "cv must be an integer >= 2, got 1"),
    ],
)
def test_parameters_are_checked(parameters, error, message):
    with pytest.raises(error, match=message):
        fit(**parameters)


def test_rows_that_are_refused():
    model, wrong = fit(), X_NEW.copy()
    wrong[4, 1] = np.nan
    with pytest.raises(ValueError, match="NaN in 1 of the 3 columns of modality 'face' of row 4"):
        model.predict(wrong)
    with pytest.raises(ValueError, match="Input X_target contains NaN in 1 of the 3 columns"):
        fit(X_target=(wrong,))
    wrong[4] = np.nan
    with pytest.raises(ValueError, match="they have no modality to predict from"):
        model.predict(wrong)
    wrong[4] = np.inf
    with pytest.raises(ValueError, match="Input X contains infinity"):
        model.predict(wrong)
    rare = np.where(Y == "joy", np.nan, 1.0)[:, None] * X
    rare[:, 3:] = np.nan_to_num(X[:, 3:], nan=0.0)
    rare[np.isnan(X).any(axis=1) & (Y != "joy"), :3] = 0.0
    with pytest.raises(
        ValueError, match=r"No row of the classes \['joy'\] has the modality 'face'"
    ):
        LateFusion(CLASSIFIER, MODALITIES).fit(rare, Y)
    with pytest.raises(NotFittedError):
        LateFusion(CLASSIFIER, MODALITIES).predict(X)
