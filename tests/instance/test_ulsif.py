import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer import ULSIF, RuLSIF
from featuretransfer._linalg import spread_order
from featuretransfer.instance._density_ratio import RatioKernels
from featuretransfer.instance._ulsif import leave_one_out, spread_pairs

RNG = np.random.default_rng(0)
X, XT = RNG.normal(size=(120, 3)), 0.7 * RNG.normal(size=(90, 3)) + 0.4


def features(weighter, rows):
    squares = ((rows[:, None] - weighter.centers_) ** 2).sum(axis=2)
    return np.exp(-weighter.gamma_ * squares)


@pytest.mark.oracle("RuLSIF")
@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.9])
def test_normal_equations(alpha):
    weighter = RuLSIF(alpha=alpha, gamma=0.4, reg=0.02).fit(X, X_target=XT)
    S, T = features(weighter, X), features(weighter, XT)
    H = alpha * T.T @ T / len(T) + (1 - alpha) * S.T @ S / len(S)
    solution = np.linalg.solve(H + 0.02 * np.eye(len(H)), T.mean(axis=0))
    assert_allclose(weighter.coef_, np.maximum(solution, 0), atol=1e-10)
    assert_allclose(weighter.density_ratio(X), S @ weighter.coef_, atol=1e-10)
    w = S @ weighter.coef_
    assert_allclose(weighter.sample_weight_, w / w.mean())


@pytest.mark.oracle("RuLSIF")
@pytest.mark.oracle("ULSIF")
@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize("sizes", [(30, 30), (40, 25), (25, 40)])
def test_leave_one_out_is_that_of_explicit_refits(alpha, sizes):
    rows, target = X[: sizes[0]], XT[: sizes[1]]
    kernels = RatioKernels(rows, target, 20)
    S, T = np.exp(-0.4 * kernels.distances), np.exp(-0.4 * kernels.distances_target)
    pairs = spread_pairs(spread_order(rows), kernels.order_target)
    assert len(pairs[0]) == len(pairs[1]) == min(sizes)
    regs = (0.001, 0.1)
    for reg, found in zip(regs, leave_one_out(S, T, pairs, alpha, regs)):
        errors = []
        for s, t in zip(*pairs):
            S_rest, T_rest = np.delete(S, s, axis=0), np.delete(T, t, axis=0)
            H = alpha * T_rest.T @ T_rest / len(T_rest)
            H += (1 - alpha) * S_rest.T @ S_rest / len(S_rest)
            c = np.linalg.solve(H + reg * np.eye(len(H)), T_rest.mean(axis=0))
            r_s, r_t = S[s] @ np.maximum(c, 0), T[t] @ np.maximum(c, 0)
            errors.append(alpha / 2 * r_t**2 + (1 - alpha) / 2 * r_s**2 - r_t)
        assert_allclose(found, np.mean(errors), rtol=1e-9)


def test_pairs_are_distinct_rows_where_the_domains_are_equally_long():
    source, target = spread_pairs(spread_order(X[:50]), spread_order(XT[:50]))
    assert_array_equal(np.sort(source), np.arange(50))
    assert_array_equal(np.sort(target), np.arange(50))


@pytest.mark.oracle("ULSIF")
def test_alpha_of_zero_is_ulsif():
    plain, relative = ULSIF().fit(X, X_target=XT), RuLSIF(alpha=0.0).fit(X, X_target=XT)
    assert_array_equal(plain.coef_, relative.coef_)
    assert plain.cv_scores_ == relative.cv_scores_
    assert "alpha" not in plain.get_params()


@pytest.mark.parametrize("seed", range(3))
def test_known_bounded_ratio(seed):
    rng = np.random.default_rng(seed)
    rows, target = rng.normal(size=(1000, 1)), rng.normal(0.5, 0.5, size=(999, 1))
    ratio = 2 * np.exp(rows**2 / 2 - 2 * (rows - 0.5) ** 2)[:, 0]
    weighter = ULSIF(gamma=2.0).fit(rows, X_target=target)
    assert np.corrcoef(weighter.sample_weight_, ratio)[0, 1] >= 0.95
    relative = RuLSIF(alpha=0.5, gamma=2.0).fit(rows, X_target=target)
    expected = ratio / (0.5 * ratio + 0.5)
    assert np.corrcoef(relative.sample_weight_, expected)[0, 1] >= 0.95


def test_candidates_are_compared_by_their_scores():
    weighter = ULSIF(gamma=[0.1, 1.0], reg=[0.01, 1.0]).fit(X, X_target=XT)
    assert set(weighter.cv_scores_) == {(0.1, 0.01), (0.1, 1.0), (1.0, 0.01), (1.0, 1.0)}
    best = min(weighter.cv_scores_, key=weighter.cv_scores_.get)
    assert (weighter.gamma_, weighter.reg_) == best
    fixed = ULSIF(gamma=0.1, reg=0.5).fit(X, X_target=XT)
    assert fixed.cv_scores_ == {}
    assert (fixed.gamma_, fixed.reg_) == (0.1, 0.5)


def test_single_target_row():
    with pytest.warns(UserWarning, match="a single row, which cannot be left out"):
        weighter = ULSIF().fit(X, X_target=XT[:1])
    nearest = np.argmin(((X - XT[0]) ** 2).sum(axis=1))
    assert np.argmax(weighter.sample_weight_) == nearest


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": 1.0}, "alpha must be a number >= 0 and < 1, got 1.0"),
        ({"alpha": "0"}, "alpha must be a number"),
        ({"reg": 0.0}, "reg must be 'cv', a positive number or a sequence .* got 0.0"),
        ({"reg": []}, "reg must be 'cv', .* got \\[\\]"),
        ({"reg": "loo"}, "reg must be 'cv', .* got 'loo'"),
        ({"gamma": -1.0}, "gamma must be"),
        ({"n_centers": 2.5}, "n_centers must be an integer >= 1, got 2.5"),
    ],
)
def test_invalid_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        RuLSIF(**parameters).fit(X, X_target=XT)


def test_target_far_from_every_source_row():
    with pytest.raises(ValueError, match="ULSIF gave weight 0 to every source row"):
        ULSIF(gamma=1.0, reg=0.1).fit(X, X_target=XT + 1000)
