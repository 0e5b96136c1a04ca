import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from featuretransfer import ExtractionError, OpenSmile, extract_features


class RememberTarget(TransformerMixin, BaseEstimator):
    __metadata_request__fit = {"X_target": True}

    def fit(self, X, y=None, *, X_target=None):
        self.X_target_ = X_target
        return self

    def transform(self, X):
        return X


def test_equals_the_function(files):
    features = OpenSmile("IS09").fit_transform(files)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, extract_features(files, "IS09"))


@pytest.mark.parametrize(
    "kind",
    [
        list,
        np.array,
        pd.Series,
        lambda files: np.array(files, dtype=object)[:, None],
        lambda files: pd.DataFrame({"file": files}),
    ],
)
def test_kinds_of_input(kind, files):
    np.testing.assert_array_equal(
        OpenSmile("GeMAPSv01b").transform(kind(files)),
        extract_features(files, "GeMAPSv01b"),
    )


def test_two_columns_are_refused(files):
    with pytest.raises(ValueError, match="one column of paths, got 2"):
        OpenSmile().transform(np.array(files).reshape(3, 2))


def test_names_and_pandas_output(files):
    smile = OpenSmile("GeMAPSv01b").set_output(transform="pandas")
    table = smile.fit_transform(pd.Series(files, index=range(10, 16)))
    assert list(table.columns) == list(smile.get_feature_names_out())
    assert list(table.columns) == list(extract_features(files, "GeMAPSv01b").columns)
    assert list(table.index) == list(range(10, 16))


def test_scikit_learn_manners(files):
    smile = OpenSmile("GeMAPSv01b", n_jobs=2)
    check_is_fitted(smile)
    tags = get_tags(smile)
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert not tags.requires_fit
    copy = pickle.loads(pickle.dumps(clone(smile)))
    assert copy.get_params() == smile.get_params()
    np.testing.assert_array_equal(copy.transform(files), smile.transform(files))


def test_first_step_of_a_pipeline_with_a_target(files):
    remember = RememberTarget()
    pipe = Pipeline(
        [
            ("smile", OpenSmile("GeMAPSv01b")),
            ("scale", StandardScaler()),
            ("remember", remember),
            ("clf", SVC()),
        ],
        transform_input=["X_target"],
    )
    with sklearn.config_context(enable_metadata_routing=True):
        pipe.fit(files[:4], ["a", "b", "a", "b"], X_target=(files[4:],))
    (seen,) = remember.X_target_
    scaler = StandardScaler().fit(extract_features(files[:4], "GeMAPSv01b").to_numpy())
    np.testing.assert_array_equal(
        seen, scaler.transform(extract_features(files[4:], "GeMAPSv01b").to_numpy())
    )
    assert len(pipe.predict(files)) == 6


def test_cross_validation_slices_the_list(files):
    pipe = Pipeline([("smile", OpenSmile("GeMAPSv01b")), ("clf", SVC())])
    assert len(cross_val_predict(pipe, files, ["a", "b"] * 3, cv=2)) == 6


def test_rows_stay_where_they_are(files, tmp_path):
    mixed = [files[0], str(tmp_path / "gone.wav"), files[1]]
    with pytest.raises(ExtractionError, match="gone.wav"):
        OpenSmile("GeMAPSv01b").transform(mixed)
    with pytest.warns(UserWarning, match="1 of 3 files have no features and became rows of NaN"):
        features = OpenSmile("GeMAPSv01b", on_error="nan").transform(mixed)
    assert np.isnan(features[1]).all()
    np.testing.assert_array_equal(features[[0, 2]], extract_features(files[:2], "GeMAPSv01b"))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"feature_set": "IS99"}, "feature_set must be one of"),
        ({"sampling_rate": 1.5}, "sampling_rate must be"),
        ({"on_error": "skip"}, "on_error must be 'raise' or 'nan', got 'skip'"),
    ],
)
def test_wrong_parameters_are_refused_in_fit(parameters, message):
    with pytest.raises(ValueError, match=message):
        OpenSmile(**parameters).fit(["a.wav"])
