import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, scale

import featuretransfer as ft
from featuretransfer import CCATransfer

SHAPES = [(80, 6, 4), (80, 4, 6), (30, 50, 5), (30, 5, 50), (20, 40, 60)]


def paired(n, ds, dt, noise=0.5, seed=0):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 3))
    mixes = rng.normal(size=(3, ds)), rng.normal(size=(3, dt))
    return [hidden @ mix + noise * rng.normal(size=(n, mix.shape[1])) + 3 for mix in mixes]


def fit(S, T, **parameters):
    """Fitted to pairs that are source and target too."""
    return CCATransfer(**parameters).fit(S, X_target=(T,), X_paired=(S, T))


def regularised(S, T, reg):
    """Covariances of standardised rows with their regularisation, as dense matrices."""
    S, T = scale(S), scale(T)
    blocks = [A.T @ B / (len(S) - 1) for A, B in ((S, S), (T, T), (S, T))]
    if reg != "ledoit-wolf":
        return blocks[0] + reg * np.eye(S.shape[1]), blocks[1] + reg * np.eye(T.shape[1]), blocks[2]
    a = [ledoit_wolf_shrinkage(X, assume_centered=True) for X in (S, T)]
    for i in range(2):
        d = len(blocks[i])
        blocks[i] = (1 - a[i]) * blocks[i] + a[i] * np.trace(blocks[i]) / d * np.eye(d)
    return blocks[0], blocks[1], np.sqrt((1 - a[0]) * (1 - a[1])) * blocks[2]


@pytest.mark.oracle("CCATransfer")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.1, 2.0])
def test_is_the_generalised_eigenproblem(shape, reg):
    S, T = paired(*shape)
    Cs, Ct, Cst = regularised(S, T, reg)
    zeros = np.zeros_like(Cs), np.zeros_like(Ct)
    expected, vectors = linalg.eigh(
        np.block([[zeros[0], Cst], [Cst.T, zeros[1]]]), linalg.block_diag(Cs, Ct)
    )
    adapter = fit(S, T, reg=reg)
    k, ds = adapter.n_components_, S.shape[1]
    assert k == min(*S.shape, *T.shape, len(S) - 1)
    assert_allclose(adapter.correlations_, expected[::-1][:k], atol=1e-9)
    A, B = adapter.weights_source_, adapter.weights_target_
    assert_allclose(A.T @ Cs @ A, np.eye(k), atol=1e-8)
    assert_allclose(B.T @ Ct @ B, np.eye(k), atol=1e-8)
    assert_allclose(A.T @ Cst @ B, np.diag(adapter.correlations_), atol=1e-8)
    first = vectors[:, ::-1][:, :3]  # both sides in one vector, either normalised to 1/2
    for found, dense in ((A[:, :3], first[:ds]), (B[:, :3], first[ds:])):
        dense = dense * np.sqrt(2)
        assert_allclose(found * np.sign(np.sum(found * dense, axis=0)), dense, atol=1e-7)
    signs = [np.sign(np.sum(W[:, 0] * v)) for W, v in ((A, first[:ds, 0]), (B, first[ds:, 0]))]
    assert signs[0] == signs[1]


def test_components_of_the_pairs_correlate_as_said():
    S, T = paired(200, 6, 4)
    adapter = fit(S, T, reg=0.0, scaling="unit")
    Zs, Zt = adapter.transform_source(S), adapter.transform(T)
    found = np.corrcoef(Zs.T, Zt.T)
    assert_allclose(found[:4, :4], np.eye(4), atol=1e-9)
    assert_allclose(np.diag(found[:4, 4:]), adapter.correlations_, atol=1e-9)
    assert_allclose(found[:4, 4:], np.diag(adapter.correlations_), atol=1e-9)


@pytest.mark.oracle("CCATransfer")
def test_identity_pairing_of_equal_columns_is_one_common_space():
    S, _ = paired(60, 5, 4)
    adapter = fit(S, S, reg=0.0, scaling="unit")
    assert_allclose(adapter.correlations_, 1)
    assert_allclose(adapter.transform_source(S), adapter.transform(S), atol=1e-9)
    assert_allclose(np.cov(adapter.transform(S).T), np.eye(5), atol=1e-9)
    shrunk = fit(S, S, scaling="unit")
    assert_allclose(shrunk.weights_source_, shrunk.weights_target_, atol=1e-9)
    assert np.all(shrunk.correlations_ < 1)


def test_a_linear_image_is_the_same_space():
    S, _ = paired(60, 5, 4)
    T = S @ np.random.default_rng(1).normal(size=(5, 5)) * 100 - 7
    adapter = fit(S, T, reg=0.0, scaling="unit")
    assert_allclose(adapter.correlations_, 1)
    assert_allclose(adapter.transform_source(S), adapter.transform(T), atol=1e-7)


def test_unrelated_sides_shrink_to_nothing():
    rng = np.random.default_rng(0)
    adapter = fit(rng.normal(size=(40, 60)), rng.normal(size=(40, 50)))
    assert adapter.correlations_[0] < 0.3
    plain = fit(rng.normal(size=(40, 60)), rng.normal(size=(40, 50)), reg=1e-3)
    assert plain.correlations_[0] > 0.9


@pytest.mark.parametrize("shape", [(80, 6, 4), (20, 40, 60)])
def test_posterior_components_are_scaled_by_the_root_of_their_correlation(shape):
    S, T = paired(*shape)
    unit, posterior = fit(S, T, scaling="unit"), fit(S, T)
    root = np.sqrt(unit.correlations_)
    assert_allclose(posterior.transform(T), unit.transform(T) * root)
    assert_allclose(posterior.transform_source(S), unit.transform_source(S) * root)


def test_without_pairs_same_columns_are_standardised_principal_components():
    S, T = paired(60, 5, 5)
    names = list("abcde")
    S, T = pd.DataFrame(S, columns=names), pd.DataFrame(T[:40], columns=names)
    adapter = CCATransfer(reg=0.1, scaling="unit").fit(S, X_target=T)
    Z = np.vstack([scale(S), scale(T)])
    axes = PCA().fit(Z)
    for W in (adapter.weights_source_, adapter.weights_target_):
        W = W / np.linalg.norm(W, axis=0)
        assert_allclose(np.abs(axes.components_ @ W), np.eye(5), atol=1e-9)
    variances = axes.explained_variance_
    assert_allclose(adapter.correlations_, variances / (variances + 0.1))
    assert_allclose(adapter.transform(T).mean(axis=0), 0, atol=1e-12)
    alone = CCATransfer(reg=0.1).fit(S)
    assert_allclose(alone.transform(S), alone.transform_source(S))


def test_unnamed_columns_without_pairs_warn():
    S, T = paired(60, 5, 5)
    with pytest.warns(UserWarning, match="X_paired is missing.*taken for the same 5 features"):
        CCATransfer().fit(S, X_target=T[:40])


def test_columns_that_differ_need_pairs():
    S, T = paired(60, 5, 4)
    with pytest.raises(ValueError, match=r"\(4 and 5\) and nothing links them.*X_paired="):
        CCATransfer().fit(S, X_target=(T,))
    names = [pd.DataFrame(S, columns=list(columns)) for columns in ("abcde", "abcdf")]
    with pytest.raises(ValueError, match=r"\(5 and 5\) and nothing links them"):
        CCATransfer().fit(names[0], X_target=(names[1],))


def test_each_table_is_scaled_by_itself():
    S, T = paired(60, 5, 4)
    pairs = paired(50, 5, 4, seed=1)
    expected = CCATransfer().fit(S, X_target=(T,), X_paired=tuple(pairs))
    other = CCATransfer().fit(
        S * 10 + 3, X_target=(T * 0.1 - 5,), X_paired=(pairs[0] * 7 - 1, pairs[1] * 2 + 9)
    )
    assert_allclose(other.transform_source(S * 10 + 3), expected.transform_source(S))
    assert_allclose(other.transform(T * 0.1 - 5), expected.transform(T))


def test_target_rows_of_the_pairs_stand_for_the_target():
    S, T = paired(60, 5, 4)
    found = CCATransfer().fit(S, X_paired=(S, T)).transform(T)
    assert_array_equal(found, fit(S, T).transform(T))


def test_single_target_row():
    S, T = paired(60, 5, 4)
    with pytest.warns(UserWarning, match="no scale: that of the pairs is used"):
        adapter = CCATransfer().fit(S, X_target=T[:1], X_paired=(S, T))
    assert_array_equal(adapter.transform(T), fit(S, T).transform(T))
    with pytest.warns(UserWarning, match="no scale: that of the source is used"):
        adapter = CCATransfer().fit(S, X_target=S[:1])
    assert_allclose(adapter.transform(S), adapter.transform_source(S))


def test_a_classifier_crosses_over():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=450)
    hidden = 2 * np.eye(3)[y] + 0.5 * rng.normal(size=(450, 3))
    S = hidden @ rng.normal(size=(3, 30)) + 0.5 * rng.normal(size=(450, 30))
    T = hidden @ rng.normal(size=(3, 12)) + 0.5 * rng.normal(size=(450, 12))
    model = ft.make_pipeline(CCATransfer(), LogisticRegression())
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(S[:150], y[:150], X_target=(T[150:300],), X_paired=(S[300:], T[300:]))
    assert model.score(T[150:300], y[150:300]) > 0.9
    assert ft.source_view(model).score(S[150:300], y[150:300]) > 0.9


def test_it_is_the_first_step():
    S, T = paired(60, 5, 4)
    with pytest.raises(ft.exceptions.PipelineStructureError, match="Make it the first step"):
        ft.make_pipeline(StandardScaler(), CCATransfer())
    narrowing = Pipeline([("pca", PCA(3)), ("cca", CCATransfer())])
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match=r"X_paired\[0\].*5 features.*must be its first step"),
    ):
        narrowing.fit(S, X_target=(T,), X_paired=(S, T))


@pytest.mark.parametrize("k", [1, 2, 100])
def test_number_of_components(k):
    S, T = paired(60, 5, 4)
    adapter, full = fit(S, T, n_components=k), fit(S, T)
    assert adapter.n_components_ == min(k, 4)
    assert_allclose(adapter.transform(T), full.transform(T)[:, :k])


def test_constant_columns_are_left_out():
    S, T = paired(60, 5, 4)
    wide = np.column_stack([S, np.full(60, 3.0)])
    for reg in ("ledoit-wolf", 0.0):
        adapter = fit(wide, T, reg=reg)
        assert adapter.n_components_ == 4
        assert_allclose(adapter.weights_source_[-1], 0, atol=1e-9)


S, T = paired(60, 5, 4)
NAMED = pd.DataFrame(S, columns=list("abcde"))


@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        ([S, T], TypeError, "X_paired must be a tuple of two tables.*got list"),
        ((S,), TypeError, "got tuple of length 1"),
        ((S, None), TypeError, "X_paired must be a tuple of two tables"),
        ((T, S), ValueError, r"X_paired\[0\] must be rows with the columns of X: X has 4 features"),
        ((S, S), ValueError, r"X_paired\[1\] must be rows with the columns of X_target"),
        ((S, T[:50]), ValueError, "paired one by one; got 60 and 50 rows"),
        ((S[:1], T[:1]), ValueError, "at least two.*got 1 and 1 rows"),
        ((S, np.full_like(T, np.nan)), ValueError, r"X_paired\[1\].*contains NaN"),
        ((np.ones_like(S), T), ValueError, "All paired rows of the source are equal"),
    ],
)
def test_pairs_that_are_refused(pairs, error, message):
    with pytest.raises(error, match=message):
        CCATransfer().fit(S, X_target=(T,), X_paired=pairs)


def test_names_of_pairs_are_checked():
    fit(NAMED, T)
    renamed = NAMED.rename(columns={"a": "z"})
    with pytest.raises(ValueError, match=r"X_paired\[0\].*feature names should match"):
        CCATransfer().fit(NAMED, X_target=(T,), X_paired=(renamed, T))


def test_too_few_pairs_for_the_plain_method():
    S, T = paired(9, 5, 4)
    with pytest.raises(ValueError, match="9 pairs of 5 and 4 features correlate perfectly"):
        fit(S, T, reg=0.0)
    S, T = paired(10, 5, 4)
    assert fit(S, T, reg=0.0).correlations_[-1] < 1 - 1e-6


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be None or an integer >= 1"),
        ({"n_components": True}, "n_components must be None or an integer >= 1"),
        ({"reg": -1.0}, "reg must be 'ledoit-wolf' or a number >= 0"),
        ({"scaling": "whitened"}, "scaling must be one of"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(S, T, **parameters)
