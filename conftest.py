"""Shared by tests and doctests: a feature cache of the run's own, and no windows."""

import os

import pytest

collect_ignore_glob = ["docs/*.py"]  # scripts that import each other, no modules


@pytest.fixture(scope="session", autouse=True)
def _isolated_environment(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the workers of one run share their features
    patch = pytest.MonkeyPatch()
    patch.setenv("FEATURETRANSFER_CACHE", str(base / "feature-cache"))
    patch.setenv("MPLBACKEND", "Agg")
    yield
    patch.undo()
