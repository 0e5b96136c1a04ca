"""Columns of a table by the modality that they belong to, and which modalities a row has."""

from collections.abc import Mapping

import numpy as np

from .._base import some_names


def resolve_modalities(modalities, n_features, names):
    """The columns of every modality.

    Parameters
    ----------
    modalities : dict, array-like of shape (n_features,) or None
        Name to columns (a slice, or a list of positions or of names), or the name of the modality
        of every column. None is a single modality.
    n_features : int
        Number of columns.
    names : ndarray of shape (n_features,) or None
        Their names.

    Returns
    -------
    columns : dict of str to ndarray of int
        Positions, ascending, by modality; every column is in one.

    Raises
    ------
    ValueError
        If a column is unknown, or is in no modality or in several.
    """
    if modalities is None:
        return {"all": np.arange(n_features)}
    if not isinstance(modalities, Mapping):
        owners = np.asarray(modalities, dtype=object)
        if owners.shape != (n_features,):
            raise ValueError(
                "modalities must be a dict of modality to columns, or hold the modality of each of "
                f"the {n_features} columns; got shape {owners.shape}."
            )
        found = {name: np.flatnonzero(owners == name) for name in dict.fromkeys(owners.tolist())}
    else:
        found = {
            name: np.unique(_positions(name, columns, n_features, names))
            for name, columns in modalities.items()
        }
    counts = np.zeros(n_features, dtype=int)
    for columns in found.values():
        counts[columns] += 1
    for wrong, said in ((counts == 0, "in no modality"), (counts > 1, "in several modalities")):
        if wrong.any():
            shown = (np.flatnonzero(wrong) if names is None else names[wrong]).tolist()
            raise ValueError(
                f"modalities must have every column once, but {said} are {some_names(shown)}. Drop "
                "columns that are not to be used in an earlier step."
            )
    return found


def _positions(modality, columns, n_features, names):
    if isinstance(columns, slice):
        found = np.arange(n_features)[columns]
    else:
        listed = [columns] if isinstance(columns, str | int | np.integer) else list(columns)
        known = {} if names is None else {name: i for i, name in enumerate(names.tolist())}
        known |= {i: i for i in range(n_features) if i not in known}
        unknown = [column for column in listed if column not in known]
        if unknown:
            remedy = "" if names is not None else " Names of columns need X to be a DataFrame."
            raise ValueError(
                f"modality {modality!r} has columns that X does not have: {some_names(unknown)}."
                + remedy
            )
        found = np.array([known[column] for column in listed], dtype=int)
    if not len(found):
        raise ValueError(f"modality {modality!r} has no columns.")
    return found


def present_modalities(X, columns, name="X"):
    """Which modalities the rows have.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows.
    columns : dict of str to ndarray of int
        See `resolve_modalities`.
    name : str, default="X"
        What the rows are called in errors.

    Returns
    -------
    present : ndarray of shape (n_rows, n_modalities) of bool
        Whether no column of the modality is NaN.

    Raises
    ------
    ValueError
        If a row lacks some columns of a modality but not all, or all modalities.
    """
    present = np.empty((len(X), len(columns)), dtype=bool)
    for number, (modality, positions) in enumerate(columns.items()):
        missing = np.isnan(X[:, positions]).sum(axis=1)
        partly = (missing > 0) & (missing < len(positions))
        if partly.any() or (len(columns) == 1 and missing.any()):
            row = int(np.flatnonzero(partly if partly.any() else missing)[0])
            raise ValueError(
                f"Input {name} contains NaN in {missing[row]} of the {len(positions)} columns of "
                f"modality {modality!r} of row {row}. A modality is missing where all of its "
                "columns are NaN and another one is there; impute single values before."
            )
        present[:, number] = missing == 0
    nothing = np.flatnonzero(~present.any(axis=1))
    if len(nothing):
        raise ValueError(
            f"Input {name} contains NaN in all columns of {len(nothing)} of {len(X)} rows (the "
            f"first is row {nothing[0]}): they have no modality to predict from. Drop these rows."
        )
    return present
