import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg
from sklearn.covariance import ledoit_wolf

from featuretransfer import CORAL

rng = np.random.default_rng(0)


def domains(n_source, n_target, d):
    Xs = rng.normal(size=(n_source, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) + 2
    Xt = rng.normal(size=(n_target, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) - 5
    return Xs, Xt


def power(C, exponent):
    values, vectors = linalg.eigh(C)
    return (vectors * values**exponent) @ vectors.T


def regularised(X, reg):
    S, d = np.cov(X.T), X.shape[1]
    if reg == "ledoit-wolf":
        a = ledoit_wolf(X)[1]
        return (1 - a) * S + a * np.trace(S) / d * np.eye(d)
    return S + reg * np.eye(d)


SHAPES = [(60, 50, 8), (30, 25, 40), (60, 20, 40), (20, 60, 40)]


@pytest.mark.oracle("CORAL")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.01, 1.0, 30.0])
def test_equals_the_dense_formula_on_old_and_new_rows(shape, reg):
    Xs, Xt = domains(*shape)
    coral = CORAL(reg=reg)
    adapted = coral.fit_transform(Xs, X_target=Xt)
    A = power(regularised(Xs, reg), -0.5) @ power(regularised(Xt, reg), 0.5)
    expected = (Xs - Xs.mean(axis=0)) @ A + Xt.mean(axis=0)
    assert_allclose(adapted, expected, rtol=1e-10, atol=1e-10)
    new = domains(*shape)[0]
    expected = (new - Xs.mean(axis=0)) @ A + Xt.mean(axis=0)
    assert_allclose(coral.transform_source(new), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.oracle("CORAL")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.05, 1.0])
def test_map_carries_one_regularised_covariance_into_the_other(shape, reg):
    Xs, Xt = domains(*shape)
    coral = CORAL(reg=reg).fit(Xs, X_target=Xt)
    mean = Xs.mean(axis=0)
    A = coral.transform_source(np.eye(shape[2]) + mean) - coral.transform_source(mean[None])
    assert_allclose(A.T @ regularised(Xs, reg) @ A, regularised(Xt, reg), atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_means_are_aligned_and_target_rows_stay(shape):
    Xs, Xt = domains(*shape)
    coral = CORAL()
    adapted = coral.fit_transform(Xs, X_target=Xt)
    assert_allclose(adapted.mean(axis=0), Xt.mean(axis=0), atol=1e-10)
    assert_allclose(coral.transform(Xt), Xt)


def test_covariance_is_that_of_the_target_without_regularisation():
    Xs, Xt = domains(200, 150, 6)
    adapted = CORAL(reg=0.0).fit_transform(Xs, X_target=Xt)
    assert_allclose(np.cov(adapted.T), np.cov(Xt.T), atol=1e-10)


@pytest.mark.parametrize("d", [5, 50])
def test_equal_covariances_leave_a_translation(d):
    Xs = rng.normal(size=(30, d))
    adapted = CORAL().fit_transform(Xs, X_target=(Xs[::-1] + 3,))
    assert_allclose(adapted, Xs + 3, atol=1e-10)


@pytest.mark.parametrize("d", [20, 200])
def test_new_source_rows_stay_in_range(d):
    """Where d > n, new rows have parts outside the span of the rows that were seen."""
    loadings = rng.normal(size=(5, d))

    def rows(n):
        return rng.normal(size=(n, 5)) @ loadings + 0.3 * rng.normal(size=(n, d))

    seen, new, target = rows(50), rows(50), rows(40)
    coral = CORAL()
    adapted = coral.fit_transform(seen, X_target=target)
    new = coral.transform_source(new)
    assert new.std() < 1.5 * adapted.std()
    assert new.std() < 1.5 * target.std()


def test_without_target_nothing_changes():
    Xs, _ = domains(30, 5, 4)
    assert_allclose(CORAL().fit_transform(Xs), Xs)


@pytest.mark.parametrize("reg", ["ledoit-wolf", 1.0])
def test_single_rows_align_only_the_means(reg):
    Xs, Xt = domains(30, 20, 4)
    with pytest.warns(UserWarning, match="only the means: X_target has a single row"):
        adapted = CORAL(reg=reg).fit_transform(Xs, X_target=Xt[:1])
    assert_allclose(adapted, Xs - Xs.mean(axis=0) + Xt[0])
    with pytest.warns(UserWarning, match="only the means: X has a single row"):
        adapted = CORAL(reg=reg).fit_transform(Xs[:1], X_target=Xt)
    assert_allclose(adapted, Xt.mean(axis=0)[None])


def test_rows_on_a_line_align_only_the_means():
    Xs, _ = domains(30, 20, 2)
    line = np.outer([1.0, -1.0, 1.0, -1.0], [1.0, 2.0])
    with pytest.warns(UserWarning, match="rows of X_target lie on one line"):
        CORAL().fit(Xs, X_target=line)


def test_singular_source_needs_regularisation():
    Xs, Xt = domains(10, 20, 30)
    with pytest.raises(ValueError, match="singular .10 rows, 30 features.*reg='ledoit-wolf'"):
        CORAL(reg=0.0).fit(Xs, X_target=Xt)
    CORAL(reg=0.0).fit(rng.normal(size=(60, 30)), X_target=Xt[:5])  # a singular target is no harm


@pytest.mark.parametrize("reg", ["lw", -1.0, np.inf, np.nan, True, None])
def test_bad_reg(reg):
    Xs, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match="reg must be 'ledoit-wolf' or a number >= 0"):
        CORAL(reg=reg).fit(Xs, X_target=Xt)
