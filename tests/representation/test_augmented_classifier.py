import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

import featuretransfer as ft
from featuretransfer import FeatureAugmentation, FeatureAugmentationClassifier
from featuretransfer.exceptions import PipelineStructureError
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(60, 50, 3, 3, shift="channel", random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
YT = DATA.y_target.astype(object)
YT[np.arange(50) % 3 > 0] = None
KNOWN = np.array([label is not None for label in YT])
EXACT = LogisticRegression(C=0.5, tol=1e-12, solver="newton-cholesky")


def fit(estimator, gamma=0.0, y=Y, y_target=YT):
    return FeatureAugmentationClassifier(estimator, gamma).fit(X, y, X_target=XT, y_target=y_target)


LOSSES = {
    "logistic": lambda f, t: np.logaddexp(0, -t * f),
    "squared hinge": lambda f, t: np.maximum(0, 1 - t * f) ** 2,
    "squared": lambda f, t: (f - t) ** 2 / 2,
}
LINEAR = {
    "logistic": EXACT,
    "squared hinge": LinearSVC(C=0.5, dual=False, tol=1e-12, max_iter=100000),
    "squared": RidgeClassifier(alpha=2.0),
}


def co_regularised(loss, gamma, y, y_target, weights):
    """Decision values on the target by a generic optimiser of the published objective, C = 1/2.

    Parameters are w, v_s, v_t with an intercept each; that of w counts ten times what it is
    penalised for.
    """
    known, unlabelled = XT[KNOWN], XT[~KNOWN]

    def predictors(parameters):
        w, vs, vt = parameters.reshape(3, 4)
        return (
            lambda x: x @ (w + vs)[:3] + 10 * w[3] + vs[3],
            lambda x: x @ (w + vt)[:3] + 10 * w[3] + vt[3],
        )

    def objective(parameters):
        source, target = predictors(parameters)
        value = parameters @ parameters / 2
        value += 0.5 * weights[: len(X)] @ LOSSES[loss](source(X), y)
        value += 0.5 * weights[len(X) :] @ LOSSES[loss](target(known), y_target)
        gap = source(unlabelled) - target(unlabelled)
        if loss == "squared":  # target 0 with weight gamma, up to a constant
            return value + 0.5 * gamma * np.sum(gap**2) / 2
        both = LOSSES[loss](gap, 1) + LOSSES[loss](gap, -1)
        return value + 0.5 * gamma / 2 * both.sum()

    found = minimize(objective, np.zeros(12), method="BFGS", options={"gtol": 1e-7})
    return predictors(found.x)


@pytest.mark.oracle("FeatureAugmentationClassifier")
@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_unlabelled_rows_solve_the_co_regularised_problem(loss, class_weight):
    model = fit(sklearn.clone(LINEAR[loss]).set_params(class_weight=class_weight), gamma=0.7)
    known = np.concatenate([Y, YT[KNOWN].astype(str)])
    weights = sklearn.utils.compute_sample_weight(class_weight, known)
    for label, column in zip(model.classes_, model.decision_function(XT).T):
        signs = np.where(known == label, 1, -1)
        source, target = co_regularised(loss, 0.7, signs[:60], signs[60:], weights)
        assert_allclose(column, target(XT), atol=2e-4)
        values = ft.source_view(model).decision_function(X)[:, list(model.classes_).index(label)]
        assert_allclose(values, source(X), atol=2e-4)


def test_easyadapt_is_the_classifier_on_augmented_rows():
    model = fit(EXACT)
    adapter = FeatureAugmentation().fit(X, X_target=XT)
    Z = np.vstack([adapter.transform_source(X), adapter.transform(XT[KNOWN])])
    expected = sklearn.clone(EXACT).fit(Z, np.concatenate([Y, YT[KNOWN].astype(str)]))
    assert_array_equal(model.predict_proba(XT), expected.predict_proba(adapter.transform(XT)))
    assert_array_equal(
        ft.source_view(model).predict(X), expected.predict(adapter.transform_source(X))
    )
    assert model.n_labelled_ == 17
    assert len(model.estimators_) == 1


def test_two_classes_and_small_gamma_are_nearly_easyadapt():
    y, y_target = Y == "class0", np.array([None if t is None else t == "class0" for t in YT])
    limit = fit(EXACT, gamma=1e-9, y=y, y_target=y_target)
    plain = fit(EXACT, y=y, y_target=y_target)
    assert limit.decision_function(XT).shape == (50,)
    # the shared intercept is penalised, a little
    assert_allclose(limit.decision_function(XT), plain.decision_function(XT), atol=0.02)
    assert_array_equal(limit.predict(XT), plain.predict(XT))
    assert_array_equal(limit.predict(XT), limit.classes_[(limit.predict_proba(XT)[:, 1] > 0.5) * 1])


def test_large_gamma_makes_both_predictors_one():
    model = fit(EXACT, gamma=1e6)
    assert_allclose(
        model.decision_function(XT), ft.source_view(model).decision_function(XT), atol=1e-3
    )
    loose = fit(EXACT, gamma=1e-6)
    gap = loose.decision_function(XT) - ft.source_view(loose).decision_function(XT)
    assert np.abs(gap).max() > 0.5


def test_labels_of_the_target_help():
    data = make_shifted_corpora(300, 300, 6, random_state=1)
    y_target = data.y_target.astype(object)
    y_target[60:] = None
    Xt, yt = data.X_target[60:], data.y_target[60:]
    plain = LogisticRegression().fit(data.X_source, data.y_source).score(Xt, yt)
    for gamma in (0.0, 0.1):
        model = FeatureAugmentationClassifier(LogisticRegression(max_iter=1000), gamma)
        model.fit(data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,))
        assert model.score(Xt, yt) > plain + 0.1


@pytest.mark.parametrize("classifier", [SVC(), RandomForestClassifier(random_state=0), EXACT])
def test_without_target_it_is_the_plain_classifier(classifier):
    plain = sklearn.clone(classifier).fit(X, Y)
    model = FeatureAugmentationClassifier(classifier, gamma=1.0 if classifier is EXACT else 0.0)
    assert_array_equal(model.fit(X, Y).predict(XT), plain.predict(XT))
    with pytest.warns(UserWarning, match="No row of X_target is labelled and gamma is 0"):
        model.set_params(gamma=0.0).fit(X, Y, X_target=XT)
    assert_array_equal(model.predict(XT), plain.predict(XT))
    assert not model.is_augmented_


def test_unlabelled_rows_alone_are_used_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = FeatureAugmentationClassifier(EXACT, gamma=1.0).fit(X, Y, X_target=XT)
    assert model.is_augmented_
    assert model.n_labelled_ == 0
    assert len(model.estimators_) == 3
    assert_allclose(model.predict_proba(XT).sum(axis=1), 1)


def test_all_labelled_leaves_nothing_to_regularise():
    complete = DATA.y_target
    assert_array_equal(
        fit(EXACT, gamma=1.0, y_target=complete).decision_function(XT),
        fit(EXACT, y_target=complete).decision_function(XT),
    )


def test_probabilities_where_every_classifier_says_no():
    model = fit(SGDClassifier(loss="modified_huber", random_state=0), 1.0)
    for estimator in model.estimators_:
        estimator.coef_[:], estimator.coef_[0, -1] = 0, -100
    assert_allclose(model.predict_proba(XT), np.full((50, 3), 1 / 3))


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_no_intercept_at_all(gamma):
    model = fit(LogisticRegression(fit_intercept=False), gamma)
    assert model.estimators_[0].coef_.shape[1] == 9
    assert_allclose(model.decision_function(np.zeros((1, 3))), np.zeros((1, 3)))


def test_intercepts_of_the_domains():
    assert fit(LogisticRegression()).estimators_[0].coef_.shape[1] == 3 * 3 + 2
    assert fit(LogisticRegression(), 1.0).estimators_[0].coef_.shape[1] == 3 * 3 + 3


def test_only_what_the_inner_classifier_has():
    assert not hasattr(FeatureAugmentationClassifier(LinearSVC()), "predict_proba")
    assert not hasattr(FeatureAugmentationClassifier(KNeighborsClassifier()), "decision_function")


def test_target_labels_pass_through_a_pipeline():
    model = ft.make_pipeline(StandardScaler(), FeatureAugmentationClassifier(EXACT))
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(X, Y, X_target=(XT,), y_target=(YT,))
    scaler = StandardScaler().fit(X)
    direct = FeatureAugmentationClassifier(EXACT).fit(
        scaler.transform(X), Y, X_target=scaler.transform(XT), y_target=YT
    )
    assert_array_equal(model.predict_proba(XT), direct.predict_proba(scaler.transform(XT)))


def test_calibration_goes_inside():
    with pytest.raises(PipelineStructureError, match="Put CalibratedClassifierCV inside"):
        ft.check_pipeline(CalibratedClassifierCV(FeatureAugmentationClassifier(EXACT)))
    inside = fit(CalibratedClassifierCV(EXACT, cv=3))
    assert_allclose(inside.predict_proba(XT).sum(axis=1), 1)


@pytest.mark.parametrize("estimator", [SVC(), KNeighborsClassifier(), StandardScaler()])
def test_unlabelled_rows_need_a_linear_classifier(estimator):
    if isinstance(estimator, StandardScaler):
        with pytest.raises(TypeError, match="estimator must be a classifier instance"):
            fit(estimator)
        return
    with pytest.raises(ValueError, match="gamma=1.0 needs a linear classifier"):
        fit(estimator, 1.0)
    fit(SGDClassifier(random_state=0), 1.0)


def test_adapters_do_not_go_inside():
    with pytest.raises(TypeError, match="Put adapters before FeatureAugmentationClassifier"):
        fit(ft.make_pipeline(ft.CORAL(), EXACT))


@pytest.mark.parametrize("gamma", [-1, None, True, float("nan"), float("inf")])
def test_bad_gamma(gamma):
    with pytest.raises(ValueError, match="gamma must be a number >= 0"):
        fit(EXACT, gamma)


def test_one_class():
    with pytest.raises(ValueError, match="at least two classes, got one class: .'a'"):
        FeatureAugmentationClassifier(EXACT).fit(X, ["a"] * 60)


def test_labels_are_validated():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FeatureAugmentationClassifier(EXACT).fit(X, Y[1:])
    with pytest.raises(ValueError, match="y_target was given without X_target"):
        FeatureAugmentationClassifier(EXACT).fit(X, Y, y_target=YT)
