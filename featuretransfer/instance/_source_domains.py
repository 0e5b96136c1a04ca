"""Weights of source corpora by how related they are to the target."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length

from .._base import validate_domains, validate_source_domains
from .._checks import is_number
from ..relatedness._mmd import mmd_distances
from ._corpus_distance import relatedness_weights
from ._learned_weights import check_weighter, learn_weights
from ._weights import WeighterMixin


class SourceDomainWeights(WeighterMixin, BaseEstimator):
    """Weight every source corpus by how close it is to the target.

    For several source corpora of which some resemble the target more than others: all rows of a
    corpus get the same weight, which falls with the distance of that corpus to the target. With a
    `weighter` the rows of each corpus are weighted too, every corpus by itself. The corpora are
    named by ``source_domains``; no emotion labels are used. Scale the corpora first, each by
    itself (`CorpusScaler`), or level and range of the recordings decide.

    Parameters
    ----------
    distance : "mmd" or callable, default="mmd"
        "mmd": squared maximum mean discrepancy between a corpus and the target; or a function of
        the rows of a corpus and those of the target that returns a number >= 0.
    temperature : float, default=1.0
        Distances are divided by this times their mean: greater is more even.
    kernel : str or callable, default="rbf"
        Kernel of "mmd": "rbf", "linear", any other name of scikit-learn's pairwise kernels, or a
        function of two rows.
    gamma : "median", "scale" or float, default="median"
        Coefficient of the kernel, as in ``exp(-gamma * distance**2)``: larger is narrower. "median"
        is 1 / the median of the non-zero squared distances between all rows of source and target.
    weighter : weighter, Pipeline or None, default=None
        Weights the rows of every corpus against the target, fitted on that corpus alone, such as
        `KernelMeanMatching`; its weights are multiplied with that of the corpus. None: all rows of
        a corpus count the same.

    Attributes
    ----------
    domains_ : ndarray of shape (n_domains,)
        Names of the source corpora, sorted; empty without ``source_domains``.
    distances_ : ndarray of shape (n_domains,)
        Their distances to the target; 0 without ``X_target``.
    domain_weights_ : ndarray of shape (n_domains,)
        Mean weight of a row of each corpus.
    weighters_ : list
        The fitted weighter of each corpus, or of the whole source without ``source_domains``;
        empty without `weighter`.
    sample_weight_ : ndarray of shape (n_source,)
        Weights of the source rows, with mean 1; all 1 without ``X_target``.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    ReweightedClassifier : Fits a classifier with these weights, and passes ``source_domains`` on.
    KernelMeanMatching : Weights single rows.

    Notes
    -----
    The weight of corpus c with distance D_c is ``exp(-D_c / (temperature * mean D))`` up to the
    factor that gives the rows mean 1, so the unit of the distance does not matter and a corpus at
    distance 0 counts e times as much as one at the mean distance (with the default temperature). A
    larger corpus still has more weight in all, as it has without weights. That every corpus gets a
    weight by its relatedness, on top of weights of its rows against the target, follows the two
    stages of [1]_; the weights of its second stage come from classifiers, ours from distances (an
    exponential of the discrepancy is what [2]_ uses, as recalled), and their scale is our choice.
    [3]_ is the theory of combining sources by how likely each is under the target.

    The discrepancy is estimated over all pairs of rows, a row with itself included. For samples of
    one distribution it is about 1 / n_c + 1 / n_target and not 0: this keeps chance from
    deciding between corpora that are all close, and makes a corpus of few rows look a little less
    related.

    Without ``source_domains``, or with a single corpus, all rows have weight 1, or that of the
    `weighter`. A tuple of targets is pooled: the weights are for all of them together.

    **Cost.** With n source and m target rows of d features, time O((n + m)^2 d) for the mean kernel
    values, formed block by block in O((n + m) d) memory; and the cost of the `weighter` per corpus.

    References
    ----------
    .. [1] Q. Sun, R. Chattopadhyay, S. Panchanathan, J. Ye (2011), "A Two-Stage Weighting Framework
       for Multi-Source Domain Adaptation", NIPS 24.
    .. [2] L. Duan, I. W. Tsang, D. Xu, T.-S. Chua (2009), "Domain Adaptation from Multiple Sources
       via Auxiliary Classifiers", ICML.
    .. [3] Y. Mansour, M. Mohri, A. Rostamizadeh (2009), "Domain Adaptation with Multiple Sources",
       NIPS 21.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import SourceDomainWeights
    >>> rng = np.random.default_rng(0)
    >>> near, far, target = (rng.normal(mean, 1, size=(50, 3)) for mean in (0.1, 1, 0))
    >>> weighter = SourceDomainWeights().fit(
    ...     np.concatenate([near, far]),
    ...     X_target=target,
    ...     source_domains=["near"] * 50 + ["far"] * 50,
    ... )
    >>> dict(zip(weighter.domains_, weighter.domain_weights_.round(2).tolist()))
    {'far': 0.41, 'near': 1.59}
    """

    __metadata_request__fit = {"X_target": True, "source_domains": True}
    needs = ("X_target", "source_domains")  # a single source has no others to be weighed against

    def __init__(
        self, distance="mmd", temperature=1.0, kernel="rbf", gamma="median", weighter=None
    ):
        self.distance = distance
        self.temperature = temperature
        self.kernel = kernel
        self.gamma = gamma
        self.weighter = weighter

    def fit(self, X, y=None, *, X_target=None, source_domains=None):
        """Learn the weights of the source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels, passed to `weighter`.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them every weight is 1.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row.

        Returns
        -------
        self : SourceDomainWeights
            The fitted weighter.

        Raises
        ------
        TypeError
            If `weighter` is not a weighter.
        ValueError
            If a parameter is out of range, or `source_domains` or `y` and rows do not match.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        domains = validate_source_domains(source_domains, len(X))
        names, parts = _parts(domains, len(X))
        w, self.weighters_ = np.ones(len(X)), []
        self.domains_, self.distances_ = names, np.zeros(len(names))
        if X_target is not None:
            if self.weighter is not None:
                check_consistent_length(X, y)
                for rows in parts:
                    labels = None if y is None else np.asarray(y)[rows]
                    fitted, w[rows] = learn_weights(
                        self.weighter, X[rows], labels, X_target=(X_target,), stacklevel=3
                    )
                    self.weighters_.append(fitted)
            if len(names):
                self.distances_ = self._distances([X[rows] for rows in parts], X_target)
                for rows, weight in zip(
                    parts, relatedness_weights(self.distances_, self.temperature)
                ):
                    w[rows] *= weight
        self._set_weights(w)
        found = [self.sample_weight_[rows].mean() for rows in parts]
        self.domain_weights_ = np.array(found[: len(names)])
        return self

    def _distances(self, parts, X_target):
        if not callable(self.distance):
            return mmd_distances(parts, X_target, self.kernel, self.gamma)
        distances = np.array([self.distance(part, X_target) for part in parts], dtype=np.float64)
        if not np.all(np.isfinite(distances)) or np.any(distances < 0):
            raise ValueError(
                f"distance must return finite numbers >= 0, got {distances.tolist()} for the "
                f"corpora {self.domains_.tolist()}."
            )
        return distances

    def _check_parameters(self):
        if self.distance != "mmd" and not callable(self.distance):
            raise ValueError(f"distance must be 'mmd' or a callable, got {self.distance!r}.")
        if not is_number(self.temperature, 0) or self.temperature == 0:
            raise ValueError(f"temperature must be a number > 0, got {self.temperature!r}.")
        if self.weighter is not None:
            check_weighter(self.weighter)


def _parts(domains, n_rows):
    """Sorted names and the rows of each; without names all rows are one part."""
    if domains is None:
        return np.array([], dtype=object), [np.arange(n_rows)]
    names = np.array(sorted(set(domains), key=str), dtype=object)
    return names, [np.flatnonzero(domains == name) for name in names]
