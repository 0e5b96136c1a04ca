import numpy as np
import pandas as pd
import pytest
from simulated import simulated
from sklearn.metrics import balanced_accuracy_score

from featuretransfer.evaluation import CrossCorpusResult, concordance_correlation

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")


@pytest.fixture(scope="module")
def result():
    return simulated({"corpus-scaling": 0.6, "good": 0.8}, seeds=(0, 1))


def rows_of(result, pipeline, source, target, **others):
    rows = result.predictions
    for name, value in {"pipeline": pipeline, "source": source, "target": target, **others}.items():
        rows = rows[rows[name] == value]
    return rows


def edited(result, edit):
    """The result with other predictions, by a function of one part."""
    parts = [None if part is None else edit(part.copy()) for part in result._parts]
    return CrossCorpusResult(result.to_frame(), parts, result.pipelines)


def test_scores_of_groups_are_those_of_their_rows(result):
    found = result.groups("gender", "good")
    assert found.index.names == ["source", "target", "gender"]
    for group in ("female", "male"):
        scores = [
            balanced_accuracy_score(rows["y_true"], rows["y_pred"])
            for seed in (0, 1)
            for rows in [rows_of(result, "good", "one", "two", seed=seed, gender=group)]
        ]
        line = found.loc[("one", "two", group)]
        assert line["uar"] == pytest.approx(np.mean(scores))
        assert line["uar_low"] <= line["uar"] <= line["uar_high"]
        assert line[["n", "n_speakers", "n_classes"]].tolist() == [30, 3, 3]
    pd.testing.assert_frame_equal(found, result.groups(pipeline="good"))
    pd.testing.assert_frame_equal(result.groups(), found)


def test_gap_is_best_less_worst_and_the_same_for_all_groups(result):
    found = result.groups()
    for _, groups in found.groupby(["source", "target"]):
        assert groups["gap"].nunique() == 1
        assert groups["gap"].iloc[0] == pytest.approx(groups["uar"].max() - groups["uar"].min())
        assert (groups["gap_low"] <= groups["gap"]).all()
        assert (groups["gap"] <= groups["gap_high"]).all()
    together = found.loc[("all", "all")]
    pairs = found.drop(index=("all", "all"))
    means = pairs.groupby("gender")["uar"].mean()
    pd.testing.assert_series_equal(together["uar"], means)
    assert together["gap"].iloc[0] == pytest.approx(abs(means["female"] - means["male"]))


def test_a_gap_between_the_genders_is_found_and_none_is_not(result):
    found = result.groups().loc[("all", "all")]
    assert (found["gap_low"] < 0).all()  # the order of the two is not certain

    def unfair(part):
        wrong = (part["gender"] == "female") & (np.arange(len(part)) % 4 == 1)
        return part.assign(y_pred=part["y_pred"].where(~wrong, "other"))

    found = edited(result, unfair).groups().loc[("all", "all")]
    assert (found["gap_low"] > 0.1).all()
    assert found.loc["male", "uar"] > found.loc["female", "uar"]


def test_speakers_have_no_intervals(result):
    found = result.groups("speaker")
    assert found.index.names == ["source", "target", "speaker"]
    one = found.loc[("one", "two")]
    assert list(one.index) == [f"1/{i}" for i in range(6)]
    assert (one["n_speakers"] == 1).all()
    assert one[["uar_low", "uar_high", "gap_low", "gap_high"]].isna().all(axis=None)
    assert one["gap"].iloc[0] == pytest.approx(one["uar"].max() - one["uar"].min())
    assert "all" not in found.index.get_level_values("target")


def test_groups_without_some_class_are_counted_and_left_out_of_the_gap(result):
    def without(part):
        return part[(part["speaker"] != "1/0") | (part["y_true"] != "anger")]

    found = edited(result, without).groups("speaker").loc[("one", "two")]
    assert found["n_classes"].tolist() == [2, 3, 3, 3, 3, 3]
    others = found["uar"].drop("1/0")
    assert found["gap"].iloc[0] == pytest.approx(others.max() - others.min())
    rows = without(rows_of(result, "good", "one", "two", seed=0, speaker="1/0"))
    again = without(rows_of(result, "good", "one", "two", seed=1, speaker="1/0"))
    scores = [balanced_accuracy_score(r["y_true"], r["y_pred"]) for r in (rows, again)]
    assert found.loc["1/0", "uar"] == pytest.approx(np.mean(scores))


def test_one_emotion_of_each_speaker_leaves_no_gap(result):
    def confounded(part):
        speaker = part["speaker"].str.split("/").str[1].astype(int)
        emotion = pd.Series(["anger", "neutral", "sadness"]).reindex(speaker % 3)
        return part[part["y_true"].to_numpy() == emotion.to_numpy()]

    found = edited(result, confounded).groups("speaker")
    assert (found["n_classes"] == 1).all()
    assert found["gap"].isna().all()


def test_unknown_genders(result):
    def half(part):
        return part.assign(gender=part["gender"].where(part["gender"] == "female"))

    found = edited(result, half).groups().loc[("one", "two")]
    assert list(found.index) == ["female", "unknown"]
    assert found["gap"].isna().all()  # unknown speakers are no group to be fair to
    alone = simulated({"good": 0.8}, genders=False)
    with pytest.raises(ValueError, match="No row tells the gender of its speaker"):
        alone.groups()
    with pytest.raises(ValueError, match="No row tells the gender"):
        edited(result, lambda part: part.drop(columns="gender")).groups()
    assert len(alone.groups("speaker")) == 36


def test_failed_cells_count_as_chance():
    failed = [("good", "one", "two")]
    found = simulated({"corpus-scaling": 0.6, "good": 0.8}, failed=failed).groups(pipeline="good")
    lost = found.loc[("one", "two")]
    np.testing.assert_allclose(lost[["uar", "uar_low", "uar_high"]], 1 / 3)
    np.testing.assert_allclose(lost["gap"], 0, atol=1e-12)
    # without any predictions nobody knows the groups
    alone = simulated({"good": 0.8}, failed=[*failed, ("good", "three", "two")]).groups()
    assert ("one", "two") not in alone.index.droplevel("gender")


def test_ratings():
    result = simulated({"good": 0.8}, ratings=True)
    found = result.groups()
    assert "n_classes" not in found
    rows = rows_of(result, "good", "one", "two", gender="male")
    expected = concordance_correlation(rows["y_true"], rows["y_pred"])
    assert found.loc[("one", "two", "male"), "ccc"] == pytest.approx(expected)


def test_bad_groups(result):
    with pytest.raises(ValueError, match=r"by must be one of \['gender', 'speaker'\], got 'age'"):
        result.groups("age")
    with pytest.raises(ValueError, match="n_bootstraps must be an integer >= 1, got 0"):
        result.groups(n_bootstraps=0)
