"""Speed and memory of adaptation beside skada and the dense formula: ``benchmarks/adapt.py``.

Every figure is of one thread in a process of its own: CPU seconds (least of the repeats) and memory
added at the peak, from raw rows, kernels included. Peers solve the same problem: same kernel width,
bounds and regularisation. "gap" is the duality gap of kernel mean matching by its objective, an
upper bound of the relative error of the optimum; for the dense formula it is the largest
difference of the output.
"""

import argparse
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import _common
import numpy as np
from scipy import linalg
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.metrics.pairwise import rbf_kernel

from featuretransfer import CORAL, TCA, KernelMeanMatching

B, RIDGE, TIGHT_EPS = 1000.0, 1e-6, 0.01
N_COMPONENTS, MU = 20, 1.0
LONGEST = 60  # CPU seconds above which a peer is predicted instead of timed
TINY = (60, 8)  # rows and features of the first, untimed call
LINE = "{:8} {:>5} {:>5} {:>9} {:>7}  {:6} {:>9} {:>7} {:>8} {:>8}  {:>8} {:>8}  {}"
HEADER = (
    *("method", "n", "d", "ours s", "MiB", "peer", "peer s", "MiB", "time x", "memory x"),
    *("gap", "peer gap", "digest"),
)


def domains(n, d):
    """Standardised source (n) and target (n - 1) rows of low effective rank, slightly shifted."""
    rng = np.random.default_rng(0)
    rank = min(20, d // 2)
    loadings = rng.normal(size=(rank, d)) / np.sqrt(rank)
    factors = rng.normal(size=(2 * n - 1, rank))
    factors[n:] = 0.8 * factors[n:] + 0.3
    rows = factors @ loadings + 0.5 * rng.normal(size=(2 * n - 1, d))
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return rows[:n], rows[n:]


def kmm_gamma(Xs):
    """About 1 / the median squared distance of standardised rows."""
    return 0.5 / Xs.shape[1]


# Each function prepares its input and returns the work to be timed.


def kmm(Xs, Xt, eps=None):
    """Our kernel mean matching; a narrow `eps` must make the sum constraint active."""

    def work():
        weighter = KernelMeanMatching(gamma=kmm_gamma(Xs), B=B, eps=eps, ridge=RIDGE)
        weighter.fit(Xs, X_target=Xt)
        if eps is not None and weighter.sum_multiplier_ == 0:
            raise RuntimeError(f"eps={eps} does not make the sum constraint active")
        return weighter.solution_

    return work


def cross_kernel(Xs, Xt):
    """What every exact kernel mean matching begins with: the mean kernel value to the target."""
    return lambda: rbf_kernel(Xs, Xt, kmm_gamma(Xs)).mean(axis=1)


def skada_kmm(Xs, Xt, eps=None):
    """The same programme without ridge by skada, by its default solver."""
    from skada import KMMReweightAdapter

    rows, domain = pooled(Xs, Xt)
    adapter = KMMReweightAdapter(gamma=kmm_gamma(Xs), B=B, eps=eps)
    return lambda: adapter.fit(rows, sample_domain=domain).source_weights_


def tca(Xs, Xt):
    """Our transfer components, at the only kernel width that skada has."""
    adapter = TCA(N_COMPONENTS, mu=MU, gamma=1 / Xs.shape[1])
    return lambda: adapter.fit_transform(Xs, X_target=Xt)


def skada_tca(Xs, Xt):
    """Transfer components by skada."""
    from skada import TransferComponentAnalysisAdapter

    rows, domain = pooled(Xs, Xt)
    adapter = TransferComponentAnalysisAdapter(n_components=N_COMPONENTS, mu=MU)
    return lambda: adapter.fit_transform(rows, sample_domain=domain)


def coral(Xs, Xt):
    """Our correlation alignment."""
    return lambda: CORAL().fit_transform(Xs, X_target=Xt)


def skada_coral(Xs, Xt):
    """Correlation alignment by skada, with its Ledoit-Wolf regularisation."""
    from skada import CORALAdapter

    rows, domain = pooled(Xs, Xt)
    return lambda: CORALAdapter().fit_transform(rows, sample_domain=domain)


def dense_coral(Xs, Xt):
    """Correlation alignment as its formula reads, on d x d matrices."""

    def work():
        mean = Xs.mean(axis=0)
        mapped = (Xs - mean) @ dense_power(Xs - mean, -0.5)
        mean = Xt.mean(axis=0)
        return mapped @ dense_power(Xt - mean, 0.5) + mean

    return work


def dense_power(X, power):
    """Power of the Ledoit-Wolf covariance matrix of centred rows."""
    n, d = X.shape
    a = ledoit_wolf_shrinkage(X, assume_centered=True)
    C = X.T @ X / (n - 1)
    ridge = a * np.trace(C) / d
    C *= 1 - a
    C.flat[:: d + 1] += ridge
    values, vectors = linalg.eigh(C, overwrite_a=True, check_finite=False)
    return (vectors * values**power) @ vectors.T


def pooled(Xs, Xt):
    """Rows of both domains and the domain of each, as skada takes them."""
    return np.concatenate([Xs, Xt]), np.repeat([1, -2], [len(Xs), len(Xt)])


METHODS = {
    "k alone": {"ours": cross_kernel},
    "KMM": {"ours": kmm, "skada": skada_kmm},
    "KMM-sum": {
        "ours": partial(kmm, eps=TIGHT_EPS),
        "skada": partial(skada_kmm, eps=TIGHT_EPS),
    },
    "TCA": {"ours": tca, "skada": skada_tca},
    "CORAL": {"ours": coral, "skada": skada_coral, "dense": dense_coral},
}
# what the time of a peer grows with
COSTS = {
    "k alone": lambda n, d: n**2 * d,
    "KMM": lambda n, d: n**2 * (500 + d),  # products with a vector, and the kernels
    "KMM-sum": lambda n, d: n**2 * (500 + d),
    "TCA": lambda n, d: n**3,
    "CORAL": lambda n, d: d**2 * (3 * d + n),
}


def duality_gap(w, Xs, Xt, eps):
    """Upper bound of how far the objective at `w` is above its minimum, relative to it."""
    n, gamma = len(Xs), kmm_gamma(Xs)
    eps = 1 - 1 / np.sqrt(n) if eps is None else eps
    k = n * rbf_kernel(Xs, Xt, gamma).mean(axis=1)
    product = rbf_kernel(Xs, gamma=gamma) @ w + RIDGE * w
    gradient = product - k
    cheapest = np.sort(gradient)
    # the feasible point with the least linear cost: B on the cheapest rows, up to either sum
    sums = n * np.array([1 - eps, 1 + eps])
    filled = np.clip(sums[:, None] - B * np.arange(n), 0, B)
    gap = gradient @ w - (filled @ cheapest).min()
    return float(gap / abs(0.5 * w @ product - k @ w))


def run(method, side, n, d, repeats):
    """Time, memory and exactness of one method by one library, measured in this process."""
    _common.pin_threads()
    prepare = METHODS[method][side]
    prepare(*domains(*TINY))()  # imports, buffers of the BLAS
    Xs, Xt = domains(n, d)
    seconds, mib, output = _common.measure(prepare(Xs, Xt), repeats)
    result = {"seconds": seconds, "mib": mib, "digest": _common.digest(output)}
    if method.startswith("KMM"):
        eps = TIGHT_EPS if method == "KMM-sum" else None
        result["gap"] = duality_gap(output, Xs, Xt, eps)
    elif side == "dense":
        ours = METHODS[method]["ours"](Xs, Xt)()
        result["gap"] = float(np.abs(output - ours).max() / np.abs(output).max())
    return result


def cases(methods, smoke):
    """All (method, n, d, peers)."""
    sizes, widths, wide = (500, 1000, 2000, 4000), (88, 384, 1582), (1000, 6373)
    if smoke:
        sizes, widths, wide = TINY[:1], TINY[1:], (30, 60)
    for method in methods:
        for d in widths:
            for n in sizes:
                yield method, n, d, ("skada",) if "skada" in METHODS[method] else ()
        if method == "CORAL":
            yield method, *wide, ("skada", "dense")


def compare(method, n, d, peers, before, smoke):
    """Rows of one case, one for each peer; `before` are earlier rows, for predictions."""
    repeats = 1 if smoke else None
    ours = _common.in_fresh_process(run, method, "ours", n, d, repeats)
    rows = []
    for peer in peers or [None]:
        row = {"method": method, "n": n, "d": d, "ours": ours, "peer": peer}
        expected = predict(row, before)
        if expected is not None and expected > LONGEST:
            row["predicted_seconds"] = expected
        elif peer:
            row["theirs"] = _common.in_fresh_process(run, method, peer, n, d, repeats)
            row["time_ratio"] = row["theirs"]["seconds"] / ours["seconds"]
            row["memory_ratio"] = row["theirs"]["mib"] / max(ours["mib"], 0.1)
        rows.append(row)
    return rows


def predict(row, before):
    """A peer's seconds by the growth of its method from the costliest case timed, if any was."""
    cost = COSTS[row["method"]]
    timed = [
        (cost(other["n"], other["d"]), other["theirs"]["seconds"])
        for other in before
        if "theirs" in other and (other["method"], other["peer"]) == (row["method"], row["peer"])
    ]
    if not timed:
        return None
    largest, seconds = max(timed)
    return seconds * cost(row["n"], row["d"]) / largest


def line(row):
    """One line of the table; "~" marks what is predicted."""
    ours, theirs = row["ours"], row.get("theirs", {})
    seconds, ratio = number(theirs.get("seconds"), ".4f"), number(row.get("time_ratio"), ".1f")
    if "predicted_seconds" in row:
        seconds = f"~{row['predicted_seconds']:.0f}"
        ratio = f"~{row['predicted_seconds'] / ours['seconds']:.0f}"
    return LINE.format(
        *(row["method"], row["n"], row["d"], number(ours["seconds"], ".4f")),
        *(number(ours["mib"], ".1f"), row["peer"] or "-", seconds),
        *(number(theirs.get("mib"), ".1f"), ratio, number(row.get("memory_ratio"), ".1f")),
        *(number(ours.get("gap"), ".0e"), number(theirs.get("gap"), ".0e"), ours["digest"]),
    )


def number(value, form):
    """A number as text, "-" for None."""
    return "-" if value is None else format(value, form)


def judge(rows):
    """One line for each target."""
    rows = [row for row in rows if "theirs" in row]
    skada = [row for row in rows if row["peer"] == "skada"]
    kmm = [row for row in skada if row["method"].startswith("KMM") and row["n"] >= 1000]
    tca = [row for row in skada if row["method"] == "TCA" and row["n"] == 1000]
    coral = [row for row in skada if (row["method"], row["n"], row["d"]) == ("CORAL", 500, 1582)]
    dense = [row for row in rows if row["peer"] == "dense"]
    return [
        verdict("KMM at least 6 times faster than skada at n >= 1000", kmm, "time_ratio", 6),
        verdict("TCA at least 10 times faster than skada at n = 1000", tca, "time_ratio", 10),
        verdict("TCA in at most 1/3 of skada's memory at n = 1000", tca, "memory_ratio", 3),
        verdict("CORAL at least 8 times faster at n = 500, d = 1582", coral, "time_ratio", 8),
        verdict("CORAL at least 30 times faster than the formula", dense, "time_ratio", 30),
        verdict("never slower than 1.2 times a peer", rows, "time_ratio", 1 / 1.2),
    ]


def verdict(target, rows, ratio, least):
    """Whether the smallest of the ratios that were measured is large enough."""
    if not rows:
        return f"not measured: {target}"
    worst = min(rows, key=lambda row: row[ratio])
    state = "met" if worst[ratio] >= least else "MISSED"
    place = f"{worst['method']}, n={worst['n']}, d={worst['d']}, {worst['peer']}"
    return f"{state}: {target} (least ratio {worst[ratio]:.2f}: {place})"


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="tiny data, one repeat, no targets")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--method", choices=METHODS, help="only this method")
    return parser.parse_args()


def main():
    """Measure, print and write."""
    options = parse()
    _common.pin_threads()
    has_skada = find_spec("skada") is not None
    if not has_skada:
        print("skada is not installed: without it as a peer\n")
    print(LINE.format(*HEADER))
    rows = []
    methods = [options.method] if options.method else METHODS
    for method, n, d, peers in cases(methods, options.smoke):
        peers = [peer for peer in peers if peer != "skada" or has_skada]
        found = compare(method, n, d, peers, rows, options.smoke)
        rows += found
        print("\n".join(map(line, found)), flush=True)
    verdicts = [] if options.smoke else judge(rows)
    print("\n" + "\n".join(verdicts))
    if options.output:
        _common.write_json(options.output, rows=rows, verdicts=verdicts)


if __name__ == "__main__":
    main()
