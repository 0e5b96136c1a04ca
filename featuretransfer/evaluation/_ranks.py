"""Several pipelines over many pairs: average ranks and what they tell."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import chi2, f, rankdata, studentized_range

from ._permutation import check_permutations, sign_test


@dataclass(frozen=True)
class Significance:
    """What `compare_ranks` found.

    Parameters
    ----------
    ranks : Series of shape (n_pipelines,)
        Average rank of each pipeline, best first; 1 is best.
    critical_difference : float
        Nemenyi: average ranks that differ by more do so significantly.
    friedman : tuple of float
        Friedman's chi square (corrected for ties) and its p-value.
    iman_davenport : tuple of float
        Iman and Davenport's F, less conservative, and its p-value.
    pairwise : DataFrame
        Every two pipelines, see `compare_ranks`.
    n_blocks : int
        Number of rows of scores, such as pairs of corpora.
    alpha : float
        Level of significance.
    """

    ranks: pd.Series
    critical_difference: float
    friedman: tuple
    iman_davenport: tuple
    pairwise: pd.DataFrame
    n_blocks: int
    alpha: float

    def __repr__(self):
        lines = [
            f"Average ranks of {len(self.ranks)} pipelines over {self.n_blocks} pairs",
            *(f"  {name}: {rank:.2f}" for name, rank in self.ranks.items()),
            f"Friedman: chi2 = {self.friedman[0]:.2f}, p = {self.friedman[1]:.2g}; "
            f"Iman-Davenport: F = {self.iman_davenport[0]:.2f}, p = {self.iman_davenport[1]:.2g}",
            f"Nemenyi: critical difference {self.critical_difference:.2f} (alpha = {self.alpha})",
        ]
        return "\n".join(lines)


def compare_ranks(scores, *, alpha=0.05, n_permutations=10_000, random_state=0):
    """Compare at least three pipelines over many pairs of corpora by ranks.

    Friedman's test asks whether the pipelines differ at all. If so, two tests ask which: Nemenyi's
    compares average ranks, as critical-difference diagrams show them; Wilcoxon's signed-rank test
    of every two pipelines, corrected by Holm, is the more powerful one and does not depend on which
    other pipelines were evaluated [3]_.

    Parameters
    ----------
    scores : DataFrame of shape (n_blocks, n_pipelines)
        Larger is better, without NaN. Rows are blocks such as pairs of corpora.
    alpha : float, default=0.05
        Level of the critical difference.
    n_permutations : int, default=10000
        Wilcoxon's test enumerates the signs of all differences where there are not more sets of
        them than this, and draws as many otherwise.
    random_state : int, default=0
        Determines the draws.

    Returns
    -------
    significance : Significance
        With average ranks, tests and ``pairwise``: a row for every two pipelines with the mean
        ``difference`` of their scores, ``wins``, ``ties`` and ``losses`` of the first,
        ``rank_biserial`` (the matched-pairs effect size: share of the rank sum in favour of the
        first less that against it, from -1 to 1), Wilcoxon's ``p`` and, corrected for the number of
        rows, ``p_holm``, and whether the average ranks differ by more than the critical difference
        (``nemenyi``).

    Notes
    -----
    Wilcoxon's test is exact also with ties, up to 13 blocks by default: it permutes the signs of
    the ranks. Zero differences are ranked and then left out (Pratt). The tests take blocks for
    independent. Pairs of corpora are not, as each corpus is in several of them: p-values over pairs
    are somewhat too small, and say nothing of languages or recordings unlike these.

    References
    ----------
    .. [1] J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7,
       2006. https://jmlr.org/papers/v7/demsar06a.html
    .. [2] R. L. Iman, J. M. Davenport, "Approximations of the critical region of the Friedman
       statistic", Communications in Statistics 9, 1980.
    .. [3] A. Benavoli, G. Corani, F. Mangili, "Should we really use post-hoc tests based on
       mean-ranks?", JMLR 17, 2016. https://jmlr.org/papers/v17/benavoli16a.html
    .. [4] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
       of Statistics 6, 1979.
    .. [5] D. S. Kerby, "The simple difference formula: an approach to teaching nonparametric
       correlation", Comprehensive Psychology 3, 2014 (rank-biserial correlation).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from featuretransfer.evaluation import compare_ranks
    >>> noise = np.random.default_rng(0).normal(size=(12, 3))
    >>> scores = pd.DataFrame(noise + [0, 0, 3], columns=["one", "two", "best"])
    >>> compare_ranks(scores)
    Average ranks of 3 pipelines over 12 pairs
      best: 1.00
      one: 2.50
      two: 2.50
    Friedman: chi2 = 18.00, p = 0.00012; Iman-Davenport: F = 33.00, p = 2.4e-07
    Nemenyi: critical difference 0.96 (alpha = 0.05)
    """
    scores = _checked(scores)
    check_permutations(n_permutations)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}.")
    n_blocks, k = scores.shape
    ranks = rankdata(-scores.round(12), axis=1)  # equal up to rounding is equal
    average = pd.Series(ranks.mean(axis=0), scores.columns, name="rank")
    difference = critical_difference(k, n_blocks, alpha)
    lines = [
        _pair(scores, average, difference, pair, n_permutations, random_state)
        for pair in combinations(scores.columns, 2)
    ]
    pairwise = pd.DataFrame(lines)
    pairwise.insert(pairwise.columns.get_loc("p") + 1, "p_holm", holm(pairwise["p"]))
    return Significance(
        average.sort_values(kind="stable"),
        difference,
        *friedman(ranks),
        pairwise.set_index(["first", "second"]),
        n_blocks,
        alpha,
    )


def critical_difference(n_pipelines, n_blocks, alpha=0.05):
    """Nemenyi's critical difference of two average ranks, ``q sqrt(k (k + 1) / (6 n))``."""
    q = studentized_range.ppf(1 - alpha, n_pipelines, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(n_pipelines * (n_pipelines + 1) / (6 * n_blocks)))


def friedman(ranks):
    """Friedman's chi square, corrected for ties, and Iman and Davenport's F, each with its p.

    Parameters
    ----------
    ranks : ndarray of shape (n_blocks, k)
        Within blocks.

    Returns
    -------
    friedman, iman_davenport : tuple of float
        Statistic and p-value: 0 and 1 where all is tied.
    """
    n, k = ranks.shape
    middle = (k + 1) / 2
    spread = ((ranks - middle) ** 2).sum()  # n k (k^2 - 1) / 12 without ties
    if spread == 0:
        return (0.0, 1.0), (0.0, 1.0)
    statistic = n**2 * (k - 1) * ((ranks.mean(axis=0) - middle) ** 2).sum() / spread
    rest = n * (k - 1) - statistic
    ratio = (n - 1) * statistic / rest if rest > 1e-9 else np.inf
    return (
        (float(statistic), float(chi2.sf(statistic, k - 1))),
        (float(ratio), float(f.sf(ratio, k - 1, (k - 1) * (n - 1)))),
    )


def holm(p):
    """P-values adjusted by Holm's step-down procedure, in the order of `p`."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def signed_ranks(differences):
    """Ranks of the sizes of differences with their signs; zeros have a rank of 0 (Pratt)."""
    differences = np.round(np.asarray(differences, dtype=float), 12)
    return np.sign(differences) * rankdata(np.abs(differences))


def rank_biserial(signed):
    """Matched-pairs rank-biserial correlation of signed ranks; 0 where there is no difference."""
    total = np.abs(signed).sum()
    return float(signed.sum() / total) if total else 0.0


def _pair(scores, average, critical, pair, n_permutations, seed):
    first, second = pair
    differences = scores[first] - scores[second]
    signed = signed_ranks(differences)
    return {
        "first": first,
        "second": second,
        "difference": differences.mean(),
        "wins": int((signed > 0).sum()),
        "ties": int((signed == 0).sum()),
        "losses": int((signed < 0).sum()),
        "rank_biserial": rank_biserial(signed),
        "p": sign_test(signed, n_permutations, seed),
        "nemenyi": bool(abs(average[first] - average[second]) > critical),
    }


def _checked(scores):
    scores = pd.DataFrame(scores).astype(float)
    if scores.shape[1] < 3 or len(scores) < 2:
        raise ValueError(
            f"Ranks need at least 3 pipelines and 2 blocks, got {scores.shape[1]} and "
            f"{len(scores)}. Compare two pipelines with CrossCorpusResult.compare."
        )
    if not scores.columns.is_unique:
        raise ValueError(f"scores must have different columns, got {list(scores.columns)}.")
    if not np.isfinite(scores.to_numpy()).all():
        raise ValueError("scores must be finite; a failed cell counts as chance, for example.")
    return scores
