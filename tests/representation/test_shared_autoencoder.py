import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer import DenoisingAutoencoder, SharedHiddenLayerAutoencoder
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SETTINGS = {"n_hidden": 6, "max_iter": 30, "random_state": 0}


def standard_rows(n_rows, seed, n_features=8):
    """Rows of exactly mean 0 and standard deviation 1, so that every scale is exactly 1."""
    half = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_rows // 2, n_features))
    half[:, 1] = half[:, 0]  # something to learn
    half[:, 3] = -half[:, 2]
    return np.concatenate([half, -half])


def fitted(X, X_target, **changes):
    return SharedHiddenLayerAutoencoder(**{**SETTINGS, **changes}).fit(X, X_target=X_target)


@pytest.mark.oracle("SharedHiddenLayerAutoencoder")
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("n_source", [80, 12])
def test_without_the_target_it_is_an_autoencoder_of_the_source_bit_for_bit(seed, n_source):
    X, X_target = standard_rows(n_source, 0), standard_rows(60, 1)
    changes = {"alpha": 0.1, "random_state": seed}
    model = fitted(X, X_target, gamma=0.0, **changes)
    plain = DenoisingAutoencoder(**{**SETTINGS, **changes}, tied=False).fit(X)
    assert_array_equal(model.coef_, plain.coefs_[0])
    assert_array_equal(model.layer_.decoder.weights, plain.layers_[0].decoder.weights)
    assert_array_equal(model.transform(X_target), plain.transform(X_target))
    assert [model.loss_curve_] == plain.loss_curves_
    assert [model.validation_curve_] == plain.validation_curves_


def test_a_small_weight_of_the_target_is_close_to_none():
    data = make_shifted_corpora(80, 60, random_state=0)
    none, small, one = (
        fitted(data.X_source, data.X_target, gamma=gamma) for gamma in (0.0, 1e-4, 1.0)
    )
    away = [np.abs(model.coef_ - none.coef_).max() for model in (small, one)]
    assert 0 < away[0] < 0.1 * away[1]


@pytest.mark.oracle("SharedHiddenLayerAutoencoder")
def test_what_the_decoders_absorb_is_not_in_the_code():
    # both domains have three dimensions, but not the same: a code of three numbers restores both
    # with two decoders, and loses much of either with one
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(700, 3))
    maps = rng.normal(size=(3, 9)), rng.normal(size=(3, 9))
    rows = [latent[:400] @ maps[0], latent[400:] @ maps[1]]
    changes = {
        "n_hidden": 3,
        "noise": 0.0,
        "activation": "identity",
        "alpha": 0.0,
        "learning_rate": 0.01,
        "max_iter": 1000,
        "validation_fraction": 0.0,
        "n_iter_no_change": 50,
        "random_state": 0,
    }
    two = SharedHiddenLayerAutoencoder(**changes).fit(rows[0], X_target=rows[1])
    one = DenoisingAutoencoder(**changes, tied=False).fit(rows[0], X_target=rows[1])
    lost = {}
    for name, layers in (
        ("two", (two.layer_, two.target_layer_)),
        ("one", (one.layers_[0], one.layers_[0])),
    ):
        restored = [layer.decode(layer.encode(part)) for layer, part in zip(layers, rows)]
        lost[name] = [np.mean((a - b) ** 2) / np.mean(b**2) for a, b in zip(restored, rows)]
    assert max(lost["two"]) < 0.01
    assert min(lost["one"]) > 0.1


def test_gamma_shifts_the_balance():
    data = make_shifted_corpora(100, 90, random_state=0)
    errors = []
    for gamma in (0.01, 1.0, 100.0):
        model = fitted(data.X_source, data.X_target, gamma=gamma, max_iter=200)
        layers = (model.layer_, data.X_source), (model.target_layer_, data.X_target)
        lost = [layer.decode(layer.encode(rows)) - rows for layer, rows in layers]
        errors.append([np.mean((part / model.layer_.scale.scale) ** 2) for part in lost])
    source, target = np.transpose(errors)
    assert target[0] > target[1] > target[2]
    assert source[2] > source[1]


def test_domains_count_alike_however_many_rows_they_have():
    changes = {"alpha": 0.0, "max_iter": 1, "noise": 0.0}
    for n_target in (12, 70, 400):
        rows = standard_rows(80, 0), standard_rows(n_target, 1)
        # before any step both errors are near half the variance
        alone, both = (fitted(*rows, gamma=gamma, **changes).loss_curve_[0] for gamma in (0.0, 2.0))
        assert both == pytest.approx(3 * alone, rel=0.1)


def test_one_encoder_two_decoders_and_a_common_scale():
    data = make_shifted_corpora(80, 60, random_state=0)
    model = fitted(data.X_source, data.X_target)
    source, target = model.layer_, model.target_layer_
    assert_array_equal(source.encoder.weights, target.encoder.weights)
    assert_array_equal(source.encoder.biases, target.encoder.biases)
    assert not np.allclose(source.decoder.weights, target.decoder.weights)
    pooled = np.concatenate([data.X_source, data.X_target])
    for layer in (source, target):
        assert_allclose(layer.scale.center, pooled.mean(axis=0))
        assert_allclose(layer.scale.scale, pooled.std(axis=0))


def test_without_target_it_is_a_denoising_autoencoder():
    X = make_shifted_corpora(80, 60, random_state=0).X_source
    model = fitted(X, None)
    plain = DenoisingAutoencoder(**SETTINGS, tied=False).fit(X)
    assert_array_equal(model.transform(X), plain.transform(X))
    assert model.target_layer_ is None


@pytest.mark.parametrize("n_target", [1, 19, 400])
def test_any_number_of_target_rows(n_target):
    data = make_shifted_corpora(80, n_target, random_state=0)
    model = fitted(data.X_source, data.X_target, max_iter=100)
    assert np.isfinite(model.coef_).all()
    layer = model.target_layer_
    lost = (layer.decode(layer.encode(data.X_target)) - data.X_target) / layer.scale.scale
    assert np.mean(lost**2) < 0.9 * np.mean(layer.scale(data.X_target) ** 2)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_hidden", 0, "n_hidden must be an integer >= 1, got 0"),
        ("gamma", -1.0, "gamma must be a number >= 0, got -1.0"),
        ("gamma", np.inf, "gamma must be a number >= 0, got inf"),
        ("corruption", "salt", r"corruption must be a callable or one of \['mask', 'gaussian'\]"),
        ("noise", 1.0, "noise must be a number >= 0 and < 1, got 1.0"),
        ("activation", "elu", "activation must be one of"),
        ("alpha", -1.0, "alpha must be a number"),
        ("batch_size", 0, "batch_size must be an integer >= 1"),
    ],
)
def test_bad_parameters(name, value, message):
    data = make_shifted_corpora(30, 20, random_state=0)
    with pytest.raises(ValueError, match=message):
        fitted(data.X_source, data.X_target, **{name: value})
