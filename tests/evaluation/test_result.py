import numpy as np
import pandas as pd
import pytest
from simulated import simulated
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix

import featuretransfer as ft
from featuretransfer.evaluation import uar
from featuretransfer.evaluation._calibration import reliability
from featuretransfer.evaluation._metrics import confusion

CLF = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)


@pytest.fixture(scope="module")
def result(corpora):
    pipelines = {
        "coral": ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), CLF),
        "nothing": ft.make_pipeline(ft.CorpusScaler(), ft.NoAdaptation(), CLF),
    }
    return ft.cross_corpus(pipelines, corpora, random_state=0)


def test_matrix_has_the_corpora_in_order_and_in_corpus_on_the_diagonal(result):
    table = result.to_frame().set_index(["pipeline", "source", "target"])
    for metric in ("uar", "war", "macro_f1"):
        matrix = result.matrix("coral", metric)
        assert list(matrix.index) == list(matrix.columns) == ["one", "two", "three"]
        for source in matrix.index:
            for target in matrix.columns:
                name = "in-corpus" if source == target else "coral"
                assert matrix.loc[source, target] == table.loc[(name, source, target), metric]
    pd.testing.assert_frame_equal(result.matrix(), result.matrix("coral"))


def test_matrix_of_unknown_names(result):
    with pytest.raises(ValueError, match="pipeline must be one of .*coral.*; got|got 'x'"):
        result.matrix("x")
    with pytest.raises(ValueError, match="metric must be one of"):
        result.matrix(metric="accuracy")


def test_summary_is_the_mean_over_pairs_with_an_interval_around_it(result):
    summary = result.summary(n_bootstraps=300)
    table = result.to_frame()
    for name, rows in table.groupby("pipeline"):
        line = summary.loc[name]
        assert line["uar"] == pytest.approx(rows["uar"].mean())
        assert line["war"] == pytest.approx(rows["war"].mean())
        assert line["n_pairs"] == len(rows)
        assert line["uar_low"] <= line["uar"] <= line["uar_high"]
    assert summary.loc["chance", "uar_low"] == summary.loc["chance", "uar_high"] == 0.25
    assert 0.01 < summary.loc["coral", "uar_high"] - summary.loc["coral", "uar_low"] < 0.4


def test_gain_is_paired(result):
    summary = result.summary(n_bootstraps=300)
    gain = summary.loc["coral", "uar"] - summary.loc["corpus-scaling", "uar"]
    assert summary.loc["coral", "gain"] == pytest.approx(gain)
    for column in ("gain", "gain_low", "gain_high"):
        assert summary.loc["nothing", column] == 0  # the same predictions in every replicate
        assert np.isnan(summary.loc["in-corpus", column])


def test_summary_by_pair_confidence_and_seed(result):
    wide = result.summary(by="pair", n_bootstraps=200)
    assert wide.index.names == ["pipeline", "source", "target"]
    row = wide.loc[("coral", "one", "two")]
    assert row["uar"] == result.matrix("coral").loc["one", "two"]
    narrow = result.summary(by="pair", n_bootstraps=200, confidence=0.5)
    narrow = narrow.loc[("coral", "one", "two")]
    assert row["uar_low"] < narrow["uar_low"] < narrow["uar_high"] < row["uar_high"]
    same, other = (result.summary(n_bootstraps=50, random_state=seed) for seed in (0, 1))
    pd.testing.assert_frame_equal(same, result.summary(n_bootstraps=50))
    assert not same["uar_low"].equals(other["uar_low"])


def test_bad_summaries(result):
    with pytest.raises(ValueError, match="by must be"):
        result.summary(by="target")
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        result.summary(confidence=95)
    with pytest.raises(ValueError, match="n_bootstraps must be an integer >= 1, got 0"):
        result.summary(n_bootstraps=0)


def test_csv_keeps_everything(result, tmp_path):
    result.to_csv(tmp_path / "result.csv")
    back = pd.read_csv(tmp_path / "result.csv", keep_default_na=False)
    table = result.to_frame()
    assert list(back.columns) == list(table.columns)
    np.testing.assert_allclose(back["uar"], table["uar"])


def test_markdown(result, tmp_path):
    text = result.to_markdown(tmp_path / "result.md")
    assert (tmp_path / "result.md").read_text() == text
    uar = 100 * result.to_frame().groupby("pipeline")["uar"].mean()["coral"]
    line = next(line for line in text.splitlines() if line.startswith("| coral"))
    assert line.split("|")[2].strip() == f"{uar:.1f}"
    counts = next(line for line in text.splitlines() if line.startswith("| two") and "48" in line)
    assert len(counts.split("|")) == 9
    widths = {len(line) for line in text.split("\n\n")[1].splitlines()}
    assert len(widths) == 1


def test_repr_and_copies(result):
    assert repr(result) == "CrossCorpusResult: 6 pairs, pipelines coral, nothing"
    table = result.to_frame()
    table["uar"] = 0
    assert result.to_frame()["uar"].max() > 0


def test_plot(result):
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    display = result.plot()
    titles = [axes.get_title().partition(":")[0] for axes in display.axes_]
    assert titles == ["source-only", "corpus-scaling", "coral", "nothing"]
    uar = 100 * result.summary(n_bootstraps=1)["uar"]["coral"]
    assert display.axes_[2].get_title() == f"coral: {uar:.1f}"
    (axes,) = result.plot(["coral"], metric="war").axes_
    matrix = 100 * result.matrix("coral", "war")
    written = [text.get_text() for text in axes.texts]
    assert written == [f"{value:.0f}" for value in matrix.to_numpy().ravel()]
    pyplot.close("all")


def test_matrix_of_pipelines_tuned_on_target_labels_says_so():
    result = simulated({"good": 0.8, "best": 0.9}, tuning={"best": "oracle"})
    assert result.matrix("best").index.name == "source (oracle)"
    assert result.matrix("good").index.name == "source"


def test_honest_rows_come_before_those_tuned_on_target_labels():
    honest = simulated({"good": 0.8})
    both = pd.concat([honest.to_frame(), honest.to_frame().assign(tuning="oracle", uar=1.0)])
    both = ft.CrossCorpusResult(both.reset_index(drop=True), honest._parts * 2, ["good"])
    pd.testing.assert_frame_equal(both.matrix(), honest.matrix())
    assert both.summary(n_bootstraps=5)["uar"].tolist() == honest.summary()["uar"].tolist()
    assert both.summary(n_bootstraps=5, oracle=True)["uar"].tolist() == [1]


def test_confusion_is_that_of_scikit_learn():
    result = simulated({"good": 0.7, "other": 0.9}, seeds=(0, 1))
    rows = result.predictions.query("pipeline == 'other' and source == 'one' and target == 'two'")
    for normalize in ("true", "pred", "all", None):
        found = result.confusion("other", "one", "two", normalize=normalize)
        expected = confusion_matrix(rows["y_true"], rows["y_pred"], normalize=normalize)
        np.testing.assert_allclose(found, expected)
    assert list(found.index) == list(found.columns) == ["anger", "neutral", "sadness"]
    assert found.to_numpy().sum() == len(rows) == 120
    mine = result.predictions.query("pipeline == 'good'")
    everything = confusion_matrix(mine["y_true"], mine["y_pred"])
    np.testing.assert_array_equal(result.confusion(normalize=None), everything)
    assert result.confusion(target="two", normalize=None).to_numpy().sum() == 240
    diagonal = np.diag(result.confusion("other", "one", "two", normalize="true"))
    assert uar(rows["y_true"], rows["y_pred"]) == pytest.approx(diagonal.mean())


def test_confusion_with_classes_that_only_one_side_knows():
    matrix = confusion(["a", "a", "b"], ["a", "c", "c"])
    assert matrix.loc["a"].tolist() == [0.5, 0, 0.5]
    assert matrix.loc["c"].isna().all()
    assert confusion(["a", "a", "b"], ["a", "c", "c"], "pred")["b"].isna().all()


def test_calibration_is_of_all_rows_of_a_pipeline():
    result = simulated({"good": 0.7, "plain": 0.7}, probabilities=("good",))
    rows = result.predictions.query("pipeline == 'good'")
    confidence = rows[["p_anger", "p_neutral", "p_sadness"]].max(
        axis=1
    )  # it predicts the likeliest
    expected = reliability(confidence, rows["y_true"] == rows["y_pred"], 10)
    pd.testing.assert_frame_equal(result.calibration(n_bins=10), expected)
    assert result.calibration("good", "one", "two")["n"].sum() == 60
    with pytest.raises(ValueError, match="no probabilities.*CalibratedClassifierCV"):
        result.calibration("plain")


def test_bad_selections():
    result = simulated({"good": 0.7}, failed=[("good", "one", "two")])
    with pytest.raises(ValueError, match=r"source must be one of \['one', 'two', 'three'\], got"):
        result.confusion("good", "four")
    with pytest.raises(ValueError, match=r"target must be one of \['two', 'three'\], got 'one'"):
        result.confusion("good", "one", "one")
    with pytest.raises(ValueError, match="'good' has no predictions for these corpora"):
        result.confusion("good", "one", "two")
    with pytest.raises(ValueError, match="normalize must be 'true', 'pred', 'all' or None"):
        result.confusion(normalize=True)
    with pytest.raises(ValueError, match="Ratings have no confusion matrix"):
        simulated({"good": 0.7}, ratings=True).confusion()


def test_plot_flags_what_was_tuned_on_target_labels():
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    result = simulated({"good": 0.7, "best": 0.9}, tuning={"best": "oracle"}, budgets=(5, 20))
    titles = [axes.get_title().partition(":")[0] for axes in result.plot(budget=5).axes_]
    assert titles == ["good", "best (oracle)"]
    pyplot.close("all")
