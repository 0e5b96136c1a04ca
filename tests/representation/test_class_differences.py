import numpy as np
import pytest
from numpy.testing import assert_allclose

from featuretransfer.representation._class_differences import (
    class_differences,
    joint_differences,
)

rng = np.random.default_rng(0)
y = np.array(["b", "a", "b", "c", "b", "a"])
labels = np.array(["a", "b", "b", "d", "a", "a", "b"])
Ys, Yt = rng.normal(size=(6, 2)), rng.normal(size=(7, 2))
Y = np.concatenate([Ys, Yt])


def gap(label):
    return Ys[y == label].mean(axis=0) - Yt[labels == label].mean(axis=0)


def test_one_column_per_class_of_both_domains():
    E = class_differences(y, labels)
    assert_allclose(E.T @ Y, [gap("a"), gap("b")], atol=1e-15)
    assert class_differences(y, np.array(["d"])).shape == (7, 0)


def test_weighted_differences_take_the_shares_of_the_classes_into_account():
    E = class_differences(y, labels, weighted=True)
    ratio = (3 / 7) / (2 / 6)
    expected = Ys[y == "a"].mean(axis=0) - ratio * Yt[labels == "a"].mean(axis=0)
    assert_allclose(E[:, 0] @ Y, expected, atol=1e-15)
    assert_allclose(class_differences(y, y, weighted=True), class_differences(y, y))


@pytest.mark.parametrize(("balance", "factors"), [(None, (1, 1)), (0.3, (0.7, 0.3)), (1.0, (0, 1))])
def test_joint_differences_make_up_the_matrix(balance, factors):
    E = joint_differences(y, labels, balance)
    distance = np.sum((Ys.mean(axis=0) - Yt.mean(axis=0)) ** 2)
    classes = np.sum(gap("a") ** 2) + np.sum(gap("b") ** 2)
    expected = factors[0] * distance + factors[1] * classes
    assert np.trace(Y.T @ E @ E.T @ Y) == pytest.approx(expected)
