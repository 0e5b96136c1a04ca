"""Optimal transport between Gaussians."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin

from .._base import AdapterMixin, validate_domains
from .._linalg import check_reg
from ._domain_covariances import domain_covariances
from ._monge_map import monge_map


class LinearOptimalTransport(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Give the source the mean and covariance of the target, moving rows as little as possible.

    .. note::
       The two views differ: target rows stay as they are (`transform`), source rows are mapped
       (`fit_transform`, `transform_source`).

    A source row x becomes ``(x - m_s) A + m_t`` with the symmetric matrix

    ``A = C_s^(-1/2) (C_s^(1/2) C_t C_s^(1/2))^(1/2) C_s^(-1/2)``

    Among all maps that carry one Gaussian distribution into the other it is the one with the least
    mean squared displacement. `CORAL` aligns the same mean and covariance by another matrix, which
    may turn features into one another more than it has to; the two agree where the covariances
    have the same eigenvectors. No labels are used. Scale the features first (`CorpusScaler`): the
    regularisation, and what counts as a short way, treat all features alike.

    Parameters
    ----------
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of both covariance matrices. "ledoit-wolf" shrinks each sample covariance S
        to ``(1 - a) S + a trace(S) / n_features I`` with its own optimal a [3]_; a float >= 0 adds
        ``reg I``, in squared units of the features. ``reg=0.0`` needs a source covariance of full
        rank.

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
    CORAL : Aligns the same statistics by another matrix.
    OptimalTransport : Transport between the rows themselves, not between Gaussians.

    Notes
    -----
    Without ``X_target`` rows stay as they are; several targets are pooled. Where a domain has no
    covariance to estimate (a single row; with "ledoit-wolf" also rows that lie on opposite ends of
    one line) only the means are aligned, with a warning.

    Outside the span of all centred rows both regularised covariances, and so A, are multiples of
    the identity. Where that span is smaller than the space everything is computed in a basis of
    it: the result is that of the formula above, no d x d matrix is formed, and new source rows are
    stable in the directions that no training row has.

    **Cost.** For n rows in both domains together and d features time is O(n d m + m^3) and memory
    O(n d) with m = min(n, d).

    References
    ----------
    .. [1] M. Knott, C. S. Smith (1984), "On the Optimal Mapping of Distributions", Journal of
       Optimization Theory and Applications 43 (the matrix A).
       https://doi.org/10.1007/BF00934745
    .. [2] R. Flamary, K. Lounici, A. Ferrari (2019), "Concentration Bounds for Linear Monge Mapping
       Estimation and Optimal Transport Domain Adaptation". https://arxiv.org/abs/1905.10155
    .. [3] O. Ledoit, M. Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
       matrices", Journal of Multivariate Analysis 88, equation (14).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import LinearOptimalTransport
    >>> rng = np.random.default_rng(0)
    >>> Xs = rng.normal(size=(500, 2))
    >>> Xt = rng.normal(size=(400, 2)) @ [[2.0, 1.0], [0.0, 1.0]] + 5
    >>> adapted = LinearOptimalTransport(reg=0.0).fit_transform(Xs, X_target=Xt)
    >>> bool(np.allclose(np.cov(adapted.T), np.cov(Xt.T)))
    True
    """

    def __init__(self, reg="ledoit-wolf"):
        self.reg = reg

    def fit(self, X, y=None, *, X_target=None):
        """Learn means and covariances of both domains, and the map between them.

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
        self : LinearOptimalTransport
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
        self._times_matrix = None
        if X_target is None:
            return self
        self.mean_target_ = X_target.mean(axis=0, dtype=np.float64)
        means = self.mean_source_, self.mean_target_
        name = type(self).__name__
        found = domain_covariances(X, X_target, means, self.reg, name, stacklevel=2)
        if found is not None:
            self.covariance_source_, self.covariance_target_ = found
            self._times_matrix = monge_map(*found)
        return self

    def _map_target(self, X):
        return X

    def _map_source(self, X):
        if self.mean_target_ is None:
            return X
        mapped = X - self.mean_source_
        if self._times_matrix is not None:
            mapped = self._times_matrix(mapped)
        mapped += self.mean_target_
        return mapped.astype(X.dtype, copy=False)
