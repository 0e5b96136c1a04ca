import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax

from featuretransfer.parameter._balance import FLOOR, balance, most_confident

PRIOR = np.array([0.1, 0.2, 0.3, 0.4])


def probabilities(sharpness, n=120, seed=0):
    rng = np.random.default_rng(seed)
    return softmax(sharpness * (rng.normal(size=(n, 4)) + [2, 0, 1, 0]), axis=1)


def sinkhorn(P, prior, n_steps):
    Q = np.maximum(P, FLOOR)
    for _ in range(n_steps):
        Q = Q * (len(P) * prior / Q.sum(axis=0))
        Q = Q / Q.sum(axis=1, keepdims=True)
    return Q


@pytest.mark.oracle("BalancedSelfTraining")
@pytest.mark.parametrize("sharpness", [0.01, 1, 4])
@pytest.mark.parametrize("prior", [PRIOR, np.full(4, 0.25)], ids=["given", "uniform"])
def test_is_the_limit_of_sinkhorn_scaling(sharpness, prior):
    P = probabilities(sharpness)
    assert_allclose(balance(P, prior), sinkhorn(P, prior, 5000), atol=1e-9)


@pytest.mark.oracle("BalancedSelfTraining")
@pytest.mark.parametrize("sharpness", [0.01, 1, 10, 300])
def test_has_the_sums_and_the_form_that_make_it_nearest(sharpness):
    P = probabilities(sharpness)
    Q = balance(P, PRIOR)
    assert_allclose(Q.sum(axis=1), 1, atol=1e-12)
    assert_allclose(Q.sum(axis=0), 120 * PRIOR, atol=1e-8)
    if sharpness <= 10:  # Q / P is an outer product: what minimises the relative entropy
        ratio = np.log(Q / np.maximum(P, FLOOR))
        double = ratio - ratio.mean(axis=0) - ratio.mean(axis=1, keepdims=True) + ratio.mean()
        assert_allclose(double, 0, atol=1e-6)


def test_equals_the_entropic_transport_of_a_peer():
    ot = pytest.importorskip("ot")
    P = probabilities(1)
    expected = ot.sinkhorn(np.ones(120), 120 * PRIOR, -np.log(P), 1.0, stopThr=1e-12)
    assert_allclose(balance(P, PRIOR), expected, atol=1e-8)


@pytest.mark.parametrize(
    "P",
    [
        np.tile([1.0, 0, 0, 0], (50, 1)),
        np.repeat(np.eye(4), [40, 5, 4, 1], axis=0),
        np.repeat(np.eye(4), [40, 9, 1, 0], axis=0),
        np.eye(4)[:1],
    ],
)
def test_certain_and_equal_rows_are_balanced_too(P):
    Q = balance(P, PRIOR)
    assert_allclose(Q.sum(axis=1), 1, atol=1e-12)
    assert_allclose(Q.sum(axis=0), len(P) * PRIOR, atol=1e-6)


def test_balanced_rows_stay():
    P = probabilities(1)
    assert_allclose(balance(P, P.mean(axis=0)), P, atol=1e-12)


def test_a_class_of_share_zero_gets_nothing():
    P = probabilities(1)
    Q = balance(P, np.array([0.5, 0.0, 0.5, 0.0]))
    assert_array_equal(Q[:, [1, 3]], 0)
    assert_allclose(Q.sum(axis=0), [60, 0, 60, 0], atol=1e-9)


def test_most_confident_rows_of_every_class():
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.3, 0.4, 0.1])
    assert_array_equal(most_confident(labels, confidence, 0.5), [1, 1, 0, 0, 0, 1, 1])
    assert most_confident(labels, confidence, 1.0).all()
    # rounded up, but 0.2 * 3 of five rows are three
    assert most_confident(np.zeros(5, int), np.arange(5.0), 0.2 * 3).sum() == 3


def test_equal_confidence_is_taken_together():
    labels, confidence = np.zeros(6, int), np.array([0.9, 0.5, 0.5, 0.5, 0.2, 0.1])
    assert_array_equal(most_confident(labels, confidence, 0.3), [1, 1, 1, 1, 0, 0])
