"""Weights by the ratio of two kernel density estimates."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_number
from .._linalg import check_reg
from ._covariances import domain_covariances
from ._weights import WeighterMixin

BLOCK = 2**19  # distances held at a time: 4 MiB
RULES = {
    "scott": lambda n, d: n ** (-1 / (d + 4)),
    "silverman": lambda n, d: (n * (d + 2) / 4) ** (-1 / (d + 4)),
}


class KernelDensityWeights(WeighterMixin, BaseEstimator):
    """Weight source rows by the ratio of kernel density estimates of both domains.

    Each density is a mean of normal densities around the rows of its domain, with the domain's
    covariance times the square of a bandwidth. For few dimensions: reduce them first, as in
    ``make_pipeline(PCA(5), KernelDensityWeights())`` with ``transform_input=["X_target"]``. No
    labels are used.

    Parameters
    ----------
    alpha : float, default=0.1
        Weights are relative to a mixture of both domains, ``p_t / (alpha p_t + (1 - alpha) p_s)``,
        as in `RuLSIF`, so that no source row far from all others outweighs ``1 / alpha`` rows. 0 is
        the plain ratio.
    bandwidth : {"scott", "silverman"} or float, default="scott"
        Factor of the covariance's root: ``n ** (-1 / (d + 4))`` ("scott"),
        ``(n (d + 2) / 4) ** (-1 / (d + 4))`` ("silverman") for n rows of the domain and d
        features, or a number for both domains.
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of both covariance matrices, as in `CORAL`: shrinkage with its own optimal
        intensity, or a number >= 0 added to the diagonal.

    Attributes
    ----------
    bandwidth_source_, bandwidth_target_ : float or None
        The factors used; None without ``X_target``.
    covariance_source_, covariance_target_ : Covariance or None
        The regularised covariance matrices by their eigenvalues.
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
    GaussianWeights : One normal density for each domain.
    ULSIF : Estimates the ratio itself.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    Without ``X_target`` every weight is 1. The density of the source at a source row leaves the row
    itself out, otherwise far rows would seem dense. Densities are compared by their logarithms, so
    that none overflows. Where "ledoit-wolf" finds no covariance of full rank in the target (a
    single row, rows on one line) it takes that of the source, with a warning.

    **Cost.** For n rows in each domain and d features time is O(n^2 d + n d min(n, d)), memory
    O(n d).

    References
    ----------
    .. [1] M. Sugiyama, T. Suzuki, T. Kanamori (2012), "Density Ratio Estimation in Machine
       Learning", Cambridge University Press, section 2.2 (kernel density estimation).
    .. [2] D. W. Scott (1992), "Multivariate Density Estimation", Wiley, section 6.3 (bandwidth).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import KernelDensityWeights
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(600, 1)), rng.normal(0.5, 0.5, size=(500, 1))
    >>> weighter = KernelDensityWeights().fit(X, X_target=X_target)
    >>> ratio = 2 * np.exp(X**2 / 2 - 2 * (X - 0.5) ** 2)[:, 0]
    >>> bool(np.corrcoef(weighter.sample_weight_, ratio)[0, 1] > 0.95)
    True
    """

    advised_components = 5

    def __init__(self, alpha=0.1, bandwidth="scott", reg="ledoit-wolf"):
        self.alpha = alpha
        self.bandwidth = bandwidth
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
        self : KernelDensityWeights
            The fitted weighter.

        Raises
        ------
        ValueError
            If a parameter is invalid, or a covariance matrix is singular.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        self._source = self._target = None
        self.bandwidth_source_ = self.bandwidth_target_ = None
        self.covariance_source_ = self.covariance_target_ = None
        if X_target is None:
            self._set_weights(np.ones(len(X)))
            return self
        _, covariances = domain_covariances(X, X_target, self.reg)
        self.covariance_source_, self.covariance_target_ = covariances
        self.bandwidth_source_ = self._factor(X)
        self.bandwidth_target_ = self._factor(X_target)
        self._source = _Density(X, self.covariance_source_, self.bandwidth_source_)
        own = covariances[0] is not covariances[1]
        self._target = _Density(X_target, covariances[1], self.bandwidth_target_, own=own)
        log_ratio = self._relative(self._target.log(X) - self._source.log_left_out())
        self._set_weights(np.exp(log_ratio - log_ratio.max()))
        return self

    def density_ratio(self, X):
        """The relative density ratio.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows that were not passed to `fit`; at source rows of `fit` the ratio is too low.

        Returns
        -------
        ratio : ndarray of shape (n_samples,)
            At most ``1 / alpha``, 1 without ``X_target``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        if self._source is None:
            return np.ones(len(X))
        log_ratio = self._relative(self._target.log(X) - self._source.log(X))
        return np.exp(np.minimum(log_ratio, np.log(np.finfo(np.float64).max)))

    def _relative(self, log_ratio):
        """Logarithm of the ratio to the mixture, from that of the plain ratio."""
        if self.alpha == 0:
            return log_ratio
        return -np.logaddexp(np.log(self.alpha), np.log1p(-self.alpha) - log_ratio)

    def _factor(self, X):
        if isinstance(self.bandwidth, str):
            return float(RULES[self.bandwidth](*X.shape))
        return float(self.bandwidth)

    def _check_parameters(self):
        check_reg(self.reg)
        if not is_number(self.alpha, 0, 1):
            raise ValueError(f"alpha must be a number >= 0 and < 1, got {self.alpha!r}.")
        known = isinstance(self.bandwidth, str) and self.bandwidth in RULES
        if not known and not (is_number(self.bandwidth, 0) and self.bandwidth > 0):
            raise ValueError(
                f"bandwidth must be one of {list(RULES)} or a positive number, got "
                f"{self.bandwidth!r}."
            )


class _Density:
    """A kernel density estimate on whitened rows, up to a factor that depends on the dimension.

    `own` tells whether the covariance is that of the rows.
    """

    def __init__(self, X, covariance, bandwidth, *, own=True):
        self.covariance, self.bandwidth, self.own = covariance, bandwidth, own
        self.mean = X.mean(axis=0, dtype=np.float64)
        self.rows = self._whitened(X, own=own)
        self.half_norms = _half_norms(self.rows)
        d = X.shape[1]
        self.constant = -0.5 * covariance.log_determinant - d * np.log(bandwidth)

    def _whitened(self, X, *, own=False):
        X = X - self.mean
        if not self.own:  # inner products are needed between rows that are all outside its span
            return self.covariance.times_power(X, -0.5) / self.bandwidth
        return self.covariance.whiten(X, own=own) / self.bandwidth

    def log(self, X):
        """Logarithm of the density at rows."""
        return self._log_sums(self._whitened(X)) + self.constant - np.log(len(self.rows))

    def log_left_out(self):
        """Logarithm of the density at its rows (two or more), each left out of its own estimate."""
        found = self._log_sums(self.rows, left_out=True)
        return found + self.constant - np.log(len(self.rows) - 1)

    def _log_sums(self, rows, left_out=False):
        found, step = np.empty(len(rows)), max(1, BLOCK // len(self.rows))
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            logs = rows[block] @ self.rows.T  # minus half the squared distances, but for |x|^2 / 2
            logs -= self.half_norms
            if left_out:
                places = np.arange(*block.indices(len(rows)))
                logs[places - start, places] = -np.inf
            largest = logs.max(axis=1)
            logs -= largest[:, None]
            found[block] = largest + np.log(np.exp(logs, out=logs).sum(axis=1))
        return found - _half_norms(rows)


def _half_norms(rows):
    return 0.5 * np.einsum("ij,ij->i", rows, rows)
