import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import compute_sample_weight

import featuretransfer as ft
from featuretransfer import AdaptiveSVM
from featuretransfer.synthetic import make_shifted_corpora

cvxopt = pytest.importorskip("cvxopt")

DATA = make_shifted_corpora(80, 60, 5, 3, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
YT = DATA.y_target.astype(object)
YT[np.arange(60) % 3 > 0] = None
KNOWN = np.array([label is not None for label in YT])
XK, YK = XT[KNOWN], YT[KNOWN].astype(str)
SOURCE = RandomForestClassifier(20, max_depth=4, random_state=0)


def fit(X=X, y=Y, X_target=XT, y_target=YT, source_domains=None, **parameters):
    model = AdaptiveSVM(**{"source_estimator": FROZEN, **parameters})
    return model.fit(X, y, X_target=X_target, y_target=y_target, source_domains=source_domains)


FROZEN = FrozenEstimator(clone(SOURCE).fit(X, Y))


def by_cvxopt(K, signs, offset, bounds):
    """The published dual: box constraints only, linear term 1 - y f."""
    n = len(K)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), bounds])
    options = {"show_progress": False, "abstol": 1e-11, "reltol": 1e-11, "feastol": 1e-11}
    problem = (K * np.outer(signs, signs), signs * offset - 1, G, h)
    return signs * np.ravel(cvxopt.solvers.qp(*map(cvxopt.matrix, problem), options=options)["x"])


@pytest.mark.oracle("AdaptiveSVM")
@pytest.mark.parametrize("C", [0.1, 3.0])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_correction_solves_the_published_dual(C, class_weight):
    model = fit(C=C, gamma=0.2, class_weight=class_weight, source_scale=0.7)
    weights = compute_sample_weight(class_weight, YK)
    for j, label in enumerate(model.classes_):
        f = 0.7 * (2 * FROZEN.predict_proba(XT)[:, j] - 1)
        signs = np.where(label == YK, 1.0, -1.0)
        coefficients = by_cvxopt(rbf_kernel(XK, gamma=0.2), signs, f[KNOWN], C * weights)
        expected = f + rbf_kernel(XT, XK, gamma=0.2) @ coefficients
        assert_allclose(model.decision_function(XT)[:, j], expected, atol=1e-5)


@pytest.mark.oracle("AdaptiveSVM")
@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
def test_without_the_source_it_is_the_plain_machine_against_the_rest(kernel):
    model = fit(kernel=kernel, gamma=0.3, C=2.0, source_scale=0.0, fit_intercept=True)
    weights = compute_sample_weight("balanced", YK)
    for label, column in zip(model.classes_, model.decision_function(XT).T):
        plain = SVC(C=2.0, kernel=kernel, gamma=0.3, coef0=1.0, tol=1e-8)
        plain.fit(XK, label == YK, sample_weight=weights)
        assert_allclose(column, plain.decision_function(XT), atol=1e-4)


def test_small_C_is_the_source():
    model = fit(C=1e-12)
    assert_allclose(model.decision_function(XT), 2 * FROZEN.predict_proba(XT) - 1, atol=1e-8)
    assert_array_equal(model.predict(XT), FROZEN.predict(XT))


def test_large_C_fits_the_labelled_rows():
    assert_array_equal(fit(C=1e4).predict(XK), YK)


def test_far_from_the_labelled_rows_the_source_decides():
    far = XT + 1000
    assert_allclose(fit().decision_function(far), 2 * FROZEN.predict_proba(far) - 1, atol=1e-12)


def test_labels_of_the_target_help():
    data = make_shifted_corpora(200, 300, 5, random_state=0)
    y_target = data.y_target.astype(object)
    y_target[60:] = None
    Xt, yt = data.X_target[60:], data.y_target[60:]
    for options in ({}, {"C": "loo", "source_scale": "loo"}):
        model = AdaptiveSVM(SOURCE, **options)
        source = model.fit(data.X_source, data.y_source).score(Xt, yt)
        model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
        assert model.score(Xt, yt) > source + 0.1


@pytest.mark.parametrize(
    "source", [LinearSVC(C=0.1), RidgeClassifier(), OneVsRestClassifier(SVC(C=0.5))]
)
def test_decision_values_where_there_are_no_probabilities(source):
    fitted = clone(source).fit(X, Y)
    model = fit(source_estimator=source, C=1e-12)
    assert_allclose(model.decision_function(XT), fitted.decision_function(XT), atol=1e-3)


def test_two_classes():
    y, y_target = Y == "class0", np.array([None if t is None else t == "class0" for t in YT])
    source = LinearSVC(C=0.1).fit(X, y)
    options = {"y": y, "y_target": y_target}
    small = fit(source_estimator=FrozenEstimator(source), C=1e-12, **options)
    assert_allclose(small.decision_function(XT), source.decision_function(XT), atol=1e-9)
    model = fit(source_estimator=LogisticRegression(), **options)
    values = model.decision_function(XT)
    assert values.shape == (60,)
    assert_array_equal(model.predict(XT), values > 0)
    assert model.dual_coef_.shape[1] == 1


def test_without_labels_it_is_the_source():
    one = np.where(YT == "class1", YT, None)
    for target, labels in ((None, None), (XT, None), (XT, one)):
        if target is None:
            model = fit(X_target=None, y_target=None)
        else:
            with pytest.warns(UserWarning, match="AdaptiveSVM learns from labelled target rows"):
                model = fit(X_target=target, y_target=labels, source_scale=0.5)
        assert_allclose(model.decision_function(XT), 2 * FROZEN.predict_proba(XT) - 1)
        assert model.C_ is None
        assert len(model.support_vectors_) == 0


def test_several_sources_and_shares_by_leave_one_out():
    noise = FrozenEstimator(RidgeClassifier().fit(X, np.random.default_rng(0).permutation(Y)))
    good = FrozenEstimator(RidgeClassifier().fit(XT, DATA.y_target))
    models = [noise, good]
    model = fit(source_estimator=models, source_weights=[1, 3], C=1e-12)
    expected = 0.25 * noise.decision_function(XT) + 0.75 * good.decision_function(XT)
    assert_allclose(model.decision_function(XT), expected, atol=1e-9)
    chosen = fit(source_estimator=models, source_weights="loo")
    assert chosen.source_weights_[1] > 0.8
    assert chosen.source_scale_ == 1.0


def test_one_model_for_each_source_corpus():
    domains = np.array(["b", "a"])[np.arange(80) % 2]
    model = fit(source_estimator=LinearSVC(C=0.1), source_domains=domains, C=1e-12)
    assert model.source_names_ == ["a", "b"]
    values = [
        LinearSVC(C=0.1).fit(X[domains == name], Y[domains == name]).decision_function(XT)
        for name in "ab"
    ]
    assert_allclose(model.decision_function(XT), np.mean(values, axis=0), atol=1e-3)


def test_a_source_that_adapts_gets_the_target():
    source = ft.make_pipeline(ft.CORAL(), LogisticRegression())
    with sklearn.config_context(enable_metadata_routing=True):
        expected = clone(source).fit(X, Y, X_target=(XT,)).predict_proba(XT)
        model = fit(source_estimator=source, C=1e-12)
    assert_allclose(model.decision_function(XT), 2 * expected - 1, atol=1e-3)


def test_a_source_that_selects_columns_by_name():
    names = [f"F{i}" for i in range(5)]
    source = sklearn.pipeline.make_pipeline(
        sklearn.compose.make_column_transformer(("passthrough", ["F1", "F3"])), LogisticRegression()
    )
    frames = pd.DataFrame(X, columns=names), pd.DataFrame(XT, columns=names)
    model = fit(X=frames[0], X_target=frames[1], source_estimator=source)
    plain = fit(
        source_estimator=FrozenEstimator(clone(source).fit(frames[0], Y)),
        X=frames[0],
        X_target=frames[1],
    )
    assert_allclose(
        model.decision_function(frames[1]), plain.decision_function(frames[1]), atol=1e-3
    )


def test_new_classes_and_classes_without_labels():
    kept = Y != "class1"
    source = LogisticRegression(max_iter=1000)
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'class1'"):
        fit(X=X[kept], y=Y[kept], source_estimator=source)
    model = fit(X=X[kept], y=Y[kept], source_estimator=source, allow_new_classes=True)
    assert set(model.predict(XK)) == {"class0", "class1", "class2"}
    small = fit(X=X[kept], y=Y[kept], source_estimator=source, allow_new_classes=True, C=1e-12)
    assert_allclose(small.decision_function(XT)[:, 1], 0, atol=1e-9)
    for fit_intercept in (True, False):
        model = fit(y_target=np.where(YT == "class2", None, YT), fit_intercept=fit_intercept)
        assert list(model.classes_) == ["class0", "class1", "class2"]
        assert np.isfinite(model.decision_function(XT)).all()
        assert "class2" not in model.predict(XK[YK != "class2"])


def test_a_kernel_of_our_own():
    def kernel(a, b):
        return np.exp(-0.2 * np.sum((a - b) ** 2))

    assert_allclose(
        fit(kernel=kernel).decision_function(XT), fit(gamma=0.2).decision_function(XT), atol=1e-9
    )


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"C": 0.0}, ValueError, "C must be 'loo' or a finite number > 0, got 0.0"),
        ({"C": "cv"}, ValueError, "C must be 'loo' or a finite number > 0, got 'cv'"),
        ({"kernel": "gauss"}, ValueError, "kernel must be a callable or one of"),
        ({"gamma": -1.0}, ValueError, "gamma must be"),
        ({"source_scale": "all"}, ValueError, "source_scale must be 'loo' or a finite number"),
        ({"source_weights": [-1]}, ValueError, "one number >= 0 for each of the 1 source models"),
        ({"fit_intercept": "yes"}, TypeError, "fit_intercept must be True or False"),
        ({"source_estimator": 3}, TypeError, "source_estimator must be a classifier instance"),
        (
            {"source_estimator": SVC(decision_function_shape="ovo"), "four": True},
            TypeError,
            "SVC gives 6 decision values for 4 classes",
        ),
    ],
)
def test_refused(parameters, error, message):
    y = np.where(np.arange(80) < 9, "class3", Y) if parameters.pop("four", False) else Y
    with pytest.raises(error, match=message):
        fit(y=y, **parameters)


def test_a_source_without_decision_values_is_refused():
    class OnlyLabels(RidgeClassifier):
        decision_function = property()

        def predict(self, X):
            return np.repeat(self.classes_[:1], len(X))

    with pytest.raises(TypeError, match="has neither predict_proba nor decision_function"):
        fit(source_estimator=OnlyLabels())
