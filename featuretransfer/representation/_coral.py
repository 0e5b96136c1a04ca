"""Correlation alignment."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin

from .._base import AdapterMixin, validate_domains
from .._linalg import check_reg
from ._domain_covariances import domain_covariances
from ._gaussian_map import gaussian_map


class CORAL(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Give the source rows the mean and the covariance of the target.

    .. note::
       The two views differ: target rows stay as they are (`transform`), source rows are mapped
       (`fit_transform`, `transform_source`).

    A source row x becomes ``(x - m_s) C_s^(-1/2) C_t^(1/2) + m_t``: the features are decorrelated
    by the source covariance, then correlated as in the target. No labels are used. Scale the
    features first (`CorpusScaler`): the regularisation treats all features alike.

    Parameters
    ----------
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of both covariance matrices. "ledoit-wolf" shrinks each sample covariance S
        to ``(1 - a) S + a trace(S) / n_features I`` with its own optimal a [2]_; a float >= 0 adds
        ``reg I``, in squared units of the features. The original method is ``reg=1.0`` on
        standardised features. ``reg=0.0`` needs a source covariance of full rank.

    Attributes
    ----------
    mean_source_ : ndarray of shape (n_features,)
        Mean of the source.
    mean_target_ : ndarray of shape (n_features,) or None
        Mean of the target; None without ``X_target``.
    covariance_source_, covariance_target_ : Covariance or None
        The regularised covariance matrices by their eigenvalues; None where only the means are
        aligned.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CorpusScaler : Aligns means and variances, feature by feature.
    TCA : Aligns the means in a low-dimensional kernel subspace.

    Notes
    -----
    Without ``X_target`` rows stay as they are. Where a domain has no covariance to estimate (a
    single row; with "ledoit-wolf" also rows that lie on opposite ends of one line) only the means
    are aligned, with a warning.

    **Cost.** For n rows and d features time is O(n d min(n, d)), memory O(n d + min(n, d)^2). Where
    a domain has fewer rows than features its covariance acts through the n x n matrix of inner
    products: no d x d matrix is formed, and the centred rows are kept instead.

    References
    ----------
    .. [1] B. Sun, J. Feng, K. Saenko (2016), "Return of Frustratingly Easy Domain Adaptation",
       AAAI, algorithm 1. https://arxiv.org/abs/1511.05547
       Here with centred covariances and aligned means, as in: B. Sun, J. Feng, K. Saenko (2017),
       "Correlation Alignment for Unsupervised Domain Adaptation". https://arxiv.org/abs/1612.01939
    .. [2] O. Ledoit, M. Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
       matrices", Journal of Multivariate Analysis 88, equation (14).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import CORAL
    >>> rng = np.random.default_rng(0)
    >>> Xs = rng.normal(size=(500, 2))
    >>> Xt = rng.normal(size=(400, 2)) @ [[2.0, 1.0], [0.0, 1.0]] + 5
    >>> adapted = CORAL(reg=0.0).fit_transform(Xs, X_target=Xt)
    >>> bool(np.allclose(np.cov(adapted.T), np.cov(Xt.T)))
    True
    """

    def __init__(self, reg="ledoit-wolf"):
        self.reg = reg

    def fit(self, X, y=None, *, X_target=None):
        """Learn means and covariances of both domains.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them nothing is adapted.

        Returns
        -------
        self : CORAL
            The fitted adapter.

        Raises
        ------
        ValueError
            If `reg` is neither "ledoit-wolf" nor a number >= 0, or is 0 while the source covariance
            is singular.
        """
        X, X_target = validate_domains(self, X, X_target)
        check_reg(self.reg)
        self.mean_source_ = X.mean(axis=0, dtype=np.float64)
        self.mean_target_ = self.covariance_source_ = self.covariance_target_ = None
        self._map = None
        if X_target is None:
            return self
        self.mean_target_ = X_target.mean(axis=0, dtype=np.float64)
        means = self.mean_source_, self.mean_target_
        found = domain_covariances(X, X_target, means, self.reg, "CORAL", stacklevel=2)
        if found is not None:
            self.covariance_source_, self.covariance_target_ = found
        self._map = gaussian_map(means, found)
        return self

    def _map_target(self, X):
        return X

    def _map_source(self, X):
        return X if self._map is None else self._map(X).astype(X.dtype, copy=False)
