"""The scale of the neutral rows of a group, found by iterating."""

from dataclasses import dataclass

import numpy as np

from ._column_scales import standard, standard_by


@dataclass(frozen=True)
class NeutralScale:
    """What came of the iteration.

    Parameters
    ----------
    scale : callable or None
        Scales rows by the neutral ones; None where the start has found too few.
    n_iter : int
        Number of times that neutral rows were looked for.
    settled : bool
        Whether the labels had settled.
    lost : sequence
        What the labels had nearly lost when it ended; empty otherwise.
    """

    scale: object
    n_iter: int
    settled: bool = True
    lost: tuple = ()


def neutral_scale(X, start, detect_first, detect, lost, *, min_neutral, tol, max_iter):
    """Find neutral rows, scale all rows by them, find neutral rows again, and so on.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows of a group.
    start : ndarray of shape (n_rows, n_features) or None
        The rows as scaled at first; None scales them by all of them.
    detect_first, detect : callable
        Tell which rows are neutral as scaled at first, and as scaled by neutral rows: functions of
        scaled rows that return an ndarray of shape (n_rows,) of bool.
    lost : callable
        Tells of an ndarray of shape (n_rows,) of bool what has nearly got lost; where it is
        anything, the scale before that stays.
    min_neutral : int
        Where fewer rows are found, the scale before that stays.
    tol : float
        The labels have settled where a smaller share of them changes, or none.
    max_iter : int
        Most iterations.

    Returns
    -------
    found : NeutralScale
        The last scale.
    """
    scale, neutral = None, None
    if start is None:
        scale = standard(X)
        start = scale(X)
    for n_iter in range(1, max_iter + 1):
        found = detect_first(start) if neutral is None else detect(scale(X))
        gone = lost(found)
        if len(gone) or np.count_nonzero(found) < min_neutral:
            return NeutralScale(scale, n_iter, lost=gone)
        changed = 1.0 if neutral is None else np.mean(found != neutral)
        neutral, scale = found, standard_by(X, found)
        if changed < tol or changed == 0:
            return NeutralScale(scale, n_iter)
    return NeutralScale(scale, max_iter, settled=False)
