"""The ``X_target`` contract: what every adapter and weighter shares.

Target data is metadata of ``fit``; an adapter maps new rows as *target* rows by default and as
*source* rows in its source view. Everything else is ordinary scikit-learn.
"""

import copy
import warnings

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from ._row_ids import validate_row_ids
from .exceptions import AmbiguousTargetWarning, TargetNotTransformedWarning

FLOATS = (np.float64, np.float32)


class ViewsMixin:
    """Base of everything fitted that takes new rows for target rows, and in a view for source rows.

    An adapting classifier whose decision depends on the domain of a row is one too; it looks at
    ``_source_view`` itself.
    """

    equal_columns = True  # whether the target must have the columns of the source
    _source_view = False  # set on fitted objects by `source_view`
    _source_ids = {}  # what a source view knows of the rows it is given: name of metadata to ids

    def _validate_rows(self, X):
        """Rows given after `fit`, with the columns of the domain that they are taken for."""
        check_is_fitted(self)
        own = self.equal_columns or self._source_view
        expected = self if own else _as_fitted_on_target(self)
        return validate_data(expected, X, reset=False, dtype=FLOATS)


class AdapterMixin(ViewsMixin, TransformerMixin):
    """Base of all adapters: ``transform`` is the target view, ``transform_source`` the source view.

    A subclass implements ``fit(X, y=None, *, X_target=None)`` and ``_map_target(X)``; an asymmetric
    method, whose two views differ, also implements ``_map_source(X)``. A method for a target with
    columns of its own sets ``equal_columns = False``.
    """

    __metadata_request__fit = {"X_target": True}
    settings = ("transductive", "unsupervised")  # one that learns from labels is no unsupervised
    uses_y = False  # whether `fit` learns from source labels
    labels_by_classifier = False  # whether `estimator` is best what follows in the pipeline

    def fit_transform(self, X, y=None, **fit_params):
        """Fit, then return the source view of ``X``.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels.
        **fit_params : dict
            Metadata of `fit`, such as ``X_target``.

        Returns
        -------
        X_new : ndarray of shape (n_source, n_features_out)
            The source rows as a classifier should see them for training.
        """
        return self.fit(X, y, **fit_params).transform_source(X)

    def transform(self, X):
        """Map rows of the target domain.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The mapped rows.
        """
        X = self._validate_rows(X)
        return self._map_source(X) if self._source_view else self._map_target(X)

    def transform_source(self, X):
        """Map rows of the source domain.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Source rows, seen in `fit` or new.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The mapped rows.
        """
        check_is_fitted(self)
        view = copy.copy(self)
        view._source_view = True
        return view.transform(X)

    def _map_source(self, X):
        return self._map_target(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def same_columns(estimator):
    """Whether target and source of a fit have the same columns, as far as their names tell."""
    names = [getattr(estimator, f"feature_names_{side}_", None) for side in ("in", "target")]
    if all(n is not None for n in names) and list(names[0]) != list(names[1]):
        return False
    return estimator.n_features_in_ == estimator.n_features_target_


def is_adapter(estimator):
    """Whether `estimator` has a source view besides its target view."""
    return isinstance(estimator, ViewsMixin)


def is_asymmetric(estimator):
    """Whether the two views of an adapter differ."""
    if not isinstance(estimator, AdapterMixin):
        return is_adapter(estimator)
    return type(estimator)._map_source is not AdapterMixin._map_source


def validate_domains(estimator, X, X_target=None, *, ensure_min_samples=1, allow_nan=False):
    """Validate source and target rows of `fit` alike.

    Parameters
    ----------
    estimator : estimator
        Learns ``n_features_in_`` and ``feature_names_in_`` from the source. Where its
        ``equal_columns`` is False the target may have other columns, and it learns
        ``n_features_target_`` and ``feature_names_target_`` from them.
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
        Target rows, one array or one per target corpus.
    ensure_min_samples : int, default=1
        Fewest source rows the method can work with.
    allow_nan : bool, default=False
        Whether values may be missing; what NaN means is the method's matter.

    Returns
    -------
    X : ndarray of shape (n_source, n_features)
        Source rows, float32 kept, everything else float64.
    X_target : ndarray of shape (n_target, n_features) or None
        All target rows in the dtype of `X`, those of a tuple below each other.
    """
    equal = getattr(estimator, "equal_columns", True)
    source = X
    finite = "allow-nan" if allow_nan else True
    X = validate_data(
        estimator, X, dtype=FLOATS, ensure_min_samples=ensure_min_samples, ensure_all_finite=finite
    )
    if not equal:
        _learn_target_columns(estimator, source if X_target is None else X_target)
    if X_target is None:
        return X, None
    tables = target_parts(X_target, "X_target")
    alike = (source, "X") if equal else (tables[0], "X_target[0]")
    parts = [_validate_part(estimator, part, X.dtype, finite, *alike) for part in tables]
    warn_if_sliceable(X_target, len(X), "X_target", stacklevel=4)
    X_target = np.concatenate(parts) if len(parts) > 1 else parts[0]
    if equal:
        _warn_if_not_transformed(X, X_target)
    return X, X_target


def _learn_target_columns(estimator, X_target):
    """Set the attributes of the target's columns as scikit-learn sets those of ``X``."""
    first = target_parts(X_target, "X_target")[0]
    if isinstance(first, list):
        _check_list(first)
    columns = copy.copy(estimator)
    validate_data(columns, first, skip_check_array=True)
    estimator.n_features_target_ = columns.n_features_in_
    if hasattr(estimator, "feature_names_target_"):
        del estimator.feature_names_target_
    if hasattr(columns, "feature_names_in_"):
        estimator.feature_names_target_ = columns.feature_names_in_


def _as_fitted_on_target(estimator):
    """A shallow copy whose input columns are those of the target."""
    view = copy.copy(estimator)
    view.n_features_in_ = estimator.n_features_target_
    if hasattr(view, "feature_names_in_"):
        del view.feature_names_in_
    if hasattr(estimator, "feature_names_target_"):
        view.feature_names_in_ = estimator.feature_names_target_
    return view


def validate_source_domains(source_domains, n_rows, name="source_domains"):
    """Validate the corpus of every row.

    Parameters
    ----------
    source_domains : array-like of shape (n_rows,) or None
        One corpus name per row.
    n_rows : int
        Number of rows.
    name : str, default="source_domains"
        Name of the parameter, for errors.

    Returns
    -------
    domains : ndarray of shape (n_rows,) or None
        The names, of dtype object; None where there are none.

    Raises
    ------
    ValueError
        If there is not one name for each row, or one is missing (None, NaN).
    """
    return validate_row_ids(source_domains, n_rows, name, "corpus")


def target_parts(value, name):
    """The per-corpus parts of a target argument: a tuple's elements, or the value itself."""
    if not isinstance(value, tuple):
        return [value]
    if not value:
        raise ValueError(
            f"{name} is an empty tuple; expected one array per target corpus. "
            f"Pass {name}=(array,) or leave {name} out for no adaptation."
        )
    for position, part in enumerate(value):
        if part is None:
            raise ValueError(
                f"{name}[{position}] is None; every element of the tuple must be the rows of one "
                f"target corpus. Leave that element out, or {name} altogether for no adaptation."
            )
        if _is_single(part):
            raise ValueError(
                f"{name}[{position}] is a single {type(part).__name__} ({part!r}), not the rows of "
                "a target corpus. A tuple holds one array or list per target corpus: pass "
                f"{name}=(list_of_rows,)."
            )
    return list(value)


def _is_single(part):
    if isinstance(part, str | bytes) or hasattr(part, "__fspath__"):
        return True
    return not isinstance(part, list | tuple) and np.ndim(part) == 0  # lists may be ragged


def _validate_part(estimator, part, dtype, finite, like, name):
    """One target table, with the columns of `like`, which errors call `name`."""
    if isinstance(like, pd.DataFrame) != isinstance(part, pd.DataFrame):
        kinds = [
            "a DataFrame" if isinstance(rows, pd.DataFrame) else f"a {type(rows).__name__}"
            for rows in (like, part)
        ]
        raise TypeError(
            f"{name} is {kinds[0]} but X_target is {kinds[1]}: their columns cannot be compared. "
            "In a pipeline set transform_input=['X_target'], so that earlier steps transform the "
            "target too; elsewhere pass both as DataFrames or both as arrays (`to_numpy()`)."
        )
    if isinstance(part, pd.DataFrame):
        check_columns(like.columns, part.columns, name)
    if isinstance(part, list):
        _check_list(part)
    rows = check_array(
        part, dtype=dtype, input_name="X_target", estimator=estimator, ensure_all_finite=finite
    )
    n_features = np.shape(like)[1]
    if rows.shape[1] != n_features:
        raise ValueError(
            f"X_target has {rows.shape[1]} features, but {name} has {n_features}. Extract both "
            "corpora with the same feature set, and in a pipeline set "
            "transform_input=['X_target'] so that earlier steps transform the target too."
        )
    return rows


def _check_list(rows):
    if any(np.ndim(row) > 1 for row in rows[:2]):
        raise ValueError(
            "X_target is a list of tables, not the rows of one; expected shape (n_target, "
            "n_features). For several target corpora pass a tuple: X_target=(first, second)."
        )
    lengths = {np.size(row) for row in rows}
    if len(lengths) > 1:
        raise ValueError(
            f"X_target is a ragged list, with rows of {min(lengths)} to {max(lengths)} values; "
            "expected shape (n_target, n_features)."
        )


def check_columns(expected, found, name):
    if list(expected) == list(found):
        return
    missing = [column for column in expected if column not in set(found)]
    extra = [column for column in found if column not in set(expected)]
    if missing or extra:
        raise ValueError(
            f"X_target must have the columns of {name} (only in {name}: {some_names(missing)}; "
            f"only in X_target: {some_names(extra)}). Extract both with the same feature set."
        )
    raise ValueError(
        f"X_target must have the columns of {name}, but has the same names in another order. "
        f"Reorder them: X_target[{name}.columns]."
    )


def some_names(names, most=5):
    shown = ", ".join(map(repr, names[:most])) or "none"
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def warn_if_sliceable(value, n_source, name, stacklevel):
    """Warn of a bare target argument that cross-validation would slice by the fold."""
    if not isinstance(value, tuple) and len(value) == n_source:
        warnings.warn(
            f"{name} has as many rows as X ({n_source}): inside cross-validation scikit-learn "
            f"slices it by the fold. Pass {name}=({name},), which is never sliced (and silences "
            "this warning).",
            AmbiguousTargetWarning,
            stacklevel=stacklevel,
        )


def _warn_if_not_transformed(X, X_target):
    if len(X) < 2 or np.max(np.abs(X_target.mean(axis=0))) <= 100:
        return
    mean, std = X.mean(axis=0), X.std(axis=0)
    tolerance = 1e-3 if X.dtype == np.float32 else 1e-6
    if np.all(np.abs(mean) < tolerance) and np.all(
        (np.abs(std - 1) < tolerance) | (std < tolerance)
    ):
        warnings.warn(
            "X is standardised but X_target has columns with means above 100: the target seems to "
            "have skipped the earlier steps. Build the pipeline with transform_input=['X_target'] "
            "(featuretransfer.make_pipeline does).",
            TargetNotTransformedWarning,
            stacklevel=4,
        )
