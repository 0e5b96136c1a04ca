import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from featuretransfer._pseudo_labels import (
    lost_classes,
    make_labeller,
    missing_classes,
    warn_collapsed,
)
from featuretransfer.exceptions import PseudoLabelWarning


def test_labeller_is_a_clone_or_the_default():
    given = SVC(C=3)
    made = make_labeller(given)
    assert made is not given
    assert made.C == 3
    assert isinstance(make_labeller(None), LogisticRegression)


@pytest.mark.parametrize("estimator", ["svc", SVC, 3, np.zeros(2)])
def test_labeller_must_be_a_classifier(estimator):
    with pytest.raises(TypeError, match="estimator must be None or a classifier instance"):
        make_labeller(estimator)


def test_lost_classes():
    y = np.repeat(["a", "b", "c"], [50, 30, 20])
    # 100 target rows: at least 5, 3 and 2 of them are asked for
    assert_array_equal(lost_classes(np.repeat(["a", "b", "c"], [95, 3, 2]), y), [])
    assert_array_equal(lost_classes(np.repeat(["a", "b", "c"], [97, 2, 1]), y), ["b", "c"])
    assert_array_equal(lost_classes(np.repeat(["a"], 100), y), ["b", "c"])


def test_missing_classes_by_expected_numbers():
    codes = np.repeat([0, 1], [96, 4])
    assert_array_equal(missing_classes(codes, np.array([50, 50, 0])), [1])
    assert_array_equal(missing_classes(codes, np.array([50, 40, 10])), [2])
    assert_array_equal(missing_classes(codes, np.array([50, 46, 4])), [1])


def test_a_class_of_which_few_rows_are_expected_is_never_lost():
    y = np.repeat([-1, 1], [50, 50])
    assert_array_equal(lost_classes(np.ones(9), y), [])
    assert_array_equal(lost_classes(np.ones(10), y), [-1])


def test_warning_names_method_classes_and_iteration():
    with pytest.warns(PseudoLabelWarning, match=r"of JDA .* classes \['b'\] in iteration 3"):
        warn_collapsed("JDA", np.array(["b"]), 3, stacklevel=1)


def test_warning_names_what_is_kept():
    with pytest.warns(PseudoLabelWarning, match="keeps the iteration before"):
        warn_collapsed("JDA", np.array(["b"]), 3, stacklevel=1)
    with pytest.warns(PseudoLabelWarning, match="keeps the first components"):
        warn_collapsed("JDA", np.array(["b"]), 1, stacklevel=1, kept="the first components")
