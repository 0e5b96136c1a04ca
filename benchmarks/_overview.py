"""One Markdown table of all results, as the README has it."""

BASELINES = ("in-corpus", "source-only", "pooled-scaling", "corpus-scaling")


def overview(results, suffix):
    """Mean UAR in percent of every pipeline, by falling mean of the first result.

    Parameters
    ----------
    results : dict of (str, str) to CrossCorpusResult
        Feature set and classifier to result.
    suffix : str
        What the names of a second column of the first result end in.

    Returns
    -------
    table : str
        Markdown: the mean, its gain over corpus scaling with its interval, the other results, the
        pipelines with the suffix, and mean seconds of a pair in the first and in the last result.
    """
    summaries = {key: result.summary() for key, result in results.items()}
    first, *others = summaries
    uar = 100 * summaries[first]["uar"]
    methods = [
        name for name in uar.index if name not in (*BASELINES, "chance") and suffix not in name
    ]
    methods.sort(key=lambda name: -uar[name])
    head = ["", ", ".join(first), "gain", *map(", ".join, others), suffix.strip(" ()")]
    timed = [first, others[-1]] if others else [first]
    head += [f"seconds, {feature_set}" for feature_set, _ in timed]
    taken = [results[key].to_frame().groupby("pipeline")["seconds"].mean() for key in timed]
    rows = [head, ["---"] * len(head)]
    for name in [name for name in BASELINES if name in uar.index] + methods:
        gain = "" if name in BASELINES else _gain(summaries[first].loc[name])
        rows.append(
            [name, _number(uar, name), gain]
            + [_number(100 * summaries[key]["uar"], name) for key in others]
            + [_number(uar, name + suffix)]
            + [_number(series, name, ".2f") for series in taken]
        )
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _gain(row):
    low, high = 100 * row["gain_low"], 100 * row["gain_high"]
    return f"{100 * row['gain']:+.1f} [{low:+.1f}, {high:+.1f}]"


def _number(series, name, form=".1f"):
    return format(series[name], form) if name in series.index else ""
