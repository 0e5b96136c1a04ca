"""Nearest-neighbour graphs and their Laplacians, sparse and independent of the order of rows."""

import numpy as np
from scipy import sparse

BLOCK = 2**22  # distances held at a time
SLACK = 1e-12  # of the squared norms: distances as equal as rounding leaves them are ties


def neighbor_laplacian(X, n_neighbors, heat=False):
    """Laplacian of the graph that links rows of which one is among the nearest of the other.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        Rows, at least two.
    n_neighbors : int
        Neighbours of each row besides itself, cut to n - 1; all that tie with the last one count.
    heat : bool, default=False
        Whether links weigh ``exp(-|x_i - x_j|^2 / s)``, s the mean squared distance of neighbours,
        and not 1.

    Returns
    -------
    laplacian : sparse array of shape (n, n)
        ``diag(W 1) - W`` with the weights W of linked rows, 0 elsewhere.
    """
    links = _nearest(X, X, n_neighbors, same=True)
    scale = links.data.mean() if heat else 0.0
    links.data = np.exp(-links.data / scale) if scale > 0 else np.ones(links.nnz)
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
    links, back = _nearest(X, X_target, n_neighbors), _nearest(X_target, X, n_neighbors)
    links.data[:], back.data[:] = 1, 1
    links = links.maximum(back.T)
    return _laplacian(sparse.block_array([[None, links], [links.T, None]], format="csr"))


def _laplacian(links):
    return sparse.diags_array(links.sum(axis=1), format="csr") - links


def _nearest(A, B, n_neighbors, same=False):
    """Squared distances where a row of `B` is among the nearest of a row of `A`, sparse."""
    center = B.mean(axis=0, dtype=np.float64)  # small norms: little rounding in the distances
    A, B = A - center, B - center
    norms, most = np.einsum("ij,ij->i", B, B), min(n_neighbors, len(B) - same)
    found, step = [], max(1, BLOCK // len(B))
    for start in range(0, len(A), step):
        block = A[start : start + step]
        own = np.einsum("ij,ij->i", block, block)
        distances = (-2 * block) @ B.T  # less the squared norm of the row itself
        distances += norms
        if same:
            distances[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        last = np.partition(distances, most - 1, axis=1)[:, most - 1]
        slack = SLACK * (own + norms.max())
        near = np.flatnonzero(distances <= (last + slack)[:, None])  # much faster than nonzero
        rows, columns = np.divmod(near, len(B))
        values = distances.ravel()[near] + own[rows]
        values[values <= slack[rows]] = 0  # equal rows; a link all the same
        found.append(sparse.csr_array((values, (rows, columns)), shape=distances.shape))
    return sparse.vstack(found, format="csr")
