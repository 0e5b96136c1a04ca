import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsClassifier

from featuretransfer import BDA, JDA, TCA, CorpusScaler
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.representation._balance import estimate_balance
from featuretransfer.synthetic import make_shifted_corpora

NEAREST = KNeighborsClassifier(1)


def corpora(n_source=70, n_target=60, d=6, **options):
    data = make_shifted_corpora(n_source, n_target, d, random_state=0, **options)
    scaler = CorpusScaler().fit(data.X_source, X_target=data.X_target)
    Xs, Xt = scaler.transform_source(data.X_source), scaler.transform(data.X_target)
    return Xs, data.y_source, Xt, data.y_target


def term(source, target, ratio=1.0):
    """Mc for indicators of the class in source and target rows."""
    e = np.concatenate([source / max(source.sum(), 1), -ratio * target / max(target.sum(), 1)])
    return np.outer(e, e) * bool(source.any() and target.any())


def reference(Xs, y, Xt, k, mu, balance, weighted, gamma, n_iter):
    """Projections of all rows by dense generalised eigenproblems, and their pseudo-labels."""
    X, n_s = np.concatenate([Xs, Xt]), len(Xs)
    K, H = rbf_kernel(X, gamma=gamma), np.eye(len(X)) - 1 / len(X)
    M0 = M = term(np.ones(n_s), np.ones(len(Xt)))
    for _ in range(n_iter):
        _, W = linalg.eigh(K @ H @ K, np.eye(len(X)) + mu * K @ M @ K)
        Z = K @ W[:, ::-1][:, :k]
        labels = NEAREST.fit(Z[:n_s], y).predict(Z[n_s:])
        ratio = {c: np.mean(labels == c) / np.mean(y == c) if weighted else 1.0 for c in set(y)}
        Mc = sum(term(y == c, labels == c, ratio[c]) for c in set(y))
        M = (1 - balance) * M0 + balance * Mc
    return Z, labels


@pytest.mark.oracle("BDA")
@pytest.mark.parametrize("balance", [0.2, 0.9, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_iter", [1, 3])
def test_every_iteration_solves_its_dense_eigenproblem(balance, weighted, n_iter):
    Xs, y, Xt, _ = corpora(strength=0.6, shift="prior")
    bda = BDA(4, 10.0, balance, weighted, estimator=NEAREST, max_iter=n_iter)
    projected = np.concatenate([bda.fit_transform(Xs, y, X_target=Xt), bda.transform(Xt)])
    expected, labels = reference(Xs, y, Xt, 4, 10.0, balance, weighted, bda.gamma_, bda.n_iter_)
    assert np.rad2deg(linalg.subspace_angles(projected, expected).max()) < 1e-5
    assert_array_equal(bda.pseudo_labels_, labels)
    assert bda.balance_ == (0.0 if bda.n_iter_ == 1 else balance)


@pytest.mark.oracle("BDA")
def test_balance_zero_is_tca():
    Xs, y, Xt, _ = corpora()
    bda, tca = (
        BDA(5, mu=3.0, balance=0).fit(Xs, y, X_target=Xt),
        TCA(5, mu=3.0).fit(Xs, X_target=Xt),
    )
    assert_allclose(bda.weights_, tca.weights_, rtol=1e-8, atol=1e-12)
    assert bda.n_iter_ == 2  # the second iteration finds that nothing changes
    assert bda.converged_


def test_balance_one_half_is_jda_with_half_its_mu():
    Xs, y, Xt, _ = corpora(200, 150, 20, separation=2.0, strength=0.5)
    bda, jda = BDA(5, mu=2.0).fit(Xs, y, X_target=Xt), JDA(5, mu=1.0).fit(Xs, y, X_target=Xt)
    assert_array_equal(bda.pseudo_labels_, jda.pseudo_labels_)
    assert bda.converged_
    assert jda.converged_
    assert_allclose(bda.weights_, jda.weights_, rtol=1e-7, atol=1e-12)


def test_class_means_alone_meet_for_large_mu():
    Xs, y, Xt, _ = corpora(shift="prior", strength=1.5)
    gaps = {}
    for weighted in (False, True):
        options = {"balance": 1.0, "weighted": weighted, "mu": 1e8}
        labels = BDA(3, max_iter=1, **options).fit(Xs, y, X_target=Xt).pseudo_labels_
        bda = BDA(3, max_iter=2, **options)
        Zs, Zt = bda.fit_transform(Xs, y, X_target=Xt), bda.transform(Xt)
        for name, use in (("plain", False), ("weighted", True)):
            gaps[weighted, name] = max(
                np.linalg.norm(
                    Zs[y == c].mean(axis=0)
                    - (np.mean(labels == c) / np.mean(y == c) if use else 1.0)
                    * Zt[labels == c].mean(axis=0)
                )
                for c in set(labels)
            )
    assert gaps[False, "plain"] < 1e-4 < gaps[False, "weighted"]
    assert gaps[True, "weighted"] < 1e-4 < gaps[True, "plain"]


def test_estimated_balance_is_that_of_the_kernel_principal_components():
    Xs, y, Xt, _ = corpora(strength=0.5)
    first = BDA(5, balance="estimate", max_iter=1).fit(Xs, y, X_target=Xt)
    assert first.balance_ == 0.0
    second = BDA(5, balance="estimate", max_iter=2).fit(Xs, y, X_target=Xt)
    kpca = TCA(5, mu=0.0).fit(Xs, X_target=Xt)
    expected = estimate_balance(kpca.transform(Xs), kpca.transform(Xt), y, first.pseudo_labels_)
    assert 0 < expected < 1
    assert second.balance_ == pytest.approx(expected)
    given = BDA(5, balance=expected, max_iter=2).fit(Xs, y, X_target=Xt)
    assert_allclose(second.weights_, given.weights_, rtol=1e-7, atol=1e-12)


def test_landmarks_and_new_rows():
    Xs, y, Xt, _ = corpora()
    exact = BDA(5, balance="estimate").fit(Xs, y, X_target=Xt)
    same = BDA(5, balance="estimate", landmarks=130).fit(Xs, y, X_target=Xt)
    assert_array_equal(same.weights_, exact.weights_)
    for options in ({}, {"kernel": "linear"}, {"landmarks": 20}):
        bda = BDA(5, balance="estimate", **options)
        Z = bda.fit_transform(Xs, y, X_target=Xt)
        assert_allclose(bda.transform_source(Xs), Z, atol=1e-8)


def test_without_target_it_is_kernel_principal_components():
    Xs, y, _, _ = corpora()
    bda = BDA(5, balance="estimate").fit(Xs, y)
    assert_allclose(bda.weights_, TCA(5).fit(Xs).weights_)
    assert bda.balance_ == 0.0


def test_warning_names_the_method():
    Xs, y, Xt, _ = corpora()
    with pytest.warns(PseudoLabelWarning, match="of BDA have nearly lost") as caught:
        BDA(4).fit(Xs, y, X_target=Xt + 100 * np.eye(6)[0])
    assert caught[0].filename == __file__


def test_weighted_is_true_or_false():
    Xs, y, Xt, _ = corpora(12, 10, 3)
    with pytest.raises(TypeError, match="weighted must be True or False, got 'yes'"):
        BDA(weighted="yes").fit(Xs, y, X_target=Xt)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"balance": -0.1}, "balance must be 'estimate' or a number from 0 to 1, got -0.1"),
        ({"balance": 1.1}, "balance must be 'estimate' or a number from 0 to 1"),
        ({"balance": "auto"}, "balance must be 'estimate' or a number from 0 to 1, got 'auto'"),
        ({"balance": np.nan}, "balance must be 'estimate' or a number"),
        ({"mu": None}, "mu must be a finite number >= 0"),
        ({"max_iter": 1.5}, "max_iter must be an integer >= 1"),
    ],
)
def test_bad_parameters(parameters, message):
    Xs, y, Xt, _ = corpora(12, 10, 3)
    with pytest.raises(ValueError, match=message):
        BDA(**parameters).fit(Xs, y, X_target=Xt)
