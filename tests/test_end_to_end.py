"""From real audio files to an evaluation, on 160 recordings of two corpora."""

import os
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import featuretransfer as ft

pytestmark = pytest.mark.skipif(
    not os.environ.get("FEATURETRANSFER_CORPORA"),
    reason="FEATURETRANSFER_CORPORA does not name a folder of real corpora",
)


@pytest.fixture(scope="module")
def corpora():
    """80 recordings of each corpus, balanced in emotions and spread over all speakers."""
    found = []
    for name in ("emodb", "emovo"):
        root = Path(os.environ["FEATURETRANSFER_CORPORA"], name)
        corpus = ft.load_corpus(name, root).with_labels("big4")
        kept = np.zeros(len(corpus), dtype=bool)
        for label in corpus.labels.unique():
            rows = np.flatnonzero(corpus.labels == label)
            kept[rows[np.linspace(0, len(rows) - 1, 20).round().astype(int)]] = True
        found.append(corpus.select(mask=kept))
    return found


def test_scaling_by_corpus_recovers_what_source_scaling_loses(corpora):
    pipelines = {name: ft.recipe(name) for name in ("coral", "tca", "kmm")}
    result = ft.cross_corpus(pipelines, corpora, random_state=0, n_jobs=2)
    assert (result.to_frame()["error"] == "").all()
    assert (result.to_frame()["n"] == 80).all()
    uar = result.summary(n_bootstraps=10)["uar"]
    assert uar["in-corpus"] > uar["source-only"] + 0.1
    for name in ("corpus-scaling", "coral", "tca"):
        assert uar[name] > 0.4


def test_the_example_of_the_design(corpora):
    source, target = corpora
    Xs, ys, Xt = source.features(), source.labels, target.features()
    assert Xs.index.equals(ys.index)
    pipe = Pipeline(
        [("scale", StandardScaler()), ("adapt", ft.CORAL()), ("clf", SVC())],
        transform_input=["X_target"],
    )
    with sklearn.config_context(enable_metadata_routing=True):
        pipe.fit(Xs, ys, X_target=Xt.iloc[:-1])
        search = GridSearchCV(
            pipe,
            {"adapt": [ft.NoAdaptation(), ft.CORAL(), ft.TCA(20)], "clf__C": [0.1, 1]},
            cv=GroupKFold(5),
            scoring=ft.selection.make_target_scorer("iw"),
            error_score="raise",
        )
        search.fit(Xs, ys, groups=source.speakers, X_target=(Xt,))
    assert np.mean(pipe.predict(Xt) == target.labels) > 0.3
    assert set(search.predict(Xt)) <= set(ys)


def test_audio_front_end_inside_the_pipeline(corpora):
    source, target = corpora
    few, others = source.files[::4], target.files[::4]
    pipe = ft.make_pipeline(ft.OpenSmile("IS09"), ft.CorpusScaler(), SVC())
    with sklearn.config_context(enable_metadata_routing=True):
        pipe.fit(few, source.labels[::4], X_target=(others,))
    features = [ft.extract_features(files, "IS09").to_numpy() for files in (few, others)]
    scaler = ft.CorpusScaler().fit(features[0], X_target=(features[1],))
    np.testing.assert_allclose(pipe[:-1].transform(others), scaler.transform(features[1]))
