"""Scores of predictions, and their speaker-clustered bootstrap."""

import numpy as np
import pandas as pd


def score_predictions(y_true, y_pred):
    """Scores of one set of predictions.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels.

    Returns
    -------
    scores : dict of str to number
        ``n``, ``chance`` (1 / number of classes in `y_true`), ``uar`` (mean recall over those
        classes), ``war`` (accuracy), ``macro_f1`` (over those classes) and, for each class,
        ``n_<class>`` and ``recall_<class>``.
    """
    y_true, y_pred = np.asarray(y_true, dtype=object), np.asarray(y_pred, dtype=object)
    classes = sorted(set(y_true), key=str)
    true = np.array([y_true == c for c in classes])
    predicted = np.array([y_pred == c for c in classes])
    hits = (true & predicted).sum(axis=1)
    recalls = hits / true.sum(axis=1)
    f1 = 2 * hits / (true.sum(axis=1) + predicted.sum(axis=1))
    return {
        "n": len(y_true),
        "chance": 1 / len(classes),
        "uar": float(recalls.mean()),
        "war": float(hits.sum() / len(y_true)),
        "macro_f1": float(f1.mean()),
        **{f"n_{c}": int(count) for c, count in zip(classes, true.sum(axis=1))},
        **{f"recall_{c}": float(recall) for c, recall in zip(classes, recalls)},
    }


def score_chance(y_true):
    """Expected scores of guessing each class of `y_true` equally often."""
    scores = score_predictions(y_true, y_true)
    chance = scores["chance"]
    priors = np.array([scores[name] for name in scores if name.startswith("n_")]) / scores["n"]
    guessed = dict.fromkeys((name for name in scores if name.startswith("recall_")), chance)
    f1 = float(np.mean(2 * priors * chance / (priors + chance)))
    return {**scores, **guessed, "uar": chance, "war": chance, "macro_f1": f1}


def bootstrap_uar(y_true, y_pred, speakers, n_bootstraps, seed):
    """UAR of replicates in which speakers are drawn with replacement.

    The same seed draws the same speakers, so that replicates of two sets of predictions on the
    same rows are paired.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels.
    speakers : array-like of shape (n_rows,)
        Speaker of each row; a row without one is a speaker of its own.
    n_bootstraps : int
        Number of replicates.
    seed : int or tuple of int
        Determines the draws.

    Returns
    -------
    uar : ndarray of shape (n_bootstraps,)
        Mean recall over the classes that occur in a replicate.
    """
    ids = pd.Series(np.asarray(speakers, dtype=object))
    ids = ids.where(ids.notna(), [f"row {i}" for i in range(len(ids))])
    ids, names = pd.factorize(ids)
    codes, classes = pd.factorize(np.asarray(y_true, dtype=object))
    right = np.asarray(y_true, dtype=object) == np.asarray(y_pred, dtype=object)
    total, hits = np.zeros((2, len(names), len(classes)))
    np.add.at(total, (ids, codes), 1)
    np.add.at(hits, (ids, codes), right)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_bootstraps)
    with np.errstate(invalid="ignore"):  # a class that a replicate does not have
        return np.nanmean((drawn @ hits) / (drawn @ total), axis=1)
