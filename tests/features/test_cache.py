import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from featuretransfer import extract_features
from featuretransfer.features import _extract
from featuretransfer.features._cache import FeatureCache, Store, default_folder
from featuretransfer.features._sets import Settings


@pytest.fixture
def extracted(monkeypatch):
    """The names of the items that were really extracted."""
    names = []
    real = _extract._extract

    def counting(extractor, item):
        names.append(item.name)
        return real(extractor, item)

    monkeypatch.setattr(_extract, "_extract", counting)
    return names


def entries(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_second_run_extracts_nothing_and_is_identical(files, extracted):
    first = extract_features(files, "GeMAPSv01b")
    assert extracted == files
    second = extract_features(files, "GeMAPSv01b")
    assert extracted == files
    assert first.equals(second)
    assert first.attrs == second.attrs


def test_lld_and_segments_are_kept_too(files, extracted):
    segments = {"file": files[:2], "start": [0.0, 0.1], "end": [0.2, np.nan]}
    for options in ({"level": "lld"}, {}):
        first = extract_features(pd.DataFrame(segments), "GeMAPSv01b", **options)
        count = len(extracted)
        assert first.equals(extract_features(pd.DataFrame(segments), "GeMAPSv01b", **options))
        assert len(extracted) == count


@pytest.mark.parametrize(
    "changed", [{"feature_set": "IS09"}, {"level": "lld"}, {"sampling_rate": 8000}]
)
def test_other_settings_are_other_entries(files, extracted, changed):
    extract_features(files[:1], "GeMAPSv01b")
    extract_features(files[:1], **{"feature_set": "GeMAPSv01b", **changed})
    assert len(extracted) == 2


def test_copy_under_another_name_is_known_and_new_content_is_not(files, extracted, tmp_path, buzz):
    extract_features(files[:1], "GeMAPSv01b")
    copy = tmp_path / "copy.wav"
    copy.write_bytes(Path(files[0]).read_bytes())
    extract_features([copy], "GeMAPSv01b")
    assert extracted == files[:1]
    soundfile.write(files[0], buzz(pitch=333), 16000)
    os.utime(files[0], ns=(0, 1))
    extract_features(files[:1], "GeMAPSv01b")
    assert extracted == [files[0], files[0]]


@pytest.mark.parametrize("damage", ["truncated", "emptied", "flipped"])
def test_damaged_entries_are_made_again(files, extracted, cache_folder, damage):
    expected = extract_features(files, "GeMAPSv01b")
    for path in entries(cache_folder):
        content = bytearray(path.read_bytes())
        if damage == "truncated":
            content = content[: len(content) // 2]
        elif damage == "emptied":
            content = b""
        else:
            content[-1] ^= 1
        path.write_bytes(content)
    assert extract_features(files, "GeMAPSv01b").equals(expected)
    assert len(extracted) == 2 * len(files)
    extract_features(files, "GeMAPSv01b")
    assert len(extracted) == 2 * len(files)


def test_no_cache_and_own_folder(files, extracted, cache_folder, tmp_path):
    extract_features(files[:1], "GeMAPSv01b", cache=False)
    assert not entries(cache_folder)
    for _ in range(2):
        extract_features(files[:1], "GeMAPSv01b", cache=tmp_path / "own")
    assert len(extracted) == 2
    assert entries(tmp_path / "own")
    assert not entries(cache_folder)


def test_default_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("FEATURETRANSFER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert default_folder() == tmp_path / "featuretransfer"
    monkeypatch.setattr("sys.platform", "win32")
    assert default_folder() == tmp_path / "featuretransfer"
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_folder().parts[-3:] == ("Library", "Caches", "featuretransfer")


def test_store_writes_atomically(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.put("ab12", b"old")
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.put("ab12", b"new")
    assert store.get("ab12") == b"old"
    assert len(entries(tmp_path)) == 1


def test_folder_that_cannot_be_written_warns_once(files, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.warns(UserWarning, match="cannot be written to") as record:
        table = extract_features(files, "GeMAPSv01b", cache=blocked / "cache")
    assert len(table) == 6
    assert len(record) == 1


KILLED = """
import os, sys
from featuretransfer.features import _extract, extract_features
real, count = _extract._extract, 0
def dying(extractor, item):
    global count
    count += 1
    if count == 4:
        os.kill(os.getpid(), 9)
    return real(extractor, item)
_extract._extract = dying
extract_features(sys.argv[1:], "GeMAPSv01b")
"""


def test_killed_run_goes_on_where_it_stopped(files, extracted):
    done = subprocess.run([sys.executable, "-c", KILLED, *files], check=False)
    assert done.returncode == -9
    table = extract_features(files, "GeMAPSv01b")
    assert extracted == files[3:]
    assert table.equals(extract_features(files, "GeMAPSv01b", cache=False))


def test_two_processes_share_a_cache(files):
    code = (
        "import sys; from featuretransfer import extract_features; "
        "extract_features(sys.argv[1:], 'GeMAPSv01b')"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, *files]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    expected = extract_features(files, "GeMAPSv01b", cache=False)
    assert extract_features(files, "GeMAPSv01b").equals(expected)


def test_file_that_changes_while_it_is_extracted_is_not_kept(files, monkeypatch, buzz):
    real = _extract._extract

    def changing(extractor, item):
        result = real(extractor, item)
        soundfile.write(item.name, buzz(pitch=333), 16000)
        os.utime(item.name, ns=(0, 1))
        return result

    with monkeypatch.context() as patch:
        patch.setattr(_extract, "_extract", changing)
        before = extract_features(files[:1], "GeMAPSv01b")
    after = extract_features(files[:1], "GeMAPSv01b")
    assert after.equals(extract_features(files[:1], "GeMAPSv01b", cache=False))
    assert not after.equals(before)


def test_content_is_remembered_only_where_a_change_would_show(files, cache_folder):
    cache = FeatureCache(cache_folder, Settings.of("GeMAPSv01b", "functionals", 16000))
    just_now = time.time_ns() + 10**10  # as if written this moment, however slow the machine
    os.utime(files[0], ns=(just_now, just_now))
    fresh = cache.read(files[0])
    cache.remember(fresh)
    assert not fresh.settled
    assert cache.recall(files[0]) is None
    os.utime(files[0], (1e9, 1e9))
    old = cache.read(files[0])
    cache.remember(old)
    assert old.digest == fresh.digest
    assert cache.recall(files[0]) == old
    assert cache.unchanged(files[0], old)
    assert not cache.unchanged(files[0], fresh)
    os.unlink(files[0])
    assert not cache.unchanged(files[0], old)
