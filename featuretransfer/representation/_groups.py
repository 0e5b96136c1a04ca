"""Speaker and corpus of every row: checking the ids, and the rows that share one."""

import warnings

import numpy as np
import pandas as pd

from .._base import target_parts, validate_source_domains
from .._row_ids import validate_row_ids


def group_rows(ids):
    """Pairs of id and row numbers; rows without an id are in none.

    Parameters
    ----------
    ids : ndarray of shape (n_rows,) or None
        One id per row, None or NaN where it is missing; None for no ids at all.

    Returns
    -------
    groups : list of (id, ndarray)
        In order of first appearance, row numbers ascending.
    """
    if ids is None:
        return []
    codes, names = pd.factorize(ids)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return [(name, order[a:b]) for name, a, b in zip(names, starts[:-1], starts[1:])]


def source_ids(source_domains, speakers, n_rows):
    """Corpus and speaker of every source row, checked.

    Parameters
    ----------
    source_domains, speakers : array-like of shape (n_rows,) or None
        Ids as given by the user; those of speakers may be missing.
    n_rows : int
        Number of rows.

    Returns
    -------
    corpora, speakers : ndarray of shape (n_rows,) or None
        Ids of dtype object.
    """
    corpora = validate_source_domains(source_domains, n_rows)
    return _nested(corpora, _speakers(speakers, n_rows, "speakers", "X"), "speakers")


def target_ids(target_domains, speakers_target, X_target):
    """Corpus and speaker of every target row of `fit`, checked; tuples as `X_target` is one."""
    corpora = _pooled(target_domains, X_target, "target_domains", _corpora)
    speakers = _pooled(speakers_target, X_target, "speakers_target", _speakers)
    return _nested(corpora, speakers, "speakers_target")


def new_target_ids(target_domains, speakers_target, n_rows):
    """Corpus and speaker of `n_rows` rows, from what a pipeline passes with each target corpus."""
    corpora = _part_for_rows(target_domains, n_rows, "target_domains")
    corpora = validate_source_domains(corpora, n_rows, "target_domains")
    speakers = _part_for_rows(speakers_target, n_rows, "speakers_target")
    speakers = _speakers(speakers, n_rows, "speakers_target", "X")
    return _nested(corpora, speakers, "speakers_target")


def warn_if_one_sided(speakers, speakers_target, stacklevel, done="scaled"):
    """Warn where only one domain is scaled (or what else is done) by speaker."""
    if (speakers is None) == (speakers_target is None):
        return
    given, missing = ("speakers", "speakers_target")[:: 1 if speakers_target is None else -1]
    warnings.warn(
        f"{given} was given without {missing}: one domain is {done} by speaker, the other by "
        f"corpus. Pass {missing} too, or leave {given} out.",
        UserWarning,
        stacklevel=stacklevel,
    )


def _speakers(ids, n_rows, name, rows_name):
    return validate_row_ids(ids, n_rows, name, "speaker", rows=rows_name, allow_missing=True)


def _corpora(ids, n_rows, name, rows_name):
    return validate_source_domains(ids, n_rows, name)


def _nested(corpora, speakers, name):
    """Both, unless a speaker is in several corpora."""
    if corpora is not None and speakers is not None:
        for speaker, rows in group_rows(speakers):
            found = pd.unique(corpora[rows])
            if len(found) > 1:
                raise ValueError(
                    f"{name} has {speaker!r} in the corpora {found.tolist()}. Give speakers ids "
                    f"of their own, such as '{found[0]}/{speaker}'."
                )
    return corpora, speakers


def _pooled(ids, X_target, name, check):
    if ids is None:
        return None
    if X_target is None:
        raise ValueError(f"{name} was given without X_target. Pass the rows whose ids it holds.")
    if isinstance(ids, tuple) != isinstance(X_target, tuple):
        raise ValueError(
            f"X_target and {name} must both be tuples (one element per target corpus) or both be "
            f"arrays, got {type(X_target).__name__} and {type(ids).__name__}."
        )
    parts, rows = target_parts(ids, name), target_parts(X_target, "X_target")
    if len(parts) != len(rows):
        raise ValueError(
            f"{name} has {len(parts)} elements, X_target has {len(rows)}; pass one for each "
            "target corpus."
        )
    return np.concatenate([check(p, len(r), name, "X_target") for p, r in zip(parts, rows)])


def _part_for_rows(ids, n_rows, name):
    if not isinstance(ids, tuple):
        return ids
    parts = target_parts(ids, name)
    if sum(map(len, parts)) == n_rows:
        return np.concatenate([np.asarray(part, dtype=object) for part in parts])
    fitting = [part for part in parts if len(part) == n_rows]
    if len(fitting) == 1:
        return fitting[0]
    lengths = [len(part) for part in parts]
    if not fitting:
        raise ValueError(
            f"{name} is a tuple with elements of {lengths} ids, but the target rows to transform "
            f"are {n_rows}. Pass the ids of these rows, or of the elements of X_target."
        )
    raise ValueError(
        f"{name} is a tuple with elements of {lengths} ids, and {len(fitting)} of them may belong "
        f"to the {n_rows} target rows to transform: a Pipeline passes the elements of X_target on "
        "one by one, but not which one it is. Pool the target corpora into one array and their ids "
        f"into one, X_target=(np.concatenate(X_target),), {name}=(np.concatenate({name}),); "
        "outside a Pipeline pass the ids of these rows alone."
    )
