import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.metrics.pairwise import rbf_kernel

from featuretransfer import TCA, CorpusScaler

rng = np.random.default_rng(0)


def domains(n_source, n_target, d, gap=1.0):
    mix = rng.normal(size=(d, d)) / np.sqrt(d)
    Xs = rng.normal(size=(n_source, d)) @ mix
    return Xs, rng.normal(size=(n_target, d)) @ mix + gap * rng.normal(size=d)


def problem(Xs, Xt, kernel, gamma=None):
    X = np.concatenate([Xs, Xt])
    K = X @ X.T if kernel == "linear" else rbf_kernel(X, gamma=gamma)
    n, ns, nt = len(X), len(Xs), len(Xt)
    e = np.concatenate([np.full(ns, 1 / ns), np.full(nt, -1 / nt)])
    return K, np.outer(e, e), np.eye(n) - 1 / n


def angle(A, B):
    return np.rad2deg(linalg.subspace_angles(A, B).max())


def reference(Xs, Xt, k, mu, kernel, gamma=None):
    """Projections of all rows by the dense generalised eigenproblem."""
    K, L, H = problem(Xs, Xt, kernel, gamma)
    values, W = linalg.eigh(K @ H @ K, np.eye(len(K)) + mu * K @ L @ K)
    return K @ W[:, ::-1][:, :k], values[::-1][:k]


SHAPES = [(40, 30, 6), (25, 20, 60), (150, 110, 10)]


@pytest.mark.oracle("TCA")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mu", [0.0, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_spans_the_subspace_of_the_dense_eigenproblem(shape, mu, kernel):
    Xs, Xt = domains(*shape)
    k = 4
    tca = TCA(k, mu=mu, kernel=kernel)
    projected = np.concatenate([tca.fit_transform(Xs, X_target=Xt), tca.transform(Xt)])
    gamma = None if kernel == "linear" else tca.gamma_
    expected, values = reference(Xs, Xt, k, mu, kernel, gamma)
    assert angle(projected, expected) < 1e-5
    assert_allclose(tca.eigenvalues_, values, rtol=1e-8)
    # not only the span: column by column up to sign and the one common factor
    for ours, theirs in zip(projected.T, expected.T):
        assert abs(ours @ theirs) == pytest.approx(
            np.linalg.norm(ours) * np.linalg.norm(theirs), rel=1e-8
        )


@pytest.mark.oracle("TCA")
@pytest.mark.parametrize("kernel", ["rbf", "laplacian"])
def test_constraint_holds_but_for_the_common_factor(kernel):
    Xs, Xt = domains(30, 25, 5)
    tca = TCA(6, mu=2.0, kernel=kernel).fit(Xs, X_target=Xt)
    X = np.concatenate([Xs, Xt])
    K = tca.kernel_(X, X)
    _, L, H = problem(Xs, Xt, "linear")
    W = tca.weights_ / tca.scale_
    assert_allclose(W.T @ (np.eye(55) + 2.0 * K @ L @ K) @ W, np.eye(6), atol=1e-9)
    assert_allclose(np.diag(W.T @ K @ H @ K @ W), tca.eigenvalues_)
    variance = np.concatenate([tca.transform_source(Xs), tca.transform(Xt)]).var(axis=0)
    assert variance.mean() == pytest.approx(1)


def test_other_scalings_are_the_same_components():
    Xs, Xt = domains(30, 25, 5)
    K, _, H = problem(Xs, Xt, "rbf", TCA().fit(Xs, X_target=Xt).gamma_)
    fitted = {s: TCA(4, scaling=s).fit(Xs, X_target=Xt) for s in ("b", "unit", "whitened")}
    W = {s: tca.weights_ / tca.scale_ for s, tca in fitted.items()}
    assert_allclose(np.linalg.norm(W["unit"], axis=0), 1)
    assert_allclose(W["whitened"].T @ K @ H @ K @ W["whitened"], np.eye(4), atol=1e-9)
    for other in ("unit", "whitened"):
        ratio = W[other] / W["b"]
        assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-6)


def test_distance_of_whitened_means_never_grows_with_mu():
    Xs, Xt = domains(40, 30, 5)
    distances = []
    for mu in (0, 0.01, 0.1, 1, 10, 100, 1e4):
        tca = TCA(5, mu=mu, scaling="whitened").fit(Xs, X_target=Xt)
        gap = tca.transform_source(Xs).mean(axis=0) - tca.transform(Xt).mean(axis=0)
        distances.append(np.sum(gap**2) / tca.scale_**2)
    assert np.all(np.diff(distances) <= 1e-12)
    assert distances[-1] < 1e-3 * distances[0]


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_means_meet_for_large_mu(kernel):
    Xs, Xt = domains(40, 30, 5, gap=3.0)
    gaps = []
    for mu in (0.0, 1e6):
        tca = TCA(3, mu=mu, kernel=kernel)
        projected = tca.fit_transform(Xs, X_target=Xt)
        gaps.append(np.linalg.norm(projected.mean(axis=0) - tca.transform(Xt).mean(axis=0)))
    assert gaps[0] > 0.5
    assert gaps[1] < 1e-4


def test_no_mu_and_no_target_are_kernel_principal_components():
    Xs, Xt = domains(40, 30, 5)
    X = np.concatenate([Xs, Xt])
    first, second = TCA(3, mu=0.0).fit(Xs, X_target=Xt), TCA(3).fit(X)
    assert_allclose(first.transform(Xt), second.transform(Xt), rtol=1e-8)
    K = rbf_kernel(X, gamma=first.gamma_)
    H = np.eye(70) - 1 / 70
    _, vectors = linalg.eigh(K @ H @ K)
    assert angle(first.weights_, vectors[:, -3:]) < 1e-6


def test_linear_kernel_in_few_and_in_many_dimensions_agree():
    Xs, Xt = domains(40, 30, 12)
    primal = TCA(4, kernel="linear").fit(Xs, X_target=Xt)
    padded = [np.hstack([rows, np.zeros((len(rows), 60))]) for rows in (Xs, Xt)]
    dual = TCA(4, kernel="linear").fit(padded[0], X_target=padded[1])
    assert_allclose(primal.weights_, dual.weights_[:12], atol=1e-9)
    assert_allclose(primal.eigenvalues_, dual.eigenvalues_)
    assert primal.explained_share_ == pytest.approx(dual.explained_share_)
    assert primal.mu_effective_ == pytest.approx(dual.mu_effective_)
    assert_allclose(primal.transform(Xt), Xt @ primal.weights_)


def test_linear_kernel_has_nothing_to_align_after_corpus_scaling():
    Xs, Xt = domains(40, 30, 5)
    scaler = CorpusScaler().fit(Xs, X_target=Xt)
    Zs, Zt = scaler.transform_source(Xs), scaler.transform(Xt)
    strong, none = (TCA(3, mu=mu, kernel="linear").fit(Zs, X_target=Zt) for mu in (1e6, 0.0))
    assert strong.mu_effective_ == 0
    assert_allclose(strong.weights_, none.weights_)


def test_relative_mu_is_in_units_of_the_gap():
    Xs, Xt = domains(40, 30, 5)
    relative = TCA(3, mu=7.0, mu_scale="relative").fit(Xs, X_target=Xt)
    assert relative.mu_effective_ == pytest.approx(7.0)
    gap = TCA(3, mu=1.0).fit(Xs, X_target=Xt).mu_effective_
    absolute = TCA(3, mu=7.0 / gap).fit(Xs, X_target=Xt)
    assert_allclose(relative.transform(Xt), absolute.transform(Xt), rtol=1e-7)


def test_frobenius_mu_is_in_units_of_the_norm_of_the_matrix():
    Xs, Xt = domains(40, 30, 5)
    scaled = TCA(3, mu=0.2, mu_scale="frobenius").fit(Xs, X_target=Xt)
    _, L, _ = problem(Xs, Xt, "linear")
    absolute = TCA(3, mu=0.2 / np.linalg.norm(L)).fit(Xs, X_target=Xt)
    assert_allclose(scaled.transform(Xt), absolute.transform(Xt), rtol=1e-7)
    assert scaled.mu_effective_ == pytest.approx(absolute.mu_effective_)


def test_explained_share_is_that_of_all_eigenvalues():
    Xs, Xt = domains(30, 25, 5)
    for kernel in ("rbf", "linear"):
        tca = TCA(3, kernel=kernel).fit(Xs, X_target=Xt)
        gamma = None if kernel == "linear" else tca.gamma_
        _, values = reference(Xs, Xt, 55, 1.0, kernel, gamma)
        assert tca.explained_share_ == pytest.approx(values[:3].sum() / values.sum())


def test_all_rows_as_landmarks_are_exact_and_fewer_nearly_so():
    Xs, Xt = domains(120, 100, 4)
    exact = TCA(5).fit(Xs, X_target=Xt)
    same = TCA(5, landmarks=300).fit(Xs, X_target=Xt)
    assert_allclose(same.transform(Xt), exact.transform(Xt))
    assert same.landmark_share_ == 1.0
    shares, angles = [], []
    for landmarks in (10, 40, 160):
        tca = TCA(5, landmarks=landmarks)
        projected = tca.fit_transform(Xs, X_target=Xt)
        assert tca.rows_.shape == (landmarks, 4)
        assert_allclose(projected, tca.transform_source(Xs), atol=1e-8)
        shares.append(tca.landmark_share_)
        angles.append(angle(tca.transform(Xt), exact.transform(Xt)))
    assert shares[0] < shares[1] < shares[2] <= 1 + 1e-9
    assert angles[2] < angles[0]
    assert shares[2] > 0.99


def test_components_beyond_the_rank_are_zero():
    Xs, Xt = domains(30, 20, 3)
    narrow = [np.hstack([rows, rows @ np.ones((3, 4))]) for rows in (Xs, Xt)]
    tca = TCA(6, kernel="linear").fit(narrow[0], X_target=narrow[1])
    out = tca.transform(narrow[1])
    assert out.shape == (20, 6)
    assert_array_equal(tca.eigenvalues_[3:], 0)
    assert_allclose(out[:, 3:], 0, atol=1e-12)
    assert tca.explained_share_ == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, 24), ({"kernel": "linear"}, 6), ({"landmarks": 7}, 7)],
)
def test_number_of_components_is_cut(options, expected):
    Xs, Xt = domains(15, 10, 6)
    assert TCA(100, **options).fit_transform(Xs, X_target=Xt).shape == (15, expected)


def test_signs_are_determined():
    Xs, Xt = domains(40, 30, 5)
    tca = TCA(4).fit(Xs, X_target=Xt)
    largest = np.argmax(np.abs(tca.weights_), axis=0)
    assert (tca.weights_[largest, range(4)] > 0).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"n_components": 2.0}, "n_components must be an integer"),
        ({"landmarks": 0}, "landmarks must be None or an integer >= 1"),
        ({"mu": -1}, "mu must be a finite number >= 0"),
        ({"mu": np.inf}, "mu must be a finite number"),
        ({"mu_scale": "log"}, r"mu_scale must be one of \['absolute', 'relative', 'frobenius'\]"),
        ({"scaling": "w"}, "scaling must be one of"),
        ({"kernel": "x"}, "kernel must be"),
        ({"gamma": -1}, "gamma must be"),
    ],
)
def test_bad_parameters(parameters, message):
    Xs, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match=message):
        TCA(**parameters).fit(Xs, X_target=Xt)
