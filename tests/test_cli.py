"""Every command through its real process."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

EMOTIONS = {"anger": 300.0, "happiness": 240.0, "neutral": 160.0, "sadness": 120.0}


def run(*arguments, cwd=None, code=0, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "featuretransfer", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Two small corpora of buzzing tones, their pitch set by the emotion, as CSV lists."""
    root = tmp_path_factory.mktemp("corpora")
    rng = np.random.default_rng(0)
    time = np.arange(8000) / 16000
    for name, level in (("one", 0.3), ("two", 0.1)):
        rows = []
        for speaker in range(5):
            for emotion, pitch in EMOTIONS.items():
                phase = 2 * np.pi * pitch * (1 + 0.05 * rng.normal()) * time
                signal = level * np.sign(np.sin(phase)) + 0.01 * rng.normal(size=len(time))
                file = root / name / f"{speaker}-{emotion}.wav"
                file.parent.mkdir(exist_ok=True)
                soundfile.write(file, signal, 16000)
                rows.append({"file": f"{name}/{file.name}", "label": emotion, "speaker": speaker})
        pd.DataFrame(rows).to_csv(root / f"{name}.csv", index=False)
    return root


def corpus_arguments(root):
    return [f"--corpus={name}={root / name}.csv" for name in ("one", "two")]


def test_help_names_every_command():
    text = run("--help").stdout
    for command in ("demo", "extract", "evaluate", "methods"):
        assert command in text


def test_methods_lists_each_with_a_line():
    *lines, space, first, second = run("methods").stdout.splitlines()
    assert any(line.startswith("coral ") for line in lines)
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)
    assert any(line.split()[:2] == ["kernel-mean-matching", "kmm"] for line in lines)
    names = [line.split()[0] for line in lines]
    assert {"tradaboost*", "heterogeneous-feature-augmentation*", "cca-transfer**"} <= set(names)
    assert {"coral", "kernel-mean-matching", "corpus-scaler"} <= set(names)
    assert not space
    assert first == "* learns from labels of target rows: `evaluate --protocol few-labels`."
    assert second.startswith("** for Python only: learns from pairs of rows")


def test_extract_files(corpora, tmp_path):
    files = sorted((corpora / "one").glob("*.wav"))[:3]
    run("extract", *files, "--set", "IS09", "-o", tmp_path / "out.parquet")
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table.shape == (3, 384)
    assert list(table.index.names) == ["file", "start", "end"]


def test_extract_folder(corpora, tmp_path):
    run("extract", corpora / "one", "--set", "GeMAPSv01b", "-o", tmp_path / "out.parquet")
    table = pd.read_parquet(tmp_path / "out.parquet")
    files = {Path(file).name for file in table.index.get_level_values("file")}
    assert files == {file.name for file in (corpora / "one").glob("*.wav")}
    (tmp_path / "empty").mkdir()
    done = run("extract", tmp_path / "empty", "-o", tmp_path / "out.parquet", code=2)
    assert "no audio files below" in done.stderr


def test_extract_corpora_with_labels(corpora, tmp_path):
    run("extract", *corpus_arguments(corpora), "-o", tmp_path / "out.csv")
    table = pd.read_csv(tmp_path / "out.csv", index_col=["file", "start", "end"])
    assert table.shape == (40, 3 + 88)
    assert set(table["label"]) == set(EMOTIONS)
    assert set(table["corpus"]) == {"one", "two"}
    for (file, *_), row in table.iterrows():
        assert row["label"] in str(file)


def test_extract_reports_failures_and_keeps_the_rest(corpora, tmp_path):
    good = next((corpora / "one").glob("*.wav"))
    done = run("extract", good, tmp_path / "gone.wav", "-o", tmp_path / "out.parquet", code=1)
    assert "gone.wav" in done.stderr
    assert len(pd.read_parquet(tmp_path / "out.parquet")) == 1


def test_evaluate(corpora, tmp_path):
    done = run(
        "evaluate",
        *corpus_arguments(corpora),
        "--method=coral",
        "--method=kmm",
        "-o",
        tmp_path / "results",
    )
    results = pd.read_csv(tmp_path / "results" / "results.csv")
    assert {"coral", "kmm", "source-only", "corpus-scaling"} <= set(results["pipeline"])
    assert results["uar"].between(0, 1).all()
    predictions = pd.read_csv(tmp_path / "results" / "predictions.csv")
    assert set(predictions["y_pred"]) <= set(EMOTIONS)
    assert "coral" in done.stdout
    assert "coral" in (tmp_path / "results" / "summary.md").read_text()
    assert (tmp_path / "results" / "transfer-matrix.png").read_bytes().startswith(b"\x89PNG")


def test_evaluate_without_matplotlib(corpora, tmp_path):
    blocker = tmp_path / "blocked" / "sitecustomize.py"
    blocker.parent.mkdir()
    blocker.write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'matplotlib' else find(name, *rest)\n"
    )
    done = run(
        "evaluate",
        *corpus_arguments(corpora),
        "-o",
        tmp_path / "results",
        PYTHONPATH=str(blocker.parent),
    )
    assert "featuretransfer[plot]" in done.stderr
    written = {path.name for path in (tmp_path / "results").iterdir()}
    assert written == {"results.csv", "predictions.csv", "summary.md", "cells"}


def test_evaluate_continues_where_it_was(corpora, tmp_path):
    """What is in the store is taken from there: a cell made slow is as slow the next time."""
    command = ["evaluate", *corpus_arguments(corpora), "--method=coral", "-o", tmp_path / "results"]

    def seconds():
        table = pd.read_csv(tmp_path / "results" / "results.csv")
        return table.set_index(["source", "target", "pipeline"])["seconds"]

    run(*command)
    first = seconds()
    cells = sorted((tmp_path / "results" / "cells").iterdir())
    assert len(cells) == 2 * 4 + 2
    run(*command)
    pd.testing.assert_series_equal(seconds(), first, check_exact=True)
    cells[0].unlink()
    run(*command)
    assert (seconds() != first).sum() == 1
    assert cells[0].exists()
    run(*command, "--no-resume")
    assert (seconds() != first).sum() == 10
    run(*command, "--store", tmp_path / "shared", "--method=kmm")
    assert len(list((tmp_path / "shared").iterdir())) == 2 * 5 + 2


def test_evaluate_with_few_labels(corpora, tmp_path):
    done = run(
        "evaluate",
        *corpus_arguments(corpora),
        *("--protocol=few-labels", "--budget=1", "--budget=2", "--seed=0", "--seed=3"),
        *("--method=tradaboost", "--method=coral", "--sources=two=one", "--no-resume"),
        *("-o", tmp_path / "results"),
    )
    results = pd.read_csv(tmp_path / "results" / "results.csv")
    assert results["error"].isna().all()
    drawn = results[results["pipeline"] != "in-corpus"]
    assert set(drawn["budget"]) == {1, 2}
    assert set(drawn["seed"]) == {0, 3}
    assert set(drawn["target"]) == {"two"}
    assert {"tradaboost", "coral", "target-only", "source+target"} <= set(drawn["pipeline"])
    assert "tradaboost" in done.stdout
    written = {path.name for path in (tmp_path / "results").iterdir()}
    pictures = {"transfer-matrix-1.png", "transfer-matrix-2.png"}
    assert written == {"results.csv", "predictions.csv", "summary.md"} | pictures


TWO = ["evaluate", "--corpus=one=one.csv", "--corpus=two=two.csv", "-o", "x"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--corpus=one=.", "-o", "x"], "at least two corpora"),
        (["evaluate", "--corpus=one", "--corpus=two=.", "-o", "x"], "NAME=PATH"),
        (["evaluate", "--corpus=emodb=gone", "--corpus=emovo=gone", "-o", "x"], "gone"),
        (["extract", "-o", "x.parquet"], "FILES or --corpus"),
        (["extract", "a.wav", "-o", "x.txt"], ".parquet or .csv"),
        (["extract", "a.wav", "--set", "IS99", "-o", "x.csv"], "Did you mean 'IS09'? There are"),
        (["extract", "--corpus=emobd=.", "-o", "x.csv"], "'emobd' is no corpus known by its file"),
        (["extract", "--corpus=emobd=.", "-o", "x.csv"], "Did you mean 'emodb'?"),
        (["extract", "--corpus=own=.", "-o", "x.csv"], "give a table: own=LIST.csv"),
        ([*TWO, "--labels=big44"], "no label scheme. Did you mean 'big4'?"),
        ([*TWO, "--method=corl"], "no method. Did you mean 'coral'? `featuretransfer methods`"),
        ([*TWO, "--method=kmn"], "Did you mean 'kmm'?"),
        ([*TWO, "--method=tradaboost"], "learns from labels of target rows. Use --protocol few-"),
        ([*TWO, "--method=cca-transfer"], "Use CCATransfer in Python"),
        ([*TWO, "--method=source-domain-weights", "--sources=others"], "three corpora or more"),
        ([*TWO, "--budget=5"], "transductive labels no target rows. Use --protocol few-labels"),
        ([*TWO, "--protocol=few-labels", "--budget=0"], "0 is not in the range x>=1"),
        ([*TWO, "--protocol=few-labels", "--budget=5", "--budget=5"], "5, 5 are not all different"),
        ([*TWO, "--protocol=few"], "'few' is not one of"),
        (
            [*TWO, "--sources=all"],
            "neither each nor others alone, nor TARGET=SOURCE+SOURCE such as",
        ),
        ([*TWO, "--sources=each", "--sources=others"], "such as two=one."),
        (
            [*TWO, "--sources=two=onne"],
            "'onne' is a source of 'two', but no corpus is called so. D",
        ),
        ([*TWO, "--sources=too=one"], "Did you mean 'two'?"),
        ([*TWO, "--sources=two=two"], "has the target itself"),
        ([*TWO, "--store=x/cells", "--no-resume"], "--no-resume stores nothing"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_use_is_one_clear_line(arguments, message, tmp_path):
    done = run(*arguments, cwd=tmp_path, code=2)
    assert message in done.stderr
    assert sum(line.startswith("Error") for line in done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",label,", ",emotion,", "has no column label; it has file, emotion, speaker."),
        (",anger,", ",rage,", "does not know the labels rage of one. Write them as anger, boredom"),
    ],
)
def test_tables_that_cannot_be_used(old, new, message, corpora, tmp_path):
    changed = corpora / "changed.csv"
    changed.write_text((corpora / "one.csv").read_text().replace(old, new))
    others = [f"--corpus=two={corpora / 'two.csv'}", "-o", tmp_path / "x"]
    done = run("evaluate", f"--corpus=one={changed}", *others, code=2)
    assert message in done.stderr


def test_own_labels(corpora, tmp_path):
    for name in ("one", "two"):
        text = (corpora / f"{name}.csv").read_text()
        (corpora / f"own-{name}.csv").write_text(text.replace(",anger,", ",rage,"))
    own = [f"--corpus={name}={corpora / f'own-{name}.csv'}" for name in ("one", "two")]
    run("evaluate", *own, "--labels=own", "-o", tmp_path / "results")
    predictions = pd.read_csv(tmp_path / "results" / "predictions.csv")
    assert set(predictions["y_true"]) == {"rage", *EMOTIONS} - {"anger"}


def test_evaluate_reports_failures_and_keeps_the_rest(corpora, tmp_path):
    """Of one speaker nothing can be held out: that corpus has no in-corpus score."""
    single = pd.read_csv(corpora / "one.csv").assign(speaker="alone")
    single.to_csv(corpora / "single.csv", index=False)
    given = [f"--corpus={name}={corpora / name}.csv" for name in ("single", "two")]
    done = run("evaluate", *given, "-o", tmp_path / "results", code=1)
    assert "in-corpus, single to single: ValueError: single has a single speaker" in done.stdout
    results = pd.read_csv(tmp_path / "results" / "results.csv")
    assert results["error"].notna().sum() == 1


def test_demo(tmp_path):
    done = run("demo", "-o", tmp_path / "results", "--jobs", "2")
    assert "coral" in done.stdout
    assert "Warning" not in done.stderr
    for name in ("results.csv", "predictions.csv", "summary.md", "transfer-matrix.png"):
        assert (tmp_path / "results" / name).stat().st_size > 0
