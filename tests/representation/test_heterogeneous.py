import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_sample_weight

import featuretransfer as ft
from featuretransfer import HeterogeneousFeatureAugmentation
from featuretransfer.exceptions import PipelineStructureError
from featuretransfer.representation._metric_svm import fit_metric_svm


def corpora(n_classes=6, n_dimensions=2, per_class=5, seed=0, n=(300, 280), d=(30, 20)):
    """Classes on a circle (or at random), seen through other features in either corpus."""
    rng = np.random.default_rng(seed)
    angles = 2 * np.pi * np.arange(n_classes) / n_classes
    means = np.column_stack([np.cos(angles), np.sin(angles)])
    if n_dimensions != 2:
        means = rng.normal(size=(n_classes, n_dimensions))
    y = [rng.integers(n_classes, size=size) for size in n]
    X = [
        4 * means[labels] @ rng.normal(size=(n_dimensions, size)) / np.sqrt(size)
        + rng.normal(size=(len(labels), size))
        for labels, size in zip(y, d)
    ]
    known = np.full(n[1], None, dtype=object)
    for label in range(n_classes):
        rows = np.flatnonzero(y[1] == label)[:per_class]
        known[rows] = y[1][rows]
    return X[0], y[0], X[1], y[1], known


XS, YS, XT, YT, KNOWN = corpora(n=(80, 60), d=(7, 5), n_classes=4, per_class=4)
LABELLED = np.array([label is not None for label in KNOWN])


def fit(X=XS, y=YS, X_target=XT, y_target=KNOWN, **parameters):
    model = HeterogeneousFeatureAugmentation(**parameters)
    return model.fit(X, y, X_target=X_target, y_target=y_target)


@pytest.mark.oracle("HeterogeneousFeatureAugmentation")
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_is_the_problem_on_standardised_features(class_weight):
    model = fit(C=0.3, trace=5.0, class_weight=class_weight)
    scalers = StandardScaler().fit(XS), StandardScaler().fit(XT)
    Fs, Ft = scalers[0].transform(XS), scalers[1].transform(XT)[LABELLED]
    norms = [np.sqrt(np.mean(np.sum(F**2, axis=1))) for F in (Fs, Ft)]
    y = np.concatenate([YS, YT[LABELLED]])
    signs = np.where(y[:, None] == np.arange(4), 1, -1)
    costs = 0.3 * compute_sample_weight(class_weight, y)
    expected = fit_metric_svm(Fs / norms[0], Ft / norms[1], signs, costs, 5.0, 2000)
    assert_allclose(model.objective_, expected.objective)
    values = scalers[1].transform(XT) / norms[1] @ expected.target + expected.intercept
    assert_allclose(model.decision_function(XT), values, atol=1e-6)
    assert_array_equal(model.predict(XT), values.argmax(axis=1))
    common = expected.eigenvectors[1] * np.sqrt(expected.eigenvalues)
    assert_allclose(model.embed(XT), scalers[1].transform(XT) / norms[1] @ common, atol=1e-5)
    values = Fs / norms[0] @ expected.source + expected.intercept
    assert_allclose(ft.source_view(model).decision_function(XS), values, atol=1e-6)
    assert model.n_labelled_ == LABELLED.sum()


def test_common_space():
    Xs, ys, Xt, yt, known = corpora()
    model = fit(Xs, ys, Xt, known, trace=5.0)
    Zs, Zt = ft.source_view(model).embed(Xs), model.embed(Xt)
    assert Zs.shape == (300, model.n_components_)
    assert Zt.shape == (280, model.n_components_)
    assert_allclose(model.eigenvalues_.sum(), 5)
    # the two dimensions of the classes, in which either corpus has its classes at the same places
    means = [
        np.array([Z[y == c, :2].mean(axis=0) for c in range(6)]) for Z, y in ((Zs, ys), (Zt, yt))
    ]
    for first, second in zip(*(mean.T for mean in means)):
        assert np.corrcoef(first, second)[0, 1] > 0.9


def test_few_labels_are_enough_where_classes_lie_in_few_dimensions():
    for seed in range(3):
        Xs, ys, Xt, yt, known = corpora(seed=seed)
        rest = np.array([label is None for label in known])
        together = fit(Xs, ys, Xt, known).score(Xt[rest], yt[rest])
        apart = fit(Xs, ys, Xt, known, trace=0.0, C=1.1).score(Xt[rest], yt[rest])
        assert together > apart + 0.05
        assert together > 0.7


def test_kernel_of_inner_products_is_linear():
    expected = fit()
    model = fit(kernel=lambda a, b: float(a @ b))
    assert_allclose(model.decision_function(XT), expected.decision_function(XT), atol=1e-5)


def test_rbf_kernel_and_landmarks():
    Xs, ys, Xt, yt, known = corpora(n_classes=4, per_class=20)
    # what tells the classes apart is no linear function
    exact = fit(np.abs(Xs), ys, np.abs(Xt), known, kernel="rbf", C=1.0)
    few = fit(np.abs(Xs), ys, np.abs(Xt), known, kernel="rbf", C=1.0, landmarks=60)
    rest = np.array([label is None for label in known])
    assert exact.score(np.abs(Xt)[rest], yt[rest]) > 0.4
    agreement = np.mean(exact.predict(np.abs(Xt)) == few.predict(np.abs(Xt)))
    assert agreement > 0.8


def test_fewer_rows_than_features():
    Xs, ys, Xt, _, known = corpora(n_classes=3, n=(40, 60), d=(200, 90))
    model = fit(Xs, ys, Xt, known)
    direct = fit(Xs, ys, Xt, known, kernel=lambda a, b: float(a @ b))
    assert_allclose(model.decision_function(Xt), direct.decision_function(Xt), atol=1e-5)


def test_without_target_it_is_the_machine_of_the_source():
    model = HeterogeneousFeatureAugmentation().fit(XS, YS)
    assert_array_equal(model.predict(XS), ft.source_view(model).predict(XS))
    assert model.score(XS, YS) > 0.7
    assert model.n_features_target_ == 7


def test_same_columns_without_labels_get_the_weights_of_the_source():
    plain = HeterogeneousFeatureAugmentation().fit(XS, YS)
    with pytest.warns(UserWarning, match="No row of X_target is labelled"):
        model = fit(X_target=XS[:50] * 3 + 1, y_target=None)
    expected = plain.decision_function(
        StandardScaler().fit_transform(XS[:50]) * XS.std(0) + XS.mean(0)
    )
    assert_allclose(model.decision_function(XS[:50] * 3 + 1), expected, atol=1e-9)
    with pytest.warns(UserWarning, match="No row of X_target is labelled"):
        single = fit(X_target=XS[:1], y_target=None)
    assert_allclose(single.decision_function(XS), plain.decision_function(XS))


def test_other_columns_need_labels():
    with pytest.raises(ValueError, match="needs labels of some target rows.*their 5 columns"):
        fit(y_target=None)
    with pytest.raises(ValueError, match="needs labels of some target rows"):
        fit(y_target=np.full(60, None))
    names = [pd.DataFrame(XS, columns=list(columns)) for columns in ("abcdefg", "abcdefh")]
    with pytest.raises(ValueError, match="needs labels of some target rows"):
        fit(names[0], X_target=(names[1],), y_target=None)


def test_two_classes_warn_and_share_nothing_but_the_intercept():
    y, known = YS % 2, np.array([None if label is None else label % 2 for label in KNOWN])
    with pytest.warns(UserWarning, match="With two classes the domains share nothing"):
        model = fit(y=y, y_target=known)
    assert model.decision_function(XT).shape == (60,)
    assert model.n_components_ == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shifted = fit(y=1 - y, y_target=np.array([None if k is None else 1 - k for k in known]))
    assert_allclose(shifted.decision_function(XT), -model.decision_function(XT), atol=1e-6)


def test_class_without_labelled_target_row_warns():
    known = np.array([None if label == 2 else label for label in KNOWN])
    with pytest.warns(UserWarning, match=r"No labelled target row is of the classes \[2\]"):
        fit(y_target=known)


def test_target_labels_pass_through_a_pipeline_of_one_step():
    model = ft.make_pipeline(HeterogeneousFeatureAugmentation())
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(XS, YS, X_target=(XT,), y_target=(KNOWN,))
    assert_array_equal(model.predict(XT), fit().predict(XT))
    with pytest.raises(PipelineStructureError, match="Make it the first step"):
        ft.make_pipeline(StandardScaler(), HeterogeneousFeatureAugmentation())
    with pytest.raises(PipelineStructureError, match="predicts held-out source rows"):
        ft.check_pipeline(CalibratedClassifierCV(HeterogeneousFeatureAugmentation()))


def test_early_stop_warns():
    with pytest.warns(ConvergenceWarning, match="duality gap .* after 2 iterations"):
        fit(max_iter=2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"C": 0}, "C must be a finite number > 0"),
        ({"C": None}, "C must be a finite number > 0"),
        ({"trace": -1.0}, "trace must be a finite number >= 0"),
        ({"trace": True}, "trace must be a finite number >= 0"),
        ({"kernel": "gauss"}, "kernel must be a callable or one of"),
        ({"gamma": 0}, "gamma must be"),
        ({"landmarks": 0}, "landmarks must be None or an integer >= 1"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(**parameters)


def test_one_class():
    with pytest.raises(ValueError, match="at least two classes, got one class"):
        HeterogeneousFeatureAugmentation().fit(XS, np.zeros(80))


def test_a_class_of_weight_0_has_no_rows():
    model = fit(class_weight={0: 0.0})
    assert 0 <= model.duality_gap_ < 1e-3 * model.objective_
