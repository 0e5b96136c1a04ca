"""Rows of a result: which belong together, and what failed ones count as."""

import numpy as np
import pandas as pd

from ._speakers import SCORES, by_speaker

BASELINE_TO_BEAT = "corpus-scaling"
METRICS = ("uar", "war", "macro_f1", "auc", "ece", "ccc", "pearson")
ORACLE = "oracle"
PLACE = ("source", "target", "seed", "budget")


def metrics(table):
    """Names of the scores in a table."""
    return [name for name in METRICS if name in table]


def headline(table):
    """The score that intervals and tests are about: UAR, or CCC of ratings."""
    return "ccc" if "ccc" in table else "uar"


def check_metric(table, metric):
    """Refuse a score that the table has not; None is the headline."""
    known = metrics(table)
    if metric is not None and metric not in known:
        raise ValueError(f"metric must be one of {known}, got {metric!r}.")
    return headline(table) if metric is None else metric


def budgets(table):
    """Different numbers of labelled target rows, in order."""
    return sorted(table["budget"].dropna().unique()) if "budget" in table else []


def at_budget(table, budget):
    """Mask of the rows with this budget, or with none; needed where there are several."""
    known = budgets(table)
    if budget is None and len(known) < 2:
        return np.ones(len(table), dtype=bool)
    if budget not in known:
        raise ValueError(
            f"budget must be one of {[float(known_one) for known_one in known]}, got {budget!r}: "
            "scores of several numbers of labelled rows are not to be mixed."
            if known
            else f"budget must be None: no target rows were labelled, got {budget!r}."
        )
    return ((table["budget"] == budget) | table["budget"].isna()).to_numpy()


def is_oracle(table):
    """Mask of the rows whose settings were chosen by target labels."""
    return (table["tuning"] == ORACLE).to_numpy()


def rows_of(table, pipeline, budget=None):
    """Positions of the rows of a pipeline, those tuned on target labels only if all are."""
    known = list(table["pipeline"].unique())
    if pipeline not in known:
        raise ValueError(f"pipeline must be one of {known}, got {pipeline!r}.")
    mine = (table["pipeline"] == pipeline).to_numpy() & at_budget(table, budget)
    honest = mine & ~is_oracle(table)
    return np.flatnonzero(honest if honest.any() else mine)


def places(table):
    """Source, target, seed and budget of each row, as tuples that compare equal."""
    parts = [
        table[name].astype(object).where(table[name].notna(), None)
        if name in table
        else [None] * len(table)
        for name in PLACE
    ]
    return list(zip(*parts))


def positions_by(table, keys):
    """Positions of the rows of each group, by its key, in the order of the groups' first rows.

    ``groupby(...).indices`` orders several keys differently in different versions of pandas.
    """
    numbers = table.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    _, first = np.unique(numbers, return_index=True)
    found = [
        (tuple(table[keys].iloc[i]), np.flatnonzero(numbers == numbers[i])) for i in sorted(first)
    ]
    return dict(found)


def filled(table):
    """The table with chance in place of the scores of failed cells.

    AUC is filled for pipelines that have it elsewhere. The calibration error is not: guessing
    without confidence has the best one.
    """
    table = table.copy()
    failed = table[headline(table)].isna() & (table["error"] != "")
    for metric in metrics(table):
        if metric == "auc":
            has = table.groupby("pipeline")["auc"].transform(lambda auc: auc.notna().any())
            table.loc[failed & has, "auc"] = 0.5
        elif metric != "ece":
            table.loc[failed, metric] = table.loc[failed, "chance"]
    return table


def tested(table, parts):
    """The tested rows of each row of the table, and what was predicted for them.

    Returns
    -------
    tested : list of (DataFrame, array-like or None) or None
        Where there are no predictions, the rows of another pipeline and None; None where nobody has
        predicted them.
    """
    where = [place[1:] for place in places(table)]
    known = {}
    for place, part in zip(where, parts):
        if part is not None:
            known.setdefault(place, part)
    return [
        (part, part["y_pred"])
        if part is not None
        else (known[place], None)
        if place in known
        else None
        for place, part in zip(where, parts)
    ]


def cell_sums(table, parts):
    """Speakers and their sums for each row of the table, see `by_speaker`; None where unknown."""
    terms = SCORES[headline(table)].terms
    return [
        None if cell is None else by_speaker(terms(cell[0]["y_true"], cell[1]), speakers(cell[0]))
        for cell in tested(table, parts)
    ]


def speakers(rows):
    """Speakers of rows, for a row without one its file and start."""
    names = rows["speaker"].astype(object)
    if names.notna().all() or not {"file", "start"} <= set(rows):
        return names.to_numpy()
    own = pd.Series([f"{f} {s}" for f, s in zip(rows["file"], rows["start"])], rows.index)
    return names.where(names.notna(), own).to_numpy()
