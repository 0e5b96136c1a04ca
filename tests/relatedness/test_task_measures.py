import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.optimize import minimize
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from featuretransfer.relatedness import h_score, leep, log_me, nce

rng = np.random.default_rng(0)
Y = np.array(["anger", "happiness", "sadness"])[np.arange(60) % 3]
CODES = np.unique(Y, return_inverse=True)[1]
F = rng.normal(size=(60, 4)) + 1.5 * rng.normal(size=(3, 4))[CODES]
P = rng.dirichlet(np.ones(5), size=60)
ENTROPY = np.log(3)


def test_nce_is_the_conditional_entropy():
    z = rng.integers(4, size=60)
    expected = 0.0
    for value in range(4):
        shares = np.bincount(CODES[z == value]) / np.count_nonzero(z == value)
        expected -= np.mean(z == value) * stats.entropy(shares)
    assert_allclose(nce(z, Y), expected)


def test_limits_of_nce():
    assert_allclose(nce(CODES, Y), 0, atol=1e-12)
    assert_allclose(nce(CODES % 3 + 7, Y), 0, atol=1e-12)  # names do not matter
    assert_allclose(nce(np.zeros(60), Y), -ENTROPY)
    assert nce(["p", "q"] * 30, Y) <= 0


def test_leep_row_by_row():
    total = 0.0
    for p, y in zip(P, Y):
        likelihood = 0.0
        for z in range(5):
            joint = np.mean(P[:, z] * (y == Y))
            likelihood += joint / P[:, z].mean() * p[z]
        total += np.log(likelihood)
    assert_allclose(leep(P, Y), total / 60)


def test_limits_of_leep():
    z = rng.integers(5, size=60)
    assert_allclose(leep(np.eye(5)[z], Y), nce(z, Y))  # certain predictions
    assert_allclose(leep(np.full((60, 5), 0.2), Y), -ENTROPY)  # uninformative ones
    assert_allclose(leep(np.eye(7)[CODES], Y), 0, atol=1e-12)  # classes that nothing is taken for


def evidence(log_a, log_b, y):
    """Log density of y under N(0, I / b + FF' / a), formed."""
    covariance = np.eye(60) / np.exp(log_b) + F @ F.T / np.exp(log_a)
    return stats.multivariate_normal(np.zeros(60), covariance).logpdf(y)


def test_log_me_is_the_best_evidence():
    found = []
    for code in range(3):
        y = (code == CODES).astype(float)
        best = minimize(lambda a, y=y: -evidence(*a, y), [0.0, 0.0], method="Nelder-Mead")
        found.append(-best.fun / 60)
    assert_allclose(log_me(F, Y), np.mean(found), rtol=1e-6)


def test_log_me_prefers_features_that_tell_the_classes_apart():
    assert log_me(F, Y) > log_me(rng.normal(size=F.shape), Y)
    turned = F @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
    assert_allclose(log_me(turned, Y), log_me(F, Y))
    assert_allclose(log_me(100 * F, Y), log_me(F, Y), rtol=1e-6)
    assert_allclose(log_me(np.column_stack([F, np.zeros(60)]), Y), log_me(F, Y))
    wide = rng.normal(size=(60, 300))
    assert np.isfinite(log_me(wide, Y))
    # features that are all 0: the evidence of noise alone
    noise = -0.5 * (np.log(2 * np.pi / 3) + 1)
    assert_allclose(log_me(np.zeros((60, 2)), Y), noise)


def test_h_score_is_the_trace():
    means = np.array([F[c == CODES].mean(axis=0) for c in CODES])
    expected = np.trace(np.linalg.solve(np.cov(F, rowvar=False), np.cov(means, rowvar=False)))
    assert_allclose(h_score(F, Y, reg=0.0), expected)


def test_h_score_is_the_sum_of_discriminant_eigenvalues():
    # eigenvalues r of within-class scatter are r / (1 + r) of the total one
    fitted = LinearDiscriminantAnalysis(solver="eigen").fit(F, Y)
    scores = fitted.transform(F)
    between = [
        np.var([column[c == CODES].mean() for c in CODES]) / np.var(column) for column in scores.T
    ]
    assert_allclose(h_score(F, Y, reg=0.0), np.sum(between))


@pytest.mark.parametrize("n_features", [40, 60, 200])
def test_shrinkage_keeps_noise_from_the_best_score(n_features):
    noise = rng.normal(size=(60, n_features))
    assert h_score(noise, Y) < 0.5  # 2 is the best
    assert h_score(100 + noise, Y) < 0.5


def test_shrunk_h_score_is_the_trace_of_two_shrunk_matrices():
    means = np.array([F[c == CODES].mean(axis=0) for c in CODES])
    _, a = ledoit_wolf(F)
    total = np.cov(F, rowvar=False)
    expected = (1 - a) * total + a * np.trace(total) / 4 * np.eye(4)
    expected = np.trace(np.linalg.solve(expected, (1 - a) * np.cov(means, rowvar=False)))
    assert_allclose(h_score(F, Y), expected)
    assert h_score(F, Y) < h_score(F, Y, reg=0.0) < 2


def test_degenerate_features_of_the_h_score():
    noise = rng.normal(size=(60, 200))
    assert h_score(F, Y) > h_score(rng.normal(size=(60, 4)), Y)
    with pytest.raises(ValueError, match=r"reg=0.0 leaves the covariance .* of 200 features and"):
        h_score(noise, Y, reg=0.0)
    assert h_score(np.ones((60, 3)), Y) == 0.0
    assert 0 < h_score(P, Y) < 2  # rows that sum to 1
    assert_allclose(h_score(F.astype("f4"), Y), h_score(F, Y), rtol=1e-4)


@pytest.mark.parametrize("measure", [nce, leep, log_me, h_score])
def test_bad_labels(measure):
    first = CODES if measure is nce else P
    with pytest.raises(ValueError, match="y_target must have at least two classes"):
        measure(first, ["anger"] * 60)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        measure(first, Y[:9])


@pytest.mark.parametrize("scores", [3 * P, P - 0.5])
def test_decision_values_are_no_probabilities(scores):
    with pytest.raises(ValueError, match="probabilities must be >= 0 and sum to 1"):
        leep(scores, Y)
