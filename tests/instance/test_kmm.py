import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist, pdist
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from featuretransfer import KernelMeanMatching
from featuretransfer.exceptions import AmbiguousTargetWarning, LowEffectiveSampleSizeWarning

pytestmark = pytest.mark.filterwarnings(
    "ignore::featuretransfer.exceptions.LowEffectiveSampleSizeWarning"
)


@parametrize_with_checks([KernelMeanMatching()])
def test_sklearn(estimator, check):
    check(estimator)


def domains(n_source, n_target, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_source, d)), 0.7 * rng.normal(size=(n_target, d)) + 0.4


def residual(weighter, X, X_target):
    """Violation of the optimality conditions, straight from the definition of the programme."""
    n = len(X)
    K = np.exp(-weighter.gamma_ * cdist(X, X, "sqeuclidean"))
    k = n * np.exp(-weighter.gamma_ * cdist(X, X_target, "sqeuclidean")).mean(axis=1)
    eps = (np.sqrt(n) - 1) / np.sqrt(n) if weighter.eps is None else weighter.eps
    w, multiplier = weighter.solution_, weighter.sum_multiplier_
    gradient = K @ w + weighter.ridge * w - k + multiplier
    violation = np.where(w == 0, np.maximum(-gradient, 0), np.abs(gradient))
    violation = np.where(w == weighter.B, np.maximum(gradient, 0), violation)
    assert w.min() >= 0
    assert w.max() <= weighter.B
    low, high, total, rounding = n * (1 - eps), n * (1 + eps), w.sum(), 1e-11 * n
    assert low - rounding <= total <= high + rounding
    assert multiplier <= 0 or total >= high - rounding
    assert multiplier >= 0 or total <= low + rounding
    return violation.max() / np.abs(k).max()


@pytest.mark.oracle("KernelMeanMatching")
@pytest.mark.parametrize("B", [1.2, 3.0, 1000.0])
@pytest.mark.parametrize("eps", [None, 0.0, 0.02, 2.0])
@pytest.mark.parametrize(
    ("n_source", "n_target", "d"), [(80, 50, 5), (300, 40, 30), (40, 60, 90), (30, 1, 3)]
)
def test_optimality(n_source, n_target, d, eps, B):
    X, X_target = domains(n_source, n_target, d)
    weighter = KernelMeanMatching(B=B, eps=eps).fit(X, X_target=X_target)
    assert residual(weighter, X, X_target) <= 1e-8
    assert weighter.kkt_residual_ <= 1e-8
    assert weighter.n_iter_ >= 1


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("B", [1.2, 3.0, 1000.0])
@pytest.mark.parametrize("eps", [None, 0.0])
def test_optimality_where_the_kernel_has_low_rank(d, B, eps):
    X, X_target = domains(400, 150, d)
    weighter = KernelMeanMatching(B=B, eps=eps).fit(X, X_target=X_target)
    assert residual(weighter, X, X_target) <= 1e-6


@pytest.mark.parametrize("d", [2, 20])
def test_optimality_with_duplicated_rows(d):
    X, X_target = domains(60, 40, d)
    X = np.repeat(X, 4, axis=0)
    weighter = KernelMeanMatching().fit(X, X_target=X_target)
    assert residual(weighter, X, X_target) <= 1e-6
    copies = weighter.solution_.reshape(60, 4)
    np.testing.assert_allclose(copies, copies[:, :1] @ np.ones((1, 4)), atol=1e-3)


@pytest.mark.oracle("KernelMeanMatching")
@pytest.mark.parametrize("seed", range(3))
def test_target_is_half_of_the_source(seed):
    X, _ = domains(200, 1, 30, seed)
    half = np.random.default_rng(seed).permutation(200)[:100]
    weighter = KernelMeanMatching().fit(X, X_target=X[half])
    expected = np.zeros(200)
    expected[half] = 2.0
    np.testing.assert_allclose(weighter.sample_weight_, expected, atol=1e-4)
    assert weighter.effective_sample_size_ == pytest.approx(100, rel=1e-3)
    exact = KernelMeanMatching(ridge=1e-10).fit(
        X, X_target=X[half]
    )  # the ridge is all that is left
    np.testing.assert_allclose(exact.sample_weight_, expected, atol=1e-7)


def test_target_is_the_source():
    X, _ = domains(150, 1, 20)
    weighter = KernelMeanMatching(ridge=1e-9).fit(X, X_target=(X,))
    K = np.exp(-weighter.gamma_ * cdist(X, X, "sqeuclidean"))
    assert np.linalg.cond(K) < 1e6
    np.testing.assert_allclose(weighter.sample_weight_, 1, atol=1e-6)
    np.testing.assert_allclose(weighter.solution_, 1, atol=1e-6)


def test_weights_grow_towards_the_target():
    X = np.random.default_rng(0).normal(size=(300, 1))
    X_target = np.random.default_rng(1).normal(loc=1.0, scale=0.5, size=(300, 1))
    weighter = KernelMeanMatching(eps=0.0, B=10.0).fit(X, X_target=(X_target,))
    w = weighter.sample_weight_
    assert np.corrcoef(w, np.exp(-((X[:, 0] - 1) ** 2)))[0, 1] > 0.5
    assert w @ X[:, 0] / 300 == pytest.approx(X_target.mean(), abs=0.05)


@pytest.mark.parametrize("d", [5, 60])
def test_row_order_does_not_matter(d):
    X, X_target = domains(250, 90, d)
    order = np.random.default_rng(1).permutation(250)
    one = KernelMeanMatching().fit(X, X_target=X_target)
    other = KernelMeanMatching().fit(X[order], X_target=X_target[::-1])
    np.testing.assert_allclose(other.sample_weight_, one.sample_weight_[order], atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_tuple_is_the_rows_below_each_other(seed):
    X, X_target = domains(60, 50, 4, seed)
    one = KernelMeanMatching().fit(X, X_target=X_target)
    parts = KernelMeanMatching().fit(X, X_target=(X_target[:20], X_target[20:]))
    np.testing.assert_allclose(parts.sample_weight_, one.sample_weight_, atol=1e-7)


def test_sample_weight_is_the_solution_with_mean_one():
    X, X_target = domains(100, 60, 6)
    weighter = KernelMeanMatching().fit(X, X_target=X_target)
    w = weighter.solution_
    assert w.mean() != pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(weighter.sample_weight_, w / w.mean())
    assert weighter.sample_weight_.mean() == pytest.approx(1)
    assert weighter.effective_sample_size_ == pytest.approx(w.sum() ** 2 / (w @ w))


def test_without_a_target_all_weights_are_one():
    X, _ = domains(20, 1, 3)
    weighter = KernelMeanMatching().fit(X)
    np.testing.assert_array_equal(weighter.sample_weight_, np.ones(20))
    assert weighter.effective_sample_size_ == 20
    assert weighter.kernel_ is None
    assert weighter.n_features_in_ == 3
    assert not hasattr(weighter, "density_ratio")  # the method defines none


def test_gamma():
    X, X_target = domains(40, 30, 3)
    pooled = np.vstack([X, X_target])
    expected = {
        "median": 1 / np.median(pdist(pooled, "sqeuclidean")),
        "scale": 1 / (3 * pooled.var()),
        0.25: 0.25,
    }
    for gamma, value in expected.items():
        weighter = KernelMeanMatching(gamma=gamma).fit(X, X_target=X_target)
        assert weighter.gamma_ == pytest.approx(value)
        K = weighter.kernel_(X[:2], X[:3])
        np.testing.assert_allclose(K, np.exp(-value * cdist(X[:2], X[:3], "sqeuclidean")))


def test_a_linear_kernel_does_not_depend_on_units():
    X, X_target = domains(100, 50, 4)
    X, X_target = X + 2, X_target + 2
    one = KernelMeanMatching(kernel="linear").fit(X, X_target=X_target)
    other = KernelMeanMatching(kernel="linear").fit(1e5 * X, X_target=1e5 * X_target)
    assert one.kkt_residual_ <= 1e-6
    np.testing.assert_allclose(one.sample_weight_, other.sample_weight_, atol=1e-3)


def test_a_callable_kernel():
    X, X_target = domains(30, 20, 3)

    def rbf(a, b):
        return np.exp(-0.2 * np.sum((a - b) ** 2))

    own = KernelMeanMatching(kernel=rbf).fit(X, X_target=X_target)
    named = KernelMeanMatching(gamma=0.2).fit(X, X_target=X_target)
    np.testing.assert_allclose(own.sample_weight_, named.sample_weight_, atol=1e-7)


def test_float32_rows_give_nearly_the_same_weights():
    X, X_target = domains(100, 70, 20)
    wide = KernelMeanMatching().fit(X, X_target=X_target).sample_weight_
    narrow = KernelMeanMatching().fit(X.astype("f4"), X_target=X_target.astype("f4"))
    assert narrow.sample_weight_.dtype == np.float64
    np.testing.assert_allclose(narrow.sample_weight_, wide, atol=1e-3)


@pytest.mark.parametrize(
    ("X", "X_target"),
    [
        (np.array([[1.0, 2.0]]), np.array([[0.0, 1.0], [3.0, 3.0]])),  # one source row
        (np.ones((6, 3)), np.ones((4, 3))),  # identical rows
        (np.ones((1, 1)), np.ones((2, 1))),
        (np.ones((6, 3)), np.full((4, 3), 1.5)),  # constant columns
    ],
)
@pytest.mark.filterwarnings("ignore:The sum of the weights fell")
def test_degenerate_rows_get_equal_weights(X, X_target):
    weighter = KernelMeanMatching().fit(X, X_target=X_target)
    np.testing.assert_allclose(weighter.sample_weight_, 1.0)
    assert weighter.kkt_residual_ <= 1e-8


def test_constant_columns_change_nothing():
    X, X_target = domains(60, 40, 5)
    plain = KernelMeanMatching().fit(X, X_target=X_target).sample_weight_
    X, X_target = (np.column_stack([A, np.full(len(A), 7.0)]) for A in (X, X_target))
    more = KernelMeanMatching().fit(X, X_target=X_target).sample_weight_
    np.testing.assert_allclose(more, plain, atol=1e-7)


def test_a_narrow_kernel_warns_that_the_sum_fell():
    X, X_target = domains(100, 80, 4)
    with pytest.warns(UserWarning, match=r"sum of the weights fell to its lower bound \(10 of 100"):
        weighter = KernelMeanMatching(gamma=300.0).fit(X, X_target=X_target)
    assert weighter.solution_.sum() / 100 == pytest.approx(1 / np.sqrt(100), rel=1e-9)
    assert weighter.sum_multiplier_ < 0


def test_a_narrow_eps_does_not_warn():
    X, X_target = domains(80, 50, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weighter = KernelMeanMatching(B=1.2, eps=0.02).fit(X, X_target=X_target)
    assert weighter.sum_multiplier_ < 0


def test_few_effective_rows_warn():
    X, X_target = domains(300, 40, 20)
    with pytest.warns(LowEffectiveSampleSizeWarning, match="of 300"):
        KernelMeanMatching().fit(X, X_target=X_target + 2)


def test_a_smaller_bound_spreads_the_weights():
    X, X_target = domains(200, 60, 10)
    sizes = [
        KernelMeanMatching(B=B).fit(X, X_target=X_target).effective_sample_size_
        for B in (1.5, 5.0, 1000.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_bare_target_as_long_as_the_source_warns():
    X, X_target = domains(30, 30, 3)
    with pytest.warns(AmbiguousTargetWarning, match="Pass X_target="):
        KernelMeanMatching().fit(X, X_target=X_target)
    with warnings.catch_warnings():
        warnings.simplefilter("error", AmbiguousTargetWarning)
        KernelMeanMatching().fit(X, X_target=(X_target,))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"B": 0}, "B must be a positive number, got 0"),
        ({"B": np.inf}, "B must be a positive number, got inf"),
        ({"B": True}, "B must be a positive number, got True"),
        ({"ridge": -1.0}, "ridge must be a positive number"),
        ({"ridge": "small"}, "ridge must be a positive number, got 'small'"),
        ({"eps": -0.1}, "eps must be None or a number >= 0, got -0.1"),
        ({"eps": "auto"}, "eps must be None or a number >= 0, got 'auto'"),
        ({"B": 0.5, "eps": 0.1}, "contradict each other.*mean 1 - eps = 0.9"),
        ({"kernel": "cubic"}, "kernel must be a callable or one of"),
        ({"gamma": 0.0}, "gamma must be 'median', 'scale' or a positive number"),
        ({"gamma": 1e-20}, "numerically 1 between all rows"),
    ],
)
def test_bad_parameters(parameters, message):
    X, X_target = domains(20, 10, 3)
    with pytest.raises(ValueError, match=message):
        KernelMeanMatching(**parameters).fit(X, X_target=X_target)


def test_another_width_of_target_is_refused():
    X, X_target = domains(20, 10, 3)
    with pytest.raises(ValueError, match="X_target has 2 features, but X has 3"):
        KernelMeanMatching().fit(X, X_target=X_target[:, :2])


def test_an_indefinite_kernel_is_refused():
    X, X_target = domains(30, 20, 3)

    def negative_distance(a, b):
        return 1.0 - np.sum(np.abs(a - b))

    with pytest.raises(ValueError, match="not positive semi-definite.*Use kernel='rbf'"):
        KernelMeanMatching(kernel=negative_distance).fit(X, X_target=X_target)


def test_an_uncertain_solution_warns(monkeypatch):
    from featuretransfer.instance import _kmm

    real = _kmm.match_means

    def sloppy(*arguments):
        match = real(*arguments)
        return type(match)(match.w, match.multiplier, 1e-3, match.n_steps)

    monkeypatch.setattr(_kmm, "match_means", sloppy)
    X, X_target = domains(30, 20, 3)
    with pytest.warns(ConvergenceWarning, match=r"to 1\.0e-03 only"):
        KernelMeanMatching().fit(X, X_target=X_target)


def test_frames_clone_and_pickle():
    X, X_target = (pd.DataFrame(A, columns=list("abc")) for A in domains(30, 20, 3))
    weighter = KernelMeanMatching(B=5.0).fit(X, X_target=X_target)
    assert list(weighter.feature_names_in_) == ["a", "b", "c"]
    again = clone(weighter).fit(X, X_target=X_target)
    loaded = pickle.loads(pickle.dumps(weighter))
    for other in (again, loaded):
        np.testing.assert_array_equal(other.sample_weight_, weighter.sample_weight_)
    with pytest.raises(ValueError, match="same names in another order"):
        KernelMeanMatching().fit(X, X_target=X_target[["b", "a", "c"]])


def test_a_refit_forgets_the_target():
    X, X_target = domains(30, 20, 3)
    weighter = KernelMeanMatching().fit(X, X_target=X_target).fit(X)
    assert weighter.gamma_ is None
    assert weighter.kkt_residual_ == 0
