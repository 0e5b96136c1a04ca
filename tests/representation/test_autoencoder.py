import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import subspace_angles
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from featuretransfer import (
    AdaptiveDenoisingAutoencoder,
    DenoisingAutoencoder,
    SharedHiddenLayerAutoencoder,
    UniversumAutoencoder,
)
from featuretransfer._network import Schedule
from featuretransfer.representation._denoising import (
    Options,
    gaussian,
    layers_of,
    mask,
    reconstruction,
    reconstruction_loss,
)
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def options(**changes):
    defaults = {
        "activation": "tanh",
        "corrupt": mask,
        "noise": 0.2,
        "tied": True,
        "alpha": 0.1,
        "dropout": 0.0,
        "validation_fraction": 0.1,
        "schedule": Schedule(1e-3, 64, 10, 10, 1e-4),
    }
    return Options(**{**defaults, **changes})


def parameters(n_features, n_hidden, tied, rng):
    found = [
        rng.normal(size=(n_features, n_hidden)),
        rng.normal(size=n_hidden),
        rng.normal(size=n_features),
    ]
    return found if tied else [*found, rng.normal(size=(n_hidden, n_features))]


@pytest.mark.oracle("DenoisingAutoencoder")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_gradient_in_float64(tied, activation, dropout, alpha):
    rng = np.random.default_rng(0)
    values = parameters(6, 4, tied, rng)
    clean = rng.normal(size=(9, 6))
    corrupted = clean * rng.integers(0, 2, clean.shape)
    factors = (2.0 * rng.integers(0, 2, (9, 4)),) if dropout else ()
    how = options(activation=activation, tied=tied, alpha=alpha)
    _, gradients = reconstruction(values, corrupted, clean, how, factors)
    for value, gradient in zip(values, gradients, strict=True):
        numeric = np.empty_like(value)
        for index in np.ndindex(value.shape):
            original, losses = value[index], []
            for step in (1e-5, -1e-5):
                value[index] = original + step
                losses.append(reconstruction(values, corrupted, clean, how, factors)[0])
            value[index] = original
            numeric[index] = (losses[0] - losses[1]) / 2e-5
        assert np.linalg.norm(numeric - gradient) < 1e-6 * np.linalg.norm(gradient)


def test_loss_is_the_documented_one():
    rng = np.random.default_rng(0)
    W, b, c, V = parameters(5, 3, False, rng)
    clean, corrupted = rng.normal(size=(7, 5)), rng.normal(size=(7, 5))
    r = np.tanh(corrupted @ W + b) @ V + c
    error = np.sum((clean - r) ** 2) / 14
    how = options(tied=False)
    decay = 0.05 * (np.sum(W**2) + np.sum(V**2))
    assert reconstruction([W, b, c, V], corrupted, clean, how)[0] == pytest.approx(error + decay)
    assert reconstruction_loss([W, b, c, V], corrupted, clean, how) == pytest.approx(error)


def correlated_rows(n=400):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3)) * [3, 2, 1.5] @ rng.normal(size=(3, 8))
    return X + 0.3 * rng.normal(size=X.shape) + 5


def principal_basis(X, k):
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return Z, np.linalg.svd(Z, full_matrices=False)[2][:k].T


@pytest.mark.parametrize("tied", [True, False])
def test_linear_loss_is_minimal_at_the_principal_subspace(tied):
    Z, basis = principal_basis(correlated_rows(), 3)
    how = options(activation="identity", tied=tied, alpha=0.0)
    start = parameters(8, 3, tied, np.random.default_rng(1))
    shapes = [p.shape for p in start]
    cuts = np.cumsum([p.size for p in start])[:-1]

    def unpack(flat):
        return [part.reshape(shape) for part, shape in zip(np.split(flat, cuts), shapes)]

    def objective(flat):
        loss, gradients = reconstruction(unpack(flat), Z, Z, how)
        return loss, np.concatenate([g.ravel() for g in gradients])

    flat = 0.3 * np.concatenate([p.ravel() for p in start])
    best = minimize(objective, flat, jac=True, options={"maxiter": 5000, "gtol": 1e-10})
    decoder = layers_of(unpack(best.x), how)[1].weights
    assert np.rad2deg(subspace_angles(decoder.T, basis)).max() < 1e-2


@pytest.mark.oracle("DenoisingAutoencoder")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_minibatches_without_corruption_find_the_centred_principal_subspace(tied, seed):
    X = correlated_rows()
    model = DenoisingAutoencoder(
        n_hidden=3,
        noise=0.0,
        activation="identity",
        tied=tied,
        alpha=0.0,
        max_iter=1500,
        validation_fraction=0.0,
        n_iter_no_change=100,
        tol=0.0,
        random_state=seed,
    ).fit(X[:250], X_target=X[250:])
    Z, basis = principal_basis(X, 3)
    decoder = model.layers_[0].decoder.weights
    assert np.rad2deg(subspace_angles(decoder.T, basis)).max() < 5
    lost = np.sum(((model.reconstruct(X) - X) / X.std(axis=0)) ** 2)
    assert lost < 1.02 * np.sum((Z - Z @ basis @ basis.T) ** 2)


def test_corruptions():
    rng = np.random.default_rng(0)
    X = np.ones((400, 50), np.float32)
    masked = mask(X, 0.3, rng)
    assert set(np.unique(masked)) == {0.0, 1.0}
    assert abs(masked.mean() - 0.7) < 0.02
    noisy = gaussian(X, 0.5, rng)
    assert abs((noisy - X).std() - 0.5) < 0.02
    assert masked.dtype == noisy.dtype == np.float32


def test_corruption_is_fresh_in_every_step():
    drawn = []

    def remember(X, noise, rng):
        drawn.append(mask(X, noise, rng) == 0)
        return X

    data = make_shifted_corpora(35, 25, random_state=0)
    DenoisingAutoencoder(
        n_hidden=4, corruption=remember, batch_size=60, max_iter=3, validation_fraction=0
    ).fit(data.X_source, X_target=data.X_target)
    assert len(drawn) == 3
    assert not np.array_equal(drawn[0], drawn[1])


@pytest.mark.parametrize(
    "cls",
    [
        DenoisingAutoencoder,
        AdaptiveDenoisingAutoencoder,
        SharedHiddenLayerAutoencoder,
        UniversumAutoencoder,
    ],
)
def test_corruption_in_place_is_refused(cls):
    def in_place(X, noise, rng):
        X *= rng.random(X.shape) >= noise
        return X

    data = make_shifted_corpora(30, 20, random_state=0)
    for fraction in (0.0, 0.5):
        model = cls(corruption=in_place, validation_fraction=fraction)
        with pytest.raises(ValueError, match="read-only"):
            model.fit(data.X_source, data.y_source, X_target=data.X_target)


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.999])
def test_share_of_masked_values(noise):
    masked = mask(np.ones((1000, 1000), np.float32), noise, np.random.default_rng(0)) == 0
    assert abs(masked.mean() - noise) <= 4 * np.sqrt(noise * (1 - noise)) / 1000 + 1 / 65536


def test_denoising_restores_more_than_it_was_given():
    X = correlated_rows()
    rng = np.random.default_rng(1)
    kept = rng.random(X.shape) > 0.2
    damaged = np.where(kept, X, X.mean(axis=0))
    errors = {}
    for noise in (0.0, 0.2):
        model = DenoisingAutoencoder(n_hidden=20, noise=noise, max_iter=600, random_state=0)
        restored = model.fit(X).reconstruct(damaged)
        errors[noise] = np.mean(((restored - X) / X.std(axis=0))[~kept] ** 2)
    assert errors[0.2] < 0.7 * errors[0.0]
    assert errors[0.2] < 0.7  # of the variance that was taken away


def test_both_domains_are_learned_from():
    data = make_shifted_corpora(80, 60, random_state=0)
    alone = DenoisingAutoencoder(n_hidden=5, random_state=0).fit(data.X_source)
    both = DenoisingAutoencoder(n_hidden=5, random_state=0).fit(
        data.X_source, X_target=data.X_target
    )
    pooled = np.concatenate([data.X_source, data.X_target])
    assert_allclose(both.layers_[0].scale.center, pooled.mean(axis=0))
    assert_allclose(alone.layers_[0].scale.center, data.X_source.mean(axis=0))
    for model, sees_target in ((alone, False), (both, True)):
        error = np.mean((model.reconstruct(data.X_target) - data.X_target) ** 2)
        assert (error < data.X_target.var()) == sees_target


def test_stacked_layers_and_their_shapes():
    data = make_shifted_corpora(80, 60, random_state=0)
    model = DenoisingAutoencoder(n_hidden=(10, 4), max_iter=20, random_state=0)
    assert model.fit_transform(data.X_source, X_target=data.X_target).shape == (80, 4)
    assert [w.shape for w in model.coefs_] == [(20, 10), (10, 4)]
    assert [len(b) for b in model.intercepts_] == [10, 4]
    assert model.n_iter_ == sum(map(len, model.loss_curves_))
    assert model.reconstruct(data.X_target).shape == data.X_target.shape
    first = DenoisingAutoencoder(n_hidden=10, max_iter=20, random_state=0)
    first.fit(data.X_source, X_target=data.X_target)
    assert_array_equal(first.coefs_[0], model.coefs_[0])


def test_code_beside_input():
    data = make_shifted_corpora(80, 60, random_state=0)
    model = DenoisingAutoencoder(
        n_hidden=3, features="code+input", max_iter=20, random_state=0
    ).fit(data.X_source, X_target=data.X_target)
    out = model.transform(data.X_target)
    assert_array_equal(out[:, 3:], data.X_target)
    code = DenoisingAutoencoder(n_hidden=3, max_iter=20, random_state=0)
    code.fit(data.X_source, X_target=data.X_target)
    assert_array_equal(out[:, :3], code.transform(data.X_target))
    assert len(model.get_feature_names_out()) == 23


def test_loss_falls_and_training_stops_before_the_last_epoch():
    data = make_shifted_corpora(210, 190, random_state=0)
    model = DenoisingAutoencoder(n_hidden=5, max_iter=5000, learning_rate=0.01, random_state=0)
    model.fit(data.X_source, X_target=data.X_target)
    assert model.n_iter_ < 5000
    (curve,), (validation,) = model.loss_curves_, model.validation_curves_
    assert curve[-1] < 0.9 * curve[0]
    assert np.argmin(validation) < len(validation) - 5
    assert curve != validation


def test_too_few_epochs_warn():
    data = make_shifted_corpora(40, 40, random_state=0)
    with pytest.warns(ConvergenceWarning, match="DenoisingAutoencoder: .* max_iter=2 epochs"):
        DenoisingAutoencoder(max_iter=2, random_state=0).fit(data.X_source)


def test_progress_names_class_and_layer(capsys):
    X = make_shifted_corpora(30, 20, random_state=0).X_source
    model = DenoisingAutoencoder(n_hidden=(4, 2), max_iter=2, verbose=True, random_state=0).fit(X)
    lines = capsys.readouterr().out.splitlines()
    starts = [f"DenoisingAutoencoder, layer {i} of 2, epoch {j}," for i in (1, 2) for j in (1, 2)]
    assert len(lines) == len(starts)
    assert all(line.startswith(start) for line, start in zip(lines, starts))
    assert lines[0].endswith(f"monitored {model.validation_curves_[0][0]:.5g}")


def test_weight_decay_shrinks_the_weights():
    data = make_shifted_corpora(80, 60, random_state=0)
    sizes = [
        np.linalg.norm(DenoisingAutoencoder(alpha=a, random_state=0).fit(data.X_source).coefs_[0])
        for a in (0.0, 0.1, 10.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


def test_dropout_changes_the_result():
    data = make_shifted_corpora(80, 60, random_state=0)
    codes = [
        DenoisingAutoencoder(dropout=rate, max_iter=20, random_state=0).fit_transform(data.X_source)
        for rate in (0.0, 0.5)
    ]
    assert np.isfinite(codes[1]).all()
    assert not np.allclose(*codes)


def test_seed_decides():
    X = make_shifted_corpora(60, 40, random_state=0).X_source
    first, same, other = (
        DenoisingAutoencoder(max_iter=5, random_state=seed).fit_transform(X) for seed in (0, 0, 1)
    )
    assert_array_equal(first, same)
    assert not np.allclose(first, other)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_hidden", 0, "n_hidden must be a positive integer or a tuple"),
        ("n_hidden", (5, 2.0), "n_hidden must be a positive integer or a tuple"),
        ("n_hidden", (), "n_hidden must be a positive integer or a tuple"),
        ("corruption", "salt", r"corruption must be a callable or one of \['mask', 'gaussian'\]"),
        ("noise", 1.0, "noise must be a number >= 0 and < 1, got 1.0"),
        ("noise", -0.1, "noise must be a number"),
        ("activation", "elu", "activation must be one of"),
        ("activation", ["tanh"], r"activation must be one of .*, got \['tanh'\]"),
        ("features", "input", "features must be one of"),
        ("alpha", -1.0, "alpha must be a number"),
        ("dropout", 1.0, "dropout must be a number >= 0 and < 1"),
        ("learning_rate", 0.0, "learning_rate must be a number > 0"),
        ("batch_size", 0, "batch_size must be an integer >= 1"),
        ("max_iter", 1.5, "max_iter must be an integer >= 1"),
        ("validation_fraction", 1.0, "validation_fraction must be a number"),
        ("n_iter_no_change", 0, "n_iter_no_change must be an integer"),
        ("tol", True, "tol must be a number"),
    ],
)
def test_bad_parameters(name, value, message):
    X = make_shifted_corpora(30, 20, random_state=0).X_source
    with pytest.raises(ValueError, match=message):
        DenoisingAutoencoder(**{name: value}).fit(X)


def test_tied_is_true_or_false():
    with pytest.raises(TypeError, match="tied must be True or False, got 'no'"):
        DenoisingAutoencoder(tied="no").fit(np.eye(5))


def test_gaussian_noise_may_exceed_one():
    X = make_shifted_corpora(30, 20, random_state=0).X_source
    DenoisingAutoencoder(corruption="gaussian", noise=1.5, max_iter=2).fit(X)


def test_divergence_is_an_error():
    X = make_shifted_corpora(30, 20, random_state=0).X_source
    with pytest.raises(ValueError, match="Use a smaller learning_rate"):
        DenoisingAutoencoder(activation="relu", learning_rate=1e20, random_state=0).fit(X)
