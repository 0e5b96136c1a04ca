"""Mean scores with intervals from replicates of the target's speakers."""

import zlib

import numpy as np
import pandas as pd

from .._checks import is_count
from ._cells import (
    BASELINE_TO_BEAT,
    budgets,
    cell_sums,
    filled,
    headline,
    is_oracle,
    metrics,
    places,
    positions_by,
)
from ._speakers import SCORES, bootstrap


def summarize(table, parts, *, by, oracle, n_bootstraps, confidence, random_state):
    """The table of `CrossCorpusResult.summary`."""
    if by not in ("pipeline", "pair"):
        raise ValueError(f"by must be 'pipeline' or 'pair', got {by!r}.")
    levels = quantile_levels(n_bootstraps, confidence)
    keys = ["pipeline", *["budget"][: len(budgets(table)) > 1]]
    keys += ["source", "target"] if by == "pair" else []
    chosen = np.flatnonzero(is_oracle(table) == oracle)
    if not len(chosen):
        raise ValueError("oracle is True, but no pipeline was tuned on target labels.")
    drawn = replicates(table, parts, n_bootstraps, random_state)
    table = filled(table)
    beaten = _to_beat(table)
    found = positions_by(table.iloc[chosen], keys)
    lines = [_line(table, chosen[rows], beaten, drawn, levels) for rows in found.values()]
    if len(keys) == 1:
        return pd.DataFrame(lines, index=pd.Index([name for (name,) in found], name="pipeline"))
    return pd.DataFrame(lines, index=pd.MultiIndex.from_tuples(found, names=keys))


def replicates(table, parts, n_bootstraps, seed):
    """Headline score of every row of the table in every replicate, (n_rows, n_bootstraps)."""
    name, chance = headline(table), filled(table)
    drawn = np.empty((len(table), n_bootstraps))
    for i, (cell, target) in enumerate(zip(cell_sums(table, parts), table["target"])):
        if cell is None:
            drawn[i] = chance[name].iloc[i]
        else:
            one = (seed, zlib.crc32(target.encode()))  # one draw of speakers for each target
            drawn[i] = bootstrap(cell[1], SCORES[name].of_sums, n_bootstraps, one)
    return drawn


def quantile_levels(n_bootstraps, confidence):
    """Levels of the two ends of an interval, after a check of its parameters."""
    if not is_count(n_bootstraps):
        raise ValueError(f"n_bootstraps must be an integer >= 1, got {n_bootstraps!r}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
    return (1 - confidence) / 2, (1 + confidence) / 2


def _line(table, positions, beaten, drawn, levels):
    rows, name = table.iloc[positions], headline(table)
    line = _interval(name, rows[name].mean(), drawn[positions], levels)
    line |= {metric: rows[metric].mean() for metric in metrics(table) if metric != name}
    against = [beaten[i] for i in positions]
    if None in against:
        line |= dict.fromkeys(("gain", "gain_low", "gain_high"), np.nan)
    else:
        gain = rows[name].mean() - table[name].iloc[against].mean()
        line |= _interval("gain", gain, drawn[positions] - drawn[against], levels)
    line |= {"n_pairs": rows[["source", "target"]].drop_duplicates().shape[0]}
    line |= {"n_failed": int((rows["error"] != "").sum())}
    return line | {name: ", ".join(rows[name].unique()) for name in ("tuning", "side_information")}


def _interval(name, value, drawn, levels):
    low, high = np.quantile(drawn.mean(axis=0), levels)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _to_beat(table):
    """Position of the baseline to beat for the place of each row, None where there is none."""
    where = places(table)
    names = table["pipeline"] == BASELINE_TO_BEAT
    position = {place: i for i, (place, is_it) in enumerate(zip(where, names)) if is_it}
    return [position.get(place) for place in where]
