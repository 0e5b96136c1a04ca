import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

import featuretransfer as ft

CLF = LogisticRegression(class_weight="balanced", max_iter=1000)
PIPELINE = ft.make_pipeline(ft.CorpusScaler(), ft.NoAdaptation(), CLF)
GRID = {"noadaptation": [ft.NoAdaptation(), ft.CORAL()], "logisticregression__C": [1e-5, 0.1, 100]}


def candidates():
    for adapter in GRID["noadaptation"]:
        for C in GRID["logisticregression__C"]:
            yield (
                f"{type(adapter).__name__} {C}",
                ft.make_pipeline(
                    ft.CorpusScaler(), adapter, LogisticRegression(**{**CLF.get_params(), "C": C})
                ),
            )


@pytest.mark.parametrize("protocol", ["transductive", "inductive", "few-labels"])
def test_it_is_the_best_candidate(corpora, protocol):
    pipelines = {**dict(candidates()), "oracle": ft.oracle(GridSearchCV(PIPELINE, GRID))}
    settings = {"protocol": protocol, "baselines": False, "random_state": 0}
    if protocol == "few-labels":
        settings["budget"] = 2
    result = ft.cross_corpus(pipelines, corpora[:2], **settings)
    table, rows = result.to_frame(), result.predictions
    assert (table["error"] == "").all()
    for target, own in table.groupby("target"):
        uar = own.set_index("pipeline")["uar"]
        best = uar.drop("oracle").idxmax()
        assert uar["oracle"] == uar[best] == uar.max()
        assert uar.nunique() > 1
        of_target = rows[rows["target"] == target]
        assert_array_equal(
            *(of_target.loc[of_target["pipeline"] == name, "y_pred"] for name in ("oracle", best))
        )


def test_it_is_told_from_honest_choices(corpora):
    pipelines = {"honest": PIPELINE, "best": ft.oracle(GridSearchCV(PIPELINE, GRID))}
    table = ft.cross_corpus(pipelines, corpora[:2]).to_frame()
    assert set(table.loc[table["pipeline"] == "best", "tuning"]) == {"oracle"}
    assert set(table.loc[table["pipeline"] != "best", "tuning"]) == {"none"}


def test_it_draws_as_the_search_does(corpora):
    search = RandomizedSearchCV(
        PIPELINE, {"logisticregression__C": np.logspace(-5, 2, 30)}, n_iter=3
    )
    drawn = ft.oracle(search)
    found = [
        ft.cross_corpus({"o": drawn}, corpora[:2], baselines=False, random_state=seed).predictions
        for seed in (0, 0, 1)
    ]
    pd.testing.assert_frame_equal(found[0], found[1])
    told = [name for name in found[0] if name.startswith("p_")]
    assert not found[0][told].equals(found[2][told])


def test_candidates_get_no_labels_and_no_folds(corpora):
    class Spy(LogisticRegression):
        n_rows = []

        def fit(self, X, y):
            self.n_rows.append(len(X))
            return super().fit(X, y)

    pipeline = ft.make_pipeline(ft.CorpusScaler(), Spy(max_iter=500))
    best = ft.oracle(GridSearchCV(pipeline, {"spy__C": [0.01, 1.0]}))
    ft.cross_corpus({"best": best}, corpora[:2], baselines=False)
    assert Spy.n_rows == 2 * [len(corpora[0])] + 2 * [len(corpora[1])]


def test_the_failure_of_a_candidate_is_one_of_the_cell(corpora):
    best = ft.oracle(GridSearchCV(PIPELINE, {"logisticregression__C": [1.0, -1.0]}))
    with pytest.warns(UserWarning, match="2 of 2 cells failed"):
        table = ft.cross_corpus({"best": best}, corpora[:2], baselines=False).to_frame()
    assert table["error"].str.contains("'C' parameter").all()


def test_unnamed():
    from featuretransfer.evaluation._pipelines import named_pipelines

    best = ft.oracle(GridSearchCV(PIPELINE, GRID))
    assert list(named_pipelines([best])) == ["oracle-gridsearchcv"]


def test_it_refuses_to_be_fitted():
    with pytest.raises(TypeError, match="chooses by the labels of the target, which no fit has"):
        ft.oracle(GridSearchCV(PIPELINE, GRID)).fit([[0.0]], ["a"])


def test_only_searches():
    with pytest.raises(TypeError, match="search must be a GridSearchCV"):
        ft.oracle(PIPELINE)
