"""Labels of further tasks: what users pass, and what the heads of a network learn from."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from .._base import target_parts, warn_if_sliceable
from .._labels import at_least_two, validate_target_labels
from ._heads import Labels, label_weights

MAIN = "y"  # name of the main task


class Task(NamedTuple):
    """One head and what it is to learn.

    Parameters
    ----------
    name : str
        Name of the task.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    codes : ndarray of shape (n_rows,) of int
        Class numbers, 0 where a label is missing.
    labelled : ndarray of shape (n_rows,) of bool
        Where there are labels.
    class_weight : None, "balanced" or dict
        Weights of the classes.
    parts : list of (ndarray of shape (n_rows,) of bool, float)
        Rows whose labels have a weight in the loss together, and that weight.
    """

    name: str
    classes: np.ndarray
    codes: np.ndarray
    labelled: np.ndarray
    class_weight: object
    parts: list

    def weights(self, used):
        """Weights of the used rows in the loss, 0 where a label is missing."""
        found = [
            label_weights(
                self.codes[used],
                (self.labelled & rows)[used],
                self.classes,
                self.class_weight,
                loss_weight,
            )
            for rows, loss_weight in self.parts
        ]
        return sum(found)


def make_task(name, values, class_weight, parts, classes=None):
    """A task from its labels.

    Parameters
    ----------
    name : str
        Name of the task.
    values : ndarray of shape (n_rows,), dtype object
        Labels, None or NaN where missing.
    class_weight : None, "balanced" or dict
        Weights of the classes.
    parts : list of (ndarray of shape (n_rows,) of bool, float)
        Rows, and the weight of the task on them.
    classes : ndarray, default=None
        The classes; those of the labels by default.

    Returns
    -------
    task : Task
        The task.

    Raises
    ------
    ValueError
        If it has one class only, or labels that are no class labels of one kind.
    """
    labelled = ~pd.isna(values)
    known = class_labels(values[labelled], name)
    classes = np.unique(known) if classes is None else classes
    at_least_two(classes, name)
    codes = np.zeros(len(values), dtype=int)
    codes[labelled] = np.searchsorted(classes, known)
    return Task(name, classes, codes, labelled, class_weight, parts)


def main_task(y, labels, class_weight, target_weight):
    """The task that source and target have in common, as one head.

    Parameters
    ----------
    y, labels : ndarray, dtype object
        Labels of source and target rows, None or NaN where missing.
    class_weight : None, "balanced" or dict
        Weights of the classes.
    target_weight : float
        Weight of the target's labels, where those of the source have 1 in all.

    Returns
    -------
    task : Task
        The task "y".

    Raises
    ------
    ValueError
        If no label has a weight.
    """
    values, of_source = np.concatenate([y, labels]), np.arange(len(y) + len(labels)) < len(y)
    if not target_weight:
        values = np.where(of_source, values, None)
    if pd.isna(values).all():
        raise ValueError(
            "No row has a label of the main task. Pass some in y, or in y_target with a "
            "target_weight above 0."
        )
    return make_task(MAIN, values, class_weight, [(of_source, 1.0), (~of_source, target_weight)])


def class_labels(values, name):
    """Known labels in their natural dtype, refused where they are no class labels of one kind."""
    are_text = [isinstance(value, str) for value in values]
    if any(are_text) and not all(are_text):
        raise ValueError(f"{name} mixes text and numbers. Use labels of one kind, or None.")
    labels = np.array(values.tolist())
    if len(labels):
        if labels.dtype.kind == "f":
            assert_all_finite(labels, input_name=name)
        check_classification_targets(labels)
    return labels


def stack(tasks, used):
    """The `Labels` of the used rows in several tasks."""
    return Labels(
        np.column_stack([task.codes[used] for task in tasks]),
        np.column_stack([task.weights(used) for task in tasks]).astype(np.float32),
        [len(task.classes) for task in tasks],
    )


def partial_labels(X, y):
    """Source labels some or all of which may be missing.

    Parameters
    ----------
    X : ndarray of shape (n_source, n_features)
        Source rows.
    y : array-like of shape (n_source,) or None
        Labels, None or NaN where missing.

    Returns
    -------
    values : ndarray of shape (n_source,), dtype object
        The labels.
    """
    if y is None:
        return np.full(len(X), None)
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    values = y.astype(object)
    class_labels(values[~pd.isna(values)], "y")
    return values


def partial_target_labels(y, X_target, y_target, n_target, allow_new_classes):
    """Labels of the target rows in the task of `y`.

    Parameters
    ----------
    y : ndarray of shape (n_source,), dtype object
        Source labels, None or NaN where missing.
    X_target, y_target : array-like, tuple of such, or None
        As given to `fit`.
    n_target : int
        Number of target rows.
    allow_new_classes : bool
        Whether labels that the source does not have are legal. They are where it has none.

    Returns
    -------
    values : ndarray of shape (n_target,), dtype object
        The labels, None where missing.
    """
    values = np.full(n_target, None)
    if y_target is None:
        return values
    known = y[~pd.isna(y)]
    y = np.where(pd.isna(y), known[0], y) if len(known) else known
    labels, labelled = validate_target_labels(
        class_labels(y, "y"),
        X_target,
        y_target,
        allow_new_classes=allow_new_classes or not len(known),
        remedy="Map both label sets to one scheme first, or set allow_new_classes=True.",
    )
    values[labelled] = labels[labelled]
    return values


def task_table(tasks, n_rows, name):
    """Labels of several tasks, by task.

    Parameters
    ----------
    tasks : DataFrame, dict of str to array-like, or None
        Labels of every task.
    n_rows : int
        Number of rows they label.
    name : str
        Name of the parameter, for errors.

    Returns
    -------
    table : dict of str to ndarray of shape (n_rows,), dtype object
        Labels, None or NaN where missing.
    """
    if tasks is None:
        return {}
    if not isinstance(tasks, pd.DataFrame | dict):
        raise TypeError(
            f"{name} must be a DataFrame or a dict of task name to labels, got a "
            f"{type(tasks).__name__}."
        )
    table = {}
    for task, labels in tasks.items():
        if not isinstance(task, str):
            raise TypeError(f"The tasks in {name} must be named by strings, got {task!r}.")
        table[task] = np.asarray(labels, dtype=object)
        if table[task].shape != (n_rows,):
            raise ValueError(
                f"{name}[{task!r}] must hold one label for each of {n_rows} rows, got shape "
                f"{table[task].shape}. Inside cross-validation pass a DataFrame, which is cut like "
                "X."
            )
        if "nan" in table[task][[isinstance(label, str) for label in table[task]]]:
            raise ValueError(
                f"{name}[{task!r}] contains the string 'nan', which is what NumPy makes of a "
                "missing label among strings. Use an array of dtype object, or a pandas Series, "
                "with None or NaN."
            )
    return table


def target_task_table(tasks, X_target, n_source, name):
    """Labels of several tasks for all target rows, by task.

    Parameters
    ----------
    tasks : DataFrame, dict, tuple of such, or None
        Labels of every task; a tuple has one element for each target corpus.
    X_target : array-like or tuple of such
        Target rows as given to `fit`.
    n_source : int
        Number of source rows.
    name : str
        Name of the parameter, for errors.

    Returns
    -------
    table : dict of str to ndarray of shape (n_target,), dtype object
        Labels, None where an element lacks a task.
    """
    if tasks is None:
        return {}
    if X_target is None:
        raise ValueError(f"{name} was given without X_target. Pass the rows it labels as X_target.")
    rows = target_parts(X_target, "X_target")
    parts = tasks if isinstance(tasks, tuple) else (tasks,)
    if isinstance(X_target, tuple) != isinstance(tasks, tuple) or len(rows) != len(parts):
        raise ValueError(
            f"X_target and {name} must both be tuples with one element per target corpus, or "
            f"neither, got {type(X_target).__name__} and {type(tasks).__name__} with {len(rows)} "
            f"and {len(parts)} elements."
        )
    if isinstance(tasks, pd.DataFrame):
        warn_if_sliceable(tasks, n_source, name, stacklevel=4)
    return below_each_other(
        *((task_table(part, len(row), name), len(row)) for part, row in zip(parts, rows))
    )


def below_each_other(*tables):
    """Labels of several tasks, for the rows of one table below those of another.

    Parameters
    ----------
    *tables : (dict of str to ndarray of shape (n_rows,), int)
        Tables with their numbers of rows.

    Returns
    -------
    table : dict of str to ndarray, dtype object
        Labels, None for the rows of a table that lacks a task.
    """
    names = dict.fromkeys(task for table, _ in tables for task in table)
    return {
        task: np.concatenate([table.get(task, np.full(n, None)) for table, n in tables])
        for task in names
    }
