"""Kullback-Leibler importance estimation."""

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_count
from .._linalg import spread_order
from ._density_ratio import RatioKernels, candidate_gammas
from ._weights import WeighterMixin

GAP = 1e-9  # of the mean log-likelihood, at which the solver stops
RIDGE = 1e-14  # keeps the equations solvable where densities are equal
MAX_STEPS = 200  # of the interior point method, which takes about 8


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
    coefficient and fold, O(n m^2) for each of about eight Newton steps; memory is O(n m).

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
            folds = [
                [D[order[fold::n_folds]] for fold in range(n_folds)]
                for D, order in zip((kernels.distances, kernels.distances_target), orders)
            ]
            self.cv_scores_ = {gamma: _held_out_score(*folds, gamma) for gamma in gammas}
            self.gamma_ = max(self.cv_scores_, key=self.cv_scores_.get)
        log_means = _log_sums(-self.gamma_ * kernels.distances, axis=0) - np.log(len(X))
        shares, self.score_, self.optimality_gap_ = _fit(
            log_means, -self.gamma_ * kernels.distances_target
        )
        self._log_coef = np.log(shares) - log_means
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


def _held_out_score(source, target, gamma):
    """Mean ``log w`` over target rows less ``log mean w`` over source rows, each held out once.

    Parameters
    ----------
    source, target : list of ndarray of shape (n_rows, n_functions)
        Squared distances of the rows of every fold to the centres.
    gamma : float
        Width.
    """
    sums = [_log_sums(-gamma * D, axis=0) for D in source]
    shares, total = None, 0.0
    for fold, held_out in enumerate(target):
        kept = [i for i in range(len(target)) if i != fold]
        log_means = _log_sums(np.stack([sums[i] for i in kept]), axis=0)
        log_means -= np.log(sum(len(source[i]) for i in kept))
        log_target = np.concatenate([target[i] for i in kept])
        log_target *= -gamma
        shares, _, _ = _fit(log_means, log_target, shares)
        log_coef = np.log(shares) - log_means
        total += _log_ratios(log_coef, -gamma * held_out).mean()
        total -= _log_sums(log_coef + sums[fold], axis=0) - np.log(len(source[fold]))
    return float(total / len(target))


def _log_ratios(log_coef, logs):
    """Logarithm of the model at every row."""
    return _log_sums(log_coef + logs, axis=1)


def _log_sums(logs, axis):
    """Logarithm of the sum of the exponentials of finite values."""
    largest = logs.max(axis=axis, keepdims=True)
    terms = logs - largest
    return np.log(np.exp(terms, out=terms).sum(axis=axis)) + largest.squeeze(axis)


def _fit(log_means, log_target, start=None):
    """Shares ``alpha_l b_l`` of the best model, the mean ``log w`` they reach, and its gap."""
    log_likelihoods = log_target - log_means
    largest = log_likelihoods.max(axis=1, keepdims=True)
    log_likelihoods -= largest
    shares, score, gap = mixture_shares(np.exp(log_likelihoods, out=log_likelihoods), start)
    return shares, float(score + largest.mean()), gap


def mixture_shares(L, start=None):
    """Proportions of a mixture of known densities that make rows most likely.

    The sum of the proportions needs no constraint: ``mean_j log (L p)_j - sum(p)`` has its maximum
    over ``p >= 0`` where the sum is 1. The maximum is found by an interior point method with
    Mehrotra's predictor and corrector.

    Parameters
    ----------
    L : ndarray of shape (n_samples, n_densities)
        Value of every density at every row, not negative, positive somewhere in each row.
    start : ndarray of shape (n_densities,), default=None
        Proportions of a similar problem; equal ones by default.

    Returns
    -------
    shares : ndarray of shape (n_densities,)
        The proportions p, positive, with sum 1.
    score : float
        Mean of ``log(L p)``.
    gap : float
        ``max_l mean_j L_jl / (L p)_j - 1``, which bounds how far `score` is below the maximum.
    """
    n, m = L.shape
    p = np.full(m, 1.0 / m)
    if start is not None:
        p = 0.9 * start + 0.1 * p
    z, scaled = None, np.empty_like(L)
    for _ in range(MAX_STEPS):
        inverse = 1 / (n * (L @ p))
        gains = inverse @ L
        if z is None:
            z = np.maximum(1 - gains, 1.0 / m)  # multipliers of p >= 0
        if gains.max() - 1 <= GAP and p @ z <= GAP:
            break
        # Newton's steps in units of the root of p, in which the matrix is well scaled
        root = np.sqrt(p)
        np.multiply(L, (inverse * np.sqrt(n))[:, None], out=scaled)
        H = (scaled.T @ scaled) * np.outer(root, root)
        H[np.diag_indices(m)] += z + RIDGE
        factor = linalg.cho_factor(H, overwrite_a=True, check_finite=False)
        step, change = _newton(factor, root, gains, p, z, 0.0)
        ahead = (p + _longest(p, step) * step) @ (z + _longest(z, change) * change)
        aim = (ahead / (p @ z)) ** 3 * (p @ z) / m - step * change
        step, change = _newton(factor, root, gains, p, z, aim)
        p = p + min(1.0, 0.995 * _longest(p, step)) * step
        z = z + min(1.0, 0.995 * _longest(z, change)) * change
        p /= p.sum()
    mixed = L @ p
    gap = ((1 / (n * mixed)) @ L).max() - 1
    return p, float(np.log(mixed).mean()), float(max(gap, 0))


def _newton(factor, root, gains, p, z, aim):
    """Changes of p and z that make ``gains + z = 1`` and ``p z = aim``, to first order."""
    step = root * linalg.cho_solve(factor, root * (gains - 1) + aim / root, check_finite=False)
    return step, (aim - z * step) / p - z


def _longest(x, dx):
    """The longest step up to 1 that leaves nothing of ``x + step * dx`` negative."""
    return 1 / max(1.0, np.max(-dx / x))
