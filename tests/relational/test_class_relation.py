import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning

import featuretransfer as ft
from featuretransfer import ClassRelationTransfer
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.synthetic import make_shifted_corpora


def corpora(n_source=120, n_target=80, **options):
    options = {"n_features": 6, "shift": "rotation", "random_state": 0} | options
    return make_shifted_corpora(n_source, n_target, **options)


def sparse(y, per_class):
    """Labels of the first rows of every class, None for the others."""
    labels = np.full(len(y), None, dtype=object)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)[:per_class]
        labels[rows] = label
    return labels


def class_means(X, y):
    return np.array([X[y == label].mean(axis=0) for label in np.unique(y)])


def within(X, y):
    """The shrunk covariance within classes, as a dense matrix."""
    W = X - class_means(X, y)[np.unique(y, return_inverse=True)[1]]
    a, S = ledoit_wolf_shrinkage(W, assume_centered=True), W.T @ W / (len(W) - 1)
    return (1 - a) * S + a * np.trace(S) / len(S) * np.eye(len(S))


@pytest.mark.oracle("ClassRelationTransfer")
@pytest.mark.parametrize("n_features", [6, 150])
@pytest.mark.parametrize("per_class", [0, 4])
def test_prototypes_minimise_the_objective_for_their_rows(n_features, per_class):
    data = corpora(n_features=n_features)
    y_target = sparse(data.y_target, per_class)
    model = ClassRelationTransfer(strength=0.7)
    model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
    known = ~np.equal(y_target, None)
    assert model.n_labelled_ == 4 * per_class == known.sum()
    weights = np.where(known, 5.0, 1.0)
    codes = np.searchsorted(model.classes_, model.pseudo_labels_)
    assert_array_equal(model.pseudo_labels_[known], data.y_target[known])
    inverse = np.linalg.inv(within(data.X_source, data.y_source))
    G, t = class_means(data.X_source, data.y_source), 0.7 * weights.sum() / 4

    def objective(P, b):
        part = np.einsum("ij,jk,ik->i", data.X_target - P[codes], inverse, data.X_target - P[codes])
        return weights @ part + t * np.einsum("ij,jk,ik->", P - b - G, inverse, P - b - G)

    P = model.prototypes_
    b = (P - G).mean(axis=0)
    value = objective(P, b)
    assert_allclose(model.objective_[-1], value, rtol=1e-8)
    rng = np.random.default_rng(0)
    for _ in range(20):  # a convex function of P and b
        step = 1e-3 * rng.normal(size=(5, n_features))
        assert objective(P + step[:4], b + step[4]) > value
    if n_features == 6:
        free = minimize(lambda v: objective(v[:24].reshape(4, 6), v[24:]), np.zeros(30), tol=1e-10)
        assert_allclose(free.x[:24].reshape(4, 6), P, atol=1e-3)
    # and every row without a label is at its nearest prototype
    gaps = data.X_target[:, None] - P
    nearest = np.einsum("ikj,jl,ikl->ik", gaps, inverse, gaps).argmin(axis=1)
    assert_array_equal(nearest[~known], codes[~known])
    assert_array_equal(model.predict(data.X_target), model.classes_[nearest])


@pytest.mark.oracle("ClassRelationTransfer")
def test_without_a_target_it_is_discriminant_analysis():
    data = corpora(n_source=400)
    model = ClassRelationTransfer().fit(data.X_source, data.y_source)
    covariance = within(data.X_source, data.y_source)
    # discriminant analysis of rows in which that is the unit matrix
    root = np.linalg.cholesky(np.linalg.inv(covariance))
    plain = LinearDiscriminantAnalysis(
        solver="lsqr", priors=np.full(4, 0.25), covariance_estimator=_Unit()
    )
    plain.fit(data.X_source @ root, data.y_source)
    expected = plain.predict_proba(data.X_target @ root)
    assert_allclose(model.predict_proba(data.X_target), expected, atol=1e-9)
    assert_allclose(np.exp(model.predict_log_proba(data.X_target)), expected, atol=1e-9)
    assert_array_equal(model.prototypes_, class_means(data.X_source, data.y_source))
    assert model.pseudo_labels_ is None
    assert model.objective_ is None


class _Unit:
    def fit(self, X):
        self.covariance_ = np.eye(X.shape[1])


def test_endless_strength_moves_the_arrangement_of_the_source():
    data = corpora()
    y_target = np.array(data.y_target, dtype=object)
    model = ClassRelationTransfer(np.inf)
    model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
    means = class_means(data.X_source, data.y_source)
    offsets = model.prototypes_ - means
    assert_allclose(offsets, np.tile(offsets[0], (4, 1)), atol=1e-12)
    rows = model.prototypes_[np.searchsorted(model.classes_, data.y_target)]
    assert_allclose(rows.mean(axis=0), data.X_target.mean(axis=0), atol=1e-12)


def test_no_strength_is_the_means_of_the_target():
    data = corpora()
    y_target = np.array(data.y_target, dtype=object)
    model = ClassRelationTransfer(0)
    model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
    assert_allclose(model.prototypes_, class_means(data.X_target, data.y_target), atol=1e-12)


@pytest.mark.parametrize("metric", ["within", "euclidean"])
def test_objective_never_grows(metric):
    data = corpora(shift="channel")
    model = ClassRelationTransfer(0.3, metric).fit(
        data.X_source, data.y_source, X_target=data.X_target
    )
    assert model.n_iter_ == len(model.objective_) > 2
    assert np.all(np.diff(model.objective_) <= 1e-9 * model.objective_[0])


def test_a_shift_of_the_target_does_not_matter():
    data = corpora(shift="none")
    probabilities = []
    for shift in (0, 7.0):
        X_target = data.X_target + shift
        model = ClassRelationTransfer().fit(data.X_source, data.y_source, X_target=X_target)
        probabilities.append(model.predict_proba(X_target))
    assert_allclose(*probabilities, atol=1e-9)


def test_euclidean_metric_is_the_mean_variance():
    data = corpora()
    model = ClassRelationTransfer(metric="euclidean").fit(data.X_source, data.y_source)
    means = class_means(data.X_source, data.y_source)
    codes = np.unique(data.y_source, return_inverse=True)[1]
    squared = ((data.X_target[:, None] - means) ** 2).sum(axis=2)
    expected = -squared / 2 / np.mean((data.X_source - means[codes]) ** 2)
    assert_allclose(model.decision_function(data.X_target), expected, rtol=1e-9)


def test_source_view_compares_with_the_source():
    data = corpora()
    plain = ClassRelationTransfer().fit(data.X_source, data.y_source)
    model = ClassRelationTransfer().fit(data.X_source, data.y_source, X_target=data.X_target)
    view = ft.source_view(model)
    expected = plain.predict_proba(data.X_source)
    assert_allclose(view.predict_proba(data.X_source), expected, atol=1e-12)
    assert np.abs(model.predict_proba(data.X_source) - expected).max() > 0.1


def emotions(names, n=150, seed=0, slopes=4.0):
    """Rows whose means are an affine function of valence and arousal, and their labels."""
    plane = {
        "anger": (-0.51, 0.59),
        "boredom": (-0.65, -0.62),
        "happiness": (0.81, 0.51),
        "joy": (0.81, 0.51),
        "neutral": (0.0, 0.0),
        "sadness": (-0.63, -0.27),
        "surprise": (0.40, 0.67),
    }
    rng = np.random.default_rng(seed)
    y = np.array(names)[np.arange(n) % len(names)]
    mix = slopes * np.random.default_rng(5).normal(size=(2, 4))
    return np.array([plane[label] for label in y]) @ mix + rng.normal(size=(n, 4)) / 2, y


def test_other_label_set():
    X, y = emotions(["anger", "happiness", "neutral", "sadness", "surprise"])
    names = ["anger", "boredom", "joy", "neutral"]
    X_target, y_target = emotions(names, 120, seed=1)
    X_target = X_target + 3
    model = ClassRelationTransfer(target_classes=names[::-1], allow_new_classes=True)
    model.fit(X, y, X_target=X_target)
    assert model.classes_.tolist() == names
    assert model.score(X_target, y_target) > 0.9  # among them boredom, of which no row had a label
    happy = X[y == "happiness"].mean(axis=0)
    assert_allclose(model.source_prototypes_[2], happy)
    few = sparse(y_target, 1)
    few[y_target == "neutral"] = None
    known = ClassRelationTransfer(allow_new_classes=True)
    with pytest.warns(PseudoLabelWarning, match="nearly lost the classes .*'sadness'"):
        known.fit(X, y, X_target=X_target, y_target=few)
    assert known.classes_.tolist() == sorted({*y, "boredom", "joy"})


def test_fewer_classes():
    X, y = emotions(["anger", "happiness", "neutral", "sadness", "surprise"])
    X_target, y_target = emotions(["anger", "sadness"], 60, seed=1)
    model = ClassRelationTransfer(target_classes=["sadness", "anger"])
    model.fit(X, y, X_target=X_target)
    assert model.score(X_target, y_target) > 0.95
    assert model.decision_function(X_target).shape == (60,)


def test_own_coordinates():
    X = np.array([[0.0], [0.1], [4.0], [4.1]])
    model = ClassRelationTransfer(
        target_classes=[1, 2, 3], allow_new_classes=True, coordinates={1: 1.0, 2: 2.0, 3: [3.0]}
    )
    model.fit(X, [1, 1, 2, 2])
    assert_allclose(model.prototypes_, [[0.05], [4.05], [8.05]])


def test_labels_of_the_target_help():
    data = corpora(n_target=200, strength=2.0)
    scores = []
    for per_class in (0, 3, 10):
        y_target = sparse(data.y_target, per_class)
        model = ClassRelationTransfer()
        model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=y_target)
        scores.append(model.score(data.X_target, data.y_target))
    assert scores[0] < scores[1] < scores[2]


def test_rows_that_do_not_deviate():
    X, y = np.array([[0.0, 1.0], [3.0, 3.0]]), ["a", "b"]
    for metric in ("within", "euclidean"):
        model = ClassRelationTransfer(metric=metric).fit(X, y)
        assert_allclose(model.decision_function(X), [-6.5, 6.5])


def test_too_few_rows_to_tell_a_shrinkage():
    X, y = np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 0.0], [6.0, 1.0]]), ["a", "a", "b", "b"]
    model = ClassRelationTransfer().fit(X, y)  # all rows deviate along one line
    assert np.isfinite(model.decision_function(X)).all()
    assert model.predict(X).tolist() == y


def test_not_settled():
    data = corpora(shift="channel")
    with pytest.warns(ConvergenceWarning, match="had not settled after max_iter=1 iterations"):
        ClassRelationTransfer(0.0, max_iter=1).fit(
            data.X_source, data.y_source, X_target=data.X_target
        )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"strength": -1}, "strength must be a number >= 0 or inf, got -1"),
        ({"strength": np.nan}, "strength must be a number >= 0 or inf, got nan"),
        ({"metric": "cosine"}, r"metric must be one of \['within', 'euclidean'\]"),
        ({"label_weight": 0}, "label_weight must be a finite number > 0, got 0"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1, got 0"),
        ({"coordinates": [1]}, "coordinates must be None or a dict, got"),
        ({"coordinates": {"anger": "high"}}, "coordinates must be None or a dict of class label"),
        ({"coordinates": {"anger": np.inf}}, "coordinates must be None or a dict of class label"),
        ({"coordinates": {"anger": 1, "sadness": (1, 2)}}, "as many finite numbers for each"),
        ({"target_classes": ["anger"]}, "at least two classes, got one class"),
        (
            {"target_classes": ["anger", "boredom"]},
            "target_classes has classes that y does not have: 'boredom'.*allow_new_classes=True",
        ),
        (
            {"target_classes": ["anger", "awe"], "allow_new_classes": True},
            "coordinates do not tell where the new classes 'awe' are; they know 'anger', 'boredom'",
        ),
        (
            {
                "target_classes": ["anger", "awe"],
                "allow_new_classes": True,
                "coordinates": {"awe": 1.0, "anger": 0.0},
            },
            "coordinates know fewer than two classes of y",
        ),
    ],
)
def test_parameters_are_checked(parameters, message):
    X, y = emotions(["anger", "happiness", "sadness"])
    with pytest.raises(ValueError, match=message):
        ClassRelationTransfer(**parameters).fit(X, y)
    with pytest.raises(TypeError, match="allow_new_classes must be True or False, got 'yes'"):
        ClassRelationTransfer(allow_new_classes="yes").fit(X, y)


def test_labels_outside_the_label_set():
    X, y = emotions(["anger", "happiness", "sadness"])
    y_target = np.array(["happiness", *[None] * 9], dtype=object)
    with pytest.raises(ValueError, match="y_target has classes that target_classes lacks: 'happin"):
        ClassRelationTransfer(target_classes=["anger", "sadness"]).fit(
            X, y, X_target=X[:10], y_target=y_target
        )
    y_target[0] = "boredom"
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'boredom'"):
        ClassRelationTransfer().fit(X, y, X_target=X[:10], y_target=y_target)
