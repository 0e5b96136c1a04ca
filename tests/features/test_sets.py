import subprocess
import sys
from pathlib import Path

import numpy as np
import opensmile
import pytest

from featuretransfer import FEATURE_SETS, extract_features
from featuretransfer.features._sets import Extractor, Settings

TONE = 0.9 * np.sin(2 * np.pi * 150 * np.arange(4800) / 16000)
CONFIG = Path(opensmile.__file__).parent / "core" / "config"


@pytest.mark.parametrize("name", FEATURE_SETS)
@pytest.mark.parametrize("level", ["functionals", "lld"])
def test_sizes(name, level):
    table = extract_features([(TONE, 16000)], name, level=level)
    assert table.shape[1] == FEATURE_SETS[name][level == "lld"]
    assert table.columns.is_unique
    assert (len(table) == 1) == (level == "functionals")


def test_every_set_of_the_package_is_known():
    synonyms = {"GeMAPS", "eGeMAPS"}
    assert set(opensmile.FeatureSet.__members__) - synonyms == set(FEATURE_SETS)


def test_values_are_those_of_opensmile():
    smile = opensmile.Smile(opensmile.FeatureSet.IS09, opensmile.FeatureLevel.Functionals)
    expected = smile.process_signal(TONE.astype(np.float32), 16000)
    table = extract_features([(TONE, 16000)], "IS09")
    assert list(table.columns) == list(expected.columns)
    np.testing.assert_array_equal(table.to_numpy(), expected.to_numpy())


def test_lld_values_and_times_are_those_of_opensmile():
    smile = opensmile.Smile(
        opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors
    )
    expected = smile.process_signal(TONE.astype(np.float32), 16000)
    table = extract_features([(TONE, 16000)], level="lld")
    np.testing.assert_array_equal(table.to_numpy(), expected.to_numpy())
    for name in ("start", "end"):
        assert list(table.index.get_level_values(name)) == list(
            expected.index.get_level_values(name)
        )


def test_unknown_set_lists_the_known():
    with pytest.raises(ValueError, match="feature_set must be one of .*eGeMAPSv02.*got 'IS99'"):
        extract_features([(TONE, 16000)], "IS99")


def test_unknown_level_does_not_reach_opensmile():
    # opensmile.Smile(feature_level="functionals") dies of a segmentation fault
    code = (
        "import numpy as np\n"
        "from featuretransfer import extract_features\n"
        "extract_features([(np.ones(4800), 16000)], level='func')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "level must be one of ['functionals', 'lld'], got 'func'" in done.stderr


@pytest.mark.parametrize("rate", [0, 16000.0, "16000", 10**6])
def test_invalid_rate(rate):
    with pytest.raises(ValueError, match="sampling_rate must be None or an integer"):
        extract_features([(TONE, 16000)], sampling_rate=rate)


def test_configuration_file_of_the_user():
    table = extract_features([(TONE, 16000)], CONFIG / "is09-13" / "IS09_emotion.conf")
    np.testing.assert_array_equal(table, extract_features([(TONE, 16000)], "IS09"))


def test_missing_configuration_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="my.conf"):
        extract_features([(TONE, 16000)], tmp_path / "my.conf")


def test_fingerprint_follows_the_content_of_configuration_files(tmp_path):
    config, included = tmp_path / "a.conf", tmp_path / "b.inc"
    config.write_text("[x]\n\\{b.inc}\n\\{missing.inc}\n")
    included.write_text("one")
    settings = Settings.of(config, "functionals", 16000)
    first = settings.fingerprint()
    included.write_text("two")
    second = settings.fingerprint()
    config.write_text("[y]\n\\{b.inc}\n")
    assert len({first, second, settings.fingerprint()}) == 3


@pytest.mark.parametrize(
    "other",
    [("IS10", "functionals", 16000), ("IS09", "lld", 16000), ("IS09", "functionals", None)],
)
def test_fingerprint_tells_settings_apart(other):
    assert Settings("IS09", "functionals", 16000).fingerprint() != Settings(*other).fingerprint()


@pytest.mark.parametrize("name", ["IS09", "IS12", "eGeMAPSv02", "ComParE_2016"])
def test_too_short_is_an_error_not_a_row_of_nan(name):
    extractor = Extractor(Settings(name, "functionals", 16000))
    with pytest.raises(ValueError, match=f"too short for {name}: 20 ms"):
        extractor(TONE[:320].astype(np.float32), 16000)
