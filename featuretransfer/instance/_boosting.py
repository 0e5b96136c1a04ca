"""The rounds of TrAdaBoost: wrong source rows lose weight, wrong target rows gain it.

Pure functions on labels and weights; what is fitted in a round is the caller's.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

LEAST_ERROR = 1e-10  # bounds the vote of a round that is right on every target row
CAP = 1 - 1e-10  # of the error of chance, beyond which a round is no better than it


@dataclass(frozen=True)
class Rounds:
    """What the rounds learned; the first axis of the arrays is the round.

    Parameters
    ----------
    estimators : list of estimator
        One for each round.
    errors : ndarray of shape (n_rounds,)
        Weighted share of the labelled target rows that each gets wrong.
    votes : ndarray of shape (n_rounds,)
        ``log(1 / beta_t)``.
    weights : ndarray of shape (n_rounds, n_rows)
        Weights that each was fitted with, source rows first, with mean 1.
    """

    estimators: list
    errors: np.ndarray
    votes: np.ndarray
    weights: np.ndarray


def boost(learn, y, n_source, n_classes, n_rounds):
    """Run the rounds.

    Parameters
    ----------
    learn : callable
        ``learn(weights)`` fits with weights of all rows and returns the estimator and its
        predictions of all rows.
    y : ndarray of shape (n_rows,)
        Labels of the source rows, then of the labelled target rows.
    n_source : int
        Number of source rows.
    n_classes : int
        Number of classes.
    n_rounds : int
        Number of rounds.

    Returns
    -------
    rounds : Rounds
        Fewer than `n_rounds` if one got every row right: the others would repeat it.
    """
    log_beta = -np.log1p(np.sqrt(2 * np.log(n_source) / n_rounds))
    log_w = np.zeros(len(y))  # as logarithms they neither overflow nor vanish
    estimators, errors, votes, weights = [], [], [], []
    for _ in range(n_rounds):
        w = np.exp(log_w - logsumexp(log_w) + np.log(len(y)))
        estimator, predicted = learn(w)
        wrong = predicted != y
        error = target_error(w, wrong, n_source)
        vote = log_odds(error, n_classes)
        log_w = log_w + wrong * np.where(np.arange(len(y)) < n_source, log_beta, vote)
        estimators.append(estimator)
        errors.append(error)
        votes.append(vote)
        weights.append(w)
        if not wrong.any():
            break
    return Rounds(estimators, np.array(errors), np.array(votes), np.array(weights))


def target_error(w, wrong, n_source):
    """Weighted share of the target rows that are wrong."""
    return float(w[n_source:] @ wrong[n_source:] / w[n_source:].sum())


def log_odds(error, n_classes):
    """``log(1 / beta)`` of an error: log odds of being right, against those of chance.

    Of a single class, which is never missed, a round votes like one that is right among two.
    """
    n_classes = max(n_classes, 2)
    error = np.clip(error, LEAST_ERROR, CAP * (1 - 1 / n_classes))
    return float(np.log((1 - error) / error) + np.log(n_classes - 1))


def shares(votes, n_rounds, first):
    """Shares of the rounds in the vote.

    Parameters
    ----------
    votes : ndarray of shape (n_done,)
        Votes of the rounds that were done.
    n_rounds : int
        Rounds that were wanted; the last one done stands for those that would repeat it.
    first : int
        The first round that votes, from 0.

    Returns
    -------
    shares : ndarray of shape (n_done,)
        Non-negative, of sum 1.
    """
    shares = votes.copy()
    shares[-1] *= n_rounds - len(votes) + 1
    shares[: min(first, len(votes) - 1)] = 0
    return shares / shares.sum()
