import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, RandomizedSearchCV
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.evaluation import _fingerprint
from featuretransfer.evaluation._fingerprint import NoFingerprintError, fingerprint
from featuretransfer.recipes import methods


def plain():
    return ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), SVC(C=1.0))


def a_function(X):
    return X


def search(**changes):
    settings = {
        "estimator": plain(),
        "param_grid": {"coral": [ft.NoAdaptation(), ft.CORAL()], "svc__C": [0.1, 1.0]},
        "scoring": ft.selection.make_target_scorer("iw"),
        "cv": GroupKFold(3),
    }
    return GridSearchCV(**{**settings, **changes})


def routed(**requests):
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        return ft.CorpusScaler().set_fit_request(**requests)


FIXED = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
OTHER = LogisticRegression().fit([[0.0], [3.0]], [0, 1])

#: Pairs that a cell must tell apart.
DIFFERENT = {
    "parameter": (plain(), plain().set_params(svc__C=2.0)),
    "type of a number": (plain(), plain().set_params(svc__C=1)),
    "nested estimator": (plain(), plain().set_params(coral=ft.NoAdaptation())),
    "parameter of a nested one": (plain(), plain().set_params(coral__reg=0.5)),
    "step name": (plain(), ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), LogisticRegression())),
    "candidates": (search(), search(param_grid={"svc__C": [0.1, 1.0]})),
    "order of candidates": (
        search(),
        search(param_grid={"coral": [ft.CORAL(), ft.NoAdaptation()], "svc__C": [0.1, 1.0]}),
    ),
    "parameter of a candidate": (
        search(),
        search(param_grid={"coral": [ft.NoAdaptation(), ft.CORAL(reg=0.5)], "svc__C": [0.1, 1.0]}),
    ),
    "scorer": (search(), search(scoring=ft.selection.make_target_scorer("entropy"))),
    "parameter of a scorer": (
        search(),
        search(scoring=ft.selection.make_target_scorer("iw", n_components=3)),
    ),
    "splitter": (search(), search(cv=GroupKFold(4))),
    "distribution": (loguniform(1, 10), loguniform(1, 100)),
    "request": (ft.CorpusScaler(), routed(speakers=True)),
    "output": (ft.CORAL(), ft.CORAL().set_output(transform="pandas")),
    "fitted inside": (FrozenEstimator(FIXED), FrozenEstimator(OTHER)),
    "function": (FunctionTransformer(a_function), FunctionTransformer(np.log1p)),
    "ufunc": (FunctionTransformer(np.exp), FunctionTransformer(np.log1p)),
    "argument of a partial": (functools.partial(np.full, 3), functools.partial(np.full, 4)),
    "class": (LogisticRegression, SVC),
    "random state": (np.random.RandomState(0), np.random.RandomState(1)),
    "generator": (np.random.default_rng(0), np.random.default_rng(1)),
    "element": (np.zeros(3), np.array([0.0, 0.0, 1e-300])),
    "dtype": (np.zeros(2, "f4"), np.zeros(1, "f8")),
    "shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "object element": (np.array(["a", None], object), np.array(["a", "None"], object)),
    "nesting": ([[1], [2]], [[1, 2]]),
    "text and bytes": ("a", b"a"),
    "list and tuple": ([1], (1,)),
    "text across items": (["a", "bc"], ["ab", "c"]),
    "not a number": (float("nan"), "nan"),
    "zero": (0.0, -0.0),
    "set": ({1, 2}, {1, 3}),
    "column name": (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})),
    "row name": (pd.Series([1.0], ["a"]), pd.Series([1.0], ["b"])),
    "row": (pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [2.0, 1.0]})),
    "level": (
        pd.MultiIndex.from_tuples([("a", 1)]),
        pd.MultiIndex.from_tuples([("a", 2)]),
    ),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_differences_count(what):
    one, other = DIFFERENT[what]
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("what", DIFFERENT)
def test_copies_are_the_same(what):
    for thing in DIFFERENT[what]:
        if isinstance(thing, BaseEstimator):
            assert fingerprint(clone(thing)) == fingerprint(thing)
        assert fingerprint([thing, thing]) == fingerprint([thing, thing])


IN_ANOTHER = """
import sys
sys.path.insert(0, sys.argv[1])
import test_fingerprint
print(test_fingerprint.everything())
"""


def everything():
    recipes = {name: ft.recipe(name) for name in methods()}
    drawn = RandomizedSearchCV(plain(), {"svc__C": loguniform(1, 10)}, random_state=0)
    return fingerprint([recipes, drawn, list(DIFFERENT.values()), {"b", "a", "c", "d"}])


def test_every_process_finds_the_same():
    found = {
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER, Path(__file__).parent],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop()) == 64


def test_a_used_random_state_is_another():
    used = np.random.RandomState(0)
    before = fingerprint(used)
    assert before == fingerprint(np.random.RandomState(0))
    used.normal()
    assert fingerprint(used) != before


def test_the_order_of_attributes_does_not_count():
    one, two = ft.CORAL(), ft.CORAL()
    one.a_, one.b_ = 1, 2
    two.b_, two.a_ = 2, 1
    assert fingerprint(one) == fingerprint(two)


def test_files_count_by_content(tmp_path):
    file = tmp_path / "weights.onnx"
    for given in (str(file), file):
        file.write_text("a")
        before = fingerprint(given)
        assert fingerprint(given) == before
        file.write_text("b")
        assert fingerprint(given) != before
    names = pd.Index([str(file)])
    before = fingerprint(names)
    file.write_text("c")
    assert fingerprint(names) == before


def local():
    def inner(X):
        return X

    class Inner(BaseEstimator):
        pass

    return inner, Inner


CYCLE = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (FunctionTransformer(lambda X: X), "the pipeline.func is .*lambda.*define it in a module"),
        (FunctionTransformer(local()[0]), "inner.*defined inside a function"),
        (local()[1](), "Inner.*defined inside a function"),
        ({"key": (n for n in range(3))}, "the pipeline.key is .*generator.*cannot pickle"),
        (sys, "cannot pickle 'module' object"),
        (CYCLE, r"the pipeline\[0\] contains itself"),
    ],
    ids=["lambda", "local function", "local class", "generator", "module", "cycle"],
)
def test_what_cannot_be_described_is_refused(thing, message):
    with pytest.raises(NoFingerprintError, match=message):
        fingerprint(thing, "the pipeline")


def test_compiled_functions_are_known_by_name():
    assert fingerprint(expit) != fingerprint(np.exp)
    assert fingerprint(np.mean) != fingerprint(np.median)
    assert fingerprint(functools.partial(a_function, 1)) != fingerprint(a_function)


def test_versions_and_sources_count(monkeypatch, tmp_path):
    def found():
        _fingerprint._version.cache_clear()
        return fingerprint(plain())

    before = found()
    assert found() == before
    monkeypatch.setattr("sklearn.__version__", "0.0")
    assert found() != before
    monkeypatch.undo()
    assert found() == before
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_methods.py").write_text("def half(X):\n    return X / 2\n")
    import own_methods

    _fingerprint._version.cache_clear()
    before = fingerprint(own_methods.half)
    (tmp_path / "own_methods.py").write_text("def half(X):\n    return X / 3\n")
    _fingerprint._version.cache_clear()
    assert fingerprint(own_methods.half) != before
    (tmp_path / "own_methods.py").unlink()
    own_methods.__file__ = None
    _fingerprint._version.cache_clear()
    with pytest.raises(NoFingerprintError, match="own_methods, which has no source file"):
        fingerprint(own_methods.half)
    _fingerprint._version.cache_clear()
