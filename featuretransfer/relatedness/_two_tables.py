"""The rows of two domains, as the measures of this folder take them."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array

from .._base import check_columns


def two_tables(X, X_target, least=1):
    """Validate two tables with the same columns.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    least : int, default=1
        Fewest rows of each that the measure can work with.

    Returns
    -------
    X, X_target : ndarray of float64
        The rows.

    Raises
    ------
    ValueError
        If there are too few rows, or the columns differ.
    """
    if isinstance(X, pd.DataFrame) and isinstance(X_target, pd.DataFrame):
        check_columns(X.columns, X_target.columns, "X")
    X = check_array(X, dtype=np.float64, input_name="X")
    X_target = check_array(X_target, dtype=np.float64, input_name="X_target")
    if X.shape[1] != X_target.shape[1]:
        raise ValueError(
            f"X_target has {X_target.shape[1]} features, but X has {X.shape[1]}. Extract both "
            "corpora with the same feature set."
        )
    if min(len(X), len(X_target)) < least:
        raise ValueError(
            f"At least {least} rows of each domain are needed, got {len(X)} of the source and "
            f"{len(X_target)} of the target. Pass more rows."
        )
    return X, X_target
