"""The page of methods is current and complete."""

import runpy
from pathlib import Path

import pytest

from featuretransfer.testing import all_estimators

DOCS = Path(__file__).parents[2] / "docs"
GENERATOR = runpy.run_path(str(DOCS / "_methods.py"))
ORACLES = GENERATOR["oracles"]()
METHODS = [pytest.param(cls, id=name) for name, cls in GENERATOR["methods"]().items()]


def test_page_is_current():
    assert (DOCS / "methods.md").read_text(encoding="utf-8") == GENERATOR["page"](), (
        "run: make docs"
    )


@pytest.mark.parametrize("cls", METHODS)
def test_every_method_tells_its_cost(cls):
    assert GENERATOR["cost"](cls), (
        "a paragraph of the Notes must begin with '**Cost.**' and give time and memory"
    )


@pytest.mark.parametrize("cls", METHODS)
def test_every_method_has_a_test_against_its_definition(cls):
    assert ORACLES.get(cls.__name__), (
        f'mark one to three tests with @pytest.mark.oracle("{cls.__name__}")'
    )


def test_marks_name_public_classes():
    assert set(ORACLES) <= set(all_estimators())


@pytest.mark.parametrize("cls", METHODS)
def test_every_method_is_a_step_and_names_its_paper(cls):
    assert GENERATOR["use_as"](cls)
    authors, year, _ = GENERATOR["paper"](cls)
    assert authors
    assert 1900 < int(year) < 2100


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("M. Loog", "Loog"),
        ("H. Kaya, A. A. Karpov", "Kaya & Karpov"),
        ("H. Daume III", "Daume III"),
        ("P. Vincent et al.", "Vincent et al."),
        ("M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu", "Long et al."),
        ("P. von Buenau, Y.-H. Tsai", "von Buenau & Tsai"),
    ],
)
def test_authors_in_short(authors, expected):
    assert GENERATOR["short"](authors) == expected
