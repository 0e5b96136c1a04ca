"""Floors: the part of a method that no implementation can do without, as plain array code.

Every function takes the domains and returns the work to be timed; what comes before is free.
"""

import numpy as np
from _domains import width
from scipy import linalg
from scipy.sparse.linalg import eigsh
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances_argmin
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.neighbors import kneighbors_graph
from sklearn.preprocessing import StandardScaler

from featuretransfer import TCA, KernelMeanMatching


def means(data):
    """Means and deviations of both domains, and the scaled source rows."""

    def work():
        data.Xt.mean(axis=0), data.Xt.std(axis=0)
        return (data.Xs - data.Xs.mean(axis=0)) / data.Xs.std(axis=0)

    return work


def mean_kernel(data):
    """The mean kernel value of every source row to the target."""
    return lambda: rbf_kernel(data.Xs, data.Xt, width(data)).mean(axis=1)


def matching_certificate(data):
    """That, and what it takes to check known weights: their kernel rows, and one solve on them."""
    w = KernelMeanMatching(gamma=width(data)).fit(data.Xs, X_target=(data.Xt,)).solution_
    support = np.flatnonzero(w)
    begin = mean_kernel(data)

    def work():
        k = begin()
        K = rbf_kernel(data.Xs[support], data.Xs, width(data))
        linalg.cho_solve(linalg.cho_factor(K[:, support] + 1e-6 * np.eye(len(support))), k[support])
        return w[support] @ K

    return work


def inner_products(X):
    """Centred rows, and the inner products of their columns, or rows if fewer.

    Products of rows that are not centred could be corrected for the mean, at the price of digits.
    """
    Z = X - X.mean(axis=0)
    return Z, Z.T @ Z if Z.shape[1] <= len(Z) else Z @ Z.T


def eigenvectors(data):
    """Inner products in each domain, and their eigenvectors."""

    def work():
        for X in (data.Xs, data.Xt):
            linalg.eigh(inner_products(X)[1])

    return work


def mapped_eigenvectors(data):
    """`eigenvectors`, and the centred source rows times the product of two powers.

    Where there are more columns than rows they are times each power, by products with the rows of
    that domain; the rows that are mapped may be any, so nothing is symmetric there.
    """
    begin, (n, d) = eigenvectors(data), data.Xs.shape
    matrix, rows = np.ones((min(n, d),) * 2), data.Xs.copy()

    def work():
        begin()
        X = data.Xs - data.Xs.mean(axis=0)
        if d <= n:
            return X @ (matrix @ matrix @ matrix @ matrix)
        for Z in (rows, data.Xt):
            X = (X @ Z.T @ matrix[: len(Z), : len(Z)] @ matrix[: len(Z), : len(Z)]) @ Z
        return X

    return work


def whitened(data):
    """`eigenvectors`, and the source rows times those of each domain."""
    begin = eigenvectors(data)
    sizes = [min(X.shape) for X in (data.Xs, data.Xt)]
    rows = [
        data.Xs if data.Xs.shape[1] == k else data.Xs @ X.T
        for X, k in zip((data.Xs, data.Xt), sizes)
    ]

    def work():
        begin()
        for Z, k in zip(rows, sizes):
            Z @ np.ones((k, k))

    return work


def two_roots(data):
    """Roots of both covariances, the singular vectors of their product, and the mapped rows.

    Roots are eigenvectors, or Cholesky factors of both matrices in a basis of all rows where there
    are more columns than rows. Not the eigenvectors of the product's square: that has twice the
    range, and where regularisation is weak half of the digits would be lost.
    """
    begin, d, m = eigenvectors(data), data.Xs.shape[1], min(data.pooled.shape)
    product, matrix = np.random.default_rng(0).normal(size=(m, m)), np.ones((m, m))

    def work():
        basis = None
        if d <= len(data.Xt):
            begin()
        else:
            parts = [X - X.mean(axis=0) for X in (data.Xs, data.Xt)]
            if m < d:
                basis, R = linalg.qr(np.concatenate(parts).T, mode="economic")
                parts = np.split(R.T, [len(data.Xs)])
            for Z in parts:
                C = Z.T @ Z
                C.flat[:: m + 1] += 1
                linalg.cholesky(C, lower=True, overwrite_a=True)
        matrix @ matrix
        W = matrix @ linalg.svd(product)[0]
        X = data.Xs - data.Xs.mean(axis=0)
        return X @ (W @ W.T) if basis is None else ((X @ basis) @ (W @ W.T)) @ basis.T

    return work


def restoring_map(data):
    """Standardised rows, one symmetric system for as many columns (or rows), the source mapped."""
    pooled, n, d = data.pooled, len(data.Xs), data.Xs.shape[1]

    def work():
        X = (pooled - pooled.mean(axis=0)) / pooled.std(axis=0)
        S = X.T @ X if d <= len(X) else X @ X.T
        right = S.copy() if d <= len(X) else X
        S.flat[:: len(S) + 1] += 1.0
        solution = linalg.cho_solve(linalg.cho_factor(S, overwrite_a=True), right)
        mapped = X[:n] @ solution if d <= len(X) else (X[:n] @ solution.T) @ X
        return np.hstack([data.Xs, np.tanh(mapped)])

    return work


def first_eigenvectors(k, both=False):
    """Inner products in each domain, and their `k` first eigenvectors.

    After them the centred source rows on as many axes, those of `both` domains or the target's.
    """

    def prepare(data):
        def work():
            found = []
            for X in (data.Xs, data.Xt):
                Z, products = inner_products(X)
                axes = eigsh(products, k)[1]
                found.append(axes if len(axes) == X.shape[1] else Z.T @ axes)
            axes = np.hstack(found) if both else found[1]
            return (data.Xs - data.Xs.mean(axis=0)) @ axes

        return work

    return prepare


def kernel_eigenvectors(k):
    """The kernel matrix of all rows, its `k` first eigenvectors, and the rows on them."""

    def prepare(data):
        def work():
            K = rbf_kernel(data.pooled, gamma=width(data))
            return K @ eigsh(K, k)[1]

        return work

    return prepare


def one_tca(k):
    """One transfer component analysis with as many components."""

    def prepare(data):
        adapter = TCA(k, gamma=width(data))
        return lambda: adapter.fit_transform(data.Xs, X_target=(data.Xt,))

    return prepare


def local_components(k, n_neighbors=10):
    """`k` eigenvectors of KHK under ``I + KSK``, S a sparse matrix of neighbours.

    That takes the kernel matrix, the neighbours, a product that is symmetric, its Cholesky factor,
    and, in each of at least 2k steps of the iteration, two products with K and two solutions.
    """

    def prepare(data):
        def work():
            rows = data.pooled
            K = rbf_kernel(rows, gamma=width(data))
            graph = kneighbors_graph(rows, n_neighbors)
            graph.maximum(graph.T) @ K
            B = K @ K.T  # half of the work of a product of two matrices
            B.flat[:: len(K) + 1] += 1.0
            factor = linalg.cholesky(B.T, lower=True, overwrite_a=True, check_finite=False)
            y = np.ones(len(K))
            for _ in range(2 * k):
                y = linalg.solve_triangular(factor, y, trans="T", lower=True, check_finite=False)
                y = linalg.solve_triangular(factor, K @ (K @ y), lower=True, check_finite=False)
            return K @ np.ones((len(K), k))

        return work

    return prepare


def kernel_matrices(data):
    """`whitened` rows, then distances to both domains and sums of exponentials."""
    begin = whitened(data)

    def work():
        begin()
        for X in (data.Xs, data.Xt):
            D = euclidean_distances(data.Xs, X, squared=True)
            D *= -width(data)
            np.exp(D, out=D).sum(axis=1)

    return work


def within_classes(data):
    """Eigenvectors of the inner products within classes, and the target rows times them.

    The objective is a sum of squared lengths of rows in this metric.
    """
    labels, codes = np.unique(data.ys, return_inverse=True)

    def work():
        means = np.array([data.Xs[data.ys == label].mean(axis=0) for label in labels])
        Z = data.Xs - means[codes]
        if Z.shape[1] <= len(Z):
            return data.Xt @ linalg.eigh(Z.T @ Z)[1]
        return data.Xt @ Z.T @ linalg.eigh(Z @ Z.T)[1]

    return work


def ranking_steps(data):
    """A Newton step for each class: the second derivatives, and their Cholesky factor.

    These are products of the columns of all rows, less those of the rows of the class with sums
    over the other rows. Where there are more columns than rows, all are in a basis of the rows,
    which is free here.
    """
    X = data.Xs - data.Xs.mean(axis=0)
    if X.shape[1] > len(X):
        X = linalg.qr(X.T, mode="r")[0][: len(X)].T.copy()

    parts = [X[data.ys == label] for label in np.unique(data.ys)]

    def work():
        for part in parts:
            sums = part.copy()
            H = X.T @ X - part.T @ sums
            H.flat[:: len(H) + 1] += 1.0
            linalg.cho_solve(linalg.cho_factor(H, overwrite_a=True), X[0])

    return work


def clustering_starts(n_init, n_clusters, n_feature_clusters):
    """For every start one k-means of the rows of each domain, as shares, and one of all columns."""

    def prepare(data):
        rows = data.pooled - data.pooled.min(axis=0)
        rows /= rows.max(axis=0)
        rows /= rows.sum(axis=1, keepdims=True)
        domains = np.split(rows, [len(data.Xs)])
        tables = [*((part, n_clusters) for part in domains), (rows.T.copy(), n_feature_clusters)]

        def work():
            for seed in range(n_init):
                for rows, k in tables:
                    KMeans(min(k, len(rows)), n_init=1, random_state=seed).fit(rows)

        return work

    return prepare


def nearest(data):
    """The source row nearest to every target row."""
    return lambda: pairwise_distances_argmin(data.Xt, data.Xs)


def centre_features(n_widths, products):
    """Distances to 100 centres; for each width exponentials, and products with their matrices.

    Parameters
    ----------
    n_widths : int
        Candidate widths.
    products : callable
        Takes the features of both domains.
    """

    def prepare(data):
        def work():
            centres = data.Xt[:100]
            distances = [euclidean_distances(X, centres, squared=True) for X in (data.Xs, data.Xt)]
            for _ in range(n_widths):
                products(*(np.exp(-width(data) * D) for D in distances))

        return work

    return prepare


def least_squares(F, G):
    """Normal equations, and for each of five regularisations a solution without every row."""
    H = F.T @ F + G.T @ G
    _, Q = linalg.eigh(H)
    rotated = F @ Q, G @ Q
    for reg in range(5):
        np.maximum(rotated[reg % 2] @ Q.T, 0).sum()


def newton_matrices(F, G):
    """For each of five folds the matrices of a dozen Newton steps."""
    for _ in range(5):
        for _ in range(12):
            half = G[len(G) // 5 :] * 1.0
            half.T @ half


def logistic_regressions(data):
    """Five times six logistic regressions that tell the domains apart: calibrated, out of fold."""
    X = StandardScaler().fit_transform(data.pooled)
    domain = np.repeat([0, 1], [len(data.Xs), len(data.Xt)])
    outer = [np.setdiff1d(np.arange(len(X)), np.arange(i, len(X), 5)) for i in range(5)]

    def work():
        for train in outer:
            for i in range(5):
                inner = np.delete(train, np.arange(i, len(train), 5))
                LogisticRegression(max_iter=1000).fit(X[inner], domain[inner])
        for train in outer:
            LogisticRegression(max_iter=1000).fit(X[train], domain[train])

    return work
