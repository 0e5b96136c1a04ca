import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

import featuretransfer as ft
from featuretransfer import CORAL, FineTunedClassifier, PretrainedEncoder
from featuretransfer.selection import source_scorer
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 10, random_state=0)
X = DATA.X_source


def squares(X):
    return X[:, :3] ** 2


@pytest.mark.oracle("PretrainedEncoder")
def test_codes_are_those_of_the_encoder():
    assert_array_equal(PretrainedEncoder(squares).fit_transform(X), squares(X))
    pca = PCA(4).fit(DATA.X_target)
    encoder = PretrainedEncoder(FrozenEstimator(pca))
    assert_array_equal(encoder.fit_transform(X), pca.transform(X))
    model = FineTunedClassifier(n_hidden=5, random_state=0).fit(X, DATA.speakers_source)
    assert_array_equal(PretrainedEncoder(model.encode).fit_transform(X), model.encode(X))


@pytest.mark.oracle("PretrainedEncoder")
def test_no_encoder_leaves_features_as_they_are():
    assert_array_equal(PretrainedEncoder().fit_transform(X), X)


@pytest.mark.parametrize("encoder", [squares, FrozenEstimator(PCA(4).fit(X.astype(np.float64)))])
def test_dtype_and_names(encoder):
    for dtype in (np.float32, np.float64):
        assert PretrainedEncoder(encoder).fit_transform(X.astype(dtype)).dtype == dtype
    names = PretrainedEncoder(encoder).fit(X).get_feature_names_out()
    assert list(names)[:2] == ["pretrainedencoder0", "pretrainedencoder1"]
    frame = pd.DataFrame(X, columns=[f"F{i}" for i in range(10)], index=np.arange(80) + 3)
    out = PretrainedEncoder(squares).set_output(transform="pandas").fit_transform(frame)
    assert list(out.index) == list(frame.index)


def test_a_transformer_gets_rows_as_they_were_given():
    frame = pd.DataFrame(X, columns=[f"F{i}" for i in range(10)])
    pca = PCA(4).set_output(transform="pandas").fit(frame)
    found = PretrainedEncoder(FrozenEstimator(pca)).fit_transform(frame)  # no warning of names
    assert_array_equal(found, pca.transform(frame).to_numpy())


def test_one_row_is_enough_to_fit():
    assert PretrainedEncoder(squares).fit(X[:1]).transform(X).shape == (80, 3)


def test_clones_searches_and_pickles_keep_a_frozen_encoder():
    speakers = FineTunedClassifier(n_hidden=8, random_state=0).fit(X, DATA.speakers_source)
    encoders = [
        PretrainedEncoder(speakers.encode),
        PretrainedEncoder(FrozenEstimator(PCA(3).fit(X))),
    ]
    pipeline = ft.make_pipeline(encoders[0], CORAL(), LogisticRegression(max_iter=5000))
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            pipeline,
            {"pretrainedencoder": [PretrainedEncoder(), *encoders]},
            scoring=source_scorer("balanced_accuracy"),
            error_score="raise",
        ).fit(X, DATA.y_source, X_target=(DATA.X_target,))
        pipeline.fit(X, DATA.y_source, X_target=(DATA.X_target,))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    # the target passes the encoder on its way to the adapter
    coral = CORAL().fit(speakers.encode(X), X_target=speakers.encode(DATA.X_target))
    assert_allclose(
        pipeline[:-1].transform(DATA.X_target), coral.transform(speakers.encode(DATA.X_target))
    )
    restored = pickle.loads(pickle.dumps(clone(encoders[0]).fit(X)))
    assert_array_equal(restored.transform(X), speakers.encode(X))


def test_codes_of_another_task_serve_the_target():
    """What tells many speakers apart tells classes apart that are made of the same directions."""
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(3, 200))
    speaker = rng.integers(0, 20, 1000)
    X = rng.normal(size=(20, 3))[speaker] @ basis + 6 * rng.normal(size=(1000, 200))
    label = rng.integers(0, 2, 300)
    Z = rng.normal(size=(300, 3)) + np.array([[-1, 0, 1], [1, 0, -1]])[label]
    Z = Z @ basis + 6 * rng.normal(size=(300, 200))
    model = FineTunedClassifier(n_hidden=8, activation="identity", random_state=0).fit(X, speaker)
    scores = []
    for encoder in (PretrainedEncoder(), PretrainedEncoder(model.encode)):
        rows, found = encoder.fit_transform(Z), []
        for start in range(0, 300, 10):  # ten rows are labelled, thirty times
            few = slice(start, start + 10)
            found.append(LogisticRegression().fit(rows[few], label[few]).score(rows, label))
        scores.append(np.mean(found))
    assert scores[1] > scores[0] + 0.05


@pytest.mark.parametrize(
    "encoder",
    [
        lambda X: X - X.mean(axis=0),
        lambda X: X / np.linalg.norm(X),
        lambda X, rng=np.random.default_rng(0): X * rng.integers(0, 2, X.shape),  # noqa: B008
    ],
)
def test_an_encoder_that_looks_at_other_rows_or_draws_is_refused(encoder):
    with pytest.raises(ValueError, match="encoder must map every row by itself, always alike"):
        PretrainedEncoder(encoder).fit(X)


@pytest.mark.parametrize(
    ("encoder", "error", "message"),
    [
        (3, TypeError, "encoder must be a callable, a fitted transformer or the path of an ONNX"),
        ("nowhere.onnx", FileNotFoundError, "nowhere.onnx"),
        (PCA(2), NotFittedError, r"encoder=FrozenEstimator\(transformer\)"),
        (lambda X: X[:1], ValueError, "one row of codes for every row, got 1 for 2"),
        (lambda X: X[:, 0], ValueError, "Expected 2D array, got 1D array"),
        (lambda X: X / 0 * 0, ValueError, "Input codes contains NaN"),
        (FrozenEstimator(PCA(2).fit(X[:, :4])), ValueError, "X has 10 features, but PCA is"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_encodes_nothing_is_refused(encoder, error, message):
    with pytest.raises(error, match=message):
        PretrainedEncoder(encoder).fit(X)
