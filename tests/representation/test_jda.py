import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsClassifier

from featuretransfer import JDA, TCA, CorpusScaler
from featuretransfer._linalg import Kernel
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.synthetic import make_shifted_corpora

NEAREST = KNeighborsClassifier(1)


def corpora(n_source=70, n_target=60, d=6, **options):
    data = make_shifted_corpora(n_source, n_target, d, random_state=0, **options)
    scaler = CorpusScaler().fit(data.X_source, X_target=data.X_target)
    Xs, Xt = scaler.transform_source(data.X_source), scaler.transform(data.X_target)
    return Xs, data.y_source, Xt, data.y_target


def mmd_matrix(y, labels):
    """M entry by entry, as the paper defines M0 and Mc."""
    n, is_source = len(y) + len(labels), np.arange(len(y) + len(labels)) < len(y)
    both = np.concatenate([y, labels])
    M = np.zeros((n, n))
    for label in [None, *set(y)]:
        inside = np.full(n, True) if label is None else both == label
        n_s, n_t = np.sum(inside & is_source), np.sum(inside & ~is_source)
        if not n_s or not n_t:
            continue
        for i in np.flatnonzero(inside):
            for j in np.flatnonzero(inside):
                sign = 1 if is_source[i] == is_source[j] else -1
                M[i, j] += sign / ((n_s if is_source[i] else n_t) * (n_s if is_source[j] else n_t))
    return M


def reference(Xs, y, Xt, k, mu, kernel, gamma, n_iter, normalise=False):
    """Projections of all rows by dense generalised eigenproblems, and their pseudo-labels."""
    X, n_s = np.concatenate([Xs, Xt]), len(Xs)
    K = X @ X.T if kernel == "linear" else rbf_kernel(X, gamma=gamma)
    H = np.eye(len(X)) - 1 / len(X)
    e = np.concatenate([np.full(n_s, 1 / n_s), np.full(len(Xt), -1 / len(Xt))])
    M = np.outer(e, e)
    for _ in range(n_iter):
        strength = mu / linalg.norm(M) if normalise else mu
        _, W = linalg.eigh(K @ H @ K, np.eye(len(X)) + strength * K @ M @ K)
        Z = K @ W[:, ::-1][:, :k]
        labels = NEAREST.fit(Z[:n_s], y).predict(Z[n_s:])
        M = mmd_matrix(y, labels)
    return Z, labels


def angle(A, B):
    return np.rad2deg(linalg.subspace_angles(A, B).max())


@pytest.mark.oracle("JDA")
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("d", [6, 80])
@pytest.mark.parametrize(
    ("mu", "mu_scale"), [(0.1, "absolute"), (50.0, "absolute"), (1, "frobenius")]
)
@pytest.mark.parametrize("n_iter", [1, 2, 3])
def test_every_iteration_solves_its_dense_eigenproblem(kernel, d, mu, mu_scale, n_iter):
    Xs, y, Xt, _ = corpora(d=d, strength=0.6)
    jda = JDA(4, mu, kernel, mu_scale=mu_scale, estimator=NEAREST, max_iter=n_iter)
    projected = np.concatenate([jda.fit_transform(Xs, y, X_target=Xt), jda.transform(Xt)])
    gamma = None if kernel == "linear" else jda.gamma_
    expected, labels = reference(
        Xs, y, Xt, 4, mu, kernel, gamma, jda.n_iter_, mu_scale == "frobenius"
    )
    assert angle(projected, expected) < 1e-5
    assert_array_equal(jda.pseudo_labels_, labels)


@pytest.mark.oracle("JDA")
@pytest.mark.parametrize("mu_scale", ["absolute", "relative", "frobenius"])
@pytest.mark.parametrize("options", [{}, {"kernel": "linear"}, {"landmarks": 30}])
def test_first_iteration_is_tca(mu_scale, options):
    Xs, y, Xt, _ = corpora()
    jda = JDA(5, mu=3.0, mu_scale=mu_scale, max_iter=1, **options).fit(Xs, y, X_target=Xt)
    tca = TCA(5, mu=3.0, mu_scale=mu_scale, **options).fit(Xs, X_target=Xt)
    assert_allclose(jda.weights_, tca.weights_, rtol=1e-9, atol=1e-12)
    assert jda.mu_effective_ == pytest.approx(tca.mu_effective_)
    assert jda.explained_share_ == pytest.approx(tca.explained_share_)
    assert jda.n_iter_ == 1


def test_constraint_holds_with_the_labels_of_the_iteration_before():
    Xs, y, Xt, _ = corpora()
    before, after = (JDA(5, mu=2.0, max_iter=t).fit(Xs, y, X_target=Xt) for t in (2, 3))
    assert after.n_iter_ == 3
    X = np.concatenate([Xs, Xt])
    K, W = after.kernel_(X, X), after.weights_ / after.scale_
    KMK = K @ mmd_matrix(y, before.pseudo_labels_) @ K
    assert_allclose(W.T @ (np.eye(len(X)) + 2.0 * KMK) @ W, np.eye(5), atol=1e-8)
    assert after.mu_effective_ == pytest.approx(2.0 * linalg.norm(KMK, 2), rel=1e-8)
    variance = np.concatenate([after.transform_source(Xs), after.transform(Xt)]).var(axis=0)
    assert variance.mean() == pytest.approx(1)


def test_stops_where_labels_no_longer_change():
    Xs, y, Xt, _ = corpora(200, 150, 20, separation=2.0, strength=0.5)
    jda = JDA(5, max_iter=50).fit(Xs, y, X_target=Xt)
    assert jda.converged_
    assert 1 < jda.n_iter_ < 10
    before = JDA(5, max_iter=jda.n_iter_ - 1).fit(Xs, y, X_target=Xt)
    assert_array_equal(before.pseudo_labels_, jda.pseudo_labels_)
    assert not before.converged_


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_class_means_meet_for_large_mu(kernel):
    Xs, y, Xt, _ = corpora(d=12)
    gaps = []
    for mu in (0.0, 1e8):
        labels = JDA(4, mu, kernel, max_iter=1).fit(Xs, y, X_target=Xt).pseudo_labels_
        jda = JDA(4, mu, kernel, max_iter=2)
        Zs, Zt = jda.fit_transform(Xs, y, X_target=Xt), jda.transform(Xt)
        gaps.append(
            max(
                np.linalg.norm(Zs[y == c].mean(axis=0) - Zt[labels == c].mean(axis=0))
                for c in set(labels)
            )
        )
    assert gaps[0] > 0.2
    assert gaps[1] < 1e-4


def test_a_class_that_the_target_lacks_has_no_term():
    Xs, y, Xt, _ = corpora()
    few = Xt[:4]  # so few rows that no class counts as lost
    jda = JDA(3, mu=5.0, estimator=NEAREST, max_iter=2)
    Z = np.concatenate([jda.fit_transform(Xs, y, X_target=few), jda.transform(few)])
    assert set(jda.pseudo_labels_) < set(y)
    expected, labels = reference(Xs, y, few, 3, 5.0, "rbf", jda.gamma_, 2)
    assert angle(Z, expected) < 1e-5
    assert_array_equal(jda.pseudo_labels_, labels)


def test_mends_a_shift_that_differs_by_class():
    rng = np.random.default_rng(0)
    means, y = 2 * np.eye(6)[:3], np.repeat([0, 1, 2], 40)
    moved = means + rng.normal(size=(3, 6))
    Xs, Xt = means[y] + rng.normal(size=(120, 6)), moved[y] + rng.normal(size=(120, 6))
    scores, gaps = {}, {}
    for adapter in (TCA(), JDA(mu=10.0)):
        Zs, Zt = adapter.fit_transform(Xs, y, X_target=(Xt,)), adapter.transform(Xt)
        name = type(adapter).__name__
        scores[name] = LogisticRegression(C=0.01).fit(Zs, y).score(Zt, y)
        gaps[name] = sum(
            np.linalg.norm(Zs[y == c].mean(axis=0) - Zt[y == c].mean(axis=0)) for c in range(3)
        )
    assert gaps["JDA"] < 0.5 * gaps["TCA"]
    assert scores["JDA"] > scores["TCA"]


def test_interleaved_rows_keep_their_labels():
    # peers return rows in another order than they were given
    Xs, y, Xt, yt = corpora(n_source=200, n_target=150, separation=2.0, strength=0.3)
    order = np.random.default_rng(1).permutation(len(Xs))
    jda = JDA(5)
    Z = jda.fit_transform(Xs[order], y[order], X_target=Xt)
    score = LogisticRegression().fit(Z, y[order]).score(jda.transform(Xt), yt)
    assert score > 0.75


def test_all_rows_as_landmarks_are_exact_and_fewer_nearly_so():
    Xs, y, Xt, _ = corpora(120, 100, 4)
    exact = JDA(5).fit(Xs, y, X_target=Xt)
    same = JDA(5, landmarks=220).fit(Xs, y, X_target=Xt)
    assert_array_equal(same.weights_, exact.weights_)
    fewer = JDA(5, landmarks=150).fit(Xs, y, X_target=Xt)
    assert fewer.rows_.shape == (150, 4)
    assert np.mean(fewer.pseudo_labels_ == exact.pseudo_labels_) > 0.95
    assert angle(fewer.transform(Xt), exact.transform(Xt)) < 10


@pytest.mark.parametrize("landmarks", [None, 20])
def test_kernels_are_computed_once_whatever_the_number_of_iterations(landmarks, monkeypatch):
    Xs, y, Xt, _ = corpora(strength=0.6)
    calls, original = [], Kernel.__call__
    monkeypatch.setattr(
        Kernel, "__call__", lambda self, A, B: calls.append(1) or original(self, A, B)
    )
    counts = []
    for max_iter in (1, 4):
        calls.clear()
        jda = JDA(4, mu=50.0, landmarks=landmarks, estimator=NEAREST, max_iter=max_iter)
        jda.fit_transform(Xs, y, X_target=Xt)
        assert jda.n_iter_ == max_iter
        counts.append(len(calls))
    assert counts[0] == counts[1] == (1 if landmarks is None else 3)  # 3: and the share kept


def test_new_rows_are_projected_as_training_rows():
    Xs, y, Xt, _ = corpora()
    for options in ({}, {"kernel": "linear"}, {"landmarks": 20}):
        jda = JDA(5, **options)
        Z = jda.fit_transform(Xs, y, X_target=Xt)
        assert_allclose(jda.transform_source(Xs), Z, atol=1e-8)
        assert_array_equal(jda.transform(Xt), jda.transform_source(Xt))


def test_without_target_it_is_kernel_principal_components():
    Xs, y, _, _ = corpora()
    jda, tca = JDA(5).fit(Xs, y), TCA(5).fit(Xs)
    assert_allclose(jda.weights_, tca.weights_)
    assert jda.pseudo_labels_ is None
    assert jda.n_iter_ == 1


class Forgetful(ClassifierMixin, BaseEstimator):
    """Nearest neighbours, until it has been fitted often enough to know but one class."""

    n_fits = 0

    def __init__(self, n_good=1):
        self.n_good = n_good

    def fit(self, X, y):
        Forgetful.n_fits += 1
        self.classes_ = np.unique(y)
        self.inner_ = KNeighborsClassifier(1).fit(X, y)
        return self

    def predict(self, X):
        good = Forgetful.n_fits <= self.n_good
        return self.inner_.predict(X) if good else np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("n_good", [1, 2])
def test_collapsed_pseudo_labels_keep_the_iteration_before(n_good):
    Xs, y, Xt, _ = corpora(strength=0.6)
    Forgetful.n_fits = 0
    jda = JDA(4, mu=50.0, estimator=Forgetful(n_good))
    message = f"of JDA have nearly lost .* in iteration {n_good + 1}: .* the iteration before"
    with pytest.warns(PseudoLabelWarning, match=message) as caught:
        jda.fit(Xs, y, X_target=Xt)
    assert caught[0].filename == __file__
    good = JDA(4, mu=50.0, estimator=NEAREST, max_iter=n_good).fit(Xs, y, X_target=Xt)
    assert_array_equal(jda.weights_, good.weights_)
    assert_array_equal(jda.pseudo_labels_, good.pseudo_labels_)
    assert jda.n_iter_ == n_good
    assert not jda.converged_


def test_pseudo_labels_that_collapse_at_once_leave_tca():
    Xs, y, Xt, _ = corpora()
    with pytest.warns(PseudoLabelWarning, match="in iteration 1: .* keeps its components"):
        jda = JDA(4).fit(Xs, y, X_target=Xt + 100 * np.eye(6)[0])  # everything looks like one class
    assert_array_equal(jda.weights_, TCA(4).fit(Xs, X_target=Xt + 100 * np.eye(6)[0]).weights_)


def test_no_warning_where_all_is_well():
    Xs, y, Xt, _ = corpora()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        JDA(4).fit(Xs, y, X_target=Xt)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_components": 0}, ValueError, "n_components must be an integer >= 1"),
        ({"mu": -1}, ValueError, "mu must be a finite number >= 0"),
        ({"mu_scale": "log"}, ValueError, "mu_scale must be one of"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1, got 0"),
        ({"landmarks": 2.5}, ValueError, "landmarks must be None or an integer >= 1"),
        ({"estimator": "svc"}, TypeError, "estimator must be None or a classifier"),
        ({"gamma": -1}, ValueError, "gamma must be"),
    ],
)
def test_bad_parameters(parameters, error, message):
    Xs, y, Xt, _ = corpora(12, 10, 3)
    with pytest.raises(error, match=message):
        JDA(**parameters).fit(Xs, y, X_target=Xt)


def test_bad_labels():
    Xs, y, Xt, _ = corpora(12, 10, 3)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        JDA().fit(Xs, y[:-1], X_target=Xt)
    with pytest.raises(ValueError, match="Unknown label type"):
        JDA().fit(Xs, np.linspace(0, 1, 12), X_target=Xt)
