import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg
from scipy.stats import ortho_group
from sklearn.decomposition import PCA

from featuretransfer import GeodesicFlowKernel
from featuretransfer.representation._geodesic_flow import disagreement, flow_map

rng = np.random.default_rng(0)


def domains(n_source, n_target, d):
    Xs = rng.normal(size=(n_source, d)) * np.linspace(3, 0.5, d)
    mix = np.linalg.qr(np.eye(d) + 0.3 * rng.normal(size=(d, d)))[0]
    return Xs + 1, (rng.normal(size=(n_target, d)) * np.linspace(3, 0.5, d)) @ mix - 2


def basis(d, k):
    return np.linalg.qr(rng.normal(size=(d, k)))[0]


def bases_apart(d, angles):
    """Two random bases with these principal angles."""
    k = len(angles)
    Q = basis(d, 2 * k)
    target = Q[:, :k] * np.cos(angles) + Q[:, k:] * np.sin(angles)
    return Q[:, :k] @ ortho_group.rvs(k, random_state=1), target @ ortho_group.rvs(
        k, random_state=2
    )


def flow(source, target, t):
    """Basis of the subspace at t on the geodesic, by the logarithm and exponential of the manifold.

    See Edelman, Arias & Smith (1998), theorem 2.3: nothing here has principal angles in it.
    """
    overlap = source.T @ target
    velocity = target @ np.linalg.inv(overlap) - source  # tangent, of the right space
    U, s, Vt = np.linalg.svd(velocity, full_matrices=False)
    turn = t * np.arctan(s)
    return (source @ Vt.T * np.cos(turn) + U * np.sin(turn)) @ Vt


def integrated(source, target):
    nodes, weights = np.polynomial.legendre.leggauss(30)
    steps = [(flow(source, target, (t + 1) / 2), w / 2) for t, w in zip(nodes, weights)]
    return sum(w * P @ P.T for P, w in steps)


@pytest.mark.oracle("GeodesicFlowKernel")
@pytest.mark.parametrize(("d", "k"), [(6, 1), (12, 4), (40, 10), (7, 5), (5, 5)])
def test_equals_the_integral_over_the_flow(d, k):
    source, target = basis(d, k), basis(d, k)
    F, angles = flow_map(source, target)
    assert_allclose(F @ F.T, integrated(source, target), atol=1e-12)
    assert_allclose(angles, linalg.subspace_angles(source, target)[::-1], atol=1e-7)


@pytest.mark.oracle("GeodesicFlowKernel")
@pytest.mark.parametrize("shape", [(60, 50, 12), (20, 15, 40)])
def test_features_have_the_inner_products_of_the_kernel(shape):
    Xs, Xt = domains(*shape)
    adapter = GeodesicFlowKernel(5)
    source, target = adapter.fit_transform(Xs, X_target=Xt), adapter.transform(Xt)
    Ps, Pt = (PCA(5, svd_solver="full").fit(X).components_.T for X in (Xs, Xt))
    mean = np.vstack([Xs, Xt]).mean(axis=0)
    expected = (Xs - mean) @ integrated(Ps, Pt) @ (Xt - mean).T
    assert_allclose(source @ target.T, expected, atol=1e-10 * np.abs(expected).max())


def test_closed_form_of_the_paper():
    angles = np.array([0.2, 0.9, 1.5])
    source, target = bases_apart(12, angles)
    U, cosines, Vt = np.linalg.svd(source.T @ target)
    theta = np.arccos(cosines)
    A = source @ U
    B = (target @ Vt.T - A * cosines) / np.sin(theta)  # the paper's -R_s U_2
    first = (1 + np.sin(2 * theta) / (2 * theta)) / 2
    mixed = (1 - np.cos(2 * theta)) / (4 * theta)
    last = (1 - np.sin(2 * theta) / (2 * theta)) / 2
    G = (A * first) @ A.T + (A * mixed) @ B.T + (B * mixed) @ A.T + (B * last) @ B.T
    F, found = flow_map(source, target)
    assert_allclose(F @ F.T, G, atol=1e-13)
    assert_allclose(found, angles, atol=1e-13)


@pytest.mark.parametrize(
    "angle", [0.0, 1e-12, 1e-9, 5e-8, 2e-7, 1e-5, 1e-3, 0.05 - 1e-9, 0.05 + 1e-9]
)
def test_small_angles(angle):
    source, target = bases_apart(9, np.array([angle, 1.0]))
    F, angles = flow_map(source, target)
    assert_allclose(F @ F.T, integrated(source, target), atol=1e-14)
    assert_allclose(angles, [angle, 1.0], atol=1e-14)
    assert F.shape == (9, 4 if angle > 1e-7 else 3)


def test_right_angle():
    source, target = np.eye(4)[:, :1], np.eye(4)[:, 1:2]
    F, angles = flow_map(source, target)
    expected = np.zeros((4, 4))
    expected[:2, :2] = [[1 / 2, 1 / np.pi], [1 / np.pi, 1 / 2]]  # integrals of cos^2, cos sin
    assert_allclose(F @ F.T, expected, atol=1e-15)
    assert_allclose(angles, np.pi / 2)


def test_same_subspace_is_its_projection():
    source = basis(10, 3)
    F, angles = flow_map(source, source @ ortho_group.rvs(3, random_state=0))
    assert F.shape == (10, 3)
    assert_allclose(F @ F.T, source @ source.T, atol=1e-14)
    assert_allclose(angles, 0, atol=1e-7)


def test_kernel_depends_on_the_subspaces_alone():
    source, target = basis(12, 4), basis(12, 4)
    F, _ = flow_map(source, target)
    for _ in range(3):
        turned = flow_map(source @ ortho_group.rvs(4), target * rng.choice([-1, 1], 4))[0]
        assert_allclose(turned @ turned.T, F @ F.T, atol=1e-13)
    back, _ = flow_map(target, source)
    assert_allclose(back @ back.T, F @ F.T, atol=1e-13)


def test_kernel_lies_between_the_projections():
    F, _ = flow_map(basis(12, 4), basis(12, 4))
    values = np.linalg.eigvalsh(F @ F.T)
    assert values.min() > -1e-14
    assert values.max() <= 1 + 1e-14
    assert np.trace(F @ F.T) == pytest.approx(4)  # every subspace on the way has k dimensions
    assert_allclose(F.T @ F, np.diag(np.diag(F.T @ F)), atol=1e-14)


@pytest.mark.parametrize("shape", [(60, 50, 12), (20, 15, 40)])
@pytest.mark.parametrize("smallest", [1.0, 1e-6])  # the latter squares to more than digits hold
def test_features_are_uncorrelated_by_falling_variance(shape, smallest):
    scales = np.geomspace(1, smallest, shape[2])
    Xs, Xt = (X * scales for X in domains(*shape))
    adapter = GeodesicFlowKernel(min(shape[1:]) - 1).fit(Xs, X_target=Xt)
    features = np.vstack([adapter.transform_source(Xs), adapter.transform(Xt)])
    variances = features.var(axis=0)
    correlations = np.corrcoef(features[:, variances > 1e-20 * variances[0]].T)
    assert_allclose(correlations, np.eye(len(correlations)), atol=1e-6)
    assert (np.diff(variances) < 1e-14 * variances[0]).all()


def test_without_a_target_it_is_pca():
    Xs, _ = domains(60, 50, 8)
    expected = PCA(4).fit_transform(Xs)
    for target in (None, (Xs[::-1],)):
        out = GeodesicFlowKernel(4).fit_transform(Xs, X_target=target)
        assert out.shape == (60, 4)
        assert_allclose(np.abs(out), np.abs(expected), atol=1e-9)
    assert GeodesicFlowKernel().fit_transform(Xs).shape == (60, 8)


def test_single_target_row_leaves_pca_with_a_warning():
    Xs, Xt = domains(30, 20, 6)
    adapter = GeodesicFlowKernel(3)
    with pytest.warns(UserWarning, match="X_target has a single row, which has no principal axes"):
        out = adapter.fit_transform(Xs, X_target=Xt[:1])
    assert_allclose(out, GeodesicFlowKernel(3).fit_transform(Xs), atol=1e-12)


def test_default_dimension_is_the_first_of_disagreement():
    Xs, Xt = domains(200, 150, 40)
    k = GeodesicFlowKernel().fit(Xs, X_target=Xt).n_components_
    assert GeodesicFlowKernel().fit(Xs + 9, X_target=Xt).n_components_ == k
    domains_of = (Xs, Xt, np.vstack([Xs - Xs.mean(axis=0), Xt - Xt.mean(axis=0)]))
    axes = [np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2].T for X in domains_of]
    sines = [
        np.mean([np.sin(linalg.subspace_angles(P[:, :j], axes[2][:, :j])[0]) for P in axes[:2]])
        for j in range(1, k + 1)
    ]
    assert 1 < k < 20
    assert sines[-1] >= 0.99
    assert max(sines[:-1]) < 0.99
    overlaps = [P[:, :k].T @ axes[2][:, :k] for P in axes[:2]]
    assert disagreement(*overlaps) == pytest.approx(sines[-1])


def test_default_dimension_where_the_domains_agree():
    Xs, _ = domains(200, 150, 40)
    assert GeodesicFlowKernel().fit(Xs, X_target=(Xs + 0.0,)).n_components_ == 20


def test_disagreement_of_known_angles():
    pooled = np.eye(6)[:, :2]
    source = np.eye(6)[:, [0, 2]]  # a right angle
    target = np.column_stack([np.eye(6)[0], np.array([0, 0.8, 0.6, 0, 0, 0])])
    assert disagreement(source.T @ pooled, target.T @ pooled) == pytest.approx((1 + 0.6) / 2)


def test_several_right_angles_warn():
    Xs, Xt = domains(40, 30, 8)
    Xs[:, 4:], Xt[:, :4] = 1.0, 1.0
    with pytest.warns(UserWarning, match="More than one .* right angle.* Use n_components < 3"):
        GeodesicFlowKernel(3).fit(Xs, X_target=Xt)


def test_dimension_is_cut_to_the_rank():
    Xs, Xt = domains(30, 5, 8)
    adapter = GeodesicFlowKernel(100).fit(Xs, X_target=Xt)
    assert adapter.n_components_ == 4
    assert adapter.transform(Xt).shape == (5, 8)


def test_directions_shared_by_necessity_have_one_column():
    Xs, Xt = domains(60, 50, 8)
    assert GeodesicFlowKernel(6).fit_transform(Xs, X_target=Xt).shape == (60, 8)


def test_signs_are_determined():
    Xs, Xt = domains(40, 30, 9)
    adapter = GeodesicFlowKernel(3).fit(Xs, X_target=Xt)
    largest = np.argmax(np.abs(adapter.map_), axis=0)
    assert (adapter.map_[largest, range(6)] > 0).all()


@pytest.mark.parametrize("value", [0, 2.0, True, "mle"])
def test_bad_number_of_components(value):
    Xs, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match="n_components must be None or an integer >= 1"):
        GeodesicFlowKernel(value).fit(Xs, X_target=Xt)


def test_equal_rows_are_refused():
    Xs, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match="All rows of X_target are equal"):
        GeodesicFlowKernel().fit(Xs, X_target=np.tile(Xt[0], (4, 1)))
    with pytest.raises(ValueError, match="All rows of X are equal"):
        GeodesicFlowKernel().fit(np.tile(Xs[0], (4, 1)), X_target=Xt)
