"""Every benchmark runs on tiny data and writes what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from featuretransfer.testing import all_methods

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(path.name for path in BENCHMARKS.glob("[!_]*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_smoke(script, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "FEATURETRANSFER_CORPORA"}
    target = tmp_path / "new" / "result.json"
    command = [sys.executable, str(BENCHMARKS / script), "--smoke", "--output", str(target)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(target.read_text())
    assert written["environment"]["versions"]["featuretransfer"]
    assert written["rows"]
    assert done.stdout
    if script == "adapt.py":
        assert {row["name"] for row in written["rows"]} == set(all_methods())
        assert not [row for row in written["rows"] if "error" in row["ours"]]


@pytest.mark.parametrize(("method", "peer"), [("CORAL", None), ("CORAL, wide", "dense")])
def test_adapt_without_the_peer(method, peer, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['skada'] = None\n")
    target = tmp_path / "result.json"
    command = [sys.executable, str(BENCHMARKS / "adapt.py"), "--smoke", "--method", method]
    done = subprocess.run(
        [*command, "--output", str(target)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "skada is not installed" in done.stdout
    assert [row["peer"] for row in json.loads(target.read_text())["rows"]] == [peer]


def test_accuracy_needs_the_corpora(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "FEATURETRANSFER_CORPORA"}
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "accuracy.py")],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 1
    assert "Set FEATURETRANSFER_CORPORA" in done.stderr
