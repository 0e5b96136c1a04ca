"""Energy distance."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils import check_random_state

from ._two_sample import pair_sums, speaker_codes, speaker_test
from ._two_tables import two_tables


def energy_distance(X, X_target, *, unbiased=False):
    """Squared energy distance: twice the mean distance between domains less those within.

    ``2 mean |x - t| - mean |x - x'| - mean |t - t'|``. It sees every kind of difference and has no
    width to choose. Scale the features first, or the widest decides.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    unbiased : bool, default=False
        Leave the distances of rows to themselves, which are 0, out of the means. The estimate is
        then right on average, and may be negative.

    Returns
    -------
    distance : float
        The squared distance, in the units of the features.

    Notes
    -----
    It is twice the squared maximum mean discrepancy with the kernel ``(|x| + |t| - |x - t|) / 2``
    [2]_. `scipy.stats.energy_distance` returns the root, for a single feature.

    **Cost.** Time O((n + m)^2 d) for n and m rows of d features; memory O((n + m) d), as distances
    are summed block by block.

    References
    ----------
    .. [1] G. J. Szekely, M. L. Rizzo (2013), "Energy Statistics: A Class of Statistics Based on
       Distances", Journal of Statistical Planning and Inference 143(8).
    .. [2] D. Sejdinovic, B. Sriperumbudur, A. Gretton, K. Fukumizu (2013), "Equivalence of
       Distance-Based and RKHS-Based Statistics in Hypothesis Testing", Annals of Statistics 41(5).

    Examples
    --------
    >>> from featuretransfer.relatedness import energy_distance
    >>> energy_distance([[0.0], [0.0]], [[3.0], [3.0]])
    6.0
    """
    X, X_target = two_tables(X, X_target, least=2 if unbiased else 1)
    domains = np.repeat([0, 1], [len(X), len(X_target)])
    sums = _distance_sums(np.concatenate([X, X_target]), domains)
    found = sums.discrepancy([True, False], unbiased)
    return float(found if unbiased else max(found, 0.0))


def energy_test(
    X, X_target, speakers, speakers_target, *, rescale=False, n_permutations, random_state
):
    """Energy distance, and its p-value by exchanging speakers; see `mmd_test`."""
    codes, first = speaker_codes(speakers, speakers_target)
    rows = np.concatenate([X, X_target])
    rng = check_random_state(random_state)
    value, p, n_drawn = speaker_test(
        rows, codes, first, _distance_sums, False, rescale, n_permutations, rng
    )
    return max(value, 0.0), p, n_drawn


def _distance_sums(rows, codes):
    return pair_sums(lambda part: -cdist(rows[part], rows), codes)
