"""Permutation tests: what the difference could be if the two were one."""

from typing import NamedTuple

import numpy as np

from .._checks import is_count
from ._speakers import SCORES, by_speaker

BLOCK = 1000


class PermutationTest(NamedTuple):
    """Outcome of `paired_permutation_test`.

    Parameters
    ----------
    difference : float
        Score of the first predictions less that of the second.
    p : float
        Two-sided p-value.
    n_speakers : int
        Number of speakers.
    exact : bool
        Whether all swaps were enumerated.
    """

    difference: float
    p: float
    n_speakers: int
    exact: bool


def paired_permutation_test(
    y_true, first, second, speakers, *, score="uar", n_permutations=10_000, random_state=0
):
    """Test whether two pipelines predict the same rows equally well, by swapping speakers.

    If the pipelines do not differ, their predictions for a speaker may be swapped. The test swaps
    them for every set of speakers, or for random ones where that is too much, and tells how often
    the score then differs at least as much as it does. Rows of a speaker depend on each other, so
    that they are swapped together; a test that swaps rows finds differences where there are none.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
        Labels.
    first, second : array-like of shape (n_rows,)
        Predictions.
    speakers : array-like of shape (n_rows,)
        Speaker of each row; a row without one is a speaker of its own.
    score : {"uar", "ccc"}, default="uar"
        What is compared.
    n_permutations : int, default=10000
        All ``2 ** n_speakers`` sets are enumerated where they are not more than this; else as many
        random ones are drawn.
    random_state : int, default=0
        Determines the draws.

    Returns
    -------
    test : PermutationTest
        ``difference``, ``p``, ``n_speakers`` and ``exact``.

    Notes
    -----
    Two-sided. The p-value is the share of all sets where they are enumerated, and
    ``(1 + count) / (1 + n_permutations)`` where they are drawn [2]_, both valid at any number of
    speakers. It cannot fall below ``2 / 2 ** n_speakers``: with four speakers there is no p < 0.12.

    References
    ----------
    .. [1] A. Yeh, "More accurate tests for the statistical significance of result differences",
       COLING, 2000. https://aclanthology.org/C00-2137
    .. [2] B. Phipson, G. K. Smyth, "Permutation p-values should never be zero", Statistical
       Applications in Genetics and Molecular Biology 9, 2010.
    .. [3] A. M. Winkler et al., "Multi-level block permutation", NeuroImage 123, 2015 (blocks of
       dependent rows that are permuted as a whole).

    Examples
    --------
    >>> from featuretransfer.evaluation import paired_permutation_test
    >>> y = ["sad", "glad"] * 6
    >>> test = paired_permutation_test(y, y, ["sad"] * 12, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
    >>> test.difference, test.p
    (0.5, 0.03125)
    """
    if score not in SCORES:
        raise ValueError(f"score must be one of {list(SCORES)}, got {score!r}.")
    check_permutations(n_permutations)
    lengths = {len(rows) for rows in (y_true, first, second, speakers)}
    if len(lengths) > 1 or lengths == {0}:
        raise ValueError(
            "y_true, first, second and speakers must be of equal length and not empty, got "
            f"{len(y_true)}, {len(first)}, {len(second)} and {len(speakers)}."
        )
    terms, of_sums = SCORES[score].terms, SCORES[score].of_sums
    names, ours = by_speaker(terms(y_true, first), speakers)
    _, theirs = by_speaker(terms(y_true, second), speakers)
    cells = [(ours, theirs, np.arange(len(names)))]
    difference, p, exact = swap_test(cells, of_sums, n_permutations, random_state)
    return PermutationTest(difference, p, len(names), exact)


def swap_test(cells, of_sums, n_permutations, seed):
    """Swap test of a mean difference over cells that share speakers.

    Parameters
    ----------
    cells : list of tuple
        For each cell the sums of the first and of the second pipeline, both of shape (n_speakers,
        n_terms), and the numbers of these speakers, of shape (n_speakers,).
    of_sums : callable
        The score.
    n_permutations : int
        Most sets of speakers to enumerate, or number to draw.
    seed : int
        Determines the draws.

    Returns
    -------
    difference : float
        Mean difference over the cells.
    p : float
        Two-sided p-value.
    exact : bool
        Whether all sets were enumerated.
    """
    n = 1 + max(ids.max() for _, _, ids in cells)
    differs = np.zeros(n, dtype=bool)
    for ours, theirs, ids in cells:
        differs[ids] |= (ours != theirs).any(axis=1)

    def differences(swaps):
        swapped = np.zeros((len(swaps), n))
        swapped[:, differs] = swaps
        total = 0.0
        for ours, theirs, ids in cells:
            moved = swapped[:, ids] @ (theirs - ours)
            total += of_sums(ours.sum(axis=0) + moved) - of_sums(theirs.sum(axis=0) - moved)
        return total / len(cells)

    return _test(differences, int(differs.sum()), n_permutations, seed)


def sign_test(values, n_permutations, seed):
    """Test whether values are symmetric about 0, by the mean of their signed permutations.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Differences, or their signed ranks.
    n_permutations : int
        Most sets of signs to enumerate, or number to draw.
    seed : int
        Determines the draws.

    Returns
    -------
    p : float
        Two-sided p-value.
    """
    values = np.asarray(values, dtype=float)
    values = values[values != 0]
    _, p, _ = _test(lambda flips: (1 - 2 * flips) @ values, len(values), n_permutations, seed)
    return p


def check_permutations(n_permutations):
    """Refuse what is no number of permutations."""
    if not is_count(n_permutations):
        raise ValueError(f"n_permutations must be an integer >= 1, got {n_permutations!r}.")


def _test(statistic, n, n_permutations, seed):
    """Statistic, two-sided p-value and whether it is exact, of binary swaps of n units."""
    observed = float(statistic(np.zeros((1, n)))[0])
    enough = abs(observed) * (1 - 1e-9) - 1e-12  # equal up to rounding is as extreme
    exact = 2.0**n <= n_permutations
    total = 2**n if exact else n_permutations
    rng, count = np.random.default_rng(seed), 0
    for start in range(0, total, BLOCK):
        numbers = np.arange(start, min(start + BLOCK, total))
        if exact:
            swaps = numbers[:, None] >> np.arange(n) & 1
        else:
            swaps = rng.integers(0, 2, size=(len(numbers), n))
        count += int((np.abs(statistic(swaps)) >= enough).sum())
    return observed, count / total if exact else (1 + count) / (1 + total), exact
