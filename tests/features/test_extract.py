import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from featuretransfer import ExtractionError, extract_features
from featuretransfer.features import _extract
from featuretransfer.features._extract import Item, _extract_in_worker
from featuretransfer.features._pool import Crashed, run_isolated
from featuretransfer.features._sets import Settings


def gemaps(files, **options):
    return extract_features(files, "GeMAPSv01b", **options)


def test_table(files):
    table = gemaps(files)
    assert table.shape == (6, 62)
    assert (table.dtypes == np.float32).all()
    assert list(table.index.names) == ["file", "start", "end"]
    assert list(table.index.get_level_values("file")) == files
    assert set(table.index.get_level_values("start")) == {pd.Timedelta(0)}
    assert set(table.index.get_level_values("end")) == {pd.Timedelta("0.3s")}
    assert table["F0semitoneFrom27.5Hz_sma3nz_amean"].is_monotonic_increasing
    assert table.attrs["feature_set"] == "GeMAPSv01b"
    assert table.attrs["sampling_rate"] == 16000
    assert table.attrs["failures"] == []


def test_table_goes_through_parquet(files, tmp_path):
    table = gemaps([*files, "gone.wav"], on_error="skip")
    table.to_parquet(tmp_path / "t.parquet")
    back = pd.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(back, table, check_column_type=False)
    assert json.loads(json.dumps(table.attrs)) == back.attrs


def test_any_number_of_jobs_gives_the_same_table(files):
    files = [*files, "gone.wav", *files[::-1]]
    one, two = (gemaps(files, n_jobs=n, cache=False, on_error="skip") for n in (1, 2))
    assert one.equals(two)
    assert one.attrs == two.attrs


def test_timeout_works_with_one_job(files):
    assert gemaps(files[:1], cache=False, timeout=60).equals(gemaps(files[:1], cache=False))


@pytest.mark.parametrize("kind", [list, tuple, pd.Series, pd.Index, np.array])
def test_kinds_of_lists(kind, files):
    expected = gemaps(files)
    assert gemaps(kind(files)).equals(expected)
    assert gemaps([Path(file) for file in files]).equals(expected)


def test_signals_and_their_files_agree(files):
    signals = [soundfile.read(file, dtype="float32") for file in files]
    table = gemaps(signals)
    assert list(table.index.get_level_values("file")) == [f"signal-{i}" for i in range(6)]
    np.testing.assert_array_equal(table, gemaps(files))


def test_no_files():
    table = gemaps([])
    assert table.shape == (0, 62)
    assert list(table.index.names) == ["file", "start", "end"]


@pytest.mark.parametrize("as_index", [False, True])
@pytest.mark.parametrize("unit", [float, "timedelta"])
def test_segments(files, as_index, unit):
    segments = pd.DataFrame(
        {"file": files[:1] * 3, "start": [0.0, 0.1, 0.1], "end": [0.2, 0.25, np.nan]}
    )
    if unit == "timedelta":
        for name in ("start", "end"):
            segments[name] = pd.to_timedelta(segments[name], "s")
    if as_index:
        segments = pd.MultiIndex.from_frame(segments)
    table = gemaps(segments)
    signal, _ = soundfile.read(files[0], dtype="float32")
    parts = [signal[:3200], signal[1600:4000], signal[1600:]]
    np.testing.assert_array_equal(table, gemaps([(part, 16000) for part in parts]))
    assert table.index.get_level_values("start").total_seconds().tolist() == [0.0, 0.1, 0.1]
    ends = table.index.get_level_values("end").total_seconds()
    np.testing.assert_allclose(ends, [0.2, 0.25, 0.3], atol=1e-6)


def test_a_table_of_features_is_a_table_of_segments(files):
    table = gemaps(files)
    assert gemaps(table).equals(table)


def test_lld_rows_begin_where_their_segment_does(files):
    segment = pd.DataFrame({"file": files[:1], "start": [0.1], "end": [0.25]})
    starts = gemaps(segment, level="lld").index.get_level_values("start")
    assert starts[0] == pd.Timedelta("0.1s")
    assert starts.is_monotonic_increasing
    assert starts[-1] < pd.Timedelta("0.25s")


def broken_files(folder, buzz):
    good = buzz()
    (folder / "text.wav").write_text("this is no audio")
    (folder / "empty.wav").touch()
    soundfile.write(folder / "none.wav", good[:0], 16000)
    soundfile.write(folder / "short.wav", good[:320], 16000)
    soundfile.write(folder / "silent.wav", 0 * good, 16000)
    soundfile.write(
        folder / "nan.wav", np.where(np.arange(len(good)) == 9, np.nan, good), 16000, "FLOAT"
    )
    soundfile.write(folder / "cut.flac", buzz(2.0), 16000)
    whole = (folder / "cut.flac").read_bytes()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 2])
    soundfile.write(folder / "cut.wav", buzz(2.0), 16000)
    whole = (folder / "cut.wav").read_bytes()
    (folder / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (folder / "folder.wav").mkdir()


REASONS = {
    "gone.wav": "does not exist",
    "text.wav": "",
    "empty.wav": "file is empty",
    "none.wav": "no samples",
    "short.wav": "too short for GeMAPSv01b: 20 ms",
    "silent.wav": "silent",
    "nan.wav": "NaN",
    "cut.flac": "",
    "cut.wav": "file ends early",
    "folder.wav": "",
}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_kind_of_failure_is_reported_and_the_good_files_are_kept(
    files, tmp_path, n_jobs, buzz
):
    broken_files(tmp_path, buzz)
    mixed = []
    for name, file in zip(REASONS, files * 2):
        mixed += [str(tmp_path / name), file]
    table = gemaps(mixed, n_jobs=n_jobs, on_error="skip")
    assert list(table.index.get_level_values("file")) == mixed[1::2]
    assert [failure["file"] for failure in table.attrs["failures"]] == mixed[::2]
    for failure, reason in zip(table.attrs["failures"], REASONS.values()):
        assert reason in failure["reason"]
        assert failure["reason"]
        assert "\n" not in failure["reason"]


def test_raise_names_file_and_reason_and_keeps_what_was_done(files, tmp_path, monkeypatch):
    with pytest.raises(ExtractionError, match=r"gone.wav: file does not exist.*on_error='skip'"):
        gemaps([*files, tmp_path / "gone.wav"])
    monkeypatch.setattr(_extract, "_extract", None)  # not called again
    assert len(gemaps(files)) == len(files)


def test_warn_counts_and_names_the_first(files):
    with pytest.warns(UserWarning, match=r"1 of 7 files have no features, the first gone.wav"):
        table = gemaps([*files, "gone.wav"], on_error="warn")
    assert len(table) == 6


UNREADABLE = """
import os, sys
from featuretransfer import extract_features
extract_features([sys.argv[1]], "GeMAPSv01b", cache=False)  # loads all modules while we may
os.chmod(sys.argv[1], 0)
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
table = extract_features([sys.argv[1]], "GeMAPSv01b", cache=False, on_error="skip")
print(table.attrs["failures"][0]["reason"])
"""


def test_file_without_permission(buzz):
    # not in tmp_path, which is closed to other users altogether
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        file = os.path.join(folder, "secret.wav")
        soundfile.write(file, buzz(), 16000)
        done = subprocess.run(
            [sys.executable, "-c", UNREADABLE, file], capture_output=True, text=True, check=False
        )
    assert done.stdout.strip() == "no permission to read the file", done.stderr


def test_a_segmentation_fault_costs_its_call_only(files):
    good = Settings("GeMAPSv01b", "functionals", 16000)
    calls = [
        (_extract_in_worker, good, Item(files[0])),
        (exec, "import ctypes; ctypes.string_at(0)"),
        (_extract_in_worker, good, Item(files[1])),
    ]
    outcomes = dict(run_isolated(calls, 2))
    assert isinstance(outcomes[1], Crashed)
    expected = gemaps(files[:2], cache=False)
    np.testing.assert_array_equal(outcomes[0][0][0], expected.iloc[0])
    np.testing.assert_array_equal(outcomes[2][0][0], expected.iloc[1])


def test_hanging_file_is_a_failure(files, tmp_path):
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)  # reading it waits for a writer that never comes
    blocked = [files[0], str(pipe), files[1]]
    table = gemaps(blocked, n_jobs=2, timeout=3.0, cache=False, on_error="skip")
    assert list(table.index.get_level_values("file")) == files[:2]
    assert len(table.attrs["failures"]) == 1


def test_progress_bar(files, capsys):
    gemaps(files, progress=True)
    assert "6/6" in capsys.readouterr().err
    gemaps(files, progress="auto", cache=False)
    gemaps(files, progress=False, cache=False)
    captured = capsys.readouterr()
    assert captured.err == captured.out == ""


@pytest.mark.parametrize(
    ("files_", "options", "error", "message"),
    [
        ("a.wav", {}, TypeError, r"single path: pass \['a.wav'\]"),
        ([3], {}, TypeError, "got int at position 0"),
        (pd.DataFrame({"file": ["a"]}), {}, ValueError, "start, end not found"),
        ([], {"on_error": "ignore"}, ValueError, "on_error must be one of"),
        ([], {"progress": "yes"}, ValueError, "progress must be"),
        ([], {"timeout": 0}, ValueError, "timeout must be"),
    ],
)
def test_wrong_arguments(files_, options, error, message):
    with pytest.raises(error, match=message):
        gemaps(files_, **options)
