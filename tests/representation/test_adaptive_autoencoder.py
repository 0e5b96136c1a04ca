import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from featuretransfer import AdaptiveDenoisingAutoencoder, DenoisingAutoencoder
from featuretransfer._network import Schedule
from featuretransfer._training import generator
from featuretransfer.representation._denoising import (
    Options,
    initial_parameters,
    mask,
    reconstruction,
    standardise,
)
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
    return AdaptiveDenoisingAutoencoder(**{**SETTINGS, **changes}).fit(X, X_target=X_target)


def distance(model, beta=1.0):
    return np.linalg.norm(model.coef_ - beta * model.target_layer_.encoder.weights)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_loss_and_its_gradient_in_float64(tied, activation):
    rng = np.random.default_rng(0)
    shapes = [(6, 4), (4,), (6,)] + [(4, 6)] * (not tied)
    values = [rng.normal(size=shape) for shape in shapes]
    centers = {i: rng.normal(size=shape) for i, shape in enumerate(shapes) if i != 1}
    clean, corrupted = rng.normal(size=(9, 6)), rng.normal(size=(9, 6))
    options = Options(activation, mask, 0.2, tied, 0.3, 0.0, 0.1, Schedule(1e-3, 64, 9, 9, 1e-4))

    def loss():
        return reconstruction(values, corrupted, clean, options, centers=centers)[0]

    plain = [*options.__dict__.values()]
    plain[4] = 0.0  # no decay
    error = reconstruction(values, corrupted, clean, Options(*plain))[0]
    pull = 0.15 * sum(np.sum((values[i] - center) ** 2) for i, center in centers.items())
    assert loss() == pytest.approx(error + pull, rel=1e-12)
    gradients = reconstruction(values, corrupted, clean, options, centers=centers)[1]
    for value, gradient in zip(values, gradients):
        numeric = np.empty_like(value)
        for index in np.ndindex(value.shape):
            original, losses = value[index], []
            for step in (1e-5, -1e-5):
                value[index] = original + step
                losses.append(loss())
            value[index] = original
            numeric[index] = (losses[0] - losses[1]) / 2e-5
        assert np.linalg.norm(numeric - gradient) < 1e-6 * np.linalg.norm(gradient)


@pytest.mark.oracle("AdaptiveDenoisingAutoencoder")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_without_the_target_weights_it_is_a_denoising_autoencoder_bit_for_bit(tied, seed):
    X, X_target = standard_rows(80, 0), standard_rows(60, 1)
    changes = {"tied": tied, "random_state": seed}
    model = fitted(X, X_target, beta=0.0, strength=0.3, **changes)
    plain = DenoisingAutoencoder(**{**SETTINGS, **changes}, alpha=0.3).fit(X)
    assert_array_equal(model.coef_, plain.coefs_[0])
    assert_array_equal(model.intercept_, plain.intercepts_[0])
    assert_array_equal(model.transform(X_target), plain.transform(X_target))
    assert [model.validation_curve_] == plain.validation_curves_


@pytest.mark.parametrize("tied", [True, False])
def test_prior_is_a_denoising_autoencoder_of_the_target_bit_for_bit(tied):
    X, X_target = standard_rows(80, 0), standard_rows(60, 1)
    model = fitted(X, X_target, tied=tied, alpha=0.01)
    plain = DenoisingAutoencoder(**SETTINGS, tied=tied, alpha=0.01).fit(X_target)
    assert_array_equal(model.target_layer_.encoder.weights, plain.coefs_[0])
    assert_array_equal(model.target_layer_.decoder.weights, plain.layers_[0].decoder.weights)
    assert [model.target_loss_curve_] == plain.loss_curves_
    assert model.n_iter_ == plain.n_iter_ + len(model.loss_curve_)


@pytest.mark.oracle("AdaptiveDenoisingAutoencoder")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("tie_biases", [False, True])
def test_infinite_strength_gives_the_weights_of_the_target(tied, tie_biases):
    X, X_target = standard_rows(80, 0), standard_rows(60, 1)
    model = fitted(X, X_target, strength=np.inf, tied=tied, tie_biases=tie_biases)
    prior = model.target_layer_
    assert_array_equal(model.coef_, prior.encoder.weights)
    assert_array_equal(model.layer_.decoder.weights, prior.decoder.weights)
    codes = DenoisingAutoencoder(**SETTINGS, tied=tied).fit(X_target).transform(X_target)
    assert np.array_equal(model.transform(X_target), codes) == tie_biases


@pytest.mark.parametrize("beta", [0.5, 1.0])
@pytest.mark.parametrize("tie_biases", [False, True])
def test_the_limit_is_approached(beta, tie_biases):
    data = make_shifted_corpora(80, 60, random_state=0)
    changes = {"beta": beta, "tie_biases": tie_biases, "max_iter": 200}
    models = [
        fitted(data.X_source, data.X_target, strength=strength, **changes)
        for strength in (0.0, 1.0, 100.0, 1e4, np.inf)
    ]
    distances = [distance(model, beta) for model in models]
    assert np.all(np.diff(distances) <= 0)
    assert distances[3] < 0.05 * np.linalg.norm(models[3].coef_)
    assert distances[4] == 0
    assert_allclose(models[3].coef_, models[4].coef_, atol=0.02)


def test_optimum_balances_the_gradient_and_the_pull():
    data = make_shifted_corpora(60, 50, n_features=6, random_state=0)
    model = fitted(
        data.X_source,
        data.X_target,
        n_hidden=3,
        beta=0.7,
        noise=0.0,
        tied=False,
        batch_size=60,
        max_iter=5000,
        n_iter_no_change=500,
        tol=0.0,
        validation_fraction=0,
    )
    layer, prior = model.layer_, model.target_layer_
    values = [layer.encoder.weights, layer.encoder.biases, layer.decoder.biases]
    values = [value.astype(np.float64) for value in [*values, layer.decoder.weights]]
    options = Options("tanh", mask, 0.0, False, 0.0, 0.0, 0.0, Schedule(1e-3, 64, 9, 9, 1e-4))
    rows = standardise(data.X_source, layer.scale).astype(np.float64)
    gradients = reconstruction(values, rows, rows, options)[1]
    for position, target in ((0, prior.encoder.weights), (3, prior.decoder.weights)):
        pull = values[position] - 0.7 * target
        assert np.linalg.norm(pull) > 0.1
        assert_allclose(gradients[position], -pull, atol=0.01 * np.abs(pull).max())
    for position in (1, 2):
        assert_allclose(gradients[position], 0, atol=5e-3)


@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0])
def test_training_starts_between_the_first_weights_and_those_of_the_target(beta):
    n_epochs = 20  # a step each on the source, forty on the target
    model = fitted(
        standard_rows(2, 0), standard_rows(2560, 1), beta=beta, strength=0.0, max_iter=n_epochs
    )
    first = initial_parameters(8, 6, True, generator(0))[0]
    prior = model.target_layer_.encoder.weights
    assert np.abs(prior - first).max() > 0.2
    start = beta * prior + (1 - beta) * first
    assert 0 < np.abs(model.coef_ - start).max() <= 1.01e-3 * n_epochs  # Adam's longest steps


def test_without_target_it_is_a_denoising_autoencoder():
    X = make_shifted_corpora(80, 60, random_state=0).X_source
    model = fitted(X, None, alpha=0.02, strength=5.0)
    plain = DenoisingAutoencoder(**SETTINGS, alpha=0.02).fit(X)
    assert_array_equal(model.transform(X), plain.transform(X))
    assert_array_equal(model.reconstruct(X), plain.reconstruct(X))
    assert model.target_layer_ is None
    assert model.target_loss_curve_ == []


def test_both_domains_are_standardised_together():
    data = make_shifted_corpora(80, 60, random_state=0)
    model = fitted(data.X_source, data.X_target)
    pooled = np.concatenate([data.X_source, data.X_target])
    for layer in (model.layer_, model.target_layer_):
        assert_allclose(layer.scale.center, pooled.mean(axis=0))
        assert_allclose(layer.scale.scale, pooled.std(axis=0))


def test_the_target_is_restored_better_the_stronger_it_pulls():
    data = make_shifted_corpora(200, 180, random_state=0)
    errors = []
    for strength in (0.01, 1.0, 100.0):
        model = fitted(
            data.X_source, data.X_target, strength=strength, tie_biases=True, max_iter=400
        )
        lost = (model.reconstruct(data.X_target) - data.X_target) / model.layer_.scale.scale
        errors.append(np.mean(lost**2))
    assert errors[0] > errors[1] > errors[2]


def test_numbers_of_numpy_are_as_good():
    data = make_shifted_corpora(60, 40, random_state=0)
    plain = fitted(data.X_source, data.X_target, beta=0.5, strength=0.5)
    other = fitted(data.X_source, data.X_target, beta=np.float64(0.5), strength=np.float64(0.5))
    assert other.coef_.dtype == np.float32
    assert_allclose(other.coef_, plain.coef_, atol=1e-4)


def test_too_few_epochs_of_either_warn():
    data = make_shifted_corpora(40, 30, random_state=0)
    with pytest.warns(ConvergenceWarning, match="AdaptiveDenoisingAutoencoder.*max_iter=2"):
        fitted(data.X_source, data.X_target, max_iter=2)


def test_progress_names_the_domain(capsys):
    data = make_shifted_corpora(40, 30, random_state=0)
    fitted(data.X_source, data.X_target, max_iter=1, verbose=True)
    fitted(data.X_source, None, max_iter=1, verbose=True)
    starts = [line.split("epoch")[0] for line in capsys.readouterr().out.splitlines()]
    name = "AdaptiveDenoisingAutoencoder"
    assert starts == [f"{name}, target, ", f"{name}, source, ", f"{name}, "]


def test_tie_biases_is_true_or_false():
    with pytest.raises(TypeError, match="tie_biases must be True or False, got 'no'"):
        fitted(np.eye(5), None, tie_biases="no")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_hidden", (5, 3), r"n_hidden must be an integer >= 1, got \(5, 3\)"),
        ("strength", -1.0, "strength must be a number >= 0, got -1.0"),
        ("strength", np.nan, "strength must be a number >= 0, got nan"),
        ("beta", 1.5, "beta must be a number from 0 to 1, got 1.5"),
        ("beta", True, "beta must be a number from 0 to 1, got True"),
        ("corruption", "salt", r"corruption must be a callable or one of \['mask', 'gaussian'\]"),
        ("noise", 1.0, "noise must be a number >= 0 and < 1, got 1.0"),
        ("activation", "elu", "activation must be one of"),
        ("alpha", -1.0, "alpha must be a number"),
        ("learning_rate", 0.0, "learning_rate must be a number > 0"),
        ("validation_fraction", 1.0, "validation_fraction must be a number"),
    ],
)
def test_bad_parameters(name, value, message):
    data = make_shifted_corpora(30, 20, random_state=0)
    with pytest.raises(ValueError, match=message):
        fitted(data.X_source, data.X_target, **{name: value})
