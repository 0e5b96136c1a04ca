import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors, kneighbors_graph

from featuretransfer.representation import _neighbor_graph
from featuretransfer.representation._neighbor_graph import (
    cross_laplacian,
    neighbor_laplacian,
    neighbor_links,
)

rng = np.random.default_rng(0)


def laplacian_of(links):
    return np.diag(links.sum(axis=1)) - links


@pytest.mark.parametrize("block", [2**22, 100])
def test_equals_the_definition(monkeypatch, block):
    monkeypatch.setattr(_neighbor_graph, "BLOCK", block)
    X = rng.normal(size=(40, 5)) + 100
    links = kneighbors_graph(X, 4).toarray()
    found = neighbor_laplacian(X, 4)
    assert_array_equal(found.toarray(), laplacian_of(np.maximum(links, links.T)))
    assert found.nnz <= 40 * (2 * 4 + 1)


def test_across_domains_equals_the_definition():
    Xs, Xt = rng.normal(size=(30, 5)), rng.normal(size=(20, 5)) + 1
    links = np.zeros((50, 50))
    links[:30, 30:] = NearestNeighbors(n_neighbors=3).fit(Xt).kneighbors_graph(Xs).toarray()
    links[30:, :30] = NearestNeighbors(n_neighbors=3).fit(Xs).kneighbors_graph(Xt).toarray()
    expected = laplacian_of(np.maximum(links, links.T))
    assert_array_equal(cross_laplacian(Xs, Xt, 3).toarray(), expected)


def test_order_of_rows_does_not_matter_even_with_ties():
    X = rng.integers(0, 3, size=(40, 2)) * 1e3  # many duplicates and equal distances
    order = rng.permutation(40)
    expected = neighbor_laplacian(X, 2).toarray()[np.ix_(order, order)]
    assert_array_equal(neighbor_laplacian(X[order], 2).toarray(), expected)
    orders = rng.permutation(25), rng.permutation(15)
    both = np.concatenate([orders[0], 25 + orders[1]])
    expected = cross_laplacian(X[:25], X[25:], 2).toarray()[np.ix_(both, both)]
    found = cross_laplacian(X[:25][orders[0]], X[25:][orders[1]], 2).toarray()
    assert_array_equal(found, expected)


def test_quadratic_form_is_the_sum_over_links():
    X = rng.normal(size=(30, 4))
    for laplacian in (neighbor_laplacian(X, 3), cross_laplacian(X[:20], X[20:], 3)):
        links = np.diag(laplacian.diagonal()) - laplacian.toarray()
        assert set(np.unique(links)) == {0, 1}
        f = rng.normal(size=30)
        expected = (links * (f[:, None] - f) ** 2).sum() / 2
        assert_allclose(f @ (laplacian @ f), expected)


def test_more_neighbours_than_rows_link_all():
    X = rng.normal(size=(5, 2))
    assert_array_equal(neighbor_laplacian(X, 10).toarray(), 5 * np.eye(5) - 1)
    assert_array_equal(cross_laplacian(X[:2], X[2:], 10).diagonal(), [3, 3, 2, 2, 2])


def test_float32_is_not_confused_by_an_offset():
    X = rng.normal(size=(40, 3)).astype(np.float32)
    shifted = X + np.float32(2**12)
    expected = neighbor_laplacian(shifted.astype(np.float64), 3).toarray()
    assert_array_equal(neighbor_laplacian(shifted, 3).toarray(), expected)


def dense_heat_laplacian(X, n_neighbors):
    """The Laplacian, pair by pair."""
    D = cdist(X, X, "sqeuclidean")
    np.fill_diagonal(D, np.inf)
    nearest = np.argsort(D, axis=1)[:, :n_neighbors]
    scale = np.take_along_axis(D, nearest, axis=1).mean()
    A = np.zeros_like(D)
    for i, neighbours in enumerate(nearest):
        for j in neighbours:
            A[i, j] = A[j, i] = np.exp(-D[i, j] / scale)
    return np.diag(A.sum(axis=1)) - A


@pytest.mark.parametrize(("n", "n_neighbors"), [(40, 5), (40, 1), (6, 5)])
def test_heat_equals_the_definition(n, n_neighbors):
    X = rng.normal(size=(n, 3))
    laplacian = neighbor_laplacian(X, n_neighbors, heat=True)
    assert_allclose(laplacian.toarray(), dense_heat_laplacian(X, n_neighbors), atol=1e-12)
    assert laplacian.nnz <= n * (2 * n_neighbors + 1)


def test_heat_is_semi_definite_and_blind_to_constants_and_units():
    X = rng.normal(size=(50, 3))
    laplacian = neighbor_laplacian(X, 4, heat=True).toarray()
    assert np.linalg.eigvalsh(laplacian).min() > -1e-12
    assert_allclose(laplacian @ np.ones(50), 0, atol=1e-12)
    assert_allclose(neighbor_laplacian(100 * X, 4, heat=True).toarray(), laplacian, atol=1e-10)


def test_duplicated_rows_are_linked():
    same = neighbor_laplacian(np.ones((5, 2)), 2, heat=True).toarray()
    assert np.isfinite(same).all()
    assert_allclose(same @ np.ones(5), 0)
    assert (np.diag(same) >= 2).all()


@pytest.mark.parametrize("n_neighbors", [1, 4, 50])
def test_links_of_the_rows_of_a_graph_are_its_own_and_one_with_themselves(n_neighbors):
    X = np.random.default_rng(0).normal(size=(30, 3))
    X[20:] = X[:10]  # equal rows are neighbours
    adjacency = -neighbor_laplacian(X, n_neighbors).toarray()
    np.fill_diagonal(adjacency, 1)
    order = np.random.default_rng(1).permutation(30)
    assert_array_equal(neighbor_links(X[order], X, n_neighbors).toarray(), adjacency[order])
