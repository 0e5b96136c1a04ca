"""What importing the package costs and touches, each in a fresh interpreter."""

import json
import subprocess
import sys

import pytest

import featuretransfer

HEAVY = {
    "opensmile",
    "audiofile",
    "audresample",
    "soundfile",
    "audformat",
    "pyarrow",
    "tqdm",
    "click",
    "matplotlib",
    "ot",
    "dask",
    "torch",
    "tensorflow",
    "skada",
}


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_is_light():
    baseline = "import sklearn.pipeline, sklearn.svm, pandas, scipy.linalg; "
    report = (
        "import sys, json; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    before = set(json.loads(run(baseline + report)))
    after = set(json.loads(run(baseline + "import featuretransfer; " + report)))
    # pandas may itself load pyarrow: what matters is what we add
    assert not (after - before) & HEAVY


def test_import_changes_no_global_state():
    run(
        "import json, logging, random, warnings\n"
        "import numpy as np, sklearn\n"
        "state = lambda: (sklearn.get_config(), np.random.get_state()[1].tolist(),\n"
        "                 random.getstate(), np.geterr(), logging.root.handlers[:],\n"
        "                 logging.root.level, warnings.filters[:])\n"
        "before = state()\n"
        "import featuretransfer\n"
        "after = state()\n"
        "assert before == after\n"
        "assert all(type(h) is logging.NullHandler for h in\n"
        "           logging.getLogger('featuretransfer').handlers)\n"
    )


def test_import_prints_nothing():
    assert run("import featuretransfer") == ""


@pytest.mark.parametrize("name", featuretransfer.__all__)
def test_every_public_name_exists(name):
    assert getattr(featuretransfer, name) is not None


def test_public_names_are_unique():
    assert len(featuretransfer.__all__) == len(set(featuretransfer.__all__))
