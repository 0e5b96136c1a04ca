"""Results of evaluations that nobody ran: predictions are labels with errors."""

from itertools import product

import numpy as np
import pandas as pd

from featuretransfer import CrossCorpusResult
from featuretransfer.evaluation._metrics import (
    score_chance,
    score_chance_regression,
    score_predictions,
    score_regression,
)

CLASSES = np.array(["anger", "neutral", "sadness"], dtype=object)
BASELINES = ("chance", "source-only", "corpus-scaling", "in-corpus")
COUNTS = ("n", "chance", "n_anger", "n_neutral", "n_sadness")


def simulated(
    skills,
    *,
    corpora=("one", "two", "three"),
    seeds=(0,),
    budgets=(None,),
    n_speakers=6,
    n_rows=60,
    failed=(),
    tuning=(),
    side_information=(),
    probabilities=(),
    ratings=False,
    genders=True,
):
    """A result of pipelines with given shares of right predictions.

    Parameters
    ----------
    skills : dict of str to float
        Pipeline or baseline to its share of right predictions; of ratings, to its correlation.
    corpora : tuple of str
        Names.
    seeds, budgets : tuple
        Of the evaluation.
    n_speakers, n_rows : int
        Of each corpus; half of the speakers are female.
    failed : tuple of tuple
        Pipeline, source and target of cells that failed.
    tuning, side_information : dict of str to str
        Of the pipelines where they are not "none".
    probabilities : tuple of str
        Pipelines that have them.
    ratings, genders : bool
        Rate instead of classify; know the genders.
    """
    targets = {name: _target(i, n_speakers, n_rows, ratings) for i, name in enumerate(corpora)}
    cells = [
        {"source": source, "target": target, "pipeline": pipeline, "seed": seed, "budget": budget}
        for seed, budget, pipeline in product(seeds, budgets, skills)
        for source, target in product(corpora, repeat=2)
        if (source == target) == (pipeline == "in-corpus")
    ]
    table, parts = [], []
    for cell in cells:
        rows, pipeline = targets[cell["target"]].copy(), cell["pipeline"]
        rows["gender"] = rows["gender"] if genders else None
        rng = np.random.default_rng(list(str(list(cell.values())).encode()))
        error = "ValueError: no" * ((pipeline, cell["source"], cell["target"]) in failed)
        if budgets == (None,):
            cell.pop("budget")
        part = None
        if pipeline == "chance" or error:
            scores = (score_chance_regression if ratings else score_chance)(rows["y_true"])
            scores = {k: v for k, v in scores.items() if not error or k in COUNTS}
        else:
            part = _predicted(rows, skills[pipeline], rng, ratings, pipeline in probabilities)
            part = part.assign(**cell)[[*cell, *part.columns]]
            scored = (score_regression,) if ratings else (score_predictions, part)
            scores = scored[0](part["y_true"], part["y_pred"], *scored[1:])
        told = {
            "protocol": "in-corpus" if pipeline == "in-corpus" else "transductive",
            "tuning": dict(tuning).get(pipeline, "none"),
            "side_information": dict(side_information).get(pipeline, "none"),
        }
        parts.append(part)
        table.append({**cell, **told, **scores, "seconds": 0.1, "error": error})
    names = [name for name in skills if name not in BASELINES]
    return CrossCorpusResult(pd.DataFrame(table), parts, names)


def _target(number, n_speakers, n_rows, ratings):
    rng = np.random.default_rng(number)
    speaker = np.arange(n_rows) % n_speakers
    y = rng.normal(3, 1, n_rows) if ratings else CLASSES[np.arange(n_rows) // n_speakers % 3]
    return pd.DataFrame(
        {
            "file": [f"{number}-{i}.wav" for i in range(n_rows)],
            "start": pd.Timedelta(0),
            "end": pd.Timedelta(1, "s"),
            "speaker": [f"{number}/{s}" for s in speaker],
            "gender": np.where(speaker % 2, "female", "male"),
            "y_true": y,
        }
    )


def _predicted(rows, skill, rng, ratings, probabilities):
    y, n = rows["y_true"].to_numpy(), len(rows)
    if ratings:
        return rows.assign(y_pred=skill * (y - 3) + np.sqrt(1 - skill**2) * rng.normal(size=n) + 3)
    wrong = CLASSES[(pd.Index(CLASSES).get_indexer(y) + rng.integers(1, 3, n)) % 3]
    rows = rows.assign(y_pred=np.where(rng.random(n) < skill, y, wrong))
    if probabilities:
        p = rng.dirichlet(np.ones(3), n) + 3.0 * (rows["y_pred"].to_numpy()[:, None] == CLASSES)
        p /= p.sum(axis=1, keepdims=True)
        rows[[f"p_{c}" for c in CLASSES]] = p
    return rows
