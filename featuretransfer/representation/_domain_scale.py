"""Scales of a whole domain, of each of its corpora and of each of its speakers."""

import warnings
from dataclasses import dataclass, field

import pandas as pd

from .._checks import is_count
from ._groups import group_rows


@dataclass(frozen=True)
class DomainScale:
    """What was learned from a domain: functions that scale rows, from coarse to fine.

    Parameters
    ----------
    whole : callable
        Scales rows by all rows of the domain.
    corpora, speakers : dict
        The same for every corpus and every speaker seen; None for those with too few rows, which
        are scaled as what they belong to.
    """

    whole: object
    corpora: dict = field(default_factory=dict)
    speakers: dict = field(default_factory=dict)

    def scaled(self, X, ids, learn, min_group):
        """Rows scaled by speaker, else by corpus, else by the domain.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Rows.
        ids : (corpora, speakers)
            Ids of the rows, each an ndarray of shape (n_rows,) or None.
        learn : callable
            As of `learn_domain`, for groups that are not known yet.
        min_group : int
            Fewest rows to learn a scale from.

        Returns
        -------
        X_new : ndarray of shape (n_rows, n_features)
            Scaled rows, float64.

        Raises
        ------
        ValueError
            If a corpus is neither known nor has enough rows.
        """
        for name, rows in group_rows(ids[0]):
            if name not in self.corpora and len(rows) < min_group:
                raise ValueError(
                    f"The corpus {name!r} was not seen in fit, and {len(rows)} of its rows are too "
                    f"few to scale it by itself (min_group={min_group}). Pass more of its rows "
                    "together, or leave the corpora out to scale by those seen in fit."
                )
        return self._descend(X, ids, learn, (min_group, min_group))[0]

    def _descend(self, X, ids, learn, least):
        scaled, corpora, speakers = self.whole(X), {}, {}
        for name, rows in group_rows(ids[0]):
            # the other corpora say nothing of the level of this one: it starts afresh
            corpora[name] = _scale_of(name, self.corpora, rows, least[0], lambda r: learn(r, None))
            _rescale(scaled, X, rows, corpora[name])
        for name, rows in group_rows(ids[1]):
            speakers[name] = _scale_of(
                name, self.speakers, rows, least[1], lambda r: learn(r, scaled[r])
            )
            _rescale(scaled, X, rows, speakers[name])
        return scaled, corpora, speakers


def _scale_of(name, known, rows, enough, learn):
    if name in known:
        return known[name]
    return learn(rows) if len(rows) >= enough else None


def _rescale(scaled, X, rows, scale):
    if scale is not None:
        scaled[rows] = scale(X[rows])


def learn_domain(X, ids, learn, min_group):
    """Learn the scales of a domain.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Its rows.
    ids : (corpora, speakers)
        Their ids, each an ndarray of shape (n_rows,) or None.
    learn : callable
        ``learn(rows, X_scaled)`` gives the scale of the rows with these numbers. For a speaker
        `X_scaled` are these rows as scaled by their corpus, and it may return None: no scale but
        that one. For a corpus and for the whole domain `X_scaled` is None.
    min_group : int
        Speakers with fewer rows are scaled as their corpus; corpora need two rows.

    Returns
    -------
    domain : DomainScale
        The scales.
    """
    whole = learn(slice(None), None)
    _, corpora, speakers = DomainScale(whole)._descend(X, ids, learn, (2, min_group))
    single = [name for name, scale in corpora.items() if scale is None]
    if single:
        warnings.warn(
            f"The corpora {single} have a single row, which has no scale: it is scaled by the "
            "statistics of all corpora of its domain. Pass more of their rows.",
            UserWarning,
            stacklevel=3,
        )
    return DomainScale(whole, corpora, speakers)


def check_min_group(min_group):
    """Refuse what is no number of rows that have a scale."""
    if not is_count(min_group, least=2):
        raise ValueError(
            f"min_group must be an integer >= 2 (one row has no scale), got {min_group!r}."
        )


def without_scale(target, source, stacklevel):
    """The scales of a target of one row, which are the source's; with a warning."""
    warnings.warn(
        "X_target has a single row, which has no scale: it is scaled by the statistics of X. Pass "
        "more target rows.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
    return DomainScale(source.whole, target.corpora, target.speakers)


def warn_if_unnamed(source, corpora, stacklevel):
    """Warn where source rows come without corpora, but each corpus had a scale of its own."""
    if corpora is None and len(source.corpora) > 1:
        warnings.warn(
            f"fit scaled each of {len(source.corpora)} source corpora by itself, but these source "
            "rows come without source_domains: they are scaled by the statistics of all corpora "
            "pooled. Pass source_domains to transform_source or source_view.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def refuse_source_speakers(speakers, source, target):
    """Refuse target rows whose speakers are all known, but from the source."""
    if speakers is None or target is source:
        return
    named = set(speakers[~pd.isna(speakers)])
    if named and named <= set(source.speakers) and not named & set(target.speakers):
        raise ValueError(
            f"speakers_target names only speakers of the source ({next(iter(named))!r}, ..), but "
            "transform scales target rows. Use transform_source for source rows, or pass the "
            "target's speakers."
        )
