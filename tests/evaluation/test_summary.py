import numpy as np
import pytest
from simulated import simulated

SKILLS = {"chance": 0, "source-only": 0.5, "corpus-scaling": 0.6, "in-corpus": 0.9, "good": 0.8}


def test_columns_and_means():
    result = simulated(SKILLS, probabilities=("good",))
    summary, table = result.summary(n_bootstraps=100), result.to_frame()
    assert list(summary.columns) == [
        *("uar", "uar_low", "uar_high", "war", "macro_f1", "auc", "ece"),
        *("gain", "gain_low", "gain_high", "n_pairs", "n_failed", "tuning", "side_information"),
    ]
    rows = table[table["pipeline"] == "good"]
    for metric in ("uar", "war", "macro_f1", "auc", "ece"):
        assert summary.loc["good", metric] == pytest.approx(rows[metric].mean())
    assert summary.loc["corpus-scaling", ["auc", "ece"]].isna().all()
    assert summary.loc["chance", "auc"] == 0.5


def test_failed_cells_count_as_chance_but_not_as_calibrated():
    failed = [("good", "one", "two"), ("source-only", "one", "two")]
    result = simulated(SKILLS, probabilities=("good",), failed=failed)
    summary, table = result.summary(n_bootstraps=100), result.to_frame()
    rows = table[table["pipeline"] == "good"]
    for metric, chance in (("uar", 1 / 3), ("war", 1 / 3), ("auc", 0.5)):
        expected = (rows[metric].sum() + chance) / 6
        assert summary.loc["good", metric] == pytest.approx(expected)
    assert summary.loc["good", "ece"] == pytest.approx(rows["ece"].mean())
    assert np.isnan(summary.loc["source-only", "auc"])  # of nothing but a failure
    assert summary.loc["good", "n_failed"] == 1
    by_pair = result.summary(by="pair", n_bootstraps=100).loc[("good", "one", "two")]
    assert by_pair["uar"] == pytest.approx(by_pair["uar_low"]) == pytest.approx(1 / 3)
    assert by_pair["gain_low"] < by_pair["gain"] < by_pair["gain_high"]


def test_budgets_have_lines_of_their_own():
    result = simulated(SKILLS, budgets=(5, 20), seeds=(0, 1))
    summary, table = result.summary(n_bootstraps=100), result.to_frame()
    assert summary.index.names == ["pipeline", "budget"]
    for budget in (5, 20):
        line = summary.loc[("good", budget)]
        rows = table[(table["pipeline"] == "good") & (table["budget"] == budget)]
        assert line["uar"] == pytest.approx(rows["uar"].mean())
        gain = line["uar"] - summary.loc[("corpus-scaling", budget), "uar"]
        assert line["gain"] == pytest.approx(gain)
        assert line["n_pairs"] == 6
    by_pair = result.summary(by="pair", n_bootstraps=10)
    assert by_pair.index.names == ["pipeline", "budget", "source", "target"]
    one = simulated(SKILLS, budgets=(5,)).summary(n_bootstraps=10)
    assert one.index.names == ["pipeline"]


def test_baselines_without_a_budget_are_kept():
    result = simulated({"corpus-scaling": 0.6, "good": 0.8}, budgets=(None, 5, 20))
    summary = result.summary(n_bootstraps=10)
    assert len(summary) == 6
    assert summary.loc["good"].index.isna().sum() == 1


def test_pipelines_tuned_on_target_labels_stand_alone():
    result = simulated({**SKILLS, "best": 0.9}, tuning={"best": "oracle", "good": "source-cv"})
    honest, oracle = (result.summary(oracle=o, n_bootstraps=50) for o in (False, True))
    assert list(honest.index) == list(SKILLS)
    assert list(oracle.index) == ["best"]
    assert oracle["tuning"].tolist() == ["oracle"]
    assert oracle.loc["best", "uar"] > honest.loc["good", "uar"]
    assert oracle.loc["best", "gain"] > 0
    with pytest.raises(ValueError, match="no pipeline was tuned on target labels"):
        simulated(SKILLS).summary(oracle=True)


def test_ratings_are_summarized_by_concordance():
    failed = [("good", "one", "two")]
    result = simulated({**SKILLS, "good": 0.9}, ratings=True, failed=failed)
    summary, table = result.summary(n_bootstraps=200), result.to_frame()
    assert list(summary.columns[:5]) == ["ccc", "ccc_low", "ccc_high", "pearson", "gain"]
    rows = table[table["pipeline"] == "good"]
    assert summary.loc["good", "ccc"] == pytest.approx(rows["ccc"].sum() / 6)
    assert summary.loc["good", "pearson"] == pytest.approx(rows["pearson"].sum() / 6)
    line = summary.loc["good"]
    assert line["ccc_low"] < line["ccc"] < line["ccc_high"]
    assert summary.loc["chance", ["ccc", "ccc_low", "ccc_high"]].abs().max() == 0
    np.testing.assert_allclose(result.matrix("good").stack(), result.matrix("good", "ccc").stack())


def test_intervals_cover_the_true_score():
    # of pipelines that are right with a probability of 0.7 for every row
    inside = []
    for trial in range(40):
        result = simulated({f"p{trial}": 0.7}, corpora=(f"a{trial}", f"b{trial}"), n_speakers=10)
        summary = result.summary(by="pair", n_bootstraps=200, confidence=0.9)
        inside += list((summary["uar_low"] <= 0.7) & (summary["uar_high"] >= 0.7))
    assert 0.75 < np.mean(inside) <= 1
