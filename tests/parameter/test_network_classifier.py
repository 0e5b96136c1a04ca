import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from featuretransfer.parameter._heads import Labels
from featuretransfer.parameter._network_classifier import (
    check_weighted_classes,
    hidden_sizes,
    warn_if_unlearned,
    weight_decay,
)


@pytest.mark.parametrize(
    ("n_hidden", "sizes"), [(5, (5,)), ((5, 4), (5, 4)), ([3], (3,)), ((), ())]
)
def test_hidden_sizes(n_hidden, sizes):
    assert hidden_sizes(n_hidden) == sizes


@pytest.mark.parametrize("n_hidden", [0, -1, 2.5, "5", (5, 0), None, True])
def test_sizes_that_are_none_are_refused(n_hidden):
    with pytest.raises(ValueError, match="n_hidden must be a positive integer or a tuple"):
        hidden_sizes(n_hidden)


@pytest.mark.parametrize("scale", [1.0, 2.0, 0.1])
@pytest.mark.parametrize(
    ("certainty", "warns"), [(0.25, True), (0.26, True), (0.3, False), (0.5, False)]
)
def test_predictions_hardly_better_than_the_shares_warn(scale, certainty, warns):
    codes = np.arange(40) % 4
    p = np.full((40, 4), (1 - certainty) / 3)
    p[np.arange(40), codes] = certainty
    labels = Labels(codes[:, None], np.full((40, 1), scale), [4])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_if_unlearned(LogisticRegression(), [np.log(p)], [labels], 0.5)
    assert bool(caught) == warns
    for warning in caught:
        assert "without features 1.39" in str(warning.message)
        assert "decrease alpha=0.5" in str(warning.message)


def test_one_task_that_is_learned_is_enough():
    labels = Labels(np.arange(40)[:, None] % 4, np.ones((40, 1)), [4])
    lost = np.full((40, 4), np.log(0.25))
    learned = np.where(np.eye(4, dtype=bool)[np.arange(40) % 4], np.log(0.7), np.log(0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_unlearned(LogisticRegression(), [lost, learned], [labels, labels], 0.5)
    with pytest.warns(UserWarning, match="decrease alpha_main=0.5"):
        warn_if_unlearned(LogisticRegression(), [lost, lost], [labels] * 2, 0.5, "alpha_main")


def test_some_class_of_every_domain_has_a_weight():
    source, target = np.array(["a", "b"]), np.array(["c"])
    for legal in ({"a": 0, "c": 2.5}, {"a": 0}, "balanced", None):
        check_weighted_classes(legal, source, target)
    check_weighted_classes({"a": 0}, source, target[:0])
    for useless in ({"a": 0, "b": 0}, {"c": 0}, {"b": -1}, {"b": np.inf}):
        with pytest.raises(ValueError, match="class_weight must give every class a finite weight"):
            check_weighted_classes(useless, source, target)


def test_default_weight_decay_falls_with_the_number_of_classes():
    assert weight_decay(SimpleNamespace(alpha=None), "alpha", 4) == pytest.approx(0.1)
    assert weight_decay(SimpleNamespace(alpha=None), "alpha", 40) == pytest.approx(0.01)
    assert weight_decay(SimpleNamespace(alpha=0.0), "alpha", 4) == 0
    with pytest.raises(ValueError, match="alpha must be a number >= 0"):
        weight_decay(SimpleNamespace(alpha=-1), "alpha", 4)


def test_the_gradient_at_zero_falls_with_the_number_of_classes():
    """What the default is made for: the largest weight decay that leaves something of a network."""
    rng = np.random.default_rng(0)
    found = []
    for n_classes in (4, 16):
        codes = np.arange(1600) % n_classes
        X = rng.normal(size=(n_classes, 100))[codes]
        onehot = codes[:, None] == np.arange(n_classes)
        found.append(np.linalg.norm(X.T @ (onehot - 1 / n_classes) / len(X), 2))
    assert 3 < found[0] / found[1] < 5
