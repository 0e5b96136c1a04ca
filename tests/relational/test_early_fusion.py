import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

import featuretransfer as ft
from featuretransfer import EarlyFusion
from featuretransfer.relational._imputation import learn_means, learn_regression

MODALITIES = {"face": slice(0, 3), "speech": slice(3, 8)}
COLUMNS = [np.arange(3), np.arange(3, 8)]
CLASSIFIER = LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-10)


def recordings(n=200, seed=0, missing=True):
    """Rows of two modalities that have much in common; some lack one."""
    rng = np.random.default_rng(seed)
    y = np.array(["anger", "joy", "neutral", "sadness"])[np.arange(n) % 4]
    fixed = np.random.default_rng(7)
    hidden = 1.5 * fixed.normal(size=(4, 3))[np.arange(n) % 4] + rng.normal(size=(n, 3))
    X = hidden @ fixed.normal(size=(3, 8)) + 0.5 * rng.normal(size=(n, 8))
    if missing:
        X[2::5, :3] = np.nan
        X[3::10, 3:] = np.nan
    return X, y


X, Y = recordings()
X_NEW, Y_NEW = recordings(seed=1)
FULL, Y_FULL = recordings(seed=2, missing=False)


def present(X):
    return ~np.isnan(X[:, [0, 3]])


@pytest.mark.oracle("EarlyFusion")
@pytest.mark.parametrize(
    ("imputation", "learn"), [("mean", learn_means), ("regression", learn_regression)]
)
def test_classifier_of_filled_rows(imputation, learn):
    model = EarlyFusion(CLASSIFIER, MODALITIES, imputation).fit(X, Y)
    fill = learn(X, present(X), COLUMNS)
    plain = clone(CLASSIFIER).fit(fill(X, present(X)), Y)
    filled = fill(X_NEW, present(X_NEW))
    assert_allclose(model.predict_proba(X_NEW), plain.predict_proba(filled), atol=1e-12)
    assert_array_equal(model.predict(X_NEW), plain.predict(filled))
    assert_array_equal(model.decision_function(X_NEW), plain.decision_function(filled))


@pytest.mark.parametrize("modalities", [None, MODALITIES])
def test_without_missing_modalities_it_is_the_plain_classifier(modalities):
    model, plain = EarlyFusion(CLASSIFIER, modalities), clone(CLASSIFIER)
    model.fit(FULL[:150], Y_FULL[:150])
    plain.fit(FULL[:150], Y_FULL[:150])
    assert_array_equal(model.predict_proba(FULL), plain.predict_proba(FULL))
    one = EarlyFusion(CLASSIFIER, dropout=0.5).fit(FULL[:150], Y_FULL[:150])
    assert_array_equal(one.predict_proba(FULL), plain.predict_proba(FULL))


@pytest.mark.oracle("EarlyFusion")
def test_dropout_minimises_the_expected_loss():
    model = EarlyFusion(CLASSIFIER, MODALITIES, "mean", dropout=0.4).fit(FULL, Y_FULL)
    onehot = Y_FULL[:, None] == model.classes_
    tables = [FULL.copy() for _ in range(3)]
    for table, columns in zip(tables[1:], COLUMNS):
        table[:, columns] = FULL[:, columns].mean(axis=0)

    def loss(free):
        W, b = free[:32].reshape(8, 4), free[32:]
        parts = [-np.sum(log_softmax(table @ W + b, axis=1)[onehot]) for table in tables]
        return 0.5 * np.dot([0.6, 0.2, 0.2], parts) + np.sum(W**2) / 2

    found = minimize(loss, np.zeros(36), tol=1e-12).x
    expected = log_softmax(FULL @ found[:32].reshape(8, 4) + found[32:], axis=1)
    assert_allclose(model.predict_log_proba(FULL), expected, atol=1e-4)


@pytest.mark.parametrize("modality", ["face", "speech"])
def test_ways_to_meet_a_missing_modality(modality):
    scores = {}
    fewer = FULL.copy()
    fewer[:, MODALITIES[modality]] = np.nan
    for imputation, dropout in (("mean", 0.0), ("mean", 0.5), ("regression", 0.0)):
        model = EarlyFusion(CLASSIFIER, MODALITIES, imputation, dropout)
        scores[imputation, dropout] = model.fit(*recordings(missing=False)).score(fewer, Y_FULL)
    assert scores["regression", 0.0] > scores["mean", 0.0] + 0.02
    assert scores["mean", 0.5] > scores["mean", 0.0]


def test_target_is_filled_by_what_its_own_rows_tell():
    moved = 10 * X_NEW + 50
    inner = ft.make_pipeline(ft.CorpusScaler(), clone(CLASSIFIER))
    model = EarlyFusion(inner, MODALITIES).fit(X, Y, X_target=(moved,))
    fill = learn_regression(moved, present(moved), COLUMNS)
    filled = fill(moved, present(moved))
    assert_allclose(model.estimator_[0].target_.whole.center, filled.mean(axis=0))
    assert_array_equal(model.predict(moved), model.estimator_.predict(filled))
    unmoved = EarlyFusion(CLASSIFIER, MODALITIES).fit(X, Y).score(X_NEW, Y_NEW)
    assert abs(model.score(moved, Y_NEW) - unmoved) < 0.05
    view = ft.source_view(model)
    source = learn_regression(X, present(X), COLUMNS)(X_NEW, present(X_NEW))
    expected = ft.source_view(model.estimator_).predict(source)
    assert_array_equal(view.predict(X_NEW), expected)


def test_target_that_does_not_suffice_is_filled_as_the_source():
    model = EarlyFusion(CLASSIFIER, MODALITIES)
    target = X_NEW.copy()
    target[:, 3:] = np.nan
    target[:, :3] = 0.0
    model.fit(X, Y, X_target=(target,))
    assert model.target_imputation_ is model.source_imputation_


def test_names_of_columns():
    names = [f"F{i}" for i in range(3)] + [f"S{i}" for i in range(5)]
    frame, new = pd.DataFrame(X, columns=names), pd.DataFrame(X_NEW, columns=names)
    modalities = {"face": names[:3], "speech": names[3:]}
    for dropout in (0.0, 0.3):
        model = EarlyFusion(CLASSIFIER, modalities, dropout=dropout)
        model.fit(frame, Y, X_target=new[:50])
        assert list(model.estimator_.feature_names_in_) == names
        plain = EarlyFusion(CLASSIFIER, MODALITIES, dropout=dropout)
        expected = plain.fit(X, Y, X_target=X_NEW[:50]).predict_proba(X_NEW)
        assert_allclose(model.predict_proba(new), expected, atol=1e-10)


def test_in_pipelines_and_cross_validation():
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(StandardScaler(), EarlyFusion(CLASSIFIER, MODALITIES))
        assert cross_val_score(model, X, Y, cv=4, error_score="raise").mean() > 0.6


def test_tags():
    assert get_tags(EarlyFusion(CLASSIFIER, MODALITIES)).input_tags.allow_nan
    assert not get_tags(EarlyFusion(CLASSIFIER)).input_tags.allow_nan


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"estimator": "svc"}, TypeError, "estimator must be a classifier instance, got 'svc'"),
        ({"imputation": ["mean"]}, ValueError, r"imputation must be one of .* got \['mean'\]"),
        ({"imputation": "zero"}, ValueError, r"imputation must be one of \['mean', 'regression'\]"),
        ({"dropout": 1.0}, ValueError, "dropout must be a number >= 0 and < 1, got 1.0"),
        (
            {"estimator": KNeighborsClassifier(), "dropout": 0.2},
            ValueError,
            "EarlyFusion cannot weight KNeighborsClassifier",
        ),
    ],
)
def test_parameters_are_checked(parameters, error, message):
    with pytest.raises(error, match=message):
        EarlyFusion(**{"estimator": CLASSIFIER, "modalities": MODALITIES} | parameters).fit(X, Y)


def test_rows_that_are_refused():
    model, wrong = EarlyFusion(CLASSIFIER, MODALITIES).fit(X, Y), X_NEW.copy()
    wrong[4, 1] = np.nan
    with pytest.raises(ValueError, match="NaN in 1 of the 3 columns of modality 'face' of row 4"):
        model.predict(wrong)
    wrong[4] = np.nan
    with pytest.raises(ValueError, match="they have no modality to predict from"):
        model.predict(wrong)
    with pytest.raises(NotFittedError):
        EarlyFusion(CLASSIFIER, MODALITIES).predict(X)
    apart = FULL.copy()
    apart[::2, :3] = apart[1::2, 3:] = np.nan
    with pytest.raises(ValueError, match="imputation='regression' needs two rows with all modal"):
        EarlyFusion(CLASSIFIER, MODALITIES).fit(apart, Y_FULL)
    model = EarlyFusion(CLASSIFIER, MODALITIES, "mean").fit(apart, Y_FULL)
    assert np.isfinite(model.predict_proba(apart)).all()
