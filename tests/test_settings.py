"""Every setting and every input that a class is tagged with is one that it really learns from."""

import functools
import inspect

import numpy as np
import pytest
from sklearn.base import is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from support import labels, takes, telling, with_neutral_speech

import featuretransfer as ft
from featuretransfer._base import is_adapter
from featuretransfer._settings import SETTINGS, inputs, needs
from featuretransfer.synthetic import make_shifted_corpora
from featuretransfer.testing import all_methods, all_predictors, all_weighters, make_instance

pytestmark = pytest.mark.filterwarnings("ignore")  # what is left out is warned of


def cases(condition=lambda cls: True):
    return [pytest.param(cls, id=name) for name, cls in all_methods().items() if condition(cls)]


def cases_with_input(condition):
    return [
        pytest.param(cls, name, id=f"{cls.__name__}-{name}")
        for cls in all_methods().values()
        for name in inputs(cls)
        if condition(cls, name)
    ]


def is_weighter(cls):
    return cls.__name__ in all_weighters()


def has_equal_columns(cls):
    return getattr(cls, "equal_columns", True)


@functools.cache
def corpora():
    """Three speakers in each domain; the second half of the source is a corpus of its own."""
    data = make_shifted_corpora(120, 90, 6, n_classes=3, n_speakers=3, random_state=0)
    data.X_source[60:] += 1.0
    return with_neutral_speech(data)


def some_labels(cls, data):
    known = np.array(labels(cls, data.y_target), dtype=object)
    known[np.arange(len(known)) % 3 > 0] = None
    return known


#: What `fit` is given by the name of the input, from the class and the data.
INPUTS = {
    "y": lambda cls, data: labels(cls, data.y_source),
    "X_target": lambda cls, data: data.X_target,
    "y_target": some_labels,
    "X_paired": lambda cls, data: (data.X_source, data.X_source + data.X_source[::-1] / 4),
    "speakers": lambda cls, data: data.speakers_source,
    "speakers_target": lambda cls, data: data.speakers_target,
    "source_domains": lambda cls, data: np.repeat(["near", "far"], 60),
    "target_domains": lambda cls, data: np.repeat(["loud", "soft"], 45),
    "tasks": lambda cls, data: {"speaker": data.speakers_source},
    "tasks_target": lambda cls, data: {"speaker": data.speakers_target},
    "attributes": lambda cls, data: {"speaker": data.speakers_source},
    "attributes_target": lambda cls, data: {"speaker": data.speakers_target},
}


def values(cls, names):
    """Values of the inputs called `names`."""
    return {name: INPUTS[name](cls, corpora()) for name in names}


def source_only(cls):
    """Names of the inputs without anything of the target: source labels, where `fit` takes them."""
    return {"y"} if takes(cls, "y") else set()


def usual(cls):
    """Names of the inputs that the method is meant for."""
    return source_only(cls) | set(needs(cls))


def made(cls):
    model = make_instance(cls)
    parameters = model.get_params()
    if "random_state" in parameters:
        model.set_params(random_state=0)
    if "estimator" in parameters and cls.__name__ in all_predictors():
        model.set_params(estimator=plain(model))
    return model


def plain(model):
    return Ridge() if is_regressor(model) else LogisticRegression()


def told_with(cls, metadata):
    """What a method tells of the source rows and of the target rows, fitted with `metadata`."""
    data = corpora()
    model = made(cls).fit(data.X_source, **metadata)
    if is_weighter(cls):
        return [model.sample_weight_]
    tell = getattr(model, telling(model))
    source_ids = {k: v for k, v in metadata.items() if k in ("speakers", "source_domains")}
    target_ids = {k: v for k, v in metadata.items() if k in inspect.signature(tell).parameters}
    source = ft.source_view(model, **source_ids)
    return [getattr(source, telling(model))(data.X_source), tell(data.X_target, **target_ids)]


@functools.cache
def _told(cls, names):
    return told_with(cls, values(cls, names))


def told(cls, names):
    """What a method tells, fitted with the inputs called `names`."""
    return _told(cls, tuple(sorted(names)))


def equal(first, second):
    return all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9 + 1e-6 * np.abs(b).max())
        for a, b in zip(first, second)
    )


@pytest.mark.parametrize("cls", cases())
def test_settings_are_stated(cls):
    assert cls.settings == tuple(name for name in SETTINGS if name in cls.settings)
    assert cls.settings
    assert set(getattr(cls, "needs", ())) <= set(inputs(cls))
    unknown = set(inputs(cls)) - set(INPUTS)
    assert not unknown, f"say in INPUTS what {unknown} can be, and in docs/_settings.py what it is"


@pytest.mark.parametrize("cls", cases())
def test_what_a_method_needs_is_enough(cls):
    assert not equal(told(cls, usual(cls)), told(cls, source_only(cls)))


@pytest.mark.parametrize("cls", cases())
def test_nothing_is_done_without_a_target(cls):
    """Weights are 1; both domains are mapped alike; a predictor is the plain one of the source."""
    data, nothing = corpora(), told(cls, source_only(cls))
    if is_weighter(cls):
        np.testing.assert_array_equal(nothing[0], 1)
        return
    model = made(cls).fit(data.X_source, **values(cls, source_only(cls)))
    if is_adapter(model):
        as_target = getattr(model, telling(model))(data.X_source)
        np.testing.assert_allclose(as_target, nothing[0], atol=1e-12)
    if hasattr(model, "predict") and "estimator" in model.get_params():
        expected = plain(model).fit(data.X_source, labels(cls, data.y_source))
        for rows in (data.X_source, data.X_target):
            np.testing.assert_array_equal(model.predict(rows), expected.predict(rows))


@pytest.mark.parametrize(
    ("cls", "name"),
    cases_with_input(lambda cls, name: name in needs(cls) and has_equal_columns(cls)),
)
def test_nothing_is_done_without_what_is_needed(cls, name):
    left_out = {name} if name != "X_target" else {"X_target", "y_target", "X_paired"}
    assert equal(told(cls, usual(cls) - left_out), told(cls, source_only(cls)))


@pytest.mark.parametrize(
    ("cls", "name"),
    cases_with_input(
        lambda cls, name: name in needs(cls) and not has_equal_columns(cls) and name != "X_target"
    ),
)
def test_without_what_is_needed_other_columns_are_refused(cls, name):
    data = corpora()
    metadata = values(cls, usual(cls) - {name}) | {"X_target": data.X_target[:, 1:]}
    with pytest.raises(ValueError, match=name):
        made(cls).fit(data.X_source, **metadata)


@pytest.mark.parametrize("cls", cases(lambda cls: "inductive" in cls.settings))
def test_inductive_methods_learn_from_target_labels(cls):
    assert not equal(told(cls, usual(cls) | {"y_target"}), told(cls, usual(cls) - {"y_target"}))


@pytest.mark.parametrize("cls", cases(lambda cls: "inductive" not in cls.settings))
def test_other_methods_take_no_target_labels(cls):
    assert "y_target" not in inputs(cls)


@pytest.mark.parametrize("cls", cases(lambda cls: "transductive" in cls.settings))
def test_transductive_methods_learn_from_unlabelled_target_rows(cls):
    assert not equal(told(cls, usual(cls) - {"y_target"}), told(cls, source_only(cls)))


@pytest.mark.parametrize(
    "cls", cases(lambda cls: cls.settings == ("inductive",) and has_equal_columns(cls))
)
def test_unlabelled_target_rows_change_nothing_elsewhere(cls):
    assert equal(told(cls, {*source_only(cls), "X_target"}), told(cls, source_only(cls)))


@pytest.mark.parametrize("cls", cases(lambda cls: "unsupervised" in cls.settings))
def test_unsupervised_methods_use_no_labels(cls):
    without = told(cls, usual(cls) - {"y", "y_target"})
    assert equal(without, told(cls, usual(cls) - {"y_target"}))
    assert not equal(without, told(cls, ()))


@pytest.mark.parametrize(
    "cls", cases(lambda cls: "unsupervised" not in cls.settings and not is_weighter(cls))
)
def test_other_methods_require_labels(cls):
    names = usual(cls) - {"y", "y_target"}
    with pytest.raises((TypeError, ValueError), match=r"requires y|'y'"):
        made(cls).fit(corpora().X_source, **values(cls, names))


@pytest.mark.parametrize(
    ("cls", "name"), cases_with_input(lambda cls, name: name not in ("y", *needs(cls)))
)
def test_what_a_method_can_use_it_does_use(cls, name):
    assert not equal(told(cls, usual(cls) | {name}), told(cls, usual(cls)))


@pytest.mark.parametrize(
    ("cls", "name"), cases_with_input(lambda cls, name: name.endswith("_domains"))
)
def test_a_single_corpus_is_no_other_than_none(cls, name):
    names = usual(cls) - {name}
    rows = corpora()["X_target" if name == "target_domains" else "X_source"]
    metadata = values(cls, names) | {name: np.full(len(rows), "one")}
    assert equal(told_with(cls, metadata), told(cls, names))
