from pathlib import Path

import pytest

from featuretransfer.corpora import EMOTIONS, SCHEMES
from featuretransfer.corpora._labels import resolve_scheme
from featuretransfer.corpora._tables import labels_page


def test_schemes_are_those_of_the_field():
    assert set(SCHEMES["big4"]) == {"anger", "happiness", "neutral", "sadness"}
    assert set(SCHEMES["big5"]) == {"anger", "disgust", "fear", "happiness", "sadness"}
    assert set(SCHEMES["big6"]) == set(SCHEMES["big5"]) | {"neutral"}
    for name in ("big4", "big5", "big6"):
        assert all(own == label for own, label in SCHEMES[name].items())
        assert "calm" not in SCHEMES[name]
        assert "surprise" not in SCHEMES[name]


def test_binary_schemes_map_every_emotion():
    for name, classes in (("arousal", {"low", "high"}), ("valence", {"negative", "positive"})):
        assert set(SCHEMES[name]) == set(EMOTIONS)
        assert set(SCHEMES[name].values()) == classes
    assert SCHEMES["arousal"]["anger"] == "high"
    assert SCHEMES["arousal"]["disgust"] == "low"
    assert SCHEMES["valence"]["neutral"] == "positive"
    assert SCHEMES["valence"]["boredom"] == "negative"


def test_mapped_labels_map_to_themselves():
    assert resolve_scheme("arousal", ["high", "low"])["high"] == "high"


def test_dict_sets_aside_by_none_or_absence():
    scheme = {"joy": "happiness", "rage": None}
    assert resolve_scheme(scheme, ["joy", "rage", "other"]) == {"joy": "happiness"}


@pytest.mark.parametrize(
    ("scheme", "labels", "message"),
    [
        ("big7", ["anger"], r"scheme must be one of \['big4'.*got 'big7'"),
        ("big4", ["anger", "angry"], r"'big4' does not know the labels \['angry'\].*dict"),
        ({"joy": "happiness"}, ["rage"], r"maps \['joy'\], but the labels are \['rage'\]"),
        (4, ["anger"], "scheme must be a name, a dict or None, got int"),
    ],
)
def test_wrong_schemes(scheme, labels, message):
    with pytest.raises(ValueError, match=message):
        resolve_scheme(scheme, labels)


def test_page_in_the_documentation_is_current():
    page = Path(__file__).parents[2] / "docs" / "labels.md"
    assert page.read_text(encoding="utf-8") == labels_page(), (
        "run: python -m featuretransfer.corpora._tables > docs/labels.md"
    )
