import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer.parameter._training_prior import check_shares, class_shares, training_prior

rng = np.random.default_rng(0)
Y = np.repeat(["a", "b", "c"], [60, 30, 10])
X = rng.normal(size=(100, 2)) + np.repeat([[0, 0], [2, 0], [0, 2]], [60, 30, 10], axis=0)
SOURCE, UNIFORM = [0.6, 0.3, 0.1], [1 / 3] * 3
PLAIN, BALANCED = LogisticRegression(), LogisticRegression(class_weight="balanced")


@pytest.mark.parametrize(
    ("classifier", "expected"),
    [
        (PLAIN, SOURCE),
        (BALANCED, UNIFORM),
        (LogisticRegression(class_weight={"a": 1, "b": 2, "c": 6}), [1 / 3] * 3),
        (LogisticRegression(class_weight={"c": 3}), [0.5, 0.25, 0.25]),
        (RandomForestClassifier(5, class_weight="balanced_subsample"), UNIFORM),
        (KNeighborsClassifier(), SOURCE),
        (GaussianNB(), SOURCE),
        (GaussianNB(priors=[0.2, 0.3, 0.5]), [0.2, 0.3, 0.5]),
        (LinearDiscriminantAnalysis(priors=UNIFORM), UNIFORM),
        (make_pipeline(StandardScaler(), BALANCED), UNIFORM),
        (BaggingClassifier(BALANCED, 3), UNIFORM),
        (CalibratedClassifierCV(BALANCED, cv=2), SOURCE),
        (GridSearchCV(PLAIN, {"class_weight": ["balanced"]}, cv=2), UNIFORM),
        (GridSearchCV(BALANCED, {"class_weight": [None]}, cv=2), SOURCE),
        (VotingClassifier([("a", BALANCED), ("b", BALANCED)]), UNIFORM),
        (StackingClassifier([("a", BALANCED)], cv=2), SOURCE),
        (StackingClassifier([("a", PLAIN)], BALANCED, cv=2), UNIFORM),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_what_learns_inside_decides(classifier, expected):
    prior = training_prior(classifier.fit(X, Y), Y, np.unique(Y))
    assert_allclose(prior, expected)


def test_balanced_probabilities_do_average_to_equal_shares():
    P = BALANCED.fit(X, Y).predict_proba(X)
    weights = 1 / class_shares(Y, np.unique(Y))[np.searchsorted(["a", "b", "c"], Y)]
    assert_allclose(np.average(P, axis=0, weights=weights), UNIFORM, atol=1e-3)


def test_learned_weights_count():
    target = X + 1
    model = ft.ReweightedClassifier(PLAIN, ft.KernelMeanMatching(B=5)).fit(X, Y, X_target=(target,))
    expected = [model.sample_weight_[label == Y].sum() / 100 for label in "abc"]
    assert not np.allclose(expected, SOURCE, atol=0.01)
    assert_allclose(training_prior(model, Y, np.unique(Y)), expected)


@pytest.mark.parametrize(
    ("classifier", "reason"),
    [
        (VotingClassifier([("a", BALANCED), ("b", PLAIN)]), "its members differ"),
        (FrozenEstimator(LogisticRegression().fit(X, Y)), "trained on other rows"),
        (ft.BalancedSelfTraining(PLAIN), "trained on other rows"),
    ],
)
def test_says_when_it_cannot_tell(classifier, reason):
    with pytest.raises(ValueError, match=f"train_prior='auto' cannot tell .*{reason}"):
        training_prior(classifier.fit(X, Y), Y, np.unique(Y))


def test_shares_that_a_user_gives():
    assert_allclose(check_shares((0.25, 0.75), 2, "prior"), [0.25, 0.75])
    for bad in ([1.0], [0.5, 0.6], [1.5, -0.5], [np.nan, 1], "ab", None, [["a", "b"]]):
        with pytest.raises(ValueError, match="prior must hold a share >= 0 for each of the 2"):
            check_shares(bad, 2, "prior")
