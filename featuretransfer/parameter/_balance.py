"""Pseudo-labels with given class shares, and the most confident of them.

Probabilities P are balanced to ``Q[i, c] = P[i, c] exp(v[c]) / sum_k P[i, k] exp(v[k])`` whose
columns sum to ``n * prior``: the matrix that is nearest to P, in relative entropy, among those with
these row and column sums. Sinkhorn's alternating scaling converges to it, slowly where P is nearly
one-hot; here the offsets v minimise the smooth convex dual

    g(v) = sum_i log sum_c P[i, c] exp(v[c]) - n * prior'v

by Newton's method, which has one unknown per class.
"""

import numpy as np
from scipy.special import logsumexp, softmax

FLOOR = 1e-12  # smallest probability
LONGEST_STEP = 2.0  # of an offset in one iteration: beyond, the quadratic model says little
MAX_STEPS = 500
TOLERANCE = 1e-12  # of a column sum, as a share of the rows


def balance(P, prior):
    """Rows of probabilities made to sum to given class shares.

    Parameters
    ----------
    P : ndarray of shape (n_samples, n_classes)
        Probabilities.
    prior : ndarray of shape (n_classes,)
        Class shares with sum 1; a class of share 0 gets nothing.

    Returns
    -------
    Q : ndarray of shape (n_samples, n_classes)
        Rows sum to 1, columns to ``n_samples * prior``. The result of Sinkhorn's scaling, that is,
        of entropic optimal transport with cost -log P and regularisation 1.
    """
    kept = prior > 0
    Q = np.zeros(P.shape)
    Q[:, kept] = softmax(_offset(np.log(np.maximum(P[:, kept], FLOOR)), prior[kept]), axis=1)
    return Q


def _offset(L, prior):
    """Log-probabilities plus the offsets that balance them."""
    L = L - logsumexp(L, axis=1, keepdims=True)
    for _ in range(MAX_STEPS):
        Q = np.exp(L)
        gradient = Q.mean(axis=0) - prior
        if np.max(np.abs(gradient)) <= TOLERANCE:
            break
        step = _newton_step(Q, gradient)
        descent = gradient @ step
        for halving in range(30):
            moved = L + step
            norms = logsumexp(moved, axis=1, keepdims=True)
            # the change of g / n; `norms` are 0 before
            if norms.mean() - prior @ step <= 1e-4 * descent or halving == 29:
                break
            step, descent = step / 2, descent / 2
        L = moved - norms
    return L


def _newton_step(Q, gradient):
    hessian = np.diag(Q.mean(axis=0)) - Q.T @ Q / len(Q)
    # singular along the constant vector, and nearly so altogether where rows are nearly one-hot
    hessian += (np.trace(hessian) * 1e-12 + 1e-300) * np.eye(len(gradient)) + 1 / len(gradient)
    step = -np.linalg.solve(hessian, gradient)
    longest = np.max(np.abs(step))
    return step * min(1.0, LONGEST_STEP / longest) if np.isfinite(longest) else -np.sign(gradient)


def most_confident(labels, confidence, share):
    """The most confident rows of every class.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,) of int
        Class codes.
    confidence : ndarray of shape (n_samples,)
        How sure each label is.
    share : float
        Share of every class, rounded up; all rows as confident as the last one are taken too, so
        that the order of rows does not matter.

    Returns
    -------
    selected : ndarray of shape (n_samples,) of bool
        Which rows.
    """
    selected = np.zeros(len(labels), dtype=bool)
    for code in np.unique(labels):
        of_class = labels == code
        values = np.sort(confidence[of_class])[::-1]
        last = values[int(np.ceil(share * len(values) - 1e-9)) - 1]
        selected |= of_class & (confidence >= last)
    return selected
