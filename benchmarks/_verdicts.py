"""Whether the targets of speed and memory are met."""

import _common

SHORTEST = 0.05  # seconds below which the checks of the input count, and ratios say little


def judge(rows):
    """One line for each target.

    Parameters
    ----------
    rows : list of dict
        As made by `adapt.compare`.

    Returns
    -------
    lines : list of str
        Each begins with "met", "MISSED" or "not measured".
    """
    timed = [row for row in rows if "mib" in row.get("theirs", {})]
    return [*_promises(rows, timed), *_peers(timed), *_floors(rows), *_failures(rows)]


def _promises(rows, timed):
    """Single targets of the methods that were run."""
    skada = [row for row in timed if row["peer"] == "skada"]
    kmm = [row for row in skada if row["name"] == "KernelMeanMatching" and row["n"] >= 1000]
    tca = [row for row in skada if row["method"] == "TCA" and row["n"] == 1000]
    coral = [row for row in skada if (row["method"], row["n"], row["d"]) == ("CORAL", 500, 1582)]
    dense = [row for row in timed if row["peer"] == "dense"]
    promises = (
        ("KernelMeanMatching", "6 times faster than skada at n >= 1000", kmm, "time_ratio", 6),
        ("TCA", "10 times faster than skada at n = 1000", tca, "time_ratio", 10),
        ("TCA", "3 times less memory than skada at n = 1000", tca, "memory_ratio", 3),
        ("CORAL", "8 times faster than skada at n = 500, d = 1582", coral, "time_ratio", 8),
        ("CORAL", "30 times faster than the formula", dense, "time_ratio", 30),
    )
    for name, what, found, ratio, least in promises:
        if any(row["name"] == name for row in rows):
            yield _at_least(f"{name} at least {what}", found, ratio, least)


def _peers(timed):
    """No method slower than 1.2 times any peer."""
    for title in dict.fromkeys(row["method"] for row in timed):
        found = [row for row in timed if row["method"] == title and _is_long(row)]
        yield _at_least(f"{title} not slower than 1.2 times a peer", found, "time_ratio", 1 / 1.2)


def _floors(rows):
    """Every method near its floor."""
    found = [row for row in rows if "floor_ratio" in row and _is_long(row)]
    for title in dict.fromkeys(row["method"] for row in found):
        own = [row for row in found if row["method"] == title]
        worst = max(own, key=lambda row: row["floor_ratio"])
        state = _common.state(worst["floor_ratio"] <= worst["within"])
        unit = " per iteration" if worst["per_iteration"] else ""
        yield (
            f"{state}: {title}{unit} within {worst['within']} of its floor "
            f"({worst['floor_ratio']:.2f} at n={worst['n']}, d={worst['d']})"
        )


def _failures(rows):
    for row in rows:
        if "error" in row["ours"]:
            yield f"MISSED: {row['method']} runs at n={row['n']}, d={row['d']}"


def _is_long(row):
    return row["ours"].get("seconds", 0) >= SHORTEST


def _at_least(target, rows, ratio, least):
    """Whether the smallest of the ratios that were measured is large enough."""
    if not rows:
        return f"not measured: {target}"
    worst = min(rows, key=lambda row: row[ratio])
    state = _common.state(worst[ratio] >= least)
    place = f"{worst['method']}, n={worst['n']}, d={worst['d']}, {worst['peer']}"
    return f"{state}: {target} (least ratio {worst[ratio]:.2f}: {place})"
