import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from featuretransfer.selection import FewLabelsSplit

SPEAKERS = np.repeat(np.arange(7), 30)
Y = np.tile(["anger", "joy", "sadness"], 70)


def drawn(**parameters):
    return list(FewLabelsSplit(random_state=0, **parameters).split(Y, Y, SPEAKERS))


def test_labelled_and_tested_speakers_are_disjoint_and_classes_even():
    splits = drawn(n_per_class=8, n_splits=5)
    assert len(splits) == 5 == FewLabelsSplit(8, 5).get_n_splits()
    for known, tested in splits:
        assert_array_equal(np.unique(Y[known], return_counts=True)[1], [8, 8, 8])
        assert len(known) == len(np.unique(known))
        given = np.unique(SPEAKERS[known])
        assert not set(given) & set(SPEAKERS[tested])
        assert_array_equal(np.bincount(SPEAKERS[tested])[np.unique(SPEAKERS[tested])], 30)
        assert len(np.unique(SPEAKERS[tested])) == 4  # of seven, three may be labelled


def test_draws_differ_and_repeat():
    first, again = drawn(n_per_class=5, n_splits=3), drawn(n_per_class=5, n_splits=3)
    for one, other in zip(first, again):
        assert_array_equal(one[0], other[0])
    assert len({tuple(known) for known, _ in first}) == 3


def test_tests_are_the_same_whatever_the_number_of_labels():
    for (few, tested), (many, same) in zip(drawn(n_per_class=5), drawn(n_per_class=20)):
        assert_array_equal(tested, same)
        assert set(few) < set(many)


def test_single_emotion_speakers_are_drawn_until_every_class_is_there():
    speakers = np.arange(12)
    y = np.repeat(["anger", "joy"], [10, 2])  # joy has two speakers, who must not be together
    for known, tested in FewLabelsSplit(1, 20, 0).split(y, y, speakers):
        assert set(y[known]) == set(y[tested]) == {"anger", "joy"}


def test_shortage_is_counted():
    message = "not had by half of the speakers: anger 30, joy 30"
    with pytest.warns(UserWarning, match=message) as caught:
        known, tested = next(FewLabelsSplit(31, 1, 0).split(Y, Y, SPEAKERS))
    assert caught[0].filename == __file__
    assert_array_equal(np.unique(Y[known], return_counts=True)[1], [30, 30, 30])
    assert len(tested) == 120


def test_is_a_splitter_of_scikit_learn():
    X = np.random.default_rng(0).normal(size=(210, 3))
    X[:, 0] += 3 * (Y == "joy")
    split = FewLabelsSplit(20, 4, 0)
    with warnings.catch_warnings(), sklearn.config_context(enable_metadata_routing=True):
        warnings.simplefilter("error")
        scores = cross_val_score(LogisticRegression(), X, Y, cv=split, params={"groups": SPEAKERS})
    assert scores.shape == (4,)
    assert np.all(scores > 0.4)
    assert repr(split).startswith("FewLabelsSplit(n_per_class=20, n_splits=4")


@pytest.mark.parametrize(
    ("parameters", "arguments", "message"),
    [
        ({}, (Y, None, SPEAKERS), "y is None; FewLabelsSplit needs"),
        ({}, (Y, Y, None), "groups is None; FewLabelsSplit needs"),
        ({}, (Y, Y, np.zeros(210)), "groups has 1 speaker; expected at least two"),
        ({"n_per_class": 0}, (Y, Y, SPEAKERS), "n_per_class must be an integer >= 1, got 0"),
        ({"n_splits": 1.5}, (Y, Y, SPEAKERS), "n_splits must be an integer >= 1, got 1.5"),
        ({}, (Y[:4], ["a", "a", "b", "b"], [0, 0, 1, 1]), "No half of the speakers has rows of"),
    ],
)
def test_bad_input(parameters, arguments, message):
    with pytest.raises(ValueError, match=message):
        list(FewLabelsSplit(**parameters).split(*arguments))
