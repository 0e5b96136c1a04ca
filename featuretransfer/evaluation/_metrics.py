"""Scores of predictions."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from ._calibration import calibration_error, reliability
from ._correlation import concordance_correlation, pearson_correlation


def uar(y_true, y_pred):
    """Unweighted average recall (UAR): the mean recall over the classes of the labels.

    The headline score of speech emotion recognition, where classes are unequally frequent. It is
    scikit-learn's balanced accuracy, without a warning for predicted classes that do not occur.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels.

    Returns
    -------
    uar : float
        Between 0 and 1; 1 / number of classes is chance.

    References
    ----------
    .. [1] B. Schuller, S. Steidl, A. Batliner, "The INTERSPEECH 2009 Emotion Challenge",
       Interspeech, 2009.

    Examples
    --------
    >>> from featuretransfer.evaluation import uar
    >>> uar(["sad", "sad", "sad", "angry"], ["sad", "sad", "angry", "angry"])
    0.8333333333333333

    As a scorer of scikit-learn:

    >>> from sklearn.metrics import make_scorer
    >>> scorer = make_scorer(uar)
    """
    return score_predictions(y_true, y_pred)["uar"]


def score_predictions(y_true, y_pred, scores=None):
    """Scores of one set of predicted classes.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels.
    scores : DataFrame of shape (n_rows, n_known_classes), default=None
        A column ``p_<class>`` for each class where these are probabilities, else ``score_<class>``.
        All NaN is none at all.

    Returns
    -------
    scores : dict of str to number
        ``n``, ``chance`` (1 / number of classes in `y_true`), ``uar`` (mean recall over those
        classes), ``war`` (accuracy), ``macro_f1`` (over those classes), ``auc`` (see
        `one_vs_rest_auc`), ``ece`` (expected calibration error with 15 bins of equal width, where
        the confidence is the probability of the predicted class) and, for each class, ``n_<class>``
        and ``recall_<class>``.
    """
    y_true, y_pred = np.asarray(y_true, dtype=object), np.asarray(y_pred, dtype=object)
    if y_true.shape != y_pred.shape or y_true.ndim != 1 or not len(y_true):
        raise ValueError(
            f"y_true and y_pred must be one-dimensional, of equal length and not empty, got the "
            f"shapes {y_true.shape} and {y_pred.shape}."
        )
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
        "auc": one_vs_rest_auc(y_true, scores),
        "ece": _calibration_error(y_true, y_pred, scores),
        **{f"n_{c}": int(count) for c, count in zip(classes, true.sum(axis=1))},
        **{f"recall_{c}": float(recall) for c, recall in zip(classes, recalls)},
    }


def score_regression(y_true, y_pred):
    """Scores of one set of predicted ratings.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Ratings.

    Returns
    -------
    scores : dict of str to number
        ``n``, ``chance`` (0, the scores of a constant), ``ccc`` and ``pearson``, see
        `concordance_correlation` and `pearson_correlation`.
    """
    return {
        "n": len(y_true),
        "chance": 0.0,
        "ccc": concordance_correlation(y_true, y_pred),
        "pearson": pearson_correlation(y_true, y_pred),
    }


def score_chance(y_true):
    """Expected scores of guessing each class of `y_true` equally often."""
    scores = score_predictions(y_true, y_true)
    chance = scores["chance"]
    priors = np.array([scores[name] for name in scores if name.startswith("n_")]) / scores["n"]
    guessed = dict.fromkeys((name for name in scores if name.startswith("recall_")), chance)
    f1 = float(np.mean(2 * priors * chance / (priors + chance)))
    return {**scores, **guessed, "uar": chance, "war": chance, "macro_f1": f1, "auc": 0.5}


def score_chance_regression(y_true):
    """Scores of predicting the same rating for every row."""
    return score_regression(y_true, np.zeros(len(y_true)))


def one_vs_rest_auc(y_true, scores):
    """Mean area under the ROC curve of each class of the labels against the rest.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
        Labels.
    scores : DataFrame of shape (n_rows, n_known_classes) or None
        Columns ``p_<class>`` or ``score_<class>``.

    Returns
    -------
    auc : float
        The binary area where there are two classes with scores that sum to a constant. NaN without
        scores, where all labels are of one class, and where a class of the labels has no score: a
        mean over the others would be of another, easier task.
    """
    columns = _by_class(scores)
    y_true = np.array([str(label) for label in y_true], dtype=object)
    classes = sorted(set(y_true))
    if len(classes) < 2 or not set(classes) <= set(columns):
        return float("nan")
    return float(np.mean([roc_auc_score(y_true == c, columns[c]) for c in classes]))


def confusion(y_true, y_pred, normalize="true"):
    """Predictions (columns) by label (rows), counts or shares.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels.
    normalize : {"true", "pred", "all", None}, default="true"
        Shares of the rows of a label, of a prediction, of all, or counts.

    Returns
    -------
    matrix : DataFrame of shape (n_classes, n_classes)
        For the classes of either, sorted. Rows or columns that are empty are NaN as shares.
    """
    if normalize not in ("true", "pred", "all", None):
        raise ValueError(f"normalize must be 'true', 'pred', 'all' or None, got {normalize!r}.")
    classes = sorted({*y_true, *y_pred}, key=str)
    codes = (pd.Index(classes).get_indexer(labels) for labels in (y_true, y_pred))
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, tuple(codes), 1)
    matrix = pd.DataFrame(
        counts, pd.Index(classes, name="label"), pd.Index(classes, name="predicted")
    )
    if normalize == "true":
        return matrix.div(matrix.sum(axis=1), axis=0)
    if normalize == "pred":
        return matrix / matrix.sum(axis=0)
    return matrix if normalize is None else matrix / counts.sum()


def confidences(y_pred, scores):
    """Probability of the predicted class of each row, shape (n_rows,); None without probabilities.

    That of `y_pred` and not the largest: some classifiers predict another class than the most
    probable, and what a user gets is the prediction.
    """
    columns = _by_class(scores, ("p_",))
    if not columns:
        return None
    nothing = np.zeros(len(y_pred))  # a predicted class without a column has no probability
    return np.array([columns.get(str(c), nothing)[i] for i, c in enumerate(y_pred)])


def _calibration_error(y_true, y_pred, scores):
    confidence = confidences(y_pred, scores)
    if confidence is None:
        return float("nan")
    return calibration_error(reliability(confidence, y_true == y_pred))


def _by_class(scores, prefixes=("p_", "score_")):
    """Class to the column of its scores, those of the first prefix that has any."""
    for prefix in prefixes if scores is not None else ():
        columns = scores[[name for name in scores if name.startswith(prefix)]]
        columns = columns.dropna(axis=1, how="all")
        if prefix == "p_":  # a class that some of the models did not know
            columns = columns.fillna(0.0)
        columns = columns.dropna(axis=1)
        if len(columns.columns):
            return {name.removeprefix(prefix): columns[name].to_numpy(float) for name in columns}
    return {}
