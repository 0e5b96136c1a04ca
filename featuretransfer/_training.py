"""What estimators that train a network share: schedule, random numbers, the warning at the end."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ._checks import check_counts, is_number
from ._network import Schedule

COUNTS = ("batch_size", "max_iter", "n_iter_no_change")


def schedule_of(estimator):
    """The schedule that the parameters of an estimator describe.

    Parameters
    ----------
    estimator : estimator
        Has ``learning_rate``, ``batch_size``, ``max_iter``, ``n_iter_no_change``, ``tol`` and
        ``verbose``.

    Returns
    -------
    schedule : Schedule
        For `train`.

    Raises
    ------
    ValueError
        If one of them is out of range.
    """
    check_counts(estimator, *COUNTS)
    check_range(estimator, "learning_rate", positive=True)
    check_range(estimator, "tol")
    names = ("learning_rate", *COUNTS, "tol", "verbose")
    return Schedule(**{name: getattr(estimator, name) for name in names})


def check_range(estimator, name, *, below=np.inf, positive=False):
    """Refuse a parameter that is no number ``>= 0`` (or ``> 0``) and ``< below``."""
    value = getattr(estimator, name)
    lowest = np.finfo(np.float64).tiny if positive else 0
    if not is_number(value, lowest, below):
        limits = "> 0" if positive else ">= 0"
        limits += f" and < {below:g}" if below < np.inf else ""
        raise ValueError(f"{name} must be a number {limits}, got {value!r}.")


def generator(random_state):
    """A generator that draws float32, seeded by a scikit-learn ``random_state``."""
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    return np.random.default_rng(seed)


def warn_unless_converged(estimator, trainings):
    """Warn like scikit-learn if a training was ended by ``max_iter``."""
    if not all(training.converged for training in trainings):
        warnings.warn(
            f"{type(estimator).__name__}: training had not converged after "
            f"max_iter={estimator.max_iter} epochs: the loss still fell. Increase max_iter, or "
            "learning_rate.",
            ConvergenceWarning,
            stacklevel=3,
        )
