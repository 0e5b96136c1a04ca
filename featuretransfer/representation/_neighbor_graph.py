"""Nearest-neighbour graphs and their Laplacians, sparse and independent of the order of rows."""

import numpy as np
from scipy import sparse

BLOCK = 2**22  # distances held at a time
SLACK = 1e-12  # of the squared norms: distances as equal as rounding leaves them are ties


def neighbor_laplacian(X, n_neighbors):
    """Laplacian of the graph that links rows of which one is among the nearest of the other.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Rows, at least two.
    n_neighbors : int
        Neighbours of each row besides itself, cut to n - 1; all that tie with the last one count.

    Returns
    -------
    laplacian : sparse array of shape (n, n)
        ``diag(W 1) - W`` with W 1 where rows are linked, 0 elsewhere.
    """
    links = _nearest(X, X, n_neighbors, same=True)
    return _laplacian(links.maximum(links.T))


def cross_laplacian(X, X_target, n_neighbors):
    """Laplacian of the graph that links each row to its nearest rows in the other domain.

    Parameters
    ----------
    X : ndarray of shape (n_source, n_features)
        Source rows.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    n_neighbors : int
        Neighbours of each row, cut to the rows of the other domain; ties as above.

    Returns
    -------
    laplacian : sparse array of shape (n_source + n_target,) * 2
        Source rows before target rows.
    """
    links = _nearest(X, X_target, n_neighbors)
    links = links.maximum(_nearest(X_target, X, n_neighbors).T)
    return _laplacian(sparse.block_array([[None, links], [links.T, None]], format="csr"))


def _laplacian(links):
    return sparse.diags_array(links.sum(axis=1), format="csr") - links


def _nearest(A, B, n_neighbors, same=False):
    """1 where a row of `B` is among the nearest of a row of `A`, sparse."""
    center = B.mean(axis=0, dtype=np.float64)  # small norms: little rounding in the distances
    A, B = A - center, B - center
    norms, most = np.einsum("ij,ij->i", B, B), min(n_neighbors, len(B) - same)
    found, step = [], max(1, BLOCK // len(B))
    for start in range(0, len(A), step):
        block = A[start : start + step]
        own = np.einsum("ij,ij->i", block, block)
        distances = own[:, None] - 2 * block @ B.T + norms
        if same:
            distances[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        last = np.partition(distances, most - 1, axis=1)[:, most - 1]
        slack = SLACK * (own + norms.max())
        found.append(sparse.csr_array((distances <= (last + slack)[:, None]).astype(np.float64)))
    return sparse.vstack(found, format="csr")
