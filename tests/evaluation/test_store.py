"""Finished cells are kept: what is run again, and that the result is the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.svm import LinearSVC

import featuretransfer as ft
from featuretransfer.evaluation._store import Store

CLF = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)


class Counting(LogisticRegression):
    """Says whenever it is fitted, and what on."""

    fitted = []

    def fit(self, X, y):
        self.fitted.append(len(X))
        return super().fit(X, y)


@pytest.fixture(autouse=True)
def _nothing_fitted():
    Counting.fitted.clear()


def pipelines(C=0.1):
    settings = {**CLF.get_params(), "C": C}
    return {
        "coral": ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), Counting(**settings)),
        "plain": ft.make_pipeline(ft.CorpusScaler(), Counting(**settings)),
    }


def evaluate(corpora, folder, n_run, given=None, **options):
    """Evaluate with a store, and check how often something was fitted."""
    Counting.fitted.clear()
    options = {"baselines": False, **options}
    result = ft.cross_corpus(given or pipelines(), corpora, store=folder, **options)
    assert len(Counting.fitted) == n_run
    return result


def assert_same(one, other, seconds=False):
    tables = [result.to_frame() for result in (one, other)]
    if not seconds:
        tables = [table.drop(columns="seconds") for table in tables]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    pd.testing.assert_frame_equal(one.predictions, other.predictions, check_exact=True)


def changed(corpus, features=None, labels=None, speakers=None):
    own = [speaker.split("/", 1)[1] for speaker in corpus.speakers]
    return ft.Corpus.from_features(
        corpus.features() if features is None else features,
        corpus.labels.to_numpy() if labels is None else labels,
        own if speakers is None else speakers,
        name=corpus.name,
    )


@pytest.mark.parametrize(
    ("options", "n_run"),
    [
        ({}, 12),
        ({"protocol": "inductive"}, 60),
        ({"protocol": "few-labels", "budget": [1, 2]}, 24),
        ({"sources": "others"}, 6),
        ({"random_state": [0, 1]}, 24),
    ],
)
def test_nothing_is_run_twice(corpora, tmp_path, options, n_run):
    first = evaluate(corpora, tmp_path, n_run, **options)
    assert_same(first, evaluate(corpora, tmp_path, 0, **options), seconds=True)
    Counting.fitted.clear()
    assert_same(first, ft.cross_corpus(pipelines(), corpora, baselines=False, **options))


def test_baselines_and_decision_values_too(corpora, tmp_path):
    given = {"svc": ft.recipe("coral", LinearSVC(C=0.1)), "lr": ft.recipe("coral", CLF)}
    options = {"protocol": "few-labels", "budget": 2}
    first, again = (ft.cross_corpus(given, corpora, store=tmp_path, **options) for _ in range(2))
    assert_same(first, again, seconds=True)
    n_files = len(list(tmp_path.iterdir()))
    assert n_files == (first.to_frame()["pipeline"] != "chance").sum()


def test_a_changed_pipeline_runs_its_cells_again(corpora, tmp_path):
    evaluate(corpora, tmp_path, 12)
    other = {**pipelines(), "plain": pipelines(C=0.2)["plain"]}
    evaluate(corpora, tmp_path, 6, other)
    nested = {**other, "coral": other["coral"].set_params(coral__reg=0.5)}
    evaluate(corpora, tmp_path, 6, nested)
    evaluate(corpora, tmp_path, 0, {"another name": pipelines()["coral"]})
    evaluate(corpora, tmp_path, 6, {**pipelines(), "new": pipelines(C=0.3)["coral"]})


def test_a_changed_candidate_runs_its_cells_again(corpora, tmp_path):
    def search(*values):
        return {"best": ft.oracle(GridSearchCV(pipelines()["plain"], {"counting__C": [*values]}))}

    evaluate(corpora[:2], tmp_path, 4, search(0.1, 0.2))
    evaluate(corpora[:2], tmp_path, 0, search(0.1, 0.2))
    evaluate(corpora[:2], tmp_path, 4, search(0.1, 0.3))


def test_changed_rows_run_the_cells_of_their_corpus_again(corpora, tmp_path):
    evaluate(corpora, tmp_path, 12)
    one, two, three = corpora
    features = two.features().copy()
    features.iloc[3, 2] += 1e-9
    evaluate([one, changed(two, features=features), three], tmp_path, 8)
    evaluate([one, changed(two, speakers=np.repeat(["s", "t"], 24)), three], tmp_path, 8)
    evaluate(corpora, tmp_path, 0)


def test_changed_labels_run_again_what_sees_them(corpora, tmp_path):
    """Cells of which the corpus is the source; the target's labels reach the scores only."""
    first = evaluate(corpora, tmp_path, 12)
    one, two, three = corpora
    labels = two.labels.to_numpy()[::-1]
    again = evaluate([one, changed(two, labels=labels), three], tmp_path, 4)
    own = [r.to_frame().query("target == 'two'") for r in (first, again)]
    assert (own[0]["uar"].to_numpy() != own[1]["uar"].to_numpy()).all()


def test_labels_of_the_target_count_where_they_are_seen(corpora, tmp_path):
    one, two = corpora[:2]
    other = changed(two, labels=two.labels.to_numpy()[::-1])
    best = {"best": ft.oracle(GridSearchCV(pipelines()["plain"], {"counting__C": [0.1]}))}
    evaluate([one, two], tmp_path / "oracle", 2, best)
    evaluate([one, other], tmp_path / "oracle", 2, best)
    few = {"protocol": "few-labels", "budget": 2}
    evaluate([one, two], tmp_path / "few", 4, **few)
    evaluate([one, other], tmp_path / "few", 4, **few)


def test_a_changed_seed_protocol_or_budget_runs_again(corpora, tmp_path):
    few = {"protocol": "few-labels"}
    evaluate(corpora[:2], tmp_path, 4, random_state=0)
    evaluate(corpora[:2], tmp_path, 4, random_state=[0, 1])
    evaluate(corpora[:2], tmp_path, 20, random_state=0, protocol="inductive")
    evaluate(corpora[:2], tmp_path, 4, random_state=0, budget=1, **few)
    evaluate(corpora[:2], tmp_path, 4, random_state=0, budget=[1, 2], **few)
    evaluate(corpora[:2], tmp_path, 0, random_state=1)


def test_another_version_runs_again(corpora, tmp_path, monkeypatch):
    from featuretransfer.evaluation import _fingerprint

    evaluate(corpora[:2], tmp_path, 4)
    _fingerprint._version.cache_clear()
    monkeypatch.setattr("sklearn.__version__", "0.0")
    evaluate(corpora[:2], tmp_path, 4)
    _fingerprint._version.cache_clear()


def _cut(file):
    file.write_bytes(file.read_bytes()[:-100])


def _empty(file):
    file.write_bytes(b"")


def _flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 4] ^= 255
    file.write_bytes(data)


def _another(file):
    other = next(path for path in sorted(file.parent.iterdir()) if path != file)
    file.write_bytes(other.read_bytes())


def _alter(file):
    table = pq.read_table(file)
    frame = table.to_pandas(ignore_metadata=True)
    frame["y_pred"] = frame["y_pred"].to_numpy()[::-1]
    altered = table.from_pandas(frame, schema=table.schema, preserve_index=False)
    pq.write_table(altered.replace_schema_metadata(table.schema.metadata), file)


def _strip(file):
    pq.write_table(pq.read_table(file).replace_schema_metadata({}), file)


@pytest.mark.parametrize("damage", [_cut, _empty, _flip, _another, _alter, _strip])
def test_damaged_cells_are_run_again(corpora, tmp_path, damage):
    first = evaluate(corpora[:2], tmp_path, 4)
    damage(sorted(tmp_path.iterdir())[0])
    assert_same(first, evaluate(corpora[:2], tmp_path, 1))
    evaluate(corpora[:2], tmp_path, 0)


class Failing(LogisticRegression):
    def fit(self, X, y):
        Counting.fitted.append(len(X))
        raise RuntimeError("not today")


def test_failed_cells_are_run_again(corpora, tmp_path):
    given = {"failing": ft.make_pipeline(ft.CorpusScaler(), Failing())}
    for _ in range(2):
        with pytest.warns(UserWarning, match="2 of 2 cells failed"):
            evaluate(corpora[:2], tmp_path, 2, given)
    assert not list(tmp_path.iterdir())


def test_what_has_no_key_is_run_and_said(corpora, tmp_path):
    from sklearn.preprocessing import FunctionTransformer

    double = FunctionTransformer(lambda X: 2 * X)
    given = {
        **pipelines(),
        "double": ft.make_pipeline(ft.CorpusScaler(), double, Counting(max_iter=500)),
    }
    for n_run in (6, 2):
        with pytest.warns(UserWarning, match=r"'double' are run but not stored: .*\.func is .*lam"):
            evaluate(corpora[:2], tmp_path, n_run, given)


def test_a_full_disk_costs_no_result(corpora, tmp_path, monkeypatch):
    first = ft.cross_corpus(pipelines(), corpora[:2], baselines=False)

    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr("featuretransfer.evaluation._store.pq.write_table", full)
    with pytest.warns(UserWarning, match="could not be stored: No space left"):
        again = evaluate(corpora[:2], tmp_path, 4)
    assert_same(first, again)
    assert not list(tmp_path.iterdir())  # nothing half written


def test_a_folder_is_needed(corpora, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="store must be a folder, but .*file is a file"):
        ft.cross_corpus(pipelines(), corpora, store=tmp_path / "file")


def test_of_ratings(tmp_path, rated):
    given = {"ridge": ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), Ridge(100.0))}
    first, again = (ft.cross_corpus(given, rated, labels=None, store=tmp_path) for _ in range(2))
    assert_same(first, again, seconds=True)


def test_files_say_what_they_are(corpora, tmp_path):
    evaluate(corpora[:2], tmp_path, 4, random_state=3)
    about = pq.read_table(sorted(tmp_path.iterdir())[0]).schema.metadata[b"featuretransfer"]
    assert b'"seed": 3' in about
    assert b'"pipeline"' in about


def test_store_at_nothing():
    assert Store.at(None) is None


SCRIPT = """
import os, sys, time
import featuretransfer as ft
from sklearn.linear_model import LogisticRegression

class Slow(LogisticRegression):
    def fit(self, X, y):
        with open(os.environ["FITS"], "a") as log:
            log.write("x")
        if os.path.getsize(os.environ["FITS"]) >= int(os.environ["STOP_AT"]):
            time.sleep(600)  # until killed
        return super().fit(X, y)

if __name__ == "__main__":
    corpora = ft.load_demo_corpora()[:2]
    pipelines = {
        name: ft.make_pipeline(ft.CorpusScaler(), adapter, Slow(C=0.01, max_iter=200))
        for name, adapter in {"coral": ft.CORAL(), "nothing": ft.NoAdaptation()}.items()
    }
    result = ft.cross_corpus(
        pipelines, corpora, feature_set="GeMAPSv01b", store=sys.argv[1] or None, random_state=0,
        n_jobs=int(os.environ["JOBS"]),
    )
    result.to_frame().drop(columns="seconds").to_pickle(sys.argv[2] + ".table")
    result.predictions.to_pickle(sys.argv[2] + ".rows")
"""


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_killed_evaluation_continues(tmp_path, n_jobs):
    """Killed without warning half-way, and then run to its end."""
    script, log, store = (tmp_path / name for name in ("run.py", "fits", "store"))
    script.write_text(SCRIPT)

    def start(store, output, stop_at=10**6):
        log.write_text("")
        environment = {**os.environ, "FITS": str(log), "STOP_AT": str(stop_at), "JOBS": str(n_jobs)}
        command = [sys.executable, str(script), str(store), str(tmp_path / output)]
        return subprocess.Popen(command, env=environment, start_new_session=True)

    def found(output):
        return [pd.read_pickle(f"{tmp_path / output}.{kind}") for kind in ("table", "rows")]

    assert start("", "undisturbed").wait(120) == 0
    n_fits = len(log.read_text())
    assert n_fits == 2 * 5 + 2 * 5  # five contenders of each pair, five folds of each target

    killed = start(store, "killed", stop_at=8)
    deadline = time.monotonic() + 120
    while len(log.read_text()) < 8 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not Path(f"{tmp_path / 'killed'}.table").exists()
    kept = len(list(store.glob("*.parquet")))
    assert 8 - n_jobs <= kept < 8  # the fits that hung were of cells that are not finished

    assert start(store, "resumed").wait(120) == 0
    assert len(log.read_text()) == n_fits - kept
    assert len(list(store.glob("*.parquet"))) == 2 * 5 + 2
    for own, expected in zip(found("resumed"), found("undisturbed")):
        pd.testing.assert_frame_equal(own, expected, check_exact=True)
