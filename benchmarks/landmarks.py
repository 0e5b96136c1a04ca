"""Time and memory of the landmark paths up to 100,000 rows: ``python benchmarks/landmarks.py``.

Every method with a parameter `landmarks` is fitted on as many rows in all, half of them source,
and maps the source. One thread, a process of its own; "MiB" is the peak of that process, rows and
interpreter included.
"""

import inspect
import warnings

import _common
from _domains import make_domains, width
from _methods import Method

from featuretransfer.testing import all_methods

LANDMARKS = 300
ROWS, WIDTHS = (12500, 25000, 50000, 100000), (88, 384)
LONGEST = 150  # CPU seconds above which a case is left out, by the growth so far
MOST_MIB = 2048
MOST_GROWTH = 1.25  # of the time per row, from the fewest rows to the most
LINE = "{:32} {:>7} {:>5} {:>9} {:>9} {:>14}"


def main():
    """Measure, print and write."""
    options = parse()
    _common.pin_threads()
    print(LINE.format("method", "rows", "d", "seconds", "MiB", "us a row"))
    rows = []
    for name in [options.method] if options.method else methods():
        for d in WIDTHS[:1] if options.smoke else WIDTHS:
            seconds = 0.0
            for n in (400, 800) if options.smoke else ROWS:
                if 2 * seconds > LONGEST:
                    print(LINE.format(name, n, d, f"~{2 * seconds:.0f}", "-", "-"))
                    break
                seconds, mib = _common.in_fresh_process(run, name, n, d)
                rows.append({"method": name, "n": n, "d": d, "seconds": seconds, "mib": mib})
                microseconds = f"{1e6 * seconds / n:.1f}"
                cells = (name, n, d, f"{seconds:.2f}", f"{mib:.0f}", microseconds)
                print(LINE.format(*cells), flush=True)
    verdicts = [] if options.smoke else judge(rows)
    print("\n" + "\n".join(verdicts))
    if options.output:
        _common.write_json(options.output, rows=rows, verdicts=verdicts)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="few rows, no targets")
    parser.add_argument("--method", choices=methods(), help="only this method")
    return parser.parse_args()


def methods():
    """Names of the methods that have landmarks."""
    return [
        name
        for name, cls in all_methods().items()
        if "landmarks" in inspect.signature(cls).parameters
    ]


def run(name, n, d):
    """CPU seconds and peak MiB for n rows of d features."""
    _common.pin_threads()
    warnings.simplefilter("ignore")  # pseudo-labels
    options = {"landmarks": min(LANDMARKS, n // 2)}
    if "kernel" in inspect.signature(all_methods()[name]).parameters:
        options |= {"kernel": "rbf", "gamma": width}
    method = Method(name, options=options)
    method.work(make_domains(60, 24))()
    seconds, _ = _common.cpu_time(method.work(make_domains(n // 2, d)))
    return seconds, _common.peak_mib()


def judge(rows):
    """Two lines for each method and width."""
    lines = []
    for name, d in dict.fromkeys((row["method"], row["d"]) for row in rows):
        own = [row for row in rows if (row["method"], row["d"]) == (name, d)]
        first, last = own[0], own[-1]
        growth = last["seconds"] / last["n"] / (first["seconds"] / first["n"])
        what = f"{name}, d = {d}"
        reached = last["n"] == ROWS[-1]
        state = _common.state(reached and growth <= MOST_GROWTH)
        lines.append(
            f"{state}: {what}: linear up to {ROWS[-1]} rows ({growth:.2f} times the time a row at "
            f"{last['n']} rows)"
        )
        state = _common.state(reached and last["mib"] < MOST_MIB)
        lines.append(f"{state}: {what}: less than {MOST_MIB} MiB ({last['mib']:.0f})")
    return lines


if __name__ == "__main__":
    main()
