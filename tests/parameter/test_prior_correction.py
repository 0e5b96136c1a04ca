import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

import featuretransfer as ft
from featuretransfer import PriorCorrection
from featuretransfer.parameter._label_shift import corrected, em_prior

TRUE = np.array([0.1, 0.28, 0.62])
MEANS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def corpus(counts, seed):
    labels = np.repeat([0, 1, 2], counts)
    rows = MEANS[labels] + np.random.default_rng(seed).normal(size=(len(labels), 2))
    return rows, np.array(["a", "b", "c"])[labels]


X, Y = corpus([600, 300, 100], 0)
XT, YT = corpus([80, 224, 496], 1)
PLAIN = LogisticRegression(C=100, max_iter=2000)
BALANCED = LogisticRegression(C=100, class_weight="balanced")


def fitted(estimator=PLAIN, X=X, y=Y, X_target=XT, **parameters):
    return PriorCorrection(estimator, **parameters).fit(X, y, X_target=X_target)


@pytest.mark.oracle("PriorCorrection")
@pytest.mark.parametrize("classifier", [PLAIN, BALANCED], ids=["plain", "balanced"])
@pytest.mark.parametrize("method", ["em", "bbse"])
@pytest.mark.parametrize("calibrate", [False, True])
def test_recovers_the_shares_of_the_target(classifier, method, calibrate):
    model = fitted(classifier, method=method, calibrate=calibrate)
    assert_allclose(model.target_prior_, TRUE, atol=0.06)
    assert_allclose(model.weights_, model.target_prior_ / [0.6, 0.3, 0.1])
    # better than both uncorrected classifiers, and nearly as good as knowing the shares
    plain = clone(classifier).fit(X, Y)
    assert model.score(XT, YT) > plain.score(XT, YT) + 0.02
    assert log_loss(YT, model.predict_proba(XT)) < log_loss(YT, plain.predict_proba(XT)) - 0.05
    known = corrected(model._calibration(plain.predict_log_proba(XT)), model.train_prior_, TRUE)
    assert model.score(XT, YT) > np.mean(model.classes_[known.argmax(axis=1)] == YT) - 0.02


@pytest.mark.oracle("PriorCorrection")
def test_divides_by_the_prior_that_was_trained_under():
    """With balanced classes that is not the prior of the source."""
    right = fitted(BALANCED, calibrate=False)
    assert_allclose(right.train_prior_, 1 / 3)
    assert_allclose(right.target_prior_, TRUE, atol=0.05)
    with pytest.warns(UserWarning, match=r"almost no rows of the classes \['a'\]"):
        wrong = fitted(BALANCED, calibrate=False, train_prior="source")
    assert abs(wrong.target_prior_[0] - TRUE[0]) > 0.08
    assert wrong.score(XT, YT) < right.score(XT, YT)
    assert_allclose(fitted(PLAIN, calibrate=False).train_prior_, [0.6, 0.3, 0.1])


def test_is_em_and_bayes_theorem_on_the_probabilities():
    model = fitted(calibrate=False)
    P = clone(PLAIN).fit(X, Y).predict_proba(XT)
    prior, _, gap = em_prior(P, np.array([0.6, 0.3, 0.1]))
    assert_allclose(model.target_prior_, prior, atol=1e-12)
    assert model.gap_ == pytest.approx(gap, abs=1e-12)
    assert model.temperature_ == 1
    assert_allclose(model.predict_proba(XT), corrected(P, np.array([0.6, 0.3, 0.1]), prior))
    assert_allclose(model.predict_proba(XT).mean(axis=0), prior, atol=1e-6)
    assert_array_equal(model.predict(XT), model.classes_[model.predict_proba(XT).argmax(axis=1)])
    assert_allclose(model.predict_log_proba(XT), np.log(model.predict_proba(XT)))


def test_equal_shares_change_nothing():
    P = clone(PLAIN).fit(X, Y).predict_proba(X)
    # the mean of the probabilities of an unweighted model is the prior: the fixed point of EM
    model = fitted(calibrate=False, X_target=(X,))
    assert_allclose(model.target_prior_, [0.6, 0.3, 0.1], atol=1e-3)
    assert_allclose(model.predict_proba(X), P, atol=1e-2)


def test_bbse_is_the_linear_system():
    model = fitted(method="bbse")
    predicted = clone(PLAIN).fit(X, Y).predict(XT)
    shares = [np.mean(predicted == label) for label in "abc"]
    assert_allclose(model.confusion_.sum(axis=0), [0.6, 0.3, 0.1])
    assert_allclose(model.confusion_ @ model.weights_, shares)
    assert model.gap_ is None


def test_calibration_makes_em_right_where_the_classifier_is_not_sure_enough():
    timid = LogisticRegression(C=1e-4, class_weight="balanced")
    raw = fitted(timid, calibrate=False)
    model = fitted(timid)
    assert model.temperature_ < 0.3
    assert np.abs(model.target_prior_ - TRUE).max() < 0.08
    assert np.abs(raw.target_prior_ - TRUE).max() > 0.1


@pytest.mark.parametrize("classifier", [LinearSVC(), SVC()], ids=lambda c: type(c).__name__)
def test_decision_values_are_calibrated(classifier):
    model = fitted(classifier)
    assert_allclose(model.target_prior_, TRUE, atol=0.08)
    assert model.score(XT, YT) > clone(classifier).fit(X, Y).score(XT, YT)
    with pytest.raises(TypeError, match="has no predict_proba, .* Set calibrate=True"):
        fitted(classifier, calibrate=False)


@pytest.mark.parametrize("classifier", [PLAIN, LinearSVC(), SVC()], ids=lambda c: type(c).__name__)
def test_without_target_it_is_the_plain_classifier_to_the_last_bit(classifier):
    model, plain = fitted(classifier, X_target=None), clone(classifier).fit(X, Y)
    assert_array_equal(model.predict(XT), plain.predict(XT))
    assert hasattr(model, "predict_proba") == hasattr(plain, "predict_proba")
    if classifier is PLAIN:
        assert_array_equal(model.predict_proba(XT), plain.predict_proba(XT))
    assert model.target_prior_ is None
    assert model.weights_ is None


def test_whole_speakers_are_held_out():
    rng = np.random.default_rng(0)
    speakers = np.array([f"s{i}" for i in np.arange(1000) % 8])
    offsets = 3 * rng.normal(size=(8, 30))
    rows = np.hstack([X, offsets[np.arange(1000) % 8] + 0.1 * rng.normal(size=(1000, 30))])
    # every speaker has a usual emotion, which only whole held-out speakers show to be chance
    y = np.array(["a", "b", "c"])[
        np.where(rng.uniform(size=1000) < 0.8, np.arange(1000) % 8 % 3, 2)
    ]
    target = np.hstack([XT, 3 * rng.normal(size=(8, 30))[np.arange(800) % 8]])
    naive = PriorCorrection(PLAIN).fit(rows, y, X_target=target)
    model = PriorCorrection(PLAIN).fit(rows, y, X_target=target, speakers=speakers)
    assert model.temperature_ > 2 * naive.temperature_
    with pytest.raises(ValueError, match="speakers must name one speaker for each"):
        PriorCorrection(PLAIN).fit(X, Y, X_target=XT, speakers=speakers[:5])
    unknown = np.where(speakers == "s0", None, speakers)
    with pytest.raises(ValueError, match="speakers lacks the speaker of 125 of 1000 rows"):
        PriorCorrection(PLAIN).fit(X, Y, X_target=XT, speakers=unknown)


def test_adapters_may_be_inside():
    scaled = ft.make_pipeline(ft.CorpusScaler(), PLAIN)
    inside = fitted(scaled, X=10 * X + 5)
    scaler = ft.CorpusScaler()
    source, target = scaler.fit_transform(10 * X + 5, X_target=XT), scaler.transform(XT)
    before = fitted(PLAIN, X=source, X_target=target)
    assert_allclose(inside.predict_proba(XT), before.predict_proba(target), atol=0.03)


def test_data_frames():
    source, target = (pd.DataFrame(rows, columns=["u", "v"]) for rows in (X, XT))
    model = PriorCorrection(PLAIN).fit(source, pd.Series(Y), X_target=(target[:300], target[300:]))
    assert_array_equal(model.predict_proba(target), fitted().predict_proba(XT))


def test_rows_that_cannot_be_held_out():
    rows = np.r_[0:10, 600:610, 999]
    with pytest.warns(UserWarning, match="are not calibrated"):
        model = fitted(BALANCED, X[rows], Y[rows])
    assert_allclose(model.train_prior_, 1 / 3)
    with pytest.raises(ValueError, match="method='bbse' needs held-out source rows"):
        fitted(BALANCED, X[rows], Y[rows], method="bbse", calibrate=False)
    with pytest.raises(TypeError, match="Pass more rows of every class"):
        fitted(LinearSVC(), X[rows], Y[rows])


def test_calibrate_is_true_or_false():
    with pytest.raises(TypeError, match="calibrate must be True or False, got 'yes'"):
        fitted(calibrate="yes")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "EM"}, "method must be one of"),
        ({"cv": 1}, "cv must be an integer >= 2"),
        ({"train_prior": "flat"}, "train_prior must be one of"),
        ({"train_prior": "source"}, "train_prior='source' contradicts calibrate=True"),
        ({"calibrate": False, "train_prior": [0.5, 0.5]}, "train_prior must hold a share"),
        ({"calibrate": False, "train_prior": [0.5, 0.5, 0]}, "train_prior must be positive"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(**parameters)


def test_bad_estimator():
    with pytest.raises(TypeError, match="estimator must be a classifier instance"):
        fitted(StandardScaler())
