"""Corpora with ratings, and pipelines that end in regressors."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer.evaluation._baselines import baseline_predictor, final_predictor
from featuretransfer.evaluation._metrics import score_regression

CORAL = ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), Ridge(10.0))
WEIGHTED = ft.make_pipeline(
    ft.CorpusScaler(), ft.ReweightedRegressor(Ridge(10.0), ft.KernelMeanMatching())
)
PIPELINES = {"coral": CORAL, "weighted": WEIGHTED}


@pytest.fixture(scope="module")
def result(rated):
    return ft.cross_corpus(PIPELINES, rated, labels=None)


def test_scores_and_predictions(result, rated):
    one, two = rated
    table = result.to_frame()
    assert (table["error"] == "").all()
    assert not {"uar", "war", "macro_f1", "auc", "ece"} & set(table)
    rows = result.predictions.query("source == 'one' and target == 'two' and pipeline == 'coral'")
    with sklearn.config_context(enable_metadata_routing=True):
        model = sklearn.clone(CORAL).fit(
            one.features(), one.labels.to_numpy(), X_target=(two.features(),)
        )
    np.testing.assert_allclose(rows["y_pred"], model.predict(two.features()))
    assert_array_equal(rows["y_true"], two.labels)
    assert not [name for name in rows if name.startswith(("p_", "score_"))]
    for _, line in table[table["pipeline"] != "chance"].iterrows():
        own = result.predictions.query(
            f"source == '{line['source']}' and target == '{line['target']}' and "
            f"pipeline == '{line['pipeline']}'"
        )
        scores = score_regression(own["y_true"], own["y_pred"])
        assert {name: line[name] for name in scores} == scores


def test_scaling_by_corpus_finds_what_the_shift_hides(result):
    ccc = result.to_frame().groupby("pipeline")["ccc"].mean()
    assert ccc["chance"] == 0
    assert ccc["source-only"] < 0.5 < 0.9 < ccc["corpus-scaling"]
    assert ccc["in-corpus"] > 0.8
    assert ccc["coral"] > 0.7


def test_baselines_end_in_the_regressor_of_the_first_pipeline(rated):
    one, two = rated
    own = ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), Lasso(0.01))
    result = ft.cross_corpus(own, rated, labels=None)
    rows = result.predictions.query("source == 'one' and pipeline == 'corpus-scaling'")
    Xs, Xt = (StandardScaler().fit_transform(corpus.features()) for corpus in (one, two))
    np.testing.assert_allclose(rows["y_pred"], Lasso(0.01).fit(Xs, one.labels).predict(Xt))


def test_default_regressor():
    own = ft.make_pipeline(ft.CorpusScaler(), ft.TwoStageTrAdaBoostR2())
    assert isinstance(baseline_predictor([own], rated=True), Ridge)
    assert final_predictor(WEIGHTED, rated=True).alpha == 10


@pytest.mark.parametrize("protocol", ["transductive", "inductive"])
def test_ratings_of_the_target_reach_nothing_but_the_scores(rated, protocol):
    one, two = rated
    labels = two.labels.to_numpy()[::-1]
    speakers = [speaker.split("/", 1)[1] for speaker in two.speakers]
    other = ft.Corpus.from_features(two.features(), labels, speakers, name="two")
    grid = {"ridge__alpha": [1e-3, 1.0, 1e4]}
    pipelines = {**PIPELINES, "best": ft.oracle(GridSearchCV(CORAL, grid))}
    first, second = (
        ft.cross_corpus(pipelines, [one, corpus], labels=None, protocol=protocol)
        for corpus in (two, other)
    )
    kept = "target == 'two' and pipeline not in ('in-corpus', 'best')"
    first, second = (r.predictions.query(kept) for r in (first, second))
    assert not np.array_equal(first["y_true"], second["y_true"])
    assert_array_equal(first["y_pred"], second["y_pred"])


def test_the_best_candidate_has_the_best_concordance(rated):
    alphas = [1e-3, 10.0, 1e4]
    pipelines = {
        str(alpha): sklearn.clone(CORAL).set_params(ridge__alpha=alpha) for alpha in alphas
    }
    pipelines["best"] = ft.oracle(GridSearchCV(CORAL, {"ridge__alpha": alphas}))
    table = ft.cross_corpus(pipelines, rated, labels=None, baselines=False).to_frame()
    for _, rows in table.groupby("target"):
        ccc = rows.set_index("pipeline")["ccc"]
        assert ccc["best"] == ccc.max()
        assert ccc.nunique() == 3


def test_searches(rated):
    search = GridSearchCV(
        CORAL,
        {"ridge__alpha": [1.0, 10.0]},
        scoring=ft.selection.source_scorer("r2"),
        cv=GroupKFold(3),
        error_score="raise",
    )
    table = ft.cross_corpus({"search": search}, rated, labels=None, baselines=False).to_frame()
    assert (table["error"] == "").all()
    assert set(table["tuning"]) == {"source-cv"}


class Failing(Ridge):
    def fit(self, X, y):
        raise RuntimeError("not today")


def test_a_failing_pair_counts_as_a_constant(rated):
    failing = ft.make_pipeline(ft.CorpusScaler(), Failing())
    with pytest.warns(UserWarning, match="2 of 2 cells failed"):
        result = ft.cross_corpus({"failing": failing}, rated, labels=None, baselines=False)
    table = result.to_frame()
    assert table["ccc"].isna().all()
    assert list(table["n"]) == [50, 60]
    assert (table["chance"] == 0).all()


def test_what_does_not_go_together(rated, corpora):
    classes = ft.make_pipeline(ft.CorpusScaler(), LogisticRegression())
    with pytest.raises(TypeError, match=r"must end in a regressor.*Classes that are numbers are"):
        ft.cross_corpus(classes, rated, labels=None)
    with pytest.raises(TypeError, match="must end in a classifier, since the labels are classes"):
        ft.cross_corpus(CORAL, corpora)
    with pytest.raises(ValueError, match="two has ratings .* and the other corpora classes"):
        ft.cross_corpus(CORAL, [corpora[0], rated[1]], labels=None)
    with pytest.raises(ValueError, match="few-labels' labels rows of every class, but the labels"):
        ft.cross_corpus(CORAL, rated, labels=None, protocol="few-labels")
    with pytest.raises(ValueError, match="labels of one are ratings .* 'big4' does not map"):
        ft.cross_corpus(CORAL, rated)
