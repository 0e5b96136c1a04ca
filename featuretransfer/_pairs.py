"""Rows that are known in the columns of both domains."""

import copy
import warnings

from ._base import same_columns


def check_pair_of_tables(X_paired):
    """Refuse what is no tuple of two tables."""
    if not isinstance(X_paired, tuple) or len(X_paired) != 2 or any(p is None for p in X_paired):
        raise TypeError(
            "X_paired must be a tuple of two tables, (rows in the columns of X, the same rows in "
            f"the columns of X_target), got {type(X_paired).__name__}"
            + (f" of length {len(X_paired)}." if isinstance(X_paired, tuple) else ".")
        )


def validate_pairs(estimator, X_paired, least=1):
    """Validate paired rows like rows of the source and of the target.

    Parameters
    ----------
    estimator : ViewsMixin
        Knows the columns of both domains already (`validate_domains`).
    X_paired : tuple of two array-likes
        As checked by `check_pair_of_tables`.
    least : {1, 2}, default=1
        Fewest pairs.

    Returns
    -------
    pairs : list of two ndarrays
        The rows in the columns of the source, and in those of the target.

    Raises
    ------
    ValueError
        If a table has other columns than its domain, or the tables do not have as many rows.
    """
    views = copy.copy(estimator), copy.copy(estimator)
    views[0]._source_view, views[1]._source_view = True, False
    found = []
    for side, (view, rows) in enumerate(zip(views, X_paired)):
        try:
            found.append(view._validate_rows(rows))
        except ValueError as error:
            raise ValueError(
                f"X_paired[{side}] must be rows with the columns of {('X', 'X_target')[side]}: "
                f"{error} Pairs do not pass through earlier steps of a Pipeline: "
                f"{type(estimator).__name__} must be its first step, and scale (or hold what "
                "scales) by itself."
            ) from error
    if len(found[0]) != len(found[1]) or len(found[0]) < least:
        raise ValueError(
            f"X_paired must be two tables of as many rows, at least {('one', 'two')[least - 1]}, "
            f"which are paired one by one; got {len(found[0])} and {len(found[1])} rows."
        )
    return found


def check_same_columns(estimator, stacklevel):
    """Refuse source and target that nothing links, and warn where it cannot be told."""
    if not same_columns(estimator):
        raise ValueError(
            f"X_target has other columns than X ({estimator.n_features_target_} and "
            f"{estimator.n_features_in_}) and nothing links them. Pass rows that are known in both "
            "as X_paired=(rows in the columns of X, rows in the columns of X_target)."
        )
    if not (
        hasattr(estimator, "feature_names_in_") and hasattr(estimator, "feature_names_target_")
    ):
        warnings.warn(
            "X_paired is missing, so the columns of X and X_target are taken for the same "
            f"{estimator.n_features_in_} features. Pass X_paired if they are not, or DataFrames "
            "with the same columns if they are.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
