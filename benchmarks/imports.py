"""What importing the package costs over its dependencies: ``python benchmarks/imports.py``."""

import subprocess
import sys
import time

import _common

DEPENDENCIES = "import sklearn.pipeline, sklearn.svm, pandas, scipy.linalg"
MOST = 0.5  # seconds


def main():
    """Measure, print and write."""
    parser = _common.parser(__doc__, smoke="one repeat")
    options = parser.parse_args()
    repeats = 1 if options.smoke else 7
    code = {"dependencies": DEPENDENCIES, "package": DEPENDENCIES + ", featuretransfer"}
    seconds = {name: [] for name in code}
    for _ in range(repeats):  # taking turns
        for name, statement in code.items():
            seconds[name].append(run(statement))
    row = {name: min(times) for name, times in seconds.items()}
    row["extra"] = row["package"] - row["dependencies"]
    verdict = f"{_common.state(row['extra'] <= MOST)}: at most {MOST} s over them"
    print(
        f"dependencies {row['dependencies']:.2f} s, with featuretransfer {row['package']:.2f} s: "
        f"{row['extra']:+.2f} s\n{verdict}"
    )
    if options.output:
        _common.write_json(options.output, rows=[row], verdicts=[verdict])


def run(statement):
    """Wall time of a fresh interpreter that runs a statement."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
