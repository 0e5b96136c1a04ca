"""What kind of value a parameter has; booleans are no numbers."""

from numbers import Integral, Real

import numpy as np


def is_count(value, least=1):
    """Whether `value` is an integer of at least `least`."""
    return isinstance(value, Integral) and not isinstance(value, bool) and bool(value >= least)


def is_number(value, low=-float("inf"), high=float("inf")):
    """Whether `value` is a number with ``low <= value < high``; NaN is none."""
    return isinstance(value, Real) and not isinstance(value, bool) and bool(low <= value < high)


def check_counts(estimator, *names):
    """Refuse parameters that are no integers >= 1."""
    for name in names:
        if not is_count(getattr(estimator, name)):
            raise ValueError(f"{name} must be an integer >= 1, got {getattr(estimator, name)!r}.")


def check_flags(estimator, *names):
    """Refuse parameters that are not True or False."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, bool | np.bool_):
            raise TypeError(f"{name} must be True or False, got {value!r}.")
