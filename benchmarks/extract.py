"""What extraction costs over bare openSMILE, and what the cache saves: ``benchmarks/extract.py``.

The files are those of EMOVO in FEATURETRANSFER_CORPORA, or the demo corpora.
"""

import os
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

import _common
import numpy as np

import featuretransfer as ft
from featuretransfer.features import FEATURE_SETS

REPEATS = 3


def main():
    """Measure, print and write."""
    options = parse()
    files, place = find_files(options.smoke)
    print(f"{len(files)} files of {place}\n")
    some = files[:: max(1, len(files) // options.files)][: options.files]
    rows = [overhead(feature_set, some) for feature_set in options.sets]
    rows += [caching(feature_set, files) for feature_set in options.sets]
    verdicts = [verdict(row) for row in rows]
    print("\n" + "\n".join(verdicts))
    if options.output:
        _common.write_json(options.output, rows=rows, verdicts=verdicts)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="a few demo files, one set")
    parser.add_argument("--sets", nargs="+", default=list(FEATURE_SETS), help="sets to measure")
    parser.add_argument("--files", type=int, default=60, help="files of the overhead measurement")
    options = parser.parse_args()
    if options.smoke:
        options.sets, options.files = ["GeMAPSv01b"], 3
    return options


def find_files(smoke):
    """Files and where they are from."""
    root = os.environ.get("FEATURETRANSFER_CORPORA")
    if root and not smoke:
        return ft.load_corpus("emovo", Path(root) / "emovo").files, "EMOVO"
    files = [file for corpus in ft.load_demo_corpora() for file in corpus.files]
    return (files[:6] if smoke else files), "the demo corpora"


def overhead(feature_set, files):
    """One process, no cache: ours beside bare openSMILE, taking turns."""
    ft.extract_features(files[:1], feature_set, cache=False, progress=False)  # loads the library
    smile = bare(feature_set)
    ours, theirs = [], []
    for _ in range(REPEATS):
        table, seconds = timed(
            lambda: ft.extract_features(files, feature_set, cache=False, progress=False)
        )
        ours.append(seconds)
        rows, seconds = timed(lambda: [smile.process_file(file) for file in files])
        theirs.append(seconds)
    expected = np.concatenate([row.to_numpy() for row in rows])
    row = {
        "measurement": "overhead",
        "feature_set": feature_set,
        "n_files": len(files),
        "ours_s": min(ours),
        "bare_s": min(theirs),
        "ratio": min(ours) / min(theirs),
        "same_values": bool(np.array_equal(table.to_numpy(), expected, equal_nan=True)),
        "digest": _common.digest(table.to_numpy()),
    }
    print(
        f"{feature_set:14} one process: {per_file(min(ours), files)} a file, bare openSMILE "
        f"{per_file(min(theirs), files)}, ratio {row['ratio']:.2f}, "
        f"same values: {row['same_values']}",
        flush=True,
    )
    return row


def bare(feature_set):
    """openSMILE itself, as its package offers it."""
    import opensmile

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is deprecated")
        return opensmile.Smile(
            opensmile.FeatureSet.__members__[feature_set], opensmile.FeatureLevel.Functionals
        )


def caching(feature_set, files):
    """All files with an empty cache, a full one, and one that a killed run left half full."""
    folder = tempfile.mkdtemp()
    settings = {"cache": folder, "n_jobs": 2, "progress": False}

    def extract():
        return ft.extract_features(files, feature_set, **settings)

    try:
        first, cold = timed(extract)
        again = [timed(extract) for _ in range(3)]
        warm = min(seconds for _, seconds in again)
        shutil.rmtree(folder)
        ft.extract_features(files[: len(files) // 2], feature_set, **settings)
        _, resumed = timed(extract)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    row = {
        "measurement": "cache",
        "feature_set": feature_set,
        "n_files": len(files),
        "cold_s": cold,
        "warm_s": warm,
        "resumed_s": resumed,
        "ratio": cold / warm,
        "warm_ms_a_file": 1000 * warm / len(files),
        "same_values": all(first.equals(table) for table, _ in again),
    }
    print(
        f"{feature_set:14} two processes: first run {cold:.1f} s, resumed half-way {resumed:.1f} s,"
        f" second run {warm:.3f} s ({row['warm_ms_a_file']:.2f} ms a file), "
        f"{row['ratio']:.0f} times faster",
        flush=True,
    )
    return row


def verdict(row):
    """Whether a measurement is what was set out for."""
    if row["measurement"] == "overhead":
        met = row["ratio"] <= 1.15 and row["same_values"]
        return f"{_common.state(met)}: {row['feature_set']} at most 1.15 times bare openSMILE"
    met = row["warm_ms_a_file"] <= 1 and row["same_values"]
    what = "a second run takes at most 1 ms a file"
    if row["feature_set"].startswith("eGeMAPS"):
        met, what = met and row["ratio"] >= 50, what + " and is at least 50 times faster"
    return f"{_common.state(met)}: {row['feature_set']} {what}"


def timed(function):
    """What a function returns, and the wall time it took."""
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started


def per_file(seconds, files):
    """Milliseconds a file, as text."""
    return f"{1000 * seconds / len(files):.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
