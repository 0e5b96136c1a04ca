import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from featuretransfer import SparseAutoencoderTransfer, make_pipeline
from featuretransfer.representation._autoencoder_options import options_of
from featuretransfer.representation._column_scales import standard
from featuretransfer.representation._sparse_layer import Sparsity, fit_sparse_layer
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SETTINGS = {"n_hidden": 12, "max_iter": 300, "random_state": 0}


def corpora(n_labelled=10, **changes):
    """Corpora with some labelled target rows of each class."""
    data = make_shifted_corpora(120, 200, 8, random_state=0, **changes)
    data.known = np.full(200, None)
    for label in np.unique(data.y_source):
        rows = np.flatnonzero(data.y_target == label)[:n_labelled]
        data.known[rows] = label
    return data


def fitted(data, **changes):
    model = SparseAutoencoderTransfer(**{**SETTINGS, **changes})
    return model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=data.known)


def class_means(rows, labels):
    return {label: rows[labels == label].mean(axis=0) for label in np.unique(labels)}


@pytest.mark.oracle("SparseAutoencoderTransfer")
def test_every_class_is_restored_by_an_autoencoder_of_its_labelled_target_rows():
    data = corpora()
    model = fitted(data, rho=0.2, beta=0.5)
    scale = standard(np.concatenate([data.X_source, data.X_target]))
    options = options_of(model, activation="sigmoid", tied=False, corruption="mask", noise=0.0)
    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    streams = np.random.default_rng(seeds).spawn(4)
    restored = model.transform_source(data.X_source)
    for label, stream in zip(np.unique(data.y_source), streams):
        layer, _ = fit_sparse_layer(
            data.X_target[data.known == label],
            12,
            options,
            Sparsity(0.2, 0.5),
            stream,
            scale,
        )
        rows = data.y_source == label
        code = 1 / (
            1 + np.exp(-(scale(data.X_source[rows]) @ layer.encoder.weights + layer.encoder.biases))
        )
        expected = code @ layer.decoder.weights + layer.decoder.biases
        assert_allclose(restored[rows], expected * scale.scale + scale.center, atol=1e-4)


@pytest.mark.oracle("SparseAutoencoderTransfer")
def test_much_weight_decay_puts_the_labelled_target_mean_in_the_place_of_every_row():
    data = corpora()
    restored = fitted(data, alpha=1e3, max_iter=2000).transform_source(data.X_source)
    labelled = data.known != None  # noqa: E711 (elementwise)
    means = class_means(data.X_target[labelled], data.known[labelled].astype(str))
    spread = data.X_target.std(axis=0)
    for label, mean in means.items():
        away = (restored[data.y_source == label] - mean) / spread
        assert np.abs(away).max() < 0.05


@pytest.mark.parametrize("shift", ["channel", "location"])
def test_source_classes_come_closer_to_those_of_the_target(shift):
    data = corpora(n_labelled=15, shift=shift)
    target = class_means(data.X_target, data.y_target)
    away = []
    for rows in (data.X_source, fitted(data).transform_source(data.X_source)):
        means = class_means(rows, data.y_source)
        away.append(np.mean([np.linalg.norm(means[label] - target[label]) for label in target]))
    assert away[1] < 0.5 * away[0]


def test_target_rows_stay_as_they_are():
    data = corpora()
    assert_array_equal(fitted(data).transform(data.X_target), data.X_target)


def test_a_class_learns_from_its_own_labels_alone():
    data = corpora()
    first = fitted(data).transform_source(data.X_source)
    other = np.flatnonzero((data.y_target == "class3") & (data.known == None))  # noqa: E711
    data.known[other[:5]] = "class3"
    second = fitted(data).transform_source(data.X_source)
    same = data.y_source != "class3"
    assert_array_equal(first[same], second[same])
    assert not np.allclose(first[~same], second[~same])


def test_new_source_rows_take_the_class_of_the_nearest():
    data = corpora(separation=4)
    rng = np.random.default_rng(0)
    model = fitted(data)
    new = data.X_source + 1e-3 * rng.normal(size=data.X_source.shape)
    seen, unseen = (model.transform_source(rows) for rows in (data.X_source, new))
    assert_allclose(unseen, seen, atol=0.05)
    far = new[:5] + 1e3  # still one of the classes
    assert np.isfinite(model.transform_source(far)).all()


def test_equal_rows_of_several_classes_become_a_mean_in_any_order():
    """Once class1, twice class2, once class3, which has too few labelled rows to be restored."""
    data = corpora()
    data.X_source[[3, 50, 51, 90]] = data.X_source[3]
    data.y_source[[3, 50, 51, 90]] = ["class1", "class2", "class2", "class3"]
    data.known[data.known == "class3"] = None
    with pytest.warns(UserWarning, match="'class3' has 0"):
        model = fitted(data)
    restored, row = model.transform_source(data.X_source), data.X_source[[3]]
    by_class = [layer.decode(layer.encode(row)) for layer in model.layers_[1:3]]
    expected = (by_class[0] + 2 * by_class[1] + row) / 4
    assert_allclose(restored[[3, 50, 51, 90]], np.repeat(expected, 4, axis=0), rtol=1e-6)
    assert not np.allclose(by_class[0], by_class[1])
    order = np.random.default_rng(0).permutation(120)
    data.X_source, data.y_source = data.X_source[order], data.y_source[order]
    with pytest.warns(UserWarning, match="'class3' has 0"):
        permuted = fitted(data)
    assert_allclose(permuted.transform_source(data.X_source), restored[order], rtol=1e-6)


@pytest.mark.parametrize("min_rows", [1, 5])
def test_classes_with_few_labelled_rows_stay_as_they_are(min_rows):
    data = corpora()
    few = np.flatnonzero(data.known == "class1")[3:]
    data.known[few] = None
    data.known[data.known == "class2"] = None
    message = "'class1' has 3, 'class2' has 0" if min_rows == 5 else ": 'class2' has 0"
    with pytest.warns(UserWarning, match=f"min_rows={min_rows}.*{message}. Label more"):
        model = fitted(data, min_rows=min_rows)
    assert_array_equal(model.n_labelled_, [10, 3, 0, 10])
    restored = model.transform_source(data.X_source)
    for number, label in enumerate(model.classes_):
        rows = data.y_source == label
        kept = model.n_labelled_[number] < min_rows
        assert (model.layers_[number] is None) == kept
        assert np.array_equal(restored[rows], data.X_source[rows]) == kept
        assert (model.loss_curves_[number] == []) == kept


def test_without_labelled_target_rows_nothing_changes():
    data = corpora()
    plain = SparseAutoencoderTransfer().fit(data.X_source)
    assert_array_equal(plain.transform_source(data.X_source), data.X_source)
    for metadata in ({}, {"y_target": np.full(200, None)}):
        with pytest.warns(UserWarning, match="No row of X_target is labelled.*Pass y_target"):
            model = SparseAutoencoderTransfer().fit(
                data.X_source, data.y_source, X_target=data.X_target, **metadata
            )
        assert_array_equal(model.transform_source(data.X_source), data.X_source)
        assert model.layers_ is None


def test_one_class():
    data = corpora()
    rows = data.y_source == "class1"
    known = np.where(data.known == "class1", "class1", None)
    model = SparseAutoencoderTransfer(**SETTINGS).fit(
        data.X_source[rows], data.y_source[rows], X_target=data.X_target, y_target=known
    )
    assert not np.allclose(model.transform_source(data.X_source), data.X_source)


def test_held_out_rows_may_decide_when_to_stop():
    data = corpora(n_labelled=40)
    lengths = [fitted(data, validation_fraction=fraction).n_iter_ for fraction in (0.0, 0.3)]
    assert lengths[1] < lengths[0]


@pytest.mark.filterwarnings("ignore:No row of X_target is labelled")
def test_in_a_pipeline_with_labelled_target_rows():
    data = corpora(n_labelled=15, strength=1.5)
    scores = []
    with sklearn.config_context(enable_metadata_routing=True):
        for labels in (data.known, np.full(200, None)):
            model = make_pipeline(
                SparseAutoencoderTransfer(**SETTINGS), LogisticRegression(max_iter=1000)
            )
            model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=labels)
            scores.append(model.score(data.X_target, data.y_target))
    assert scores[0] > scores[1]


def test_labels_need_rows():
    data = corpora()
    with pytest.raises(ValueError, match="y_target was given without X_target"):
        SparseAutoencoderTransfer().fit(data.X_source, data.y_source, y_target=data.known)


def test_classes_of_the_target_must_be_those_of_the_source():
    data = corpora()
    data.known[0] = "other"
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'other'"):
        fitted(data)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_hidden", 0, "n_hidden must be an integer >= 1, got 0"),
        ("rho", 0.0, "rho must be a number > 0 and < 1, got 0.0"),
        ("rho", 1.0, "rho must be a number > 0 and < 1, got 1.0"),
        ("beta", -1.0, "beta must be a number >= 0, got -1.0"),
        ("min_rows", 0, "min_rows must be an integer >= 1, got 0"),
        ("alpha", np.inf, "alpha must be a number >= 0, got inf"),
        ("max_iter", 1.5, "max_iter must be an integer >= 1, got 1.5"),
    ],
)
def test_bad_parameters(name, value, message):
    with pytest.raises(ValueError, match=message):
        fitted(corpora(), **{name: value})


def test_the_warning_points_at_the_call_of_fit():
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.repeat([0, 1], 10)
    model = SparseAutoencoderTransfer(n_hidden=2, max_iter=1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="max_iter=1 epochs") as caught:
        model.fit(X, y, X_target=(X + 1,), y_target=(y,))
    assert caught[0].filename == __file__
