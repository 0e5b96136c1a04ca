"""Floors: the part of a method that no implementation can do without, as plain array code.

Every function takes the domains and returns the work to be timed; what comes before is free.
"""

import numpy as np
from _domains import width
from scipy import linalg
from scipy.sparse.linalg import eigsh
from scipy.special import expit
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances_argmin
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.neighbors import kneighbors_graph
from sklearn.utils.extmath import row_norms

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
            linalg.eigh(inner_products(X)[1], driver="evd")

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
    """`eigenvectors` of centred rows, norms for their shrinkage, lengths of whitened source rows.

    Where rows are fewer than columns, a product of source and target rows takes the place of that
    of the source rows with the axes.
    """
    begin = eigenvectors(data)
    n, d = data.Xs.shape

    def work():
        Zs, Zt = (X - X.mean(axis=0) for X in (data.Xs, data.Xt))
        row_norms(Zs), row_norms(Zt)
        begin()
        Z = data.Xs - data.Xt.mean(axis=0)
        rows = [Zs, Z] if d <= n else [Z @ Zt.T]
        for Z in rows:
            row_norms(Z @ np.ones((Z.shape[1], Z.shape[1])), squared=True)

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


def centre_features(n_widths, judge, fit):
    """Distances to 100 centres; exponentials of every width and what judges it; one fit, weights.

    Before them the order of the rows of each domain by their norm, by which centres, folds and
    pairs are spread.

    Parameters
    ----------
    n_widths : int
        Candidate widths.
    judge, fit : callable
        Take the features of both domains.
    """

    def prepare(data):
        def features(distances):
            return [np.exp(-width(data) * D) for D in distances]

        def work():
            for X in (data.Xs, data.Xt):
                np.argsort(row_norms(X - X.mean(axis=0), squared=True))
            centres = data.Xt[:100]
            distances = [euclidean_distances(X, centres, squared=True) for X in (data.Xs, data.Xt)]
            for _ in range(n_widths):
                judge(*features(distances))
            F, G = features(distances)
            fit(F, G)
            return F @ G.mean(axis=0)

        return work

    return prepare


def left_out(rank):
    """Normal equations, and for five regularisations the error at pairs of rows left out.

    Without a pair the solution changes by as many vectors as `rank` says; it is cut at 0 and
    multiplied with the features of both rows.
    """

    def judge(F, G):
        H = F.T @ F if rank == 1 else F.T @ F + G.T @ G
        values, Q = linalg.eigh(H, driver="evd")
        n = min(len(F), len(G))
        F, G, factors = F[:n], G[:n], np.linspace(0, 1, n)[:, None]
        rotated = F @ Q, G @ Q
        for scale in 1 / (np.maximum(values, 0) + np.logspace(-3, 1, 5)[:, None]):
            x = rotated[1] + rotated[0] * factors
            if rank == 2:
                x += rotated[1] * factors
            x = np.maximum(x @ (scale[:, None] * Q.T), 0)
            np.einsum("ij,ij->i", F, x), np.einsum("ij,ij->i", G, x)

    return judge


def least_squares(F, G):
    """Normal equations and their solution."""
    H = F.T @ F + np.eye(F.shape[1])
    return linalg.solve(H, G.mean(axis=0), assume_a="pos")


def five_folds(F, G):
    """`newton_steps` on four fifths of the rows, five times."""
    for _ in range(5):
        newton_steps(F[len(F) // 5 :], G[len(G) // 5 :])


def newton_steps(F, G):
    """Six steps of a likelihood: gradient, matrix, Cholesky factor, predictor and corrector."""
    likelihoods, ones = G / F.mean(axis=0), np.ones(F.shape[1])
    for _ in range(6):
        weights = 1 / (likelihoods @ ones)
        gradient = weights @ likelihoods
        half = likelihoods * weights[:, None]
        factor = linalg.cho_factor(half.T @ half + np.diag(ones), check_finite=False)
        for _ in range(2):
            linalg.cho_solve(factor, gradient, check_finite=False)


def logistic_regressions(data):
    """Six times five logistic regressions that tell the domains apart, each calibrated.

    Rows are scaled for every one; its scores of the rows that it has not seen get a sigmoid.
    """
    X, domain = data.pooled, np.repeat([0, 1], [len(data.Xs), len(data.Xt)])
    every = np.arange(len(X))
    outer = [*(np.delete(every, np.arange(i, len(X), 5)) for i in range(5)), every]

    def work():
        for rows in outer:
            for i in range(5):
                seen = np.delete(rows, np.arange(i, len(rows), 5))
                train, mean = X[seen], X[seen].mean(axis=0)
                train, deviation = train - mean, train.std(axis=0)
                train /= deviation
                axis = LogisticRegression(max_iter=1000).fit(train, domain[seen]).coef_[0]
                judged = rows[i::5]
                sigmoid(((X[judged] - mean) / deviation) @ axis, domain[judged])

    return work


def sigmoid(scores, labels):
    """Slope and offset of probabilities, by six Newton steps."""
    F, found = np.column_stack([scores, np.ones(len(scores))]), np.zeros(2)
    for _ in range(6):
        p = expit(F @ found)
        H = F.T @ (F * (p * (1 - p))[:, None]) + 1e-3 * np.eye(2)
        found -= linalg.solve(H, F.T @ (p - labels))
    return found
