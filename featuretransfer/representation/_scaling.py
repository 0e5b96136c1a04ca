"""Scaling every corpus, or every speaker, by its own statistics."""

import copy
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from .._base import FLOATS, AdapterMixin, target_parts, validate_domains
from .._checks import is_count
from ._column_scales import SCALES


def signed_sqrt(X):
    """Square root of the absolute values, signs kept."""
    return np.sign(X) * np.sqrt(np.abs(X))


def unit_rows(X):
    """Rows of Euclidean length 1; rows of zeros stay."""
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(norms > 0, norms, 1.0)


VALUES = {None: lambda X: X, "signed-sqrt": signed_sqrt, "sigmoid": expit}
VECTORS = {None: lambda X: X, "l2": unit_rows}


class CorpusScaler(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Scale every corpus by its own statistics: source by source, target by target.

    .. note::
       The two views differ: `transform` scales by the target's statistics, `fit_transform` and
       `transform_source` by the source's.

    The simplest adaptation, hard to beat, and the step to put before any other: differences of
    level and range between recordings, rooms and languages vanish feature by feature. No labels are
    used.

    Parameters
    ----------
    method : {"standard", "minmax", "robust", "rank"}, default="standard"
        "standard": mean 0 and standard deviation 1; "minmax": minimum 0 and maximum 1 (new rows
        may lie outside); "robust": median 0 and the interquartile range of a standard normal
        distribution; "rank": ranks mapped to normal quantiles, which also removes the shape of the
        distribution.
    value : {None, "signed-sqrt", "sigmoid"}, default=None
        Function applied to every scaled value: the second level of the cascade of [1]_.
    vector : {None, "l2"}, default=None
        "l2" divides every row by its Euclidean length: the third level of the cascade.
    min_group : int, default=8
        Speakers with fewer rows are scaled by the statistics of their corpus. Only matters where
        speakers are given.

    Attributes
    ----------
    source_, target_ : DomainScale
        What was learned from each domain: ``corpus``, a function that scales rows by the statistics
        of the corpus (its ``center`` and ``scale`` are arrays, except for "rank"), and
        ``speakers``, a dict of speaker to such a function. They are the same object without
        ``X_target``.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CORAL : Aligns correlations too.
    NoAdaptation : Does nothing.
    sklearn.preprocessing.StandardScaler : Scales both domains by the source's statistics.

    Notes
    -----
    Without ``X_target`` both views use the source's statistics, as `StandardScaler` does. Several
    target corpora in a tuple are pooled: `transform` cannot know which of them a row belongs to.
    Constant columns get scale 1, so they become 0 (0.5 after "sigmoid"). A target of a single row
    has no scale and its own mean would erase it: it is scaled by the source's statistics, with a
    warning.

    **Speakers.** With ``speakers`` (and ``speakers_target``) every speaker with at least
    `min_group` rows is scaled by the speaker's own statistics; missing ids (None, NaN) by those of
    the corpus. When transforming, a speaker known from `fit` keeps the statistics learned there. A
    new speaker is scaled by the rows passed in that call if these are at least `min_group`,
    otherwise by the corpus; so for new speakers the result depends on the rows passed together. In
    a pipeline, request the ids by ``set_fit_request(speakers=True, speakers_target=True)`` and
    ``set_transform_request(speakers_target=True)``; then pass ``speakers_target`` to ``predict`` as
    well. The names differ so that the ids of one domain never reach the rows of the other.

    **Trap 1.** After "standard" both means are 0: a method that only aligns means linearly (`TCA`
    with a linear kernel) then does nothing. **Trap 2.** Scaling by speaker erases the emotion of
    speakers who were recorded in one emotion only (in URDU, most of them); a warning says so
    where the labels show it.

    **Cost.** For n rows and d features time is O(n d), or O(n d log n) for "robust" and "rank", and
    memory O(n d).

    References
    ----------
    .. [1] H. Kaya, A. A. Karpov (2018), "Efficient and effective strategies for cross-corpus
       acoustic emotion recognition", Neurocomputing 275 (cascaded normalisation).
       https://doi.org/10.1016/j.neucom.2017.09.049
    .. [2] B. Schuller et al. (2010), "Cross-Corpus Acoustic Emotion Recognition: Variances and
       Strategies", IEEE Transactions on Affective Computing 1(2).
       https://doi.org/10.1109/T-AFFC.2010.8

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import CorpusScaler
    >>> Xs, Xt = np.array([[0.0], [2.0]]), np.array([[100.0], [110.0], [120.0]])
    >>> scaler = CorpusScaler()
    >>> scaler.fit_transform(Xs, X_target=Xt).ravel()
    array([-1., 1.])
    >>> scaler.transform(Xt).ravel().round(2)
    array([-1.22, 0. , 1.22])
    """

    def __init__(self, method="standard", value=None, vector=None, min_group=8):
        self.method = method
        self.value = value
        self.vector = vector
        self.min_group = min_group

    def fit(self, X, y=None, *, X_target=None, speakers=None, speakers_target=None):
        """Learn the statistics of every corpus, and of every speaker where ids are given.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels; they change nothing and only serve the warning of trap 2.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speaker of every target row; a tuple where `X_target` is one.

        Returns
        -------
        self : CorpusScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If a parameter is not one of its choices, or speakers and rows do not match.
        """
        X, rows = validate_domains(self, X, X_target)
        self._check_parameters()
        learn = SCALES[self.method]
        ids = _speaker_ids(speakers, len(X), "speakers", "X")
        ids_target = _target_speaker_ids(speakers_target, X_target)
        if ids is not None and y is not None:
            _warn_if_single_class(ids, y, self.min_group)
        if rows is not None and (ids is None) != (ids_target is None):
            given, missing = ("speakers", "speakers_target")[:: 1 if ids_target is None else -1]
            warnings.warn(
                f"{given} was given without {missing}: one domain is scaled by speaker, the other "
                f"by corpus. Pass {missing} too, or leave {given} out.",
                UserWarning,
                stacklevel=2,
            )
        self.source_ = _learn_domain(learn, X, ids, self.min_group)
        self.target_ = self.source_
        if rows is not None:
            self.target_ = _learn_domain(learn, rows, ids_target, self.min_group)
            if len(rows) == 1:
                self.target_ = DomainScale(self.source_.corpus, self.target_.speakers)
                warnings.warn(
                    "X_target has a single row, which has no scale: it is scaled by the statistics "
                    "of X. Pass more target rows.",
                    UserWarning,
                    stacklevel=2,
                )
        return self

    def fit_transform(self, X, y=None, *, X_target=None, speakers=None, speakers_target=None):
        """Learn the statistics, then scale the source rows by those of the source.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speaker of every target row.

        Returns
        -------
        X_new : ndarray of shape (n_source, n_features)
            The scaled source rows.
        """
        self.fit(X, y, X_target=X_target, speakers=speakers, speakers_target=speakers_target)
        return self.transform_source(X, speakers=speakers)

    def transform(self, X, *, speakers_target=None):
        """Scale rows by the statistics of the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.
        speakers_target : array-like of shape (n_samples,) or tuple of such, default=None
            Speaker of every row; of a tuple the element that has as many rows as `X`, or all
            elements together. Without them rows are scaled by corpus.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features)
            The scaled rows.

        Raises
        ------
        ValueError
            If speakers and rows do not match, or all speakers are those of the source.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        ids = _speaker_ids(_part_for_rows(speakers_target, len(X)), len(X), "speakers_target", "X")
        return self._map_source(X, ids) if self._source_view else self._map_target(X, ids)

    def transform_source(self, X, *, speakers=None):
        """Scale rows by the statistics of the source.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Source rows, seen in `fit` or new.
        speakers : array-like of shape (n_samples,), default=None
            Speaker of every row. Without them rows are scaled by corpus.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features)
            The scaled rows.
        """
        check_is_fitted(self)
        view = copy.copy(self)
        view._source_view = True
        return view.transform(X, speakers_target=speakers)

    def _map_source(self, X, speakers=None):
        return self._scale(self.source_, X, speakers)

    def _map_target(self, X, speakers=None):
        if speakers is not None and self.target_ is not self.source_:
            named = set(speakers[~pd.isna(speakers)])
            known, wrong = set(self.target_.speakers), set(self.source_.speakers)
            if named and named <= wrong and not named & known:
                raise ValueError(
                    f"speakers_target names only speakers of the source ({next(iter(named))!r}, "
                    "..), but transform scales target rows. Use transform_source for source rows, "
                    "or pass the target's speakers."
                )
        return self._scale(self.target_, X, speakers)

    def _scale(self, domain, X, speakers):
        if speakers is None:
            scaled = domain.corpus(X)
        else:
            scaled = domain.by_speaker(X, speakers, SCALES[self.method], self.min_group)
        scaled = VECTORS[self.vector](VALUES[self.value](scaled))
        return scaled.astype(X.dtype, copy=False)

    def _check_parameters(self):
        choices = {"method": SCALES, "value": VALUES, "vector": VECTORS}
        for name, allowed in choices.items():
            if getattr(self, name) not in list(allowed):
                raise ValueError(
                    f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}."
                )
        if not is_count(self.min_group, least=2):
            raise ValueError(
                f"min_group must be an integer >= 2 (one row has no scale), got {self.min_group!r}."
            )


@dataclass(frozen=True)
class DomainScale:
    """The scale of a corpus and of its speakers.

    Parameters
    ----------
    corpus : callable
        Scales rows by the statistics of the corpus.
    speakers : dict
        The same for every speaker seen, which is `corpus` for those with too few rows.
    """

    corpus: object
    speakers: dict

    def by_speaker(self, X, speakers, learn, min_group):
        """`X` scaled speaker by speaker; new speakers by their rows here if they are enough."""
        scaled = self.corpus(X)
        for speaker, rows in _groups(speakers):
            scale = self.speakers.get(speaker)
            if scale is None:
                scale = learn(X[rows]) if len(rows) >= min_group else self.corpus
            if scale is not self.corpus:
                scaled[rows] = scale(X[rows])
        return scaled


def _learn_domain(learn, X, speakers, min_group):
    corpus = learn(X)
    if speakers is None:
        return DomainScale(corpus, {})
    return DomainScale(
        corpus,
        {
            speaker: learn(X[rows]) if len(rows) >= min_group else corpus
            for speaker, rows in _groups(speakers)
        },
    )


def _groups(speakers):
    """Pairs of speaker and row numbers; rows without a speaker are in none."""
    codes, names = pd.factorize(speakers)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return [(name, order[a:b]) for name, a, b in zip(names, starts[:-1], starts[1:])]


def _speaker_ids(speakers, n_rows, name, rows_name):
    if speakers is None:
        return None
    ids = np.asarray(speakers, dtype=object)
    if ids.shape != (n_rows,):
        raise ValueError(
            f"{name} must hold one speaker for each of the {n_rows} rows of {rows_name}, got shape "
            f"{ids.shape}."
        )
    return ids


def _target_speaker_ids(speakers, X_target):
    if speakers is None:
        return None
    if X_target is None:
        raise ValueError(
            "speakers_target was given without X_target. Pass the rows it names the speakers of."
        )
    if isinstance(speakers, tuple) != isinstance(X_target, tuple):
        raise ValueError(
            "X_target and speakers_target must both be tuples (one element per target corpus) or "
            f"both be arrays, got {type(X_target).__name__} and {type(speakers).__name__}."
        )
    parts = target_parts(speakers, "speakers_target")
    rows = target_parts(X_target, "X_target")
    if len(parts) != len(rows):
        raise ValueError(
            f"speakers_target has {len(parts)} elements, X_target has {len(rows)}; pass one for "
            "each target corpus."
        )
    return np.concatenate(
        [_speaker_ids(p, len(r), "speakers_target", "X_target") for p, r in zip(parts, rows)]
    )


def _part_for_rows(speakers, n_rows):
    """The speakers of `n_rows` rows, from a tuple that a pipeline passes with each corpus."""
    if not isinstance(speakers, tuple):
        return speakers
    parts = target_parts(speakers, "speakers_target")
    if sum(map(len, parts)) == n_rows:
        return np.concatenate([np.asarray(part, dtype=object) for part in parts])
    fitting = [part for part in parts if len(part) == n_rows]
    if len(fitting) == 1:
        return fitting[0]
    raise ValueError(
        f"speakers_target is a tuple with elements of {[len(p) for p in parts]} rows, of which "
        f"{len(fitting)} have the {n_rows} rows of X; expected one. Pool the target corpora into "
        "one array (and their speakers into one), or pass the speakers of these rows alone."
    )


def _warn_if_single_class(speakers, y, min_group):
    check_consistent_length(speakers, y)
    y = np.asarray(y, dtype=object)
    groups = [rows for _, rows in _groups(speakers) if len(rows) >= min_group]
    single = sum(len(rows) for rows in groups if len(pd.unique(y[rows])) == 1)
    total = sum(map(len, groups))
    if single > total / 2:
        warnings.warn(
            f"{single} of {total} rows that are scaled by speaker belong to speakers with a single "
            "class: scaling by speaker erases their class. Leave speakers and speakers_target out.",
            UserWarning,
            stacklevel=3,
        )
