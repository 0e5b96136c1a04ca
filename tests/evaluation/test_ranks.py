import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

from featuretransfer.evaluation import compare_ranks
from featuretransfer.evaluation._ranks import critical_difference, friedman, holm, rank_biserial

rng = np.random.default_rng(0)
SCORES = pd.DataFrame(rng.normal(size=(12, 5)) + [0, 0, 0.5, 1, 2], columns=list("abcde"))

# AUC of C4.5 and three variants on 14 data sets: Demsar (2006), table 6
DEMSAR = pd.DataFrame(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],  # both printed as 0.975, but ranked 2 and 3
        [0.957, 0.978, 0.946, 0.970],
    ],
    columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
)


def test_the_example_of_demsar():
    found = compare_ranks(DEMSAR)
    printed = {"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    assert found.ranks.round(3).to_dict() == printed
    assert list(found.ranks.index) == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
    # his chi square 9.28 is without correction for ties, which multiplies it
    ranks = np.array(list(printed.values()))
    uncorrected = 12 * 14 / (4 * 5) * ((ranks**2).sum() - 4 * 25 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.01)
    assert found.friedman == pytest.approx(friedmanchisquare(*DEMSAR.to_numpy().T))
    assert found.critical_difference == pytest.approx(1.25, abs=0.01)
    assert compare_ranks(DEMSAR, alpha=0.1).critical_difference == pytest.approx(1.12, abs=0.01)
    # "at p = 0.05 the post-hoc test is not powerful enough", at 0.1 it finds the difference of two
    assert not found.pairwise["nemenyi"].any()
    differ = compare_ranks(DEMSAR, alpha=0.1).pairwise["nemenyi"]
    assert list(differ[differ].index) == [("C4.5", "C4.5+m"), ("C4.5", "C4.5+m+cf")]


def test_critical_values_are_those_of_the_published_table():
    # Demsar (2006), table 5 (a), two to ten classifiers
    five = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]
    ten = [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920]
    for alpha, table in ((0.05, five), (0.1, ten)):
        for k, expected in enumerate(table, start=2):
            q = critical_difference(k, 10, alpha) / np.sqrt(k * (k + 1) / 60)
            assert q == pytest.approx(expected, abs=1.5e-3)


def test_friedman_is_that_of_scipy_with_and_without_ties():
    for scores in (SCORES, SCORES.round()):
        found = compare_ranks(scores)
        assert found.friedman == pytest.approx(friedmanchisquare(*scores.to_numpy().T))
    chi, n, k = found.friedman[0], 12, 5
    assert found.iman_davenport[0] == pytest.approx((n - 1) * chi / (n * (k - 1) - chi))
    ranks = pd.DataFrame(-SCORES).rank(axis=1).mean()
    assert compare_ranks(SCORES).ranks.to_dict() == pytest.approx(ranks.to_dict())


def test_iman_davenport_is_the_f_test_of_the_ranks():
    # two-way analysis of variance of the ranks: between pipelines against the rest
    ranks = rankdata(-SCORES, axis=1)
    n, k = ranks.shape
    between = n * ((ranks.mean(axis=0) - 3) ** 2).sum() / (k - 1)
    rest = ((ranks - ranks.mean(axis=0)) ** 2).sum() / ((k - 1) * (n - 1))
    assert friedman(ranks)[1][0] == pytest.approx(between / rest)


def test_limits_of_friedman():
    same = pd.DataFrame(np.ones((5, 3)), columns=list("abc"))
    found = compare_ranks(same)
    assert found.friedman == found.iman_davenport == (0, 1)
    assert (found.pairwise[["p", "p_holm"]] == 1).all(axis=None)
    assert (found.pairwise[["rank_biserial", "wins", "losses"]] == 0).all(axis=None)
    ordered = pd.DataFrame(np.tile([3.0, 2, 1], (8, 1)), columns=list("abc"))
    found = compare_ranks(ordered)
    assert found.friedman[0] == pytest.approx(16)
    assert found.iman_davenport == (np.inf, 0)
    rounded = same + 1e-15 * np.arange(3)  # no difference but of rounding
    assert compare_ranks(rounded).friedman == (0, 1)


def test_false_positives():
    rng = np.random.default_rng(1)
    chi, f, holm_any = [], [], []
    for _ in range(150):
        found = compare_ranks(pd.DataFrame(rng.normal(size=(12, 4))))
        chi.append(found.friedman[1] <= 0.05)
        f.append(found.iman_davenport[1] <= 0.05)
        holm_any.append((found.pairwise["p_holm"] <= 0.05).any())
    for rejected in (chi, f, holm_any):
        assert np.mean(rejected) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_pairs_are_tested_by_wilcoxon_and_corrected_by_holm():
    pairwise = compare_ranks(SCORES).pairwise
    assert list(pairwise.index[:2]) == [("a", "b"), ("a", "c")]
    assert len(pairwise) == 10
    for (first, second), row in pairwise.iterrows():
        difference = SCORES[first] - SCORES[second]
        assert row["p"] == pytest.approx(wilcoxon(difference, method="exact").pvalue)
        assert row["difference"] == pytest.approx(difference.mean())
        assert row["wins"] == (difference > 0).sum() == 12 - row["losses"] - row["ties"]
    assert (pairwise["p_holm"] >= pairwise["p"]).all()


def test_holm_by_hand():
    adjusted = holm([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(adjusted, [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.5, 0.6]), [1, 1])
    assert holm([]).shape == (0,)


def test_rank_biserial_by_hand():
    assert rank_biserial(np.array([1.0, 2, 3])) == 1
    assert rank_biserial(np.array([-1.0, 2, -3])) == pytest.approx((2 - 4) / 6)
    assert rank_biserial(np.zeros(3)) == 0
    values = SCORES["e"] - SCORES["a"]
    statistic = wilcoxon(values, alternative="greater").statistic  # the positive rank sum
    assert compare_ranks(SCORES).pairwise.loc[("a", "e"), "rank_biserial"] == pytest.approx(
        1 - 2 * statistic / (12 * 13 / 2)
    )


def test_bad_scores():
    with pytest.raises(
        ValueError, match="at least 3 pipelines and 2 blocks, got 2 and 12.*compare"
    ):
        compare_ranks(SCORES[["a", "b"]])
    with pytest.raises(ValueError, match="scores must be finite"):
        compare_ranks(SCORES.where(SCORES < 1))
    with pytest.raises(ValueError, match="different columns"):
        compare_ranks(SCORES[["a", "a", "b"]])
    with pytest.raises(ValueError, match="alpha must be between 0 and 1, got 5"):
        compare_ranks(SCORES, alpha=5)
    with pytest.raises(ValueError, match="n_permutations must be"):
        compare_ranks(SCORES, n_permutations=None)
