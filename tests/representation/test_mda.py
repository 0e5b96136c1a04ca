import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer import MarginalizedDenoisingAutoencoder
from featuretransfer.representation._marginalized import fit_marginalized
from featuretransfer.synthetic import make_shifted_corpora


def data(n_source=80, n_target=60):
    return make_shifted_corpora(n_source, n_target, n_features=12, random_state=0)


def dense(X, noise=0.5, reg=1e-5):
    """A layer as its formula reads."""
    Z = np.column_stack([X, np.ones(len(X))])
    S = Z.T @ Z / len(X)
    q = np.append(np.full(X.shape[1], 1 - noise), 1.0)
    Q = S * np.outer(q, q)
    np.fill_diagonal(Q, q * np.diag(S))
    W = (S * q)[:-1] @ np.linalg.inv(Q + reg * np.eye(len(Q)))
    return np.tanh(Z @ W.T)


@pytest.mark.oracle("MarginalizedDenoisingAutoencoder")
@pytest.mark.parametrize("sizes", [(80, 60), (5, 4)])
def test_layers_are_those_of_the_formula_on_standardised_rows_of_both(sizes):
    corpora = data(*sizes)
    pooled = np.concatenate([corpora.X_source, corpora.X_target])
    first = dense((pooled - pooled.mean(axis=0)) / pooled.std(axis=0))
    second = dense(first)
    model = MarginalizedDenoisingAutoencoder(n_layers=2)
    source = model.fit_transform(corpora.X_source, X_target=corpora.X_target)
    found = np.concatenate([source, model.transform(corpora.X_target)])
    assert_allclose(found, np.hstack([pooled, first, second]), atol=1e-8)


def test_both_views_are_the_same_and_new_rows_are_mapped_alike():
    corpora = data()
    model = MarginalizedDenoisingAutoencoder().fit(corpora.X_source, X_target=corpora.X_target)
    rows = corpora.X_target[:7]
    assert_array_equal(model.transform(rows), model.transform_source(rows))
    assert_allclose(model.transform(rows), model.transform(corpora.X_target)[:7], atol=1e-12)


def test_last_layer_alone():
    corpora = data()
    options = {"n_layers": 3, "noise": 0.3}
    everything = MarginalizedDenoisingAutoencoder(**options)
    last = MarginalizedDenoisingAutoencoder(features="last", **options)
    outputs = [
        model.fit_transform(corpora.X_source, X_target=corpora.X_target)
        for model in (everything, last)
    ]
    assert_array_equal(outputs[0][:, -12:], outputs[1])
    assert_array_equal(outputs[0][:, :12], corpora.X_source)
    assert len(everything.get_feature_names_out()) == 48
    assert len(last.get_feature_names_out()) == 12


def test_without_noise_the_layer_is_the_activation_of_the_standardised_rows():
    corpora = data()
    model = MarginalizedDenoisingAutoencoder(noise=0.0, reg=1e-12, features="last")
    found = model.fit(corpora.X_source, X_target=corpora.X_target).transform(corpora.X_target)
    assert_allclose(found, np.tanh(model.scale_(corpora.X_target)), atol=1e-8)


def test_the_target_is_learned_from():
    corpora = data()
    alone, both, pool = (
        MarginalizedDenoisingAutoencoder().fit(corpora.X_source, X_target=target)
        for target in (None, corpora.X_target, (corpora.X_target[:20], corpora.X_target[20:]))
    )
    assert_allclose(alone.scale_.center, corpora.X_source.mean(axis=0))
    rows = corpora.X_target
    assert_array_equal(both.transform(rows), pool.transform(rows))
    assert not np.allclose(both.transform(rows), alone.transform(rows))


def test_blocks():
    corpora = data()
    model = MarginalizedDenoisingAutoencoder(block_size=5).fit(corpora.X_source)
    expected = fit_marginalized(model.scale_(corpora.X_source), 0.5, 1e-5, 5)
    assert_array_equal(model.layers_[0].factors[0], expected.factors[0])


def test_units_of_the_features_do_not_matter():
    corpora = data()
    units = np.geomspace(1e-3, 1e4, 12)
    model = MarginalizedDenoisingAutoencoder(features="last", n_layers=2)
    expected = model.fit_transform(corpora.X_source)
    assert_allclose(model.fit_transform(corpora.X_source * units - 5), expected, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_layers", 0, "n_layers must be an integer >= 1, got 0"),
        ("block_size", 2.5, "block_size must be an integer >= 1, got 2.5"),
        ("noise", 1.0, "noise must be a number >= 0 and < 1, got 1.0"),
        ("reg", 0.0, "reg must be a number > 0, got 0.0"),
        ("activation", "elu", r"activation must be one of \['identity', 'tanh'"),
        ("features", "code", r"features must be one of \['all', 'last'\], got 'code'"),
    ],
)
def test_bad_parameters(name, value, message):
    with pytest.raises(ValueError, match=message):
        MarginalizedDenoisingAutoencoder(**{name: value}).fit(data().X_source)
