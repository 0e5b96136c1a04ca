"""Which corpora are the source of which target."""

from collections.abc import Mapping
from itertools import permutations

from .._suggestions import did_you_mean

SOURCES = ("each", "others")


def source_target_pairs(names, sources):
    """Sources and target of every pair.

    Parameters
    ----------
    names : list of str
        All corpora.
    sources : {"each", "others"} or mapping of str to str or list
        As of `cross_corpus`.

    Returns
    -------
    pairs : list of (tuple of str, str)
        Corpora that are pooled as the source, and the target.

    Raises
    ------
    ValueError
        If there is no such choice, or no such corpus.
    """
    if isinstance(sources, Mapping):
        return _chosen(names, sources)
    if not isinstance(sources, str) or sources not in SOURCES:
        raise ValueError(
            f"sources must be one of {list(SOURCES)}, or a dict such as "
            f"{{{names[0]!r}: {names[1:]}}} from target to source corpora, got {sources!r}."
        )
    if sources == "each":
        return [((source,), target) for source, target in permutations(names, 2)]
    return [(tuple(name for name in names if name != target), target) for target in names]


def _chosen(names, sources):
    if not sources:
        raise ValueError("sources is an empty dict; name the sources of at least one target.")
    pairs = []
    for target, given in sources.items():
        _known(target, names, "is a key of sources")
        groups = [_group(part) for part in _parts(given)]
        if not groups or not all(groups):
            raise ValueError(f"sources[{target!r}] is empty; name a corpus, or leave the key out.")
        for group in groups:
            for name in group:
                _known(name, names, f"is a source of {target!r}")
            if target in group:
                raise ValueError(
                    f"sources[{target!r}] has the target itself, which no pipeline is trained on."
                )
            if len(set(group)) < len(group):
                raise ValueError(f"sources[{target!r}] names a corpus twice: {list(group)}.")
        if len({frozenset(group) for group in groups}) < len(groups):
            raise ValueError(f"sources[{target!r}] has the same sources twice: {given!r}.")
        pairs += [(group, target) for group in groups]
    return pairs


def _parts(given):
    """Several sources of one target where lists are nested, else one."""
    nested = isinstance(given, list | tuple) and any(isinstance(p, list | tuple) for p in given)
    return given if nested else [given]


def _group(part):
    return tuple(part) if isinstance(part, list | tuple) else (part,)


def _known(name, names, what):
    if name not in names:
        raise ValueError(
            f"{name!r} {what}, but no corpus is called so.{did_you_mean(name, names)} There are "
            f"{', '.join(names)}."
        )
