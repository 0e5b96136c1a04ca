"""Evaluation with a few labelled target rows, and with a target of other features.

For every ordered pair of corpora and every seed some speakers of the target, drawn at random, give
ten rows of each class with their labels; rows of all other speakers are tested. All rows of the
target, unlabelled, are adapted to.
"""

import time
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
import sklearn
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed

from featuretransfer import CorpusScaler

KNOWN = 10  # labelled rows of each class


@dataclass(frozen=True)
class Labelled:
    """A corpus with its labels.

    Parameters
    ----------
    name : str
        Its name.
    tables : dict of str to ndarray of shape (n_rows, n_features)
        Features by the name of their set.
    y, speakers : ndarray of shape (n_rows,)
        Class and speaker of every row.
    """

    name: str
    tables: dict
    y: np.ndarray
    speakers: np.ndarray


def read(corpus, feature_sets):
    """A corpus as `Labelled`: the rows of which all sets could be extracted."""
    corpus = corpus.with_labels("big4")
    tables = {name: corpus.features(name, on_error="warn") for name in feature_sets}
    for table in tables.values():
        corpus = corpus.drop(table)
    rows = corpus.labels.index
    tables = {name: table.loc[rows].to_numpy(np.float64) for name, table in tables.items()}
    return Labelled(corpus.name, tables, corpus.labels.to_numpy(str), corpus.speakers.to_numpy(str))


def draw(corpus, seed):
    """Labelled rows, `KNOWN` of each class or what half of the speakers have, and tested rows.

    Parameters
    ----------
    corpus : Labelled
        The target.
    seed : int
        Determines speakers and rows.

    Returns
    -------
    known : ndarray of int
        Labelled rows.
    tested : ndarray of bool of shape (n_rows,)
        Rows of the other speakers.
    """
    rng = np.random.default_rng(seed)
    classes = np.unique(corpus.y)
    order = rng.permutation(np.unique(corpus.speakers))
    for count in range(1, len(order) // 2 + 1):
        given = np.isin(corpus.speakers, order[:count])
        if all(np.sum(given & (corpus.y == label)) >= KNOWN for label in classes):
            break
    known = [rng.permutation(np.flatnonzero(given & (corpus.y == c)))[:KNOWN] for c in classes]
    return np.concatenate(known), ~given


def evaluate(pipelines, corpora, sets, classifier, seeds, n_jobs):
    """Predict every target from every source, beside the same classifier without a method.

    Parameters
    ----------
    pipelines : dict of str to Pipeline
        They get ``X_target``, ``y_target`` and ``X_paired`` (the source rows in both feature sets)
        as far as they ask.
    corpora : list of Labelled
        At least two.
    sets : tuple of str
        Feature set of the source and of the target.
    classifier : classifier
        Of the baselines: trained on the source, on the labelled target rows, and on both, each
        corpus scaled by itself. Where the sets differ, the source has the target's.
    seeds : sequence of int
        For each everything is repeated.
    n_jobs : int
        Processes.

    Returns
    -------
    table : DataFrame
        One row for each pipeline or baseline, source, target and seed, with ``uar`` (a fraction;
        chance where it failed), ``seconds``, ``n_known``, ``n_tested`` and ``error``.
    """
    cells = []
    for source, target in permutations(corpora, 2):
        for seed in seeds:
            known, tested = draw(target, seed)
            data = (source, target, sets, known, tested)
            for name, estimator in {**pipelines, **BASELINES}.items():
                call = (estimator, data, classifier, seed)
                cells.append(((name, source.name, target.name, seed), call))
    found = Parallel(n_jobs=n_jobs)(delayed(_cell)(*call) for _, call in cells)
    keys = ("pipeline", "source", "target", "seed")
    return pd.DataFrame([{**dict(zip(keys, key)), **row} for (key, _), row in zip(cells, found)])


def _cell(estimator, data, classifier, seed):
    _, target, _, known, tested = data
    row = {"n_known": len(known), "n_tested": int(tested.sum()), "error": ""}
    started = time.perf_counter()
    try:
        if callable(estimator):
            predicted = estimator(data, clone(classifier))
        else:
            predicted = _adapted(estimator, data, seed)
        row["uar"] = balanced_accuracy_score(target.y[tested], predicted)
    except Exception as error:  # noqa: BLE001 - reported in its row; the other cells go on
        row["error"] = f"{type(error).__name__}: {' '.join(str(error).split())}"
        row["uar"] = 1 / len(np.unique(target.y))
    return {**row, "seconds": time.perf_counter() - started}


def _adapted(pipeline, data, seed):
    source, target, (first, second), known, tested = data
    y_target = np.full(len(target.y), None)
    y_target[known] = target.y[known]
    offered = {
        "X_target": (target.tables[second],),
        "y_target": (y_target,),
        "X_paired": (source.tables[first], source.tables[second]),
    }
    model = clone(pipeline)
    seeded = {name: seed for name in model.get_params() if name.endswith("random_state")}
    model.set_params(**seeded)
    with sklearn.config_context(enable_metadata_routing=True):
        routing = get_routing_for_object(model)
        used = {name: offered[name] for name in routing.consumes("fit", offered)}
        model.fit(source.tables[first], source.y, **used)
        return model.predict(target.tables[second][tested])


def _scaled(data):
    """Rows of both domains in the features of the target, each scaled by itself."""
    source, target, (_, name), known, tested = data
    scaler = CorpusScaler().fit(source.tables[name], X_target=(target.tables[name],))
    views = scaler.transform_source(source.tables[name]), scaler.transform(target.tables[name])
    return *views, source.y, target.y, known, tested


def _source_only(data, classifier):
    Xs, Xt, ys, _, _, tested = _scaled(data)
    return classifier.fit(Xs, ys).predict(Xt[tested])


def _target_only(data, classifier):
    _, Xt, _, yt, known, tested = _scaled(data)
    return classifier.fit(Xt[known], yt[known]).predict(Xt[tested])


def _both(data, classifier):
    Xs, Xt, ys, yt, known, tested = _scaled(data)
    X, y = np.concatenate([Xs, Xt[known]]), np.concatenate([ys, yt[known]])
    return classifier.fit(X, y).predict(Xt[tested])


SOURCE, TARGET, BOTH = (
    f"corpus-scaling, {what}" for what in ("source alone", "labelled target alone", "both")
)
BASELINES = {SOURCE: _source_only, TARGET: _target_only, BOTH: _both}


def summary(table):
    """Mean UAR in percent over pairs and seeds, its deviation over the seeds, seconds, failures."""
    groups = table.groupby("pipeline", sort=False)
    by_seed = table.groupby(["pipeline", "seed"])["uar"].mean().unstack()
    return pd.DataFrame(
        {
            "uar": 100 * groups["uar"].mean(),
            "std over seeds": 100 * by_seed.std(axis=1, ddof=0),
            "fewest known": groups["n_known"].min(),
            "seconds": groups["seconds"].mean(),
            "n_failed": groups["error"].agg(lambda errors: int((errors != "").sum())),
        }
    )
