"""Mean UAR with a few labelled target rows of each class: ``python benchmarks/few_labels.py``.

All ordered pairs of EMO-DB, EMOVO, RAVDESS and URDU (anger, happiness, neutral, sadness), read from
the folder in FEATURETRANSFER_CORPORA; eGeMAPS features. Labelled and tested rows are of different
speakers (`_labelled.py`). Every method that learns from labelled target rows, with its default
parameters in its recipe, beside the same classifier without a method.
"""

import sys
import warnings

import _common
import _labelled
import accuracy
from sklearn.base import clone

import featuretransfer as ft
from featuretransfer.recipes import methods

BUDGETS = (5, 10, 20)
N_SEEDS = 10
MOST_LOST = 1.0  # points of UAR that the best method may be below source or target alone
ABOVE = 10  # labels of each class from which on it must be above both
ALONE = [_labelled.SOURCE, _labelled.TARGET]


def main():
    """Evaluate, print and write."""
    options = parse()
    corpora, (feature_set, *_), _ = accuracy.load(options.smoke)
    sets = (feature_set, feature_set)
    classifier = accuracy.CLASSIFIERS[accuracy.REFERENCE]
    chosen = options.method or inductive()
    pipelines = {name: ft.recipe(name, clone(classifier)) for name in chosen}
    read = [_labelled.read(corpus, [feature_set]) for corpus in corpora]
    seeds = range(1 if options.smoke else options.seeds)
    budgets = BUDGETS[:1] if options.smoke else BUDGETS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few effective rows, unconverged classifiers
        found = _labelled.evaluate(pipelines, read, sets, classifier, budgets, seeds, options.jobs)
    shown = _labelled.summary(found)
    print(f"\n## {feature_set}, means over pairs and {len(seeds)} seeds\n\n{overview(shown)}")
    print(f"\n{shown.round(2).to_string()}")
    verdicts = judge(shown["uar"])
    print("\n" + "\n".join(verdicts))
    if options.output:
        _common.write_json(options.output, rows=found.to_dict("records"), verdicts=verdicts)
    sys.exit(1 if (found["error"] != "").any() else 0)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="two demo corpora, one seed, one budget")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seeds", type=int, default=N_SEEDS, help="draws of speakers and rows")
    parser.add_argument("--method", choices=inductive(), action="append", help="only these methods")
    return parser.parse_args()


def inductive():
    """Names of the methods that learn from labelled target rows with the source's features."""
    return [
        name
        for name, cls in methods().items()
        if accuracy.uses_labels(cls) and not accuracy.for_other_columns(cls)
    ]


def overview(shown):
    """Markdown: one row for each pipeline, by falling mean at the last budget, one column each."""
    budgets = shown.index.unique("budget")
    means = shown["uar"].unstack()
    names = [*_labelled.BASELINES, *means.drop(index=_labelled.BASELINES).index]
    names.sort(key=lambda name: -means.loc[name, budgets[-1]])
    rows = [["", *(f"{budget} a class" for budget in budgets)], ["---"] * (len(budgets) + 1)]
    for name in names:
        cells = (shown.loc[name, budget] for budget in budgets)
        rows.append([name, *(f"{cell['uar']:.1f} ± {cell['interval']:.1f}" for cell in cells)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def judge(uar):
    """One line for each budget: the best method against the better of source and target alone."""
    lines = []
    for budget, means in uar.unstack().items():
        adapted = means.drop(index=_labelled.BASELINES)
        gain = adapted.max() - means[ALONE].max()
        least = 0 if budget >= ABOVE else -MOST_LOST
        state = _common.state(gain > least)
        lines.append(
            f"{state}: with {budget} labels a class {adapted.idxmax()} is {gain:+.1f} points above "
            f"{means[ALONE].idxmax()} (expected > {least:+g})"
        )
    return lines


if __name__ == "__main__":
    main()
