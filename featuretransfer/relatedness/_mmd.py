"""Maximum mean discrepancy of two domains, and of several to one."""

import numpy as np
from sklearn.utils import check_random_state

from .._kernel_rows import KernelRows
from .._linalg import fit_kernel
from ._two_sample import pair_sums, speaker_codes, speaker_test
from ._two_tables import two_tables


def maximum_mean_discrepancy(X, X_target, *, kernel="rbf", gamma="median", unbiased=True):
    """Squared maximum mean discrepancy: distance of the means in a kernel's feature space.

    ``mean k(x, x') - 2 mean k(x, t) + mean k(t, t')``. With the RBF kernel it is 0 only for equal
    distributions, so it sees every kind of difference, and those at the scale of the kernel's width
    best. Scale the features first, or the widest decides.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    kernel : str or callable, default="rbf"
        "rbf", "linear", any other name of scikit-learn's pairwise kernels, or a function of two
        rows.
    gamma : "median", "scale" or float, default="median"
        Coefficient of the kernel, as in ``exp(-gamma * distance**2)``. "median" is 1 / the median
        of the non-zero squared distances between all rows of both.
    unbiased : bool, default=True
        Leave out pairs of a row with itself: the estimate is then right on average, near 0 for
        samples of one distribution, and may be negative. False includes them: never negative, and
        about 1 / n_source + 1 / n_target too large.

    Returns
    -------
    mmd : float
        The squared discrepancy.

    Notes
    -----
    **Cost.** Time O((n + m)^2 d) for n and m rows of d features; memory O((n + m) d), as kernel
    values are summed block by block.

    References
    ----------
    .. [1] A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schoelkopf, A. Smola (2012), "A Kernel
       Two-Sample Test", Journal of Machine Learning Research 13, equations (3) and (5).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer.relatedness import maximum_mean_discrepancy
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 3))
    >>> round(maximum_mean_discrepancy(X, rng.normal(size=(200, 3))), 2)
    0.0
    >>> round(maximum_mean_discrepancy(X, rng.normal(1, 1, size=(200, 3))), 2)
    0.25
    """
    X, X_target = two_tables(X, X_target, least=2 if unbiased else 1)
    if not unbiased:
        return float(mmd_distances([X], X_target, kernel, gamma)[0])
    domains = np.repeat([0, 1], [len(X), len(X_target)])
    rows = np.concatenate([X, X_target])
    sums = _kernel_sums(rows, domains, fit_kernel(kernel, gamma, rows))
    return float(sums.discrepancy([True, False], unbiased))


def mmd_test(
    X, X_target, speakers, speakers_target, *, rescale=False, n_permutations, random_state
):
    """Unbiased discrepancy with the RBF kernel, and its p-value by exchanging speakers.

    Parameters
    ----------
    X, X_target : ndarray of shape (n_rows, n_features)
        Rows of source and target.
    speakers, speakers_target : ndarray of shape (n_rows,)
        Their speakers.
    rescale : bool, default=False
        Whether they were standardised each by itself; see `speaker_test`.
    n_permutations : int
        Most exchanges.
    random_state : int, RandomState instance or None
        Draws them.

    Returns
    -------
    mmd, p_value : float
        The statistic and its p-value.
    n_drawn : int
        Number of exchanges.
    """
    codes, first = speaker_codes(speakers, speakers_target)
    rows = np.concatenate([X, X_target])
    kernel = fit_kernel("rbf", "median", rows)
    rng = check_random_state(random_state)
    return speaker_test(
        rows,
        codes,
        first,
        lambda rows, codes: _kernel_sums(rows, codes, kernel),
        True,
        rescale,
        n_permutations,
        rng,
    )


def _kernel_sums(rows, codes, kernel):
    kernel_rows = KernelRows(kernel, rows)
    return pair_sums(lambda part: kernel_rows(part) * kernel_rows.scale, codes)


def mmd_distances(parts, X_target, kernel, gamma):
    """Squared maximum mean discrepancy of several corpora to the target, with one kernel for all.

    It is the biased estimate, over all pairs of rows, a row with itself included.

    Parameters
    ----------
    parts : list of ndarray of shape (n_rows, n_features)
        The rows of each corpus.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    kernel, gamma : object
        As of `maximum_mean_discrepancy`; the median distance is that of all rows together.

    Returns
    -------
    distances : ndarray of shape (n_corpora,)
        One distance >= 0 each.
    """
    settled = fit_kernel(kernel, gamma, np.concatenate([*parts, X_target]))
    target = _mean_value(KernelRows(settled, X_target), X_target)
    distances = []
    for part in parts:
        rows = KernelRows(settled, part)
        within = _mean_value(rows, part) + target
        distances.append(max(0.0, within - 2 * _mean_value(rows, X_target)))
    return np.array(distances)


def _mean_value(rows, X):
    """Mean kernel value between the rows of a `KernelRows` and those of `X`."""
    return float(rows.means(X).mean() * rows.scale)
