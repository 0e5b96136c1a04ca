"""Weights by the ratio of two normal densities."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._linalg import check_reg
from ._covariances import domain_covariances
from ._weights import WeighterMixin


class GaussianWeights(WeighterMixin, BaseEstimator):
    """Weight source rows by the ratio of normal densities fitted to both domains.

    The simplest density ratio: exact where both domains are normal, and a matter of few
    dimensions, since the ratio of densities varies by orders of magnitude in many. Reduce the
    dimension first: ``make_pipeline(PCA(5), GaussianWeights())`` with
    ``transform_input=["X_target"]`` is a weighter for `ReweightedClassifier`. No labels are used.

    Parameters
    ----------
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of both covariance matrices, as in `CORAL`: shrinkage with its own optimal
        intensity, or a number >= 0 added to the diagonal.

    Attributes
    ----------
    mean_source_, mean_target_ : ndarray of shape (n_features,) or None
        Means of the domains; None without ``X_target``.
    covariance_source_, covariance_target_ : Covariance or None
        Their regularised covariance matrices by their eigenvalues.
    sample_weight_ : ndarray of shape (n_source,)
        Weights of the source rows, rescaled to mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted source rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    KernelMeanMatching : Weights without a model of the densities.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    Without ``X_target`` every weight is 1. Where "ledoit-wolf" finds no covariance of full rank in
    the target (a single row, rows on one line) it takes that of the source, with a warning.
    Densities are compared by their logarithms, so that none overflows.

    **Cost.** For n rows and d features time is O(n d min(n, d)), memory O(n d + min(n, d)^2): where
    a domain has fewer rows than features, no matrix of shape (n_features, n_features) is formed.

    References
    ----------
    .. [1] H. Shimodaira (2000), "Improving predictive inference under covariate shift by weighting
       the log-likelihood function", Journal of Statistical Planning and Inference 90.
       https://doi.org/10.1016/S0378-3758(00)00115-4
    .. [2] O. Ledoit, M. Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
       matrices", Journal of Multivariate Analysis 88.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import GaussianWeights
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(2000, 1)), rng.normal(1, 1, size=(1000, 1))
    >>> weighter = GaussianWeights().fit(X, X_target=X_target)
    >>> weighter.density_ratio(np.array([[0.0], [1.0]])).round(1)  # exp(x - 1/2)
    array([0.6, 1.7])
    """

    advised_components = 5

    def __init__(self, reg="ledoit-wolf"):
        self.reg = reg

    def fit(self, X, y=None, *, X_target=None):
        """Learn both densities and the weights of the source rows.

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
        self : GaussianWeights
            The fitted weighter.

        Raises
        ------
        ValueError
            If `reg` is invalid, or leaves a covariance matrix singular.
        """
        X, X_target = validate_domains(self, X, X_target)
        check_reg(self.reg)
        self.mean_source_ = self.mean_target_ = None
        self.covariance_source_ = self.covariance_target_ = None
        if X_target is None:
            self._set_weights(np.ones(len(X)))
            return self
        means, covariances = domain_covariances(X, X_target, self.reg)
        self.mean_source_, self.mean_target_ = means
        self.covariance_source_, self.covariance_target_ = covariances
        log_ratio = self._log_ratio(X, own=True)
        self._set_weights(np.exp(log_ratio - log_ratio.max()))
        return self

    def density_ratio(self, X):
        """Density of the target over that of the source.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ratio : ndarray of shape (n_samples,)
            Ratio of the fitted densities, 1 without ``X_target``; cut to the largest float.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        if self.mean_target_ is None:
            return np.ones(len(X))
        return np.exp(np.minimum(self._log_ratio(X), np.log(np.finfo(np.float64).max)))

    def _log_ratio(self, X, *, own=False):
        source = _log_density(X, self.mean_source_, self.covariance_source_, own=own)
        return _log_density(X, self.mean_target_, self.covariance_target_) - source


def _log_density(X, mean, covariance, *, own=False):
    """Logarithm of the normal density, up to a constant of the dimension.

    `own` tells that mean and covariance are those of `X`.
    """
    Z = covariance.whiten(X - mean, own=own)
    return -0.5 * (np.einsum("ij,ij->i", Z, Z) + covariance.log_determinant)
