import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import featuretransfer as ft

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
