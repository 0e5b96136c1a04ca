"""The command line: parse, call the library, print."""

import sys
from pathlib import Path

import click

from ._cli_checks import (
    OWN_LABELS,
    check_budget,
    check_corpus,
    check_header,
    check_labelled,
    check_labels,
    check_methods,
    check_set,
    check_sources,
    check_words,
    needs_labels,
    not_offered,
    parse_sources,
)
from ._version import __version__

CLASSIFIERS = ("logistic-regression", "linear-svc", "svc")
DEMO_METHODS = ("coral", "tca", "jda", "kernel-mean-matching")


def main():
    """Run the command line: exit code 0 done, 1 some files or cells failed, 2 wrong use."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.exceptions.Abort:
        sys.exit("Aborted.")
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (ValueError, TypeError, OSError, ImportError) as error:
        # the user can mend what the library refuses; anything else is a bug and shows its traceback
        click.echo(f"Error: {' '.join(str(error).split())}", err=True)
        sys.exit(2)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def cli():
    """Feature transfer for speech emotion recognition.

    \b
    featuretransfer demo
    featuretransfer extract --corpus emodb=~/EMO-DB --set IS09 -o emodb.parquet
    featuretransfer evaluate --corpus emodb=~/EMO-DB --corpus emovo=~/EMOVO -o results
    """


def _corpus_option(required=False):
    return click.option(
        "--corpus",
        "corpora",
        multiple=True,
        required=required,
        metavar="NAME=PATH",
        help="A corpus by name and folder, such as emodb=~/EMO-DB; once for each corpus. "
        "NAME=PATH.csv reads a table of files, labels and speakers.",
    )


set_option = click.option(
    "--set",
    "feature_set",
    default="eGeMAPSv02",
    show_default=True,
    callback=check_set,
    help="openSMILE feature set.",
)
jobs_option = click.option(
    "--jobs", "-j", default=1, show_default=True, help="Processes; -1 for all cores."
)


@cli.command()
@click.option(
    "--output",
    "-o",
    default="demo-results",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results.",
)
@jobs_option
def demo(output, jobs):
    """Evaluate on the three synthetic demo corpora that come with the package."""
    from .corpora import load_demo_corpora

    _evaluate(load_demo_corpora(), DEMO_METHODS, output, n_jobs=jobs, random_state=0)


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@_corpus_option()
@set_option
@click.option(
    "--level",
    type=click.Choice(["functionals", "lld"]),
    default="functionals",
    show_default=True,
    help="One row per file, or one per frame.",
)
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Table to write, .parquet or .csv.",
)
@jobs_option
def extract(files, corpora, feature_set, level, output, jobs):
    """Extract openSMILE features of FILES, or of whole corpora, into one table.

    A folder among FILES stands for all audio files below it. Tables of corpora begin with the
    columns corpus, label and speaker.
    """
    import pandas as pd

    from .features import extract_features

    if bool(files) == bool(corpora):
        raise click.UsageError("Give either FILES or --corpus NAME=PATH.")
    if output.suffix not in (".parquet", ".csv"):
        raise click.BadParameter(f"must end in .parquet or .csv, got {output}.", param_hint="-o")
    options = {"level": level, "n_jobs": jobs, "on_error": "skip"}
    failures = []
    if files:
        table = extract_features(_expand(files), feature_set, **options)
        failures += table.attrs["failures"]
    else:
        tables = []
        for corpus in _load_corpora(corpora):
            features = extract_features(corpus.files, feature_set, **options)
            failures += features.attrs["failures"]
            tables.append(_with_labels(corpus, features))
        table = pd.concat(tables)
    _write_table(table, output)
    click.echo(f"{len(table)} rows of {feature_set} written to {output}")
    for failure in failures:
        click.echo(f"failed: {failure['file']}: {failure['reason']}", err=True)
    sys.exit(1 if failures else 0)


@cli.command()
@_corpus_option(required=True)
@click.option(
    "--method",
    "methods",
    multiple=True,
    default=("coral",),
    show_default=True,
    callback=check_methods,
    help="Method by name, once for each; `featuretransfer methods` lists them. Those marked there "
    "learn from labels of target rows and need --protocol few-labels.",
)
@set_option
@click.option(
    "--labels",
    default="big4",
    show_default=True,
    callback=check_labels,
    help=f"Label scheme, or {OWN_LABELS} for labels as they are.",
)
@click.option(
    "--sources",
    multiple=True,
    default=("each",),
    show_default=True,
    metavar="each|others|TARGET=SOURCE+SOURCE",
    help="Train on each other corpus alone, on all others together (leave one corpus out), or on "
    "those named for a target; once for each target, or for each source of it.",
)
@click.option(
    "--protocol",
    type=click.Choice(["transductive", "inductive", "few-labels"]),
    default="transductive",
    show_default=True,
    help="Adapt to the whole unlabelled target and test on it; adapt to other speakers than those "
    "tested; or label a few rows of the target and test on other speakers.",
)
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    type=click.IntRange(1),
    help="With few-labels: labelled target rows of each class; 10 if not given, once for each "
    "number to compare.",
)
@click.option(
    "--classifier",
    type=click.Choice(CLASSIFIERS),
    default=CLASSIFIERS[0],
    show_default=True,
    help="Classifier after the method.",
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    type=int,
    default=(0,),
    show_default=True,
    help="Seed of everything random, draws of labelled rows included; once for each repetition.",
)
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps finished cells; OUTPUT/cells if not given. Evaluations may share one.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Take cells that are finished from the store and run only what is missing or changed, or "
    "run everything and store nothing.",
)
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results.",
)
@jobs_option
def evaluate(
    corpora,
    methods,
    feature_set,
    labels,
    sources,
    protocol,
    budgets,
    classifier,
    seeds,
    store,
    resume,
    output,
    jobs,
):
    """Train on one corpus, adapt to another, test there: every ordered pair of corpora.

    Writes results.csv, predictions.csv, summary.md and transfer-matrix.png. Every finished cell is
    kept: if the command is interrupted, the same command continues.

    \b
    All pairs of two corpora, two methods:
      featuretransfer evaluate --corpus emodb=~/EMO-DB --corpus emovo=~/EMOVO \\
          --method coral --method kmm -o results
    Leave one corpus out, tested on speakers that were not adapted to:
      featuretransfer evaluate --corpus emodb=~/EMO-DB --corpus emovo=~/EMOVO \\
          --corpus urdu=~/URDU --sources others --protocol inductive -o results
    German and Italian to Urdu, 5 and 10 labelled rows of each class, three draws:
      featuretransfer evaluate --corpus emodb=~/EMO-DB --corpus emovo=~/EMOVO \\
          --corpus urdu=~/URDU --sources urdu=emodb+emovo --protocol few-labels \\
          --budget 5 --budget 10 --seed 0 --seed 1 --seed 2 --method tradaboost -o results
    """
    if len(corpora) < 2:
        raise click.UsageError("Give at least two corpora: --corpus NAME=PATH --corpus NAME=PATH.")
    if store is not None and not resume:
        raise click.UsageError("--no-resume stores nothing: leave out it or --store.")
    check_budget(protocol, budgets)
    check_labelled(methods, protocol)
    sources = parse_sources(sources, [name.partition("=")[0] for name in corpora])
    check_sources(methods, sources, len(corpora))
    loaded = _load_corpora(corpora)
    check_words(loaded, labels)
    _evaluate(
        loaded,
        methods,
        output,
        classifier=_make_classifier(classifier),
        feature_set=feature_set,
        labels=None if labels == OWN_LABELS else labels,
        sources=sources,
        protocol=protocol,
        budget=list(budgets) or None,
        n_jobs=jobs,
        random_state=list(seeds),
        store=(store or output / "cells") if resume else None,
    )


@cli.command()
def methods():
    """List the methods that `evaluate` knows, with the short names that it accepts too.

    Each comes after scaling by corpus. Methods marked by * learn from labels of target rows, for
    `evaluate --protocol few-labels`; those marked by ** from pairs of rows, which is for Python.
    """
    from .recipes import methods as known
    from .recipes import short_names

    short = {name: abbreviation for abbreviation, name in short_names().items()}
    columns = max(map(len, known())) + 2, max(map(len, short.values()))
    for name, cls in known().items():
        mark = "**" if not_offered(cls) else "*" if needs_labels(cls) else ""
        summary = cls.__doc__.strip().splitlines()[0]
        click.echo(f"{name + mark:<{columns[0]}}  {short.get(name, ''):<{columns[1]}}  {summary}")
    click.echo("\n* learns from labels of target rows: `evaluate --protocol few-labels`.")
    click.echo("** for Python only: learns from pairs of rows, which `evaluate` has not.")


def _evaluate(corpora, methods, output, *, classifier=None, **options):
    from .evaluation import cross_corpus
    from .recipes import recipe

    pipelines = {name: recipe(name, classifier) for name in methods}
    output.mkdir(parents=True, exist_ok=True)
    result = cross_corpus(pipelines, corpora, **options)
    written = [output / "results.csv", output / "predictions.csv", output / "summary.md"]
    result.to_csv(written[0])
    result.predictions.to_csv(written[1], index=False)
    result.to_markdown(written[2])
    click.echo(result.to_markdown())
    if _has_matplotlib():
        written += _pictures(result, output)
    else:
        click.echo(
            "No picture: matplotlib is missing. pip install 'featuretransfer[plot]'", err=True
        )
    for path in written:
        click.echo(f"written: {path}")
    sys.exit(1 if (result.to_frame()["error"] != "").any() else 0)


def _pictures(result, output):
    """A transfer matrix, or one for each number of labelled target rows."""
    budgets = sorted(result.to_frame()["budget"].dropna().astype(int).unique())
    named = {"transfer-matrix.png": None}
    if len(budgets) > 1:
        named = {f"transfer-matrix-{budget}.png": budget for budget in budgets}
    for name, budget in named.items():
        result.plot(budget=budget).figure_.savefig(output / name, dpi=150)
    return [output / name for name in named]


def _has_matplotlib():
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def _load_corpora(specifications):
    from .corpora import Corpus, load_corpus

    loaded = []
    for specification in specifications:
        name, _, path = specification.partition("=")
        if not name or not path:
            raise click.BadParameter(
                f"must be NAME=PATH, got {specification!r}.", param_hint="--corpus"
            )
        path = Path(path).expanduser()
        if path.suffix == ".csv":
            check_header(path)
            loaded.append(Corpus.from_csv(path, name=name))
        else:
            check_corpus(name)
            loaded.append(load_corpus(name, path))
    return loaded


def _expand(paths):
    """The paths, with the audio files below each folder in its place."""
    from .features import audio_files

    files = []
    for path in paths:
        found = audio_files(path) if path.is_dir() else [path]
        if not found:
            raise click.BadParameter(f"there are no audio files below {path}.", param_hint="FILES")
        files += found
    return files


def _make_classifier(name):
    from sklearn.svm import SVC, LinearSVC

    from ._defaults import default_classifier

    return {
        "logistic-regression": default_classifier(),
        "linear-svc": LinearSVC(C=0.01, class_weight="balanced"),
        "svc": SVC(class_weight="balanced"),
    }[name]


def _with_labels(corpus, features):
    described = features.copy()
    rows = features.index.get_level_values("file")
    speakers, labels = (
        series.set_axis(series.index.get_level_values("file")).reindex(rows).to_numpy()
        for series in (corpus.speakers, corpus.labels)
    )
    described.insert(0, "speaker", speakers)
    described.insert(0, "label", labels)
    described.insert(0, "corpus", corpus.name)
    return described


def _write_table(table, output):
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.suffix == ".parquet":
        table.to_parquet(output)
    else:
        table.to_csv(output)
