import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer.instance._kliep import mixture_shares
from featuretransfer.parameter._label_shift import (
    bbse_weights,
    corrected,
    em_prior,
    joint_confusion,
)

TRAIN = np.array([0.5, 0.3, 0.2])
TRUE = np.array([0.1, 0.28, 0.62])
# distributions of a discrete x given the class, one column for each class
GIVEN_CLASS = np.array([[0.6, 0.1, 0.1], [0.2, 0.5, 0.2], [0.1, 0.3, 0.3], [0.1, 0.1, 0.4]])


def exact(prior=TRUE, n=10_000):
    """Posteriors of rows that occur exactly as often as under `prior`."""
    counts = np.round(n * GIVEN_CLASS @ prior).astype(int)
    joint = GIVEN_CLASS * TRAIN
    return np.repeat(joint / joint.sum(axis=1, keepdims=True), counts, axis=0)


@pytest.mark.oracle("PriorCorrection")
def test_em_recovers_the_shares_of_a_known_mixture():
    prior, _, gap = em_prior(exact(), TRAIN)
    assert_allclose(prior, TRUE, atol=1e-3)
    assert gap <= 1e-8
    assert_allclose(em_prior(exact(TRAIN), TRAIN)[0], TRAIN, atol=1e-3)


@pytest.mark.oracle("PriorCorrection")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sharpness", [0.3, 1, 5])
def test_em_climbs_to_the_maximum_of_the_likelihood(seed, sharpness):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.full(3, 1 / sharpness), size=80)
    prior, path, gap = em_prior(P, TRAIN)
    assert (np.diff(path) >= -1e-14).all()
    # stationary: every share kept is the mean of the posteriors that it gives
    assert_allclose(corrected(P, TRAIN, prior).mean(axis=0), prior, atol=1e-6)
    assert gap <= 1e-8
    expected, score, _ = mixture_shares(P / TRAIN)  # an interior point method
    assert_allclose(path[-1], score, atol=1e-8)
    assert_allclose(prior, expected, atol=1e-3)


def test_correction_is_bayes_theorem():
    P = exact()
    joint = GIVEN_CLASS * TRUE
    rows = np.unique(P, axis=0)
    expected = np.unique(joint / joint.sum(axis=1, keepdims=True), axis=0)
    assert_allclose(np.unique(corrected(rows, TRAIN, TRUE), axis=0), expected)
    assert_allclose(corrected(P, TRAIN, TRAIN), P)


def test_joint_confusion():
    C = joint_confusion(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]), 3)
    assert_array_equal(C, np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1]]) / 4)


@pytest.mark.oracle("PriorCorrection")
def test_bbse_solves_for_the_shares():
    best = (GIVEN_CLASS * TRAIN).argmax(axis=1)
    decision = np.eye(3)[best]  # (x, predicted)
    confusion = decision.T @ (GIVEN_CLASS * TRAIN)
    shares = decision.T @ GIVEN_CLASS @ TRUE
    assert_allclose(bbse_weights(confusion, shares) * TRAIN, TRUE)


def test_bbse_sets_negative_weights_to_zero():
    C = np.array([[0.4, 0.1], [0.1, 0.4]])
    assert (np.linalg.solve(C, [0.95, 0.05]) < 0).any()
    assert_allclose(bbse_weights(C, np.array([0.95, 0.05])), [2.5, 0.0])


@pytest.mark.parametrize("C", [np.full((2, 2), 0.25), np.diag([0.9999, 0.0001]), np.zeros((2, 2))])
def test_bbse_refuses_what_cannot_be_inverted(C):
    with pytest.raises(ValueError, match=r"condition number .* Use method='em'"):
        bbse_weights(C, np.array([0.5, 0.5]))
