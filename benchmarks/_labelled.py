"""Evaluation with a few labelled target rows, and with a target of other features.

For every ordered pair of corpora and every seed one half of the target's speakers, drawn at random,
give a few rows of each class with their labels; all rows of the other half are tested. All rows of
the target, unlabelled, are adapted to.
"""

import time
import warnings
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import pandas as pd
import sklearn
from scipy import stats
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed

from featuretransfer import CorpusScaler
from featuretransfer.selection import FewLabelsSplit


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


def draw(corpus, n_known, seed):
    """Rows to label, `n_known` of each class or what half of the speakers have, and to test."""
    split = FewLabelsSplit(n_known, n_splits=1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer rows: told in the column n_known
        return next(split.split(corpus.y, corpus.y, corpus.speakers))


def evaluate(pipelines, corpora, sets, classifier, budgets, seeds, n_jobs):
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
    budgets : sequence of int
        Labelled target rows of each class.
    seeds : sequence of int
        For each everything is repeated.
    n_jobs : int
        Processes.

    Returns
    -------
    table : DataFrame
        One row for each pipeline or baseline, source, target, budget and seed, with ``uar`` (a
        fraction; chance where it failed), ``seconds``, ``n_known``, ``n_tested`` and ``error``.
    """
    cells = []
    for (source, target), n_known, seed in product(permutations(corpora, 2), budgets, seeds):
        data = (source, target, sets, *draw(target, n_known, seed))
        for name, estimator in {**pipelines, **BASELINES}.items():
            call = (estimator, data, classifier, seed)
            cells.append(((name, source.name, target.name, n_known, seed), call))
    found = Parallel(n_jobs=n_jobs)(delayed(_cell)(*call) for _, call in cells)
    keys = ("pipeline", "source", "target", "budget", "seed")
    return pd.DataFrame([{**dict(zip(keys, key)), **row} for (key, _), row in zip(cells, found)])


def _cell(estimator, data, classifier, seed):
    _, target, _, known, tested = data
    row = {"n_known": len(known), "n_tested": len(tested), "error": ""}
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
    """Mean UAR in percent over pairs and seeds by budget, its deviation over seeds, and so on."""
    groups = table.groupby(["pipeline", "budget"], sort=False)
    by_seed = table.groupby(["pipeline", "budget", "seed"], sort=False)["uar"].mean()
    spread = by_seed.groupby(["pipeline", "budget"], sort=False)
    return pd.DataFrame(
        {
            "uar": 100 * groups["uar"].mean(),
            "interval": 100 * spread.agg(half_width),
            "fewest known": groups["n_known"].min(),
            "seconds": groups["seconds"].mean(),
            "n_failed": groups["error"].agg(lambda errors: int((errors != "").sum())),
        }
    )


def half_width(means, level=0.95):
    """Half the width of Student's interval of a mean."""
    if len(means) < 2:
        return np.nan
    return stats.t.ppf((1 + level) / 2, len(means) - 1) * stats.sem(means)
