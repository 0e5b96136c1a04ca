"""Outcomes of cells to a result."""

import warnings

import numpy as np
import pandas as pd

from ._metrics import (
    score_chance,
    score_chance_regression,
    score_predictions,
    score_regression,
)
from ._result import CrossCorpusResult
from ._tuning import side_information, tuning


def collect(tasks, outcomes, protocol, pipelines):
    """Score what was predicted.

    Parameters
    ----------
    tasks : list of Task
        What was run.
    outcomes : list of Cell
        What came of it.
    protocol : str
        Of the cells that are not in-corpus.
    pipelines : list of str
        Names of what is evaluated, baselines left out.

    Returns
    -------
    result : CrossCorpusResult
        A row for each task; a warning where some failed.
    """
    rows, parts = [], []
    for task, outcome in zip(tasks, outcomes):
        predicted, estimator = outcome.predicted, task.estimator
        row = {
            "source": task.source,
            "target": task.target.name,
            "pipeline": task.pipeline,
            "seed": task.seed,
            "budget": np.nan if task.budget is None else task.budget,
            "labelled": np.nan if task.draw is None or task.draw.error else len(task.draw.known),
            "protocol": "in-corpus" if task.pipeline == "in-corpus" else protocol,
            "tuning": "none" if estimator is None else tuning(estimator),
            "side_information": "none" if estimator is None else side_information(estimator),
        }
        rows.append(
            {**row, **_scores(task, predicted), "seconds": outcome.seconds, "error": outcome.error}
        )
        parts.append(None if predicted is None else _prediction_rows(row, task.target, predicted))
    table = pd.DataFrame(rows)
    _warn_of_failures(table)
    return CrossCorpusResult(_ordered(table), parts, pipelines)


def _scores(task, predicted):
    y, rated = task.tested, task.target.is_rated
    if predicted is None:
        scores = score_chance_regression(y) if rated else score_chance(y)
        if task.pipeline == "chance":
            return scores
        return {
            k: v if k in ("n", "chance") or k[:2] == "n_" else np.nan for k, v in scores.items()
        }
    if rated:
        return score_regression(y, predicted["y_pred"])
    return score_predictions(y, predicted["y_pred"], predicted.drop(columns="y_pred"))


def _prediction_rows(row, target, predicted):
    """The predicted rows: where they are from, what they are and what they were taken for."""
    told = predicted.reset_index(drop=True)
    frame = target.domain.X.index[predicted.index].to_frame(index=False)
    for name, values in (
        ("speaker", target.domain.speakers),
        ("gender", target.gender),
        ("y_true", target.y),
    ):
        frame[name] = values.iloc[predicted.index].to_numpy()
    names = ["source", "target", "pipeline", "seed"]
    if row["protocol"] == "few-labels":
        names.append("budget")
    for position, name in enumerate(names):
        frame.insert(position, name, row[name])
    return pd.concat([frame, told], axis=1)


def _warn_of_failures(table):
    failed = table[table["error"] != ""]
    if len(failed):
        first = failed.iloc[0]
        warnings.warn(
            f"{len(failed)} of {len(table)} cells failed and count as chance; the first is "
            f"{first['pipeline']}, {first['source']} to {first['target']}: {first['error']}",
            stacklevel=4,
        )


def _ordered(table):
    """Counts and recalls of the classes beside one another, the error last."""
    last = ["seconds", "error"]
    counts = sorted(c for c in table if c.startswith("n_"))
    recalls = sorted(c for c in table if c.startswith("recall_"))
    first = [c for c in table if c not in {*last, *counts, *recalls}]
    return table[[*first, *counts, *recalls, *last]]
