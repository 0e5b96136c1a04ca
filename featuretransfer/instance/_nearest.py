"""Nearest neighbour weights."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors

from .._base import validate_domains
from .._checks import is_number
from ._weights import WeighterMixin


class NearestNeighborWeights(WeighterMixin, BaseEstimator):
    """Weight source rows by how many target rows they are nearest to.

    Every target row gives its weight to the source row nearest to it: a density ratio without
    kernel or width. No labels are used. Scale the features first (`CorpusScaler`).

    Parameters
    ----------
    smoothing : float, default=0.0
        Added to every count; 1.0 is Laplace smoothing. 0 leaves source rows that are nearest to
        none without weight.

    Attributes
    ----------
    counts_ : ndarray of shape (n_source,)
        Target rows nearest to each source row; equal source rows share theirs. Their sum is the
        number of target rows.
    sample_weight_ : ndarray of shape (n_source,)
        ``counts_ + smoothing``, rescaled to mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted source rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    KernelMeanMatching : Weights by matching means in a kernel's feature space.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    Without ``X_target`` every weight is 1. The method gives weights at the source rows only.

    **Cost.** For n rows in each domain and d features time is O(n^2 d) (less in few dimensions),
    memory O(n d).

    References
    ----------
    .. [1] M. Loog (2012), "Nearest Neighbor-Based Importance Weighting", IEEE International
       Workshop on Machine Learning for Signal Processing.
       https://doi.org/10.1109/MLSP.2012.6349714

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import NearestNeighborWeights
    >>> X = np.array([[0.0], [1.0], [5.0], [6.0]])
    >>> NearestNeighborWeights().fit(X, X_target=np.array([[5.1], [6.2], [9.0]])).counts_
    array([0., 0., 1., 2.])
    """

    def __init__(self, smoothing=0.0):
        self.smoothing = smoothing

    def fit(self, X, y=None, *, X_target=None):
        """Learn the weights of the source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored; weights do not depend on labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them every weight is 1.

        Returns
        -------
        self : NearestNeighborWeights
            The fitted weighter.

        Raises
        ------
        ValueError
            If `smoothing` is negative or no number.
        """
        X, X_target = validate_domains(self, X, X_target)
        if not is_number(self.smoothing, 0):
            raise ValueError(f"smoothing must be a number >= 0, got {self.smoothing!r}.")
        if X_target is None:
            self.counts_ = np.zeros(len(X))
            self._set_weights(np.ones(len(X)))
            return self
        # equal rows are one neighbour, so that the order of the rows does not matter
        rows, places, sizes = _distinct(X)
        nearest = NearestNeighbors(n_neighbors=1).fit(rows)
        found = nearest.kneighbors(X_target, return_distance=False)[:, 0]
        counts = np.bincount(found, minlength=len(rows)) / sizes
        self.counts_ = counts[places]
        self._set_weights(self.counts_ + self.smoothing)
        return self


def _distinct(X):
    """Different rows, the place of every row among them, and how often each occurs."""
    if len(np.unique(X.sum(axis=1))) == len(X):  # equal rows have equal sums
        return X, np.arange(len(X)), np.ones(len(X))
    rows, places, sizes = np.unique(X, axis=0, return_inverse=True, return_counts=True)
    return rows, places.ravel(), sizes
