"""Self-taught clustering of a target with the help of a source."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import check_counts
from .._training import check_range
from ._co_clustering import assigned, co_cluster, joint, summed
from ._column_scales import minmax


class TransferClustering(ClusterMixin, BaseEstimator):
    """Cluster unlabelled target rows by features that an unlabelled source shows to go together.

    For speech in which nothing is labelled: which utterances belong together? The rows of both
    domains and, shared by both, the features are clustered so that cluster memberships keep as much
    as possible of the information that rows and features have on each other. Clusters have no
    names; compare them with emotions by `sklearn.metrics.adjusted_rand_score`, or listen. Scale
    every corpus by itself first (`CorpusScaler`). It helps a small or noisy target; on whole acted
    corpora k-means of the target alone agreed better with emotions (``examples/clustering.py``).

    Parameters
    ----------
    n_clusters : int, default=4
        Number of clusters of the target's rows, and of the source's.
    n_feature_clusters : int, default=16
        Number of clusters of features, cut to the number of features.
    lam : float, default=1.0
        Weight of the source; 0 leaves it out.
    n_init : int, default=10
        Starts, of which the best is taken.
    max_iter : int, default=100
        Most rounds of a start.
    random_state : int, RandomState instance or None, default=None
        Determines the starts.

    Attributes
    ----------
    labels_ : ndarray of shape (n_target,)
        Cluster of every target row, those of several corpora below each other; of every source row
        where there is no target.
    source_labels_ : ndarray of shape (n_source,)
        Cluster of every source row, where there is a target. Their numbers have nothing to do with
        those of `labels_`.
    feature_labels_ : ndarray of shape (n_features,)
        Cluster of every feature.
    objective_curve_ : list of float
        The lost information, in nats, at the start and after every round; it never rises.
    n_iter_ : int
        Number of rounds of the best start.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    DiscriminativeTransferClustering : Clusters with the help of a labelled source.
    SelfTaughtFeatures : Features from unlabelled rows, for any clustering.

    Notes
    -----
    Features are scaled to [0, 1] by their range over both domains and every row to the sum 1 (in
    the paper rows are counts of words), which gives joint distributions of target rows and features
    ``p(X, Z)`` and of source rows and features ``q(Y, Z)``. Clusters minimise
    ``I(X, Z) - I(X~, Z~) + lam (I(Y, Z) - I(Y~, Z~))`` with shared clusters Z~ of the features
    (equation 4), in turn for rows and for features (equations 11 to 13, after the paper). Starts
    are by k-means of rows and of columns. Without ``X_target`` this is co-clustering of the source,
    and with ``lam=0`` of the target. New rows go to the cluster whose distribution is nearest.

    **Cost.** O(n d c) a round for n rows of both domains, d features and c clusters of either kind;
    memory is O(n d).

    References
    ----------
    .. [1] W. Dai, Q. Yang, G.-R. Xue, Y. Yu (2008), "Self-taught Clustering", ICML.
       https://doi.org/10.1145/1390156.1390182

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TransferClustering
    >>> rng = np.random.default_rng(0)
    >>> def rows(kinds):  # three kinds of rows, each high in four features of its own
    ...     return np.repeat(np.eye(3)[kinds], 4, axis=1) + rng.random((len(kinds), 12))
    >>> clustering = TransferClustering(3, n_feature_clusters=3, random_state=0)
    >>> target = rows([0, 0, 1, 1, 2, 2])
    >>> labels = clustering.fit(rows(rng.integers(0, 3, 200)), X_target=target).labels_
    >>> bool(labels[0] == labels[1]), bool(labels[1] == labels[2])  # numbers mean nothing
    (True, False)
    """

    __metadata_request__fit = {"X_target": True}
    uses_y = False
    settings = ("unsupervised",)

    def __init__(
        self,
        n_clusters=4,
        n_feature_clusters=16,
        lam=1.0,
        n_init=10,
        max_iter=100,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_feature_clusters = n_feature_clusters
        self.lam = lam
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y=None, *, X_target=None):
        """Find the clusters.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them the source is clustered.

        Returns
        -------
        self : TransferClustering
            The fitted clustering.

        Raises
        ------
        ValueError
            If a parameter is out of range, or there are fewer rows than clusters.
        """
        X, X_target = validate_domains(self, X, X_target)
        tables = [X] if X_target is None else [X_target, X]
        check_counts(self, "n_clusters", "n_feature_clusters", "n_init", "max_iter")
        check_n_clusters(self, tables[0])
        check_range(self, "lam")
        self._scale = minmax(np.concatenate(tables))
        domains = [self._distribution(rows) for rows in tables]
        sizes = self.n_clusters, min(self.n_feature_clusters, X.shape[1])
        found = self._best(domains, sizes, check_random_state(self.random_state))
        self.labels_, self.feature_labels_ = found.rows[0], found.features
        self.__dict__.pop("source_labels_", None)  # of an earlier fit
        if X_target is not None:
            self.source_labels_ = found.rows[1]
        self.objective_curve_ = found.objective
        self.n_iter_ = len(found.objective) - 1
        narrow = summed(domains[0].T, found.features, sizes[1]).T
        self._clusters = summed(narrow, self.labels_, self.n_clusters)
        warn_unless_settled(self, found.converged)
        return self

    def predict(self, X):
        """Find the clusters of rows of the target domain.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Numbers of clusters, those of `labels_` for the rows of `fit`.
        """
        check_is_fitted(self)
        p = self._distribution(validate_data(self, X, reset=False, dtype=FLOATS))
        narrow = summed(p.T, self.feature_labels_, self._clusters.shape[1]).T
        return assigned(narrow, self._clusters)

    def _best(self, domains, sizes, rng):
        best = None
        for _ in range(self.n_init):
            rows = [_k_means(p, sizes[0], rng) for p in domains]
            features = _k_means(np.concatenate(domains).T, sizes[1], rng)
            found = co_cluster(domains, [1.0, self.lam], rows, features, sizes, self.max_iter)
            if best is None or found.objective[-1] < best.objective[-1]:
                best = found
        return best

    def _distribution(self, X):
        return joint(np.maximum(self._scale(X), 0))


def check_n_clusters(estimator, rows):
    """Refuse more clusters than rows."""
    if len(rows) < estimator.n_clusters:
        raise ValueError(
            f"n_clusters={estimator.n_clusters} is more than there are rows to cluster "
            f"(n_samples={len(rows)}). Use fewer clusters, or more rows."
        )


def warn_unless_settled(estimator, converged):
    """Warn like scikit-learn if clusters still changed in the last round."""
    if not converged:
        warnings.warn(
            f"{type(estimator).__name__}: clusters still changed after "
            f"max_iter={estimator.max_iter} rounds. Increase max_iter.",
            ConvergenceWarning,
            stacklevel=3,
        )


def _k_means(X, n_clusters, rng):
    """One start: clusters of rows by a single k-means."""
    n_clusters = min(n_clusters, len(X))
    return KMeans(n_clusters, n_init=1, random_state=rng).fit(X * len(X)).labels_
