"""Two-sample statistics that are means over pairs of rows, and their test by permuting speakers."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from sklearn.preprocessing import StandardScaler

BLOCK = 2**20  # values of pairs formed at a time: 8 MiB
ROUNDING = 1e-12  # a permuted statistic that is less than this smaller is the same


@dataclass(frozen=True)
class PairSums:
    """Sums of the values of pairs of rows, by the groups of both rows.

    They are all that a statistic of two domains needs, whichever groups make them up: a permutation
    of g speakers costs O(g^2), however many rows they have.

    Parameters
    ----------
    counts : ndarray of shape (n_groups,)
        Rows of each group.
    pairs : ndarray of shape (n_groups, n_groups)
        Sums over all pairs of a row of one group and a row of another, a row with itself included.
    diagonal : ndarray of shape (n_groups,)
        Sums of the values of rows with themselves.
    """

    counts: np.ndarray
    pairs: np.ndarray
    diagonal: np.ndarray

    def discrepancy(self, first, unbiased):
        """``mean k(x, x') - 2 mean k(x, y) + mean k(y, y')`` of two domains made of groups.

        Parameters
        ----------
        first : ndarray of shape (..., n_groups) of bool
            Which groups are the first domain; the others are the second.
        unbiased : bool
            Whether pairs of a row with itself are left out.

        Returns
        -------
        discrepancy : ndarray of shape (...)
            The statistic; NaN where it is unbiased and a domain has a single row.
        """
        first = np.asarray(first, dtype=np.float64)
        found, sizes = 0.0, []
        for members in (first, 1 - first):
            n = members @ self.counts
            within = np.einsum("...i,...i->...", members @ self.pairs, members)
            if unbiased:
                within = within - members @ self.diagonal
            with np.errstate(invalid="ignore", divide="ignore"):
                found = found + within / (n * (n - 1) if unbiased else n * n)
            sizes.append(n)
        between = np.einsum("...i,...i->...", first @ self.pairs, 1 - first)
        return found - 2 * between / (sizes[0] * sizes[1])


def pair_sums(values, codes):
    """Sum the values of pairs of rows by groups, block by block.

    Parameters
    ----------
    values : callable
        ``values(rows)`` returns those of the rows of a slice with all rows, of shape (n_rows,
        n_samples).
    codes : ndarray of shape (n_samples,) of int
        Group of each row, from 0 on without a gap.

    Returns
    -------
    sums : PairSums
        The sums; memory is O(n_samples) values per row of a block.
    """
    n = len(codes)
    members = np.eye(codes.max() + 1)[codes]
    pairs, diagonal = np.zeros((members.shape[1],) * 2), np.zeros(members.shape[1])
    step = max(1, BLOCK // n)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        block = values(rows)
        pairs += members[rows].T @ (block @ members)
        diagonal += members[rows].T @ block[np.arange(len(block)), np.arange(rows.start, rows.stop)]
    return PairSums(members.sum(axis=0), pairs, diagonal)


def exchanges(first, n_permutations, rng):
    """Other divisions of the speakers into domains of as many speakers.

    Parameters
    ----------
    first : ndarray of shape (n_speakers,) of bool
        Which speakers are of the first domain.
    n_permutations : int
        Most divisions; where there are no more than that in all, each is taken once.
    rng : RandomState
        Draws them.

    Returns
    -------
    divisions : ndarray of shape (n_divisions, n_speakers) of bool
        Which speakers are of the first domain.
    """
    n, n_first = len(first), int(first.sum())
    if comb(n, n_first) - 1 <= n_permutations:
        chosen = np.array(list(combinations(range(n), n_first)))
        domains = np.zeros((len(chosen), n), dtype=bool)
        np.put_along_axis(domains, chosen, True, axis=1)
        return domains[np.any(domains != first, axis=1)]
    return np.array([rng.permutation(first) for _ in range(n_permutations)])


def p_value(observed, permuted, scale):
    """(1 + number of permuted statistics that are not smaller) / (1 + number of them).

    Parameters
    ----------
    observed : float
        The statistic.
    permuted : ndarray of shape (n_permutations,)
        The statistics of exchanged domains; NaN counts as not smaller.
    scale : float
        Size of the terms of the statistic, for what is smaller by rounding only.

    Returns
    -------
    p : float
        The p-value.
    """
    smaller = np.count_nonzero(permuted < observed - ROUNDING * scale)
    return (1 + len(permuted) - smaller) / (1 + len(permuted))


def speaker_test(rows, codes, first, sums_of, unbiased, rescale, n_permutations, rng):
    """A discrepancy of two domains and its p-value by exchanging speakers.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        Rows of both domains.
    codes : ndarray of shape (n_samples,) of int
        Their speakers.
    first : ndarray of shape (n_speakers,) of bool
        Which speakers are of the first domain.
    sums_of : callable
        ``sums_of(rows, codes)`` returns their `PairSums`.
    unbiased : bool
        As of `PairSums.discrepancy`.
    rescale : bool
        Whether the domains were standardised each by itself. Then exchanged domains are so too, or
        their means would differ where those of the given domains cannot.
    n_permutations : int
        Most exchanges.
    rng : RandomState
        Draws them.

    Returns
    -------
    value, p : float
        The discrepancy and its p-value.
    n_drawn : int
        Number of exchanges.
    """
    sums = sums_of(rows, codes)
    observed = float(sums.discrepancy(first, unbiased))
    divisions = exchanges(first, n_permutations, rng)
    if rescale:
        permuted = np.array(
            [_rescaled(rows, division[codes], sums_of, unbiased) for division in divisions]
        )
    else:
        permuted = sums.discrepancy(divisions, unbiased)
    scale = np.abs(sums.pairs).sum() / sums.counts.sum() ** 2
    return observed, p_value(observed, permuted, scale), len(divisions)


def _rescaled(rows, is_first, sums_of, unbiased):
    """Discrepancy of two groups of rows, each standardised by itself."""
    parts = [StandardScaler().fit_transform(rows[part]) for part in (is_first, ~is_first)]
    domains = np.repeat([0, 1], [len(part) for part in parts])
    return sums_of(np.concatenate(parts), domains).discrepancy([True, False], unbiased)


def speaker_codes(speakers, speakers_target):
    """Numbers of the speakers of both domains, each its own, and which are of the source.

    They are numbered in the order of their names, so that the order of the rows does not matter.
    """
    codes, n_found = [], 0
    for ids in (speakers, speakers_target):
        names, numbers = np.unique(np.asarray(ids, dtype=object).astype(str), return_inverse=True)
        codes.append(numbers + n_found)
        n_found += len(names)
    n_first = codes[0].max() + 1
    return np.concatenate(codes), np.arange(n_found) < n_first
