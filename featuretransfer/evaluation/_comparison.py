"""Two pipelines on the same rows, and several over all pairs."""

import numpy as np
import pandas as pd

from ._cells import (
    at_budget,
    cell_sums,
    check_metric,
    filled,
    headline,
    is_oracle,
    places,
    positions_by,
    rows_of,
    tested,
)
from ._permutation import check_permutations, swap_test
from ._ranks import compare_ranks, holm
from ._speakers import SCORES
from ._summary import quantile_levels, replicates

REFERENCES = ("chance", "in-corpus")


def compare(
    table,
    parts,
    first,
    second,
    *,
    budget,
    across_side_information,
    n_bootstraps,
    n_permutations,
    confidence,
    random_state,
):
    """The table of `CrossCorpusResult.compare`."""
    levels = quantile_levels(n_bootstraps, confidence)
    check_permutations(n_permutations)
    ours, theirs = _paired(table, first, second, budget)
    _check_comparable(table.iloc[np.concatenate([ours, theirs])], across_side_information)
    _check_same_rows(tested(table, parts), ours, theirs)
    score = filled(table)[headline(table)].to_numpy()
    drawn = replicates(table, parts, n_bootstraps, random_state)
    cells = _cells(table, parts, ours, theirs)
    pairs = positions_by(table.iloc[ours], ["source", "target"])
    lines = {}
    for pair, chosen in {**pairs, ("all", "all"): np.arange(len(ours))}.items():
        i, j = ours[chosen], theirs[chosen]
        low, high = np.quantile((drawn[i] - drawn[j]).mean(axis=0), levels)
        known = [cells[place] for place in chosen if cells[place] is not None]
        of_sums = SCORES[headline(table)].of_sums
        lines[pair] = {
            "difference": (score[i] - score[j]).mean(),
            "low": low,
            "high": high,
            # without predictions of anybody both are chance
            "p": swap_test(known, of_sums, n_permutations, random_state)[1] if known else 1.0,
            "n_speakers": len({number for _, _, numbers in known for number in numbers}),
        }
    index = pd.MultiIndex.from_tuples(lines, names=["source", "target"])
    frame = pd.DataFrame(lines.values(), index)
    corrected = [*holm(frame["p"].iloc[:-1]), np.nan]
    frame.insert(frame.columns.get_loc("p") + 1, "p_holm", corrected)
    return frame


def significance(table, pipelines, *, metric, budget, across_side_information, **options):
    """The outcome of `CrossCorpusResult.significance`."""
    metric = check_metric(table, metric)
    if metric == "ece":
        raise ValueError("metric must be one of which more is better, got 'ece'.")
    if pipelines is None:
        shown = ~is_oracle(table) & ~table["pipeline"].isin(REFERENCES)
        pipelines = list(table.loc[shown & at_budget(table, budget), "pipeline"].unique())
    rows = np.concatenate([rows_of(table, name, budget) for name in pipelines] or [[]]).astype(int)
    chosen = filled(table).iloc[rows]
    _check_comparable(chosen, across_side_information)
    scores = chosen.groupby(["source", "target", "pipeline"], sort=False)[metric].mean()
    scores = scores.unstack("pipeline").reindex(columns=list(pipelines))
    lacking = scores.columns[scores.isna().any()]
    if len(lacking):
        raise ValueError(
            f"Every pipeline needs {metric} for every pair; {list(lacking)} lack some. "
            "Leave them out by pipelines=[...]."
        )
    return compare_ranks(scores, **options)


def _cells(table, parts, ours, theirs):
    """Sums of both pipelines and the numbers of their speakers, for every place they share."""
    sums, numbers = cell_sums(table, parts), {}
    cells = []
    for i, j in zip(ours, theirs):
        if sums[i] is None:
            cells.append(None)
            continue
        keys = [(table["target"].iloc[i], name) for name in sums[i][0]]
        known = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
        cells.append((sums[i][1], sums[j][1], known))
    return cells


def _paired(table, first, second, budget):
    """Positions of the cells of both pipelines, for the same places in the same order."""
    where = places(table)
    ours, theirs = ({where[i]: i for i in rows_of(table, name, budget)} for name in (first, second))
    if set(ours) != set(theirs):
        raise ValueError(
            f"{first!r} and {second!r} were not evaluated for the same sources, targets and seeds, "
            "so that there are no pairs to compare."
        )
    return np.array(list(ours.values())), np.array([theirs[place] for place in ours])


def _check_comparable(rows, across_side_information):
    used = rows.groupby("side_information", sort=False)["pipeline"].unique()
    if len(used) > 1 and not across_side_information:
        told = "; ".join(f"{what}: {', '.join(names)}" for what, names in used.items())
        raise ValueError(
            f"These pipelines use different side information ({told}), so that a difference need "
            "not be one of the methods. Choose some by name, or pass across_side_information=True."
        )
    oracle = is_oracle(rows)
    if oracle.any() and not oracle.all():
        names = rows.loc[oracle, "pipeline"].unique()
        raise ValueError(
            f"{', '.join(names)}: tuned on target labels (oracle), not to be compared "
            "with pipelines that were not."
        )


def _check_same_rows(cells, ours, theirs):
    for i, j in zip(ours, theirs):
        if cells[i] is None or cells[j] is None:
            continue
        a, b = cells[i][0], cells[j][0]
        if not all(
            a[name].reset_index(drop=True).equals(b[name].reset_index(drop=True))
            for name in ("speaker", "y_true")
        ):
            raise ValueError("The two pipelines were tested on different rows of a target.")
