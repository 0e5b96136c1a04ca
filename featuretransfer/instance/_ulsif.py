"""Density ratios by least squares."""

import warnings

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_count, is_number
from .._linalg import eigh, evenly, spread_order
from ._density_ratio import RatioKernels, candidate_gammas
from ._weights import WeighterMixin

BLOCK = 256  # pairs of rows at a time: what is made of them stays in the cache
REGS = tuple(10.0 ** np.arange(-3, 2))  # candidates of the regularisation


class RuLSIF(WeighterMixin, BaseEstimator):
    """Weight source rows by a density ratio relative to a mixture of both domains.

    The relative ratio ``p_t / (alpha p_t + (1 - alpha) p_s)`` never exceeds ``1 / alpha``, however
    far apart the densities p_t of the target and p_s of the source are. It is modelled by Gaussian
    functions around target rows, ``w(x) = sum_l c_l exp(-gamma |x - x_l|^2)``, whose coefficients
    minimise the mean squared error plus ``reg / 2 |c|^2`` in closed form; negative ones are cut to
    0. No labels are used. Scale the features first (`CorpusScaler`) and reduce the dimension (PCA).

    Parameters
    ----------
    alpha : float, default=0.1
        Share of the target in the mixture, from 0 (the plain ratio, as `ULSIF`) to below 1.
    gamma : "cv", "median", "scale", float or sequence of float, default="cv"
        Coefficient of the functions ``exp(-gamma * distance**2)``: larger is narrower. "median" is
        1 / the median of the non-zero squared distances between rows of source and target, "scale"
        is 1 / (n_features * variance). "cv" chooses between 1/16, 1/4, 1, 4 and 16 times "median",
        a sequence between its values.
    reg : "cv", float or sequence of float, default="cv"
        Regularisation. "cv" chooses between 0.001, 0.01, 0.1, 1 and 10, a sequence between its
        values.
    n_centers : int, default=100
        Largest number of functions; their centres are evenly spread target rows.

    Attributes
    ----------
    gamma_, reg_ : float or None
        The coefficient and the regularisation used; None without ``X_target``.
    centers_ : ndarray of shape (n_functions, n_features)
        The centres.
    coef_ : ndarray of shape (n_functions,)
        The coefficients c.
    cv_scores_ : dict of (float, float) to float
        Leave-one-out error for every (gamma, reg); empty if there was no choice.
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
    ULSIF : The plain ratio.
    KLIEP : The same model by likelihood.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    Without ``X_target`` every weight is 1. Gamma and regularisation are chosen by leaving out one
    row of each domain at a time, at no more cost than the fit itself: both rows change the normal
    equations by rank two. Pairs and centres are spread over the rows by their norm, so that neither
    their order nor a seed matters. A domain of a single row leaves nothing to choose by: the
    middle candidates are taken, with a warning.

    **Cost.** For n rows in each domain, d features and m centres time is O(n m d) and, for every
    coefficient and regularisation, O(n m^2); memory is O(n m).

    References
    ----------
    .. [1] M. Yamada, T. Suzuki, T. Kanamori, H. Hachiya, M. Sugiyama (2013), "Relative
       Density-Ratio Estimation for Robust Distribution Comparison", Neural Computation 25(5),
       section 3. https://doi.org/10.1162/NECO_a_00442

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import RuLSIF
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(600, 1)), rng.normal(0.5, 0.5, size=(500, 1))
    >>> weighter = RuLSIF(alpha=0.5).fit(X, X_target=X_target)
    >>> bool(weighter.density_ratio(np.array([[0.5]]))[0] < 2)  # the bound 1 / alpha
    True

    In a pipeline it goes into `ReweightedClassifier`:

    >>> import sklearn
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import CorpusScaler, ReweightedClassifier, make_pipeline
    >>> y = np.where(X[:, 0] + rng.normal(size=600) > 0.5, "anger", "neutral")
    >>> weighted = ReweightedClassifier(LogisticRegression(), RuLSIF())
    >>> with sklearn.config_context(enable_metadata_routing=True):
    ...     model = make_pipeline(CorpusScaler(), weighted).fit(X, y, X_target=X_target)
    >>> model.predict(X_target).shape
    (500,)
    """

    advised_components = 10

    def __init__(self, alpha=0.1, gamma="cv", reg="cv", n_centers=100):
        self.alpha = alpha
        self.gamma = gamma
        self.reg = reg
        self.n_centers = n_centers

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
        self : weighter
            The fitted weighter.

        Raises
        ------
        ValueError
            If a parameter is invalid, the kernel is degenerate, or the ratio is 0 at every source
            row.
        """
        X, X_target = validate_domains(self, X, X_target)
        alpha, regs = self._check_parameters()
        self.gamma_ = self.reg_ = self._kernels = None
        self.centers_, self.coef_ = np.empty((0, X.shape[1])), np.empty(0)
        self.cv_scores_ = {}
        if X_target is None:
            self._set_weights(np.ones(len(X)))
            return self
        gammas = candidate_gammas(self.gamma, X, X_target)
        kernels = self._kernels = RatioKernels(X, X_target, self.n_centers)
        self.gamma_, self.reg_ = gammas[len(gammas) // 2], regs[len(regs) // 2]
        if len(gammas) * len(regs) > 1:
            self._choose(X, X_target, alpha, gammas, regs)
        features = [np.exp(-self.gamma_ * D) for D in (kernels.distances, kernels.distances_target)]
        self.coef_ = _coefficients(*features, alpha, self.reg_)
        self.centers_ = kernels.centers + kernels.offset
        self._set_weights(features[0] @ self.coef_)
        return self

    def _choose(self, X, X_target, alpha, gammas, regs):
        if min(len(X), len(X_target)) == 1:
            warnings.warn(
                "A domain has a single row, which cannot be left out: gamma and reg are the middle "
                "candidates. Pass more rows, or choose both.",
                UserWarning,
                stacklevel=3,
            )
            return
        pairs = spread_pairs(spread_order(X), self._kernels.order_target)
        for gamma in gammas:
            features = [
                np.exp(-gamma * D)
                for D in (self._kernels.distances, self._kernels.distances_target)
            ]
            for reg, score in zip(regs, leave_one_out(*features, pairs, alpha, regs)):
                self.cv_scores_[gamma, reg] = score
        self.gamma_, self.reg_ = min(self.cv_scores_, key=self.cv_scores_.get)

    def density_ratio(self, X):
        """The relative density ratio.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ratio : ndarray of shape (n_samples,)
            The model w, 1 without ``X_target``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        if self.gamma_ is None:
            return np.ones(len(X))
        return np.exp(-self.gamma_ * self._kernels.squared_distances(X)) @ self.coef_

    def _check_parameters(self):
        """The share of the target and the candidates of the regularisation."""
        if not is_number(self.alpha, 0, 1):
            raise ValueError(f"alpha must be a number >= 0 and < 1, got {self.alpha!r}.")
        if not is_count(self.n_centers):
            raise ValueError(f"n_centers must be an integer >= 1, got {self.n_centers!r}.")
        return self.alpha, _candidate_regs(self.reg)


class ULSIF(RuLSIF):
    """Weight source rows by a density ratio fitted by least squares.

    The ratio of the target's density to the source's is modelled by Gaussian functions around
    target rows, ``w(x) = sum_l c_l exp(-gamma |x - x_l|^2)``. The coefficients minimise the mean
    squared error over the source plus ``reg / 2 |c|^2``, in closed form; negative ones are cut to
    0. No labels are used. Scale the features first (`CorpusScaler`) and reduce the dimension (PCA).

    Parameters
    ----------
    gamma : "cv", "median", "scale", float or sequence of float, default="cv"
        Coefficient of the functions ``exp(-gamma * distance**2)``: larger is narrower. "median" is
        1 / the median of the non-zero squared distances between rows of source and target, "scale"
        is 1 / (n_features * variance). "cv" chooses between 1/16, 1/4, 1, 4 and 16 times "median",
        a sequence between its values.
    reg : "cv", float or sequence of float, default="cv"
        Regularisation. "cv" chooses between 0.001, 0.01, 0.1, 1 and 10, a sequence between its
        values.
    n_centers : int, default=100
        Largest number of functions; their centres are evenly spread target rows.

    Attributes
    ----------
    gamma_, reg_ : float or None
        The coefficient and the regularisation used; None without ``X_target``.
    centers_ : ndarray of shape (n_functions, n_features)
        The centres.
    coef_ : ndarray of shape (n_functions,)
        The coefficients c.
    cv_scores_ : dict of (float, float) to float
        Leave-one-out error for every (gamma, reg); empty if there was no choice.
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
    RuLSIF : The ratio to a mixture of both domains, which is bounded.
    KLIEP : The same model by likelihood.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    The same as `RuLSIF` with ``alpha=0``, its notes apply: leave-one-out error in closed form,
    nothing random.

    **Cost.** For n rows in each domain, d features and m centres time is O(n m d) and, for every
    coefficient and regularisation, O(n m^2); memory is O(n m).

    References
    ----------
    .. [1] T. Kanamori, S. Hido, M. Sugiyama (2009), "A Least-squares Approach to Direct Importance
       Estimation", Journal of Machine Learning Research 10, section 4.
       https://www.jmlr.org/papers/v10/kanamori09a.html

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import ULSIF
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(600, 1)), rng.normal(0.5, 0.5, size=(500, 1))
    >>> weighter = ULSIF().fit(X, X_target=X_target)
    >>> ratio = 2 * np.exp(X**2 / 2 - 2 * (X - 0.5) ** 2)[:, 0]
    >>> bool(np.corrcoef(weighter.sample_weight_, ratio)[0, 1] > 0.95)
    True
    """

    def __init__(self, gamma="cv", reg="cv", n_centers=100):
        self.gamma = gamma
        self.reg = reg
        self.n_centers = n_centers

    def _check_parameters(self):
        if not is_count(self.n_centers):
            raise ValueError(f"n_centers must be an integer >= 1, got {self.n_centers!r}.")
        return 0.0, _candidate_regs(self.reg)


def _candidate_regs(reg):
    if isinstance(reg, str) and reg == "cv":
        return REGS
    values = [reg] if np.ndim(reg) == 0 else list(reg)
    if not values or not all(is_number(value, 0) and value > 0 for value in values):
        raise ValueError(
            f"reg must be 'cv', a positive number or a sequence of positive numbers, got {reg!r}."
        )
    return tuple(sorted(map(float, values)))


def _coefficients(source, target, alpha, reg):
    """Minimiser of the regularised squared error, negative coefficients cut to 0."""
    H = _mean_products(source, target, alpha)
    H[np.diag_indices(len(H))] += reg
    return np.maximum(linalg.solve(H, target.mean(axis=0), assume_a="pos"), 0)


def _mean_products(source, target, alpha, n_left_out=0):
    """Mean products of features over the mixture; the means divide by some rows fewer."""
    H = (1 - alpha) / (len(source) - n_left_out) * (source.T @ source)
    if alpha > 0:
        H += alpha / (len(target) - n_left_out) * (target.T @ target)
    return H


def spread_pairs(order, order_target):
    """Rows of the source and of the target to be left out together, as many as in the smaller.

    Both are evenly spread in the orders of `spread_order`.
    """
    n = min(len(order), len(order_target))
    # neighbours in norm must not be left out together
    return evenly(order, n), np.roll(evenly(order_target, n), n // 2)


def leave_one_out(source, target, pairs, alpha, regs):
    """Squared error at pairs of rows, each pair left out of the fit.

    With ``G`` the matrix of the normal equations rescaled to one row less in each domain, leaving
    out rows s and t makes it ``G - UU'`` with the two columns of U proportional to their features;
    the Woodbury identity gives every solution from products with the inverse of G.

    Parameters
    ----------
    source, target : ndarray of shape (n_source, m) and (n_target, m)
        Features of the rows.
    pairs : tuple of ndarray of int
        Rows of the source and rows of the target that are left out together.
    alpha : float
        Share of the target in the mixture.
    regs : sequence of float
        Regularisations.

    Returns
    -------
    scores : list of float
        Mean over the pairs of ``alpha / 2 r_t^2 + (1 - alpha) / 2 r_s^2 - r_t`` for every one of
        `regs`, r the ratio at the rows left out.
    """
    n_source, n_target = len(source), len(target)
    regs = np.asarray(regs)
    G = _mean_products(source, target, alpha, n_left_out=1)
    values, Q = eigh(G)
    scales = 1 / (np.maximum(values, 0)[:, None] + regs)
    total = Q.T @ target.sum(axis=0)
    a, b = np.sqrt(alpha / (n_target - 1)), np.sqrt((1 - alpha) / (n_source - 1))
    sums = np.zeros(len(regs))
    for start in range(0, len(pairs[0]), BLOCK):
        S, T = (F[rows[start : start + BLOCK]] for F, rows in zip((source, target), pairs))
        rotated = T @ Q
        rhs = (total - rotated) / (n_target - 1)
        columns = [b * (S @ Q)] if alpha == 0 else [b * (S @ Q), a * rotated]
        factors = _woodbury(rhs, columns, scales)
        for i in range(len(regs)):
            solutions = columns[0] * factors[0][:, i, None]
            for column, factor in zip(columns[1:], factors[1:]):
                solutions += column * factor[:, i, None]
            solutions += rhs
            coefficients = solutions @ (scales[:, i, None] * Q.T)
            np.maximum(coefficients, 0, out=coefficients)
            r_s, r_t = _dots(S, coefficients), _dots(T, coefficients)
            sums[i] += np.sum(alpha / 2 * r_t**2 + (1 - alpha) / 2 * r_s**2 - r_t)
    return (sums / len(pairs[0])).tolist()


def _woodbury(rhs, columns, scales):
    """Factors with which the columns u of every pair are added to `rhs`.

    For a diagonal matrix D, ``(D - sum uu')^-1 rhs = D^-1 (rhs + sum factor u)``; one factor for
    every row and every column of `scales`, the diagonals of ``D^-1``.
    """
    if len(columns) == 1:
        (S,) = columns
        return [(rhs * S) @ scales / (1 - (S * S) @ scales)]
    S, T = columns
    ss, tt, ts = ((A * B) @ scales for A, B in ((S, S), (T, T), (T, S)))
    s, t = (rhs * S) @ scales, (rhs * T) @ scales
    determinant = (1 - tt) * (1 - ss) - ts**2
    return [((1 - tt) * s + ts * t) / determinant, ((1 - ss) * t + ts * s) / determinant]


def _dots(A, B):
    return np.einsum("ij,ij->i", A, B)
