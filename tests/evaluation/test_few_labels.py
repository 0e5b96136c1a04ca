import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import featuretransfer as ft
from featuretransfer.selection import FewLabelsSplit

CLF = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
PIPELINES = {"coral": ft.recipe("coral", CLF)}
PIPELINES["easyadapt"] = ft.make_pipeline(ft.CorpusScaler(), ft.FeatureAugmentationClassifier(CLF))
SETTINGS = {"protocol": "few-labels", "budget": [1, 2], "random_state": [0, 1]}


@pytest.fixture(scope="module")
def result(corpora):
    return ft.cross_corpus(PIPELINES, corpora[:2], **SETTINGS)


def draw(corpus, budget, seed):
    split = FewLabelsSplit(budget, n_splits=1, random_state=seed)
    return next(split.split(corpus.labels, corpus.labels, corpus.speakers))


def rows_of(result, pipeline, budget, seed):
    names = result.predictions
    return names[
        (names["source"] == "one")
        & (names["pipeline"] == pipeline)
        & (names["budget"] == budget)
        & (names["seed"] == seed)
    ]


def test_rows(result):
    table = result.to_frame()
    assert (table["error"] == "").all()
    drawn = table[table["pipeline"] != "in-corpus"]
    assert set(drawn["protocol"]) == {"few-labels"}
    labels = ["source-only", "pooled-scaling", "corpus-scaling", "target-only", "source+target"]
    assert set(drawn["pipeline"]) == {"chance", *labels, *PIPELINES}
    assert set(drawn.groupby(["source", "pipeline", "budget", "seed"]).size()) == {1}
    assert len(drawn) == 2 * 8 * 2 * 2
    assert_array_equal(drawn["labelled"], 4 * drawn["budget"])
    within = table[table["pipeline"] == "in-corpus"]
    assert within[["budget", "labelled"]].isna().all(axis=None)
    assert len(within) == 4


@pytest.mark.parametrize(("budget", "seed"), [(1, 0), (2, 1)])
def test_other_speakers_are_tested_than_labelled(result, corpora, budget, seed):
    two = corpora[1]
    known, tested = draw(two, budget, seed)
    for pipeline in ("coral", "easyadapt", "target-only", "source-only"):
        rows = rows_of(result, pipeline, budget, seed)
        assert_array_equal(rows["file"], np.array(two.files)[tested])
        assert_array_equal(rows["y_true"], two.labels.iloc[tested])
        assert not set(rows["speaker"]) & set(two.speakers.iloc[known])
    table = result.to_frame().query(f"budget == {budget} and seed == {seed} and target == 'two'")
    assert (table["n"] == len(tested)).all()


def test_labels_reach_what_asks_for_them(result, corpora):
    one, two, _ = corpora
    known, tested = draw(two, 2, 1)
    y_target = np.full(len(two), None)
    y_target[known] = two.labels.iloc[known]
    with sklearn.config_context(enable_metadata_routing=True):
        model = clone(PIPELINES["easyadapt"]).fit(
            one.features(),
            one.labels.to_numpy(),
            X_target=(two.features(),),
            y_target=(y_target,),
        )
        plain = clone(PIPELINES["coral"]).fit(
            one.features(), one.labels.to_numpy(), X_target=(two.features(),)
        )
    for name, expected in (("easyadapt", model), ("coral", plain)):
        rows = rows_of(result, name, 2, 1)
        assert_array_equal(rows["y_pred"], expected.predict(two.features())[tested])


def test_baselines(result, corpora):
    one, two, _ = corpora
    known, tested = draw(two, 2, 0)
    Xs, Xt = (StandardScaler().fit_transform(corpus.features()) for corpus in (one, two))
    ys, yt = one.labels.to_numpy(str), two.labels.to_numpy(str)
    expected = {
        "corpus-scaling": (Xs, ys),
        "target-only": (Xt[known], yt[known]),
        "source+target": (np.concatenate([Xs, Xt[known]]), np.concatenate([ys, yt[known]])),
    }
    for name, (X, y) in expected.items():
        rows = rows_of(result, name, 2, 0)
        model = clone(CLF).fit(X, y)
        assert_array_equal(rows["y_pred"], model.predict(Xt[tested]))
        np.testing.assert_allclose(
            rows[[f"p_{label}" for label in model.classes_]], model.predict_proba(Xt[tested])
        )


def test_baselines_without_probabilities(corpora):
    pipeline = ft.recipe("coral", LinearSVC(C=0.1))
    result = ft.cross_corpus(pipeline, corpora[:2], protocol="few-labels", budget=2)
    rows = result.predictions.query("pipeline == 'source+target'")
    assert rows["score_anger"].notna().all()
    assert "p_anger" not in rows


def test_labels_of_tested_rows_reach_nothing(result, corpora):
    """Permuted within their speakers: the drawn halves stay, what is labelled too."""
    one, two, _ = corpora
    known, tested = draw(two, 2, 0)
    rng = np.random.default_rng(0)
    labels, speakers = two.labels.to_numpy().copy(), two.speakers.to_numpy()
    for speaker in set(speakers[tested]):
        rows = np.flatnonzero(speakers == speaker)
        labels[rows] = rng.permutation(labels[rows])
    own = [speaker.split("/", 1)[1] for speaker in speakers]
    changed = ft.Corpus.from_features(two.features(), labels, own, name="two")
    assert_array_equal(draw(changed, 2, 0)[0], known)
    again = ft.cross_corpus(
        PIPELINES, [one, changed], protocol="few-labels", budget=2, random_state=0
    )
    told = ["y_pred", "p_anger", "p_happiness", "p_neutral", "p_sadness"]
    for name in (*PIPELINES, "target-only", "source+target"):
        first, second = (rows_of(r, name, 2, 0) for r in (result, again))
        assert not np.array_equal(first["y_true"], second["y_true"])
        assert_array_equal(first[told], second[told])


def test_without_a_seed_the_draw_is_that_of_seed_0(corpora):
    settings = {"protocol": "few-labels", "baselines": False}
    drawn, seeded = (
        ft.cross_corpus(PIPELINES["coral"], corpora[:2], **settings, random_state=seed, budget=1)
        for seed in (None, 0)
    )
    told = ["file", "y_pred"]
    pd.testing.assert_frame_equal(drawn.predictions[told], seeded.predictions[told])


def test_too_few_rows_are_said_once(corpora):
    with pytest.warns(UserWarning, match="n_per_class=50") as told:
        result = ft.cross_corpus(
            PIPELINES["coral"],
            corpora[:2],
            protocol="few-labels",
            budget=[1, 50],
            baselines=False,
            random_state=[0, 1],
        )
    about = [str(warning.message) for warning in told]
    assert len(about) == 2
    assert {text.split(" rows")[0] for text in about} == {
        "one: n_per_class=50",
        "two: n_per_class=50",
    }
    table = result.to_frame()
    assert (table.loc[table["budget"] == 50, "labelled"] < 200).all()


def test_a_target_that_cannot_be_drawn_from_is_a_row_with_its_error(corpora):
    one, two, _ = corpora
    nameless = ft.Corpus.from_features(two.features(), two.labels, name="nameless")
    single = ft.Corpus.from_features(two.features(), two.labels, ["s"] * len(two), name="single")
    for corpus, reason in ((nameless, "rows without a speaker"), (single, "groups has 1 speaker")):
        with pytest.warns(UserWarning, match=f"1 of 2 cells failed.*{reason}"):
            table = ft.cross_corpus(
                PIPELINES["coral"],
                [one, corpus],
                protocol="few-labels",
                budget=1,
                baselines=False,
            ).to_frame()
        failed = table[table["error"] != ""]
        assert list(failed["target"]) == [corpus.name]
        assert failed["error"].str.startswith(f"ValueError: {corpus.name}").all()
        assert failed["labelled"].isna().all()
        assert set(table["budget"]) == {1}
