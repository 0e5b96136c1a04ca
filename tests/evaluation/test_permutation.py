from itertools import product

import numpy as np
import pytest
from scipy.stats import wilcoxon

from featuretransfer.evaluation import concordance_correlation, paired_permutation_test, uar
from featuretransfer.evaluation._permutation import sign_test, swap_test
from featuretransfer.evaluation._ranks import signed_ranks
from featuretransfer.evaluation._speakers import SCORES, by_speaker


def clustered(rng, n_speakers=8, n_rows=30):
    """Two equally good pipelines, each better with some speakers than with others."""
    speakers = np.repeat(np.arange(n_speakers), n_rows)
    y = rng.integers(0, 2, len(speakers))
    predictions = []
    for _ in range(2):
        accuracy = rng.beta(3, 2, n_speakers)[speakers]
        predictions.append(np.where(rng.random(len(y)) < accuracy, y, 1 - y))
    return y, *predictions, speakers


def swapped(first, second, speakers, chosen):
    mask = np.isin(speakers, chosen)
    return np.where(mask, second, first), np.where(mask, first, second)


@pytest.mark.parametrize(("name", "score"), [("uar", uar), ("ccc", concordance_correlation)])
def test_exact_test_is_the_enumeration_by_hand(name, score):
    y, first, second, speakers = clustered(np.random.default_rng(0), 6)
    if name == "ccc":
        first, second = first + 0.1 * speakers, second - 0.2
    names, observed, count = np.unique(speakers), score(y, first) - score(y, second), 0
    for chosen in product([False, True], repeat=6):
        a, b = swapped(first, second, speakers, names[list(chosen)])
        count += abs(score(y, a) - score(y, b)) >= abs(observed) - 1e-12
    test = paired_permutation_test(y, first, second, speakers, score=name)
    assert test.difference == pytest.approx(observed)
    assert test.p == count / 2**6
    assert test.exact
    assert test.n_speakers == 6


def test_random_test_approaches_the_exact_one_and_is_never_zero():
    y, first, second, speakers = clustered(np.random.default_rng(1), 10)
    exact = paired_permutation_test(y, first, second, speakers)
    drawn = paired_permutation_test(y, first, second, speakers, n_permutations=1000)
    assert exact.exact
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p / 1000))
    pairs = np.arange(len(y)) // 2
    best = paired_permutation_test(y, y, 1 - y, pairs, n_permutations=100)
    assert best.p == 1 / 101
    other = paired_permutation_test(y, first, second, speakers, n_permutations=1000, random_state=1)
    again = paired_permutation_test(y, first, second, speakers, n_permutations=1000)
    assert other.p != drawn.p == again.p


def test_false_positives_by_speaker_and_by_row():
    rng, n_trials = np.random.default_rng(2), 400
    by_speaker, by_row = [], []
    for _ in range(n_trials):
        y, first, second, speakers = clustered(rng)
        by_speaker.append(paired_permutation_test(y, first, second, speakers).p)
        rows = np.arange(len(y))
        by_row.append(paired_permutation_test(y, first, second, rows, n_permutations=199).p)
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / n_trials)
    assert np.mean(np.array(by_speaker) <= 0.05) <= allowed
    assert np.mean(np.array(by_row) <= 0.05) > 3 * allowed
    # p is uniform under the null, at levels that eight speakers can reach
    for level in (0.1, 0.25, 0.5, 0.75):
        share = np.mean(np.array(by_speaker) <= level)
        assert share == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / n_trials))


def test_has_power():
    rng = np.random.default_rng(3)
    y, first, _, speakers = clustered(rng, 12)
    worse = np.where(rng.random(len(y)) < 0.3, 1 - y, first)
    assert paired_permutation_test(y, first, worse, speakers).p < 0.01


def test_limits():
    y, first, second, speakers = clustered(np.random.default_rng(4), 5)
    assert paired_permutation_test(y, first, first, speakers)[:2] == (0, 1)
    one = paired_permutation_test(y, first, second, np.zeros(len(y)))
    assert one.p == 1  # a single speaker cannot tell
    assert one.n_speakers == 1
    there = paired_permutation_test(y, first, second, speakers)
    back = paired_permutation_test(y, second, first, speakers)
    assert (there.difference, there.p) == (-back.difference, back.p)
    assert paired_permutation_test(y, y, 1 - y, speakers).p == 2 / 2**5
    order = np.random.default_rng(5).permutation(len(y))
    moved = paired_permutation_test(y[order], first[order], second[order], speakers[order])
    assert moved.p == there.p
    anonymous = paired_permutation_test(y[:4], y[:4], 1 - y[:4], [None] * 4)
    assert anonymous.n_speakers == 4


def test_cells_of_the_same_speakers_are_swapped_together():
    y, first, second, speakers = clustered(np.random.default_rng(6), 5)
    terms, of_sums = SCORES["uar"].terms, SCORES["uar"].of_sums
    ours, theirs = (by_speaker(terms(y, p), speakers)[1] for p in (first, second))
    once = swap_test([(ours, theirs, np.arange(5))], of_sums, 10_000, 0)
    twice = swap_test([(ours, theirs, np.arange(5))] * 2, of_sums, 10_000, 0)
    assert twice == pytest.approx(once)  # the second look at the same speakers adds nothing
    apart = [(ours, theirs, np.arange(5)), (ours, theirs, np.arange(5, 10))]
    assert swap_test(apart, of_sums, 10_000, 0)[1] < once[1]


def test_signed_ranks_are_tested_as_by_wilcoxon():
    values = np.random.default_rng(7).normal(0.5, 1, size=12)
    p = sign_test(signed_ranks(values), 10_000, 0)
    assert p == pytest.approx(wilcoxon(values, method="exact").pvalue)
    many = np.random.default_rng(8).normal(0.2, 1, size=40)
    p = sign_test(signed_ranks(many), 20_000, 0)
    assert p == pytest.approx(wilcoxon(many).pvalue, abs=0.02)
    assert sign_test(np.zeros(5), 100, 0) == 1


def test_bad_tests():
    with pytest.raises(ValueError, match=r"score must be one of \['uar', 'ccc'\], got 'war'"):
        paired_permutation_test([1], [1], [1], [1], score="war")
    with pytest.raises(ValueError, match="n_permutations must be an integer >= 1, got 0"):
        paired_permutation_test([1], [1], [1], [1], n_permutations=0)
    with pytest.raises(ValueError, match="equal length and not empty, got 2, 2, 2 and 1"):
        paired_permutation_test([1, 2], [1, 2], [1, 2], [1])
