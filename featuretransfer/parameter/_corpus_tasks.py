"""Source corpora as tasks, beside the target."""

import warnings

import numpy as np


def source_tasks(domains, n_rows):
    """Number of the corpus of each source row, and the names of the corpora.

    Parameters
    ----------
    domains : ndarray of shape (n_rows,) or None
        Corpus of each row; None for one corpus.
    n_rows : int
        Number of rows.

    Returns
    -------
    tasks : ndarray of shape (n_rows,) of int
        Corpora in the order of their names.
    names : list or None
        The sorted names; None for one corpus without a name.
    """
    if domains is None:
        return np.zeros(n_rows, dtype=int), None
    names = sorted(set(domains), key=str)
    number = {name: position for position, name in enumerate(names)}
    return np.array([number[name] for name in domains]), names


def warn_none_labelled(estimator, stacklevel):
    """Say that the classifier is that of the source."""
    warnings.warn(
        f"{type(estimator).__name__} learns from labelled target rows, and no row of X_target has "
        "a label: it is the plain classifier of the source. Pass y_target, with None for rows "
        "without a label.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
