import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from featuretransfer import AttributeTransfer, FineTunedClassifier, MultiTaskClassifier
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DATA = make_shifted_corpora(200, 160, 10, strength=0.3, n_speakers=3, random_state=0)
Y_TARGET = np.where(np.arange(160) < 24, DATA.y_target.astype(object), None)
UNSEEN = slice(24, None)
GENDER = np.where(DATA.X_source[:, 0] > DATA.X_source[:, 1], "f", "m").astype(object)
GENDER[::3] = None
ATTRIBUTES = pd.DataFrame({"gender": GENDER, "speaker": DATA.speakers_source})
TARGET = {"X_target": DATA.X_target, "y_target": Y_TARGET}
FORMS = ["hierarchical", "shared"]


def fitted(y=DATA.y_source, metadata=TARGET, attributes=ATTRIBUTES, **parameters):
    model = AttributeTransfer(**{"n_hidden": 16, "random_state": 0, **parameters})
    return model.fit(DATA.X_source, y, attributes=attributes, **metadata)


@pytest.mark.oracle("AttributeTransfer")
@pytest.mark.parametrize("form", FORMS)
def test_without_attributes_it_is_the_plain_network(form):
    alone = fitted(metadata={}, attributes=None, form=form)
    plain = FineTunedClassifier(n_hidden=16, random_state=0).fit(DATA.X_source, DATA.y_source)
    assert_array_equal(alone.predict_proba(DATA.X_target), plain.predict_proba(DATA.X_target))
    both = fitted(attributes=None, form=form, target_weight=0.5)
    plain = MultiTaskClassifier(n_hidden=16, target_weight=0.5, random_state=0)
    plain.fit(DATA.X_source, DATA.y_source, **TARGET)
    assert_array_equal(both.predict_proba(DATA.X_target), plain.predict_proba(DATA.X_target))
    assert both.predict_attributes(DATA.X_target).shape == (160, 0)
    assert_array_equal(
        fitted(form="shared", attribute_weight=0).predict_proba(DATA.X_target),
        fitted(attributes=None).predict_proba(DATA.X_target),
    )


@pytest.mark.oracle("AttributeTransfer")
def test_shared_form_is_the_multi_task_network():
    settings = {"n_hidden": (12, 6), "alpha": 0.05, "class_weight": None, "random_state": 0}
    model = fitted(form="shared", attribute_weight=0.4, **settings)
    reference = MultiTaskClassifier(task_weights=0.4, **settings)
    reference.fit(DATA.X_source, DATA.y_source, tasks=ATTRIBUTES, **TARGET)
    assert_array_equal(model.predict_proba(DATA.X_target), reference.predict_proba(DATA.X_target))
    found = reference.predict_tasks(DATA.X_target)[["gender", "speaker"]]
    pd.testing.assert_frame_equal(model.predict_attributes(DATA.X_target), found)
    assert model.attribute_network_ is None


@pytest.mark.oracle("AttributeTransfer")
@pytest.mark.parametrize("y", [None, DATA.y_source])
def test_frozen_hierarchy_is_logistic_regression_on_codes_and_attributes(y):
    model = fitted(
        y,
        class_weight=None,
        freeze=True,
        alpha_main=0.05,
        target_weight=136 / 200 if y is not None else 1.0,
        max_iter=20000,
        batch_size=400,
        n_iter_no_change=300,
        tol=1e-9,
        metadata={"X_target": DATA.X_target[:136], "y_target": DATA.y_target[:136]},
    )
    network = model.attribute_network_

    def inputs(X):
        given = [softmax(scores, axis=1) for scores in network.scores(X)]
        return np.hstack([network.code(X), *given])

    X, labels = DATA.X_target[:136], DATA.y_target[:136]
    if y is not None:  # every row counts alike
        X, labels = np.concatenate([DATA.X_source, X]), np.concatenate([y, labels])
    total = 1.0 if y is None else 1.68
    reference = LogisticRegression(C=total / (0.05 * len(X)), tol=1e-10, max_iter=20000)
    reference.fit(inputs(X), labels)
    assert_allclose(
        model.predict_proba(DATA.X_target),
        reference.predict_proba(inputs(DATA.X_target)),
        atol=5e-3,
    )


def test_attributes_are_learned_first_and_from_all_rows_that_have_some():
    y = DATA.y_source.astype(object)
    y[50:] = None
    model = fitted(y, alpha=0.01)
    alone = fitted(None, alpha=0.01)
    for layer, expected in zip(model.attribute_network_.layers, alone.attribute_network_.layers):
        assert_array_equal(layer.weights, expected.weights)
    found = model.predict_attributes(pd.DataFrame(DATA.X_source, index=np.arange(200) + 5))
    assert list(found.columns) == ["gender", "speaker"]
    assert found.index[0] == 5
    truth = np.where(DATA.X_source[:, 0] > DATA.X_source[:, 1], "f", "m")
    assert np.mean(found["gender"].to_numpy()[::3] == truth[::3]) > 0.8  # of no label seen
    assert list(model.attribute_classes_) == ["gender", "speaker"]
    assert len(model.loss_curves_) == 2


@pytest.mark.parametrize("freeze", [False, True])
def test_what_moves_in_the_second_step(freeze):
    model = fitted(n_hidden=(8, 6), freeze=freeze)
    before, after = model.attribute_network_.layers, model.network_.attributes.layers
    same = [np.array_equal(a.weights, b.weights) for a, b in zip(before, after)]
    assert same == [freeze, freeze, True]  # the heads of the attributes stay


def test_a_strong_pull_keeps_the_hidden_layers():
    weak, strong = (fitted(alpha_main=alpha) for alpha in (0.01, 3.0))
    moved = [
        np.abs(m.network_.attributes.layers[0].weights - m.attribute_network_.layers[0].weights)
        for m in (weak, strong)
    ]
    assert moved[0].max() > 10 * moved[1].max()


@pytest.mark.parametrize("form", FORMS)
def test_a_source_without_emotions_serves_a_target_with_few(form):
    model = fitted(None, form=form)
    assert_array_equal(model.classes_, np.unique(DATA.y_target))
    assert model.score(DATA.X_target[UNSEEN], DATA.y_target[UNSEEN]) > 0.6
    missing = fitted(np.full(200, np.nan), form=form)
    assert_array_equal(model.predict_proba(DATA.X_target), missing.predict_proba(DATA.X_target))
    assert model.n_labelled_ == 24


def test_attributes_that_carry_the_emotion_are_transferred():
    """Where the attribute is the emotion's cause, few labels of emotions are enough."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 600)
    X = rng.normal(size=(600, 40)) + 0.4 * rng.normal(size=(3, 40))[group]
    emotion = np.array(["anger", "sadness", "anger"])[group]
    known = np.where(np.arange(200) < 8, emotion[400:].astype(object), None)
    target = {"X_target": X[400:], "y_target": known}
    scores = {}
    for name, attributes in (("with", {"group": group[:400]}), ("without", None)):
        model = AttributeTransfer(freeze=True, random_state=0)
        model.fit(X[:400], attributes=attributes, **target)
        scores[name] = model.score(X[408:], emotion[408:])
    assert scores["with"] > max(0.85, scores["without"] + 0.05)


@pytest.mark.parametrize("form", FORMS)
def test_attributes_of_the_target_are_used(form):
    speakers = DATA.speakers_target.astype(object)
    speakers[::2] = None
    metadata = {
        "X_target": (DATA.X_target,),
        "y_target": (Y_TARGET,),
        "attributes_target": ({"speaker": speakers},),
    }
    model = fitted(form=form, metadata=metadata)
    assert len(model.attribute_classes_["speaker"]) == 6
    assert np.mean(model.predict_attributes(DATA.X_target)["speaker"] == DATA.speakers_target) > 0.4


def test_missing_attributes_in_some_rows_are_left_out():
    attributes = ATTRIBUTES.copy()
    attributes[120:] = None
    part = AttributeTransfer(n_hidden=16, random_state=0).fit(
        DATA.X_source, attributes=attributes, **TARGET
    )
    scale = part.network_.attributes.scale
    assert_allclose(scale.center, DATA.X_source.mean(axis=0))
    assert len(part.attribute_classes_["speaker"]) == 3
    assert np.any(part.predict_proba(DATA.X_target) != fitted(None).predict_proba(DATA.X_target))


def test_new_emotions_of_the_target():
    y_target = np.array([{"class0": "joy"}.get(c, c) for c in Y_TARGET], dtype=object)
    metadata = {"X_target": DATA.X_target, "y_target": y_target}
    with pytest.raises(ValueError, match="does not have: 'joy'.*allow_new_classes=True"):
        fitted(metadata=metadata)
    assert len(fitted(metadata=metadata, allow_new_classes=True).classes_) == 5
    assert len(fitted(None, metadata=metadata).classes_) == 4


def test_attributes_follow_the_rows_in_cross_validation():
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            AttributeTransfer(n_hidden=16, random_state=0),
            DATA.X_source,
            DATA.y_source,
            params={"attributes": ATTRIBUTES},
            error_score="raise",
        )
    assert np.mean(scores) > 0.7


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"form": "flat"}, r"form must be one of \['hierarchical', 'shared'\], got 'flat'"),
        ({"alpha_main": -1}, "alpha_main must be a number >= 0"),
        ({"attribute_weight": -1}, "attribute_weight must be a number >= 0"),
        ({"target_weight": -1}, "target_weight must be a number >= 0"),
        ({"class_weight": {"joy": 1}}, "class_weight names classes that no row has: 'joy'"),
        ({"attributes": {"y": GENDER}}, "An attribute cannot be called 'y'"),
        ({"attributes": {"age": GENDER[:9]}}, r"attributes\['age'\] must hold one label for each"),
        ({"y": None, "metadata": {}}, "requires y to be passed, but the target y is None"),
        ({"y": np.full(200, None), "metadata": {}}, "No row has a label of the main task"),
    ],
)
def test_wrong_input_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(**parameters)


@pytest.mark.parametrize("flag", ["freeze", "allow_new_classes"])
def test_flags_are_true_or_false(flag):
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got 'no'"):
        fitted(**{flag: "no"})


def test_target_rows_without_labels_and_few_epochs_warn():
    with pytest.warns(UserWarning, match="AttributeTransfer learns from labelled target rows"):
        fitted(metadata={"X_target": DATA.X_target})
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        fitted(max_iter=2)


@pytest.mark.parametrize(
    ("parameters", "culprit"),
    [
        ({"form": "shared", "alpha": 3.0}, "alpha=3"),
        ({"alpha": 3.0}, "alpha=3"),
        ({"alpha_main": 30.0, "freeze": True}, "alpha_main=30"),
    ],
)
def test_weight_decay_that_leaves_nothing_warns(parameters, culprit):
    with pytest.warns(UserWarning, match=f"AttributeTransfer hardly tells.*decrease {culprit}"):
        fitted(**parameters)


def test_an_attribute_that_cannot_be_learned_does_not_warn():
    """Only where all are lost it tells of weight decay."""
    coin = np.random.default_rng(0).permutation(np.arange(200) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(attributes=ATTRIBUTES.assign(coin=coin))
