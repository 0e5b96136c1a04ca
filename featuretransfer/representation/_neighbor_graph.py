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


def neighbor_links(A, X, n_neighbors):
    """Links of further rows with those of the graph, by its rule.

    A row is linked with its nearest rows, and with those that it is as near to as one of their
    nearest; a row of `X` so gets the links that it has in `neighbor_laplacian`, and one with
    itself.

    Parameters
    ----------
    A : ndarray of shape (n_rows, n_features)
        Rows, of the graph or others.
    X : ndarray of shape (n, n_features)
        Rows of the graph, at least two.
    n_neighbors : int
        As above.

    Returns
    -------
    links : sparse array of shape (n_rows, n)
        1 where there is a link.
    """
    own = _nearest(X, X, n_neighbors, same=True)
    reach = np.maximum.reduceat(own.data, own.indptr[:-1])
    most, found = min(n_neighbors, len(X) - 1), []
    for _, distances, norms, slack in _distances(A, X):
        distances += norms[:, None]
        ordered = np.partition(distances, [0, most - 1, most], axis=1)
        known = ordered[:, 0] <= slack  # a row of the graph: it is no neighbour of its own
        last = np.where(known, ordered[:, most], ordered[:, most - 1])
        near = distances <= np.maximum(last[:, None], reach) + slack[:, None]
        found.append(sparse.csr_array(near.astype(np.float64)))
    return sparse.vstack(found, format="csr")


def _laplacian(links):
    return sparse.diags_array(links.sum(axis=1), format="csr") - links


def _nearest(A, B, n_neighbors, same=False):
    """Squared distances where a row of `B` is among the nearest of a row of `A`, sparse."""
    most, found = min(n_neighbors, len(B) - same), []
    for start, distances, own, slack in _distances(A, B):
        if same:
            block = np.arange(len(distances))
            distances[block, start + block] = np.inf
        last = np.partition(distances, most - 1, axis=1)[:, most - 1]
        near = np.flatnonzero(distances <= (last + slack)[:, None])  # much faster than nonzero
        rows, columns = np.divmod(near, len(B))
        values = distances.ravel()[near] + own[rows]
        values[values <= slack[rows]] = 0  # equal rows; a link all the same
        found.append(sparse.csr_array((values, (rows, columns)), shape=distances.shape))
    return sparse.vstack(found, format="csr")


def _distances(A, B):
    """Squared distances between some rows of `A` and all of `B`, with their rounding error.

    Yields the number of the first row, the distances less the squared norms of the rows of `A`,
    these norms, and the error of each row.
    """
    center = B.mean(axis=0, dtype=np.float64)  # small norms: little rounding in the distances
    A, B = A - center, B - center
    norms, step = np.einsum("ij,ij->i", B, B), max(1, BLOCK // len(B))
    for start in range(0, len(A), step):
        block = A[start : start + step]
        own = np.einsum("ij,ij->i", block, block)
        distances = (-2 * block) @ B.T  # less the squared norm of the row itself
        distances += norms
        yield start, distances, own, SLACK * (own + norms.max())
