"""Kullback-Leibler importance estimation."""

import numpy as np
from scipy import linalg
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_count
from .._linalg import spread_order
from ._density_ratio import RatioKernels, candidate_gammas
from ._weights import WeighterMixin

GAP = 1e-9  # of the mean log-likelihood, at which the solver stops
RIDGE = 1e-14  # keeps the equations solvable where densities are equal
MAX_STEPS = 200  # of the interior point method, which takes about 20


class KLIEP(WeighterMixin, BaseEstimator):
    """Weight source rows by the density ratio that makes the target most likely.

    The ratio of the target's density to the source's is modelled by Gaussian functions around
    target rows, ``w(x) = sum_l alpha_l exp(-gamma |x - c_l|^2)``. The coefficients maximise the
    likelihood of the target rows under w times the density of the source:

    ``max sum_j log w(x_j)`` over the target  subject to  ``mean_i w(x_i) = 1`` over the source,
    ``alpha >= 0``.

    No labels are used. Scale the features first (`CorpusScaler`) and reduce the dimension (PCA).

    Parameters
    ----------
    gamma : "cv", "median", "scale", float or sequence of float, default="cv"
        Coefficient of the functions ``exp(-gamma * distance**2)``: larger is narrower. "median" is
        1 / the median of the non-zero squared distances between rows of source and target, "scale"
        is 1 / (n_features * variance). "cv" chooses between 1/16, 1/4, 1, 4 and 16 times "median",
        a sequence between its values, by the likelihood of held-out rows.
    n_centers : int, default=100
        Largest number of functions; their centres are evenly spread target rows.
    cv : int, default=5
        Number of folds of the choice, cut to the rows of the smaller domain.

    Attributes
    ----------
    gamma_ : float or None
        The coefficient used; None without ``X_target``.
    centers_ : ndarray of shape (n_functions, n_features)
        The centres.
    coef_ : ndarray of shape (n_functions,)
        The coefficients alpha. Where a function vanishes on the source they may be huge.
    score_ : float
        Mean of ``log w`` over the target rows.
    optimality_gap_ : float
        Upper bound of how far `score_` is below the maximum.
    cv_scores_ : dict of float to float
        For every gamma the mean of ``log w`` over held-out target rows less the logarithm of the
        mean of w over held-out source rows; empty if there was no choice.
    sample_weight_ : ndarray of shape (n_source,)
        Weights of the source rows, with mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted source rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    ULSIF : The same model by least squares, in closed form.
    KernelMeanMatching : Weights without a model of the ratio.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    Without ``X_target`` every weight is 1. With ``pi_l = alpha_l b_l``, b_l the mean of function l
    over the source, the problem is that of the proportions of a mixture, convex, and solved by a
    primal-dual interior point method to `optimality_gap_` below 1e-9. Functions and their means
    are kept as logarithms: none vanishes, however narrow. The paper holds out target rows only,
    which favours the narrowest functions: between source rows the ratio may then be anything. Folds
    and centres are spread over the rows by their norm, so that neither their order nor a seed
    matters.

    **Cost.** For n rows in each domain, d features and m centres time is O(n m d) and, for every
    coefficient and fold, O(n m^2) for each of a few dozen Newton steps; memory is O(n m).

    References
    ----------
    .. [1] M. Sugiyama, S. Nakajima, H. Kashima, P. von Buenau, M. Kawanabe (2008), "Direct
       Importance Estimation with Model Selection and Its Application to Covariate Shift
       Adaptation", NIPS 20, equation (8).
       https://doi.org/10.1007/s10463-008-0197-x

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import KLIEP
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(600, 1)), rng.normal(0.5, 0.5, size=(500, 1))
    >>> weighter = KLIEP().fit(X, X_target=X_target)
    >>> ratio = 2 * np.exp(X**2 / 2 - 2 * (X - 0.5) ** 2)[:, 0]
    >>> bool(np.corrcoef(weighter.sample_weight_, ratio)[0, 1] > 0.98)
    True
    """

    advised_components = 10

    def __init__(self, gamma="cv", n_centers=100, cv=5):
        self.gamma = gamma
        self.n_centers = n_centers
        self.cv = cv

    def fit(self, X, y=None, *, X_target=None):
        """Learn the ratio and the weights of the source rows.

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
        self : KLIEP
            The fitted weighter.

        Raises
        ------
        ValueError
            If a parameter is invalid or the kernel is degenerate.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        self.gamma_ = self._log_coef = self._kernels = None
        self.centers_, self.coef_ = np.empty((0, X.shape[1])), np.empty(0)
        self.score_, self.optimality_gap_, self.cv_scores_ = 0.0, 0.0, {}
        if X_target is None:
            self._set_weights(np.ones(len(X)))
            return self
        gammas = candidate_gammas(self.gamma, X, X_target)
        kernels = self._kernels = RatioKernels(X, X_target, self.n_centers)
        n_folds = min(self.cv, len(X), len(X_target))
        self.gamma_ = gammas[len(gammas) // 2]
        if len(gammas) > 1 and n_folds > 1:
            orders = spread_order(X), kernels.order_target
            self.cv_scores_ = {
                gamma: _held_out_score(kernels, gamma, orders, n_folds) for gamma in gammas
            }
            self.gamma_ = max(self.cv_scores_, key=self.cv_scores_.get)
        log_means = logsumexp(-self.gamma_ * kernels.distances, axis=0) - np.log(len(X))
        self._log_coef, self.score_, self.optimality_gap_ = _fit(
            log_means, -self.gamma_ * kernels.distances_target
        )
        self.centers_ = kernels.centers + kernels.offset
        with np.errstate(over="ignore"):
            self.coef_ = np.exp(self._log_coef)
        self._set_weights(self._ratio(kernels.distances))
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
            The model w, 1 without ``X_target``; cut to the largest float.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        if self.gamma_ is None:
            return np.ones(len(X))
        return self._ratio(self._kernels.squared_distances(X))

    def _ratio(self, distances):
        log_ratio = _log_ratios(self._log_coef, -self.gamma_ * distances)
        return np.exp(np.minimum(log_ratio, np.log(np.finfo(np.float64).max)))

    def _check_parameters(self):
        for name, least in (("n_centers", 1), ("cv", 2)):
            if not is_count(getattr(self, name), least):
                raise ValueError(
                    f"{name} must be an integer >= {least}, got {getattr(self, name)!r}."
                )


def _held_out_score(kernels, gamma, orders, n_folds):
    """Mean ``log w`` over target rows less ``log mean w`` over source rows, each held out once."""
    folds = [
        [-gamma * D[order[fold::n_folds]] for fold in range(n_folds)]
        for D, order in zip((kernels.distances, kernels.distances_target), orders)
    ]
    sums = [logsumexp(logs, axis=0) for logs in folds[0]]
    total = 0.0
    for fold, (source, target) in enumerate(zip(*folds)):
        kept = [i for i in range(n_folds) if i != fold]
        log_means = logsumexp([sums[i] for i in kept], axis=0)
        log_means -= np.log(sum(len(folds[0][i]) for i in kept))
        log_coef, _, _ = _fit(log_means, np.concatenate([folds[1][i] for i in kept]))
        source, target = (_log_ratios(log_coef, logs) for logs in (source, target))
        total += target.mean() - logsumexp(source) + np.log(len(source))
    return float(total / n_folds)


def _log_ratios(log_coef, logs):
    """Logarithm of the model at every row; coefficients of 0 add nothing."""
    used = log_coef > -np.inf
    return logsumexp(log_coef[used] + logs[:, used], axis=1)


def _fit(log_means, log_target):
    """Logarithms of the best coefficients, the mean ``log w`` they reach, and its gap."""
    log_likelihoods = log_target - log_means
    largest = log_likelihoods.max(axis=1, keepdims=True)
    log_likelihoods -= largest
    shares, score, gap = mixture_shares(np.exp(log_likelihoods, out=log_likelihoods))
    with np.errstate(divide="ignore"):
        return np.log(shares) - log_means, float(score + largest.mean()), gap


def mixture_shares(L):
    """Proportions of a mixture of known densities that make rows most likely.

    The sum of the proportions needs no constraint: ``mean_j log (L p)_j - sum(p)`` has its maximum
    over ``p >= 0`` where the sum is 1.

    Parameters
    ----------
    L : ndarray of shape (n_samples, n_densities)
        Value of every density at every row, not negative, positive somewhere in each row.

    Returns
    -------
    shares : ndarray of shape (n_densities,)
        The proportions p, with sum 1.
    score : float
        Mean of ``log(L p)``.
    gap : float
        ``max_l mean_j L_jl / (L p)_j - 1``, which bounds how far `score` is below the maximum.
    """
    n, m = L.shape
    p = np.full(m, 1.0 / m)
    z = np.full(m, 1.0 / m)  # multipliers of p >= 0
    for _ in range(MAX_STEPS):
        inverse = 1 / (n * (L @ p))
        gains = inverse @ L
        if gains.max() - 1 <= GAP and p @ z <= GAP:
            break
        aim = 0.1 * (p @ z) / m
        # Newton's step in units of the root of p, in which the matrix is well scaled
        root = np.sqrt(p)
        half = L * (inverse * np.sqrt(n))[:, None]
        H = (half.T @ half) * np.outer(root, root)
        H[np.diag_indices(m)] += z + RIDGE
        step = root * linalg.cho_solve(linalg.cho_factor(H), root * (gains - 1) + aim / root)
        change = (aim - z * step) / p - z
        length = min(_longest(p, step), _longest(z, change))
        p, z = p + length * step, z + length * change
    p = p / p.sum()
    mixed = L @ p
    gap = ((1 / (n * mixed)) @ L).max() - 1
    return p, float(np.log(mixed).mean()), float(max(gap, 0))


def _longest(x, dx):
    """Nearly the longest step up to 1 that keeps ``x + step * dx`` positive."""
    falling = dx < 0
    return min(1.0, 0.995 * np.min(-x[falling] / dx[falling], initial=np.inf))
