"""Mean UAR across corpora of every method beside the baselines: ``python benchmarks/accuracy.py``.

All ordered pairs of EMO-DB, EMOVO, RAVDESS and URDU (anger, happiness, neutral, sadness), read from
the folder in FEATURETRANSFER_CORPORA; target labels reach only the scores, and nothing is tuned.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

import _common
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import featuretransfer as ft
from featuretransfer.recipes import methods

CORPORA = ("emodb", "emovo", "ravdess", "urdu")
FEATURE_SETS = ("eGeMAPSv02", "IS10")
REFERENCE = "LogisticRegression"
CLASSIFIERS = {
    REFERENCE: LogisticRegression(C=0.01, class_weight="balanced", max_iter=500),
    "LinearSVC": LinearSVC(C=0.01, class_weight="balanced"),
}
SCALED_BY_SOURCE = " (source scaler)"
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
    corpora, feature_sets = load(options.smoke)
    results = {}
    for feature_set in feature_sets:
        for name, classifier in CLASSIFIERS.items():
            result = evaluate(classifier, corpora, feature_set, options.jobs)
            results[feature_set, name] = result
            print(f"\n## {feature_set}, {name}\n\n{result.to_markdown()}", flush=True)
    table = means(results)
    print(f"\n## Mean UAR, percent\n\n{table.round(1).to_string()}")
    verdicts = [] if options.smoke else judge(table["eGeMAPSv02", REFERENCE])
    print("\n".join(verdicts))
    if options.output:
        rows = [
            {"feature_set": feature_set, "classifier": name, **row}
            for (feature_set, name), result in results.items()
            for row in result.summary().reset_index().to_dict("records")
        ]
        _common.write_json(options.output, rows=rows, verdicts=verdicts)
    sys.exit(1 if any(map(has_failures, results.values())) else 0)


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="two demo corpora, a small set")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    return parser.parse_args()


def load(smoke):
    """Corpora and feature sets."""
    if smoke:
        return ft.load_demo_corpora()[:2], ["GeMAPSv01b"]
    root = os.environ.get("FEATURETRANSFER_CORPORA")
    if not root:
        sys.exit("Set FEATURETRANSFER_CORPORA to the folder with emodb, emovo, ravdess and urdu.")
    return [ft.load_corpus(name, Path(root) / name) for name in CORPORA], FEATURE_SETS


def evaluate(classifier, corpora, feature_set, n_jobs):
    """All methods after scaling by corpus and, beside them, after a scaler fitted on the source."""
    pipelines = {}
    for name in methods():
        if name not in ("no-adaptation", "corpus-scaler"):  # rows of the baselines
            pipelines[name] = ft.recipe(name, clone(classifier))
            pipelines[name + SCALED_BY_SOURCE] = with_source_scaler(pipelines[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few effective rows, unconverged classifiers
        return ft.cross_corpus(
            pipelines, corpora, feature_set=feature_set, n_jobs=n_jobs, random_state=0
        )


def with_source_scaler(pipeline):
    """The same pipeline, but both domains scaled by the source's statistics."""
    steps = clone(pipeline).steps[1:]
    return Pipeline([("standardscaler", StandardScaler()), *steps], transform_input=["X_target"])


def means(results):
    """Mean UAR in percent, one column for each feature set and classifier."""
    return pd.DataFrame({key: 100 * result.summary()["uar"] for key, result in results.items()})


def has_failures(result):
    """Whether a cell failed; after a source scaler, weights may well lose a class."""
    failed = result.summary(n_bootstraps=1)["n_failed"]
    return bool(failed[~failed.index.str.endswith(SCALED_BY_SOURCE)].any())


def judge(uar):
    """One line for each expectation."""
    lines = []
    for name, (low, high) in EXPECTED.items():
        met = "met" if low <= uar[name] <= high else "MISSED"
        limits = f">= {low}" if high == 100 else f"{low} to {high}"
        lines.append(f"{met}: {name} {uar[name]:.1f} (expected {limits})")
    return lines


if __name__ == "__main__":
    main()
