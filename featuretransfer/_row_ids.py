"""Ids of rows: which corpus, or which speaker, each is from."""

import numpy as np
import pandas as pd


def validate_row_ids(ids, n_rows, name, kind, *, rows=None, allow_missing=False):
    """Validate one id for every row.

    Parameters
    ----------
    ids : array-like of shape (n_rows,) or None
        As given by the user.
    n_rows : int
        Number of rows.
    name : str
        Name of the parameter, for errors.
    kind : {"corpus", "speaker"}
        What the ids are of, for errors.
    rows : str, default=None
        Name of the parameter with the rows, for errors; None where it goes without saying.
    allow_missing : bool, default=False
        Whether an id may be None or NaN.

    Returns
    -------
    ids : ndarray of shape (n_rows,) or None
        The ids, of dtype object; None where there are none.

    Raises
    ------
    ValueError
        If there is not one id for each row, or one is missing that may not.
    """
    if ids is None:
        return None
    ids = np.asarray(ids, dtype=object)
    if ids.shape != (n_rows,):
        whose = "" if rows is None else f" of {rows}"
        raise ValueError(
            f"{name} must name one {kind} for each of the {n_rows} rows{whose}, got shape "
            f"{ids.shape}."
        )
    missing = 0 if allow_missing else np.count_nonzero(pd.isna(ids))
    if missing:
        raise ValueError(
            f"{name} lacks the {kind} of {missing} of {n_rows} rows (None or NaN). Name the {kind} "
            f"of every row, or leave {name} out."
        )
    return ids
