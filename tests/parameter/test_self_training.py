import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

import featuretransfer as ft
from featuretransfer import BalancedSelfTraining
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.parameter._balance import balance, most_confident
from featuretransfer.parameter._inner import log_posteriors
from featuretransfer.parameter._label_shift import em_prior
from featuretransfer.synthetic import make_shifted_corpora

LR = LogisticRegression(class_weight="balanced", max_iter=1000)
DATA = make_shifted_corpora(120, 100, 10, shift="location", strength=0.7, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target


def fitted(estimator=LR, data=DATA, **parameters):
    model = BalancedSelfTraining(estimator, **parameters)
    return model.fit(data.X_source, data.y_source, X_target=(data.X_target,))


@pytest.mark.oracle("BalancedSelfTraining")
@pytest.mark.parametrize("growth", [1.0, 0.4])
@pytest.mark.parametrize("target_weight", [1.0, 0.5])
def test_is_the_alternation_step_by_step(growth, target_weight):
    classifier = clone(LR).fit(X, Y)
    n_fits, old = 1, None
    while True:
        Q = balance(classifier.predict_proba(XT), np.full(4, 0.25))
        labels = Q.argmax(axis=1)
        if growth * (n_fits - 1) >= 1 and np.mean(labels != old) <= 0.01:
            break
        old, confidence = labels, Q.max(axis=1)
        joining = most_confident(labels, confidence, min(1, growth * n_fits))
        classifier = clone(LR).fit(
            np.concatenate([X, XT[joining]]),
            np.concatenate([Y, classifier.classes_[labels[joining]]]),
            sample_weight=np.repeat([1, target_weight], [120, joining.sum()]),
        )
        n_fits += 1
    model = fitted(growth=growth, target_weight=target_weight)
    assert model.n_iter_ == n_fits
    assert_array_equal(model.pseudo_labels_, classifier.classes_[old])
    assert_allclose(model.confidence_, confidence, atol=1e-9)
    assert_allclose(model.predict_proba(XT), classifier.predict_proba(XT), atol=1e-9)


@pytest.mark.parametrize(
    "classifier", [LR, LinearSVC(), SVC(), RidgeClassifier()], ids=lambda c: type(c).__name__
)
def test_without_target_it_is_the_plain_classifier_to_the_last_bit(classifier):
    model = BalancedSelfTraining(classifier).fit(X, Y)
    assert_array_equal(
        model.decision_function(XT), clone(classifier).fit(X, Y).decision_function(XT)
    )
    assert model.pseudo_labels_ is None
    assert model.prior_ is None
    assert model.n_iter_ == 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_recovers_from_a_moved_target(seed):
    data = make_shifted_corpora(150, 200, shift="channel", strength=0.5, random_state=seed)
    plain = clone(LR).fit(data.X_source, data.y_source)
    uar = [
        balanced_accuracy_score(data.y_target, model.predict(data.X_target))
        for model in (plain, fitted(data=data))
    ]
    assert uar[1] > uar[0] + 0.05


def test_a_wrong_prior_hurts_and_the_right_one_does_not():
    data = make_shifted_corpora(200, 200, shift="prior", strength=2, random_state=0)
    true = np.array([np.mean(data.y_target == label) for label in np.unique(data.y_source)])
    accuracy = {
        name: fitted(data=data, prior=prior).score(data.X_target, data.y_target)
        for name, prior in (("uniform", "uniform"), ("true", true), ("em", "em"))
    }
    plain = clone(LR).fit(data.X_source, data.y_source).score(data.X_target, data.y_target)
    assert accuracy["uniform"] < plain - 0.05
    assert accuracy["true"] > plain
    assert accuracy["em"] > accuracy["uniform"] + 0.05


def test_priors():
    y = np.where(np.arange(120) % 3 == 0, "a", "b")
    model = BalancedSelfTraining(LR, prior="source").fit(X, y, X_target=XT)
    assert_allclose(model.prior_, [1 / 3, 2 / 3])
    assert_allclose(fitted().prior_, 0.25)
    assert_allclose(fitted(prior=[0.1, 0.2, 0.3, 0.4]).prior_, [0.1, 0.2, 0.3, 0.4])
    P = clone(LR).fit(X, Y).predict_proba(XT)  # balanced, so trained under equal shares
    assert_allclose(fitted(prior="em").prior_, em_prior(P, np.full(4, 0.25))[0])


def test_labels_have_nearly_the_shares_of_the_prior():
    prior = [0.4, 0.3, 0.2, 0.1]
    model = fitted(prior=prior)
    shares = [np.mean(model.pseudo_labels_ == label) for label in model.classes_]
    assert_allclose(shares, prior, atol=0.06)
    assert set(fitted(prior=[0.5, 0.5, 0, 0]).pseudo_labels_) == {"class0", "class1"}


def test_without_weights_any_classifier_will_do():
    model = fitted(KNeighborsClassifier(), target_weight=1)
    assert_array_equal(model.predict(XT), model.estimator_.predict(XT))
    with pytest.raises(ValueError, match="cannot weight KNeighborsClassifier"):
        fitted(KNeighborsClassifier())


@pytest.mark.parametrize("n_classes", [2, 4])
def test_decision_values_stand_in_for_probabilities(n_classes):
    data = make_shifted_corpora(
        120, 100, 10, n_classes, shift="location", strength=0.7, random_state=0
    )
    classifier = LinearSVC(random_state=0).fit(data.X_source, data.y_source)
    values = classifier.decision_function(data.X_target)
    if n_classes == 2:
        values = np.column_stack([np.zeros(100), values])
    expected = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
    assert_allclose(log_posteriors(classifier, data.X_target, classifier.classes_), expected)
    model = fitted(LinearSVC(random_state=0), data)
    assert model.score(data.X_target, data.y_target) > classifier.score(
        data.X_target, data.y_target
    )
    assert not hasattr(model, "predict_proba")


def test_target_reaches_a_classifier_that_uses_it():
    inner = ft.ReweightedClassifier(LR, ft.KernelMeanMatching(B=10))
    model = fitted(inner, target_weight=1)
    assert len(model.estimator_.sample_weight_) == 220
    assert not np.allclose(model.estimator_.sample_weight_, 1)
    with pytest.raises(ValueError, match="ReweightedClassifier"):
        fitted(inner)  # weights of two kinds do not multiply
    assert not sklearn.get_config()["enable_metadata_routing"]


def test_data_frames_reach_the_classifier():
    names = [f"F{i}" for i in range(10)]
    source, target = (pd.DataFrame(rows, columns=names) for rows in (X, XT))
    chosen = make_pipeline(
        make_column_transformer(("passthrough", names[:5])), StandardScaler(), LR
    )
    model = BalancedSelfTraining(chosen).fit(source, pd.Series(Y), X_target=target)
    expected = BalancedSelfTraining(make_pipeline(StandardScaler(), LR))
    expected.fit(X[:, :5], Y, X_target=XT[:, :5])
    assert_allclose(model.predict_proba(target), expected.predict_proba(XT[:, :5]))
    assert list(model.feature_names_in_) == names
    tuples = (target[:40], target[40:])
    again = BalancedSelfTraining(chosen).fit(source, pd.Series(Y), X_target=tuples)
    assert_array_equal(again.predict_proba(target), model.predict_proba(target))


class Flat(LogisticRegression):
    """Sure of nothing about the last class, so that no row is labelled with it."""

    def predict_proba(self, X):
        P = super().predict_proba(X)
        P[:, -1] = 0.2
        P[:, :-1] *= 0.8 / P[:, :-1].sum(axis=1, keepdims=True)
        return P


def test_collapse_keeps_the_classifier_before():
    with pytest.warns(PseudoLabelWarning, match=r"classes \['class3'\] in iteration 1") as caught:
        model = fitted(Flat(C=100, max_iter=5000))
    assert caught[0].filename == __file__
    plain = Flat(C=100, max_iter=5000).fit(X, Y)
    assert_array_equal(model.predict_proba(XT), plain.predict_proba(XT))
    assert model.pseudo_labels_ is None
    assert model.n_iter_ == 1


def test_a_class_without_a_share_is_not_missed():
    model = fitted(Flat(C=100, max_iter=5000), prior=[0.4, 0.3, 0.3, 0])
    assert model.n_iter_ > 1


def test_says_when_labels_have_not_settled():
    with pytest.warns(ConvergenceWarning, match="not settled after max_iter=2 iterations"):
        assert fitted(max_iter=2).n_iter_ == 3


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"prior": "flat"}, "prior must be one of"),
        ({"prior": [0.5, 0.5]}, "prior must hold a share >= 0 for each of the 4 classes"),
        ({"prior": [0.5, 0.5, 0.5, 0.5]}, "with sum 1"),
        ({"prior": [1.5, -0.5, 0, 0]}, "prior must hold a share >= 0"),
        ({"prior": None}, "prior must hold a share >= 0"),
        ({"growth": 0}, "growth must be a number > 0 and <= 1"),
        ({"growth": 1.5}, "growth must be a number > 0 and <= 1"),
        ({"target_weight": 0}, "target_weight must be a finite number > 0"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
        ({"tol": 1}, "tol must be a number >= 0 and < 1"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(**parameters)


def test_bad_estimators():
    with pytest.raises(TypeError, match="estimator must be a classifier instance"):
        fitted(StandardScaler())
    with pytest.raises(TypeError, match=r"6 decision values for 4 classes.*ovr"):
        fitted(SVC(decision_function_shape="ovo"))
    with pytest.raises(ValueError, match="Put the adapter before"):
        fitted(ft.make_pipeline(ft.CORAL(), LR))
    with pytest.raises(ValueError, match="prior='em' needs probabilities"):
        fitted(LinearSVC(), prior="em")


def test_classifiers_without_any_scores_are_refused():
    class Silent(KNeighborsClassifier):
        @property
        def predict_proba(self):
            raise AttributeError

    with pytest.raises(TypeError, match="Silent has neither predict_proba nor decision_function"):
        fitted(Silent(), target_weight=1)
