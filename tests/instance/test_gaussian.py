import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal
from sklearn.covariance import ledoit_wolf

from featuretransfer import GaussianWeights

rng = np.random.default_rng(0)


def domains(n_source, n_target, d):
    Xs = rng.normal(size=(n_source, d)) @ rng.normal(size=(d, d)) / np.sqrt(d)
    return Xs, 0.8 * rng.normal(size=(n_target, d)) + 0.2


def covariance(X, reg):
    S, d = np.cov(X.T), X.shape[1]
    if reg == "ledoit-wolf":
        a = ledoit_wolf(X)[1]
        return (1 - a) * S + a * np.trace(S) / d * np.eye(d)
    return S + reg * np.eye(d)


@pytest.mark.oracle("GaussianWeights")
@pytest.mark.parametrize("shape", [(60, 50, 4), (15, 12, 30)])
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.5])
def test_ratio_is_that_of_the_densities(shape, reg):
    Xs, Xt = domains(*shape)
    weighter = GaussianWeights(reg=reg).fit(Xs, X_target=Xt)
    new = rng.normal(size=(9, shape[2]))
    log_ratio = [
        multivariate_normal(X.mean(axis=0), covariance(X, reg)).logpdf(new) for X in (Xt, Xs)
    ]
    assert_allclose(np.log(weighter.density_ratio(new)), log_ratio[0] - log_ratio[1], rtol=1e-8)
    ratio = weighter.density_ratio(Xs)
    assert_allclose(weighter.sample_weight_, ratio / ratio.mean())


def test_known_ratio():
    Xs, Xt = rng.normal(size=(3000, 1)), rng.normal(0.5, 0.5, size=(3000, 1)) + 0.0
    weights = GaussianWeights().fit(Xs, X_target=Xt[:-1])
    x = Xs[:, 0]
    known = 2 * np.exp(-((x - 0.5) ** 2) / 0.5 + x**2 / 2)
    assert np.corrcoef(weights.sample_weight_, known)[0, 1] > 0.99
    assert_allclose(weights.density_ratio(Xs).mean(), 1, atol=0.1)


def test_equal_domains_give_ones():
    Xs, _ = domains(50, 5, 4)
    assert_allclose(GaussianWeights().fit(Xs, X_target=(Xs,)).sample_weight_, np.ones(50))


def test_nothing_overflows():
    Xs, Xt = domains(50, 40, 3)
    weighter = GaussianWeights().fit(Xs, X_target=1e-6 * Xt)
    assert np.isfinite(weighter.density_ratio(np.array([[1e9, 0, 0], [0, 0, 0]]))).all()
    far = GaussianWeights().fit(1e-6 * Xs, X_target=Xt)
    assert np.isfinite(far.density_ratio(np.full((1, 3), 1e9))).all()


def test_without_target():
    weighter = GaussianWeights().fit(domains(50, 40, 3)[0])
    assert_array_equal(weighter.sample_weight_, np.ones(50))
    assert_array_equal(weighter.density_ratio(np.ones((2, 3))), np.ones(2))


def test_target_without_covariance_takes_that_of_the_source():
    Xs, Xt = domains(50, 40, 3)
    line = np.outer([1.0, -1.0], [1.0, 2.0, 3.0])
    for target in (Xt[:1], line):
        with pytest.warns(UserWarning, match="takes that of X"):
            weighter = GaussianWeights().fit(Xs, X_target=target)
        assert weighter.covariance_target_ is weighter.covariance_source_


@pytest.mark.parametrize(
    ("source", "target", "reg", "message"),
    [
        (np.ones((5, 2)), rng.normal(size=(6, 2)), 0.0, "covariance of X singular .5 rows, 2"),
        (rng.normal(size=(6, 2)), np.ones((5, 2)), 0.0, "covariance of X_target singular"),
        (rng.normal(size=(1, 2)), np.ones((5, 2)), 1.0, "covariance of X singular .1 rows"),
    ],
)
def test_singular_covariances(source, target, reg, message):
    with pytest.raises(ValueError, match=message):
        GaussianWeights(reg=reg).fit(source, X_target=target)


@pytest.mark.parametrize("reg", ["lw", -1.0, np.nan, True])
def test_bad_reg(reg):
    with pytest.raises(ValueError, match="reg must be 'ledoit-wolf' or a number >= 0"):
        GaussianWeights(reg=reg).fit(np.eye(3))
