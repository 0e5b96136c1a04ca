"""Problems whose weights tell which directions of the features matter."""

import numpy as np
import pandas as pd
from sklearn.utils import compute_sample_weight

from ._alternating_structure import FeatureProblems, Problems
from ._decision import signs_of


def label_problems(X, labels, class_weight, fit_intercept=True):
    """Each class of some labels against the rest, all together with the importance of 1.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Rows.
    labels : ndarray of shape (n,)
        Labels.
    class_weight : dict, "balanced" or None
        Weights of the classes.
    fit_intercept : bool, default=True
        Whether the problems have intercepts.

    Returns
    -------
    problems : list of Problems
        One group, or none where there is one class only.
    """
    weights = compute_sample_weight(class_weight, labels)
    X, labels, weights = X[weights > 0], labels[weights > 0], weights[weights > 0]
    classes = np.unique(labels)
    if len(classes) < 2:
        return []
    Y = signs_of(labels, classes)
    return [Problems(X, Y, weights, 1 / Y.shape[1], fit_intercept)]


def task_problems(X, tasks, fit_intercept=True):
    """The classes of further tasks against the rest, each task with the importance of 1.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Source rows.
    tasks : DataFrame, dict of str to array-like, or None
        Labels of every task, None or NaN where missing.
    fit_intercept : bool, default=True
        Whether the problems have intercepts.

    Returns
    -------
    problems : list of Problems
        One group for each task.

    Raises
    ------
    TypeError
        If `tasks` is neither a DataFrame nor a dict.
    ValueError
        If a task has not one label for each row, labels of two kinds, or one class.
    """
    if tasks is None:
        return []
    if not isinstance(tasks, pd.DataFrame | dict):
        raise TypeError(
            f"tasks must be a DataFrame or a dict of task name to labels, got a "
            f"{type(tasks).__name__}."
        )
    problems = []
    for name, values in tasks.items():
        values = np.asarray(values, dtype=object)
        if values.shape != (len(X),):
            raise ValueError(
                f"tasks[{name!r}] must hold one label for each of {len(X)} rows, got shape "
                f"{values.shape}. Inside cross-validation pass a DataFrame, which is cut like X."
            )
        labelled = ~pd.isna(values)
        known = values[labelled]
        if len({isinstance(label, str) for label in known}) > 1:
            raise ValueError(f"tasks[{name!r}] mixes strings and numbers: use labels of one kind.")
        found = label_problems(X[labelled], np.array(known.tolist()), "balanced", fit_intercept)
        if not found:
            raise ValueError(f"tasks[{name!r}] must have labels of two classes at least.")
        problems += found
    return problems


def feature_problems(parts, n_problems):
    """Some features from all others, on the rows of all domains, together with importance 1.

    Parameters
    ----------
    parts : list of ndarray of shape (n, n_features)
        Rows of each domain, which are centred by themselves.
    n_problems : int
        Number of features predicted, evenly spread over the columns; at most all.

    Returns
    -------
    problems : list of FeatureProblems
        One group, or none where no feature is to be predicted.
    """
    d = parts[0].shape[1]
    n_problems = min(n_problems, d)
    if not n_problems or d < 2:
        return []
    columns = np.linspace(0, d - 1, n_problems).round().astype(int)
    X = np.concatenate([part - part.mean(axis=0) for part in parts])
    return [FeatureProblems(X, columns, 1 / n_problems)]
