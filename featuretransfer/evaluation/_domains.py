"""The rows of an evaluation: what pipelines get to see, and what they do not."""

from dataclasses import dataclass

import pandas as pd

from ..corpora._labels import is_rated


@dataclass(frozen=True)
class Domain:
    """Rows of a corpus, or of several as one source.

    Parameters
    ----------
    name : str
        Name, or names joined by "+".
    X : DataFrame of shape (n_rows, n_features)
        Features.
    speakers : Series of shape (n_rows,)
        Speaker ids.
    corpora : Series of shape (n_rows,)
        Names of the corpora.
    """

    name: str
    X: pd.DataFrame
    speakers: pd.Series
    corpora: pd.Series

    def rows(self, kept):
        """Some of the rows."""
        parts = (part.iloc[kept] for part in (self.X, self.speakers, self.corpora))
        return Domain(self.name, *parts)


@dataclass(frozen=True)
class Labelled:
    """A domain with its labels, which pipelines get to see of sources only.

    Parameters
    ----------
    domain : Domain
        Rows.
    y : Series of shape (n_rows,)
        Labels: classes, or numbers for regression.
    gender : Series of shape (n_rows,)
        Gender of the speakers, None where it is not known.
    """

    domain: Domain
    y: pd.Series
    gender: pd.Series

    @property
    def name(self):
        """Name of the domain."""
        return self.domain.name

    @property
    def is_rated(self):
        """Whether the labels are numbers."""
        return is_rated(self.y)

    @classmethod
    def of(cls, corpus, feature_set, n_jobs, progress):
        """The rows of a corpus that have features."""
        features = corpus.features(feature_set, n_jobs=n_jobs, on_error="warn", progress=progress)
        corpus = corpus.drop(features)
        X = features.astype("float64")
        corpora = pd.Series(corpus.name, index=X.index, dtype=object)
        domain = Domain(corpus.name, X, corpus.speakers, corpora)
        return cls(domain, corpus.labels, corpus.gender)

    @classmethod
    def pooled(cls, parts):
        """Several as one."""
        if len(parts) == 1:
            return parts[0]
        domains = [part.domain for part in parts]
        X, speakers, corpora = (
            pd.concat([getattr(domain, field) for domain in domains])
            for field in ("X", "speakers", "corpora")
        )
        domain = Domain("+".join(domain.name for domain in domains), X, speakers, corpora)
        return cls(domain, pd.concat([p.y for p in parts]), pd.concat([p.gender for p in parts]))
