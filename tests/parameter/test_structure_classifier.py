import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.utils import compute_sample_weight

from featuretransfer import AlternatingStructureClassifier
from featuretransfer.parameter._linear_fit import LOSSES
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(90, 60, 8, 3, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
YT = DATA.y_target.astype(object)
YT[np.arange(60) % 3 > 0] = None
KNOWN = np.array([label is not None for label in YT])
XK, YK = XT[KNOWN], YT[KNOWN].astype(str)
GENDER = np.array(["f", "m"], dtype=object)[np.arange(90) % 2]


def fit(X=X, y=Y, X_target=XT, y_target=YT, source_domains=None, tasks=None, **parameters):
    model = AlternatingStructureClassifier(**{"alpha": 2.0, **parameters})
    metadata = {"source_domains": source_domains, "tasks": tasks}
    return model.fit(X, y, X_target=X_target, y_target=y_target, **metadata)


def exact(**parameters):
    return LogisticRegression(**{"C": 0.5, "tol": 1e-12, "solver": "newton-cholesky", **parameters})


@pytest.mark.oracle("AlternatingStructureClassifier")
def test_first_turn_is_the_subspace_of_independent_ridge_regressions():
    """Weights of all problems by dense formulas, and their leading left singular vectors."""
    model = fit(n_components=2, max_iter=1, loss="squared", tasks={"gender": GENDER})
    columns = []
    for rows, labels in ((X, Y), (XK, YK), (X, GENDER.astype(str))):
        weights = compute_sample_weight("balanced", labels)
        classes = np.unique(labels)
        Y1 = np.where(labels[:, None] == (classes[1:] if len(classes) == 2 else classes), 1, -1)
        Xc = rows - np.average(rows, axis=0, weights=weights)
        M = Xc.T @ (weights[:, None] * Xc) + 2.0 * np.eye(8)
        U = linalg.solve(M, Xc.T @ (weights[:, None] * Y1))
        columns.append(U / np.sqrt(Y1.shape[1]))
    basis = linalg.svd(np.hstack(columns))[0][:, :2]
    assert_allclose(np.abs(np.diag(model.structure_ @ basis)), 1, atol=1e-10)
    assert model.n_problems_ == 3 + 3 + 1


@pytest.mark.oracle("AlternatingStructureClassifier")
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_classifier_is_logistic_regression_penalised_less_within_the_structure(fit_intercept):
    model = fit(shared=0.8, fit_intercept=fit_intercept)
    theta = model.structure_
    A = linalg.inv(linalg.sqrtm(np.eye(8) - 0.8 * theta.T @ theta)).real
    plain = exact(class_weight="balanced", fit_intercept=fit_intercept).fit(XK @ A, YK)
    assert_allclose(model.predict_proba(XT), plain.predict_proba(XT @ A), atol=1e-7)


@pytest.mark.parametrize("no_structure", [{"n_components": 0}, {"shared": 0.0}])
def test_without_structure_it_is_the_target_alone(no_structure):
    plain = exact(class_weight="balanced").fit(XK, YK)
    assert_allclose(fit(**no_structure).predict_proba(XT), plain.predict_proba(XT), atol=1e-8)
    ridge = RidgeClassifier(2.0, class_weight="balanced", solver="svd").fit(XK, YK)
    model = fit(loss="squared", **no_structure)
    assert_allclose(model.decision_function(XT), ridge.decision_function(XT), atol=1e-10)


def test_objective_never_rises():
    model = fit(shared=0.95, max_iter=200, tol=1e-8, n_auxiliary=8)
    assert np.all(np.diff(model.objective_) <= 1e-10 * model.objective_[0])
    assert model.n_iter_ == len(model.objective_) > 3
    assert_allclose(model.structure_ @ model.structure_.T, np.eye(2), atol=1e-10)


def test_strong_structure_keeps_the_weights_within_it():
    model = fit(n_components=2, shared=1 - 1e-9, max_iter=500)
    outside = model.coef_ - model.coef_ @ model.structure_.T @ model.structure_
    inside = fit(n_components=2, shared=0.0)
    assert np.linalg.norm(outside) < 0.8 * np.linalg.norm(inside.coef_)
    strong = fit(n_components=2, shared=1 - 1e-6, alpha=1e4, max_iter=500)
    outside = strong.coef_ - strong.coef_ @ strong.structure_.T @ strong.structure_
    assert np.linalg.norm(outside) < 0.05 * np.linalg.norm(strong.coef_)


def test_structure_of_the_source_helps_where_directions_are_shared():
    """Classes differ along the same two of 60 directions, with other signs in the target."""
    rng = np.random.default_rng(0)
    means = np.array([[2, 0], [-2, 2], [-2, -2]])
    codes = rng.integers(3, size=300)
    target_codes = np.append(np.arange(9) % 3, rng.integers(3, size=300))
    rows, target = rng.normal(size=(300, 60)), rng.normal(size=(309, 60))
    rows[:, :2] += means[codes]
    target[:, :2] -= means[target_codes]
    y_target = target_codes.astype(object)
    y_target[9:] = None
    scores = {}
    for h in (0, None):
        model = AlternatingStructureClassifier(h, shared=0.95)
        model.fit(rows, codes, X_target=target, y_target=y_target)
        scores[h] = model.score(target[9:], target_codes[9:])
    assert scores[None] > scores[0] + 0.1
    source = exact().fit(rows, codes).score(target[9:], target_codes[9:])
    assert scores[None] > source + 0.5


def test_source_corpora_and_tasks_have_problems_of_their_own():
    domains = np.array(["b", "a"])[np.arange(90) // 45]
    assert fit().n_problems_ == 6
    assert fit(source_domains=domains).n_problems_ == 9
    some = np.where(np.arange(90) < 10, None, GENDER)
    ages = np.arange(90) % 3 * 10.0
    ages[:5] = np.nan
    tasks = {"gender": some, "age": ages}
    model = fit(tasks=tasks)
    assert model.n_problems_ == 6 + 1 + 3
    again = fit(tasks=pd.DataFrame(tasks))
    assert_array_equal(again.coef_, model.coef_)
    assert np.abs(model.coef_ - fit().coef_).max() > 1e-3
    one_class = np.where(np.arange(90) < 9, "c", "a")
    one_class[9:] = "a"
    y = np.where(np.arange(90) < 9, "class0", Y)
    assert fit(y=y, source_domains=one_class).n_problems_ == 6  # "c" has one class: no problem


def test_unlabelled_rows_are_used_by_auxiliary_problems_only():
    changed = np.where(KNOWN[:, None], XT, XT[::-1] * 2)
    assert_array_equal(fit(X_target=changed).coef_, fit().coef_)
    with_features = fit(n_auxiliary=5)
    assert with_features.n_problems_ == 11
    assert np.abs(fit(X_target=changed, n_auxiliary=5).coef_ - with_features.coef_).max() > 1e-3
    assert fit(n_auxiliary=100).n_problems_ == 6 + 8


@pytest.mark.parametrize("loss", LOSSES)
def test_without_labels_it_is_the_plain_classifier_of_the_source(loss):
    model = fit(X_target=None, y_target=None, loss=loss, n_auxiliary=4, tasks={"gender": GENDER})
    one = np.where(YT == "class1", YT, None)
    for labels, message in ((None, "there are none"), (one, "have the class 'class1'")):
        with pytest.warns(UserWarning, match=message):
            again = fit(y_target=labels, loss=loss)
        assert_array_equal(again.decision_function(XT), model.decision_function(XT))
    assert model.structure_.shape == (0, 8)
    if loss == "logistic":
        plain = exact(class_weight="balanced").fit(X, Y)
        assert_allclose(model.predict_proba(XT), plain.predict_proba(XT), atol=1e-8)
    else:
        assert not hasattr(model, "predict_proba")


def test_two_classes_and_new_classes():
    y, y_target = Y == "class0", np.array([None if t is None else t == "class0" for t in YT])
    for loss in LOSSES:
        model = fit(y=y, y_target=y_target, loss=loss)
        assert model.coef_.shape == (1, 8)
        assert_array_equal(model.predict(XT), model.decision_function(XT) > 0)
    kept = Y != "class1"
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'class1'"):
        fit(X=X[kept], y=Y[kept])
    model = fit(X=X[kept], y=Y[kept], allow_new_classes=True, alpha=0.1)
    assert set(model.predict(XK)) == {"class0", "class1", "class2"}


def test_turns_that_run_out_warn():
    with pytest.warns(ConvergenceWarning, match="has not converged in max_iter=2 turns"):
        fit(shared=0.95, max_iter=2, tol=0.0)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_components": -1}, ValueError, "n_components must be an integer >= 0 or None, got -1"),
        ({"shared": 1.0}, ValueError, "shared must be a number >= 0 and < 1, got 1.0"),
        ({"alpha": 0.0}, ValueError, "alpha must be a finite number > 0, got 0.0"),
        ({"loss": "huber"}, ValueError, "loss must be one of"),
        ({"n_auxiliary": 1.5}, ValueError, "n_auxiliary must be an integer >= 0, got 1.5"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1, got 0"),
        ({"tol": -1}, ValueError, "tol must be a number >= 0 and < 1, got -1"),
        ({"fit_intercept": 0}, TypeError, "fit_intercept must be True or False, got 0"),
        ({"tasks": GENDER}, TypeError, "tasks must be a DataFrame or a dict .* got a ndarray"),
        ({"tasks": {"gender": GENDER[:9]}}, ValueError, "one label for each of 90 rows"),
        ({"tasks": {"gender": GENDER == "x"}}, ValueError, "must have labels of two classes"),
        (
            {"tasks": {"gender": np.where(np.arange(90) < 9, 1, GENDER)}},
            ValueError,
            "mixes strings and numbers",
        ),
        ({"y": np.full(90, "a"), "y_target": None}, ValueError, "at least two classes"),
    ],
)
def test_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        fit(**parameters)
