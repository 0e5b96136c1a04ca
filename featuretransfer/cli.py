"""The command line: parse, call the library, print."""

import sys
from pathlib import Path

import click

from ._cli_checks import (
    OWN_LABELS,
    check_corpus,
    check_header,
    check_labels,
    check_methods,
    check_set,
    check_sources,
    check_words,
    not_offered,
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
    help="Method by name, once for each; `featuretransfer methods` lists them.",
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
    type=click.Choice(["each", "others"]),
    default="each",
    show_default=True,
    help="Train on each other corpus alone, or on all others together.",
)
@click.option(
    "--protocol",
    type=click.Choice(["transductive", "inductive"]),
    default="transductive",
    show_default=True,
    help="Adapt to the whole unlabelled target, or to other speakers than those tested.",
)
@click.option(
    "--classifier",
    type=click.Choice(CLASSIFIERS),
    default=CLASSIFIERS[0],
    show_default=True,
    help="Classifier after the method.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of everything random.")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results.",
)
@jobs_option
def evaluate(
    corpora, methods, feature_set, labels, sources, protocol, classifier, seed, output, jobs
):
    """Train on one corpus, adapt to another, test there: every ordered pair of corpora.

    Writes results.csv, predictions.csv, summary.md and transfer-matrix.png.
    """
    if len(corpora) < 2:
        raise click.UsageError("Give at least two corpora: --corpus NAME=PATH --corpus NAME=PATH.")
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
        n_jobs=jobs,
        random_state=seed,
    )


@cli.command()
def methods():
    """List the methods that `evaluate` knows, with the short names that it accepts too.

    Each comes after scaling by corpus. Methods marked by * learn from labels of target rows, or
    from pairs of rows, which is for Python: `evaluate` has neither.
    """
    from .recipes import methods as known
    from .recipes import short_names

    short = {name: abbreviation for abbreviation, name in short_names().items()}
    columns = max(map(len, known())) + 1, max(map(len, short.values()))
    for name, cls in known().items():
        marked = f"{name}{'*' * bool(not_offered(cls))}"
        summary = cls.__doc__.strip().splitlines()[0]
        click.echo(f"{marked:<{columns[0]}}  {short.get(name, ''):<{columns[1]}}  {summary}")
    wanted = sorted({word for cls in known().values() for word in not_offered(cls)})
    click.echo(f"\n* for Python only: learns from {' or '.join(wanted)}, which `evaluate` has not.")


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
    picture = output / "transfer-matrix.png"
    if _has_matplotlib():
        result.plot().figure_.savefig(picture, dpi=150)
        written.append(picture)
    else:
        click.echo(
            "No picture: matplotlib is missing. pip install 'featuretransfer[plot]'", err=True
        )
    for path in written:
        click.echo(f"written: {path}")
    sys.exit(1 if (result.to_frame()["error"] != "").any() else 0)


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
