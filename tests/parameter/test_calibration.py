import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import log_softmax

from featuretransfer.parameter._calibration import fit_calibration

rng = np.random.default_rng(0)
CODES = np.repeat([0, 1, 2], [100, 60, 40])
L = log_softmax(1.5 * np.eye(3)[CODES] + rng.normal(size=(200, 3)), axis=1)


def smoothed_loss(slope, bias, L=L, codes=CODES):
    wanted = (200 * np.eye(3)[codes] + np.bincount(codes) / 200) / 201
    return -np.mean(np.sum(wanted * log_softmax(slope * L + bias, axis=1), axis=1))


@pytest.mark.parametrize("factor", [0.1, 1, 20])
def test_has_the_smallest_log_loss(factor):
    found = fit_calibration(factor * L, CODES)
    best = minimize(lambda p: smoothed_loss(p[0], np.append(p[1:], 0)), [1.0, 0, 0], tol=1e-12)
    assert_allclose(smoothed_loss(found.slope * factor, found.bias), best.fun, atol=1e-10)
    assert_allclose(found.slope * factor, best.x[0], rtol=1e-4)
    assert_allclose(found.bias.mean(), 0, atol=1e-12)


def test_mean_probabilities_are_the_class_shares():
    P = fit_calibration(L, CODES)(L)
    assert_allclose(P.sum(axis=1), 1)
    assert_allclose(P.mean(axis=0), [0.5, 0.3, 0.2], atol=1e-8)


def test_probabilities_that_say_nothing_become_the_class_shares():
    for useless in (np.full((200, 3), -1.0), -L):  # without information, and worse than none
        calibration = fit_calibration(useless, CODES)
        assert calibration.slope == 0
        assert_allclose(calibration(useless), np.tile([0.5, 0.3, 0.2], (200, 1)))


def test_rows_that_are_told_apart_perfectly_have_a_finite_slope():
    certain = np.log(np.maximum(np.eye(3)[CODES], 1e-12))
    calibration = fit_calibration(certain, CODES)
    assert 0 < calibration.slope < 1
    assert_allclose(calibration(certain)[0], [1, 0, 0], atol=0.01)


def test_row_order_does_not_matter():
    order = rng.permutation(200)
    a, b = fit_calibration(L, CODES), fit_calibration(L[order], CODES[order])
    assert_allclose(a.slope, b.slope, rtol=1e-9)
    assert_allclose(a.bias, b.bias, atol=1e-9)
