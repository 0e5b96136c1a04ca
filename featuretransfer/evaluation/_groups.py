"""How evenly a pipeline serves groups of speakers."""

import zlib

import numpy as np
import pandas as pd

from ._cells import headline, positions_by, rows_of, speakers, tested
from ._speakers import SCORES, bootstrap, by_speaker
from ._summary import quantile_levels

GROUPS = ("gender", "speaker")
UNKNOWN = "unknown"


def group_scores(table, parts, pipeline, *, by, budget, n_bootstraps, confidence, random_state):
    """The table of `CrossCorpusResult.groups`."""
    if by not in GROUPS:
        raise ValueError(f"by must be one of {list(GROUPS)}, got {by!r}.")
    levels = quantile_levels(n_bootstraps, confidence)
    rows = rows_of(table, pipeline, budget)
    cells = tested(table, parts)
    name, draws = headline(table), (n_bootstraps, random_state)
    pairs = positions_by(table.iloc[rows], ["source", "target"])
    found = {
        pair: _pair([cells[i] for i in rows[chosen] if cells[i] is not None], name, by, pair, draws)
        for pair, chosen in pairs.items()
    }
    if not any(group != UNKNOWN for groups in found.values() for group in groups):
        raise ValueError(
            f"No row tells the {by} of its speaker. load_corpus knows it of most corpora, and "
            "read_csv and Corpus take it as a column."
        )
    if by == "gender" and len(found) > 1:
        found["all", "all"] = _mean(list(found.values()))
    lines = {
        (*pair, group): line
        for pair, groups in found.items()
        for group, line in _lines(groups, name, levels).items()
    }
    index = pd.MultiIndex.from_tuples(lines, names=["source", "target", by])
    frame = pd.DataFrame(lines.values(), index)
    return frame if name == "uar" else frame.drop(columns="n_classes")


def _pair(cells, name, by, pair, draws):
    """For every group its rows, speakers, classes, score and replicates; means over seeds."""
    labels = [_labels(rows, by) for rows, _ in cells]
    found = {}
    for group in sorted(set().union(*labels), key=lambda group: (group == UNKNOWN, group)):
        per_seed = [
            _score(cell, label == group, name, by, (pair[1], group), draws)
            for cell, label in zip(cells, labels)
            if (label == group).any()
        ]
        means = {key: np.mean([one[key] for one in per_seed], axis=0) for key in per_seed[0]}
        means["complete"] = bool(means["complete"] == 1) and group != UNKNOWN
        found[group] = means
    return found


def _labels(rows, by):
    if by not in rows:
        return np.full(len(rows), UNKNOWN, dtype=object)
    return rows[by].astype(object).where(rows[by].notna(), UNKNOWN).to_numpy()


def _score(cell, chosen, name, by, where, draws):
    rows, predicted = cell
    score, (n_bootstraps, seed) = SCORES[name], draws
    _, sums = by_speaker(score.terms(rows["y_true"], predicted)[chosen], speakers(rows)[chosen])
    n_classes, all_classes = (part["y_true"].nunique() for part in (rows[chosen], rows))
    drawn = np.full(n_bootstraps, np.nan)
    if by != "speaker":  # drawing the same speaker again tells nothing
        drawn = bootstrap(sums, score.of_sums, n_bootstraps, (seed, *map(_number, where)))
    return {
        "n": chosen.sum(),
        "n_speakers": len(sums),
        "n_classes": n_classes,
        "score": score.of_sums(sums.sum(axis=0)),
        "drawn": drawn,
        "complete": name != "uar" or n_classes == all_classes,
    }


def _number(text):
    return zlib.crc32(str(text).encode())


def _mean(pairs):
    """Groups that are complete in all pairs, with the mean of their scores."""
    shared = [g for g in pairs[0] if all(g in groups and groups[g]["complete"] for groups in pairs)]
    return {
        group: {
            key: np.mean([groups[group][key] for groups in pairs], axis=0)
            for key in pairs[0][group]
        }
        for group in shared
    }


def _lines(groups, name, levels):
    gap = _gap([one for one in groups.values() if one["complete"]], levels)
    lines = {}
    for group, one in groups.items():
        low, high = np.quantile(one["drawn"], levels)
        counts = {key: float(one[key]) for key in ("n", "n_speakers", "n_classes")}
        scores = {name: float(one["score"]), f"{name}_low": low, f"{name}_high": high}
        lines[group] = {**counts, **scores, **gap}
    return lines


def _gap(groups, levels):
    """The best group less the worst, with the interval of the difference of these two."""
    names = ("gap", "gap_low", "gap_high")
    if len(groups) < 2:
        return dict.fromkeys(names, np.nan)
    worst, *_, best = sorted(groups, key=lambda one: one["score"])
    ends = np.quantile(best["drawn"] - worst["drawn"], levels)
    return dict(zip(names, map(float, (best["score"] - worst["score"], *ends))))
