import numpy as np
from numpy.testing import assert_array_equal

from featuretransfer.relational._emotion_coordinates import (
    SYNONYMS,
    VALENCE_AROUSAL,
    find_coordinates,
)


def test_table_lies_in_the_plane_with_emotions_in_their_quadrants():
    assert np.all(np.abs(list(VALENCE_AROUSAL.values())) <= 1)
    for label in ("anger", "disgust", "fear"):
        assert_array_equal(np.sign(VALENCE_AROUSAL[label]), [-1, 1])
    for label in ("boredom", "sadness"):
        assert_array_equal(np.sign(VALENCE_AROUSAL[label]), [-1, -1])
    for label in ("happiness", "surprise"):
        assert_array_equal(np.sign(VALENCE_AROUSAL[label]), [1, 1])
    assert_array_equal(np.sign(VALENCE_AROUSAL["calm"]), [1, -1])
    assert set(SYNONYMS.values()) <= set(VALENCE_AROUSAL)
    assert not set(SYNONYMS) & set(VALENCE_AROUSAL)


def test_names_in_any_case_and_their_synonyms():
    found = find_coordinates(["Anger", "angry", "JOY", "awe", 3], None)
    assert list(found) == ["Anger", "angry", "JOY"]
    assert_array_equal(found["Anger"], found["angry"])
    assert_array_equal(found["JOY"], VALENCE_AROUSAL["happiness"])


def test_given_coordinates_take_the_place_of_the_table():
    found = find_coordinates(["anger", "joy"], {"anger": 2})
    assert list(found) == ["anger"]
    assert_array_equal(found["anger"], [2.0])
