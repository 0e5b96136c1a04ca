import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NearestNeighbors, kneighbors_graph

from featuretransfer import TLSL
from featuretransfer.representation._linear_subspace import scatter_difference

rng = np.random.default_rng(0)
CRITERIA = ["pca", "lda", "lpp"]


def domains(n_source, n_target, d):
    y = np.arange(n_source) % 3
    means = rng.normal(size=(3, d))
    Xs = rng.normal(size=(n_source, d)) * np.linspace(2, 0.5, d) + means[y]
    Xt = rng.normal(size=(n_target, d)) * np.linspace(1, 1.5, d)
    return Xs, y, Xt + means[np.arange(n_target) % 3] + np.linspace(0, 2, d)


def laplacian_of(links):
    links = np.maximum(links, links.T)
    return (np.diag(links.sum(axis=1)) - links) / links.sum()


def definition(Xs, y, Xt, criterion, lam, mu, n_neighbors=5):
    """The matrices of the objective and of the constraint, dense and from their formulas."""
    X = np.vstack([Xs, Xt])
    C = ledoit_wolf(X)[0]
    if criterion == "pca":
        F = np.trace(C) / X.shape[1] * np.eye(X.shape[1])
    elif criterion == "lpp":
        F = X.T @ laplacian_of(kneighbors_graph(X, n_neighbors).toarray()) @ X
    else:
        parts = [Xs[y == label] for label in np.unique(y)]
        F = sum(len(part) * np.cov(part.T, bias=True) for part in parts) / len(Xs)
        F = 2 * F - np.cov(Xs.T, bias=True)  # total = within + between
    gap = Xs.mean(axis=0) - Xt.mean(axis=0)
    ns, links = len(Xs), np.zeros((len(X), len(X)))
    nearest = NearestNeighbors(n_neighbors=n_neighbors)
    links[:ns, ns:] = nearest.fit(Xt).kneighbors_graph(Xs).toarray()
    links[ns:, :ns] = nearest.fit(Xs).kneighbors_graph(Xt).toarray()
    return F + lam * np.outer(gap, gap) + mu * X.T @ laplacian_of(links) @ X, C


def unit(P):
    P = P / np.linalg.norm(P, axis=0)
    return P * np.sign(P[np.argmax(np.abs(P), axis=0), range(P.shape[1])])


@pytest.mark.oracle("TLSL")
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("lam", "mu"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (3.0, 0.5)])
def test_equals_the_dense_eigenproblem(criterion, lam, mu):
    Xs, y, Xt = domains(60, 50, 8)
    A, C = definition(Xs, y, Xt, criterion, lam, mu)
    values, P = linalg.eigh(A, C)
    k = 2 if criterion == "lda" else 4
    adapter = TLSL(4, criterion, lam=lam, mu=mu).fit(Xs, y, X_target=Xt)
    assert_allclose(adapter.eigenvalues_, values[:k], atol=1e-10)
    assert_allclose(unit(adapter.weights_), unit(P[:, :k]), atol=1e-7)


@pytest.mark.oracle("TLSL")
@pytest.mark.parametrize("criterion", CRITERIA)
def test_more_features_than_rows_equals_the_problem_in_their_span(criterion):
    Xs, y, Xt = domains(20, 15, 60)
    A, C = definition(Xs, y, Xt, criterion, 2.0, 0.7)
    X = np.vstack([Xs, Xt])
    span = linalg.orth((X - X.mean(axis=0)).T)
    values, Q = linalg.eigh(span.T @ A @ span, span.T @ C @ span)
    adapter = TLSL(2, criterion, lam=2.0, mu=0.7).fit(Xs, y, X_target=Xt)
    assert_allclose(adapter.eigenvalues_, values[:2], atol=1e-10)
    assert_allclose(unit(adapter.weights_), unit(span @ Q[:, :2]), atol=1e-7)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_constraint_holds_but_for_the_common_factor(criterion):
    Xs, y, Xt = domains(60, 50, 8)
    A, C = definition(Xs, y, Xt, criterion, 1.0, 1.0)
    adapter = TLSL(2, criterion, scaling="whitened").fit(Xs, y, X_target=Xt)
    P = adapter.weights_
    factor = P[:, 0] @ C @ P[:, 0]
    assert_allclose(P.T @ C @ P / factor, np.eye(2), atol=1e-9)
    assert_allclose(P.T @ A @ P / factor, np.diag(adapter.eigenvalues_), atol=1e-9)


@pytest.mark.parametrize("scaling", ["unit", "whitened"])
def test_variance_is_one_on_average(scaling):
    Xs, _, Xt = domains(60, 50, 8)
    adapter = TLSL(3, scaling=scaling).fit(Xs, X_target=Xt)
    out = np.vstack([adapter.transform_source(Xs), adapter.transform(Xt)])
    assert out.var(axis=0).mean() == pytest.approx(1)
    assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    lengths = np.linalg.norm(adapter.weights_, axis=0)
    assert (np.ptp(lengths) < 1e-12) == (scaling == "unit")


def test_without_transfer_pca_is_pca():
    Xs, _, Xt = domains(60, 50, 8)
    X = np.vstack([Xs, Xt])
    for target, rows in ((Xt, X), (None, Xs)):
        pca = PCA(4).fit(rows)
        out = TLSL(4, lam=0.0, mu=0.0).fit(Xs, X_target=target).transform(Xt)
        expected = pca.transform(Xt) / np.sqrt(pca.transform(rows).var(axis=0).mean())
        assert_allclose(np.abs(out), np.abs(expected), atol=1e-9)


def test_without_a_target_lda_is_linear_discriminant_analysis():
    Xs, y, _ = domains(60, 50, 8)
    adapter = TLSL(criterion="lda", reg=0.0, scaling="whitened")
    out = adapter.fit_transform(Xs, y)
    expected = LinearDiscriminantAnalysis(solver="eigen").fit(Xs, y)
    for column, direction in zip(adapter.weights_.T, expected.scalings_.T[:2]):
        cosine = column @ direction / np.linalg.norm(column) / np.linalg.norm(direction)
        assert abs(cosine) == pytest.approx(1, abs=1e-9)
    assert_allclose(np.cov(out.T, bias=True), np.eye(2), atol=1e-9)


def test_without_a_target_lpp_is_locality_preserving_projections():
    Xs, _, _ = domains(60, 50, 8)
    L = laplacian_of(kneighbors_graph(Xs, 7).toarray())
    centred = Xs - Xs.mean(axis=0)
    values, P = linalg.eigh(centred.T @ L @ centred, centred.T @ centred / 60)
    adapter = TLSL(3, "lpp", n_neighbors=7, reg=0.0).fit(Xs)
    assert_allclose(adapter.eigenvalues_, values[:3], atol=1e-10)
    assert_allclose(unit(adapter.weights_), unit(P[:, :3]), atol=1e-7)


@pytest.mark.parametrize("name", ["lam", "mu"])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_weight_never_increases_its_term(name, criterion):
    Xs, y, Xt = domains(60, 50, 8)
    base, C = definition(Xs, y, Xt, criterion, 0.0, 0.0)
    term = definition(Xs, y, Xt, criterion, name == "lam", name == "mu")[0] - base
    terms = []
    for weight in (0.0, 0.1, 1.0, 10.0, 1e4):
        options = {"lam": 0.0, "mu": 0.0, name: weight}
        P = TLSL(2, criterion, scaling="whitened", **options).fit(Xs, y, X_target=Xt).weights_
        terms.append(np.trace(P.T @ term @ P) / (P[:, 0] @ C @ P[:, 0]))
    assert (np.diff(terms) <= 1e-9).all()
    assert terms[-1] < 0.95 * terms[0]


def test_equal_means_leave_the_first_weight_nothing_to_do():
    Xs, _, Xt = domains(60, 50, 8)
    Xs, Xt = Xs - Xs.mean(axis=0), Xt - Xt.mean(axis=0)
    with_, without = (TLSL(3, lam=lam).fit_transform(Xs, X_target=Xt) for lam in (100.0, 0.0))
    assert_allclose(with_, without, atol=1e-9)
    other = TLSL(3, lam=0.0, mu=0.0).fit_transform(Xs, X_target=Xt)
    assert np.abs(other - without).max() > 1e-3


def test_scatter_difference():
    X, y, _ = domains(30, 5, 4)
    within = sum(np.cov(X[y == c].T, bias=True) for c in range(3)) / 3
    total = np.cov(X.T, bias=True)
    assert_allclose(scatter_difference(X, y), within - (total - within), atol=1e-12)


def test_labels_matter_to_lda_alone_and_their_names_do_not():
    Xs, y, Xt = domains(60, 50, 8)
    expected = TLSL(criterion="lda").fit_transform(Xs, y, X_target=Xt)
    for names in ([-1, 1, 0], ["b", "a", "nan"]):
        out = TLSL(criterion="lda").fit_transform(Xs, np.array(names)[y], X_target=Xt)
        assert_allclose(out, expected, atol=1e-10)
    other = TLSL(criterion="lda").fit_transform(Xs, rng.permutation(y), X_target=Xt)
    assert np.abs(other - expected).max() > 0.1


@pytest.mark.parametrize("criterion", CRITERIA)
def test_order_of_rows_does_not_matter(criterion):
    Xs, y, Xt = domains(60, 50, 8)
    expected = TLSL(3, criterion).fit(Xs, y, X_target=Xt).transform(Xt)
    order, order_target = rng.permutation(60), rng.permutation(50)
    adapter = TLSL(3, criterion).fit(Xs[order], y[order], X_target=Xt[order_target])
    assert_allclose(adapter.transform(Xt), expected, atol=1e-8)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_rank_and_classes_cut_the_components(criterion):
    Xs, y, Xt = domains(12, 6, 40)
    out = TLSL(100, criterion).fit_transform(Xs, y, X_target=Xt)
    assert out.shape == (12, 2 if criterion == "lda" else 17)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("criterion", CRITERIA)
def test_float32_rows_and_single_target_row(criterion):
    Xs, y, Xt = domains(30, 1, 8)
    out = TLSL(2, criterion).fit_transform(Xs, y, X_target=Xt)
    single = TLSL(2, criterion).fit_transform(
        Xs.astype(np.float32), y, X_target=Xt.astype(np.float32)
    )
    assert single.dtype == np.float32
    assert_allclose(single, out, atol=1e-4)


def test_no_matrix_of_features_by_features():
    Xs, y, Xt = domains(12, 10, 20_000)  # such a matrix takes 3 GB
    tracemalloc.start()
    TLSL(3, "lda").fit(Xs, y, X_target=Xt)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * Xs.nbytes


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"n_neighbors": 1.5}, "n_neighbors must be an integer >= 1"),
        ({"criterion": "ica"}, r"criterion must be one of \['pca', 'lda', 'lpp'\], got 'ica'"),
        ({"scaling": "b"}, "scaling must be one of"),
        ({"lam": -1}, "lam must be a finite number >= 0"),
        ({"mu": np.nan}, "mu must be a finite number >= 0"),
        ({"reg": -1}, "reg must be 'ledoit-wolf' or a number >= 0"),
    ],
)
def test_bad_parameters(parameters, message):
    Xs, y, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match=message):
        TLSL(**parameters).fit(Xs, y, X_target=Xt)


def test_bad_labels():
    Xs, y, Xt = domains(10, 8, 3)
    for target in (None, Xt):
        with pytest.raises(ValueError, match="TLSL requires y to be passed"):
            TLSL(criterion="lda").fit(Xs, X_target=target)
    with pytest.raises(ValueError, match="at least two classes, got only .*Use criterion='pca'"):
        TLSL(criterion="lda").fit(Xs, np.full(10, "anger"), X_target=Xt)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TLSL(criterion="lda").fit(Xs, y[:-1], X_target=Xt)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        TLSL(criterion="lda").fit(Xs, y + 0.5, X_target=Xt)


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="All rows of X and X_target are equal"):
        TLSL().fit(np.ones((4, 3)), X_target=np.ones((3, 3)))


def test_labels_are_required_by_tag_for_lda_alone():
    assert TLSL(criterion="lda").__sklearn_tags__().target_tags.required
    assert not TLSL().__sklearn_tags__().target_tags.required
    assert_array_equal(TLSL(2).fit_transform(np.eye(4)).shape, (4, 2))
