import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel

from featuretransfer import TCA, CorpusScaler, SemiSupervisedTCA
from featuretransfer.synthetic import make_shifted_corpora


def corpora(n_source=60, n_target=50, d=6, **options):
    data = make_shifted_corpora(n_source, n_target, d, random_state=0, **options)
    return data.X_source, data.y_source, data.X_target, data.y_target


def laplacian(X, n_neighbors):
    D = cdist(X, X, "sqeuclidean")
    np.fill_diagonal(D, np.inf)
    nearest = np.argsort(D, axis=1)[:, :n_neighbors]
    scale = np.take_along_axis(D, nearest, axis=1).mean()
    joined = np.zeros_like(D, dtype=bool)
    np.put_along_axis(joined, nearest, True, axis=1)
    A = np.where(joined | joined.T, np.exp(-D / scale), 0.0)
    return np.diag(A.sum(axis=1)) - A


def problem(Xs, y, Xt, kernel, gamma, *, mu, label_weight, locality):
    """The two matrices of the generalised eigenproblem, and the kernel matrix."""
    X, n_s, n = np.concatenate([Xs, Xt]), len(Xs), len(Xs) + len(Xt)
    K = X @ X.T if kernel == "linear" else rbf_kernel(X, gamma=gamma)
    e = np.concatenate([np.full(n_s, 1 / n_s), np.full(len(Xt), -1 / len(Xt))])
    H, same = np.eye(n) - 1 / n, np.zeros((n, n))
    same[:n_s, :n_s] = y[:, None] == y
    A = K @ H @ (label_weight * same + (1 - label_weight) * np.eye(n)) @ H @ K
    S = np.outer(e, e) + locality / n**2 * laplacian(X, 10)
    return A, np.eye(n) + mu * K @ S @ K, K


def angle(A, B):
    return np.rad2deg(linalg.subspace_angles(A, B).max())


@pytest.mark.oracle("SemiSupervisedTCA")
@pytest.mark.parametrize("shape", [(60, 50, 6), (30, 25, 70), (130, 120, 10)])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize(
    ("mu", "label_weight", "locality"),
    [(1.0, 0.5, 1.0), (0.1, 0.9, 0.0), (10.0, 0.0, 50.0), (50.0, 0.3, 1000.0)],
)
def test_spans_the_subspace_of_the_dense_eigenproblem(shape, kernel, mu, label_weight, locality):
    Xs, y, Xt, _ = corpora(*shape)
    factors = {"mu": mu, "label_weight": label_weight, "locality": locality}
    sstca = SemiSupervisedTCA(4, kernel=kernel, **factors)
    projected = np.concatenate([sstca.fit_transform(Xs, y, X_target=Xt), sstca.transform(Xt)])
    A, B, K = problem(Xs, y, Xt, kernel, sstca.gamma_, **factors)
    values, W = linalg.eigh(A, B)
    assert angle(projected, K @ W[:, ::-1][:, :4]) < 1e-5
    assert_allclose(sstca.eigenvalues_, values[::-1][:4], rtol=1e-7)


def test_constraint_holds_but_for_the_common_factor():
    Xs, y, Xt, _ = corpora()
    factors = {"mu": 5.0, "label_weight": 0.4, "locality": 100.0}
    sstca = SemiSupervisedTCA(5, **factors).fit(Xs, y, X_target=Xt)
    A, B, K = problem(Xs, y, Xt, "rbf", sstca.gamma_, **factors)
    W = sstca.weights_ / sstca.scale_
    assert_allclose(W.T @ B @ W, np.eye(5), atol=1e-8)
    assert_allclose(W.T @ A @ W, np.diag(sstca.eigenvalues_), atol=1e-8 * sstca.eigenvalues_[0])
    assert (K @ sstca.weights_).var(axis=0).mean() == pytest.approx(1)


def test_constraint_with_landmarks_joins_the_landmarks():
    Xs, y, Xt, _ = corpora()
    sstca = SemiSupervisedTCA(5, 5.0, locality=100.0, landmarks=30).fit(Xs, y, X_target=Xt)
    rows, centres = np.concatenate([Xs, Xt]), sstca.rows_
    K = sstca.kernel_(centres, centres)
    values, vectors = np.linalg.eigh(K)
    F = sstca.kernel_(rows, centres) @ (vectors / np.sqrt(values)) @ vectors.T
    anchors = (vectors * np.sqrt(values)) @ vectors.T
    u = F[: len(Xs)].mean(axis=0) - F[len(Xs) :].mean(axis=0)
    B = np.linalg.inv(F.T @ F) + 5.0 * np.outer(u, u)
    B += 5.0 * 100.0 / (len(rows) * 30) * anchors.T @ laplacian(centres, 10) @ anchors
    P = anchors @ sstca.weights_ / sstca.scale_
    assert_allclose(P.T @ B @ P, np.eye(5), atol=1e-6)


@pytest.mark.oracle("SemiSupervisedTCA")
@pytest.mark.parametrize("mu_scale", ["absolute", "relative", "frobenius"])
@pytest.mark.parametrize("options", [{}, {"kernel": "linear"}, {"landmarks": 30}])
def test_without_labels_and_graph_it_is_tca(mu_scale, options):
    Xs, y, Xt, _ = corpora()
    tca = TCA(5, mu=3.0, mu_scale=mu_scale, **options).fit(Xs, X_target=Xt)
    limit = SemiSupervisedTCA(5, 3.0, 0, 0, mu_scale=mu_scale, **options)
    assert_allclose(limit.fit(Xs, X_target=Xt).weights_, tca.weights_, rtol=1e-9, atol=1e-12)
    assert limit.mu_effective_ == pytest.approx(tca.mu_effective_)
    near = SemiSupervisedTCA(5, 3.0, 1e-7, 1e-5, mu_scale=mu_scale, **options)
    assert angle(near.fit(Xs, y, X_target=Xt).transform(Xt), tca.transform(Xt)) < 0.1


def test_labels_alone_leave_a_component_per_class():
    Xs, y, Xt, _ = corpora()
    sstca = SemiSupervisedTCA(8, label_weight=1.0).fit(Xs, y, X_target=Xt)
    assert np.count_nonzero(sstca.eigenvalues_) == 4
    assert_array_equal(sstca.transform(Xt)[:, 4:], 0)
    assert np.isfinite(sstca.transform(Xt)).all()


def test_a_strong_graph_keeps_neighbours_together():
    Xs, _, Xt, _ = corpora(n_source=100, n_target=80)
    D, roughness = laplacian(np.concatenate([Xs, Xt]), 10), []
    for locality in (0.0, 10.0, 1e3, 1e5):
        sstca = SemiSupervisedTCA(4, label_weight=0.0, locality=locality).fit(Xs, X_target=Xt)
        Z = sstca.transform(np.concatenate([Xs, Xt]))
        Z = Z - Z.mean(axis=0)
        roughness.append(np.trace(Z.T @ D @ Z) / np.trace(Z.T @ Z))
    assert np.all(np.diff(roughness) < 0)
    assert roughness[-1] < 0.5 * roughness[0]


def test_means_meet_for_large_mu():
    Xs, y, Xt, _ = corpora()
    gaps = []
    for mu in (0.0, 1e8):
        sstca = SemiSupervisedTCA(3, mu, locality=1e-6)
        Z = sstca.fit_transform(Xs, y, X_target=Xt)
        gaps.append(np.linalg.norm(Z.mean(axis=0) - sstca.transform(Xt).mean(axis=0)))
    assert gaps[0] > 0.5
    assert gaps[1] < 1e-4


def test_labels_bring_the_classes_forward():
    Xs, y, Xt, yt = corpora(150, 120, 30, strength=0.3)
    scaler = CorpusScaler().fit(Xs, X_target=Xt)
    Xs, Xt = scaler.transform_source(Xs), scaler.transform(Xt)
    scores = []
    for adapter in (TCA(3), SemiSupervisedTCA(3)):
        Z = adapter.fit_transform(Xs, y, X_target=Xt)
        scores.append(LogisticRegression(max_iter=500).fit(Z, y).score(adapter.transform(Xt), yt))
    assert scores[1] > scores[0] + 0.05


def test_relative_mu_scales_the_graph_too():
    Xs, y, Xt, _ = corpora()
    relative = SemiSupervisedTCA(4, 7.0, mu_scale="relative").fit(Xs, y, X_target=Xt)
    gap = TCA(4).fit(Xs, X_target=Xt).mu_effective_
    absolute = SemiSupervisedTCA(4, 7.0 / gap).fit(Xs, y, X_target=Xt)
    assert_allclose(relative.weights_, absolute.weights_, rtol=1e-6, atol=1e-10)


def test_all_rows_as_landmarks_are_exact_and_new_rows_are_projected_alike():
    Xs, y, Xt, _ = corpora()
    exact = SemiSupervisedTCA(4).fit(Xs, y, X_target=Xt)
    same = SemiSupervisedTCA(4, landmarks=110).fit(Xs, y, X_target=Xt)
    assert_array_equal(same.weights_, exact.weights_)
    near = SemiSupervisedTCA(4, landmarks=100).fit(Xs, y, X_target=Xt)
    assert angle(near.transform(Xt), exact.transform(Xt)) < 2
    for options in ({}, {"kernel": "linear"}, {"landmarks": 20}):
        sstca = SemiSupervisedTCA(4, **options)
        Z = sstca.fit_transform(Xs, y, X_target=Xt)
        assert_allclose(sstca.transform_source(Xs), Z, atol=1e-8)
        assert_array_equal(sstca.transform(Xt), sstca.transform_source(Xt))


def test_without_target_labels_and_graph_shape_the_source():
    Xs, y, _, _ = corpora()
    plain = SemiSupervisedTCA(4, locality=0.0).fit(Xs)
    assert_allclose(plain.weights_, TCA(4).fit(Xs).weights_, rtol=1e-9, atol=1e-12)
    K, H = plain.kernel_(Xs, Xs), np.eye(60) - 1 / 60
    N = 0.5 * (y[:, None] == y) + 0.5 * np.eye(60)
    B = np.eye(60) + 20.0 / 60**2 * K @ laplacian(Xs, 10) @ K
    _, W = linalg.eigh(K @ H @ N @ H @ K, B)
    labelled = SemiSupervisedTCA(4, locality=20.0).fit(Xs, y)
    assert angle(labelled.transform(Xs), K @ W[:, ::-1][:, :4]) < 1e-5
    assert labelled.mu_effective_ == 0


def test_labels_are_needed_only_where_they_weigh():
    Xs, y, Xt, _ = corpora()
    SemiSupervisedTCA(3, label_weight=0).fit(Xs, X_target=Xt)
    with pytest.raises(ValueError, match="SemiSupervisedTCA requires y to be passed"):
        SemiSupervisedTCA(3).fit(Xs, X_target=Xt)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SemiSupervisedTCA(3).fit(Xs, y[1:], X_target=Xt)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"mu": -1}, "mu must be a finite number >= 0"),
        ({"label_weight": 1.1}, "label_weight must be a number from 0 to 1, got 1.1"),
        ({"label_weight": -0.1}, "label_weight must be a number from 0 to 1"),
        ({"locality": -1}, "locality must be a finite number >= 0, got -1"),
        ({"n_neighbors": 0}, "n_neighbors must be an integer >= 1, got 0"),
        ({"mu_scale": "log"}, "mu_scale must be one of"),
        ({"landmarks": 0}, "landmarks must be None or an integer >= 1"),
    ],
)
def test_bad_parameters(parameters, message):
    Xs, y, Xt, _ = corpora(12, 10, 3)
    with pytest.raises(ValueError, match=message):
        SemiSupervisedTCA(**parameters).fit(Xs, y, X_target=Xt)
