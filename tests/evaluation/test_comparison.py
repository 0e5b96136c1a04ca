from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from simulated import simulated

from featuretransfer.evaluation import (
    CrossCorpusResult,
    compare_ranks,
    concordance_correlation,
    paired_permutation_test,
    uar,
)

SKILLS = {"chance": 0, "source-only": 0.5, "corpus-scaling": 0.6, "in-corpus": 0.9, "good": 0.8}
PAIRS = [(s, t) for s in ("one", "two", "three") for t in ("one", "two", "three") if s != t]


@pytest.fixture(scope="module")
def result():
    return simulated({**SKILLS, "same": 0.6}, failed=[("same", "one", "two")])


def predicted(result, pipeline, source, target, seed=0):
    rows = result.predictions
    keys = {"pipeline": pipeline, "source": source, "target": target, "seed": seed}
    for name, value in keys.items():
        rows = rows[rows[name] == value]
    return rows.reset_index(drop=True)


def test_each_pair_is_a_paired_permutation_test(result):
    found = result.compare("good")
    assert list(found.index) == [*PAIRS, ("all", "all")]
    for pair in PAIRS:
        ours = predicted(result, "good", *pair)
        theirs = predicted(result, "corpus-scaling", *pair)
        test = paired_permutation_test(
            ours["y_true"], ours["y_pred"], theirs["y_pred"], ours["speaker"]
        )
        assert found.loc[pair, "difference"] == pytest.approx(test.difference)
        assert found.loc[pair, "p"] == test.p
        assert found.loc[pair, "n_speakers"] == 6
        row = found.loc[pair]
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["p_holm"] >= row["p"]


def test_over_all_pairs_speakers_are_swapped_for_all_sources_at_once(result):
    found = result.compare("good", n_permutations=2000)
    together, pairs = found.loc[("all", "all")], found.iloc[:-1]
    assert together["difference"] == pytest.approx(pairs["difference"].mean())
    assert together["n_speakers"] == 18
    assert together["p"] < 0.01 < pairs["p"].min()
    assert np.isnan(together["p_holm"])
    # by hand: for each target a sum over sources of what each speaker contributes
    observed, contributions = 0, []
    for target in ("one", "two", "three"):
        for speaker in range(6):
            contribution = 0
            for pair in PAIRS:
                if pair[1] == target:
                    ours, theirs = (predicted(result, p, *pair) for p in ("good", "corpus-scaling"))
                    y, n = ours["y_true"], ours["y_true"].value_counts()
                    right = (ours["y_pred"] == y).astype(float) - (theirs["y_pred"] == y)
                    own = ours["speaker"] == f"{['one', 'two', 'three'].index(target)}/{speaker}"
                    contribution += (right / y.map(n))[own].sum() / 3 / len(PAIRS)
            contributions.append(contribution)
            observed += contribution
    assert together["difference"] == pytest.approx(observed)
    signs = 1 - 2 * np.random.default_rng(0).integers(0, 2, size=(20_000, 18))
    p = np.mean(np.abs(signs @ contributions) >= abs(observed) - 1e-12)
    assert together["p"] == pytest.approx(p, abs=0.004)


def test_is_antisymmetric_and_nothing_differs_from_itself(result):
    there, back = result.compare("good", "same"), result.compare("same", "good")
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["low"], -back["high"])
    np.testing.assert_allclose(there["p"], back["p"])
    itself = result.compare("good", "good")
    assert (itself[["difference", "low", "high"]] == 0).all(axis=None)
    assert (itself["p"] == 1).all()


def test_failed_cells_and_the_baseline_chance_count_as_chance(result):
    failed = result.compare("same").loc[("one", "two"), "difference"]
    theirs = predicted(result, "corpus-scaling", "one", "two")
    assert failed == pytest.approx(1 / 3 - uar(theirs["y_true"], theirs["y_pred"]))
    both = result.compare("same", "chance").loc[("one", "two")]
    assert both[["difference", "low", "high"]].abs().max() < 1e-12
    assert both["p"] == 1
    assert result.compare("good", "chance").loc[("all", "all"), "p"] < 0.01


def test_when_nobody_predicted_a_pair_both_are_chance():
    cells = [(name, "one", "two") for name in ("corpus-scaling", "good")]
    cells += [(name, "three", "two") for name in ("corpus-scaling", "good")]
    found = simulated({"corpus-scaling": 0.6, "good": 0.8}, failed=cells).compare("good")
    lost = found.loc[("one", "two")]
    assert lost[["difference", "low", "high", "n_speakers"]].tolist() == [0, 0, 0, 0]
    assert lost["p"] == 1
    assert found.loc[("all", "all"), "difference"] == pytest.approx(found["difference"][:-1].mean())


def test_seeds_are_averaged_and_swapped_together():
    result = simulated({"corpus-scaling": 0.6, "good": 0.8}, seeds=(0, 1))
    found = result.compare("good")
    assert len(found) == 7
    scores = {
        (name, seed): uar(rows["y_true"], rows["y_pred"])
        for name in ("good", "corpus-scaling")
        for seed in (0, 1)
        for rows in [predicted(result, name, "one", "two", seed)]
    }
    mean = np.mean([scores["good", s] - scores["corpus-scaling", s] for s in (0, 1)])
    assert found.loc[("one", "two"), "difference"] == pytest.approx(mean)
    assert found.loc[("one", "two"), "n_speakers"] == 6


def test_ratings_are_compared_by_concordance():
    result = simulated({"corpus-scaling": 0.3, "good": 0.9}, ratings=True)
    found = result.compare("good")
    scores = [
        concordance_correlation(rows["y_true"], rows["y_pred"])
        for rows in (predicted(result, p, "one", "two") for p in ("good", "corpus-scaling"))
    ]
    assert found.loc[("one", "two"), "difference"] == pytest.approx(scores[0] - scores[1])
    assert found.loc[("all", "all"), "p"] < 0.01


def test_what_is_not_to_be_compared_is_refused():
    result = simulated(
        {**SKILLS, "knowing": 0.8, "best": 0.9},
        tuning={"best": "oracle"},
        side_information={"knowing": "target speakers"},
    )
    with pytest.raises(
        ValueError, match=r"none: good; target speakers: knowing\).*across_side_information=True"
    ):
        result.compare("good", "knowing")
    assert len(result.compare("good", "knowing", across_side_information=True)) == 7
    with pytest.raises(ValueError, match=r"best: tuned on target labels \(oracle\)"):
        result.compare("best", "good", across_side_information=True)
    assert len(result.compare("best", "best")) == 7
    with pytest.raises(ValueError, match="'good' and 'in-corpus' were not evaluated for the same"):
        result.compare("good", "in-corpus")
    with pytest.raises(ValueError, match=r"pipeline must be one of .*got 'bad'"):
        result.compare("bad")
    with pytest.raises(ValueError, match="n_permutations must be an integer >= 1, got 0"):
        result.compare("good", n_permutations=0)
    with pytest.raises(ValueError, match="different side information"):
        result.significance()
    names = ["source-only", "corpus-scaling", "good"]
    assert list(result.significance(names).pairwise.index) == list(combinations(names, 2))
    everything = result.significance(across_side_information=True)
    assert "best" not in everything.ranks
    assert "in-corpus" not in everything.ranks
    with pytest.raises(ValueError, match="tuned on target labels"):
        result.significance([*names, "best"])


def test_other_rows_are_refused(result):
    table, parts = result.to_frame(), list(result._parts)
    at = next(i for i in range(len(table)) if table["pipeline"][i] == "good")
    parts[at] = parts[at].iloc[:-1]
    with pytest.raises(ValueError, match="tested on different rows"):
        CrossCorpusResult(table, parts, ["good"]).compare("good")


def test_significance_is_of_the_ranks_over_pairs(result):
    found = result.significance()
    names = ["source-only", "corpus-scaling", "good", "same"]
    scores = pd.DataFrame({name: result.matrix(name).stack() for name in names})
    scores = scores[[s != t for s, t in scores.index]]
    scores.loc[("one", "two"), "same"] = 1 / 3  # failed
    pd.testing.assert_series_equal(
        found.ranks, compare_ranks(scores).ranks, check_names=False, check_index_type=False
    )
    assert found.friedman == compare_ranks(scores).friedman
    assert found.n_blocks == 6
    assert found.ranks.index[0] == "good"
    assert repr(found).startswith("Average ranks of 4 pipelines over 6 pairs\n  good: 1.")
    of_f1 = result.significance(metric="macro_f1")
    assert of_f1.pairwise["difference"].tolist() != found.pairwise["difference"].tolist()


def test_metrics_of_significance(result):
    with pytest.raises(ValueError, match="more is better, got 'ece'"):
        result.significance(metric="ece")
    with pytest.raises(ValueError, match="metric must be one of .*got 'accuracy'"):
        result.significance(metric="accuracy")
    with pytest.raises(
        ValueError, match=r"needs auc for every pair; \['source-only', .*pipelines="
    ):
        result.significance(metric="auc")
    with pytest.raises(ValueError, match="at least 3 pipelines"):
        result.significance(["good", "same"])
    with pytest.raises(ValueError, match="at least 3 pipelines"):
        result.significance([])


def test_budgets_are_kept_apart():
    result = simulated({"corpus-scaling": 0.5, "good": 0.8, "other": 0.6}, budgets=(5, 20))
    for call in (
        lambda **options: result.compare("good", **options),
        lambda **options: result.significance(**options),
        lambda **options: result.matrix("good", **options),
        lambda **options: result.groups(pipeline="good", **options),
        lambda **options: result.confusion("good", **options),
    ):
        with pytest.raises(ValueError, match=r"budget must be one of \[5.0, 20.0\], got None"):
            call()
        call(budget=5)
    five, twenty = (result.compare("good", budget=budget) for budget in (5, 20))
    assert not five["difference"].equals(twenty["difference"])
    assert len(five) == 7
    with pytest.raises(
        ValueError, match="budget must be None: no target rows were labelled, got 5"
    ):
        simulated({"corpus-scaling": 0.5, "good": 0.8}).compare("good", budget=5)
