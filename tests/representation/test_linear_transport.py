import numpy as np
import ot
import pytest
from numpy.testing import assert_allclose
from scipy import linalg
from sklearn.covariance import ledoit_wolf

from featuretransfer import CORAL, LinearOptimalTransport

rng = np.random.default_rng(0)
SHAPES = [(60, 50, 8), (12, 10, 40), (30, 25, 40), (60, 20, 40), (20, 60, 40)]


def domains(n_source, n_target, d):
    Xs = rng.normal(size=(n_source, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) + 2
    Xt = rng.normal(size=(n_target, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) - 5
    return Xs, Xt


def power(C, exponent):
    values, vectors = linalg.eigh(C)
    return (vectors * values**exponent) @ vectors.T


def regularised(X, reg):
    S, d = np.atleast_2d(np.cov(X.T)), X.shape[1]
    if reg == "ledoit-wolf":
        a = ledoit_wolf(X)[1]
        return (1 - a) * S + a * np.trace(S) / d * np.eye(d)
    return S + reg * np.eye(d)


def matrix(method, d):
    """The matrix of a fitted method, by the rows of the identity."""
    mean = method.mean_source_
    return method.transform_source(np.eye(d) + mean) - method.transform_source(mean[None])


@pytest.mark.oracle("LinearOptimalTransport")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.05, 1.0, 30.0])
def test_equals_the_dense_formula_on_old_and_new_rows(shape, reg):
    Xs, Xt = domains(*shape)
    method = LinearOptimalTransport(reg=reg)
    adapted = method.fit_transform(Xs, X_target=Xt)
    root, inverse = power(regularised(Xs, reg), 0.5), power(regularised(Xs, reg), -0.5)
    A = inverse @ power(root @ regularised(Xt, reg) @ root, 0.5) @ inverse
    expected = (Xs - Xs.mean(axis=0)) @ A + Xt.mean(axis=0)
    assert_allclose(adapted, expected, rtol=1e-10, atol=1e-10)
    new = domains(*shape)[0]
    expected = (new - Xs.mean(axis=0)) @ A + Xt.mean(axis=0)
    assert_allclose(method.transform_source(new), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.oracle("LinearOptimalTransport")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.05, 1.0])
def test_matrix_is_symmetric_and_carries_one_covariance_into_the_other(shape, reg):
    Xs, Xt = domains(*shape)
    A = matrix(LinearOptimalTransport(reg=reg).fit(Xs, X_target=Xt), shape[2])
    assert_allclose(A, A.T, atol=1e-10)
    assert np.linalg.eigvalsh(A)[0] > 0
    assert_allclose(A @ regularised(Xs, reg) @ A, regularised(Xt, reg), atol=1e-10)


@pytest.mark.oracle("LinearOptimalTransport")
def test_displacement_is_the_wasserstein_distance_between_gaussians():
    Xs, Xt = domains(200, 150, 6)
    adapted = LinearOptimalTransport(reg=0.0).fit_transform(Xs, X_target=Xt)
    moved = ((adapted - Xs) ** 2).sum() / (len(Xs) - 1)
    Cs, Ct, gap = np.cov(Xs.T), np.cov(Xt.T), Xt.mean(axis=0) - Xs.mean(axis=0)
    root = power(Cs, 0.5)
    bures = np.trace(Cs + Ct - 2 * power(root @ Ct @ root, 0.5))
    assert moved == pytest.approx(bures + gap @ gap * len(Xs) / (len(Xs) - 1))
    coral = CORAL(reg=0.0).fit_transform(Xs, X_target=Xt)
    assert_allclose(np.cov(coral.T), np.cov(adapted.T), atol=1e-10)
    assert np.var(coral - Xs, axis=0).sum() > 1.02 * np.var(adapted - Xs, axis=0).sum()


def test_agrees_with_pot_where_pot_has_a_value():
    Xs, Xt = domains(80, 70, 5)
    method = LinearOptimalTransport(reg=0.1).fit(Xs, X_target=Xt)
    A, b = ot.gaussian.bures_wasserstein_mapping(
        Xs.mean(axis=0), Xt.mean(axis=0), regularised(Xs, 0.1), regularised(Xt, 0.1)
    )
    assert_allclose(method.transform_source(Xs), Xs @ A + b, atol=1e-8)


def test_rank_deficient_domains_give_numbers():
    """The matrix root of a singular product is NaN in other software; here it never is."""
    loadings = rng.normal(size=(2, 6))
    Xs, Xt = rng.normal(size=(40, 2)) @ loadings, rng.normal(size=(5, 6))
    Xs[:, 3] = 1.0
    for reg in ("ledoit-wolf", 1e-6):
        adapted = LinearOptimalTransport(reg=reg).fit_transform(Xs, X_target=Xt)
        assert np.isfinite(adapted).all()
        assert_allclose(adapted.mean(axis=0), Xt.mean(axis=0), atol=1e-6)


def test_is_not_coral_unless_the_covariances_commute():
    Xs, Xt = domains(60, 50, 5)
    coral, transport = (
        method.fit_transform(Xs, X_target=Xt) for method in (CORAL(), LinearOptimalTransport())
    )
    assert np.abs(coral - transport).max() > 0.1
    Z = np.linalg.svd(Xs - Xs.mean(axis=0), full_matrices=False)[0]  # uncorrelated columns
    Xs, Xt = Z * [1, 2, 3, 4, 5], Z * [5, 1, 2, 2, 1]
    coral, transport = (
        method.fit_transform(Xs, X_target=(Xt,)) for method in (CORAL(), LinearOptimalTransport())
    )
    assert_allclose(coral, transport, atol=1e-10)


def test_in_one_dimension_it_scales_quantiles():
    Xs, Xt = rng.normal(size=(50, 1)), 3 * rng.normal(size=(40, 1)) + 7
    adapted = LinearOptimalTransport(reg=0.0).fit_transform(Xs, X_target=Xt)
    standard = (Xs - Xs.mean()) / Xs.std(ddof=1)
    assert_allclose(adapted, standard * Xt.std(ddof=1) + Xt.mean(), atol=1e-12)


@pytest.mark.parametrize("d", [5, 20, 100])
def test_equal_covariances_leave_a_translation(d):
    Xs = rng.normal(size=(30, d))
    adapted = LinearOptimalTransport().fit_transform(Xs, X_target=(Xs[::-1] + 3,))
    assert_allclose(adapted, Xs + 3, atol=1e-10)


@pytest.mark.parametrize("d", [20, 200])
def test_new_source_rows_stay_in_range(d):
    loadings = rng.normal(size=(5, d))

    def rows(n):
        return rng.normal(size=(n, 5)) @ loadings + 0.3 * rng.normal(size=(n, d))

    seen, new, target = rows(50), rows(50), rows(40)
    method = LinearOptimalTransport()
    adapted = method.fit_transform(seen, X_target=target)
    new = method.transform_source(new)
    assert new.std() < 1.5 * adapted.std()
    assert new.std() < 1.5 * target.std()


def test_without_target_nothing_changes_and_target_rows_stay():
    Xs, Xt = domains(30, 20, 4)
    assert_allclose(LinearOptimalTransport().fit_transform(Xs), Xs)
    assert_allclose(LinearOptimalTransport().fit(Xs, X_target=Xt).transform(Xt), Xt)


@pytest.mark.parametrize("reg", ["ledoit-wolf", 1.0])
def test_single_rows_align_only_the_means(reg):
    Xs, Xt = domains(30, 20, 4)
    message = "LinearOptimalTransport aligns only the means: X_target has a single row"
    with pytest.warns(UserWarning, match=message) as caught:
        adapted = LinearOptimalTransport(reg=reg).fit(Xs, X_target=Xt[:1]).transform_source(Xs)
    assert caught[0].filename == __file__
    assert_allclose(adapted, Xs - Xs.mean(axis=0) + Xt[0])


def test_singular_source_needs_regularisation():
    Xs, Xt = domains(10, 20, 30)
    with pytest.raises(ValueError, match="singular .10 rows, 30 features.*reg='ledoit-wolf'"):
        LinearOptimalTransport(reg=0.0).fit(Xs, X_target=Xt)
    source = rng.normal(size=(60, 30))  # a singular target is no harm
    adapted = LinearOptimalTransport(reg=0.0).fit_transform(source, X_target=Xt[:5])
    assert_allclose(np.cov(adapted.T), np.cov(Xt[:5].T), atol=1e-8)


@pytest.mark.parametrize("reg", ["lw", -1.0, np.inf, np.nan, True, None])
def test_bad_reg(reg):
    Xs, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match="reg must be 'ledoit-wolf' or a number >= 0"):
        LinearOptimalTransport(reg=reg).fit(Xs, X_target=Xt)
