import inspect
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import featuretransfer as ft
from featuretransfer.relatedness import (
    Relatedness,
    coral_distance,
    energy_distance,
    frechet_distance,
    h_score,
    leep,
    log_me,
    maximum_mean_discrepancy,
    nce,
    proxy_a_distance,
    relatedness_matrix,
    sliced_wasserstein_distance,
    source_ranking,
)
from featuretransfer.relatedness import _measures as measures_module
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(60, 50, n_features=6, n_classes=3, random_state=0)
TABLES = DATA.X_source, DATA.y_source, DATA.X_target
SPEAKERS = {"speakers_source": DATA.speakers_source, "speakers_target": DATA.speakers_target}
FREE = ("mmd", "energy", "proxy-a-distance", "coral", "frechet", "sliced-wasserstein")
OF_TASK = ("leep", "nce", "log-me", "h-score")


def corpus(name, X, y, speakers):
    table = pd.DataFrame(X, [f"{name}{i}.wav" for i in range(len(X))])
    return ft.Corpus.from_features(table, y, speakers, name=name)


SOURCE = corpus("a", DATA.X_source, DATA.y_source, DATA.speakers_source)
TARGET = corpus("b", DATA.X_target, DATA.y_target, DATA.speakers_target)


def by_itself(X):
    return StandardScaler().fit_transform(X)


def test_values_are_those_of_the_functions_on_scaled_rows():
    found = ft.relatedness(*TABLES, **SPEAKERS, n_permutations=9)
    X, XT = by_itself(DATA.X_source), by_itself(DATA.X_target)
    ids = {"speakers": DATA.speakers_source, "speakers_target": DATA.speakers_target}
    expected = {
        "mmd": maximum_mean_discrepancy(X, XT),
        "energy": energy_distance(X, XT),
        "proxy-a-distance": proxy_a_distance(X, XT, **ids),
        "coral": coral_distance(X, XT),
        "frechet": frechet_distance(X, XT),
        "sliced-wasserstein": sliced_wasserstein_distance(X, XT),
    }
    table = found.to_frame()
    assert table.index.tolist() == list(FREE)
    assert_allclose(table["value"], list(expected.values()))
    assert set(table["closer"]) == {"smaller"}
    assert not table["uses_target_labels"].any()
    assert table["p_value"].notna().tolist() == [True, True] + 4 * [False]
    assert not table["note"].any()


def test_measures_of_tasks_are_those_of_a_source_model():
    found = ft.relatedness(*TABLES, y_target=DATA.y_target, estimator=LogisticRegression())
    model = LogisticRegression().fit(by_itself(DATA.X_source), DATA.y_source)
    XT = by_itself(DATA.X_target)
    P = model.predict_proba(XT)
    expected = {
        "leep": leep(P, DATA.y_target),
        "nce": nce(model.predict(XT), DATA.y_target),
        "log-me": log_me(P, DATA.y_target),
        "h-score": h_score(P, DATA.y_target),
    }
    table = found.to_frame()
    assert table.index.tolist() == [*FREE, *OF_TASK]
    assert_allclose(table["value"].tail(4), list(expected.values()))
    assert table.query("uses_target_labels").index.tolist() == list(OF_TASK)
    assert set(table.loc[list(OF_TASK), "closer"]) == {"greater"}
    # only the labelled rows count
    some = np.where(np.arange(50) < 30, DATA.y_target.astype(object), None)
    part = ft.relatedness(*TABLES, y_target=some, measures="nce", estimator=LogisticRegression())
    assert_allclose(part["nce"], nce(model.predict(XT[:30]), DATA.y_target[:30]))


def test_corpora_and_their_tables_are_the_same():
    known = ft.relatedness(SOURCE, TARGET, measures=[*FREE, *OF_TASK], n_permutations=9)
    tables = ft.relatedness(*TABLES, y_target=DATA.y_target, **SPEAKERS, n_permutations=9)
    pd.testing.assert_frame_equal(known.to_frame(), tables.to_frame())
    assert (known.source, known.target, known.n_rows) == ("a", "b", (60, 50))
    # labels of a corpus are not used unless asked for
    assert ft.relatedness(SOURCE, TARGET).to_frame().index.tolist() == list(FREE)
    frames = [pd.DataFrame(X).astype("float32") for X in (DATA.X_source, DATA.X_target)]
    single = ft.relatedness(*frames, **SPEAKERS, n_permutations=9)
    assert_allclose(single.to_frame()["value"], known.to_frame()["value"][:6], rtol=1e-3)


def test_without_speakers_there_is_no_p_value():
    table = ft.relatedness(DATA.X_source, DATA.X_target).to_frame()
    assert table["p_value"].isna().all()
    assert table["note"]["mmd"] == "no p-value: speakers of all rows are needed"
    assert "speakers unknown" in table["note"]["proxy-a-distance"]
    some = DATA.speakers_source.astype(object)
    some[3] = None
    table = ft.relatedness(*TABLES, **{**SPEAKERS, "speakers_source": some}).to_frame()
    assert table["p_value"].isna().all()


def test_few_speakers_are_told():
    ids = {"speakers_source": np.arange(60) % 2, "speakers_target": np.arange(50) % 2}
    found = ft.relatedness(*TABLES, **ids, measures="mmd").to_frame().loc["mmd"]
    assert found["p_value"] >= 1 / 6
    assert found["note"] == "p >= 0.17: few exchanges of speakers"
    ids["speakers_target"] = np.zeros(50)
    found = ft.relatedness(*TABLES, **ids, measures="proxy-a-distance").to_frame()
    assert np.isnan(found["value"].item())
    assert found["note"].item() == "at least 2 speakers of each corpus are needed"


def test_scaling_decides_what_counts():
    """A constant per feature is nothing by corpus, and everything with pooled scaling."""
    shifted = DATA.X_source + 10 * np.arange(6)
    found = {
        scaling: ft.relatedness(DATA.X_source, shifted, measures=FREE, scaling=scaling)
        for scaling in ("corpus", "pooled", "none")
    }
    assert_allclose(found["corpus"].to_frame()["value"].drop("mmd"), 0, atol=1e-4)
    assert found["pooled"]["mmd"] > 0.5
    assert found["none"]["frechet"] > found["pooled"]["frechet"] > 1
    # units do not matter unless nothing is scaled
    factors = 10.0 ** np.arange(6)
    for scaling in ("corpus", "pooled"):
        units = ft.relatedness(
            DATA.X_source * factors, shifted * factors, measures=FREE, scaling=scaling
        )
        expected = found[scaling].to_frame()["value"]
        assert_allclose(units.to_frame()["value"], expected, rtol=1e-6, atol=1e-6)


def test_it_is_deterministic():
    first, second = (ft.relatedness(*TABLES, **SPEAKERS, n_permutations=19) for _ in range(2))
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())


@pytest.mark.parametrize("scaling", ["corpus", "pooled", "none"])
def test_wide_constant_and_duplicated_rows(scaling):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(9, 40)), np.ones(9), np.arange(9) > 9])
    XT = np.repeat(np.column_stack([rng.normal(size=(4, 40)), np.zeros(4), np.ones(4)]), 2, axis=0)
    y, y_target = ["a", "b", "c"] * 3, ["a", "b"] * 4
    found = ft.relatedness(X, y, XT, y_target=y_target, scaling=scaling).to_frame()
    assert np.isfinite(found["value"]).all()


def test_it_prints_well():
    text = repr(ft.relatedness(SOURCE, TARGET, measures=["mmd", "coral"], n_permutations=9))
    assert text.startswith("a (60 rows) and b (50 rows), scaling='corpus'\n")
    assert "mmd" in text
    assert "uses_target_labels" not in text
    assert "note" not in text
    assert "note" in repr(ft.relatedness(DATA.X_source, DATA.X_target, measures="mmd"))


def test_functions_are_measures_too():
    def shift(X, X_target):
        return abs(X.mean() - X_target.mean())

    found = ft.relatedness(DATA.X_source, DATA.X_target, measures=[shift, "coral"], scaling="none")
    assert_allclose(found["shift"], shift(DATA.X_source, DATA.X_target))


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        ((SOURCE,), {}, TypeError, r"Pass two Corpus objects .*; got Corpus"),
        ((), {}, TypeError, "got nothing"),
        ((SOURCE, DATA.X_target), {}, TypeError, "got Corpus, ndarray"),
        ((SOURCE, TARGET), {"y_target": []}, TypeError, "y_target goes with tables"),
        ((SOURCE, TARGET), {"measures": "mmmd"}, ValueError, r"got 'mmmd'. Did you mean 'mmd'\?"),
        ((SOURCE, TARGET), {"measures": []}, ValueError, "measures is empty"),
        ((SOURCE, TARGET), {"scaling": "speaker"}, ValueError, "scaling must be one of"),
        ((SOURCE, TARGET), {"n_permutations": -1}, ValueError, "n_permutations must be"),
        ((SOURCE, TARGET), {"estimator": 3}, TypeError, "estimator must be None or a classifier"),
        (
            (SOURCE, TARGET),
            {"estimator": LinearSVC(), "measures": "leep"},
            TypeError,
            "need a source model with predict_proba",
        ),
        (
            (DATA.X_source, DATA.X_target),
            {"measures": "leep"},
            ValueError,
            r"source has no labels, which measures of tasks \(leep, nce",
        ),
        (TABLES, {"measures": "nce"}, ValueError, "target has no labels, .* Pass y_target beside"),
        (
            (DATA.X_source, ["a"] * 60, DATA.X_target),
            {"measures": "nce", "y_target": DATA.y_target},
            ValueError,
            "The labels of source must have at least two classes",
        ),
        (
            TABLES,
            {"y_target": ["a"]},
            ValueError,
            "y_target must have one label for each",
        ),
        (TABLES, {"speakers_target": ["a"]}, ValueError, "speakers_target must name one speaker"),
        (
            (DATA.X_source, DATA.X_target[:1]),
            {},
            ValueError,
            "At least 2 rows of each domain are needed, got 60 of the source and 1 of the target",
        ),
        ((DATA.X_source, DATA.X_target[:, :3]), {}, ValueError, "X_target has 3 features"),
    ],
)
def test_errors(data, options, error, message):
    with pytest.raises(error, match=message):
        ft.relatedness(*data, **options)


def test_every_measure_is_documented():
    text = inspect.getdoc(ft.relatedness.relatedness)
    assert all(f'"{name}"' in text for name in measures_module.MEASURES)


def test_the_name_is_function_and_folder():
    assert "relatedness" in ft.__all__
    assert isinstance(ft.relatedness(SOURCE, TARGET, measures="coral"), Relatedness)
    assert ft.relatedness.source_ranking is source_ranking
    assert next(iter(inspect.signature(ft.relatedness).parameters)) == "data"
    code = (
        "import featuretransfer as ft\n"
        "import featuretransfer.relatedness as folder\n"
        "from featuretransfer import relatedness\n"
        "from featuretransfer.relatedness import relatedness as function, source_ranking\n"
        "from featuretransfer import *\n"
        "X = [[0.0], [1.0], [3.0]]\n"
        "for call in (ft.relatedness, folder, relatedness, function, folder.relatedness):\n"
        "    assert call(X, X, measures='coral')['coral'] == 0\n"
        "assert ft.source_ranking is source_ranking is folder.source_ranking\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def near_and_far():
    rng = np.random.default_rng(1)
    drawn = {name: rng.exponential(size=(60, 4)) for name in ("near", "far", "target")}
    drawn["far"] = rng.normal(size=(60, 4))
    return {
        name: corpus(name, X, np.arange(60) % 2, np.arange(60) % 6) for name, X in drawn.items()
    }


def test_matrix_is_pair_by_pair():
    corpora = list(near_and_far().values())
    matrix = relatedness_matrix(corpora, "mmd")
    assert matrix.index.tolist() == matrix.columns.tolist() == ["near", "far", "target"]
    assert_allclose(np.diag(matrix), 0)
    assert_allclose(matrix, matrix.T)
    one = ft.relatedness(*corpora[:2], measures="mmd")
    assert_allclose(matrix.loc["near", "far"], one["mmd"])
    directed = relatedness_matrix({c.name: c for c in corpora}, "leep", scaling="pooled")
    assert np.isnan(np.diag(directed)).all()
    for row, source in enumerate(corpora):
        for column, target in enumerate(corpora):
            if row != column:
                one = ft.relatedness(source, target, measures="leep", scaling="pooled")
                assert directed.iloc[row, column] == one["leep"]


def test_ranking_recommends_the_nearest():
    corpora = near_and_far()
    target = corpora["target"]
    names = ["frechet", "sliced-wasserstein", "mmd", "leep"]
    ranking = source_ranking(target, list(corpora.values()), names)
    table = ranking.to_frame()
    assert sorted(table.index) == ["far", "near"]  # without the target itself
    assert table.columns.tolist() == ["rank", *names]
    for name in table.index:
        expected = ft.relatedness(corpora[name], target, measures=names)
        assert_allclose(table.loc[name, names].astype(float), [expected[n] for n in names])
    assert source_ranking(target, list(corpora.values()), "mmd").best == "near"
    assert repr(ranking).startswith("Sources for target, the most related first\n")


def test_combined_rank_is_the_mean_of_the_ranks():
    tables = {name: np.random.default_rng(0).normal(size=(9, 2)) for name in "abc"}
    values = {"a": (1, 3), "b": (2, 1), "c": (3, 2)}
    lookup = {}

    def first(X, X_target):
        return lookup[round(float(X.sum()), 6)][0]

    def second(X, X_target):
        return lookup[round(float(X.sum()), 6)][1]

    for number, name in enumerate(tables):
        tables[name] = tables[name] + number
        lookup[round(float(tables[name].sum()), 6)] = values[name]
    target = np.ones((3, 2))
    table = source_ranking(target, tables, [first, second], scaling="none").to_frame()
    assert table["rank"].to_dict() == {"b": 1.5, "a": 2.0, "c": 2.5}
    assert table.index.tolist() == ["b", "a", "c"]
    # measures of tasks rank the other way round
    corpora = near_and_far()
    ranking = source_ranking(corpora.pop("target"), list(corpora.values()), "leep").to_frame()
    assert ranking["leep"].is_monotonic_decreasing


def test_bad_corpora():
    with pytest.raises(TypeError, match="corpora must be a list of Corpus, or a dict of name"):
        relatedness_matrix([DATA.X_source, DATA.X_target])
    with pytest.raises(ValueError, match="at least two corpora, got 1"):
        relatedness_matrix([SOURCE])
    with pytest.raises(ValueError, match="different names, got"):
        relatedness_matrix([SOURCE, SOURCE])
    with pytest.raises(ValueError, match="at least one corpus beside the target, got none"):
        source_ranking(TARGET, [TARGET])
