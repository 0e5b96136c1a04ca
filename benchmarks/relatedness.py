"""Whether relatedness tells how a transfer will do: ``python benchmarks/relatedness.py``.

For every ordered pair of domains, all measures beside the UAR that logistic regression reaches from
one to the other. The measure that `source_ranking` uses by default was chosen on the first three
tasks, none of which is the last: halves by gender of the demo corpora, a synthetic target with
sources that differ from it in known ways, and halves by gender of EMOVO and RAVDESS with the
emotions disgust, fear and surprise. The last task is the 12 pairs of EMO-DB, EMOVO, RAVDESS and
URDU with anger, happiness, neutral and sadness, read from the folder in FEATURETRANSFER_CORPORA.
"""

import os
import sys
import warnings
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import _common
import accuracy
import numpy as np
import pandas as pd
import sklearn
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer.relatedness import DISTANCES, MEASURES
from featuretransfer.synthetic import SHIFTS, make_shifted_corpora

FEATURE_SET = "eGeMAPSv02"
CLASSIFIER = accuracy.CLASSIFIERS[accuracy.REFERENCE]
ALIGNMENTS = ("CORAL", "TCA", "JDA")
OUTCOMES = ("source-only", "corpus-scaling", "gain")
OTHER_EMOTIONS = ["disgust", "fear", "surprise"]
STRENGTHS = (0.5, 1.0, 2.0)
SEEDS = range(10)
REAL = "12 pairs"


@dataclass(frozen=True)
class Domain:
    """A table with labels and speakers."""

    name: str
    X: np.ndarray
    y: np.ndarray
    speakers: np.ndarray


def main():
    """Measure, print and write."""
    parser = _common.parser(__doc__, smoke="demo corpora, one synthetic seed")
    parser.add_argument("--choose", action="store_true", help="only the tasks of choice")
    options = parser.parse_args()
    _common.pin_threads()
    tables = {name: measured(pairs) for name, pairs in tasks(options.smoke, options.choose).items()}
    rows = []
    for name, found in tables.items():
        print(f"\n## {name}: {len(found)} pairs\n\n{outcomes(found)}\n")
        correlations = correlate(found, mantel=name == REAL)
        print(correlations.round(2).to_string(), flush=True)
        rows += [{"task": name, **row} for row in correlations.reset_index().to_dict("records")]
    chosen = [name for name in tables if name != REAL]
    print(f"\n## Mean over the tasks of choice\n\n{choice(rows, chosen).round(2).to_string()}")
    if REAL in tables:
        print(f"\n## Sources recommended by measures, {REAL}\n\n{regrets(tables[REAL])}")
    if options.output:
        pairs = {name: found.reset_index().to_dict("records") for name, found in tables.items()}
        _common.write_json(options.output, rows=rows, pairs=pairs)


def tasks(smoke, choose):
    """Name to list of pairs (group of pairs that share their domains, source, target)."""
    feature_set = "GeMAPSv01b" if smoke else FEATURE_SET
    demo = ft.load_demo_corpora()
    if smoke:
        return {
            "demo corpora": ordered([read(corpus, feature_set) for corpus in demo]),
            "synthetic": synthetic(SEEDS[:1]),
        }
    found = {
        "demo corpora by gender": ordered(
            [half for corpus in demo for half in by_gender(corpus, feature_set)]
        ),
        "synthetic": synthetic(SEEDS),
    }
    root = os.environ.get("FEATURETRANSFER_CORPORA")
    if not root:
        print("Set FEATURETRANSFER_CORPORA for the tasks on real corpora.", file=sys.stderr)
        return found
    corpora = {name: ft.load_corpus(name, Path(root) / name) for name in accuracy.CORPORA}
    halves = [
        half
        for name in ("emovo", "ravdess")
        for half in by_gender(corpora[name].select(labels=OTHER_EMOTIONS), feature_set)
    ]
    found["other emotions by gender"] = ordered(halves)
    if choose:
        return found
    big4 = [read(corpus.with_labels("big4"), feature_set) for corpus in corpora.values()]
    found[REAL] = ordered(big4)
    return found


def read(corpus, feature_set, name=None):
    """A corpus as a `Domain`."""
    X = corpus.features(feature_set).to_numpy(np.float64)
    ids = corpus.speakers.to_numpy(str)
    return Domain(name or corpus.name, X, corpus.labels.to_numpy(str), ids)


def by_gender(corpus, feature_set):
    """The halves of a corpus."""
    return [
        read(corpus.select(gender=gender), feature_set, f"{corpus.name}-{gender}")
        for gender in ("female", "male")
    ]


def ordered(domains):
    """All ordered pairs."""
    return [(0, source, target) for source, target in permutations(domains, 2)]


def synthetic(seeds):
    """For each seed one target, and sources that differ from it in one way each."""
    pairs = []
    for seed in seeds:
        base = make_shifted_corpora(shift="none", random_state=seed)
        target = Domain("target", base.X_source, base.y_source, base.speakers_source)
        for shift in SHIFTS:
            for strength in STRENGTHS if shift != "none" else STRENGTHS[:1]:
                # class means are drawn first, so that a seed has the same ones for every shift
                data = make_shifted_corpora(
                    200, 200, shift=shift, strength=strength, random_state=seed
                )
                name = f"{shift} {strength:g}"
                source = Domain(name, data.X_target, data.y_target, data.speakers_target)
                pairs.append((seed, source, target))
    return pairs


def measured(pairs):
    """One row for each pair: what the transfer reaches, in percent, and every measure."""
    rows = []
    for group, source, target in pairs:
        row = {"group": group, "source": source.name, "target": target.name}
        rows.append({**row, **transfer(source, target), **measures(source, target)})
    found = pd.DataFrame(rows).set_index(["group", "source", "target"])
    best = found[list(ALIGNMENTS)].mean().idxmax()
    found.insert(0, "gain", found[best] - found["corpus-scaling"])
    found.attrs["alignment"] = best
    return found


def transfer(source, target):
    """UAR on the target, in percent, by pipeline."""
    pipelines = {
        "source-only": ft.make_pipeline(StandardScaler(), clone(CLASSIFIER)),
        "corpus-scaling": ft.make_pipeline(ft.CorpusScaler(), clone(CLASSIFIER)),
        **{name: ft.recipe(name, clone(CLASSIFIER)) for name in ALIGNMENTS},
    }
    reached = {}
    with warnings.catch_warnings(), sklearn.config_context(enable_metadata_routing=True):
        warnings.simplefilter("ignore")
        for name, pipeline in pipelines.items():
            adapts = {} if name == "source-only" else {"X_target": (target.X,)}
            predicted = pipeline.fit(source.X, source.y, **adapts).predict(target.X)
            reached[name] = 100 * balanced_accuracy_score(target.y, predicted)
    return reached


def measures(source, target):
    """All measures, distances with both scalings; greater is always closer."""
    found = {}
    for scaling, names in (("corpus", list(MEASURES)), ("pooled", list(DISTANCES))):
        table = ft.relatedness(
            source.X,
            source.y,
            target.X,
            y_target=target.y,
            speakers_source=source.speakers,
            speakers_target=target.speakers,
            measures=names,
            scaling=scaling,
            n_permutations=0,
        ).to_frame()
        signs = np.where(table["closer"] == "smaller", -1.0, 1.0)
        for name, value in (table["value"] * signs).items():
            found[label(name, scaling)] = value
    return found


def label(measure, scaling):
    """What a measure is called in the tables."""
    return f"{measure}*" if MEASURES[measure].of_task else f"{measure}, {scaling}"


def outcomes(found):
    """One line on what the transfers reach."""
    means = found[["source-only", "corpus-scaling", *ALIGNMENTS]].mean()
    shown = ", ".join(f"{name} {mean:.1f}" for name, mean in means.items())
    return f"mean UAR: {shown}; gain is that of {found.attrs['alignment']} over corpus-scaling"


def names_of_measures(found):
    """Columns that are measures."""
    return [name for name in found if name.split(",")[0].rstrip("*") in MEASURES]


def correlate(found, mantel):
    """Rank correlation of every measure with every outcome, and the regret of choosing by it.

    "within" is the mean over targets of the correlation over their sources with the UAR of
    corpus-scaling, "regret" how many points of it the recommended source is below the best.
    """
    rows = {}
    for name in names_of_measures(found):
        row = {outcome: rho(found[name], found[outcome]) for outcome in OUTCOMES}
        if mantel:
            row |= {f"p {outcome}": mantel_p(found, name, outcome) for outcome in OUTCOMES}
        by_target = [part for _, part in found.groupby(level=["group", "target"])]
        uar = "corpus-scaling"
        row["within"] = pd.Series([rho(part[name], part[uar]) for part in by_target]).mean()
        row["regret"] = np.mean([part[uar].max() - recommended(part, name) for part in by_target])
        rows[name] = row
    table = pd.DataFrame(rows).T.rename_axis("measure")
    regret = np.mean([part[uar].max() - part[uar].mean() for part in by_target])
    table.loc["(any source)"] = {"regret": regret}
    return table


def recommended(part, measure):
    """UAR from the source of a target that a measure recommends, the mean of those if several."""
    return part.loc[part[measure] == part[measure].max(), "corpus-scaling"].mean()


def rho(first, second):
    """Spearman's rank correlation; NaN where one side is constant."""
    if first.nunique() < 2 or second.nunique() < 2:
        return np.nan
    return spearmanr(first, second).statistic


def mantel_p(found, measure, outcome):
    """Two-sided p-value of a rank correlation over pairs, by exchanging the corpora of one side.

    The pairs are no independent points, as each corpus is in many. Four corpora have 24 orders, so
    that p is at least 1/24.
    """
    first, second = (
        found[name].droplevel("group").unstack("target").sort_index(axis=0).sort_index(axis=1)
        for name in (measure, outcome)
    )
    off = ~np.eye(len(first), dtype=bool)
    reached = [
        abs(
            spearmanr(first.to_numpy()[off], second.to_numpy()[np.ix_(order, order)][off]).statistic
        )
        for order in map(list, permutations(range(len(first))))
    ]
    return float(np.mean(np.array(reached) >= reached[0] - 1e-12))  # the first order is their own


def choice(rows, chosen):
    """Correlation within targets and regret by task, and their means; the best measures first."""
    table = pd.DataFrame(rows).query("task in @chosen").set_index(["measure", "task"])
    found = table[["within", "regret"]].unstack("task")
    found["mean", "within"] = found["within"].mean(axis=1)
    found["mean", "regret"] = found["regret"].mean(axis=1)
    return found.sort_values(("mean", "within"), ascending=False)


def regrets(found):
    """For each target the UAR from the recommended source beside mean and best source."""
    by_target = dict(iter(found.groupby(level="target")))
    uar = "corpus-scaling"
    rows = {
        "mean of sources": {target: part[uar].mean() for target, part in by_target.items()},
        "best source": {target: part[uar].max() for target, part in by_target.items()},
    }
    for name in names_of_measures(found):
        rows[name] = {target: recommended(part, name) for target, part in by_target.items()}
    table = pd.DataFrame(rows).T
    table["mean"] = table.mean(axis=1)
    return table.round(1).to_string()


if __name__ == "__main__":
    main()
