"""What is wrong with the words of a command line, with remedies for the command line."""

import click

from ._suggestions import did_you_mean

OWN_LABELS = "own"
#: What `evaluate` gives to methods that ask for it, besides source rows and labels.
OFFERED = {"X_target", "speakers", "speakers_target", "source_domains"}
#: What some methods ask for besides.
WORDS = {"y_target": "labels of target rows", "X_paired": "pairs of rows"}


def not_offered(cls):
    """What a method needs that `evaluate` has not, in words."""
    from ._settings import needs

    return [WORDS.get(name, name) for name in needs(cls) if name not in OFFERED]


def check_set(context, parameter, value):
    """Refuse an unknown feature set before any audio is read."""
    from .features import FEATURE_SETS

    if value in FEATURE_SETS or value.endswith(".conf"):
        return value
    raise click.BadParameter(
        f"{value!r} is no feature set.{did_you_mean(value, FEATURE_SETS)} There are "
        f"{', '.join(FEATURE_SETS)}, and the path of an openSMILE configuration, ending in .conf."
    )


def check_methods(context, parameter, values):
    """Refuse unknown methods, and those that need what a command line has not."""
    from .recipes import find, methods, short_names

    for value in values:
        try:
            cls = find(value)
        except ValueError:
            known = [*methods(), *short_names()]
            raise click.BadParameter(
                f"{value!r} is no method.{did_you_mean(value, known)} `featuretransfer methods` "
                "lists all; scaling alone is always evaluated, as a baseline."
            ) from None
        missing = not_offered(cls)
        if missing:
            raise click.BadParameter(
                f"{value!r} learns from {' and '.join(missing)}, which `evaluate` has not. Use "
                f"{cls.__name__} in Python, as the example in its documentation does, or a method "
                "that `featuretransfer methods` does not mark."
            )
    return values


def check_labels(context, parameter, value):
    """Refuse an unknown label scheme."""
    from .corpora import SCHEMES

    if value in SCHEMES or value == OWN_LABELS:
        return value
    raise click.BadParameter(
        f"{value!r} is no label scheme.{did_you_mean(value, SCHEMES)} There are "
        f"{', '.join(SCHEMES)}, and {OWN_LABELS} for labels as they are."
    )


def check_header(path):
    """Refuse a table of files without the columns that are read."""
    import pandas as pd

    found = list(pd.read_csv(path, nrows=0).columns)
    missing = [name for name in ("file", "label", "speaker") if name not in found]
    if missing:
        raise click.BadParameter(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(found)}. Call the "
            "columns file, label and speaker, with commas between them.",
            param_hint="--corpus",
        )


def check_corpus(name):
    """Refuse a folder of a corpus whose file names are not known."""
    from .corpora import CORPORA
    from .corpora._registry import registered

    if not registered(name):
        raise click.BadParameter(
            f"{name!r} is no corpus known by its file names.{did_you_mean(name, CORPORA)} There "
            f"are {', '.join(CORPORA)}. Of another corpus give a table: {name}=LIST.csv with the "
            "columns file, label and speaker.",
            param_hint="--corpus",
        )


def check_words(corpora, scheme):
    """Refuse labels that a scheme has no class for nor sets aside."""
    from .corpora import EMOTIONS, SCHEMES

    if scheme == OWN_LABELS:
        return
    for corpus in corpora:
        labels = set(corpus.labels.dropna())
        unknown = sorted(labels - set(EMOTIONS) - set(SCHEMES[scheme].values()))
        if unknown:
            raise click.BadParameter(
                f"{scheme} does not know the labels {', '.join(unknown)} of {corpus.name}. Write "
                f"them as {', '.join(EMOTIONS)}, or use --labels {OWN_LABELS}.",
                param_hint="--labels",
            )


def check_sources(methods, sources, n_corpora):
    """Refuse methods that compare source corpora where there is one at a time."""
    from ._settings import needs
    from .recipes import find

    if sources == "others" and n_corpora > 2:
        return
    for name in methods:
        if "source_domains" in needs(find(name)):
            raise click.BadParameter(
                f"{name!r} weighs several source corpora against each other. Give three corpora or "
                "more and --sources others.",
                param_hint="--method",
            )
