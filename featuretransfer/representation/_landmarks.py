"""Landmarks: a kernel matrix by its values at a few points (Nystroem)."""

import numpy as np
from scipy import linalg, sparse
from sklearn.metrics import pairwise_distances_argmin

from .._linalg import spread_rows

LLOYD_STEPS = 10  # centres hardly move after them
SHARE_ROWS = 1000  # the share kept is estimated on at most this many rows


def choose_landmarks(X, n_landmarks):
    """k-means centres of the rows, started from rows evenly spread by norm.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    n_landmarks : int
        Number of centres, at most n_samples.

    Returns
    -------
    centres : ndarray of shape (n_landmarks, n_features)
        The centres, float64; they depend neither on the order of the rows nor on a seed.
    """
    X = X.astype(np.float64, copy=False)
    centres = X[spread_rows(X, n_landmarks)]
    previous = None
    for _ in range(LLOYD_STEPS):
        labels = pairwise_distances_argmin(X, centres)
        if previous is not None and np.array_equal(labels, previous):
            break
        previous = labels
        counts = np.bincount(labels, minlength=n_landmarks)
        members = sparse.csr_array(
            (np.ones(len(X)), (labels, np.arange(len(X)))), (n_landmarks, len(X))
        )
        used = counts > 0  # a centre without rows, as among duplicates, stays where it is
        centres[used] = (members @ X)[used] / counts[used, None]
    return centres


def inverse_root(K):
    """Matrix R with ``K (R R') K = K`` for a positive semi-definite K, null directions left out.

    Parameters
    ----------
    K : ndarray of shape (m, m)
        Kernel matrix of the landmarks.

    Returns
    -------
    R : ndarray of shape (m, rank)
        ``kernel(X, landmarks) @ R`` are features whose inner products approximate the kernel.
    """
    values, vectors = linalg.eigh(K)
    kept = values > len(K) * np.finfo(np.float64).eps * values[-1]
    return vectors[:, kept] / np.sqrt(values[kept])


def share_kept(kernel, X, features, k):
    """Estimated share of the centred kernel matrix's first eigenvalues that the features keep.

    Parameters
    ----------
    kernel : callable
        The exact kernel.
    X : ndarray of shape (n_samples, n_features)
        Rows.
    features : ndarray of shape (n_samples, rank)
        Features of the rows whose inner products approximate the kernel.
    k : int
        Number of eigenvalues.

    Returns
    -------
    share : float
        Sum of the `k` largest eigenvalues of the centred approximate kernel matrix over that of the
        exact one, both between at most 1,000 evenly spread rows.
    """
    rows = spread_rows(X, min(len(X), SHARE_ROWS))
    features = features[rows] - features[rows].mean(axis=0)
    K = kernel(X[rows], X[rows])
    K -= K.mean(axis=0)
    K -= K.mean(axis=1, keepdims=True)
    exact = _top_sum(K, k)
    if features.shape[1] < len(rows):
        kept = _top_sum(features.T @ features, k)
    else:
        kept = _top_sum(features @ features.T, k)
    return float(min(kept / exact, 1.0)) if exact > 0 else 1.0


def _top_sum(K, k):
    n = len(K)
    return linalg.eigvalsh(K, subset_by_index=[max(n - k, 0), n - 1]).sum()
