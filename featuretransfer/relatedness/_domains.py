"""What the measures know of a corpus, read from a `Corpus` or from tables."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from .._labels import at_least_two
from .._row_ids import validate_row_ids
from ..corpora import Corpus
from ._two_tables import two_tables

SCALINGS = ("corpus", "pooled", "none")


@dataclass(frozen=True)
class Domain:
    """A corpus as the measures take it.

    Parameters
    ----------
    name : str
        Its name.
    X : DataFrame or ndarray of shape (n_rows, n_features)
        Its features.
    y : ndarray of shape (n_rows,) or None
        Its labels, None for rows without; None where no measure may use them.
    speakers : ndarray of shape (n_rows,) or None
        Its speakers; None where that of a row is not known.
    """

    name: str
    X: object
    y: np.ndarray | None = None
    speakers: np.ndarray | None = None

    @classmethod
    def of_corpus(cls, corpus, feature_set):
        """Read features, labels and speakers; files without features are left out, and named."""
        X = corpus.features(feature_set, on_error="warn")
        corpus = corpus.drop(X)
        return cls(corpus.name, X, corpus.labels.to_numpy(), _known(corpus.speakers.to_numpy()))

    @classmethod
    def of_table(cls, side, X, y, speakers):
        """Check labels and speakers of a table; `side` is "source" or "target"."""
        if y is not None:
            y = np.asarray(y, dtype=object)
            if y.shape != (len(X),):
                raise ValueError(
                    f"y_{side} must have one label for each of the {len(X)} rows, got shape "
                    f"{y.shape}."
                )
        ids = validate_row_ids(speakers, len(X), f"speakers_{side}", "speaker", allow_missing=True)
        return cls(side, X, y, None if ids is None else _known(ids))

    @property
    def columns(self):
        """Names of the features, their numbers in an array."""
        if isinstance(self.X, pd.DataFrame):
            return [str(column) for column in self.X.columns]
        return [str(number) for number in range(np.shape(self.X)[1])]

    def labelled(self):
        """Rows and labels of the rows that have one.

        Raises
        ------
        ValueError
            If there are no labels of two classes.
        """
        known = np.zeros(len(self.X), dtype=bool) if self.y is None else ~pd.isna(self.y)
        if not known.any():
            raise ValueError(
                f"{self.name} has no labels, which measures of tasks (leep, nce, log-me, h-score) "
                "need of both domains. Pass y_target beside (X_source, y_source, X_target), or "
                "leave these measures out."
            )
        y = np.array(self.y[known].tolist())
        at_least_two(np.unique(y), f"The labels of {self.name}")
        return self.X[known], y


def _known(ids):
    return None if pd.isna(ids).any() else np.asarray(ids).astype(str)


def read_pair(data, feature_set, *, y_target=None, speakers_source=None, speakers_target=None):
    """Source and target as given to a public function.

    Parameters
    ----------
    data : tuple
        Two `Corpus` objects, two tables, or (source table, source labels, target table).
    feature_set : str or path
        openSMILE set of the corpora.
    y_target, speakers_source, speakers_target : array-like, default=None
        What is known of the rows of tables.

    Returns
    -------
    source, target : Domain
        With features as float64 arrays of the same columns, at least two rows each.
    """
    kinds = [isinstance(entry, Corpus) for entry in data]
    if kinds == [True, True]:
        given = {
            "y_target": y_target,
            "speakers_source": speakers_source,
            "speakers_target": speakers_target,
        }
        known = [name for name, value in given.items() if value is not None]
        if known:
            raise TypeError(
                f"{known[0]} goes with tables; a Corpus knows its own labels and speakers."
            )
        domains = [Domain.of_corpus(corpus, feature_set) for corpus in data]
    elif len(data) in (2, 3) and not any(kinds):
        y_source = data[1] if len(data) == 3 else None
        domains = [
            Domain.of_table("source", data[0], y_source, speakers_source),
            Domain.of_table("target", data[-1], y_target, speakers_target),
        ]
    else:
        shown = ", ".join(type(entry).__name__ for entry in data) or "nothing"
        raise TypeError(
            "Pass two Corpus objects (source, target), or tables (X_source, X_target), or "
            f"(X_source, y_source, X_target); got {shown}."
        )
    return domains


def scaled_pair(source, target, scaling):
    """The same domains with comparable features.

    Parameters
    ----------
    source, target : Domain
        As read.
    scaling : {"corpus", "pooled", "none"}
        Standardise each by itself, both together, or not at all.

    Returns
    -------
    source, target : Domain
        With float64 arrays.
    """
    if scaling not in SCALINGS:
        raise ValueError(f"scaling must be one of {list(SCALINGS)}, got {scaling!r}.")
    X, X_target = two_tables(source.X, target.X, least=2)
    if scaling == "corpus":
        X, X_target = (StandardScaler().fit_transform(rows) for rows in (X, X_target))
    elif scaling == "pooled":
        scaler = StandardScaler().fit(np.concatenate([X, X_target]))
        X, X_target = scaler.transform(X), scaler.transform(X_target)
    return replace(source, X=X), replace(target, X=X_target)


def read_corpora(corpora, feature_set):
    """Several corpora: a list of `Corpus`, or a dict of name to `Corpus` or table."""
    named = corpora if isinstance(corpora, dict) else None
    listed = list(corpora.values()) if named is not None else list(corpora)
    if named is None and not all(isinstance(corpus, Corpus) for corpus in listed):
        raise TypeError(
            "corpora must be a list of Corpus, or a dict of name to Corpus or table, got "
            f"{', '.join(dict.fromkeys(type(corpus).__name__ for corpus in listed))} in a list."
        )
    names = list(named) if named is not None else [corpus.name for corpus in listed]
    if len(set(names)) < len(names):
        raise ValueError(f"corpora must have different names, got {names}.")
    return [
        replace(read_one(corpus, feature_set), name=name) for name, corpus in zip(names, listed)
    ]


def read_one(corpus, feature_set):
    """One `Corpus`, or a table of which no labels and speakers are known."""
    if isinstance(corpus, Corpus):
        return Domain.of_corpus(corpus, feature_set)
    return Domain.of_table("target", corpus, None, None)
