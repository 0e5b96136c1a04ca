import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from featuretransfer import KLIEP
from featuretransfer.exceptions import LowEffectiveSampleSizeWarning
from featuretransfer.instance._density_ratio import RatioKernels, candidate_gammas
from featuretransfer.instance._kliep import mixture_shares

RNG = np.random.default_rng(0)
X, XT = RNG.normal(size=(300, 3)), 0.7 * RNG.normal(size=(200, 3)) + 0.4


def bounded(seed, n=1000):
    """Rows of N(0, 1) and N(0.5, 0.5^2), and the known ratio at the former."""
    rng = np.random.default_rng(seed)
    rows, target = rng.normal(size=(n, 1)), rng.normal(0.5, 0.5, size=(n - 1, 1))
    return rows, target, 2 * np.exp(rows**2 / 2 - 2 * (rows - 0.5) ** 2)[:, 0]


@pytest.mark.oracle("KLIEP")
@pytest.mark.parametrize("gamma", [0.01, 0.3, 2.0, 50.0])
@pytest.mark.filterwarnings("ignore::featuretransfer.exceptions.LowEffectiveSampleSizeWarning")
def test_certificate_of_the_optimum(gamma):
    """The optimality conditions, from the definition and the public coefficients alone."""
    weighter = KLIEP(gamma=gamma).fit(X, X_target=XT)
    squares = ((XT[:, None] - weighter.centers_) ** 2).sum(axis=2)
    phi_target = np.exp(-gamma * squares)
    b = np.exp(-gamma * ((X[:, None] - weighter.centers_) ** 2).sum(axis=2)).mean(axis=0)
    assert np.all(weighter.coef_ >= 0)
    assert_allclose(b @ weighter.coef_, 1, rtol=1e-9)
    gains = (phi_target / (phi_target @ weighter.coef_)[:, None]).mean(axis=0) / b
    assert gains.max() - 1 <= 1e-6
    assert weighter.optimality_gap_ <= 1e-6
    assert_allclose(weighter.score_, np.log(phi_target @ weighter.coef_).mean(), rtol=1e-6)


@pytest.mark.oracle("KLIEP")
def test_no_worse_than_a_general_solver():
    weighter = KLIEP(gamma=0.5, n_centers=20).fit(X, X_target=XT)
    phi = np.exp(-0.5 * ((XT[:, None] - weighter.centers_) ** 2).sum(axis=2))
    b = np.exp(-0.5 * ((X[:, None] - weighter.centers_) ** 2).sum(axis=2)).mean(axis=0)
    found = minimize(
        lambda a: -np.log(phi @ a).mean(),
        np.full(20, 1 / b.sum()),
        method="SLSQP",
        bounds=[(0, None)] * 20,
        constraints={"type": "eq", "fun": lambda a: b @ a - 1},
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    assert weighter.score_ >= -found.fun - 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_known_bounded_ratio(seed):
    rows, target, ratio = bounded(seed)
    weighter = KLIEP(gamma=2.0).fit(rows, X_target=target)  # sigma = 0.5
    assert np.corrcoef(weighter.sample_weight_, ratio)[0, 1] >= 0.98
    inside = np.abs(rows[:, 0] - 0.5) < 0.5
    assert_allclose(weighter.density_ratio(rows[inside]), ratio[inside], rtol=0.35)


def test_weights_are_the_ratio_at_the_source():
    weighter = KLIEP().fit(X, X_target=XT)
    assert_allclose(weighter.sample_weight_, weighter.density_ratio(X), rtol=1e-9)


def test_width_is_chosen_by_held_out_likelihood():
    rows, target, _ = bounded(0)
    weighter = KLIEP().fit(rows, X_target=target)
    assert len(weighter.cv_scores_) == 5
    assert weighter.gamma_ == max(weighter.cv_scores_, key=weighter.cv_scores_.get)
    # neither the widest nor the narrowest, which the fit itself would prefer
    assert weighter.gamma_ not in (min(weighter.cv_scores_), max(weighter.cv_scores_))
    one = KLIEP(gamma=[0.3]).fit(rows, X_target=target)
    assert one.gamma_ == 0.3
    assert one.cv_scores_ == {}


def test_held_out_score_is_that_of_explicit_refits():
    weighter = KLIEP(gamma=[0.2, 1.0], cv=4).fit(X, X_target=XT)
    kernels = RatioKernels(X, XT, 100)
    orders = [np.argsort(np.linalg.norm(rows - rows.mean(axis=0), axis=1)) for rows in (X, XT)]
    scores = []
    for fold in range(4):
        out_source, out_target = (order[fold::4] for order in orders)
        phi = np.exp(-1.0 * kernels.distances)
        phi_target = np.exp(-1.0 * kernels.distances_target)
        b = np.delete(phi, out_source, axis=0).mean(axis=0)
        shares, _, _ = mixture_shares(np.delete(phi_target, out_target, axis=0) / b)
        w = phi[out_source] @ (shares / b)
        scores.append(np.log(phi_target[out_target] @ (shares / b)).mean() - np.log(w.mean()))
    assert_allclose(weighter.cv_scores_[1.0], np.mean(scores), atol=1e-6)


def test_narrow_kernel_gives_no_nan():
    """Where a peer divides zero by zero."""
    with pytest.warns(LowEffectiveSampleSizeWarning):
        weighter = KLIEP(gamma=300.0).fit(X, X_target=XT + 3)
    assert np.isfinite(weighter.sample_weight_).all()
    assert weighter.optimality_gap_ <= 1e-6


def test_mixture_shares_of_one_density_and_of_equal_densities():
    shares, score, gap = mixture_shares(np.full((5, 1), 0.5))
    assert_allclose(shares, 1)
    assert_allclose(score, np.log(0.5))
    shares, _, gap = mixture_shares(np.ones((5, 3)))
    assert_allclose(shares.sum(), 1)
    assert gap < 1e-9


@pytest.mark.parametrize("width", [0.01, 1.0, 100.0, 1e4])
def test_mixture_shares_do_not_depend_on_the_start(width):
    rng = np.random.default_rng(0)
    rows, means = rng.normal(size=(200, 2)), rng.normal(size=(50, 2))
    logs = -width * ((rows[:, None] - means) ** 2).sum(axis=2)
    L = np.exp(logs - logs.max(axis=1, keepdims=True))
    starts = [None, np.eye(50)[0], rng.dirichlet(np.full(50, 0.1))]
    found = [mixture_shares(L, start) for start in starts]
    for shares, _, gap in found:
        assert np.all(shares > 0)
        assert gap <= 1e-8
    for _, score, _ in found[1:]:
        assert_allclose(score, found[0][1], atol=1e-8)


def test_candidates():
    assert candidate_gammas([3.0, 1.0], X, XT) == [1.0, 3.0]
    (median,) = candidate_gammas("median", X, XT)
    assert_allclose(candidate_gammas("cv", X, XT), median * 4.0 ** np.arange(-2, 3))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"gamma": "mean"}, "gamma must be 'median', 'scale' or a positive number, got 'mean'"),
        ({"gamma": []}, "gamma must be 'cv', 'median', 'scale', a positive number or a sequence"),
        ({"gamma": None}, "gamma must be 'cv', .* got None"),
        ({"gamma": [1.0, -1.0]}, "gamma must be .* positive number, got -1.0"),
        ({"gamma": 1e9}, "numerically 0 between all rows"),
        ({"n_centers": 0}, "n_centers must be an integer >= 1, got 0"),
        ({"cv": 1}, "cv must be an integer >= 2, got 1"),
    ],
)
def test_invalid_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        KLIEP(**parameters).fit(X, X_target=XT)
