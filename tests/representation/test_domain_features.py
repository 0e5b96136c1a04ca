import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler

from featuretransfer.representation._domain_features import learn_features

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4)) * [1, 10, 0.1, 3] + 5
NEW = rng.normal(size=(7, 4)) + 5


def test_linear_features_are_the_standardised_columns():
    features, F = learn_features(X, X[:20], "linear", "median")
    scaler = StandardScaler().fit(X)
    norm = np.sqrt(np.mean(np.sum(scaler.transform(X[:20]) ** 2, axis=1)))
    assert_allclose(F, scaler.transform(X[:20]) / norm)
    assert_allclose(features(NEW), scaler.transform(NEW) / norm)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_inner_products_are_the_kernel(kernel):
    wide = rng.normal(size=(10, 40))
    features, F = learn_features(wide, wide[:6], kernel, 0.01)
    assert F.shape[1] <= 6
    Z = StandardScaler().fit(wide).transform(wide)
    K = Z @ Z.T if kernel == "linear" else rbf_kernel(Z, gamma=0.01)
    norm = np.trace(K[:6, :6]) / 6
    assert_allclose(F @ F.T, K[:6, :6] / norm, atol=1e-9)
    assert_allclose(features(wide) @ F.T, K[:, :6] / norm, atol=1e-9)
    assert_allclose(np.mean(np.sum(F**2, axis=1)), 1)


def test_width_is_that_of_all_rows():
    few, _ = learn_features(X, X[:5], "rbf", "median")
    every, _ = learn_features(X, X, "rbf", "median")
    assert few.kernel.gamma == every.kernel.gamma


def test_landmarks():
    exact, _ = learn_features(X, X, "rbf", 0.05)
    as_many, _ = learn_features(X, X, "rbf", 0.05, landmarks=30)
    assert_allclose(as_many(NEW), exact(NEW))
    few, F = learn_features(X, X, "rbf", 0.05, landmarks=20)
    assert F.shape == (30, 20)
    approximate, K = few(X) @ few(X).T * few.norm**2, exact(X) @ exact(X).T * exact.norm**2
    assert np.abs(approximate - K).max() < 0.3
    assert np.abs(approximate - K).mean() < 0.03


def test_equal_rows_have_no_features():
    features, F = learn_features(np.ones((3, 4)), np.ones((3, 4)), "linear", "median")
    assert_allclose(F @ F.T, 0)
    assert np.isfinite(features(NEW)).all()
