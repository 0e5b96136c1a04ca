import numpy as np
import pandas as pd
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy

from featuretransfer.relational._soft_labels import (
    CONFIDENCES,
    certainty,
    repeated,
    tempered,
)

P = np.array([[0.7, 0.2, 0.1], [1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])


def test_temperature_is_a_power():
    with np.errstate(divide="ignore"):
        L = np.maximum(np.log(P), -30)
    for temperature in (0.5, 1.0, 3.0):
        powers = np.exp(L) ** (1 / temperature)
        expected = powers / powers.sum(axis=1, keepdims=True)
        assert_allclose(tempered(L, temperature), expected, rtol=1e-9)
    assert_allclose(tempered(L, 1e-300)[[0, 2]], [[1, 0, 0], [0, 1, 0]])
    assert_allclose(tempered(L, 1e12), 1 / 3, rtol=1e-6)


def test_confidence():
    assert_array_equal(CONFIDENCES["max"](P), P.max(axis=1))
    assert_allclose(certainty(P), 1 - entropy(P, base=3, axis=1), atol=1e-15)
    assert_allclose(certainty(P)[1:3], [0, 1], atol=1e-15)
    assert_array_equal(certainty(np.ones((2, 1))), [1, 1])


def test_every_row_is_there_for_every_class():
    X, weights = np.arange(8.0).reshape(4, 2), np.array([1.0, 2.0, 3.0, 4.0])
    rows, y, sample_weight = repeated(X, P, np.array(["a", "b", "c"]), weights)
    assert_array_equal(rows, np.tile(X, (3, 1)))
    assert y.tolist() == ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    assert_allclose(sample_weight.reshape(3, 4), P.T * weights)
    assert_allclose(sample_weight.sum(), weights.sum())
    frame, _, _ = repeated(pd.DataFrame(X, columns=["u", "v"]), P, np.array([0, 1, 2]), weights)
    assert list(frame) == ["u", "v"]
    assert_array_equal(frame, rows)
