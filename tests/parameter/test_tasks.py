import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer.exceptions import AmbiguousTargetWarning
from featuretransfer.parameter._tasks import (
    below_each_other,
    class_labels,
    make_task,
    partial_labels,
    partial_target_labels,
    stack,
    target_task_table,
    task_table,
)

VALUES = np.array(["f", None, "m", "f", np.nan, "f"], dtype=object)
EVERY = np.ones(6, dtype=bool)


def test_missing_labels_weigh_nothing_and_the_others_one_on_average():
    task = make_task("gender", VALUES, "balanced", [(EVERY, 0.5)])
    assert_array_equal(task.classes, ["f", "m"])
    assert_array_equal(task.labelled, [1, 0, 1, 1, 0, 1])
    assert_array_equal(task.codes[task.labelled], [0, 1, 0, 0])
    assert_allclose(task.weights(EVERY), [0.5, 0, 1.5, 0.5, 0, 0.5])
    used = task.labelled
    assert_allclose(task.weights(used), np.array([1, 3, 1, 1]) / 3)


def test_parts_have_weights_of_their_own():
    first = np.arange(6) < 3
    task = make_task("gender", VALUES, None, [(first, 1.0), (~first, 0.25)])
    weights = task.weights(EVERY)
    assert_allclose([weights[first].sum(), weights[~first].sum()], [6, 1.5])


def test_stack_has_a_column_for_each_task():
    tasks = [
        make_task("gender", VALUES, None, [(EVERY, 1.0)]),
        make_task("group", np.array([3, 1, 2, 3, 1, 2], dtype=object), None, [(EVERY, 0.5)]),
    ]
    used = np.array([1, 1, 0, 1, 1, 1], dtype=bool)
    labels = stack(tasks, used)
    assert labels.sizes == [2, 3]
    assert_array_equal(labels.codes[:, 1], [2, 0, 2, 0, 1])
    assert_allclose(labels.weights.mean(axis=0), [1.0, 0.5])
    assert labels.weights.dtype == np.float32


def test_tables_are_put_below_each_other():
    table = below_each_other(({"a": VALUES[:2]}, 2), ({"b": VALUES[2:4], "a": VALUES[4:]}, 2))
    assert list(table) == ["a", "b"]
    assert_array_equal(pd.isna(table["a"]), [0, 1, 1, 0])
    assert_array_equal(table["b"], [None, None, "m", "f"])


@pytest.mark.parametrize("kind", [pd.DataFrame, dict])
def test_tables_are_frames_or_dicts(kind):
    table = task_table(kind({"gender": VALUES, "group": np.arange(6)}), 6, "tasks")
    assert list(table) == ["gender", "group"]
    assert_array_equal(table["group"], np.arange(6))
    assert task_table(None, 6, "tasks") == {}


def test_tables_of_several_targets_are_pooled():
    X_target = (np.ones((2, 3)), np.ones((4, 3)))
    tables = ({"a": ["x", "y"]}, pd.DataFrame({"b": [1, 2, 1, 2]}))
    table = target_task_table(tables, X_target, 9, "tasks_target")
    assert_array_equal(table["a"], ["x", "y", None, None, None, None])
    assert_array_equal(table["b"], [None, None, 1, 2, 1, 2])


def test_source_labels_may_be_missing():
    X = np.ones((3, 2))
    assert_array_equal(partial_labels(X, None), [None] * 3)
    assert_array_equal(partial_labels(X, np.array([1.0, np.nan, 2.0]))[::2], [1, 2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        partial_labels(X, ["a", "b"])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        partial_labels(X, [0.5, 1.5, 2.25])
    with pytest.raises(ValueError, match="Input y contains infinity"):
        partial_labels(X, [0.5, 1.5, np.inf])


def test_target_labels_are_of_the_classes_of_the_source_if_it_has_any():
    X_target, y_target = np.ones((3, 2)), np.array(["a", None, "c"], dtype=object)
    y = np.array(["a", None, "b", "b"], dtype=object)
    found = partial_target_labels(y, X_target, y_target, 3, allow_new_classes=True)
    assert_array_equal(found, y_target)
    with pytest.raises(ValueError, match="does not have: 'c'.*or set allow_new_classes=True"):
        partial_target_labels(y, X_target, y_target, 3, allow_new_classes=False)
    none = np.full(4, None)
    found = partial_target_labels(none, X_target, y_target, 3, allow_new_classes=False)
    assert_array_equal(found, y_target)
    assert_array_equal(partial_target_labels(y, X_target, None, 3, False), [None] * 3)


@pytest.mark.parametrize(
    ("tasks", "error", "message"),
    [
        (
            VALUES,
            TypeError,
            "tasks must be a DataFrame or a dict of task name to labels, got a nda",
        ),
        ({3: VALUES}, TypeError, "must be named by strings, got 3"),
        (
            {"a": VALUES[:4]},
            ValueError,
            r"tasks\['a'\] must hold one label for each of 6 rows, got",
        ),
        ({"a": np.ones((6, 2))}, ValueError, r"got shape \(6, 2\).*pass a DataFrame"),
        ({"a": np.array(["x", np.nan] * 3)}, ValueError, "contains the string 'nan'"),
    ],
)
def test_wrong_tables_are_refused(tasks, error, message):
    with pytest.raises(error, match=message):
        task_table(tasks, 6, "tasks")


def test_wrong_labels_are_refused():
    with pytest.raises(ValueError, match="age mixes text and numbers"):
        class_labels(np.array(["young", 30], dtype=object), "age")
    with pytest.raises(ValueError, match="age must have at least two classes, got one class"):
        make_task("age", np.array(["old", None], dtype=object), None, [])


def test_target_tables_need_their_rows():
    table = {"a": VALUES}
    with pytest.raises(ValueError, match="tasks_target was given without X_target"):
        target_task_table(table, None, 9, "tasks_target")
    for X_target, tasks in (((np.ones((6, 2)),), table), (np.ones((6, 2)), (table,))):
        with pytest.raises(ValueError, match="must both be tuples"):
            target_task_table(tasks, X_target, 9, "tasks_target")
    with pytest.warns(AmbiguousTargetWarning, match="tasks_target has as many rows as X"):
        target_task_table(pd.DataFrame(table), np.ones((6, 2)), 6, "tasks_target")
