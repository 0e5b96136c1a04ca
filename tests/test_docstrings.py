"""What every public name tells about itself."""

import ast
import inspect

import pytest
from numpydoc.docscrape import NumpyDocString

import featuretransfer as ft
from featuretransfer import (
    corpora,
    exceptions,
    recipes,
    relatedness,
    reporting,
    selection,
    synthetic,
    testing,
)
from featuretransfer.instance import effective_sample_size

MODULES = (ft, relatedness, selection, reporting, recipes, synthetic, testing, exceptions)
PUBLIC = {
    name: getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if callable(getattr(module, name))
} | {
    "read_audformat": corpora.read_audformat,
    "read_csv": corpora.read_csv,
    "effective_sample_size": effective_sample_size,
}
FUNCTIONS = [pytest.param(f, id=name) for name, f in PUBLIC.items() if inspect.isfunction(f)]
CLASSES = [pytest.param(c, id=name) for name, c in PUBLIC.items() if inspect.isclass(c)]
METHODS = [
    pytest.param(getattr(cls, name), id=f"{cls.__name__}.{name}")
    for cls in dict.fromkeys(case.values[0] for case in CLASSES)
    for name in vars(cls)
    if inspect.isroutine(getattr(cls, name))
    and not name.startswith("_")
    and not name.endswith("_request")  # made by scikit-learn
]


def documented(doc):
    """Parameter names and what is said of their type, those of joint entries apart."""
    found = {}
    for parameter in doc["Parameters"]:
        for name in parameter.name.split(", "):
            found[name] = parameter.type
    return found


def accepted(function):
    parameters = dict(inspect.signature(function).parameters)
    parameters.pop("self", None)
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return {stars.get(p.kind, "") + name: p for name, p in parameters.items()}


def check(function, doc):
    assert doc["Summary"]
    told, taken = documented(doc), accepted(function)
    assert list(told) == list(taken)
    for name, parameter in taken.items():
        if parameter.default is not inspect.Parameter.empty:
            assert "default=" in told[name], f"{name}: its default is not documented"
            text = told[name].split("default=")[1]
            if ", " not in text:  # joint entries list several
                assert ast.literal_eval(text) == parameter.default, f"documented default of {name}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions(function):
    doc = NumpyDocString(inspect.getdoc(function))
    check(function, doc)
    assert doc["Examples"]
    if inspect.signature(function).return_annotation is None:
        assert not doc["Returns"]


@pytest.mark.parametrize("method", METHODS)
def test_methods(method):
    check(method, NumpyDocString(inspect.getdoc(method)))


@pytest.mark.parametrize("cls", CLASSES)
def test_classes(cls):
    doc = NumpyDocString(inspect.getdoc(cls))
    assert doc["Summary"]
    if not issubclass(cls, Exception) and cls.__init__ is not object.__init__:
        assert list(documented(doc)) == list(accepted(cls))
