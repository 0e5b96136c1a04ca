import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featuretransfer.relational._modalities import present_modalities, resolve_modalities

NAMES = np.array(["f0", "f1", "s0", "s1", "s2"], dtype=object)


@pytest.mark.parametrize(
    "modalities",
    [
        {"face": slice(0, 2), "speech": slice(2, None)},
        {"face": [1, 0], "speech": np.array([2, 3, 4])},
        {"face": ["f0", "f1"], "speech": ["s2", "s0", "s1"]},
        ["face", "face", "speech", "speech", "speech"],
        np.array(["face", "face", "speech", "speech", "speech"]),
    ],
)
def test_columns(modalities):
    found = resolve_modalities(modalities, 5, NAMES)
    assert list(found) == ["face", "speech"]
    assert_array_equal(found["face"], [0, 1])
    assert_array_equal(found["speech"], [2, 3, 4])


def test_a_single_modality():
    assert_array_equal(resolve_modalities(None, 3, None)["all"], [0, 1, 2])
    found = resolve_modalities({"a": "f0", "b": [1, 2, 3, 4]}, 5, NAMES)
    assert_array_equal(found["a"], [0])
    found = resolve_modalities({"a": 0, "b": [1]}, 2, np.array([1, 0], dtype=object))
    assert_array_equal(found["a"], [1])  # names go before positions


@pytest.mark.parametrize(
    ("modalities", "names", "message"),
    [
        ({"a": [0, 1]}, NAMES, "in no modality are 's0', 's1', 's2'. Drop"),
        ({"a": [0, 1]}, None, "in no modality are 2, 3, 4. Drop"),
        ({"a": slice(0, 4), "b": slice(3, 5)}, NAMES, "in several modalities are 's1'"),
        ({"a": slice(0, 5), "b": [7]}, NAMES, r"modality 'b' has columns that X does .*: 7\.$"),
        ({"a": slice(0, 5), "b": ["x"]}, None, "'x'. Names of columns need X to be a DataFrame"),
        ({"a": slice(0, 5), "b": []}, None, "modality 'b' has no columns"),
        (["a", "b"], None, r"the modality of each of the 5 columns; got shape \(2,\)"),
    ],
)
def test_wrong_columns(modalities, names, message):
    with pytest.raises(ValueError, match=message):
        resolve_modalities(modalities, 5, names)


def test_presence():
    columns = {"face": np.array([0, 1]), "speech": np.array([2])}
    X = np.zeros((4, 3))
    X[1, :2] = X[2, 2] = np.nan
    expected = [[True, True], [False, True], [True, False], [True, True]]
    assert_array_equal(present_modalities(X, columns), expected)
    X[3, 1] = np.nan
    message = "Input X_target contains NaN in 1 of the 2 columns of modality 'face' of row 3"
    with pytest.raises(ValueError, match=message):
        present_modalities(X, columns, "X_target")
    X[3] = np.nan
    message = r"NaN in all columns of 1 of 4 rows \(the first is row 3\): they have no modality"
    with pytest.raises(ValueError, match=message):
        present_modalities(X, columns)
    with pytest.raises(ValueError, match="NaN in 3 of the 3 columns of modality 'all' of row 1"):
        present_modalities(np.array([[1.0] * 3, [np.nan] * 3]), {"all": np.arange(3)})
