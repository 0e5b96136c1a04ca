import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator

import featuretransfer as ft
from featuretransfer._base import (
    AdapterMixin,
    ViewsMixin,
    is_adapter,
    is_asymmetric,
    target_parts,
    validate_domains,
    validate_source_domains,
)
from featuretransfer.exceptions import AmbiguousTargetWarning, TargetNotTransformedWarning

rng = np.random.default_rng(0)
X, Xt = rng.normal(size=(20, 3)), rng.normal(size=(15, 3))


class Plain(BaseEstimator):
    pass


class Apart(AdapterMixin, BaseEstimator):
    """An adapter for a target with other columns."""

    equal_columns = False

    def fit(self, X, y=None, *, X_target=None):
        validate_domains(self, X, X_target)
        return self

    def _map_target(self, X):
        return X


class TwoSided(ViewsMixin, BaseEstimator):
    """A classifier that asks whether a row is of the source."""


def test_kinds_of_estimators():
    assert is_adapter(TwoSided())
    assert is_asymmetric(TwoSided())
    assert is_adapter(ft.NoAdaptation())
    assert not is_asymmetric(ft.NoAdaptation())
    assert not is_asymmetric(ft.TCA())
    assert is_asymmetric(ft.CORAL())
    assert is_asymmetric(ft.CorpusScaler())
    assert not is_adapter(ft.KernelMeanMatching())


def test_domains_are_arrays_of_one_dtype():
    source, target = validate_domains(Plain(), X.astype(np.float32), Xt.tolist())
    assert source.dtype == target.dtype == np.float32
    source, target = validate_domains(Plain(), X.astype(int), Xt)
    assert source.dtype == target.dtype == np.float64
    assert validate_domains(Plain(), X, None)[1] is None


def test_missing_values_pass_only_where_they_are_allowed():
    holed, holed_target = X.copy(), Xt.copy()
    holed[2, 1] = holed_target[4, 0] = np.nan
    with pytest.raises(ValueError, match="Input X_target contains NaN"):
        validate_domains(Plain(), X, holed_target)
    source, target = validate_domains(Plain(), holed, holed_target, allow_nan=True)
    assert_array_equal(source, holed)
    assert_array_equal(target, holed_target)
    holed_target[0, 0] = np.inf
    with pytest.raises(ValueError, match="Input X_target contains infinity"):
        validate_domains(Plain(), holed, holed_target, allow_nan=True)


def test_tuple_is_pooled():
    _, target = validate_domains(Plain(), X, (Xt[:4], Xt[4:]))
    assert_array_equal(target, Xt)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ((), ValueError, "X_target is an empty tuple"),
        ((Xt, None), ValueError, r"X_target\[1\] is None"),
        (("a.wav", "b.wav"), ValueError, r"X_target\[0\] is a single str .'a.wav'.*list_of_rows"),
        ([Xt, Xt[:3]], ValueError, "X_target is a list of tables.*pass a tuple"),
        ([Xt, Xt], ValueError, "X_target is a list of tables.*pass a tuple"),
        ([pd.DataFrame(Xt)], ValueError, "X_target is a list of tables"),
        ([[1.0, 2.0, 3.0], [1.0]], ValueError, "ragged list, with rows of 1 to 3 values"),
        (([[1.0, 2.0, 3.0], [1.0]],), ValueError, "ragged list, with rows of 1 to 3 values"),
        (Xt[:, :2], ValueError, "X_target has 2 features, but X has 3"),
        (Xt[:0], ValueError, "minimum of 1 is required"),
        (pd.DataFrame(Xt), TypeError, "X is a ndarray but X_target is a DataFrame"),
    ],
)
def test_targets_that_are_refused(value, error, message):
    with pytest.raises(error, match=message):
        validate_domains(Plain(), X, value)


def test_columns_are_compared():
    source = pd.DataFrame(X, columns=["a", "b", "c"])
    message = r"X is a DataFrame but X_target is a ndarray.*transform_input=\['X_target'\]"
    with pytest.raises(TypeError, match=message):
        validate_domains(Plain(), source, Xt)
    with pytest.raises(ValueError, match="same names in another order"):
        validate_domains(Plain(), source, pd.DataFrame(Xt, columns=["b", "a", "c"]))
    with pytest.raises(ValueError, match="only in X: 'c'; only in X_target: 'd'"):
        validate_domains(Plain(), source, pd.DataFrame(Xt, columns=["a", "b", "d"]))
    wide = pd.DataFrame(rng.normal(size=(4, 9)), columns=list("abcdefghi"))
    with pytest.raises(ValueError, match=r"'e' and 4 more"):
        validate_domains(Plain(), wide, wide.rename(columns=str.upper))


def test_bare_target_as_long_as_the_source_warns_and_a_tuple_does_not():
    same = rng.normal(size=X.shape)
    with pytest.warns(AmbiguousTargetWarning, match=r"Pass X_target=\(X_target,\)"):
        validate_domains(Plain(), X, same)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validate_domains(Plain(), X, (same,))
        validate_domains(Plain(), X, Xt)


def test_raw_target_beside_a_standardised_source_warns():
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for dtype in (np.float64, np.float32):
        with pytest.warns(TargetNotTransformedWarning, match=r"transform_input=\['X_target'\]"):
            validate_domains(Plain(), Z.astype(dtype), Xt + 500)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validate_domains(Plain(), Z, Xt + 50)
        validate_domains(Plain(), X, Xt + 500)
        validate_domains(Plain(), Z[:1], Xt + 500)


def test_target_with_columns_of_its_own():
    source = pd.DataFrame(X, columns=["a", "b", "c"])
    target = pd.DataFrame(Xt[:, :2], columns=["d", "e"])
    adapter = Apart().fit(source, X_target=(target[:5], target[5:]))
    assert (adapter.n_features_in_, adapter.n_features_target_) == (3, 2)
    assert list(adapter.feature_names_in_) == ["a", "b", "c"]
    assert list(adapter.feature_names_target_) == ["d", "e"]
    assert_array_equal(adapter.transform(target), target)
    assert_array_equal(adapter.transform_source(source), source)
    with pytest.raises(ValueError, match="feature names should match"):
        adapter.transform(source)
    with pytest.raises(ValueError, match="feature names should match"):
        adapter.transform_source(target)
    adapter.fit(source, X_target=Xt[:, :2])  # a table beside an array: nothing to compare
    assert not hasattr(adapter, "feature_names_target_")
    assert_array_equal(adapter.transform(Xt[:, :2]), Xt[:, :2])
    with pytest.raises(ValueError, match="X has 3 features, but Apart is expecting 2 features"):
        adapter.transform(X)


def test_target_without_rows_has_the_columns_of_the_source():
    adapter = Apart().fit(pd.DataFrame(X, columns=["a", "b", "c"]))
    assert adapter.n_features_target_ == 3
    assert list(adapter.feature_names_target_) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((Xt[:, :2], Xt), r"X_target has 3 features, but X_target\[0\] has 2"),
        ([[1.0, 2.0], [1.0]], "ragged list, with rows of 1 to 2 values"),
        ([Xt, Xt], "X_target is a list of tables"),
        ((Xt[:, :2], None), r"X_target\[1\] is None"),
        (np.full((3, 2), np.nan), "Input X_target contains NaN"),
        (Xt[:, 0], "Expected 2D array|Unable to find the number of features"),
    ],
)
def test_targets_with_columns_of_their_own_that_are_refused(value, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Apart().fit(X, X_target=value)


def test_path_is_no_target_corpus(tmp_path):
    with pytest.raises(ValueError, match="is a single PosixPath|is a single WindowsPath"):
        target_parts((tmp_path,), "X_target")


def test_source_domains_are_one_name_per_row():
    assert validate_source_domains(None, 3) is None
    domains = validate_source_domains(pd.Series(["a", "b", "a"], index=[7, 8, 9]), 3)
    assert domains.dtype == object
    assert domains.tolist() == ["a", "b", "a"]
    assert validate_source_domains([1, 2], 2).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        (
            ["a", "b"],
            r"source_domains must name one corpus for each of the 3 rows, got shape \(2,\)",
        ),
        ("abc", r"got shape \(\)"),
        ([["a"], ["b"], ["c"]], r"got shape \(3, 1\)"),
        (["a", None, "c"], "source_domains lacks the corpus of 1 of 3 rows"),
        (
            pd.Series(["a", np.nan, pd.NA]),
            "lacks the corpus of 2 of 3 rows .* leave source_domains",
        ),
    ],
)
def test_wrong_source_domains(domains, message):
    with pytest.raises(ValueError, match=message):
        validate_source_domains(domains, 3)
