"""What is wrong with the words of a command line, with remedies for the command line."""

import click

from ._suggestions import did_you_mean

OWN_LABELS = "own"
#: What `evaluate` gives to methods that ask for it, besides source rows and labels.
OFFERED = {"X_target", "y_target", "speakers", "speakers_target", "source_domains"}
#: What some methods ask for besides.
WORDS = {"X_paired": "pairs of rows"}


def not_offered(cls):
    """What a method needs that `evaluate` has not, in words."""
    from ._settings import needs

    return [WORDS.get(name, name) for name in needs(cls) if name not in OFFERED]


def needs_labels(cls):
    """Whether a method transfers nothing without labels of target rows."""
    from ._settings import needs

    return "y_target" in needs(cls)


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


def check_labelled(methods, protocol):
    """Refuse methods that learn from labels of target rows where there are none."""
    from .recipes import find

    for name in methods:
        if protocol != "few-labels" and needs_labels(find(name)):
            raise click.BadParameter(
                f"{name!r} learns from labels of target rows. Use --protocol few-labels, which "
                "labels some and tests on other speakers (--budget for how many), or a method that "
                "`featuretransfer methods` does not mark.",
                param_hint="--method",
            )


def check_budget(protocol, budgets):
    """Refuse numbers of labelled rows where none are labelled, or that are given twice."""
    if budgets and protocol != "few-labels":
        raise click.BadParameter(
            f"{protocol} labels no target rows. Use --protocol few-labels, or leave it out.",
            param_hint="--budget",
        )
    if len(set(budgets)) < len(budgets):
        raise click.BadParameter(
            f"{', '.join(map(str, budgets))} are not all different.", param_hint="--budget"
        )


def parse_sources(given, names):
    """The words of --sources as `cross_corpus` takes them.

    Parameters
    ----------
    given : sequence of str
        "each" or "others", or "TARGET=SOURCE+SOURCE" of one or more targets.
    names : list of str
        The corpora.

    Returns
    -------
    sources : str or dict of str to list of list of str
        Several sources of a target in the order they were given.
    """
    from .evaluation._sources import SOURCES, source_target_pairs

    if len(given) == 1 and given[0] in SOURCES:
        return given[0]
    chosen = {}
    for word in given:
        target, equals, sources = word.partition("=")
        if not equals or not target or not sources:
            raise click.BadParameter(
                f"{word!r} is neither {' nor '.join(SOURCES)} alone, nor TARGET=SOURCE+SOURCE such "
                f"as {names[-1]}={'+'.join(names[:-1])}.",
                param_hint="--sources",
            )
        chosen.setdefault(target, []).append(sources.split("+"))
    try:
        source_target_pairs(names, chosen)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--sources") from None
    return chosen


def check_sources(methods, sources, n_corpora):
    """Refuse methods that compare source corpora where there is one at a time."""
    from ._settings import needs
    from .recipes import find

    if isinstance(sources, str):
        several = sources == "others" and n_corpora > 2
    else:
        several = all(len(group) > 1 for groups in sources.values() for group in groups)
    for name in methods:
        if not several and "source_domains" in needs(find(name)):
            raise click.BadParameter(
                f"{name!r} weighs several source corpora against each other. Give three corpora or "
                "more and --sources others, or name two sources or more of every target.",
                param_hint="--method",
            )
