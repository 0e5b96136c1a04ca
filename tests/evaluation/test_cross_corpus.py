import numpy as np
import pandas as pd
import pytest
import sklearn
import soundfile
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.evaluation._baselines import BASELINES, baseline_predictor, final_predictor

CLF = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
PIPELINES = {
    "coral": ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), CLF),
    "tca": ft.make_pipeline(ft.CorpusScaler(), ft.TCA(5), CLF),
}


@pytest.fixture(scope="module")
def result(corpora):
    return ft.cross_corpus(PIPELINES, corpora, random_state=0)


def test_rows_and_columns(result, corpora):
    table = result.to_frame()
    pairs = {(a.name, b.name) for a in corpora for b in corpora if a is not b}
    for name in ("coral", "tca", "chance", "source-only", "pooled-scaling", "corpus-scaling"):
        rows = table[table["pipeline"] == name]
        assert set(zip(rows["source"], rows["target"])) == pairs
        assert (rows["protocol"] == "transductive").all()
    within = table[table["pipeline"] == "in-corpus"]
    assert_array_equal(within["source"], within["target"])
    with_labels = {"target-only", "source+target"}
    assert set(table["pipeline"]) == {*BASELINES, "coral", "tca"} - with_labels
    expected = "source target pipeline seed budget labelled protocol tuning side_information n"
    assert list(table.columns[:13]) == [*expected.split(), "chance", "uar", "war"]
    assert table[["budget", "labelled"]].isna().all(axis=None)
    assert table[["uar", "war", "macro_f1"]].stack().between(0, 1).all()
    assert (table["error"] == "").all()
    assert (table["n"] == table[[c for c in table if c.startswith("n_")]].sum(axis=1)).all()


def test_predictions_are_those_of_the_plain_pipeline(result, corpora):
    one, two, _ = corpora
    rows = result.predictions.query("source == 'one' and target == 'two' and pipeline == 'tca'")
    with sklearn.config_context(enable_metadata_routing=True):
        model = PIPELINES["tca"].fit(
            one.features(), one.labels.to_numpy(), X_target=(two.features(),)
        )
    assert_array_equal(rows["y_pred"], model.predict(two.features()))
    assert_array_equal(rows["y_true"], two.labels)
    assert_array_equal(rows["speaker"], two.speakers)
    assert_array_equal(rows["file"], two.files)


def test_scores_are_those_of_the_predictions(result):
    table = result.to_frame().set_index(["source", "target", "pipeline"])
    for key, rows in result.predictions.groupby(["source", "target", "pipeline"]):
        assert table.loc[key, "uar"] == pytest.approx(
            balanced_accuracy_score(rows["y_true"], rows["y_pred"])
        )


def test_baselines(corpora):
    one, two, _ = corpora
    result = ft.cross_corpus(PIPELINES["coral"], [one, two])
    Xs, Xt = one.features().to_numpy(), two.features().to_numpy()
    pooled = StandardScaler().fit(np.concatenate([Xs, Xt]))
    source = StandardScaler().fit(Xs)
    expected = {
        "source-only": (source.transform(Xs), source.transform(Xt)),
        "pooled-scaling": (pooled.transform(Xs), pooled.transform(Xt)),
        "corpus-scaling": (source.transform(Xs), StandardScaler().fit_transform(Xt)),
    }
    for name, (train, test) in expected.items():
        rows = result.predictions.query(f"source == 'one' and pipeline == '{name}'")
        assert_array_equal(rows["y_pred"], CLF.fit(train, one.labels).predict(test))


def test_without_baselines(corpora, result):
    bare = ft.cross_corpus(PIPELINES, corpora, baselines=False)
    assert set(bare.to_frame()["pipeline"]) == {"coral", "tca"}
    assert list(bare.matrix().index) == list(bare.matrix().columns) == ["one", "two", "three"]
    summary = bare.summary(n_bootstraps=20)
    assert summary["gain"].isna().all()
    full = result.summary(n_bootstraps=20).loc[["coral", "tca"]]
    pd.testing.assert_series_equal(summary["uar"], full["uar"])
    assert "source-only" not in bare.to_markdown()
    assert len(bare.plot().axes_) == 2


def test_in_corpus_folds_share_no_speaker(corpora):
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    ft.cross_corpus(ft.make_pipeline(ft.CorpusScaler(), Spy()), corpora[:2])
    folds = [n for n in seen if n not in (len(corpora[0]), len(corpora[1]))]
    assert len(folds) == 10
    assert sum(len(corpora[0]) - n for n in folds[:5]) == len(corpora[0])


@pytest.mark.parametrize("protocol", ["transductive", "inductive"])
def test_target_labels_reach_nothing_but_the_scores(corpora, relabel, protocol):
    one, two, _ = corpora
    search = GridSearchCV(
        PIPELINES["coral"],
        {"coral": [ft.NoAdaptation(), ft.CORAL()]},
        scoring=ft.selection.make_target_scorer("entropy"),
        cv=GroupKFold(3),
    )
    best = clone(search).set_params(param_grid={"logisticregression__C": np.logspace(-6, 3, 7)})
    pipelines = {**PIPELINES, "search": search, "oracle": ft.oracle(best)}
    first = ft.cross_corpus(pipelines, [one, two], protocol=protocol)
    second = ft.cross_corpus(pipelines, [one, relabel(two)], protocol=protocol)
    chosen = "target == 'two' and pipeline != 'in-corpus'"
    first, second = (r.predictions.query(chosen) for r in (first, second))
    told = [name for name in first if name.startswith(("y_pred", "p_"))]
    assert not np.array_equal(first["y_true"], second["y_true"])
    honest = (first["pipeline"] != "oracle").to_numpy()
    pd.testing.assert_frame_equal(first.loc[honest, told], second.loc[honest, told])
    assert not first.loc[~honest, told].equals(second.loc[~honest, told])


def test_inductive_adapts_to_other_speakers_than_it_predicts(corpora):
    seen = []

    class Spy(ft.CORAL):
        def fit(self, X, y=None, *, X_target=None):
            seen.append(set(X_target[0].index.get_level_values("file")))
            return super().fit(X, y, X_target=X_target)

        def transform(self, X):
            self.predicted_ = set(X.index.get_level_values("file"))
            if not self._source_view:
                assert not self.predicted_ & seen[-1]
            return super().transform(X)

    one, two, _ = corpora
    result = ft.cross_corpus(
        {"spy": ft.make_pipeline(Spy(), CLF)}, [one, two], protocol="inductive"
    )
    rows = result.to_frame().query("pipeline == 'spy'")
    assert (rows["error"] == "").all()
    assert (rows["protocol"] == "inductive").all()
    assert len(seen) == 10
    assert set(result.predictions["y_pred"]) <= set(one.labels)


def test_others_are_one_source(corpora):
    result = ft.cross_corpus(PIPELINES["coral"], corpora, sources="others")
    rows = result.to_frame().query("pipeline == 'corpusscaler+coral+logisticregression'")
    assert list(zip(rows["source"], rows["target"])) == [
        ("two+three", "one"),
        ("one+three", "two"),
        ("one+two", "three"),
    ]
    assert list(result.matrix().index) == ["others"]


@pytest.mark.parametrize("protocol", ["transductive", "inductive"])
def test_each_of_several_sources_is_scaled_by_itself(corpora, protocol):
    one, two, three = corpora
    result = ft.cross_corpus(
        {"scaled": ft.recipe("corpus-scaler", CLF)},
        corpora,
        sources="others",
        protocol=protocol,
        baselines=False,
    )
    X = pd.concat([one.features(), two.features()])
    y = pd.concat([one.labels, two.labels])
    domains = np.repeat(["one", "two"], [len(one), len(two)])
    scaled = np.concatenate([StandardScaler().fit_transform(c.features()) for c in (one, two)])
    rows = result.predictions.query("target == 'three'")
    if protocol == "transductive":
        target = StandardScaler().fit_transform(three.features())
        assert_array_equal(rows["y_pred"], clone(CLF).fit(scaled, y).predict(target))
    else:
        with sklearn.config_context(enable_metadata_routing=True):
            adapt, test = next(GroupKFold(5).split(three.features(), groups=three.speakers))
            model = ft.recipe("corpus-scaler", CLF).fit(
                X, y, X_target=(three.features().iloc[adapt],), source_domains=domains
            )
        predicted = model.predict(three.features().iloc[test])
        assert_array_equal(rows["y_pred"].to_numpy()[test], predicted)


def test_source_domains_reach_searches_and_their_scorers(corpora):
    seen = []

    class Spy(ft.CorpusScaler):
        def transform(self, X, *, speakers_target=None, target_domains=None):
            if self._source_view:
                seen.append(set(self._source_ids["source_domains"]))
            return super().transform(X, target_domains=target_domains)

    search = GridSearchCV(
        ft.make_pipeline(Spy(), CLF),
        {"logisticregression__C": [0.1]},
        scoring=ft.selection.source_scorer("balanced_accuracy"),
        cv=GroupKFold(3),
        error_score="raise",
    )
    result = ft.cross_corpus({"search": search}, corpora, sources="others", baselines=False)
    assert (result.to_frame()["error"] == "").all()
    assert len(seen) == 3 * (3 * 2 + 1)  # fit and score in every fold, then the refit
    assert set().union(*seen) == {"one", "two", "three"}


class Broken(BaseEstimator):
    __metadata_request__fit = {"X_target": True}

    def fit(self, X, y=None, *, X_target=None):
        if len(X) > 50:
            raise RuntimeError("broken on\nlarge corpora")
        return self

    def transform(self, X):
        return X

    def __sklearn_is_fitted__(self):
        return True


def test_a_failing_pair_is_a_row_and_counts_as_chance(corpora):
    broken = {"broken": ft.make_pipeline(Broken(), CLF)}
    with pytest.warns(UserWarning, match="2 of 33 cells failed and count as chance"):
        result = ft.cross_corpus(broken, corpora)
    rows = result.to_frame().query("pipeline == 'broken'").set_index(["source", "target"])
    failed = rows.loc["one"]
    assert (failed["error"] == "RuntimeError: broken on large corpora").all()
    assert failed["uar"].isna().all()
    assert (failed["n"] > 0).all()
    assert (rows.loc["two"]["error"] == "").all()
    summary = result.summary(n_bootstraps=10).loc["broken"]
    assert summary["n_failed"] == 2
    assert summary["uar"] == pytest.approx(rows["uar"].fillna(0.25).mean())
    assert np.isnan(result.matrix("broken").loc["one", "two"])
    assert "broken, one to two: RuntimeError" in result.to_markdown()


def test_same_for_any_number_of_processes(result, corpora):
    again = ft.cross_corpus(PIPELINES, corpora, random_state=0, n_jobs=2)
    pd.testing.assert_frame_equal(
        again.to_frame().drop(columns="seconds"), result.to_frame().drop(columns="seconds")
    )
    pd.testing.assert_frame_equal(again.predictions, result.predictions)


def test_seeds_reach_everything_random(corpora):
    pipeline = ft.make_pipeline(
        ft.CorpusScaler(), ft.DenoisingAutoencoder(4, max_iter=3, n_iter_no_change=1), CLF
    )
    with pytest.warns(UserWarning, match="not converged"):
        result = ft.cross_corpus({"dae": pipeline}, corpora[:2], random_state=[0, 0, 1])
    rows = result.to_frame().query("pipeline == 'dae' and source == 'one'")
    assert list(rows["seed"]) == [0, 0, 1]
    parts = [p for p in result._parts if p is not None]
    predicted = [
        p["y_pred"].to_numpy()
        for p in parts
        if p["pipeline"].iloc[0] == "dae" and p["source"].iloc[0] == "one"
    ]
    assert_array_equal(predicted[0], predicted[1])
    assert not np.array_equal(predicted[0], predicted[2])
    assert pipeline[1].random_state is None


def test_seeds_reach_candidates_of_searches():
    from featuretransfer.evaluation._pipelines import seeded

    grid = {"pca": [PCA(2), PCA(3, random_state=7), "passthrough"], "clf__C": [1.0]}
    pipeline = Pipeline([("pca", PCA(2)), ("clf", SVC())])
    for given in (grid, [grid]):
        (found,) = seeded(GridSearchCV(pipeline, given), 5).param_grid
        assert [getattr(p, "random_state", p) for p in found["pca"]] == [5, 7, "passthrough"]
        assert found["clf__C"] == [1.0]
    assert grid["pca"][0].random_state is None
    unseeded = seeded(GridSearchCV(pipeline, grid), None).param_grid
    assert unseeded["pca"][0].random_state is None


def test_searches_get_groups_and_say_how_they_tune(corpora):
    def search(scoring):
        return GridSearchCV(
            PIPELINES["coral"],
            {"logisticregression__C": [0.1, 1.0]},
            scoring=scoring,
            cv=GroupKFold(3),
            error_score="raise",
        )

    pipelines = {
        "source": search(ft.selection.source_scorer("balanced_accuracy")),
        "iw": search(ft.selection.make_target_scorer("iw")),
    }
    table = ft.cross_corpus(pipelines, corpora[:2]).to_frame()
    assert (table["error"] == "").all()
    tuning = table.drop_duplicates("pipeline").set_index("pipeline")["tuning"]
    assert tuning["source"] == "source-cv"
    assert tuning["iw"] == "unsupervised:iw"
    assert tuning["corpus-scaling"] == "none"


def test_speakers_are_passed_on_request_and_named_as_side_information(corpora):
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = ft.CorpusScaler(min_group=2).set_fit_request(speakers=True, speakers_target=True)
        scaler.set_transform_request(speakers_target=True)
    result = ft.cross_corpus({"by-speaker": ft.make_pipeline(scaler, CLF)}, corpora[:2])
    table = result.to_frame().set_index("pipeline")
    assert (table.loc["by-speaker", "error"] == "").all()
    assert (table.loc["by-speaker", "side_information"] == "target speakers").all()
    assert (table.loc["corpus-scaling", "side_information"] == "none").all()
    assert "target speakers" in result.to_markdown()


def test_names():
    from featuretransfer.evaluation._pipelines import named_pipelines

    same = [ft.recipe("coral"), ft.recipe("coral")]
    name = "corpusscaler+coral+logisticregression"
    assert list(named_pipelines(same)) == [f"{name}-1", f"{name}-2"]
    assert list(named_pipelines(same[0])) == [name]
    assert list(named_pipelines([LogisticRegression()])) == ["logisticregression"]


@pytest.mark.parametrize(
    "adapting",
    [
        ft.BalancedSelfTraining(CLF),
        ft.PriorCorrection(CLF),
        ft.ReweightedClassifier(CLF, ft.KernelMeanMatching()),
        CalibratedClassifierCV(ft.BalancedSelfTraining(CLF)),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_baselines_do_not_adapt(adapting):
    assert final_predictor(ft.make_pipeline(ft.CorpusScaler(), adapting)) is CLF


def test_classifiers_that_adapt_themselves_are_no_baseline():
    own = ft.make_pipeline(ft.CorpusScaler(), ft.DomainRegression())
    assert baseline_predictor([own, ft.make_pipeline(ft.CORAL(), CLF)]) is CLF
    assert isinstance(baseline_predictor([own]), LogisticRegression)


def test_baselines_are_the_same_whatever_adapts_first(corpora):
    adapting = ft.make_pipeline(ft.CorpusScaler(), ft.BalancedSelfTraining(CLF))
    plain = ft.make_pipeline(ft.CorpusScaler(), CLF)
    found = ft.cross_corpus({"method": adapting}, corpora).summary(n_bootstraps=1)["uar"]
    expected = ft.cross_corpus({"method": plain}, corpora).summary(n_bootstraps=1)["uar"]
    for name in expected.index.drop("method"):
        assert found[name] == expected[name]
    assert found["method"] != found["corpus-scaling"]


def test_final_predictor():
    weighted = ft.ReweightedClassifier(SVC(C=3), ft.KernelMeanMatching())
    search = GridSearchCV(ft.make_pipeline(ft.CORAL(), weighted), {})
    assert final_predictor(search).C == 3
    with pytest.raises(TypeError, match="must end in a classifier"):
        final_predictor(ft.make_pipeline(ft.CORAL()))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pipelines": {}}, ValueError, "pipelines is empty"),
        ({"pipelines": {"chance": CLF}}, ValueError, "'chance' is the name of a baseline"),
        (
            {"pipelines": Pipeline([("s", StandardScaler()), ("a", ft.CORAL()), ("c", CLF)])},
            ft.exceptions.PipelineStructureError,
            "transform_input",
        ),
        ({"sources": "all"}, ValueError, "sources must be one of"),
        ({"protocol": "blind"}, ValueError, "protocol must be one of"),
        ({"random_state": "x"}, ValueError, "random_state must be"),
        ({"protocol": "few-labels", "budget": 0}, ValueError, "budget must be a number of .* 0"),
        ({"protocol": "few-labels", "budget": [5, 5]}, ValueError, "list of different"),
        ({"budget": 5}, ValueError, "budget=5 .* but protocol='transductive' gives no labels"),
        ({"random_state": []}, ValueError, "random_state must be"),
        ({"labels": "big9"}, ValueError, "big4"),
    ],
)
def test_bad_arguments(corpora, changes, error, message):
    arguments = {"pipelines": PIPELINES, "corpora": corpora[:2], **changes}
    with pytest.raises(error, match=message):
        ft.cross_corpus(**arguments)


def test_bad_corpora(corpora):
    with pytest.raises(ValueError, match="at least two corpora, got 1"):
        ft.cross_corpus(PIPELINES, corpora[:1])
    with pytest.raises(ValueError, match="different names"):
        ft.cross_corpus(PIPELINES, [corpora[0], corpora[0]])
    with pytest.raises(TypeError, match="must be a list of Corpus, got DataFrame"):
        ft.cross_corpus(PIPELINES, [corpora[0], corpora[1].features()])


def test_corpus_without_speakers_has_no_in_corpus_score(corpora):
    nameless = ft.Corpus.from_features(
        corpora[0].features(), corpora[0].labels.to_numpy(), name="nameless"
    )
    with pytest.warns(UserWarning, match="cannot be speaker-independent"):
        result = ft.cross_corpus(PIPELINES, [nameless, corpora[1]])
    table = result.to_frame()
    failed = table[table["error"] != ""]
    assert list(failed["pipeline"]) == ["in-corpus"]


def test_files_without_features_are_left_out_and_said(tmp_path):
    rng = np.random.default_rng(0)
    time = np.arange(8000) / 16000
    corpora = []
    for name in ("one", "two"):
        rows = []
        for i in range(8):
            file = tmp_path / f"{name}{i}.wav"
            tone = 0.3 * np.sin(2 * np.pi * (120 + 60 * (i % 2)) * time)
            soundfile.write(file, tone + 0.01 * rng.normal(size=8000), 16000)
            rows.append({"file": str(file), "label": "ab"[i % 2], "speaker": str(i // 4)})
        corpora.append(ft.Corpus.from_rows(pd.DataFrame(rows), name=name))
    soundfile.write(tmp_path / "two0.wav", np.zeros(8000), 16000)
    with pytest.warns(UserWarning, match="1 of 8 files have no features.*two0.wav.*silent"):
        result = ft.cross_corpus(ft.recipe("coral"), corpora, feature_set="GeMAPSv01b", labels=None)
    table = result.to_frame()
    assert (table["error"] == "").all()
    assert set(table.loc[table["target"] == "two", "n"]) == {7}
    assert set(table.loc[table["target"] == "one", "n"]) == {8}
    assert (table.loc[table["pipeline"] == "in-corpus", "uar"] == 1).all()
