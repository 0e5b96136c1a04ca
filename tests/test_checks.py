from types import SimpleNamespace

import numpy as np
import pytest

from featuretransfer._checks import check_counts, check_flags, is_count, is_number


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (np.int64(3), True), (0, False), (True, False), (1.0, False), ("1", False)],
)
def test_counts(value, expected):
    assert is_count(value) is expected


def test_least():
    assert is_count(2, least=2)
    assert not is_count(1, least=2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, True),
        (0.5, True),
        (np.float32(0.5), True),
        (1, False),
        (-0.1, False),
        (np.nan, False),
        (False, False),
        ("0", False),
        (None, False),
    ],
)
def test_numbers_between_zero_and_one(value, expected):
    assert is_number(value, 0, 1) is expected


def test_infinity_is_beyond_every_bound():
    assert not is_number(np.inf)
    assert is_number(-1e300)


def test_parameters_are_named():
    estimator = SimpleNamespace(n=3, m=0, tied=np.True_, fitted="no")
    check_counts(estimator, "n")
    check_flags(estimator, "tied")
    with pytest.raises(ValueError, match="m must be an integer >= 1, got 0"):
        check_counts(estimator, "n", "m")
    with pytest.raises(TypeError, match="fitted must be True or False, got 'no'"):
        check_flags(estimator, "tied", "fitted")
