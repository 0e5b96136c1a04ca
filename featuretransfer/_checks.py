"""What kind of value a parameter has; booleans are no numbers."""

from numbers import Integral, Real


def is_count(value, least=1):
    """Whether `value` is an integer of at least `least`."""
    return isinstance(value, Integral) and not isinstance(value, bool) and bool(value >= least)


def is_number(value, low=-float("inf"), high=float("inf")):
    """Whether `value` is a number with ``low <= value < high``; NaN is none."""
    return isinstance(value, Real) and not isinstance(value, bool) and bool(low <= value < high)
