import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import SVC
from sklearn.utils import compute_sample_weight

import featuretransfer as ft
from featuretransfer import FeatureAugmentationClassifier, MeanRegularizedClassifier
from featuretransfer.parameter._linear_fit import LOSSES
from featuretransfer.parameter._shared_weights import shared_and_own
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 4, 3, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
YT = DATA.y_target.astype(object)
YT[np.arange(60) % 3 > 0] = None
KNOWN = np.array([label is not None for label in YT])
XK, YK = XT[KNOWN], YT[KNOWN].astype(str)
DOMAINS = np.array(["b", "a"], dtype=object)[np.arange(80) % 2]


def fit(X=X, y=Y, X_target=XT, y_target=YT, source_domains=None, **parameters):
    model = MeanRegularizedClassifier(**{"alpha": 2.0, "shared": 0.4, **parameters})
    return model.fit(X, y, X_target=X_target, y_target=y_target, source_domains=source_domains)


def exact(**parameters):
    return LogisticRegression(**{"tol": 1e-12, "solver": "newton-cholesky", **parameters})


@pytest.mark.oracle("MeanRegularizedClassifier")
def test_objective_is_that_of_a_generic_optimiser():
    """Common and own weights of two source corpora and the target, by their own penalties."""
    rows, tasks = np.concatenate([X, XK]), np.append((DOMAINS == "b") * 1, np.full(len(XK), 2))
    y = np.concatenate([Y, YK])
    weights = compute_sample_weight("balanced", y)
    codes = np.unique(y, return_inverse=True)[1]

    def value(theta):
        common, own, c, b = np.split(theta, [12, 48, 51])
        common, own, b = common.reshape(3, 4), own.reshape(3, 3, 4), b.reshape(3, 3)
        f = rows @ common.T + np.einsum("if,icf->ic", rows, own[tasks]) + b[tasks] + c
        loss = np.log(np.exp(f).sum(axis=1)) - f[np.arange(len(f)), codes]
        penalty = np.sum(common**2) / 0.4 + (np.sum(own**2) + np.sum(b**2)) / 0.6
        return weights @ loss + 2.0 / 2 * penalty

    found = minimize(value, np.zeros(60), method="BFGS", options={"gtol": 1e-7})
    common, own, c, b = np.split(found.x, [12, 48, 51])
    model = fit(source_domains=DOMAINS)
    assert_allclose(model.common_coef_, common.reshape(3, 4), atol=1e-4)
    coef = common.reshape(3, 4) + own.reshape(3, 3, 4)
    assert_allclose(model.coef_, coef[2], atol=1e-4)
    assert_allclose(model.source_coef_, coef[:2], atol=1e-4)
    assert_allclose(
        model.intercept_ - model.intercept_.mean(), (c + b[6:])[:3] - np.mean(c + b[6:]), atol=1e-4
    )


@pytest.mark.oracle("MeanRegularizedClassifier")
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_half_shared_is_easyadapt(class_weight):
    easy = FeatureAugmentationClassifier(exact(C=0.25, class_weight=class_weight))
    easy.fit(X, Y, X_target=XT, y_target=YT)
    model = fit(shared=0.5, alpha=2.0, class_weight=class_weight)
    assert_allclose(model.predict_proba(XT), easy.predict_proba(XT), atol=1e-10)
    assert_allclose(
        ft.source_view(model).predict_proba(X), ft.source_view(easy).predict_proba(X), atol=1e-10
    )


def test_any_share_is_easyadapt_with_scaled_copies():
    """The map of the paper: a copy for all tasks and one for each, scaled."""
    shared = 0.3
    tasks = np.append(DOMAINS == "b", np.full(len(XK), 2)).astype(int)
    rows = np.concatenate([X, XK])
    copies = [np.sqrt(1 - shared) * rows * (tasks == task)[:, None] for task in range(3)]
    Z = np.hstack([np.sqrt(shared) * rows, *copies])
    plain = exact(C=0.5, fit_intercept=False).fit(Z, np.concatenate([Y, YK]))
    options = {"shared": shared, "fit_intercept": False, "class_weight": None}
    model = fit(source_domains=DOMAINS, **options)
    target = np.hstack([np.sqrt(shared) * XT, 0 * XT, 0 * XT, np.sqrt(1 - shared) * XT])
    assert_allclose(model.decision_function(XT), plain.decision_function(target), atol=1e-8)


def test_inner_products_of_rows():
    tasks = np.array([0, 1, 1, 0])
    rows = X[:4]
    Z = shared_and_own(rows, tasks, 2, 0.3, 1.0)
    same = tasks[:, None] == tasks
    assert_allclose(Z @ Z.T, (0.3 + 0.7 * same) * (rows @ rows.T) + 0.7 * same, atol=1e-12)


def plain(loss, rows, labels, XT, fit_intercept):
    """scikit-learn's classifier for alpha = 2, as decision values."""
    weights = compute_sample_weight("balanced", labels)
    if loss == "logistic":
        found = exact(C=0.5, fit_intercept=fit_intercept)
    elif loss == "squared":
        found = RidgeClassifier(2.0, fit_intercept=fit_intercept, solver="cholesky")
    else:
        return np.column_stack(
            [
                SVC(C=0.5, kernel="linear", tol=1e-9)
                .fit(rows, labels == label, sample_weight=weights)
                .decision_function(XT)
                for label in np.unique(labels)
            ]
        )
    return found.fit(rows, labels, sample_weight=weights).decision_function(XT)


@pytest.mark.parametrize("loss", ["logistic", "squared", "hinge"])
def test_all_shared_is_the_pool(loss):
    model = fit(loss=loss, shared=1.0, source_domains=DOMAINS)
    values = plain(loss, np.concatenate([X, XK]), np.concatenate([Y, YK]), XT, True)
    if loss == "logistic":
        values = values - values.mean(axis=1, keepdims=True)
    assert_allclose(model.decision_function(XT), values, atol=2e-4 if loss == "hinge" else 1e-8)
    assert_allclose(model.source_coef_[0], model.coef_, atol=1e-12)


@pytest.mark.parametrize("loss", ["logistic", "squared"])
def test_nothing_shared_is_a_classifier_for_each_corpus(loss):
    options = {"loss": loss, "fit_intercept": False, "class_weight": None, "shared": 0.0}
    model = fit(source_domains=DOMAINS, **options)
    parts = [(X[DOMAINS == "a"], Y[DOMAINS == "a"]), (X[DOMAINS == "b"], Y[DOMAINS == "b"])]
    for coef, (rows, labels) in zip([*model.source_coef_, model.coef_], [*parts, (XK, YK)]):
        if loss == "logistic":
            expected = exact(C=0.5, fit_intercept=False).fit(rows, labels)
        else:
            expected = RidgeClassifier(2.0, fit_intercept=False).fit(rows, labels)
        assert_allclose(coef, expected.coef_, atol=1e-8)
    assert_allclose(model.common_coef_, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_without_labels_it_is_the_plain_classifier_of_the_source(loss):
    model = fit(X_target=None, y_target=None, loss=loss, source_domains=DOMAINS)
    if loss != "squared_hinge":
        values = plain(loss, X, Y, XT, True)
        if loss == "logistic":
            values = values - values.mean(axis=1, keepdims=True)
        atol = 2e-4 if loss == "hinge" else 1e-8
        assert_allclose(model.decision_function(XT), values, atol=atol)
    for labels in (None, np.full(60, None)):
        with pytest.warns(UserWarning, match="no row of X_target has a label"):
            again = fit(y_target=labels, loss=loss)
        assert_array_equal(again.decision_function(XT), model.decision_function(XT))
        assert again.n_labelled_ == 0
    assert_array_equal(ft.source_view(model).predict(X), model.predict(X))


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_of_the_target_help(loss):
    data = make_shifted_corpora(200, 300, 5, random_state=0)
    y_target = data.y_target.astype(object)
    y_target[60:] = None
    Xt, yt = data.X_target[60:], data.y_target[60:]
    model = MeanRegularizedClassifier(loss)
    source = model.fit(data.X_source, data.y_source).score(Xt, yt)
    model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
    assert model.score(Xt, yt) > source + 0.1


def test_source_views():
    model = fit(source_domains=DOMAINS)
    assert model.source_names_ == ["a", "b"]
    values = X @ model.source_coef_.swapaxes(1, 2) + model.source_intercept_[:, None]
    own = np.where((DOMAINS == "a")[:, None], values[0], values[1])
    view = ft.source_view(model, source_domains=DOMAINS)
    assert_allclose(view.decision_function(X), own, atol=1e-12)
    mean = ft.source_view(model).decision_function(X)
    assert_allclose(mean, values.mean(axis=0), atol=1e-12)
    unseen = ft.source_view(model, source_domains=np.full(80, "c"))
    assert_allclose(unseen.decision_function(X), mean, atol=1e-12)


def test_two_classes():
    y, y_target = Y == "class0", np.array([None if t is None else t == "class0" for t in YT])
    for loss in LOSSES:
        model = fit(y=y, y_target=y_target, loss=loss)
        assert model.coef_.shape == (1, 4)
        values = model.decision_function(XT)
        assert_array_equal(model.predict(XT), values > 0)
    probabilities = fit(y=y, y_target=y_target).predict_proba(XT)
    assert_allclose(probabilities.sum(axis=1), 1)
    assert not hasattr(model, "predict_proba")


def test_more_features_than_rows():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(24, 60)), np.repeat(["a", "b", "c"], 8)
    target, y_target = rng.normal(size=(6, 60)), np.repeat(["a", "b", "c"], 2)
    for fit_intercept in (True, False):
        model = MeanRegularizedClassifier(
            alpha=2.0, shared=0.5, class_weight=None, fit_intercept=fit_intercept
        ).fit(rows, labels, X_target=target, y_target=y_target)
        easy = FeatureAugmentationClassifier(exact(C=0.25, fit_intercept=fit_intercept))
        easy.fit(rows, labels, X_target=target, y_target=y_target)
        assert_allclose(model.predict_proba(target), easy.predict_proba(target), atol=1e-8)


def test_a_class_without_labelled_target_rows_is_still_predicted():
    model = fit(y_target=np.where(YT == "class2", None, YT), shared=0.9)
    assert np.isfinite(model.decision_function(XT)).all()
    assert "class2" in model.predict(XT)


def test_a_class_that_the_source_does_not_have():
    kept = Y != "class1"
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'class1'"):
        fit(X=X[kept], y=Y[kept])
    model = fit(X=X[kept], y=Y[kept], allow_new_classes=True, alpha=0.1)
    assert set(model.predict(XK)) == {"class0", "class1", "class2"}


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"loss": "huber"}, ValueError, "loss must be one of"),
        ({"alpha": 0}, ValueError, "alpha must be a finite number > 0, got 0"),
        ({"shared": 1.5}, ValueError, "shared must be a number from 0 to 1, got 1.5"),
        ({"shared": 1 + 1e-13}, ValueError, "shared must be a number from 0 to 1, got 1.0"),
        ({"fit_intercept": None}, TypeError, "fit_intercept must be True or False, got None"),
        ({"y": np.full(80, "class0")}, ValueError, "y_target has classes that y does not have"),
        ({"y": np.full(80, "a"), "y_target": None}, ValueError, "at least two classes"),
    ],
)
def test_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        fit(**parameters)
