import re

import pytest

from featuretransfer.features import FEATURE_SETS
from featuretransfer.features._sets import LEVELS, Extractor, Settings
from featuretransfer.relatedness import feature_groups
from featuretransfer.relatedness._feature_groups import PATTERNS


@pytest.fixture(scope="module")
def names():
    return {
        (name, level): Extractor(Settings(name, level, 16000)).names
        for name in FEATURE_SETS
        for level in LEVELS
    }


def test_every_feature_of_every_set_is_in_exactly_one_group(names):
    seen = set()
    for columns in names.values():
        for column in columns:
            found = [g for g, p in PATTERNS.items() if re.match(p, column, re.IGNORECASE)]
            assert len(found) == 1, (column, found)
            seen.update(found)
    assert seen == set(PATTERNS)


@pytest.mark.parametrize(
    ("feature_set", "expected"),
    [
        # counted by hand: F0, energy, spectral, voice quality, temporal
        ("eGeMAPSv02", (10, 11, 51, 10, 6)),
        ("GeMAPSv01b", (10, 10, 26, 10, 6)),
        ("IS09", (24, 24, 312, 24, 0)),
        ("IS10", (80, 42, 1302, 156, 2)),
    ],
)
def test_sizes_of_the_groups(names, feature_set, expected):
    counts = feature_groups(names[feature_set, "functionals"]).value_counts()
    assert tuple(counts.get(group, 0) for group in PATTERNS) == expected
    assert counts.sum() == FEATURE_SETS[feature_set][0]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("F0semitoneFrom27.5Hz_sma3nz_amean", "F0"),
        ("F0final_sma_ff0_segLenStddev", "temporal"),
        ("F0final__Turn_numOnsets", "temporal"),
        ("F1frequency_sma3nz_amean", "spectral"),
        ("F1amplitudeLogRelF0_sma3nz_amean", "spectral"),
        ("logRelF0-H1-H2_sma3nz_amean", "voice quality"),
        ("loudness_sma3_amean", "energy"),
        ("Loudness_sma3", "energy"),
        ("loudnessPeaksPerSec", "temporal"),
        ("audspec_lengthL1norm_sma_range", "energy"),
        ("audSpec_Rfilt_sma[0]_range", "spectral"),
        ("audSpec_Rfilt_sma[0]_maxSegLen", "spectral"),
        ("slopeUV0-500_sma3nz_amean", "spectral"),
        ("equivalentSoundLevel_dBp", "energy"),
        ("age", "other"),
        ("embedding_12", "other"),
        ("F", "other"),
    ],
)
def test_some_names(name, group):
    assert feature_groups([name]).to_dict() == {name: group}


def test_names_may_be_numbers():
    assert feature_groups(range(2)).tolist() == ["other", "other"]
