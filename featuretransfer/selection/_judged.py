"""What a scorer judges: a fitted estimator, held-out source rows and target rows, with ids."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.utils.validation import check_array

from .._base import target_parts
from .._probabilities import log_probabilities, probability_method
from .._structure import asked_for
from ..pipelines import source_view


@dataclass(frozen=True)
class Judged:
    """An estimator and the rows it is judged on.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X, y : array-like
        Source rows that were held out of its `fit`, and their labels.
    X_target : array-like or tuple of such
        Target rows as they were passed.
    source_ids : dict
        ``speakers`` and ``source_domains`` of the rows of `X`, where they are known.
    target_ids : dict
        ``speakers_target`` and ``target_domains`` of all target rows below each other, where they
        are known: arrays of shape (n_target,).
    """

    estimator: object
    X: object
    y: object
    X_target: object
    source_ids: dict = field(default_factory=dict)
    target_ids: dict = field(default_factory=dict)

    @property
    def parts(self):
        """The target corpora."""
        return target_parts(self.X_target, "X_target")

    @property
    def classes(self):
        """Sorted classes of the estimator and of the held-out rows."""
        known = getattr(self.estimator, "classes_", self.y)
        return np.union1d(np.asarray(known), np.asarray(self.y))

    def predict_source(self):
        """Labels of the held-out rows, by the source view."""
        return np.asarray(self._source_view().predict(self.X))

    def source_log_probabilities(self):
        """Logarithms of the class probabilities of the held-out rows, by the source view."""
        return log_probabilities(self._source_view(), self.X)

    def predict_target(self):
        """Labels of all target rows."""
        return np.concatenate(
            [predict(self.estimator, part, ids) for part, ids in self._parts_with_ids()]
        )

    def target_probabilities(self):
        """Class probabilities of all target rows, of shape (n_target, n_classes)."""
        method = probability_method(self.estimator)
        with config_context(enable_metadata_routing=True):
            logs = [
                log_probabilities(self.estimator, part, **asked_for(self.estimator, method, ids))
                for part, ids in self._parts_with_ids()
            ]
        return np.exp(np.concatenate(logs))

    def _source_view(self):
        return source_view(self.estimator, **asked_for(self.estimator, "fit", self.source_ids))

    def _parts_with_ids(self):
        stops = np.cumsum([np.shape(part)[0] for part in self.parts])
        for part, stop in zip(self.parts, stops):
            rows = slice(stop - np.shape(part)[0], stop)
            yield part, {name: ids[rows] for name, ids in self.target_ids.items()}


def predict(estimator, X, ids):
    """Labels of target rows, with those of their ids that the estimator asks for."""
    with config_context(enable_metadata_routing=True):
        return np.asarray(estimator.predict(X, **asked_for(estimator, "predict", ids)))


def pooled(parts):
    """The rows of all target corpora below each other; DataFrames stay such."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, pd.DataFrame) for part in parts):
        return pd.concat(parts)
    return np.concatenate([np.asarray(part) for part in parts])


def as_table(rows, name, purpose):
    """Rows as a float64 array; what is none is refused.

    Parameters
    ----------
    rows : array-like
        As a user passed them.
    name : str
        Of the parameter, for the error.
    purpose : str
        What is done with the rows, for the error: "Importance weights compare".

    Returns
    -------
    X : ndarray of shape (n_rows, n_features)
        The values.

    Raises
    ------
    ValueError
        If they are no table of finite numbers.
    """
    try:
        return check_array(rows, dtype=np.float64, input_name=name)
    except ValueError as error:
        raise ValueError(
            f"{purpose} feature tables, but {name} is none ({error}). Where the first step reads "
            "audio, extract the features once and search on the table."
        ) from error
