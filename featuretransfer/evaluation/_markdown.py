"""Results as Markdown."""

import pandas as pd

from ._cells import BASELINE_TO_BEAT, budgets, headline, is_oracle

COLUMNS = {
    "uar": "UAR",
    "ccc": "CCC",
    "uar_low": "low",
    "uar_high": "high",
    "ccc_low": "low",
    "ccc_high": "high",
    "war": "WAR",
    "macro_f1": "macro F1",
    "auc": "AUC",
    "ece": "ECE",
    "pearson": "Pearson",
    "gain": "gain",
    "gain_low": "gain low",
    "gain_high": "gain high",
}


def markdown(result):
    """The text of `CrossCorpusResult.to_markdown`."""
    table = _named(result.to_frame())
    score = COLUMNS[headline(table)]
    mine = table["pipeline"].isin(result.pipelines)
    protocol = ", ".join(table.loc[mine, "protocol"].unique())
    oracle = is_oracle(table)
    parts = [
        f"Mean over all pairs ({protocol}), percent, with speaker-clustered 95 % intervals; gain "
        f"over {BASELINE_TO_BEAT}.",
        _summary_table(result.summary()),
        f"{score} by pair, percent.",
        _pair_table(table[~oracle], ["source-only", BASELINE_TO_BEAT, *result.pipelines]),
    ]
    if oracle.any():
        parts += [
            "Tuned on target labels (oracle): what no user could reach, not to be compared with "
            "the tables above.",
            _summary_table(result.summary(oracle=True)),
            _pair_table(table[oracle], result.pipelines),
        ]
    parts += [
        f"Rows and classes of the targets; {score} of other speakers of the same corpus, percent.",
        _count_table(table),
    ]
    failed = table[table["error"] != ""]
    if len(failed):
        parts.append("Failed, counted as chance:")
        parts.append(
            "\n".join(
                f"- {row.name}, {row.source} to {row.target}: {row.error}"
                for row in failed[["name", "source", "target", "error"]].itertuples(index=False)
            )
        )
    return "\n\n".join(parts) + "\n"


def _named(table):
    """The table with a name for each pipeline and, where there are several, budget."""
    if len(budgets(table)) < 2:
        return table.assign(name=table["pipeline"])
    names = [_name(*pair) for pair in zip(table["pipeline"], table["budget"])]
    return table.assign(name=names)


def _name(pipeline, budget):
    return pipeline if pd.isna(budget) else f"{pipeline} ({budget:g})"


def _summary_table(summary):
    notes = {"n_failed": "failed"} if summary["n_failed"].any() else {}
    for name, default in (("tuning", "none"), ("side_information", "none")):
        if (summary[name] != default).any():
            notes[name] = name.replace("_", " ")
    scores = {name: COLUMNS[name] for name in COLUMNS if name in summary}
    told = summary[summary.index.get_level_values(0) != "chance"].notna().any()
    scores = {name: title for name, title in scores.items() if told[name]}
    names = [_name(*key) if isinstance(key, tuple) else key for key in summary.index]
    lines = [
        [name, *(_percent(row[c]) for c in scores), *(str(row[c]) for c in notes)]
        for name, (_, row) in zip(names, summary.iterrows())
    ]
    return _table(["pipeline", *scores.values(), *notes.values()], lines)


def _pair_table(table, pipelines):
    means = table.groupby(["source", "target", "name"], sort=False)[headline(table)].mean()
    shown = [table.loc[table["pipeline"] == name, "name"].unique() for name in pipelines]
    names = [name for found in shown for name in found]
    pairs = table[table["name"].isin(names)][["source", "target"]].drop_duplicates()
    lines = [
        [*pair, *(_percent(means.get((*pair, name), float("nan"))) for name in names)]
        for pair in pairs.itertuples(index=False)
    ]
    return _table(["source", "target", *names], lines)


def _count_table(table):
    within = table[table["pipeline"] == "in-corpus"].groupby("target")[headline(table)].mean()
    counts = [name for name in table if name.startswith("n_")]
    lines = [
        [
            row["target"],
            str(row["n"]),
            *("0" if row[name] != row[name] else str(int(row[name])) for name in counts),
            _percent(within.get(row["target"], float("nan"))),
        ]
        for _, row in table.drop_duplicates("target").sort_values("target").iterrows()
    ]
    return _table(["target", "n", *(c.removeprefix("n_") for c in counts), "in-corpus"], lines)


def _percent(value):
    return "" if value != value else f"{100 * value:.1f}"


def _table(header, lines):
    widths = [max(map(len, column)) for column in zip(header, *lines)]
    rule = ["-" * width for width in widths]
    padded = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths))
        for line in (header, rule, *lines)
    ]
    return "\n".join(f"| {line} |" for line in padded)
