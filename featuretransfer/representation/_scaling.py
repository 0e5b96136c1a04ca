"""Scaling every corpus, or every speaker, by its own statistics."""

import warnings

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils import check_consistent_length

from .._base import validate_domains
from ._column_scales import SCALES
from ._domain_scale import check_min_group, learn_domain, without_scale
from ._group_adapter import GroupAdapterMixin
from ._groups import group_rows, source_ids, target_ids, warn_if_one_sided


def signed_sqrt(X):
    """Square root of the absolute values, signs kept."""
    return np.sign(X) * np.sqrt(np.abs(X))


def unit_rows(X):
    """Rows of Euclidean length 1; rows of zeros stay."""
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(norms > 0, norms, 1.0)


VALUES = {None: lambda X: X, "signed-sqrt": signed_sqrt, "sigmoid": expit}
VECTORS = {None: lambda X: X, "l2": unit_rows}


class CorpusScaler(OneToOneFeatureMixin, GroupAdapterMixin, BaseEstimator):
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
        ids are given.

    Attributes
    ----------
    source_, target_ : DomainScale
        What was learned from each domain: ``whole``, a function that scales rows by the statistics
        of the whole domain (its ``center`` and ``scale`` are arrays, except for "rank"), and
        ``corpora`` and ``speakers``, dicts of id to such a function, or None for too few rows. They
        are the same object without ``X_target``.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CORAL : Aligns correlations too.
    IterativeFeatureNormalization : Scales by what is neutral speech in each corpus.
    NoAdaptation : Does nothing.
    sklearn.preprocessing.StandardScaler : Scales both domains by the source's statistics.

    Notes
    -----
    Without ``X_target`` both views use the source's statistics, as `StandardScaler` does. Constant
    columns get scale 1, so they become 0 (0.5 after "sigmoid"). A target of a single row has no
    scale and its own mean would erase it: it is scaled by the source's statistics, with a warning.

    **Several corpora.** With ``source_domains`` each source corpus is scaled by its own statistics,
    and so are new source rows of it. Several target corpora, in a tuple or not, are one domain
    unless ``target_domains`` names the corpus of every row, in `fit` and again in `transform` and
    ``predict``, which cannot know it otherwise. Both are requested by default.

    **Speakers.** With ``speakers`` (and ``speakers_target``) every speaker with at least
    `min_group` rows is scaled by the speaker's own statistics; missing ids (None, NaN) by those of
    the corpus. In a pipeline, request them by
    ``set_fit_request(speakers=True, speakers_target=True)`` and
    ``set_transform_request(speakers_target=True)``; then pass ``speakers_target`` to ``predict`` as
    well. The names differ so that the ids of one domain never reach the rows of the other.

    **New rows.** A speaker or corpus known from `fit` keeps the statistics learned there. A new one
    is scaled by the rows passed in that call if these are at least `min_group`, so the result
    depends on the rows passed together; with fewer, a speaker is scaled as the corpus, and a corpus
    is refused, since the other corpora say nothing of its level. Source rows without
    ``source_domains`` are scaled by the statistics of all source corpora pooled, with a warning if
    there were several.

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

    Two source corpora, each by itself:

    >>> X = np.vstack([Xs, Xs + 50])
    >>> scaler.fit_transform(X, X_target=Xt, source_domains=["a", "a", "b", "b"]).ravel()
    array([-1.,  1., -1.,  1.])
    """

    def __init__(self, method="standard", value=None, vector=None, min_group=8):
        self.method = method
        self.value = value
        self.vector = vector
        self.min_group = min_group

    def fit(
        self,
        X,
        y=None,
        *,
        X_target=None,
        speakers=None,
        speakers_target=None,
        source_domains=None,
        target_domains=None,
    ):
        """Learn the statistics of every domain, and of every corpus and speaker that is named.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels; they change nothing and only serve the warning of trap 2.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speaker of every target row; a tuple where `X_target` is one.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row. Without it the source is one corpus.
        target_domains : array-like of shape (n_target,) or tuple of such, default=None
            Corpus of every target row; a tuple where `X_target` is one. Without it the target is
            one corpus.

        Returns
        -------
        self : CorpusScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If a parameter is not one of its choices, or ids and rows do not match.
        """
        X, rows = validate_domains(self, X, X_target)
        self._check_parameters()
        ids = source_ids(source_domains, speakers, len(X))
        ids_target = target_ids(target_domains, speakers_target, X_target)
        if ids[1] is not None and y is not None:
            _warn_if_single_class(ids[1], y, self.min_group)
        if rows is not None:
            warn_if_one_sided(speakers, speakers_target, stacklevel=3)
        self.source_ = learn_domain(X, ids, self._learner(X), self.min_group)
        self.target_ = self.source_
        if rows is not None:
            self.target_ = learn_domain(rows, ids_target, self._learner(rows), self.min_group)
            if len(rows) == 1:
                self.target_ = without_scale(self.target_, self.source_, stacklevel=2)
        return self

    def _learner(self, X):
        return lambda rows, X_scaled: SCALES[self.method](X[rows])

    def _scale(self, domain, X, ids):
        scaled = domain.scaled(X, ids, self._learner(X), self.min_group)
        return VECTORS[self.vector](VALUES[self.value](scaled))

    def _check_parameters(self):
        choices = {"method": SCALES, "value": VALUES, "vector": VECTORS}
        for name, allowed in choices.items():
            if getattr(self, name) not in list(allowed):
                raise ValueError(
                    f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}."
                )
        check_min_group(self.min_group)


def _warn_if_single_class(speakers, y, min_group):
    check_consistent_length(speakers, y)
    y = np.asarray(y, dtype=object)
    groups = [rows for _, rows in group_rows(speakers) if len(rows) >= min_group]
    single = sum(len(rows) for rows in groups if len(pd.unique(y[rows])) == 1)
    total = sum(map(len, groups))
    if single > total / 2:
        warnings.warn(
            f"{single} of {total} rows that are scaled by speaker belong to speakers with a single "
            "class: scaling by speaker erases their class. Leave speakers and speakers_target out.",
            UserWarning,
            stacklevel=3,
        )
