import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from featuretransfer import CORAL, ClassCORAL
from featuretransfer.exceptions import PseudoLabelWarning

rng = np.random.default_rng(0)
NEAREST = KNeighborsClassifier(1)  # is certain of rows it has seen


def domains(n_source=90, n_target=75, d=4):
    """Three classes, of which one moves in another direction than the others."""
    y, y_target = np.array(["a", "b", "c"])[np.arange(n_source) % 3], np.arange(n_target) % 3
    means = np.zeros((3, d))
    means[1, 0], means[2, 1] = 8.0, 8.0
    moved = means + 1.0
    moved[2] += 2.0
    Xs = rng.normal(size=(n_source, d)) + means[np.arange(n_source) % 3]
    Xt = rng.normal(size=(n_target, d)) * np.linspace(0.7, 1.5, d) + moved[y_target]
    return Xs, y, Xt, np.array(["a", "b", "c"])[y_target]


@pytest.mark.oracle("ClassCORAL")
@pytest.mark.parametrize("shape", [(60, 50, 8), (30, 25, 40), (60, 20, 40)])
@pytest.mark.parametrize("reg", ["ledoit-wolf", 0.5])
@pytest.mark.parametrize("pooling", [0.0, 1.0, np.inf])
def test_with_one_class_it_is_coral(shape, reg, pooling):
    Xs, _, Xt, _ = domains(*shape)
    method = ClassCORAL(reg=reg, pooling=pooling).fit(Xs, np.ones(len(Xs)), X_target=Xt)
    coral = CORAL(reg=reg).fit(Xs, X_target=Xt)
    new = domains(*shape)[0]
    for rows in (Xs, new):
        assert_allclose(method.transform_source(rows), coral.transform_source(rows), atol=1e-10)


@pytest.mark.oracle("ClassCORAL")
def test_certain_classes_get_the_moments_of_the_target_classes():
    Xs, y, Xt, y_target = domains()
    method = ClassCORAL(NEAREST, reg=0.0, pooling=0.0)
    adapted = method.fit_transform(Xs, y, X_target=Xt)
    assert_array_equal(method.pseudo_labels_, y_target)
    for label in "abc":
        mapped, rows = adapted[y == label], Xt[y_target == label]
        assert_allclose(mapped.mean(axis=0), rows.mean(axis=0), atol=1e-10)
        assert_allclose(np.cov(mapped.T), np.cov(rows.T), atol=1e-10)


@pytest.mark.parametrize("pooling", [1.0, np.inf])
@pytest.mark.parametrize("d", [4, 120])
def test_class_means_agree_for_any_regularisation(pooling, d):
    Xs, y, Xt, _ = domains(d=d)
    method = ClassCORAL(NEAREST, pooling=pooling)
    adapted = method.fit_transform(Xs, y, X_target=Xt)
    for label in np.unique(method.pseudo_labels_):
        expected = Xt[method.pseudo_labels_ == label].mean(axis=0)
        assert_allclose(adapted[y == label].mean(axis=0), expected, atol=1e-10)


def test_rows_are_mixed_by_the_classes_of_a_source_classifier():
    Xs, y, Xt, _ = domains()
    method = ClassCORAL().fit(Xs, y, X_target=Xt)
    plain = LogisticRegression(class_weight="balanced", max_iter=500).fit(Xs, y)
    new = domains()[0] + [2, 2, 0, 0]
    shares = plain.predict_proba(new)
    assert_allclose(method.classifier_.predict_proba(new), shares, atol=1e-12)
    expected = sum(shares[:, [c]] * method._maps[c](new) for c in range(3))
    assert_allclose(method.transform_source(new), expected)
    assert_array_equal(method.transform(new), new)


def test_classifier_without_probabilities_decides():
    Xs, y, Xt, _ = domains()
    method = ClassCORAL(LinearSVC()).fit(Xs, y, X_target=Xt)
    found = np.searchsorted(method.classes_, method.classifier_.predict(Xs))
    expected = np.stack([method._maps[c](row[None])[0] for c, row in zip(found, Xs)])
    assert_allclose(method.transform_source(Xs), expected)


def test_classes_that_moved_differently_are_found():
    Xs, y, Xt, y_target = domains()
    scores = {}
    for method in (CORAL(), ClassCORAL()):
        adapted = method.fit_transform(Xs, y, X_target=Xt)
        gap = [
            adapted[y == label].mean(axis=0) - Xt[y_target == label].mean(axis=0) for label in "abc"
        ]
        scores[type(method)] = np.linalg.norm(gap)
    assert scores[ClassCORAL] < 0.5 < 1.0 < scores[CORAL]


def test_target_without_a_class_leaves_that_class_to_coral():
    Xs, y, Xt, y_target = domains(60, 14)
    few = Xt[y_target != "c"]  # so few that no class counts as lost

    class ByFirstFeature(ClassifierMixin, BaseEstimator):
        """Certain of its training rows; of others by the sign of a feature, never class c."""

        def fit(self, X, y):
            self.classes_, self._nearest = np.unique(y), KNeighborsClassifier(1).fit(X, y)
            return self

        def predict(self, X):
            near = self._nearest.kneighbors(X)[0][:, 0] == 0
            return np.where(near, self._nearest.predict(X), np.where(X[:, 0] > 4, "b", "a"))

    method = ClassCORAL(ByFirstFeature()).fit(Xs, y, X_target=few)
    assert set(method.pseudo_labels_) == {"a", "b"}
    expected = CORAL().fit(Xs, X_target=few).transform_source(Xs)
    adapted = method.transform_source(Xs)
    assert_allclose(adapted[y == "c"], expected[y == "c"], atol=1e-10)
    assert np.abs(adapted[y == "a"] - expected[y == "a"]).max() > 0.1


class AlwaysFirst(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_collapsed_labels_leave_coral():
    Xs, y, Xt, _ = domains()
    method = ClassCORAL(AlwaysFirst())
    message = r"ClassCORAL have nearly lost the classes \['b', 'c'\] in iteration 1"
    with pytest.warns(PseudoLabelWarning, match=message) as caught:
        method.fit(Xs, y, X_target=Xt)
    assert caught[0].filename == __file__
    assert method.pseudo_labels_ is None
    expected = CORAL().fit(Xs, X_target=Xt).transform_source(Xs)
    assert_allclose(method.transform_source(Xs), expected, atol=1e-10)


class CollapsesLater(AlwaysFirst):
    """Right at first; one class from the second fit on aligned rows on."""

    fits = 0

    def fit(self, X, y):
        type(self).fits += 1
        self.classes_, self._inner = np.unique(y), KNeighborsClassifier(1).fit(X, y)
        self._collapsed = type(self).fits > 2  # the first fit is of source rows as they are
        return self

    def predict(self, X):
        return super().predict(X) if self._collapsed else self._inner.predict(X)


def test_labels_that_collapse_later_keep_the_round_before():
    Xs, y, Xt, _ = domains()
    expected = ClassCORAL(NEAREST, max_iter=1).fit(Xs, y, X_target=Xt)
    CollapsesLater.fits = 0
    with pytest.warns(PseudoLabelWarning, match="in iteration 2"):
        method = ClassCORAL(CollapsesLater()).fit(Xs, y, X_target=Xt)
    assert_array_equal(method.pseudo_labels_, expected.pseudo_labels_)
    assert_allclose(method.transform_source(Xs), expected.transform_source(Xs), atol=1e-10)


def test_rounds_end_when_the_labels_stay():
    Xs, y, Xt, _ = domains()
    method = ClassCORAL(max_iter=50).fit(Xs, y, X_target=Xt)
    assert 2 <= method.n_iter_ < 50
    again = LogisticRegression(class_weight="balanced", max_iter=500)
    again.fit(method.transform_source(Xs), y)
    assert_array_equal(again.predict(Xt), method.pseudo_labels_)
    assert ClassCORAL(max_iter=1).fit(Xs, y, X_target=Xt).n_iter_ == 1


def test_domain_without_covariance_aligns_class_means():
    Xs, y, Xt, _ = domains()
    with pytest.warns(UserWarning, match="ClassCORAL aligns only the means: X_target has a single"):
        method = ClassCORAL(NEAREST).fit(Xs, y, X_target=Xt[:1])
    adapted = method.transform_source(Xs)
    (label,) = method.pseudo_labels_
    own = Xs[y == label]
    assert_allclose(adapted[y == label], own - own.mean(axis=0) + Xt[0], atol=1e-10)
    rest = y != label
    assert_allclose(adapted[rest], Xs[rest] - Xs.mean(axis=0) + Xt[0], atol=1e-10)


def test_without_target_nothing_changes():
    Xs, y, _, _ = domains()
    method = ClassCORAL().fit(Xs, y)
    assert_array_equal(method.transform_source(Xs), Xs)
    assert method.classes_ is None


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"reg": "lw"}, ValueError, "reg must be 'ledoit-wolf' or a number >= 0"),
        ({"pooling": -1.0}, ValueError, "pooling must be a number >= 0 or infinity, got -1.0"),
        ({"pooling": np.nan}, ValueError, "pooling must be a number >= 0 or infinity"),
        ({"pooling": True}, ValueError, "pooling must be a number >= 0 or infinity"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1, got 0"),
        ({"estimator": "svc"}, TypeError, "estimator must be None or a classifier"),
    ],
)
def test_bad_parameters(parameters, error, message):
    Xs, y, Xt, _ = domains()
    with pytest.raises(error, match=message):
        ClassCORAL(**parameters).fit(Xs, y, X_target=Xt)


def test_singular_source_needs_regularisation():
    Xs, y, Xt, _ = domains(d=120)
    with pytest.raises(ValueError, match="reg=0.0 leaves the source covariance singular"):
        ClassCORAL(reg=0.0).fit(Xs, y, X_target=Xt)


def test_labels_must_fit_the_rows():
    Xs, y, Xt, _ = domains()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ClassCORAL().fit(Xs, y[1:], X_target=Xt)
    with pytest.raises(ValueError, match="Unknown label type"):
        ClassCORAL().fit(Xs, np.linspace(0, 1, len(Xs)), X_target=Xt)
