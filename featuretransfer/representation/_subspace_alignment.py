"""Subspace alignment."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import is_count
from ._principal_axes import n_axes, principal_axes

SHARE = 0.95  # of the variance of each domain that the default number of components keeps


class SubspaceAlignment(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Turn the principal subspace of the source into that of the target.

    .. note::
       The two views differ: `transform` projects rows of the target to its principal components,
       `fit_transform` and `transform_source` project those of the source to its own and then turn
       them.

    With the principal axes P_s and P_t of the domains, a source row x becomes
    ``(x - m_s) P_s P_s' P_t`` and a target row ``(x - m_t) P_t``: ``P_s' P_t`` is the matrix that
    brings the axes of the source closest to those of the target. No labels are used. Scale the
    features first (`CorpusScaler`): principal components depend on their units.

    Parameters
    ----------
    n_components : int or None, default=None
        Dimension of both subspaces, cut to the rank of either domain. None is the smallest that
        keeps 95 % of the variance of each domain.

    Attributes
    ----------
    mean_source_, mean_target_ : ndarray of shape (n_features,)
        Means of the domains.
    components_source_, components_target_ : ndarray of shape (n_features, n_components_)
        Principal axes in columns, P_s and P_t.
    alignment_ : ndarray of shape (n_components_, n_components_)
        ``P_s' P_t``.
    n_components_ : int
        Dimension of both subspaces.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CORAL : Aligns covariances in the original features.
    TCA : One subspace of both domains in which their means agree.

    Notes
    -----
    Without ``X_target`` both views are the principal components of the source; so they are where
    the target is a single row, which has no principal axes, with a warning. The bound on the number
    of components in the paper has a free constant and is not used.

    **Cost.** For n rows and d features of the larger domain time is O(n d min(n, d)), memory
    O(n d): products of columns (or of rows, if there are fewer) and their first eigenvectors.

    References
    ----------
    .. [1] B. Fernando, A. Habrard, M. Sebban, T. Tuytelaars (2013), "Unsupervised Visual Domain
       Adaptation Using Subspace Alignment", ICCV, algorithm 1.
       https://doi.org/10.1109/ICCV.2013.368

    Examples
    --------
    >>> from featuretransfer import SubspaceAlignment
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=12, shift="rotation", random_state=0)
    >>> adapter = SubspaceAlignment(n_components=5)
    >>> adapter.fit_transform(data.X_source, X_target=data.X_target).shape
    (80, 5)
    >>> adapter.transform(data.X_target).shape
    (60, 5)
    """

    def __init__(self, n_components=None):
        self.n_components = n_components

    def fit(self, X, y=None, *, X_target=None):
        """Learn both subspaces.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows, at least two.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled.

        Returns
        -------
        self : SubspaceAlignment
            The fitted adapter.

        Raises
        ------
        ValueError
            If `n_components` is no positive integer, or all rows of a domain are equal.
        """
        X, X_target = validate_domains(self, X, X_target, ensure_min_samples=2)
        if self.n_components is not None and not is_count(self.n_components):
            raise ValueError(
                f"n_components must be None or an integer >= 1, got {self.n_components!r}."
            )
        k = self._n_wanted(X, X_target)
        self.mean_source_, source, *_ = principal_axes(X, "X", k)
        self.mean_target_, target = self.mean_source_, source
        if X_target is not None and len(X_target) > 1:
            self.mean_target_, target, *_ = principal_axes(X_target, "X_target", k)
        elif X_target is not None:
            self.mean_target_ = X_target[0].astype(np.float64)
            warnings.warn(
                "X_target has a single row, which has no principal axes: only the means are "
                "aligned. Pass more target rows.",
                UserWarning,
                stacklevel=2,
            )
        k = min(source.shape[1], target.shape[1])
        self.components_source_, self.components_target_ = source[:, :k], target[:, :k]
        self.alignment_ = self.components_source_.T @ self.components_target_
        self.n_components_ = self._n_features_out = k
        return self

    def _n_wanted(self, *domains):
        """Components to compute, before they are cut to the rank."""
        if self.n_components is not None:
            return self.n_components
        return max(n_axes(rows, SHARE) for rows in domains if rows is not None and len(rows) > 1)

    def _map_target(self, X):
        return ((X - self.mean_target_) @ self.components_target_).astype(X.dtype, copy=False)

    def _map_source(self, X):
        projected = (X - self.mean_source_) @ self.components_source_
        return (projected @ self.alignment_).astype(X.dtype, copy=False)
