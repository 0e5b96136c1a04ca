"""Ranking by a linear function learned from pairs of rows, without forming the pairs.

A pair (i, j) says that row i is above row j. With scores s = F w the problem is

    min_w  |w|^2 / 2 + C sum_(i,j) weight max(0, 1 - s_i + s_j)^2

Where all rows of one set are above all rows of another, the pairs that violate the margin are, for
every row of one set, a stretch of the sorted other set. Sums over pairs are then differences of
cumulative sums: O(n log n) for n rows instead of O(n^2).
"""

from typing import NamedTuple

import numpy as np
from scipy import linalg

SHORTEST_STEP = 1e-10
PRECISION = 1e-10  # of the gradient, as a share of its norm at 0


class Pairs(NamedTuple):
    """All pairs of one set of rows with another.

    Parameters
    ----------
    above, below : ndarray of int
        Row numbers.
    weight : float
        Weight of each pair.
    """

    above: np.ndarray
    below: np.ndarray
    weight: float


class Ranking(NamedTuple):
    """What `fit_ranking` found.

    Parameters
    ----------
    weights : ndarray of shape (n_features,)
        The solution.
    n_iter : int
        Newton steps.
    converged : bool
        Whether the gradient vanished.
    """

    weights: np.ndarray
    n_iter: int
    converged: bool


def ordered_pairs(levels, groups):
    """All pairs of rows of a group whose levels differ.

    Parameters
    ----------
    levels : ndarray of shape (n_rows,)
        A row of a higher level is above one of a lower level.
    groups : list of ndarray of int
        Row numbers of the groups.

    Returns
    -------
    pairs : list of Pairs
        The pairs of a group have the total weight of its rows, so that every row counts alike
        whatever the size of its group.
    """
    found = []
    for rows in groups:
        of_group = [
            (rows[levels[rows] == level], rows[levels[rows] < level])
            for level in np.unique(levels[rows])[1:]
        ]
        total = sum(len(above) * len(below) for above, below in of_group)
        found += [Pairs(above, below, len(rows) / total) for above, below in of_group]
    return found


class _Violations:
    """The pairs of one `Pairs` that violate the margin under given scores."""

    def __init__(self, pairs, scores):
        low, high = scores[pairs.below], scores[pairs.above] - 1  # violated where high < low
        self.orders = np.argsort(high, kind="stable"), np.argsort(low, kind="stable")
        self.pairs, self.high, self.low = pairs, high, low
        # of each row above, the first of the sorted rows below; of each row below, how many above
        self.first = np.searchsorted(low[self.orders[1]], high, side="right")
        self.count = np.searchsorted(high[self.orders[0]], low, side="left")

    def partner_sums(self, above, below):
        """For every row of either set the sum of `below`, or of `above`, over its partners."""
        over_below = _cumulated(below[self.orders[1]])
        over_above = _cumulated(above[self.orders[0]])
        return over_below[-1] - over_below[self.first], over_above[self.count]

    def slack_sums(self):
        """For every row of either set the sum of the slacks ``low - high`` of its pairs."""
        of_below, of_above = self.partner_sums(self.high, self.low)
        partners = len(self.low) - self.first
        return of_below - partners * self.high, self.count * self.low - of_above

    def degrees(self):
        """For every row of either set the number of its violated pairs."""
        return len(self.low) - self.first, self.count

    def cross(self, F):
        """The sum of ``f_i f_j'`` over the pairs, from the sums of one set for rows of the other.

        The larger set is summed up, since sums are looked up for every row of the smaller.
        """
        above, below = F[self.pairs.above], F[self.pairs.below[self.orders[1]]]
        if len(above) <= len(below):
            sums = _cumulated(below)
            return above.T @ (sums[-1] - sums[self.first])
        sums = _cumulated(above[self.orders[0]])
        return sums[self.count[self.orders[1]]].T @ below


def _cumulated(values):
    return np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])


def pair_loss(scores, pairs):
    """Loss of all pairs and its gradient.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
        Scores.
    pairs : list of Pairs
        Pairs.

    Returns
    -------
    loss : float
        Weighted sum of ``max(0, 1 - s_i + s_j)^2``.
    gradient : ndarray of shape (n_rows,)
        Its derivatives by the scores.
    """
    loss, gradient = 0.0, np.zeros(len(scores))
    for part in pairs:
        violations = _Violations(part, scores)
        above, below = violations.slack_sums()
        # slack^2 = slack (low - high)
        loss += part.weight * (below @ violations.low - above @ violations.high)
        gradient[part.above] -= 2 * part.weight * above
        gradient[part.below] += 2 * part.weight * below
    return float(loss), gradient


def pair_curvature(scores, pairs, F):
    """``F' H F`` with the second derivatives H of the loss by the scores.

    H is the Laplacian matrix of a graph whose edges are the violated pairs: degrees on the
    diagonal, minus the weight of the edge elsewhere.
    """
    degrees, cross = np.zeros(len(F)), np.zeros((F.shape[1], F.shape[1]))
    for part in pairs:
        violations = _Violations(part, scores)
        for rows, degree in zip((part.above, part.below), violations.degrees()):
            degrees[rows] += part.weight * degree
        cross += part.weight * violations.cross(F)
    kept = degrees > 0
    weighted = np.sqrt(degrees[kept, None]) * F[kept]
    return 2 * (weighted.T @ weighted - cross - cross.T)


def fit_ranking(F, pairs, C, max_iter):
    """Minimise the problem of this module by Newton's method.

    The loss is piecewise quadratic, so that some steps reach its minimum to rounding.

    Parameters
    ----------
    F : ndarray of shape (n_rows, n_features)
        Rows.
    pairs : list of Pairs
        Pairs.
    C : float
        Weight of the loss.
    max_iter : int
        Most Newton steps.

    Returns
    -------
    ranking : Ranking
        The unique minimum.
    """
    w = np.zeros(F.shape[1])
    value, gradient = _objective(F, pairs, C, w)
    enough = PRECISION * np.linalg.norm(gradient)
    for n_iter in range(max_iter + 1):
        if np.linalg.norm(gradient) <= enough:
            return Ranking(w, n_iter, True)
        if n_iter == max_iter:
            break
        H = C * pair_curvature(F @ w, pairs, F)
        H[np.diag_indices_from(H)] += 1
        step = -linalg.solve(H, gradient, assume_a="pos")
        length, descent = 1.0, gradient @ step
        while True:
            moved = _objective(F, pairs, C, w + length * step)
            if moved[0] <= value + 1e-4 * length * descent:
                break
            length /= 2
            if length < SHORTEST_STEP:  # the minimum, up to rounding
                return Ranking(w, n_iter, True)
        w, (value, gradient) = w + length * step, moved
    return Ranking(w, max_iter, False)


def _objective(F, pairs, C, w):
    loss, gradient = pair_loss(F @ w, pairs)
    return w @ w / 2 + C * loss, w + C * (F.T @ gradient)


def in_own_span(X):
    """Rows as coordinates in their span where they are fewer than the features.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows.

    Returns
    -------
    F : ndarray of shape (n_rows, min(n_rows, n_features))
        Coordinates.
    basis : ndarray of shape (n_features, n_rows) or None
        Orthonormal columns with ``X = F @ basis.T``; None where X is returned as it is.
    """
    if X.shape[1] <= X.shape[0]:
        return X, None
    basis, R = linalg.qr(X.T, mode="economic")
    return R.T, basis
