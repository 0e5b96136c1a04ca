import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.metrics.pairwise import rbf_kernel

from featuretransfer import TCA, CorpusScaler, TransferJointMatching
from featuretransfer.synthetic import make_shifted_corpora


def domains(n_source=45, n_target=35, d=5, **options):
    data = make_shifted_corpora(n_source, n_target, d, random_state=0, **options)
    return data.X_source, data.X_target


def matrices(Xs, Xt, kernel, gamma):
    X, n_s = np.concatenate([Xs, Xt]), len(Xs)
    K = X @ X.T if kernel == "linear" else rbf_kernel(X, gamma=gamma)
    e = np.concatenate([np.full(n_s, 1 / n_s), np.full(len(Xt), -1 / len(Xt))])
    return K, np.outer(e, e), np.eye(len(X)) - 1 / len(X)


def objective(A, K, M, n_source, mu, s, floor=0.0):
    """The paper's objective, divided by its lambda; norms below the floor are squared."""
    norms = np.linalg.norm(A[:n_source], axis=1)
    if floor:
        norms = np.where(norms > floor, norms, norms**2 / (2 * floor) + floor / 2)
    return mu * np.trace(A.T @ K @ M @ K @ A) + s * norms.sum() + np.sum(A[n_source:] ** 2)


def reference(Xs, Xt, k, mu, s, kernel, gamma, n_iter):
    """A by dense generalised eigenproblems, and the objective of every iteration."""
    K, M, H = matrices(Xs, Xt, kernel, gamma)
    G, n_s, reached, floor = np.ones(len(K)), len(Xs), [], None
    for _ in range(n_iter):
        values, W = linalg.eigh(K @ H @ K, np.diag(G) + mu * K @ M @ K)
        A = (W / np.sqrt(np.abs(values)))[:, ::-1][:, :k]  # A'KHKA = I
        norms = np.linalg.norm(A[:n_s], axis=1)
        floor = 1e-6 * norms.mean() if floor is None else floor
        reached.append(objective(A, K, M, n_s, mu, s, floor))
        G[:n_s] = s / (2 * np.maximum(norms, floor))
    return A, K @ A, reached


@pytest.mark.oracle("TransferJointMatching")
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("d", [5, 90])
@pytest.mark.parametrize("mu", [0.1, 50.0])
@pytest.mark.parametrize("s", [0.1, 1.0])
@pytest.mark.parametrize("n_iter", [1, 2, 4])
def test_every_iteration_solves_its_dense_eigenproblem(kernel, d, mu, s, n_iter):
    Xs, Xt = domains(d=d)
    tjm = TransferJointMatching(3, mu, s, kernel, max_iter=n_iter, tol=0.0)
    projected = np.concatenate([tjm.fit_transform(Xs, X_target=Xt), tjm.transform(Xt)])
    gamma = None if kernel == "linear" else tjm.gamma_
    A, Z, reached = reference(Xs, Xt, 3, mu, s, kernel, gamma, n_iter)
    assert np.rad2deg(linalg.subspace_angles(projected, Z).max()) < 1e-5
    assert_allclose(tjm.row_norms_, np.linalg.norm(A[:45], axis=1), rtol=1e-5, atol=1e-12)
    assert_allclose(tjm.objective_, reached, rtol=1e-7)


@pytest.mark.oracle("TransferJointMatching")
@pytest.mark.parametrize("sparsity", ["balanced", 0.01, 1.0, 10.0])
@pytest.mark.parametrize("options", [{}, {"kernel": "linear"}, {"landmarks": 25}, {"mu": 100.0}])
def test_objective_never_rises(sparsity, options):
    Xs, Xt = domains(120, 100, 5)
    tjm = TransferJointMatching(4, sparsity=sparsity, max_iter=40, tol=0.0, **options)
    reached = tjm.fit(Xs, X_target=Xt).objective_
    assert len(reached) > 3
    assert np.all(np.diff(reached) <= 1e-9 * reached[0])
    assert reached[-1] < 0.99 * reached[0]


def test_no_other_components_under_the_constraint_are_better():
    Xs, Xt = domains()
    tjm = TransferJointMatching(3, mu=5.0, sparsity="balanced", max_iter=500, tol=1e-12)
    tjm.fit(Xs, X_target=Xt)
    assert tjm.converged_
    K, M, H = matrices(Xs, Xt, "rbf", tjm.gamma_)
    A = tjm.weights_ / tjm.scale_ / np.sqrt(tjm.eigenvalues_)
    assert_allclose(A.T @ K @ H @ K @ A, np.eye(3), atol=1e-8)
    s = (
        2
        * np.linalg.norm(
            reference(Xs, Xt, 3, 5.0, 1.0, "rbf", tjm.gamma_, 1)[0][:45], axis=1
        ).mean()
    )
    best = objective(A, K, M, 45, 5.0, s)
    assert tjm.objective_[-1] == pytest.approx(best, rel=1e-5)
    rng = np.random.default_rng(0)
    for size in (1e-3, 1e-2, 0.1):  # a minimum, so nothing near by is lower
        other = A + size * np.abs(A).max() * rng.normal(size=A.shape)
        other = other @ linalg.inv(linalg.sqrtm(other.T @ K @ H @ K @ other).real)
        assert objective(other, K, M, 45, 5.0, s) > best


@pytest.mark.parametrize("mu_scale", ["absolute", "relative", "frobenius"])
@pytest.mark.parametrize("options", [{}, {"kernel": "linear"}, {"landmarks": 20}])
def test_first_iteration_is_tca(mu_scale, options):
    Xs, Xt = domains()
    tjm = TransferJointMatching(4, mu=3.0, mu_scale=mu_scale, max_iter=1, **options)
    tca = TCA(4, mu=3.0, mu_scale=mu_scale, **options).fit(Xs, X_target=Xt)
    assert_allclose(tjm.fit(Xs, X_target=Xt).weights_, tca.weights_, rtol=1e-9, atol=1e-12)
    assert tjm.mu_effective_ == pytest.approx(tca.mu_effective_)


def test_mu_is_the_same_in_every_iteration():
    Xs, Xt = domains()
    K, M, _ = matrices(Xs, Xt, "rbf", TCA().fit(Xs, X_target=Xt).gamma_)
    units = {"relative": linalg.norm(K @ M @ K, 2), "frobenius": linalg.norm(M)}
    for mu_scale, unit in units.items():
        scaled = TransferJointMatching(4, mu=3.0, mu_scale=mu_scale).fit(Xs, X_target=Xt)
        absolute = TransferJointMatching(4, mu=3.0 / unit).fit(Xs, X_target=Xt)
        assert scaled.n_iter_ == absolute.n_iter_
        assert_allclose(scaled.weights_, absolute.weights_, rtol=1e-5, atol=1e-9)


def test_means_meet_for_large_mu():
    Xs, Xt = domains()
    gaps = []
    for mu in (0.0, 1e8):
        tjm = TransferJointMatching(3, mu=mu, sparsity="balanced")
        Z = tjm.fit_transform(Xs, X_target=Xt)
        gaps.append(np.linalg.norm(Z.mean(axis=0) - tjm.transform(Xt).mean(axis=0)))
    assert gaps[0] > 0.5
    assert gaps[1] < 1e-4


def test_rows_unlike_the_target_count_less():
    rng = np.random.default_rng(0)
    Xs = np.concatenate([rng.normal(size=(60, 4)), rng.normal(size=(60, 4)) + [3, 0, 0, 0]])
    Xt = rng.normal(size=(80, 4))
    for landmarks in (None, 60):
        tjm = TransferJointMatching(5, 10.0, "balanced", landmarks=landmarks, max_iter=30)
        norms = tjm.fit(Xs, X_target=Xt).row_norms_
        assert norms[:60].mean() > 1.5 * norms[60:].mean()


def test_a_heavy_penalty_leaves_the_components_to_the_target():
    Xs, Xt = domains(60, 50, 4)
    scaler = CorpusScaler().fit(Xs, X_target=Xt)
    Zs, Zt = scaler.transform_source(Xs), scaler.transform(Xt)
    shares = []
    for sparsity in (1e-3, 10.0):
        tjm = TransferJointMatching(3, sparsity=sparsity, max_iter=20).fit(Zs, X_target=Zt)
        source, target = np.sum(tjm.weights_[:60] ** 2), np.sum(tjm.weights_[60:] ** 2)
        shares.append(source / (source + target))
    assert shares[0] > 0.5
    assert shares[1] < 1e-6


def test_all_rows_as_landmarks_are_exact_and_new_rows_are_projected_alike():
    Xs, Xt = domains(60, 50, 4)
    exact = TransferJointMatching(4).fit(Xs, X_target=Xt)
    same = TransferJointMatching(4, landmarks=110).fit(Xs, X_target=Xt)
    assert_array_equal(same.weights_, exact.weights_)
    near = TransferJointMatching(4, landmarks=100, max_iter=2).fit(Xs, X_target=Xt)
    two = TransferJointMatching(4, max_iter=2).fit(Xs, X_target=Xt)
    angles = linalg.subspace_angles(near.transform(Xt), two.transform(Xt))
    assert np.rad2deg(angles.max()) < 2
    assert np.corrcoef(near.row_norms_, two.row_norms_)[0, 1] > 0.99
    for options in ({}, {"kernel": "linear"}, {"landmarks": 20}):
        tjm = TransferJointMatching(4, **options)
        Z = tjm.fit_transform(Xs, X_target=Xt)
        assert_allclose(tjm.transform_source(Xs), Z, atol=1e-7)
        assert len(tjm.row_norms_) == 60
        both = np.concatenate([Z, tjm.transform(Xt)])
        assert both.var(axis=0).mean() == pytest.approx(1)


def test_rows_in_another_order_carry_their_norms_along():
    Xs, Xt = domains()
    order = np.random.default_rng(1).permutation(45)
    first, second = (
        TransferJointMatching(4, sparsity="balanced").fit(rows, X_target=Xt)
        for rows in (Xs, Xs[order])
    )
    assert_allclose(second.row_norms_, first.row_norms_[order], rtol=1e-5)


def test_without_target_it_is_kernel_principal_components():
    Xs, _ = domains()
    tjm = TransferJointMatching(5).fit(Xs)
    assert_allclose(tjm.weights_, TCA(5).fit(Xs).weights_)
    assert tjm.n_iter_ == 1
    assert tjm.row_norms_.shape == (45,)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"mu": -1}, "mu must be a finite number >= 0"),
        ({"sparsity": 0}, "sparsity must be 'balanced' or a number > 0, got 0"),
        ({"sparsity": "l21"}, "sparsity must be 'balanced' or a number > 0, got 'l21'"),
        ({"tol": -1e-3}, "tol must be a finite number >= 0"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1, got 0"),
        ({"mu_scale": "log"}, "mu_scale must be one of"),
    ],
)
def test_bad_parameters(parameters, message):
    Xs, Xt = domains(12, 10, 3)
    with pytest.raises(ValueError, match=message):
        TransferJointMatching(**parameters).fit(Xs, X_target=Xt)
