"""The page of settings is current and tells what the classes do."""

import runpy
from pathlib import Path

import pytest

import featuretransfer as ft

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def generator(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)  # as for a script that is run
    return runpy.run_path(str(DOCS / "_settings.py"))


def test_page_is_current(generator):
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == generator["page"](), (
        "run: make docs"
    )


def test_what_is_needed_is_told_from_what_can_be_used(generator):
    row = dict(
        zip(
            ["method", "transfers", *generator["SETTINGS"], *generator["columns"]()],
            generator["row"](ft.MultiSourceTrAdaBoost),
        )
    )
    assert (row["transfers"], row["inductive"], row["transductive"]) == ("instance", "yes", "")
    assert (row["target labels"], row["groups"]) == ("needs `y_target`", "can use `source_domains`")


def test_inputs_of_another_kind_get_a_column_of_their_own(generator, monkeypatch):
    class Roomed(ft.TrAdaBoost):
        def fit(self, X, y, *, X_target=None, y_target=None, rooms=None):
            return self

    monkeypatch.setitem(generator["columns"].__globals__, "methods", lambda: {"A": Roomed})
    assert generator["columns"]()["other inputs"] == {"rooms"}
    assert generator["row"](Roomed)[-1] == "can use `rooms`"
