"""Do scorers rank pipelines as the target's labels do: ``python benchmarks/scorers.py``.

For every task some twenty pipelines are fitted and scored by every scorer of `make_target_scorer`,
and the ranks compared with those by the UAR on the target. The default scorer is the best on tasks
that are not the pairs of EMO-DB, EMOVO, RAVDESS and URDU; these are shown beside.
"""

import sys
import warnings

import _common
import _tasks
import accuracy
import numpy as np
import pandas as pd
import sklearn
from scipy import stats
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.parallel import Parallel, delayed

import featuretransfer as ft
from featuretransfer.selection import make_target_scorer
from featuretransfer.selection._target_scorers import DEFAULT_CRITERION

N_FOLDS = 3
BASELINE = "corpus-scaler"
ADAPTED = (
    "coral",
    "linear-optimal-transport",
    "optimal-transport",
    "class-coral",
    "subspace-alignment",
    "geodesic-flow-kernel",
    "tca",
    "jda",
    "kernel-mean-matching",
    "domain-classifier-weights",
    "balanced-self-training",
)
BY_ITSELF = ("corpus-scaler", "coral", "tca")  # with other classifiers too
SCORERS = {  # name to criterion and parameters, and whether it needs held-out source rows
    "iw": ("iw", {}, True),
    "dev": ("dev", {}, True),
    "dev, log": ("dev", {"loss": "log"}, True),
    "circular": ("circular", {}, True),
    "entropy": ("entropy", {}, False),
    "snd": ("snd", {}, False),
    "mixval": ("mixval", {}, False),
    "prior": ("prior", {}, False),
}
PAIRS = "real pairs"


def main():
    """Fit, score, print and write."""
    options = parse()
    tasks = load(options)
    contenders = pipelines(options.smoke)
    calls = [(task, name, estimator) for task in tasks for name, estimator in contenders.items()]
    rows = Parallel(n_jobs=options.jobs)(delayed(cell)(*call) for call in calls)
    found = pd.DataFrame(rows)
    agreements = agreement(found)
    shown = overview(agreements)
    print(f"\n## {len(contenders)} pipelines, {len(tasks)} tasks\n\n{markdown(shown)}")
    if PAIRS in set(agreements["kind"]):
        print(f"\n## Spearman correlation on each pair\n\n{by_pair(agreements)}")
    verdicts = [] if options.smoke else judge(shown)
    print("\n" + "\n".join(verdicts))
    if options.output:
        rows = found.replace([np.inf, -np.inf], None).to_dict("records")
        agreements = agreements.to_dict("records")
        _common.write_json(options.output, rows=rows, agreements=agreements, verdicts=verdicts)
    sys.exit(1 if (found["error"] != "").any() else 0)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="two demo corpora, three pipelines")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--own", action="store_true", help="without the pairs of real corpora")
    return parser.parse_args()


def load(options):
    """The tasks."""
    corpora, (feature_set, *_), _ = accuracy.load(options.smoke)
    if options.smoke:
        return _tasks.pairs("demo", corpora, "big4", feature_set)
    demo = ft.load_demo_corpora()
    tasks = _tasks.own_tasks(corpora, demo, feature_set, seeds=(0, 1))
    return tasks if options.own else tasks + _tasks.pairs(PAIRS, corpora, "big4", feature_set)


def pipelines(smoke):
    """Pipelines to rank: scalings and methods, then other classifiers."""
    logistic = accuracy.CLASSIFIERS[accuracy.REFERENCE]
    others = {
        "LinearSVC": accuracy.CLASSIFIERS["LinearSVC"],
        "C=1": clone(logistic).set_params(C=1.0),
        "SVC": SVC(class_weight="balanced"),
    }
    found = {
        "source scaler": Pipeline(
            [("scale", StandardScaler()), ("adapt", ft.NoAdaptation()), ("clf", clone(logistic))],
            transform_input=["X_target"],
        ),
        BASELINE: ft.recipe(BASELINE, clone(logistic)),
        "coral": ft.recipe("coral", clone(logistic)),
    }
    if smoke:
        return found
    found["rank scaler"] = ft.make_pipeline(ft.CorpusScaler("rank"), clone(logistic))
    found |= {name: ft.recipe(name, clone(logistic)) for name in ADAPTED}
    for label, classifier in others.items():
        for name in BY_ITSELF:
            found[f"{name}, {label}"] = ft.recipe(name, clone(classifier))
    return found


def cell(task, name, estimator):
    """One pipeline on one task: its UAR on the target, and what every scorer says of it.

    One fit on all source rows serves the scorers of the target alone, and the fits of `N_FOLDS`
    speaker-independent folds serve those of held-out source rows, whose score is the mean.
    """
    row = {"kind": task.kind, "task": task.name, "pipeline": name, "error": ""}
    try:
        with sklearn.config_context(enable_metadata_routing=True), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few effective rows, lost classes
            model = clone(estimator).fit(task.X, task.y, X_target=(task.X_target,))
            row["uar"] = balanced_accuracy_score(task.y_target, model.predict(task.X_target))
            row |= scores(model, task.X, task.y, task.X_target, held_out=False)
            n_folds = min(N_FOLDS, len(np.unique(task.speakers)))
            folds = []
            for train, test in GroupKFold(n_folds).split(task.X, groups=task.speakers):
                model = clone(estimator).fit(
                    task.X[train], task.y[train], X_target=(task.X_target,)
                )
                folds.append(
                    scores(model, task.X[test], task.y[test], task.X_target, held_out=True)
                )
            row |= pd.DataFrame(folds).mean().to_dict()
    except Exception as error:  # noqa: BLE001 - reported in its row; the other cells go on
        row["error"] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return row


def scores(model, X, y, X_target, held_out):
    """What the scorers of held-out source rows, or those of the target alone, say."""
    return {
        name: make_target_scorer(criterion, **parameters)(model, X, y, X_target=(X_target,))
        for name, (criterion, parameters, needs) in SCORERS.items()
        if needs == held_out
    }


def agreement(found):
    """One row for every task and scorer: rank correlations with the UAR, and regret."""
    rows = []
    for (kind, task), cells in found[found["error"] == ""].groupby(["kind", "task"], sort=False):
        uar = cells["uar"].to_numpy()
        baseline = uar[cells["pipeline"] == BASELINE][0]
        for name in SCORERS:
            score = cells[name].to_numpy()
            rows.append(
                {
                    "kind": kind,
                    "task": task,
                    "scorer": name,
                    "spearman": correlation(stats.spearmanr, score, uar),
                    "kendall": correlation(stats.kendalltau, score, uar),
                    "regret": 100 * (uar.max() - chosen(score, uar)),
                    "gain": 100 * (chosen(score, uar) - baseline),
                }
            )
    return pd.DataFrame(rows)


def correlation(measure, score, uar):
    """A rank correlation; a scorer that finds all pipelines equal has none."""
    ranks = stats.rankdata(score)  # -inf is the last rank
    return 0.0 if np.ptp(ranks) == 0 or np.ptp(uar) == 0 else measure(ranks, uar).statistic


def chosen(score, uar):
    """UAR of the pipeline with the highest score, the mean of those that share it."""
    return uar[score == score.max()].mean()


def overview(agreements):
    """Means over the tasks of every kind, and over all kinds but the real pairs."""
    means = agreements.groupby(["kind", "scorer"], sort=False).mean(numeric_only=True)
    means = means.unstack("kind").swaplevel(axis=1)
    own = [kind for kind in means.columns.unique(0) if kind != PAIRS]
    every = sum(means[kind] for kind in own) / len(own)
    columns = {"all but the real pairs": every}
    columns |= {kind: means[kind] for kind in means.columns.unique(0)}
    return pd.concat(columns, axis=1).sort_values(
        ("all but the real pairs", "spearman"), ascending=False
    )


def markdown(shown):
    """One row for every scorer, one column for every kind of task."""
    kinds = list(shown.columns.unique(0))
    lines = [["", *kinds], ["---"] * (len(kinds) + 1)]
    for name, row in shown.iterrows():
        cells = (row[kind] for kind in kinds)
        lines.append(
            [name]
            + [
                f"{c['spearman']:+.2f} / {c['kendall']:+.2f}, {c['gain']:+.1f} (-{c['regret']:.1f})"
                for c in cells
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_pair(agreements):
    """One row for every pair of real corpora, one column for every scorer."""
    pairs = agreements[agreements["kind"] == PAIRS]
    table = pairs.pivot(index="task", columns="scorer", values="spearman")[list(SCORERS)]
    lines = [["", *table.columns], ["---"] * (table.shape[1] + 1)]
    lines += [[task, *(f"{value:+.2f}" for value in row)] for task, row in table.iterrows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def judge(shown):
    """Whether the default scorer is the best where choosing is allowed."""
    means = shown["all but the real pairs"]["spearman"]
    best, found = means.idxmax(), means[DEFAULT_CRITERION]
    return [
        f"{_common.state(best == DEFAULT_CRITERION)}: the default {DEFAULT_CRITERION} is the best "
        f"on all but the real pairs ({found:+.2f}; {best} {means[best]:+.2f})"
    ]


if __name__ == "__main__":
    main()
