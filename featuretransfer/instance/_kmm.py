"""Kernel mean matching."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from .._base import validate_domains
from .._checks import is_number
from .._kernel_rows import KernelRows
from .._linalg import fit_kernel
from ._mean_matching import match_means
from ._weights import WeighterMixin


class KernelMeanMatching(WeighterMixin, BaseEstimator):
    """Weights under which the source has the target's mean in a kernel's feature space.

    A weighter for covariate shift: it learns ``sample_weight_`` for the source rows without labels
    and without estimating densities, for use in a `ReweightedClassifier`. The weights w minimise

    ``1/2 w'(K + ridge I)w - k'w``  with  ``k_i = n_source / n_target * sum_j kernel(xs_i, xt_j)``

    under ``0 <= w <= B`` and ``|sum(w) - n_source| <= n_source * eps``, where K is the kernel
    matrix of the source rows. They are sparse by nature: even for two samples of one distribution
    many are 0.

    Parameters
    ----------
    kernel : str or callable, default="rbf"
        "rbf", "linear", any other name of scikit-learn's pairwise kernels, or a function of two
        rows. It must be positive semi-definite.
    gamma : "median", "scale" or float, default="median"
        Coefficient of the kernel, as in ``exp(-gamma * distance**2)``: larger is narrower. "median"
        is 1 / the median of the non-zero squared distances between rows of source and target;
        "scale" is 1 / (n_features * variance). With larger values the weights rest on fewer rows.
    B : float, default=1000.0
        Upper bound of a weight, before they are rescaled to mean 1.
    eps : float, default=None
        Bounds the sum of the weights to ``n_source * (1 - eps)`` .. ``n_source * (1 + eps)``. None
        is ``(sqrt(n_source) - 1) / sqrt(n_source)``, the value recommended in [1]_.
    ridge : float, default=1e-6
        Added to the diagonal of K, in units of its mean (1 for the rbf kernel). It makes the
        weights unique where K is singular.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_source,)
        Weights of the source rows, with mean 1; all 1 without ``X_target``.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted rows that are worth as much.
    solution_ : ndarray of shape (n_source,)
        The solution w of the programme itself, within its bounds: the ratio of the densities as
        estimated, before it is rescaled to mean 1.
    kkt_residual_ : float
        Certificate of optimality: the largest violation of the Karush-Kuhn-Tucker conditions,
        relative to ``max(abs(k))``.
    sum_multiplier_ : float
        Multiplier of the sum constraint: positive at the upper bound, negative at the lower bound,
        0 where the constraint is not active.
    kernel_ : callable or None
        The kernel with its coefficient settled, a function of two arrays of rows; None without
        ``X_target``.
    gamma_ : float or None
        The coefficient used; None without ``X_target``.
    n_iter_ : int
        Number of linear systems solved.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    ReweightedClassifier : Fits a classifier with these weights.

    Notes
    -----
    The programme is solved exactly, by block principal pivoting on a growing working set: only
    kernel rows that carry weight are formed, never the whole matrix, unless most rows carry weight
    (as with a small `B`). Where the kernel is of numerically low rank r (few features, duplicates),
    a factor of n x r values replaces the kernel.

    **Cost.** For n rows in each domain, d features and s rows with weight, time is
    O(n^2 d + n s d + s^3) and memory O(n (d + s)).

    The method gives weights at the source rows only, so there is no weight for new rows. In more
    than about 100 dimensions the rows are nearly equally far apart and few get weight: reduce the
    dimension before weighting, as in ``make_pipeline(PCA(20), KernelMeanMatching())`` with
    ``transform_input=["X_target"]``.

    References
    ----------
    .. [1] J. Huang, A. J. Smola, A. Gretton, K. M. Borgwardt, B. Schoelkopf (2007), "Correcting
       Sample Selection Bias by Unlabeled Data", NIPS 19, equation (12).
       https://papers.nips.cc/paper/3075-correcting-sample-selection-bias-by-unlabeled-data
    .. [2] A. Gretton, A. Smola, J. Huang, M. Schmittfull, K. Borgwardt, B. Schoelkopf (2009),
       "Covariate Shift by Kernel Mean Matching", in: Dataset Shift in Machine Learning, MIT Press.
    .. [3] L. F. Portugal, J. J. Judice, L. N. Vicente (1994), "A comparison of block pivoting and
       interior-point algorithms for linear least squares problems with nonnegative variables",
       Mathematics of Computation 63.

    Examples
    --------
    The target is the second half of the source: its rows get weight 2, all others 0.

    >>> import numpy as np
    >>> from featuretransfer import KernelMeanMatching
    >>> X = np.array([[0.0], [1.0], [5.0], [6.0]])
    >>> weighter = KernelMeanMatching().fit(X, X_target=X[2:])
    >>> weighter.sample_weight_.round(3)
    array([0., 0., 2., 2.])
    >>> round(weighter.effective_sample_size_, 3)
    2.0
    """

    def __init__(self, kernel="rbf", gamma="median", B=1000.0, eps=None, ridge=1e-6):
        self.kernel = kernel
        self.gamma = gamma
        self.B = B
        self.eps = eps
        self.ridge = ridge

    def fit(self, X, y=None, *, X_target=None):
        """Learn the weights of the source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored; weights do not depend on labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them every weight is 1.

        Returns
        -------
        self : KernelMeanMatching
            The fitted weighter.

        Raises
        ------
        ValueError
            If a parameter is out of range, `B` and `eps` contradict each other, or the kernel is
            degenerate or not positive semi-definite.
        """
        X, X_target = validate_domains(self, X, X_target)
        low, high = self._check_bounds(len(X))
        if X_target is None:
            self.kernel_ = self.gamma_ = None
            self.solution_ = np.ones(len(X))
            self.kkt_residual_, self.sum_multiplier_, self.n_iter_ = 0.0, 0.0, 0
        else:
            self.kernel_ = fit_kernel(self.kernel, self.gamma, np.concatenate([X, X_target]))
            self.gamma_ = self.kernel_.gamma
            self._match(X, X_target, low, high)
        self._set_weights(self.solution_)
        return self

    def _match(self, X, X_target, low, high):
        rows = KernelRows(self.kernel_, X)
        k = len(X) * rows.means(X_target)
        try:
            match = match_means(rows, k, self.ridge, float(self.B), low, high)
        except np.linalg.LinAlgError as error:
            raise ValueError(
                f"kernel={self.kernel!r} is not positive semi-definite on the source rows, which "
                "kernel mean matching requires. Use kernel='rbf'."
            ) from error
        self.solution_, self.kkt_residual_, self.n_iter_ = match.w, match.residual, match.n_steps
        self.sum_multiplier_ = match.multiplier * rows.scale
        if match.residual > 1e-6:
            warnings.warn(
                f"The weights meet the optimality conditions to {match.residual:.1e} only, instead "
                f"of 1e-6. kernel={self.kernel!r} is probably not positive semi-definite; use "
                "kernel='rbf', or increase ridge.",
                ConvergenceWarning,
                stacklevel=3,
            )
        if match.multiplier < 0 and low < 0.5 * len(X):  # a narrow `eps` says nothing of the kernel
            warnings.warn(
                f"The sum of the weights fell to its lower bound ({low:.4g} of {len(X)} source "
                "rows): under this kernel the source hardly reaches the target. Use a wider kernel "
                "(smaller gamma), scale source and target alike first (CorpusScaler), or reduce "
                "the dimension (PCA).",
                UserWarning,
                stacklevel=3,
            )

    def _check_bounds(self, n_source):
        """Bounds of the sum of the weights."""
        for name in ("B", "ridge"):
            value = getattr(self, name)
            if not (is_number(value, 0) and value > 0):
                raise ValueError(f"{name} must be a positive number, got {value!r}.")
        if self.eps is not None and not is_number(self.eps, 0):
            raise ValueError(f"eps must be None or a number >= 0, got {self.eps!r}.")
        root = np.sqrt(n_source)
        eps = (root - 1) / root if self.eps is None else float(self.eps)
        if 1 - eps > self.B:
            raise ValueError(
                f"B={self.B!r} and eps={self.eps!r} contradict each other: weights of at most B "
                f"cannot reach the mean 1 - eps = {1 - eps:.4g}. Increase B (>= 1 always works) or "
                "eps."
            )
        return n_source * (1 - eps), n_source * (1 + eps)
