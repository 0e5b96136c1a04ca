import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import gaussian_kde

from featuretransfer import KernelDensityWeights
from featuretransfer.instance import _kernel_density

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3)) @ RNG.normal(size=(3, 3))
XT = 0.7 * X[:60] + RNG.normal(size=(60, 3)) + 0.3
NEW = RNG.normal(size=(20, 3))


@pytest.mark.oracle("KernelDensityWeights")
@pytest.mark.parametrize("rule", ["scott", "silverman", 0.6])
def test_density_ratio_is_that_of_scipy(rule):
    weighter = KernelDensityWeights(alpha=0.0, bandwidth=rule, reg=0.0).fit(X, X_target=XT)
    expected = gaussian_kde(XT.T, rule)(NEW.T) / gaussian_kde(X.T, rule)(NEW.T)
    assert_allclose(weighter.density_ratio(NEW), expected, rtol=1e-9)


@pytest.mark.oracle("KernelDensityWeights")
def test_weights_leave_each_source_row_out():
    weighter = KernelDensityWeights(alpha=0.0, bandwidth=0.5, reg=0.0).fit(X, X_target=XT)
    covariance = np.cov(X.T)
    left_out = []
    for i in range(len(X)):
        others = np.delete(X, i, axis=0) - X[i]
        distances = np.einsum("ij,jk,ik->i", others, np.linalg.inv(covariance), others)
        left_out.append(np.exp(-0.5 * distances / 0.5**2).mean())
    norm = np.sqrt(np.linalg.det(2 * np.pi * 0.5**2 * covariance))
    w = gaussian_kde(XT.T, 0.5)(X.T) / (np.array(left_out) / norm)
    assert_allclose(weighter.sample_weight_, w / w.mean(), rtol=1e-8)


@pytest.mark.parametrize("n_target", [9, 2])
@pytest.mark.filterwarnings("ignore::featuretransfer.exceptions.LowEffectiveSampleSizeWarning")
@pytest.mark.filterwarnings("ignore:X_target has too few different rows")
def test_more_features_than_rows(n_target):
    """Equal to dense d x d formulas, also where the source's covariance stands in (two rows)."""
    rng = np.random.default_rng(0)
    A = rng.normal(size=(30, 30))
    Xs, Xt, new = (rng.normal(size=(n, 30)) @ A for n in (12, n_target, 5))
    weighter = KernelDensityWeights(alpha=0.0, bandwidth=2.0).fit(Xs, X_target=Xt)

    def log_density(rows, among, covariance):
        S = covariance.ridge * np.eye(30) + covariance.rows.T @ covariance.rows
        differences = rows[:, None] - among
        squares = np.einsum("ijk,kl,ijl->ij", differences, np.linalg.inv(S), differences)
        return np.log(np.exp(-squares / 8).mean(axis=1)) - np.linalg.slogdet(S)[1] / 2

    source, target = weighter.covariance_source_, weighter.covariance_target_
    assert (source is target) == (n_target == 2)
    expected = log_density(new, Xt, target) - log_density(new, Xs, source)
    assert_allclose(np.log(weighter.density_ratio(new)), expected, rtol=1e-8)
    others = [log_density(Xs[i : i + 1], np.delete(Xs, i, axis=0), source)[0] for i in range(12)]
    w = np.exp(log_density(Xs, Xt, target) - others)
    assert_allclose(weighter.sample_weight_, w / w.mean(), rtol=1e-7, atol=1e-12)


def test_relative_ratio_is_bounded_and_follows_from_the_plain_one():
    plain = KernelDensityWeights(alpha=0.0).fit(X, X_target=XT).density_ratio(NEW)
    relative = KernelDensityWeights(alpha=0.2).fit(X, X_target=XT).density_ratio(NEW)
    assert_allclose(relative, plain / (0.2 * plain + 0.8), rtol=1e-9)
    assert relative.max() <= 5


@pytest.mark.parametrize("seed", range(3))
def test_known_ratio(seed):
    rng = np.random.default_rng(seed)
    rows, target = rng.normal(size=(1000, 1)), rng.normal(0.5, 0.5, size=(999, 1))
    ratio = 2 * np.exp(rows**2 / 2 - 2 * (rows - 0.5) ** 2)[:, 0]
    weighter = KernelDensityWeights(alpha=0.0).fit(rows, X_target=target)
    assert np.corrcoef(weighter.sample_weight_, ratio)[0, 1] >= 0.95


def test_blocks_of_rows_change_nothing(monkeypatch):
    whole = KernelDensityWeights().fit(X, X_target=XT)
    monkeypatch.setattr(_kernel_density, "BLOCK", 200)
    parts = KernelDensityWeights().fit(X, X_target=XT)
    assert_allclose(parts.sample_weight_, whole.sample_weight_, rtol=1e-12)
    assert_allclose(parts.density_ratio(NEW), whole.density_ratio(NEW), rtol=1e-12)


def test_far_target_has_finite_weights():
    weighter = KernelDensityWeights().fit(X, X_target=XT + 50)
    assert np.isfinite(weighter.sample_weight_).all()
    assert np.corrcoef(weighter.sample_weight_, X.sum(axis=1))[0, 1] > 0


def test_single_target_row_takes_the_covariance_of_the_source():
    with pytest.warns(UserWarning, match="it takes that of X"):
        weighter = KernelDensityWeights().fit(X, X_target=XT[:1])
    assert weighter.covariance_target_ is weighter.covariance_source_


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"bandwidth": "cv"}, r"bandwidth must be one of \['scott', 'silverman'\] or a positive"),
        ({"bandwidth": 0}, "bandwidth must be one of .* got 0"),
        ({"alpha": -0.1}, "alpha must be a number >= 0 and < 1, got -0.1"),
        ({"reg": -1}, "reg must be 'ledoit-wolf' or a number >= 0, got -1"),
    ],
)
def test_invalid_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        KernelDensityWeights(**parameters).fit(X, X_target=XT)


def test_singular_covariance():
    flat = np.column_stack([X, X[:, 0]])
    with pytest.raises(ValueError, match=r"reg=0.0 leaves the covariance of X singular \(80 rows"):
        KernelDensityWeights(reg=0.0).fit(flat, X_target=flat[:70])
