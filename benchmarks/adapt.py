"""Speed and memory of every method, beside floors, peers and formulas: ``benchmarks/adapt.py``.

Every figure is of one thread in a process of its own: CPU seconds (least of the repeats) and memory
added at the peak, from raw rows, kernels included. "floor" is the part that no implementation can
do without (`_floors.py`), "x floor" ours in units of it, for methods that iterate by iteration.
What would take more than a minute is predicted from smaller cases, marked "~". "gap" is the duality
gap of kernel mean matching by its objective, an upper bound of the relative error of the optimum;
for the dense formula it is the largest difference of the output.
"""

import warnings

import _common
import _verdicts
import numpy as np
from _domains import make_domains, width
from _methods import TINY, timed
from _peers import missing
from sklearn.metrics.pairwise import rbf_kernel

LONGEST = 60  # CPU seconds above which a case is predicted instead of timed
RIDGE = 1e-6  # the default of KernelMeanMatching
LINE = "{:32} {:>5} {:>5} {:>9} {:>7} {:>9} {:>7}  {:6} {:>9} {:>7} {:>7} {:>8}  {:>7} {:>8}  {}"
HEADER = (
    *("method", "n", "d", "ours s", "MiB", "floor s", "x floor"),
    *("peer", "peer s", "MiB", "time x", "memory x", "gap", "peer gap", "digest"),
)


def main():
    """Measure, print and write."""
    options = parse()
    _common.pin_threads()
    absent = missing()
    for peer in absent:
        print(f"{peer} is not installed: without it as a peer")
    print(LINE.format(*HEADER))
    rows = []
    for title in [options.method] if options.method else timed():
        method, history = timed()[title], {}
        for n, d in TINY if options.smoke else method.sizes:
            peers = [peer for peer in method.peers if peer not in absent]
            found = compare(method, n, d, peers, history, 1 if options.smoke else None)
            rows += found
            print("\n".join(map(line, found)), flush=True)
    verdicts = [] if options.smoke else _verdicts.judge(rows)
    print("\n" + "\n".join(verdicts))
    if options.output:
        _common.write_json(options.output, rows=rows, verdicts=verdicts)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="tiny data, one repeat, no targets")
    parser.add_argument("--method", choices=timed(), help="only this method")
    return parser.parse_args()


def compare(method, n, d, peers, history, repeats):
    """Rows of one case, one for each peer; `history` holds earlier times, for predictions."""
    ours, floor = (timed_or_predicted(method, who, n, d, history, repeats) for who in ("", "floor"))
    row = {"name": method.name, "method": method.title, "n": n, "d": d, "ours": ours}
    row |= {"floor": floor, "within": method.within, "per_iteration": method.per_iteration}
    if floor and "mib" in floor and "mib" in ours:
        n_iter = ours["n_iter"] if method.per_iteration else 1
        row["floor_ratio"] = ours["seconds"] / n_iter / floor["seconds"]
    rows = []
    for peer in peers or [None]:
        rows.append({**row, "peer": peer})
        if peer is None or "mib" not in ours:
            continue
        theirs = rows[-1]["theirs"] = timed_or_predicted(method, peer, n, d, history, repeats)
        if "seconds" in theirs:
            rows[-1]["time_ratio"] = theirs["seconds"] / ours["seconds"]
        if "mib" in theirs:
            rows[-1]["memory_ratio"] = theirs["mib"] / max(ours["mib"], 0.1)
    return rows


def timed_or_predicted(method, who, n, d, history, repeats):
    """What `run` found; only predicted seconds where they are too many; the error of a failure."""
    if who == "floor" and not method.floor:
        return None
    times = history.setdefault((who, d), {})
    expected = predicted(times, n)
    if expected is not None and expected > LONGEST:
        return {"seconds": expected}
    found = _common.in_fresh_process(run, method.title, who, n, d, repeats)
    if "seconds" in found:
        times[n] = found["seconds"]
    return found


def predicted(times, n):
    """Seconds for n rows, by the growth from fewer rows; None where none were timed.

    Parameters
    ----------
    times : dict of int to float
        Rows to seconds, for as many features.
    n : int
        Rows.
    """
    if not times:
        return None
    sizes = sorted(times)
    last = sizes[-1]
    power = 2.0
    if len(sizes) > 1:
        power = np.log(times[last] / times[sizes[-2]]) / np.log(last / sizes[-2])
    return times[last] * (n / last) ** np.clip(power, 1, 3.5)


def run(title, who, n, d, repeats):
    """Measure one of the works of a method; `who` is "" (ours), "floor" or a peer."""
    _common.pin_threads()
    warnings.simplefilter("ignore")  # few effective rows, unconverged classifiers
    method, data = timed()[title], make_domains(n, d)
    prepare = {"": method.work, "floor": method.floor}.get(who) or method.peers[who]
    try:
        prepare(make_domains(*TINY[0]))()  # imports, first calls
        seconds, mib, output = _common.measure(prepare(data), repeats)
    except Exception as error:  # noqa: BLE001 - reported in its row; the other cases go on
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
    found = {"seconds": seconds, "mib": mib}
    if who == "floor":
        return found
    if who == "":
        estimator, output = output
        found["n_iter"] = int(np.max(getattr(estimator, "n_iter_", 1)))
    found["digest"] = _common.digest(output)
    if method.name == "KernelMeanMatching":
        w = output if who else estimator.solution_  # before it is scaled to mean 1
        found["gap"] = duality_gap(w, data, method.options.get("eps"))
    if who == "dense":
        found["gap"] = float(np.abs(output - method.work(data)()[1]).max())
    return found


def duality_gap(w, data, eps):
    """Upper bound of how far the objective at `w` is above its minimum, relative to it."""
    n, gamma, B = len(data.Xs), width(data), 1000.0
    eps = 1 - 1 / np.sqrt(n) if eps is None else eps
    k = n * rbf_kernel(data.Xs, data.Xt, gamma).mean(axis=1)
    product = rbf_kernel(data.Xs, gamma=gamma) @ w + RIDGE * w
    gradient = product - k
    cheapest = np.sort(gradient)
    # the feasible point with the least linear cost: B on the cheapest rows, up to either sum
    sums = n * np.array([1 - eps, 1 + eps])
    filled = np.clip(sums[:, None] - B * np.arange(n), 0, B)
    gap = gradient @ w - (filled @ cheapest).min()
    return float(gap / abs(w @ product / 2 - k @ w))


def line(row):
    """One line of the table; "~" marks what is predicted."""
    ours, floor, theirs = row["ours"], row["floor"] or {}, row.get("theirs", {})
    failed = " ".join(part["error"] for part in (ours, floor, theirs) if "error" in part)
    return LINE.format(
        *(row["method"], row["n"], row["d"], seconds(ours), number(ours.get("mib"), ".1f")),
        *(seconds(floor), number(row.get("floor_ratio"), ".2f"), row["peer"] or "-"),
        *(seconds(theirs), number(theirs.get("mib"), ".1f")),
        *(number(row.get("time_ratio"), ".1f"), number(row.get("memory_ratio"), ".1f")),
        *(number(ours.get("gap"), ".0e"), number(theirs.get("gap"), ".0e")),
        failed or ours.get("digest", "-"),
    )


def seconds(found):
    """Measured seconds, or predicted ones after "~"."""
    if "seconds" not in found:
        return "-"
    return f"{found['seconds']:.4f}" if "mib" in found else f"~{found['seconds']:.0f}"


def number(value, form):
    """A number as text, "-" for None."""
    return "-" if value is None else format(value, form)


if __name__ == "__main__":
    main()
