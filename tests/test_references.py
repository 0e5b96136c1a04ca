"""Agreement with reference values made by other programs; ``tests/assets/README.md`` says how."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import subspace_angles
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel

import featuretransfer as ft

ASSETS = Path(__file__).parent / "assets"
GAMMA, MU, K = 0.08, 2.0, 3
pytestmark = pytest.mark.filterwarnings(
    "ignore::featuretransfer.exceptions.LowEffectiveSampleSizeWarning"
)


def load(name):
    with np.load(ASSETS / f"{name}.npz") as arrays:
        return SimpleNamespace(**arrays)


DATA = load("inputs")


def fitted(method, y=None):
    return method.fit(DATA.Xs, y, X_target=DATA.Xt)


def both_views(adapter):
    return adapter.transform_source(DATA.Xs), adapter.transform(DATA.Xt)


def mean_one(w):
    return w / w.mean()


def angle(A, B):
    """Largest angle between the subspaces of the centred columns, in degrees."""
    A, B = A - A.mean(axis=0), B - B.mean(axis=0)
    return np.rad2deg(subspace_angles(A, B).max())


@pytest.mark.oracle("KernelMeanMatching")
@pytest.mark.parametrize(("name", "options"), [("loose", {}), ("tight", {"B": 3.0, "eps": 0.01})])
def test_kernel_mean_matching(name, options):
    stored = load("kernel_mean_matching")
    found = fitted(ft.KernelMeanMatching(gamma=GAMMA, **options)).solution_
    assert_allclose(found, getattr(stored, name), atol=1e-4)
    n = len(DATA.Xs)
    P = rbf_kernel(DATA.Xs, gamma=GAMMA) + 1e-6 * np.eye(n)
    k = n * rbf_kernel(DATA.Xs, DATA.Xt, GAMMA).mean(axis=1)

    def objective(w):
        return w @ P @ w / 2 - k @ w

    assert objective(found) <= objective(getattr(stored, name)) + 1e-8
    theirs = getattr(stored, f"{name}_skada")
    breaks_bound = theirs.max() > options.get("B", 1000.0)
    assert breaks_bound or objective(theirs) > objective(found) + 1e-4


@pytest.mark.oracle("KLIEP")
def test_kliep():
    stored = load("kliep")
    found = fitted(ft.KLIEP(gamma=GAMMA))
    assert found.score_ == pytest.approx(stored.score, abs=1e-8)
    assert_allclose(found.sample_weight_, mean_one(stored.weights), atol=1e-4)
    assert not np.allclose(mean_one(stored.skada), found.sample_weight_, atol=0.05)


@pytest.mark.parametrize(
    ("weighter", "alpha"),
    [
        pytest.param(ft.ULSIF(gamma=GAMMA, reg=0.1), 0.0, id="ULSIF"),
        pytest.param(ft.RuLSIF(gamma=GAMMA, reg=0.1), 0.1, id="RuLSIF"),
    ],
)
def test_least_squares_ratios(weighter, alpha):
    stored = getattr(load("least_squares_ratios"), f"weights_{alpha}")
    assert_allclose(fitted(weighter).sample_weight_, mean_one(stored), rtol=1e-9)


@pytest.mark.oracle("GaussianWeights")
def test_gaussian_weights():
    found = fitted(ft.GaussianWeights()).density_ratio(DATA.Xs)
    assert_allclose(found, load("gaussian_weights").ratio, rtol=1e-9)


@pytest.mark.oracle("KernelDensityWeights")
def test_kernel_density_weights():
    found = fitted(ft.KernelDensityWeights(alpha=0.1, reg=0.0)).sample_weight_
    assert_allclose(found, mean_one(load("kernel_density_weights").relative_ratio), rtol=1e-9)


@pytest.mark.oracle("NearestNeighborWeights")
def test_nearest_neighbor_weights():
    stored = load("nearest_neighbor_weights")
    assert_array_equal(fitted(ft.NearestNeighborWeights()).counts_, stored.counts)
    assert not np.allclose(mean_one(stored.skada), mean_one(stored.counts))


@pytest.mark.oracle("DomainClassifierWeights")
def test_domain_classifier_weights():
    stored = load("domain_classifier_weights")
    found = fitted(ft.DomainClassifierWeights(random_state=0)).sample_weight_
    assert_allclose(found, mean_one(stored.odds), rtol=1e-6)
    assert np.corrcoef(np.log(found), np.log(stored.skada))[0, 1] < -0.5


@pytest.mark.oracle("CorpusScaler")
def test_corpus_scaler():
    stored = load("corpus_scaler")
    source, target = both_views(fitted(ft.CorpusScaler()))
    assert_allclose(source, stored.source, atol=1e-12)
    assert_allclose(target, stored.target, atol=1e-12)


@pytest.mark.oracle("CORAL")
def test_coral():
    stored = load("coral")
    source, target = both_views(fitted(ft.CORAL(reg=0.0)))
    ns, nt = len(DATA.Xs), len(DATA.Xt)
    # theirs: covariances by 1 / n, both domains moved to mean 0
    factor = np.sqrt(nt / (nt - 1) * (ns - 1) / ns)
    mean = DATA.Xt.mean(axis=0)
    assert_allclose(source, factor * stored.source + mean, atol=1e-9)
    assert_allclose(target, stored.target + mean, atol=1e-12)


@pytest.mark.oracle("SubspaceAlignment")
def test_subspace_alignment():
    stored = load("subspace_alignment")
    source, target = both_views(fitted(ft.SubspaceAlignment(K)))
    signs = np.sign(np.sum(target * stored.target, axis=0))
    assert_allclose(source, stored.source * signs, atol=1e-9)
    assert_allclose(target, stored.target * signs, atol=1e-9)


@pytest.mark.oracle("TCA")
def test_tca():
    stored = load("tca")
    found = np.concatenate(both_views(fitted(ft.TCA(K, mu=MU, gamma=GAMMA))))
    assert angle(found, stored.components) < 1e-6
    assert angle(found, stored.skada) > 10


class Given(ClassifierMixin, BaseEstimator):
    """Predicts the target's labels whatever it learns, for references with labels given."""

    def __init__(self, labels=None):
        self.labels = labels

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.labels[: len(X)]


@pytest.mark.oracle("JDA")
def test_jda():
    method = ft.JDA(K, mu=MU, gamma=GAMMA, estimator=Given(DATA.yt))
    found = np.concatenate(both_views(fitted(method, DATA.ys)))
    assert angle(found, load("jda").components) < 1e-6


@pytest.mark.oracle("BDA")
@pytest.mark.parametrize("weighted", [False, True])
def test_bda(weighted):
    stored = load("bda")
    labels = DATA.yt[stored.kept]
    method = ft.BDA(K, mu=MU, balance=0.3, weighted=weighted, gamma=GAMMA, estimator=Given(labels))
    method.fit(DATA.Xs, DATA.ys, X_target=DATA.Xt[stored.kept])
    found = method.transform_source(DATA.Xs), method.transform(DATA.Xt[stored.kept])
    expected = stored.weighted if weighted else stored.plain
    assert angle(np.concatenate(found), expected) < 1e-6


@pytest.mark.oracle("SemiSupervisedTCA")
@pytest.mark.parametrize(("name", "locality"), [("labels", 0.0), ("graph", 50.0)])
def test_semi_supervised_tca(name, locality):
    method = ft.SemiSupervisedTCA(
        K, mu=MU, label_weight=0.5, locality=locality, n_neighbors=10, gamma=GAMMA
    )
    found = np.concatenate(both_views(fitted(method, DATA.ys)))
    assert angle(found, getattr(load("semi_supervised_tca"), name)) < 1e-6


@pytest.mark.oracle("TransferJointMatching")
def test_transfer_joint_matching():
    method = ft.TransferJointMatching(K, mu=MU, sparsity=0.05, gamma=GAMMA, max_iter=5, tol=0.0)
    found = np.concatenate(both_views(fitted(method)))
    assert angle(found, load("transfer_joint_matching").components) < 1e-5


@pytest.mark.oracle("GeodesicFlowKernel")
def test_geodesic_flow_kernel():
    stored = load("geodesic_flow_kernel")
    views = both_views(fitted(ft.GeodesicFlowKernel(2)))
    for found, expected in zip(views, (stored.source, stored.target)):
        centred = found - found.mean(axis=0)
        assert_allclose(centred @ centred.T, expected, atol=1e-9)


@pytest.mark.oracle("LinearOptimalTransport")
def test_linear_optimal_transport():
    stored = load("linear_optimal_transport").source
    found, target = both_views(fitted(ft.LinearOptimalTransport(reg=0.0)))
    ns, nt = len(DATA.Xs), len(DATA.Xt)
    mean = DATA.Xt.mean(axis=0)
    factor = np.sqrt(nt / (nt - 1) * (ns - 1) / ns)  # theirs: covariances by 1 / n
    assert_allclose(found - mean, factor * (stored - mean), atol=1e-9)
    assert_array_equal(target, DATA.Xt)


@pytest.mark.oracle("OptimalTransport")
def test_optimal_transport():
    found, _ = both_views(fitted(ft.OptimalTransport(reg=0.1, tol=1e-12)))
    assert_allclose(found, load("optimal_transport").source, atol=1e-7)


@pytest.mark.oracle("DomainRegression")
@pytest.mark.parametrize(("name", "mu"), [("plain", 0.0), ("gap", MU)])
def test_domain_regression(name, mu):
    method = ft.DomainRegression(conditional=False, mu=mu, alpha=0.03, class_weight=None)
    fitted(method, DATA.ys)
    X, Y = DATA.Xs - DATA.Xs.mean(axis=0), np.eye(3)[DATA.ys]
    gap = DATA.Xs.mean(axis=0) - DATA.Xt.mean(axis=0)

    def objective(C):
        squares = np.sum((Y - Y.mean(axis=0) - X @ C) ** 2) / len(X) + mu * np.sum((gap @ C) ** 2)
        return squares / 2 + 0.03 * np.linalg.norm(C, axis=1).sum()

    images = method.transform(DATA.Xs)
    C = np.linalg.lstsq(X, images - images.mean(axis=0), rcond=None)[0]
    expected = getattr(load("domain_regression"), name)
    assert_allclose(C, expected, atol=1e-3)
    assert objective(C) == pytest.approx(objective(expected), rel=1e-6)
