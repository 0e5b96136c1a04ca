import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier

import featuretransfer as ft
from featuretransfer import CORAL
from featuretransfer._labels import row_weights, source_labels, validate_target_labels

rng = np.random.default_rng(0)
X, Xt = rng.normal(size=(20, 3)), rng.normal(size=(15, 3))
Y = np.array(["a", "b"] * 10)


def test_source_labels():
    assert_array_equal(source_labels(CORAL(), X[:3], [1, 2, 1]), [1, 2, 1])
    assert_array_equal(source_labels(CORAL(), X[:3], pd.Series(["a", "b", "a"])), ["a", "b", "a"])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "CORAL requires y to be passed"),
        ([1, 2], "inconsistent numbers of samples"),
        ([0.1, 2.0, 1.0], "Unknown label type"),
        ([1.0, np.nan, 1.0], "Input y contains NaN"),
    ],
)
def test_source_labels_that_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        source_labels(CORAL(), X[:3], y)


def test_target_labels_with_gaps():
    given = np.array(["a", None, "b", np.nan] + [None] * 11, dtype=object)
    labels, labelled = validate_target_labels(Y, Xt, given)
    assert_array_equal(np.flatnonzero(labelled), [0, 2])
    assert_array_equal(labels[labelled], ["a", "b"])
    assert labels.dtype == Y.dtype


def test_minus_one_is_a_label():
    labels, labelled = validate_target_labels(
        np.array([-1, 1] * 10), Xt, pd.Series([-1, 1, None] + [None] * 12, dtype=object)
    )
    assert labelled.sum() == 2
    assert_array_equal(labels[:2], [-1, 1])


def test_target_labels_by_corpus():
    labels, labelled = validate_target_labels(
        Y, (Xt[:5], Xt[5:]), (np.array(["a"] * 5), np.array([None] * 10))
    )
    assert_array_equal(labels[labelled], ["a"] * 5)
    assert labelled.sum() == 5


@pytest.mark.parametrize(
    ("rows", "given", "message"),
    [
        (None, ["a"] * 15, "y_target was given without X_target"),
        ((Xt,), ["a"] * 15, "must both be tuples"),
        (Xt, ["a"] * 14, r"one by one, got \[14\] labels for \[15\] rows"),
        (Xt, [["a"]] * 15, r"one label for each row of X_target, got shape \(15, 1\)"),
        (Xt, np.array(["a", np.nan] + ["b"] * 13), "contains the string 'nan'"),
        (Xt, ["a"] * 14 + ["c"], r"classes that y does not have: 'c' \(y has 'a', 'b'\)"),
    ],
)
def test_target_labels_that_are_refused(rows, given, message):
    with pytest.raises(ValueError, match=message):
        validate_target_labels(Y, rows, given)


def test_new_classes_on_request_and_nan_where_it_is_a_class():
    labels, _ = validate_target_labels(Y, Xt, ["c"] * 15, allow_new_classes=True)
    assert_array_equal(labels, ["c"] * 15)
    own = np.array(["nan", "b"] * 10)
    labels, labelled = validate_target_labels(own, Xt, np.array(["nan"] * 15))
    assert labelled.all()


def test_row_weights():
    y = np.array(["a", "b", "b", "b"])
    assert_array_equal(row_weights(None, y), np.ones(4))
    assert_array_equal(row_weights("balanced", y), [2, 2 / 3, 2 / 3, 2 / 3])
    assert_array_equal(row_weights({"a": 0}, y), [0, 1, 1, 1])
    for bad in ({"a": -1}, {"a": np.inf}, {"a": np.nan}, {"a": 0, "b": 0}):
        with pytest.raises(ValueError, match="class_weight must give every class a finite weight"):
            row_weights(bad, y)


@pytest.mark.parametrize(
    "model",
    [
        ft.AdaptiveSVM(RidgeClassifier()),
        ft.AlternatingStructureClassifier(),
        ft.AttributeTransfer(),
        ft.BiasedRegularization(RidgeClassifier()),
        ft.DomainRegression(),
        ft.FineTunedClassifier(),
        ft.HeterogeneousFeatureAugmentation(),
        ft.MeanRegularizedClassifier(),
        ft.MultiTaskClassifier(),
        ft.UniversumAutoencoder(),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.parametrize("class_weight", [{"a": 0, "b": 0}, {"a": -1}, {"a": np.nan}])
@pytest.mark.filterwarnings("ignore:With two classes")
def test_classifiers_refuse_class_weights_that_weight_nothing(model, class_weight):
    target = {"X_target": Xt}
    if "y_target" in model.get_metadata_routing().fit.requests:
        target["y_target"] = np.array(["a", "b", None] * 5, dtype=object)
    with pytest.raises(ValueError, match="class_weight must give every class a finite weight"):
        clone(model).set_params(class_weight=class_weight).fit(X, Y, **target)


@pytest.mark.parametrize(
    ("X_target", "n_target"), [(None, 0), (np.ones((3, 2)), 3), ((np.ones((3, 2)), [[1, 2]]), 4)]
)
def test_without_target_labels_no_row_is_labelled(X_target, n_target):
    labels, labelled = validate_target_labels(np.array(["a", "b"]), X_target, None)
    assert len(labels) == len(labelled) == n_target
    assert labels.dtype == "<U1"
    assert not labelled.any()
