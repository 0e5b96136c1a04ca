"""Results as Markdown."""

COLUMNS = {
    "uar": "UAR",
    "uar_low": "low",
    "uar_high": "high",
    "war": "WAR",
    "macro_f1": "macro F1",
    "gain": "gain",
    "gain_low": "gain low",
    "gain_high": "gain high",
}


def markdown(result):
    """The text of `CrossCorpusResult.to_markdown`."""
    table = result.to_frame()
    protocol = ", ".join(table.loc[table["pipeline"].isin(result.pipelines), "protocol"].unique())
    shown = ["source-only", "corpus-scaling", *result.pipelines]
    parts = [
        f"Mean over all pairs ({protocol}), percent, with speaker-clustered 95 % intervals; gain "
        "over corpus-scaling.",
        _summary_table(result.summary()),
        "UAR by pair, percent.",
        _pair_table(table, [name for name in shown if name in set(table["pipeline"])]),
        "Rows and classes of the targets; UAR of other speakers of the same corpus, percent.",
        _count_table(table),
    ]
    failed = table[table["error"] != ""]
    if len(failed):
        parts.append("Failed, counted as chance:")
        parts.append(
            "\n".join(
                f"- {row.pipeline}, {row.source} to {row.target}: {row.error}"
                for row in failed.itertuples()
            )
        )
    return "\n\n".join(parts) + "\n"


def _summary_table(summary):
    notes = {"n_failed": "failed"} if summary["n_failed"].any() else {}
    for name, default in (("tuning", "none"), ("side_information", "none")):
        if (summary[name] != default).any():
            notes[name] = name.replace("_", " ")
    lines = [
        [name, *(_percent(row[c]) for c in COLUMNS), *(str(row[c]) for c in notes)]
        for name, row in summary.iterrows()
    ]
    return _table(["pipeline", *COLUMNS.values(), *notes.values()], lines)


def _pair_table(table, pipelines):
    means = table.groupby(["source", "target", "pipeline"], sort=False)["uar"].mean()
    pairs = table[table["pipeline"].isin(pipelines)][["source", "target"]].drop_duplicates()
    lines = [
        [source, target, *(_percent(means[source, target, name]) for name in pipelines)]
        for source, target in pairs.itertuples(index=False)
    ]
    return _table(["source", "target", *pipelines], lines)


def _count_table(table):
    within = table[table["pipeline"] == "in-corpus"].groupby("target")["uar"].mean()
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
