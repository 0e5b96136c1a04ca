import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import compute_sample_weight

from featuretransfer import BiasedRegularization
from featuretransfer.parameter._linear_fit import LOSSES, fit_around
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 5, 3, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
YT = DATA.y_target.astype(object)
YT[np.arange(60) % 3 > 0] = None
KNOWN = np.array([label is not None for label in YT])
XK, YK = XT[KNOWN], YT[KNOWN].astype(str)
SOURCE = RidgeClassifier(10.0)


def fit(X=X, y=Y, X_target=XT, y_target=YT, source_domains=None, **parameters):
    model = BiasedRegularization(**{"source_estimator": SOURCE, **parameters})
    return model.fit(X, y, X_target=X_target, y_target=y_target, source_domains=source_domains)


def signs(classes):
    return np.where(YK[:, None] == classes, 1.0, -1.0)


VALUE = {
    "squared": lambda f, y: (y - f) ** 2 / 2,
    "hinge": lambda f, y: np.maximum(0, 1 - y * f),
    "squared_hinge": lambda f, y: np.maximum(0, 1 - y * f) ** 2 / 2,
}


def objective(loss, coef, intercept, source_coef, weights, alpha, classes):
    f = XK @ coef.T + intercept
    if loss == "logistic":
        own = f[np.arange(len(f)), np.searchsorted(classes, YK)]
        value = weights @ (np.log(np.exp(f).sum(axis=1)) - own)
    else:
        value = np.sum(weights[:, None] * VALUE[loss](f, signs(classes)))
    return value + alpha / 2 * np.sum((coef - source_coef) ** 2)


@pytest.mark.oracle("BiasedRegularization")
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_objective_is_not_above_that_of_a_generic_optimiser(loss, fit_intercept, class_weight):
    model = fit(
        loss=loss,
        alpha=0.7,
        source_scale=0.8,
        fit_intercept=fit_intercept,
        class_weight=class_weight,
    )
    source = clone(SOURCE).fit(X, Y)
    near = 0.8 * source.coef_
    assert_allclose(model.source_coef_, near, atol=1e-12)
    weights = compute_sample_weight(class_weight, YK)
    problem = (near, weights, 0.7, model.classes_)
    ours = objective(loss, model.coef_, model.intercept_, *problem)
    k, d = near.shape
    if not fit_intercept:
        assert_allclose(model.intercept_, 0.8 * source.intercept_)

    def value(theta):
        intercept = theta[k * d :] if fit_intercept else 0.8 * source.intercept_
        return objective(loss, theta[: k * d].reshape(k, d), intercept, *problem)

    start = np.concatenate([model.coef_.ravel(), model.intercept_[: k * fit_intercept]])
    for seed in range(3):  # no point around is better, and no descent from elsewhere ends below
        rng = np.random.default_rng(seed)
        for size in (1e-1, 1e-3):
            assert ours <= value(start + size * rng.normal(size=len(start))) + 1e-9
    descended = minimize(value, 0 * start, method="L-BFGS-B", options={"maxiter": 3000}).fun
    assert ours <= descended * (1 + 1e-7)
    if loss != "hinge":
        assert ours >= descended * (1 - 1e-4)


@pytest.mark.oracle("BiasedRegularization")
def test_small_penalty_is_the_least_squares_solution_nearest_to_the_source():
    rng = np.random.default_rng(0)
    rows, Y1 = rng.normal(size=(6, 15)), rng.choice([-1.0, 1.0], size=(6, 1))
    w = rng.normal(size=(1, 15))
    nearest = w + (np.linalg.pinv(rows) @ (Y1 - rows @ w.T)).T
    for alpha, atol in ((0.0, 1e-12), (1e-9, 1e-8)):
        V, c = fit_around("squared", rows, Y1, rows @ w.T, alpha, np.ones(6), False)
        assert_allclose(w + V, nearest, atol=atol)
        assert_allclose(c, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_large_penalty_is_the_source(loss):
    source = clone(SOURCE).fit(X, Y)
    model = fit(loss=loss, alpha=1e12)
    assert_allclose(model.decision_function(XT), source.decision_function(XT), atol=1e-6)
    assert_array_equal(model.predict(XT), source.predict(XT))
    assert_allclose(fit(loss=loss, alpha=1e12, fit_intercept=True).coef_, source.coef_, atol=1e-6)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_without_the_source_it_is_the_plain_classifier(class_weight):
    plain = {
        "squared": RidgeClassifier(2.0, class_weight=class_weight, solver="svd"),
        "logistic": LogisticRegression(
            C=0.5, class_weight=class_weight, tol=1e-12, solver="newton-cholesky"
        ),
    }
    for loss, classifier in plain.items():
        options = {"loss": loss, "alpha": 2.0, "source_scale": 0.0, "class_weight": class_weight}
        model = fit(fit_intercept=True, **options)
        expected = classifier.fit(XK, YK)
        shift = expected.intercept_.mean() if loss == "logistic" else 0.0
        assert_allclose(model.coef_, expected.coef_, atol=1e-7)
        assert_allclose(model.intercept_, expected.intercept_ - shift, atol=1e-7)
        if loss == "logistic":
            assert_allclose(model.predict_proba(XT), expected.predict_proba(XT), atol=1e-7)
    options = {"alpha": 2.0, "source_scale": 0.0, "class_weight": class_weight}
    weights = compute_sample_weight(class_weight, YK)
    plain = LinearSVC(C=0.25, fit_intercept=False, dual=False, tol=1e-12)
    model = fit(loss="squared_hinge", **options)
    assert_allclose(model.coef_, plain.fit(XK, YK, sample_weight=weights).coef_, atol=1e-6)
    for label, column in zip(
        model.classes_, fit(loss="hinge", fit_intercept=True, **options).decision_function(XT).T
    ):
        plain = SVC(kernel="linear", C=0.5, tol=1e-8).fit(XK, label == YK, sample_weight=weights)
        assert_allclose(column, plain.decision_function(XT), atol=1e-4)


def test_two_classes():
    y, y_target = Y == "class0", np.array([None if t is None else t == "class0" for t in YT])
    for loss in LOSSES:
        model = fit(y=y, y_target=y_target, loss=loss)
        assert model.coef_.shape == (1, 5)
        values = model.decision_function(XT)
        assert values.shape == (60,)
        assert_array_equal(model.predict(XT), values > 0)
    source = LogisticRegression(C=0.1).fit(X, y)
    model = fit(y=y, y_target=y_target, source_estimator=FrozenEstimator(source), alpha=1e12)
    assert_allclose(model.predict_proba(XT), source.predict_proba(XT), atol=1e-8)
    ridge = fit(y=y, y_target=y_target, loss="squared", alpha=2.0, source_scale=0.0)
    signs = np.where(y_target[KNOWN].astype(bool), 1.0, -1.0)
    weights = compute_sample_weight("balanced", signs)
    expected = Ridge(2.0, fit_intercept=False).fit(XK, signs, sample_weight=weights)
    assert_allclose(ridge.coef_[0], expected.coef_, atol=1e-10)


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_of_the_target_help_whatever_the_loss(loss):
    data = make_shifted_corpora(200, 300, 5, random_state=0)
    y_target = data.y_target.astype(object)
    y_target[60:] = None
    Xt, yt = data.X_target[60:], data.y_target[60:]
    for options in ({}, {"alpha": "loo", "source_scale": "loo"}):
        model = BiasedRegularization(loss=loss, fit_intercept=True, **options)
        source = model.fit(data.X_source, data.y_source).score(Xt, yt)
        model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
        assert model.score(Xt, yt) > source + 0.1


def test_without_labels_it_is_the_source():
    expected = clone(SOURCE).fit(X, Y)
    unlabelled = np.full(60, None)
    one = np.where(YT == "class1", YT, None)
    for target, labels, message in (
        (None, None, None),
        (XT, None, "none: it is the classifier of the source"),
        (XT, unlabelled, "none: it is the classifier of the source"),
        (XT, one, "have the class 'class1'"),
    ):
        if message is None:
            model = fit(X_target=target, y_target=labels)
        else:
            with pytest.warns(UserWarning, match=message):
                model = fit(X_target=target, y_target=labels, source_scale=0.5)
        assert_allclose(model.decision_function(XT), expected.decision_function(XT), atol=1e-12)
        assert model.alpha_ is None


def test_default_source_is_logistic_regression():
    model = BiasedRegularization().fit(X, Y)
    plain = LogisticRegression(C=0.01, class_weight="balanced", tol=1e-10).fit(X, Y)
    assert_allclose(model.predict_proba(XT), plain.predict_proba(XT), atol=1e-4)


def test_a_fitted_source_is_taken_as_it_is():
    other = RidgeClassifier(3.0).fit(X + 1, Y)
    frozen = fit(source_estimator=FrozenEstimator(other), alpha=1e12)
    assert_allclose(frozen.coef_, other.coef_, atol=1e-8)
    # its rows are not needed: only the classes are taken from those given
    again = fit(X=XK, y=YK, source_estimator=FrozenEstimator(other), alpha=1e12)
    assert_allclose(again.coef_, frozen.coef_, atol=1e-12)


def test_several_sources():
    models = [RidgeClassifier(1.0), RidgeClassifier(100.0), LinearSVC(C=0.1)]
    fitted = [clone(m).fit(X, Y).coef_ for m in models]
    equal = fit(source_estimator=models, alpha=1e12)
    assert_allclose(equal.coef_, np.mean(fitted, axis=0), atol=1e-3)
    given = fit(source_estimator=models, alpha=1e12, source_weights=[3, 1, 0])
    assert_allclose(given.source_weights_, [0.75, 0.25, 0])
    assert_allclose(given.coef_, 0.75 * fitted[0] + 0.25 * fitted[1], atol=1e-6)
    noise = RidgeClassifier().fit(X, np.random.default_rng(0).permutation(Y))
    good = RidgeClassifier(1.0).fit(XT, DATA.y_target)
    chosen = fit(
        source_estimator=[FrozenEstimator(noise), FrozenEstimator(good)],
        source_weights="loo",
        source_scale="loo",
        loss="squared",
        alpha=100.0,
    )
    assert chosen.source_weights_[1] > 0.8
    assert chosen.source_scale_ > 0


def test_one_model_for_each_source_corpus():
    domains = np.array(["b", "a"])[np.arange(80) % 2]
    model = fit(source_domains=domains, alpha=1e12)
    assert model.source_names_ == ["a", "b"]
    parts = [clone(SOURCE).fit(X[domains == name], Y[domains == name]).coef_ for name in "ab"]
    assert_allclose(model.coef_, np.mean(parts, axis=0), atol=1e-6)
    frozen = fit(source_domains=domains, source_estimator=FrozenEstimator(SOURCE.fit(X, Y)))
    assert frozen.source_names_ is None
    domains[np.flatnonzero(Y == "class0")[:2]] = "c"
    with pytest.raises(ValueError, match="source corpus 'c' of source_domains has one class"):
        fit(source_domains=domains)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_a_class_without_labelled_target_rows(loss, fit_intercept):
    labels = np.where(YT == "class2", None, YT)
    model = fit(y_target=labels, loss=loss, fit_intercept=fit_intercept, alpha=5.0)
    assert list(model.classes_) == ["class0", "class1", "class2"]
    assert np.isfinite(model.decision_function(XT)).all()
    rows = XT[[label is not None for label in labels]]
    if loss == "logistic":
        assert_allclose(model.coef_[2], model.source_coef_[2])
        assert_allclose(model.intercept_[2], clone(SOURCE).fit(X, Y).intercept_[2])
    else:
        source = clone(SOURCE).fit(X, Y).decision_function(rows)[:, 2]
        assert model.decision_function(rows)[:, 2].mean() < source.mean()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_class_that_the_source_does_not_have(loss):
    kept = Y != "class1"
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'class1'"):
        fit(X=X[kept], y=Y[kept], loss=loss)
    model = fit(X=X[kept], y=Y[kept], loss=loss, allow_new_classes=True, alpha=0.1)
    source = clone(SOURCE).fit(X[kept], Y[kept])
    assert list(model.classes_) == ["class0", "class1", "class2"]
    assert_allclose(model.source_coef_, np.outer([-1, 0, 1], source.coef_))
    assert set(model.predict(XK)) == set(model.classes_)


def test_rows_of_weight_zero_do_not_count():
    weights = {"class0": 1.0, "class1": 2.0, "class2": 0.0}
    for loss in LOSSES:
        ours = fit(loss=loss, class_weight=weights)
        without = fit(y_target=np.where(YT == "class2", None, YT), loss=loss, class_weight=weights)
        assert_allclose(ours.coef_, without.coef_, atol=1e-9)


def test_more_features_than_rows_have_the_solution_of_all_rows():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(9, 30)), np.repeat(["a", "b", "c"], 3)
    wide = rng.normal(size=(40, 30)), rng.choice(["a", "b", "c"], 40)
    for loss in LOSSES:
        model = BiasedRegularization(SOURCE, loss=loss, alpha=0.5, class_weight=None)
        model.fit(*wide, X_target=rows, y_target=labels)
        change = model.coef_ - model.source_coef_
        left = change - change @ np.linalg.pinv(rows) @ rows
        assert_allclose(left, 0, atol=1e-9)  # it is a combination of the rows


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"loss": "huber"}, ValueError, "loss must be one of"),
        ({"alpha": -1.0}, ValueError, "alpha must be 'loo' or a number > 0, got -1.0"),
        ({"alpha": 0.0}, ValueError, "alpha must be 'loo' or a number > 0, got 0.0"),
        ({"alpha": -1.0, "loss": "squared"}, ValueError, "'loo' or a number >= 0, got -1.0"),
        ({"alpha": "cv"}, ValueError, "alpha must be 'loo' or a number > 0, got 'cv'"),
        ({"source_scale": -1.0}, ValueError, "source_scale must be 'loo' or a finite number"),
        ({"source_weights": [1, 2]}, ValueError, "one number >= 0 for each of the 1 source models"),
        ({"source_weights": "best"}, ValueError, "source_weights must be 'loo', None, or one"),
        ({"fit_intercept": 1}, TypeError, "fit_intercept must be True or False, got 1"),
        ({"source_estimator": []}, ValueError, "source_estimator is an empty list"),
        ({"source_estimator": "svm"}, TypeError, "source_estimator must be a classifier instance"),
        ({"source_estimator": [Ridge()]}, TypeError, "source_estimator must be a classifier"),
        ({"source_estimator": GaussianNB()}, TypeError, "linear classifier with coef_"),
        ({"source_estimator": SVC()}, TypeError, "must be a linear classifier .* got SVC"),
        ({"source_estimator": SVC(kernel="linear")}, TypeError, "weights for pairs of classes"),
    ],
)
def test_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        fit(**parameters)


def test_labels_of_two_kinds_are_refused():
    numbers = RidgeClassifier().fit(X, np.unique(Y, return_inverse=True)[1])
    with pytest.raises(ValueError, match="labels of one kind, got strings and numbers"):
        fit(source_estimator=FrozenEstimator(numbers))


def test_probabilities_come_with_the_logistic_loss_only():
    assert_allclose(fit().predict_proba(XT).sum(axis=1), 1)
    assert not hasattr(fit(loss="hinge"), "predict_proba")
