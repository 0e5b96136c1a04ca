"""AdaBoost.R2 with the source's weights frozen, and the weights of its first stage.

Pure functions on ratings and weights; what is fitted in a round is the caller's.
"""

import numpy as np
from scipy.optimize import brentq

LEAST_ERROR = 1e-10  # bounds the vote of a round that is exact everywhere


def adjusted_errors(residuals, w):
    """Absolute residuals in units of the largest one of a row that has weight.

    Parameters
    ----------
    residuals : ndarray of shape (n_rows,)
        Prediction errors.
    w : ndarray of shape (n_rows,)
        Weights.

    Returns
    -------
    errors : ndarray of shape (n_rows,)
        Between 0 and 1 where there is weight; all 0 where all such residuals are.
    """
    residuals = np.abs(residuals)
    largest = residuals[w > 0].max()
    return residuals / largest if largest > 0 else np.zeros(len(residuals))


def boost_target(learn, y, w, n_source, n_rounds):
    """AdaBoost.R2 that changes the weights of target rows only.

    Parameters
    ----------
    learn : callable
        ``learn(weights)`` fits with weights of all rows and returns the estimator and its
        predictions of all rows.
    y : ndarray of shape (n_rows,)
        Ratings of the source rows, then of the labelled target rows.
    w : ndarray of shape (n_rows,)
        First weights.
    n_source : int
        Number of source rows.
    n_rounds : int
        Most rounds.

    Returns
    -------
    estimators : list of estimator
        One for each round, at least one.
    shares : ndarray of shape (n_done,)
        Their shares in the median, of sum 1.
    """
    w, mass = w.copy(), w[n_source:].sum()
    estimators, votes = [], []
    for done in range(n_rounds):
        estimator, predicted = learn(w)
        errors = adjusted_errors(predicted - y, w)
        error = max(float(w @ errors / w.sum()), LEAST_ERROR)
        if error >= 0.5 and estimators:
            break
        estimators.append(estimator)
        votes.append(np.log((1 - error) / error))
        if error >= 0.5:  # the first is kept all the same: there has to be one
            return estimators, np.ones(1)
        if np.ptp(errors[n_source:]) == 0:  # target weights stay: later rounds would repeat it
            votes[-1] *= n_rounds - done
            break
        w[n_source:] *= (error / (1 - error)) ** (1 - errors[n_source:])
        w[n_source:] *= mass / w[n_source:].sum()
    return estimators, np.array(votes) / np.sum(votes)


def weighted_median(values, weights):
    """The least value of each row with at least half of the weight at or below it.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_values)
        Values.
    weights : ndarray of shape (n_values,)
        Their weights, non-negative.

    Returns
    -------
    medians : ndarray of shape (n_samples,)
        One of the values of every row.
    """
    order = np.argsort(values, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1) >= 0.5 * weights.sum()
    return np.take_along_axis(values, order, axis=1)[np.arange(len(values)), reached.argmax(axis=1)]


def target_masses(n_source, n_target, n_steps):
    """Share of the target in the weights of every step, from that of its rows up to 1."""
    return np.linspace(n_target / (n_source + n_target), 1, n_steps)


def source_path(learn, y, n_source, masses):
    """Weights of every step, each from those before it.

    Parameters
    ----------
    learn : callable
        As in `boost_target`.
    y : ndarray of shape (n_rows,)
        Ratings of the source rows, then of the labelled target rows.
    n_source : int
        Number of source rows.
    masses : ndarray of shape (n_steps,)
        Share of the target in the weights.

    Yields
    ------
    w : ndarray of shape (n_rows,)
        Weights with mean 1, those of target rows equal.
    """
    w = np.ones(len(y))
    yield w
    for mass in masses[1:]:
        _, predicted = learn(w)
        source = shrink_source(w, adjusted_errors(predicted - y, w), n_source, mass)
        w = np.append(source, np.full(len(y) - n_source, mass / (len(y) - n_source)))
        w *= len(y) / w.sum()
        yield w


def shrink_source(w, errors, n_source, mass):
    """Source weights ``w * beta ** errors`` that leave the target its mass.

    Parameters
    ----------
    w : ndarray of shape (n_rows,)
        Weights, source first.
    errors : ndarray of shape (n_rows,)
        Adjusted errors.
    n_source : int
        Number of source rows.
    mass : float
        Share of the target in the sum of the weights afterwards, at least its share in `w`.

    Returns
    -------
    source : ndarray of shape (n_source,)
        Weights of sum ``1 - mass``.
    """
    if mass == 1:
        return np.zeros(n_source)
    source, errors = w[:n_source] / w.sum(), errors[:n_source]
    ratio = (1 - source.sum()) * (1 - mass) / mass  # what the source may weigh beside the target

    def excess(x):  # falls with x = -log(beta), and is convex
        return source @ np.exp(-x * errors) - ratio

    if excess(0.0) > 0:
        if source @ (errors == 0) >= ratio:  # no beta is small enough
            source = source * (errors == 0)
        else:
            high = 1.0
            while excess(high) > 0:
                high *= 2
            source = source * np.exp(-brentq(excess, 0.0, high, xtol=1e-300) * errors)
    return source * ((1 - mass) / source.sum())
