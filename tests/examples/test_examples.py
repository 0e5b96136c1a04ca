"""Every example runs on the demo corpora."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("[!_]*.py"))


def run(script, *options):
    environment = {k: v for k, v in os.environ.items() if k != "FEATURETRANSFER_CORPORA"}
    return subprocess.run(
        [sys.executable, str(EXAMPLES / script), *options],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_runs_on_the_demo_corpora(script):
    done = run(script, "--demo")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 3
    assert "nan" not in done.stdout.lower()


def test_says_what_it_needs():
    done = run(SCRIPTS[0])
    assert done.returncode == 2
    assert "set FEATURETRANSFER_CORPORA to the folder" in done.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_result_is_kept(script):
    """`make examples` prints the results on the real corpora into files of the same name."""
    assert (EXAMPLES / "results" / script).with_suffix(".txt").read_text()
