"""The wheel and the installation that the tests run in."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REPORT = """
import json
import featuretransfer as ft

corpora = ft.load_demo_corpora()
rows = [len(corpus) for corpus in corpora]
print(json.dumps({"file": ft.__file__, "rows": rows, "audio": corpora[0].files}))
"""


def report(cwd, **environment):
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={"PATH": "", **environment},
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build in a copy, so that nothing is left in the checkout."""
    folder = tmp_path_factory.mktemp("build")
    for name in ("featuretransfer", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "."], cwd=folder, check=True)
    (built,) = folder.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--target", folder / "installed", built],
        check=True,
    )
    return folder / "installed"


def test_wheel_brings_the_demo_corpora(wheel, tmp_path):
    found = report(tmp_path, PYTHONPATH=str(wheel))
    assert Path(found["file"]).is_relative_to(wheel)
    assert found["rows"] == [104, 96, 96]
    for file in found["audio"]:
        assert Path(file).is_relative_to(wheel)
        assert Path(file).is_file()


def test_wheel_brings_types_licence_and_command(wheel):
    assert (wheel / "featuretransfer" / "py.typed").is_file()
    (metadata,) = wheel.glob("featuretransfer-*.dist-info")
    assert "openSMILE" in next(metadata.rglob("LICENSE")).read_text()
    assert "featuretransfer.cli:main" in (metadata / "entry_points.txt").read_text()


def test_this_installation_finds_the_demo_corpora(tmp_path):
    assert report(tmp_path)["rows"] == [104, 96, 96]
