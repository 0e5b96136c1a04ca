import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import featuretransfer as ft
from featuretransfer import CrossModalTransfer


def modalities(n=240, seed=0):
    """Faces, the sound that belongs to them, and their labels."""
    rng = np.random.default_rng(seed)
    y = np.array(["anger", "joy", "neutral"])[np.arange(n) % 3]
    means = [np.random.default_rng(9).normal(size=(3, d)) for d in (5, 7)]
    return [means[0][np.arange(n) % 3] + 0.4 * rng.normal(size=(n, 5))] + [
        means[1][np.arange(n) % 3] + rng.normal(size=(n, 7)),
        y,
    ]


def exact(**parameters):
    return LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000, **parameters)


FACE, SPEECH, Y = modalities()
PAIRS = FACE[60:160], SPEECH[60:160]


def fit(estimator=None, X_paired=PAIRS, **parameters):
    method = CrossModalTransfer(exact() if estimator is None else estimator, **parameters)
    return method.fit(FACE[:60], Y[:60], X_paired=X_paired)


@pytest.mark.oracle("CrossModalTransfer")
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("confidence", [None, "max", "entropy"])
def test_student_minimises_the_cross_entropy_to_the_teacher(temperature, confidence):
    model = fit(exact(C=0.5), temperature=temperature, confidence=confidence)
    P = clone(model.estimator).fit(FACE[:60], Y[:60]).predict_proba(PAIRS[0])
    Q = P ** (1 / temperature) / np.sum(P ** (1 / temperature), axis=1, keepdims=True)
    assert_allclose(model.soft_labels_, Q, rtol=1e-7)
    weights = np.ones(100)
    if confidence == "max":
        weights = Q.max(axis=1)
    elif confidence == "entropy":
        weights = 1 + np.sum(Q * np.log(Q), axis=1) / np.log(3)
    weights = weights / weights.mean()

    def loss(free):
        W, b = free[:21].reshape(7, 3), free[21:]
        cross = -np.sum(Q * log_softmax(PAIRS[1] @ W + b, axis=1), axis=1)
        return 0.5 * weights @ cross + np.sum(W**2) / 2

    found = minimize(loss, np.zeros(24), tol=1e-12).x
    expected = log_softmax(SPEECH[160:] @ found[:21].reshape(7, 3) + found[21:], axis=1)
    assert_allclose(model.predict_log_proba(SPEECH[160:]), expected, atol=1e-4)


def test_low_temperature_is_hard_labels():
    hard = fit(labels="hard")
    labels = hard.teacher_.predict(PAIRS[0])
    expected = exact().fit(PAIRS[1], labels).predict_proba(SPEECH)
    assert_allclose(hard.predict_proba(SPEECH), expected, atol=1e-9)
    soft = fit(temperature=1e-4)
    assert_allclose(soft.predict_proba(SPEECH), expected, atol=1e-6)
    assert np.abs(fit().predict_proba(SPEECH) - expected).max() > 0.01


def test_student_of_the_same_rows_agrees_with_the_teacher():
    model = fit(exact(C=1e6), X_paired=(FACE[60:], FACE[60:]))
    # soft labels are within what it can express, and C is large: it is the teacher again
    assert_allclose(
        model.student_.predict_proba(FACE), model.teacher_.predict_proba(FACE), atol=1e-2
    )
    assert_array_equal(model.predict(FACE), ft.source_view(model).predict(FACE))


def test_learns_the_other_modality():
    model = fit()
    assert model.score(SPEECH[160:], Y[160:]) > 0.85
    assert (model.n_features_in_, model.n_features_target_) == (5, 7)
    assert_array_equal(model.pair_weight_, np.ones(100))


def test_source_view_is_the_teacher():
    model = fit()
    view = ft.source_view(model)
    expected = exact().fit(FACE[:60], Y[:60])
    assert_allclose(view.predict_proba(FACE), expected.predict_proba(FACE), atol=1e-9)
    with pytest.raises(ValueError, match="X has 7 features, but .* is expecting 5"):
        view.predict(SPEECH)


def test_without_pairs_and_target_it_is_the_plain_classifier():
    model = CrossModalTransfer(exact()).fit(FACE, Y)
    assert_array_equal(model.predict_proba(FACE), exact().fit(FACE, Y).predict_proba(FACE))
    assert model.teacher_ is model.student_
    assert model.soft_labels_ is None
    taught = CrossModalTransfer(exact(), LinearSVC()).fit(FACE, Y)
    assert isinstance(ft.source_view(taught).estimator_, LinearSVC)
    with pytest.raises(NotFittedError):
        CrossModalTransfer(exact()).predict(FACE)


def test_without_pairs_rows_of_the_target_are_their_own():
    model = CrossModalTransfer(exact())
    with pytest.warns(UserWarning, match="taken for the same 5 features"):
        model.fit(FACE[:60], Y[:60], X_target=FACE[60:160])
    own = fit(X_paired=(FACE[60:160], FACE[60:160]))
    assert_allclose(model.predict_proba(FACE), own.predict_proba(FACE), atol=1e-9)
    with pytest.raises(ValueError, match=r"other columns than X \(7 and 5\) and nothing links"):
        model.fit(FACE[:60], Y[:60], X_target=SPEECH)


def test_frozen_teacher_stays_as_it_is():
    teacher = exact(C=0.01).fit(FACE, Y)
    model = fit(teacher=FrozenEstimator(teacher))
    assert_allclose(model.soft_labels_, teacher.predict_proba(PAIRS[0]), atol=1e-9)
    assert fit(teacher=exact(C=0.01)).teacher_.C == 0.01


def test_teacher_without_probabilities():
    model = fit(teacher=LinearSVC())
    values = LinearSVC().fit(FACE[:60], Y[:60]).decision_function(PAIRS[0])
    assert_allclose(model.soft_labels_, np.exp(log_softmax(values, axis=1)), atol=1e-6)


@pytest.mark.parametrize("labels", ["soft", "hard"])
def test_threshold_leaves_pairs_out(labels):
    model = fit(labels=labels, confidence="max", threshold=0.97)
    confidence = model.soft_labels_.max(axis=1)
    kept = confidence >= 0.97
    assert 20 < kept.sum() < 95
    weights = np.where(kept, confidence, 0) / confidence[kept].mean()
    assert_allclose(model.pair_weight_, weights)
    fewer = fit(X_paired=(PAIRS[0][kept], PAIRS[1][kept]), labels=labels, confidence="max")
    assert_allclose(model.predict_proba(SPEECH), fewer.predict_proba(SPEECH), atol=1e-8)


def test_scaler_inside_sees_the_pairs_as_they_are():
    student = make_pipeline(StandardScaler(), exact())
    model = fit(student)
    assert_allclose(model.student_[0].mean_, PAIRS[1].mean(axis=0))
    assert_allclose(model.student_[0].scale_, PAIRS[1].std(axis=0))


def test_each_classifier_adapts_to_the_rows_it_is_to_predict():
    inner = ft.make_pipeline(ft.CorpusScaler(), exact())
    model = CrossModalTransfer(inner)
    moved = SPEECH[160:] * 3 + 40
    model.fit(FACE[:60] * 2 - 7, Y[:60], X_target=moved, X_paired=PAIRS)
    assert_allclose(model.teacher_[0].target_.whole.center, PAIRS[0].mean(axis=0))
    assert_allclose(model.student_[0].source_.whole.center, PAIRS[1].mean(axis=0))
    assert_allclose(model.student_[0].target_.whole.center, moved.mean(axis=0))
    assert model.score(moved, Y[160:]) > 0.8


def test_names_of_columns_reach_the_classifiers():
    face = pd.DataFrame(FACE, columns=[f"f{i}" for i in range(5)])
    speech = pd.DataFrame(SPEECH, columns=[f"s{i}" for i in range(7)])

    def chosen(columns):
        return make_pipeline(ColumnTransformer([("some", "passthrough", columns)]), exact())

    model = CrossModalTransfer(chosen(["s0", "s1"]), chosen(["f1", "f2"]))
    model.fit(face[:60], Y[:60], X_paired=(face[60:160], speech[60:160]))
    assert list(model.feature_names_target_) == list(speech)
    assert set(model.predict(speech)) <= set(Y)


@pytest.mark.parametrize("student", [DecisionTreeClassifier(max_depth=3), LinearSVC()])
def test_any_student_that_weights(student):
    assert fit(student, teacher=exact()).score(SPEECH[160:], Y[160:]) > 0.6


def test_student_that_cannot_weight():
    message = "CrossModalTransfer cannot weight KNeighborsClassifier: it ignores sample_weight"
    with pytest.raises(ValueError, match=message):
        fit(KNeighborsClassifier(), teacher=exact())
    model = fit(KNeighborsClassifier(), teacher=exact(), labels="hard")
    assert model.score(SPEECH[160:], Y[160:]) > 0.7


def test_in_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        model = Pipeline([("both", CrossModalTransfer(exact()))])
        ft.check_pipeline(model).fit(FACE[:60], Y[:60], X_paired=PAIRS)
    assert_array_equal(model.predict(SPEECH), fit().predict(SPEECH))
    with pytest.raises(ft.exceptions.PipelineStructureError, match="Make it the first step"):
        ft.make_pipeline(StandardScaler(), CrossModalTransfer(exact()))


def test_recipe_scales_inside():
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.recipe("cross-modal-transfer")
        model.fit(FACE[:60] * 9 + 5, Y[:60], X_paired=PAIRS)
    assert [name for name, _ in model[0].estimator.steps] == ["corpusscaler", "logisticregression"]
    assert model.score(SPEECH[160:], Y[160:]) > 0.8


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"estimator": None}, TypeError, "estimator must be a classifier instance, got None"),
        ({"teacher": "best"}, TypeError, "teacher must be a classifier instance, got 'best'"),
        ({"labels": "some"}, ValueError, r"labels must be one of \['soft', 'hard'\]"),
        ({"temperature": 0}, ValueError, "temperature must be a finite number > 0.*labels='hard'"),
        ({"confidence": "margin"}, ValueError, r"confidence must be None or one of \['max', 'ent"),
        (
            {"confidence": ["max"]},
            ValueError,
            r"confidence must be None or one of .* got \['max'\]",
        ),
        ({"threshold": 1.0, "confidence": "max"}, ValueError, "threshold must be a number >= 0"),
        ({"threshold": 0.5}, ValueError, "threshold=0.5 needs a confidence to compare with"),
        (
            {"threshold": 0.9999, "confidence": "max", "temperature": 100},
            ValueError,
            r"No pair has a confidence of at least threshold=0.9999; the largest is 0\.3",
        ),
    ],
)
def test_parameters_are_checked(parameters, error, message):
    with pytest.raises(error, match=message):
        CrossModalTransfer(**{"estimator": exact()} | parameters).fit(
            FACE[:60], Y[:60], X_paired=PAIRS
        )


def test_pairs_are_checked():
    with pytest.raises(TypeError, match="X_paired must be a tuple of two tables"):
        fit(X_paired=list(PAIRS))
    with pytest.raises(ValueError, match=r"X_paired\[0\] must be rows with the columns of X: "):
        fit(X_paired=PAIRS[::-1])
    with pytest.raises(ValueError, match="paired one by one; got 100 and 90 rows"):
        fit(X_paired=(PAIRS[0], PAIRS[1][:90]))
    of_one = PAIRS[0][Y[60:160] == "joy"][:5], PAIRS[1][:5]
    with pytest.raises(ValueError, match="The teacher labels all pairs 'joy', so there is nothing"):
        fit(labels="hard", X_paired=of_one)
