"""Mean UAR across corpora of every method beside the baselines: ``python benchmarks/accuracy.py``.

All ordered pairs of EMO-DB, EMOVO, RAVDESS and URDU (anger, happiness, neutral, sadness), read from
the folder in FEATURETRANSFER_CORPORA; target labels reach only the scores, and nothing is tuned.
Methods for a target of other features have a section of their own (`_labelled.py`), those that
learn from some labelled target rows a script (`few_labels.py`).
"""

import inspect
import os
import sys
import warnings
from pathlib import Path

import _common
import _labelled
import _overview
from sklearn.base import RegressorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import featuretransfer as ft
from featuretransfer.recipes import methods
from featuretransfer.testing import all_predictors

CORPORA = ("emodb", "emovo", "ravdess", "urdu")
FEATURE_SETS = ("eGeMAPSv02", "IS10")
OTHER_SET = "IS09"  # of the source, where a target of other features is meant
REFERENCE = "LogisticRegression"
CLASSIFIERS = {
    REFERENCE: LogisticRegression(C=0.01, class_weight="balanced", max_iter=500),
    "LinearSVC": LinearSVC(C=0.01, class_weight="balanced"),
}
SCALED_BY_SOURCE = " (source scaler)"
SEEDS = (0, 1, 2)
KNOWN = 10  # labelled target rows of each class, where the columns differ
LONGEST = 60  # seconds that a pair may be expected to take on the wide set
WIDER = 1582 / 88  # times as many features as on the first set
MOST_LOST = 2.0  # points of UAR below the baseline
# mean UAR in percent on eGeMAPS with the reference classifier: at least, at most
EXPECTED = {
    "source-only": (39, 41),
    "pooled-scaling": (43, 45),
    "corpus-scaling": (48.5, 100),
    "coral": (49, 100),
    "tca": (49, 100),
    "kernel-mean-matching": (47, 100),
}


def main():
    """Evaluate, print and write."""
    options = parse()
    corpora, feature_sets, other_set = load(options.smoke)
    chosen = {name: cls for name, cls in methods().items() if options.method in (None, name)}
    results, verdicts = {}, []
    classifiers = {REFERENCE: CLASSIFIERS[REFERENCE]} if options.smoke else CLASSIFIERS
    for feature_set in feature_sets:
        for name, classifier in classifiers.items():
            first = not results
            pipelines = unlabelled(chosen, classifier, and_source_scaler=first)
            slow = too_slow(results, pipelines)
            kept = {key: pipeline for key, pipeline in pipelines.items() if key not in slow}
            if not kept:
                continue
            result = results[feature_set, name] = evaluate(kept, corpora, feature_set, options.jobs)
            print(f"\n## {feature_set}, {name}\n\n{result.to_markdown()}")
            print("".join(f"\nleft out, too slow: {key}" for key in slow), flush=True)
    if results:
        print(f"\n## Mean UAR, percent\n\n{_overview.overview(results, SCALED_BY_SOURCE)}")
        uar = 100 * results[feature_sets[0], REFERENCE].summary()["uar"]
        verdicts += judge(uar, expected=not options.smoke)
    tables = with_other_columns(chosen, corpora, (other_set, feature_sets[0]), options)
    for title, found in tables.items():
        shown = _labelled.summary(found).droplevel("budget")
        print(f"\n## {title}\n\n{shown.round(2).to_string()}")
        verdicts += judge_other_columns(shown["uar"], chosen)
    verdicts += [f"not applicable: {name}, a regressor" for name in regressors()]
    print("\n" + "\n".join(verdicts))
    if options.output:
        rows = [
            {"feature_set": feature_set, "classifier": name, **row}
            for (feature_set, name), result in results.items()
            for row in result.summary().reset_index().to_dict("records")
        ]
        other = {title: found.to_dict("records") for title, found in tables.items()}
        _common.write_json(options.output, rows=rows, other_columns=other, verdicts=verdicts)
    failed = any(map(has_failures, results.values()))
    sys.exit(1 if failed or any((found["error"] != "").any() for found in tables.values()) else 0)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="two demo corpora, a small set")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--method", choices=methods(), help="only this method, and the baselines")
    return parser.parse_args()


def load(smoke):
    """Corpora, feature sets, and the other set of a source with other features."""
    if smoke:
        return ft.load_demo_corpora()[:2], ["GeMAPSv01b"], OTHER_SET
    root = os.environ.get("FEATURETRANSFER_CORPORA")
    if not root:
        sys.exit("Set FEATURETRANSFER_CORPORA to the folder with emodb, emovo, ravdess and urdu.")
    return [ft.load_corpus(name, Path(root) / name) for name in CORPORA], FEATURE_SETS, OTHER_SET


def uses_labels(cls):
    """Whether a method learns from labelled target rows."""
    return "y_target" in inspect.signature(cls.fit).parameters


def for_other_columns(cls):
    """Whether a method is for a target that has other features than the source."""
    return not getattr(cls, "equal_columns", True)


def regressors():
    """Names of the adapting regressors, for which these corpora have no values."""
    return [name for name, cls in all_predictors().items() if issubclass(cls, RegressorMixin)]


def unlabelled(chosen, classifier, and_source_scaler):
    """All methods after scaling by corpus and, if asked for, after a scaler of the source."""
    pipelines = {}
    for name, cls in chosen.items():
        if cls is ft.CorpusScaler or uses_labels(cls) or for_other_columns(cls):
            continue  # a baseline, and what has sections of its own
        pipelines[name] = ft.recipe(name, clone(classifier))
        if and_source_scaler:
            pipelines[name + SCALED_BY_SOURCE] = with_source_scaler(pipelines[name])
    return pipelines


def with_source_scaler(pipeline):
    """The same pipeline, but both domains scaled by the source's statistics."""
    steps = clone(pipeline).steps[1:]
    return Pipeline([("standardscaler", StandardScaler()), *steps], transform_input=["X_target"])


def too_slow(results, pipelines):
    """Pipelines that would take too long on many features, by their time on the fewest."""
    if len(results) < len(CLASSIFIERS):  # still on the fewest
        return []
    first = next(iter(results.values()))
    taken = first.to_frame().groupby("pipeline")["seconds"].mean()
    return [name for name in pipelines if WIDER * taken.get(name, 0) > LONGEST]


def evaluate(pipelines, corpora, feature_set, n_jobs):
    """The result of `cross_corpus`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few effective rows, unconverged classifiers
        return ft.cross_corpus(
            pipelines, corpora, feature_set=feature_set, n_jobs=n_jobs, random_state=0
        )


def with_other_columns(chosen, corpora, sets, options):
    """Methods for a target of other features: their title and table, none if none is chosen."""
    pipelines = {
        name: ft.recipe(name, clone(CLASSIFIERS[REFERENCE]))
        for name, cls in chosen.items()
        if for_other_columns(cls)
    }
    if not pipelines:
        return {}
    read = [_labelled.read(corpus, dict.fromkeys(sets)) for corpus in corpora]
    seeds = SEEDS[:1] if options.smoke else SEEDS
    title = f"{' to '.join(sets)}, {KNOWN} labelled target rows of each class or pairs"
    classifier = CLASSIFIERS[REFERENCE]
    found = _labelled.evaluate(pipelines, read, sets, classifier, [KNOWN], seeds, options.jobs)
    return {title: found}


def has_failures(result):
    """Whether a cell failed; after a source scaler, weights may well lose a class."""
    failed = result.summary(n_bootstraps=1)["n_failed"]
    return bool(failed[~failed.index.str.endswith(SCALED_BY_SOURCE)].any())


def judge(uar, expected):
    """One line for each expectation, if they are of these corpora, and one for each method."""
    lines = []
    for name, (low, high) in EXPECTED.items() if expected else ():
        if name not in uar:
            continue
        state = _common.state(low <= uar[name] <= high)
        limits = f">= {low}" if high == 100 else f"{low} to {high}"
        lines.append(f"{state}: {name} {uar[name]:.1f} (expected {limits})")
    for name in uar.index.difference(("chance", *_overview.BASELINES), sort=False):
        if not name.endswith(SCALED_BY_SOURCE):
            lines.append(not_below(name, uar, "corpus-scaling"))
    return lines


def judge_other_columns(uar, chosen):
    """One line for each method: the best that can be had without it.

    With labels that is the labelled target alone; without labels the source, had it the target's
    features.
    """
    lines = []
    for name in uar.index.difference(_labelled.BASELINES, sort=False):
        labelled = uses_labels(chosen[name])
        lines.append(not_below(name, uar, _labelled.TARGET if labelled else _labelled.SOURCE))
    return lines


def not_below(name, uar, baseline):
    """Whether a method loses little against a baseline."""
    gain = uar[name] - uar[baseline]
    state = _common.state(gain >= -MOST_LOST)
    return f"{state}: {name} not more than {MOST_LOST:g} points below {baseline} ({gain:+.1f})"


if __name__ == "__main__":
    main()
