import numpy as np
import pytest
from scipy.special import softmax
from scorer_support import LR, XT, Fixed, X, Y, fit
from sklearn.svm import SVC, LinearSVC

import featuretransfer as ft
from featuretransfer.selection import make_target_scorer


def entropy_score(p):
    most = np.log(p.shape[1])
    sure = 1 - np.mean(-np.sum(p * np.log(np.maximum(p, 1e-300)), axis=1)) / most
    mean = p.mean(axis=0)
    return sure * -np.sum(mean * np.log(np.maximum(mean, 1e-300))) / most


def test_entropy_is_the_documented_formula():
    model = fit(ft.CORAL(), LR)
    value = make_target_scorer("entropy")(model, X, Y, X_target=XT)
    assert value == pytest.approx(entropy_score(model.predict_proba(XT)))
    model = fit(ft.CORAL(), LinearSVC())
    value = make_target_scorer("entropy")(model, X, Y, X_target=XT)
    assert value == pytest.approx(entropy_score(softmax(model.decision_function(XT), axis=1)))


def test_entropy_of_two_classes_by_decision_values():
    scores = np.linspace(-2, 2, 70)
    value = make_target_scorer("entropy")(Fixed(decision_function=scores), X, Y, X_target=XT)
    p = 1 / (1 + np.exp(-scores))
    assert value == pytest.approx(entropy_score(np.column_stack([1 - p, p])))


def test_entropy_rewards_sure_and_even_predictions_and_no_collapse():
    scorer = make_target_scorer("entropy")
    sure = np.eye(4)[np.arange(70) % 4]
    outputs = {
        "best": sure,
        "unsure": np.full((70, 4), 0.25),
        "collapsed": np.eye(4)[np.zeros(70, int)],
        "between": 0.5 * sure + 0.125,
    }
    values = {
        name: scorer(Fixed(predict_proba=p), X, Y, X_target=XT) for name, p in outputs.items()
    }
    assert values["best"] == pytest.approx(1, abs=2e-3)
    assert [values["unsure"], values["collapsed"]] == pytest.approx([0, 0])
    assert 0 < values["between"] < values["best"]


@pytest.mark.parametrize("name", ["entropy", "snd"])
def test_probabilities_are_needed(name):
    with pytest.raises(TypeError, match="Fixed has neither predict_proba nor decision_function"):
        make_target_scorer(name)(Fixed(), X, Y, X_target=XT)
    with pytest.raises(TypeError, match=r"6 decision values for 4 classes.*ovr"):
        make_target_scorer(name)(SVC(decision_function_shape="ovo").fit(X, Y), X, Y, X_target=XT)
