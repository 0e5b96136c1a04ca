"""What every public estimator must do, whatever its method."""

import ast
import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from numpydoc.docscrape import NumpyDocString
from sklearn.base import ClusterMixin, RegressorMixin, clone, is_clusterer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks
from support import labels, takes, telling, with_neutral_speech

import featuretransfer as ft
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.synthetic import make_shifted_corpora
from featuretransfer.testing import (
    all_adapters,
    all_estimators,
    all_predictors,
    all_weighters,
    make_instance,
)

ADAPTERS = [pytest.param(cls, id=name) for name, cls in all_adapters().items()]
WEIGHTERS = [pytest.param(cls, id=name) for name, cls in all_weighters().items()]
PREDICTORS = [
    pytest.param(cls, id=name)
    for name, cls in all_predictors().items()
    if name not in all_adapters()
]
METHODS = ADAPTERS + WEIGHTERS + PREDICTORS
USING_TARGET = [case for case in METHODS if case.values[0] is not ft.NoAdaptation]
EQUAL_COLUMNS = [case for case in USING_TARGET if getattr(case.values[0], "equal_columns", True)]
OTHER_COLUMNS = [case for case in USING_TARGET if case not in EQUAL_COLUMNS]
SEEDLESS = [
    case for case in METHODS if "random_state" not in inspect.signature(case.values[0]).parameters
]
UNSUPERVISED = [case for case in METHODS if not getattr(case.values[0], "uses_y", True)]
SUPERVISED = [case for case in ADAPTERS + WEIGHTERS if case.values[0].uses_y]
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::featuretransfer.exceptions.{name}")
    for name in ("LowEffectiveSampleSizeWarning", "PseudoLabelWarning")
] + [pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
ESTIMATORS = [pytest.param(cls, id=name) for name, cls in all_estimators().items()]


def seeded(cls):
    estimator = make_instance(cls)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    if isinstance(estimator.get_params().get("estimator"), LogisticRegression):
        # solved to the end, so that the order of the rows leaves no trace
        estimator.set_params(estimator__solver="newton-cholesky", estimator__tol=1e-10)
    return estimator


def corpora(n_source=60, n_target=50, n_features=8, shift="channel"):
    data = make_shifted_corpora(n_source, n_target, n_features, shift=shift, random_state=0)
    data.labelled = np.arange(n_target) % 3 == 0  # target rows whose labels `some_labels` gives
    return with_neutral_speech(data)


def some_labels(cls, data, X_target):
    """Labels of a third of the target rows, for a method that uses them; formed as `X_target`."""
    if not takes(cls, "y_target"):
        return {}
    known = np.array(labels(cls, data.y_target), dtype=object)
    known[~data.labelled] = None
    if not isinstance(X_target, tuple):
        return {"y_target": np.resize(known, len(X_target))}
    ends = np.cumsum([len(part) for part in X_target])
    return {"y_target": tuple(np.split(np.resize(known, ends[-1]), ends[:-1]))}


def some_pairs(cls, data):
    """Paired rows, for a method that uses them."""
    pairs = {"X_paired": (data.X_source[:40], data.X_target[:40])}
    return pairs if takes(cls, "X_paired") else {}


def fitted(cls, data, X_target=None, method=None, **metadata):
    X_target = data.X_target if X_target is None else X_target
    return (seeded(cls) if method is None else method).fit(
        data.X_source,
        labels(cls, data.y_source),
        X_target=X_target,
        **some_labels(cls, data, X_target),
        **metadata,
    )


def views(method):
    """The functions of rows by which a fitted method treats those of the source and the target."""
    return getattr(ft.source_view(method), telling(method)), getattr(method, telling(method))


def outputs(method, data):
    """Everything a fitted method tells, as arrays with one row per source or target row."""
    if hasattr(method, "sample_weight_"):
        return (method.sample_weight_,)
    if hasattr(method, "transform_source"):
        return method.transform_source(data.X_source), method.transform(data.X_target)
    tell = getattr(method, telling(method))
    return tell(data.X_source), tell(data.X_target)


@parametrize_with_checks([seeded(cls) for cls in all_estimators().values()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", METHODS)
@pytest.mark.parametrize(
    ("n_source", "n_target", "n_features"),
    [(60, 50, 8), (12, 50, 30), (50, 12, 30), (12, 10, 30), (40, 40, 8), (40, 1, 8), (40, 2, 50)],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_finite_for_every_shape(cls, n_source, n_target, n_features):
    data = corpora(n_source, n_target, n_features)
    method = seeded(cls)
    if is_clusterer(method):  # of one row there is one cluster
        method.set_params(n_clusters=min(method.n_clusters, n_target))
    for output in outputs(fitted(cls, data, X_target=(data.X_target,), method=method), data):
        assert np.isfinite(output).all()


@pytest.mark.parametrize("cls", METHODS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_constant_columns_and_duplicated_rows(cls):
    data = corpora()
    data.X_source[:, 2] = 3.0
    data.X_target[:, 2] = 3.0
    data.X_source[:, 5] = 1.0
    data.X_target[:, 6] = -1.0
    data.X_source[30:] = data.X_source[:30]
    data.X_target[25:] = data.X_target[:25]
    for output in outputs(fitted(cls, data), data):
        assert np.isfinite(output).all()


@pytest.mark.parametrize("cls", METHODS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_target_identical_to_source(cls):
    data = corpora()
    for output in outputs(fitted(cls, data, X_target=(data.X_source.copy(),)), data):
        assert np.isfinite(output).all()


@pytest.mark.parametrize("cls", METHODS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_far_off_scale_features(cls):
    data = corpora()
    factors = 100.0 ** np.linspace(-2, 2, data.X_source.shape[1])
    data.X_source, data.X_target = data.X_source * factors, data.X_target * factors
    for output in outputs(fitted(cls, data), data):
        assert np.isfinite(output).all()


@pytest.mark.parametrize("cls", USING_TARGET)
@pytest.mark.parametrize("name", ["X", "X_target"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(cls, name, value):
    data = corpora()
    (data.X_source if name == "X" else data.X_target)[3, 1] = value
    with pytest.raises(ValueError, match=rf"Input {name} contains (NaN|infinity)"):
        fitted(cls, data)


@pytest.mark.parametrize("cls", EQUAL_COLUMNS)
def test_target_must_have_the_columns_of_the_source(cls):
    data = corpora()
    with pytest.raises(ValueError, match="X_target has 7 features, but X has 8"):
        fitted(cls, data, X_target=data.X_target[:, 1:])
    names = [f"F{i}" for i in range(8)]
    data.X_source = pd.DataFrame(data.X_source, columns=names)
    with pytest.raises(ValueError, match="only in X: 'F7'; only in X_target: 'other'"):
        fitted(cls, data, X_target=pd.DataFrame(data.X_target, columns=[*names[:7], "other"]))
    with pytest.raises(ValueError, match="same names in another order"):
        fitted(cls, data, X_target=pd.DataFrame(data.X_target, columns=names[::-1]))


@pytest.mark.parametrize("cls", OTHER_COLUMNS)
def test_target_with_other_columns(cls):
    data = corpora()
    data.X_target = data.X_target[:, 1:]
    plain = fitted(cls, data, **some_pairs(cls, data))
    assert (plain.n_features_in_, plain.n_features_target_) == (8, 7)
    assert not hasattr(plain, "feature_names_target_")
    source, target = views(plain)
    for view, rows, others in (
        (source, data.X_source, data.X_target),
        (target, data.X_target, data.X_source),
    ):
        assert np.isfinite(view(rows)).all()
        own, other = rows.shape[1], others.shape[1]
        with pytest.raises(ValueError, match=f"X has {other} features, but .* {own} features"):
            view(others)
    arrays = [source(data.X_source), target(data.X_target)]
    data.X_source = pd.DataFrame(data.X_source, columns=[f"F{i}" for i in range(8)])
    data.X_target = pd.DataFrame(data.X_target, columns=[f"G{i}" for i in range(7)])
    named = fitted(cls, data, **some_pairs(cls, data))
    assert list(named.feature_names_target_) == list(data.X_target)
    source, target = views(named)
    for expected, output in zip(arrays, (source(data.X_source), target(data.X_target))):
        assert_allclose(output, expected, atol=1e-6 * np.abs(expected).max())
    with pytest.raises(ValueError, match="feature names should match"):
        target(data.X_target.rename(columns={"G0": "F0"}))
    parts = (data.X_target[:20], data.X_target[20:].rename(columns={"G0": "H0"}))
    with pytest.raises(ValueError, match=r"columns of X_target\[0\] .only in X_target\[0\]: 'G0'"):
        fitted(cls, data, X_target=parts)


@pytest.mark.parametrize("cls", OTHER_COLUMNS)
def test_target_with_other_columns_in_a_pipeline(cls):
    data = corpora(n_source=90)
    data.X_target = data.X_target[:, 1:]
    X_target = (data.X_target,)
    classifier = LogisticRegression(max_iter=1000)
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.check_pipeline(pipeline(cls, classifier))
        search = GridSearchCV(
            model,
            {model.steps[0][0]: [model[0]]},
            cv=GroupKFold(3),
            scoring=ft.selection.source_scorer("balanced_accuracy"),
            error_score="raise",
        )
        search.fit(
            data.X_source,
            data.y_source,
            groups=data.speakers_source,
            X_target=X_target,
            **some_labels(cls, data, X_target),
            **some_pairs(cls, data),
        )
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.predict(data.X_target)) <= set(data.y_source)
    with pytest.raises(ft.exceptions.PipelineStructureError, match="Make it the first step"):
        ft.make_pipeline(StandardScaler(), *(step for _, step in model.steps))


@pytest.mark.parametrize("cls", METHODS)
def test_tuple_of_targets_is_their_pool(cls):
    data = corpora()
    whole = fitted(cls, data)
    parts = fitted(cls, data, X_target=(data.X_target[:20], data.X_target[20:]))
    for expected, output in zip(outputs(whole, data), outputs(parts, data)):
        assert_array_equal(output, expected)


@pytest.mark.parametrize("cls", SEEDLESS)
def test_permuted_rows_permute_the_output(cls):
    data = corpora()
    expected = outputs(fitted(cls, data), data)
    rng = np.random.RandomState(1)
    orders = rng.permutation(len(data.X_source)), rng.permutation(len(data.X_target))
    data.X_source, data.y_source = data.X_source[orders[0]], data.y_source[orders[0]]
    for name in ("X_target", "y_target", "labelled"):
        data[name] = data[name][orders[1]]
    for output, reference, order in zip(outputs(fitted(cls, data), data), expected, orders):
        assert_allclose(output, reference[order], atol=1e-6 * np.abs(reference).max())


@pytest.mark.parametrize("cls", SUPERVISED)
def test_labels_are_required_by_supervised_methods(cls):
    data = corpora()
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        seeded(cls).fit(data.X_source, X_target=data.X_target)
    if cls.__name__ not in all_predictors():
        seeded(cls).fit(data.X_source)  # nothing to adapt to: nothing to learn from labels


@pytest.mark.parametrize("cls", SUPERVISED)
def test_names_of_the_classes_do_not_matter(cls):
    data = corpora()
    expected = outputs(fitted(cls, data), data)
    classes, codes = np.unique(data.y_source, return_inverse=True)
    codes_target = np.searchsorted(classes, data.y_target)
    for names in ([-1, 0, 1, 2], ["A", "b", "nan", "ü"]):
        data.y_source = np.array(names)[codes]
        data.y_target = np.array(names)[codes_target]
        renamed = dict(zip(classes.tolist(), names))
        method = seeded(cls)
        parameters = method.get_params(deep=False).items()  # those that name a class follow it
        method.set_params(
            **{key: renamed[value] for key, value in parameters if str(value) in renamed}
        )
        fitted(cls, data, method=method)
        for output, reference in zip(outputs(method, data), expected):
            assert_allclose(output, reference, atol=1e-9)


@pytest.mark.parametrize("cls", UNSUPERVISED)
def test_labels_do_not_matter_to_unsupervised_methods(cls):
    data = corpora()
    without = seeded(cls).fit(data.X_source, X_target=data.X_target)
    for y in (data.y_source, np.where(data.y_source == "class1", -1, 1)):
        method = seeded(cls).fit(data.X_source, y, X_target=data.X_target)
        for expected, output in zip(outputs(without, data), outputs(method, data)):
            assert_array_equal(output, expected)


@pytest.mark.parametrize("cls", METHODS)
def test_same_seed_same_output_and_numpy_state_untouched(cls):
    data = corpora()
    first = outputs(fitted(cls, data), data)
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    second = outputs(fitted(cls, data), data)
    assert_array_equal(np.random.get_state()[1], state)
    for expected, output in zip(first, second):
        assert_array_equal(output, expected)


@pytest.mark.parametrize("cls", METHODS)
def test_inputs_are_not_changed(cls):
    data = corpora()
    copies = data.X_source.copy(), data.X_target.copy()
    outputs(fitted(cls, data), data)
    assert_array_equal(data.X_source, copies[0])
    assert_array_equal(data.X_target, copies[1])


@pytest.mark.parametrize("cls", METHODS)
def test_clone_and_pickle(cls):
    data = corpora()
    method = fitted(cls, data)
    again = fitted(cls, data, method=clone(method))
    restored = pickle.loads(pickle.dumps(method))
    for expected, *others in zip(*(outputs(m, data) for m in (method, again, restored))):
        for output in others:
            assert_array_equal(output, expected)


@pytest.mark.parametrize("cls", ADAPTERS)
def test_float32_is_kept_and_close_to_float64(cls):
    data = corpora()
    double = outputs(fitted(cls, data), data)
    data.X_source = data.X_source.astype(np.float32)
    data.X_target = data.X_target.astype(np.float32)
    single = outputs(fitted(cls, data), data)
    for expected, output in zip(double, single):
        assert output.dtype == np.float32
        assert_allclose(output, expected, atol=5e-3 * np.abs(expected).max())


@pytest.mark.parametrize("cls", ADAPTERS)
def test_fit_transform_is_the_source_view(cls):
    data = corpora()
    metadata = some_labels(cls, data, data.X_target)
    trained = seeded(cls).fit_transform(
        data.X_source, data.y_source, X_target=data.X_target, **metadata
    )
    method = fitted(cls, data)
    assert_allclose(trained, method.transform_source(data.X_source), rtol=1e-6, atol=1e-9)
    assert_array_equal(
        ft.source_view(method).transform(data.X_source), method.transform_source(data.X_source)
    )


@pytest.mark.parametrize("cls", ADAPTERS)
def test_pandas_output_and_feature_names(cls):
    data = corpora()
    method = seeded(cls).set_output(transform="pandas")
    names = [f"F{i}" for i in range(8)]
    source = pd.DataFrame(data.X_source, columns=names, index=np.arange(60) + 7)
    target = pd.DataFrame(data.X_target, columns=names, index=np.arange(50) + 3)
    trained = method.fit_transform(source, data.y_source, X_target=target)
    for table, rows in ((trained, source), (method.transform(target), target)):
        assert list(table.columns) == list(method.get_feature_names_out())
        assert list(table.index) == list(rows.index)
    assert isinstance(method.transform_source(source), pd.DataFrame)


CLASSIFYING = [
    case for case in METHODS if not issubclass(case.values[0], RegressorMixin | ClusterMixin)
]
CLASSIFIERS = [
    pytest.param(LogisticRegression(max_iter=1000), id="LogisticRegression"),
    pytest.param(LinearSVC(), id="LinearSVC"),
    pytest.param(SVC(), id="SVC"),
]


def pipeline(cls, classifier):
    scaled = getattr(cls, "equal_columns", True)
    before = [("scale", StandardScaler())] if scaled else []
    if cls.__name__ in all_predictors() and cls.__name__ not in all_adapters():
        takes_one = "estimator" in inspect.signature(cls).parameters
        clf = seeded(cls).set_params(estimator=classifier) if takes_one else seeded(cls)
        steps = [*before, ("clf", clf)]
    elif cls.__name__ in all_weighters():
        steps = [*before, ("clf", ft.ReweightedClassifier(classifier, seeded(cls)))]
    else:
        steps = [*before, ("adapt", seeded(cls)), ("clf", classifier)]
    return Pipeline(steps, transform_input=["X_target"])


@pytest.mark.parametrize("cls", CLASSIFYING)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_plain_pipeline(cls, classifier):
    data = corpora(n_features=3, shift="none")
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.check_pipeline(pipeline(cls, clone(classifier)))
        model.fit(data.X_source, data.y_source, X_target=data.X_target)
    assert set(model.predict(data.X_target)) <= set(data.y_source)
    # a fitted pipeline needs no routing any more
    assert 0 <= pickle.loads(pickle.dumps(model)).score(data.X_target, data.y_target) <= 1


@pytest.mark.parametrize("cls", CLASSIFYING)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_with_groups_and_tuple_target(cls, n_jobs):
    data = corpora(n_source=90, n_target=90, n_features=3, shift="none")
    model = pipeline(cls, LogisticRegression(max_iter=1000))
    final = next((name for name in model.get_params() if name.endswith("__C")), None)
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            model,
            {final: [0.1, 1.0]} if final else {"clf": [model[-1]]},
            cv=GroupKFold(3),
            scoring=ft.selection.source_scorer("balanced_accuracy"),
            n_jobs=n_jobs,
            error_score="raise",
        )
        search.fit(
            data.X_source, data.y_source, groups=data.speakers_source, X_target=(data.X_target,)
        )
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.predict(data.X_target)) <= set(data.y_source)


@pytest.mark.parametrize("cls", METHODS)
def test_config_is_left_alone(cls):
    data = corpora()
    before = sklearn.get_config()
    fitted(cls, data)
    assert sklearn.get_config() == before


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_docstring(cls):
    doc = NumpyDocString(inspect.getdoc(cls))
    assert doc["Summary"]
    assert doc["Examples"]
    documented = {parameter.name: parameter.type for parameter in doc["Parameters"]}
    documented = {name: kind for names, kind in documented.items() for name in names.split(", ")}
    parameters = inspect.signature(cls).parameters
    assert list(documented) == list(parameters)
    for name, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            default = ast.literal_eval(documented[name].split("default=")[1])
            assert default == parameter.default, f"documented default of {name}"


@pytest.mark.parametrize("cls", USING_TARGET)
def test_methods_name_their_reference(cls):
    assert NumpyDocString(inspect.getdoc(cls))["References"]


def default(cls, name):
    """Default of a parameter, None where there is no such parameter."""
    parameter = inspect.signature(cls).parameters.get(name)
    return getattr(parameter, "default", None)


WITH_WIDTH = [case for case in METHODS if isinstance(default(case.values[0], "gamma"), str)]
GUARDED = [case for case in METHODS if "PseudoLabelWarning" in inspect.getdoc(case.values[0])]


@pytest.mark.parametrize("cls", WITH_WIDTH)
@pytest.mark.parametrize(("gamma", "value"), [(1e-30, 1), (1e30, 0)])
def test_degenerate_kernel_is_refused(cls, gamma, value):
    method = seeded(cls).set_params(gamma=gamma)
    if "kernel" in method.get_params():
        method.set_params(kernel="rbf")
    data = corpora()
    metadata = some_labels(cls, data, data.X_target)
    y = labels(cls, data.y_source)
    if takes(cls, "source_domains"):
        metadata["source_domains"] = np.arange(len(y)) % 2
    message = f"numerically {value} between all rows.*Use gamma='median', or scale the features"
    with pytest.raises(ValueError, match=message):
        method.fit(data.X_source, y, X_target=data.X_target, **metadata)


def within_one_class():
    """Corpora of well separated classes; the target has rows of one of them only."""
    data = make_shifted_corpora(120, 200, 8, shift="none", separation=4, random_state=0)
    data = with_neutral_speech(data)
    kept = data.y_target == "class1"
    for name in ("X_target", "y_target", "speakers_target"):
        data[name] = data[name][kept]
    return data


@pytest.mark.parametrize("cls", USING_TARGET)
def test_target_within_one_class(cls):
    data = within_one_class()
    y, y_target = labels(cls, data.y_source), np.array(data.y_target, dtype=object)
    if issubclass(cls, RegressorMixin):
        y_target = y[data.y_source == "class1"][np.zeros(len(y_target), dtype=int)]
    metadata = {"y_target": y_target} if takes(cls, "y_target") else {}
    method = seeded(cls).fit(data.X_source, y, X_target=data.X_target, **metadata)
    for output in outputs(method, data):
        assert np.isfinite(output).all()


@pytest.mark.parametrize("cls", GUARDED)
def test_collapsed_pseudo_labels_warn(cls):
    data = within_one_class()
    with pytest.warns(PseudoLabelWarning, match="nearly lost the classes"):
        method = seeded(cls).fit(data.X_source, data.y_source, X_target=data.X_target)
    # what is kept still tells the classes of the source apart
    for output in outputs(method, data):
        assert np.linalg.matrix_rank(output - output.mean(axis=0)) > 1


LEARNING_FROM_CLASSES = [case for case in CLASSIFYING if getattr(case.values[0], "uses_y", True)]


@pytest.mark.parametrize("cls", LEARNING_FROM_CLASSES)
@pytest.mark.parametrize("names", [(-1, 1), (0, 1), ("1", "-1"), ("ü", "nan")])
def test_names_of_two_classes_do_not_matter(cls, names):
    data = corpora()
    pair = sorted(set(data.y_source))[-2:]
    rows = np.isin(data.y_source, pair), np.isin(data.y_target, pair)
    data.X_source, data.X_target = data.X_source[rows[0]], data.X_target[rows[1]]
    results = []
    for first, second in (pair, sorted(names)):
        y, y_target = (
            np.array([second if label == pair[1] else first for label in part[kept]])
            for part, kept in zip((data.y_source, data.y_target), rows)
        )
        method = seeded(cls)
        parameters = method.get_params(deep=False).items()  # those that name a class follow it
        renamed = dict(zip(pair, (first, second)))
        method.set_params(**{k: renamed[v] for k, v in parameters if str(v) in renamed})
        metadata = {}
        if takes(cls, "y_target"):
            known = np.array(y_target, dtype=object)
            known[::3] = None
            metadata = {"y_target": known}
        method.fit(data.X_source, y, X_target=data.X_target, **metadata)
        results.append(outputs(method, data))
        if hasattr(method, "predict"):
            assert set(method.predict(data.X_target)) <= {first, second}
    for expected, output in zip(*results):
        assert_allclose(output, expected, atol=1e-9)
