"""Transfer joint matching."""

from sklearn.base import BaseEstimator

from .._checks import is_count, is_number
from ._kernel_components import (
    KernelComponentsMixin,
    check_not_negative,
    check_parameters,
    pooled_rows,
    projection,
    settle_kernel,
    store,
)
from ._row_sparsity import sparse_components
from ._transfer_components import mean_difference


class TransferJointMatching(KernelComponentsMixin, BaseEstimator):
    """Project both domains to kernel components that rest on source rows like the target.

    `TCA` that also chooses among the source rows: a penalty on the rows of the components makes
    them ignore source rows that do not help to match the domains. Use it where part of the source
    is unlike the target, such as noisy recordings or other speaking styles. No labels are used. All
    source rows are projected and train the classifier; to leave some out there as well, give it
    weights (`ReweightedClassifier`).

    With the kernel matrix K of source and target rows together, the components A minimise

    ``mu tr(A'KMKA) + s |A_source|_2,1 + |A_target|^2``  subject to  ``A'KHKA = I``

    where H centres, ``tr(A'KMKA)`` is the squared distance between the domain means, and the l2,1
    norm adds up the norms of rows.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, at most ``n_source + n_target - 1`` (and `landmarks`, and
        ``n_features`` for the linear kernel); more are cut to that. Components beyond the rank of
        the kernel matrix are 0.
    mu : float, default=1.0
        How strongly the domain means are pulled together, from 0 upward: the reciprocal of the
        paper's lambda.
    sparsity : float or "balanced", default=1.0
        The factor s, more than 0; 1.0 is the paper's. The two norms do not scale alike: rows of A
        are much shorter than 1, and there the norm outweighs its square, so that with 1.0 nearly
        all source rows give way and the components are those of the target. "balanced" is twice the
        mean norm of the source rows in the first iteration, which penalises them about as much as
        target rows.
    kernel : str or callable, default="rbf"
        "rbf", "linear", any other name of scikit-learn's pairwise kernels, or a function of two
        rows.
    gamma : "median", "scale" or float, default="median"
        Coefficient of the kernel, as in ``exp(-gamma * distance**2)``: larger is narrower. "median"
        is 1 / the median of the non-zero squared distances between rows of source and target;
        "scale" is 1 / (n_features * variance).
    landmarks : int, default=None
        Approximate the kernel by this many landmarks (Nystroem), for more rows than a matrix of
        shape (n_source + n_target,) * 2 can hold. None, or at least as many as there are rows, is
        exact.
    mu_scale : {"absolute", "relative", "frobenius"}, default="absolute"
        "absolute" uses `mu` as in the formula: its effect grows with the number of rows and, for
        the linear kernel, with the units of the features. "relative" divides it by ``|Ke|^2`` for
        ``M = ee'``, "frobenius" by the Frobenius norm of M.
    max_iter : int, default=10
        Largest number of iterations.
    tol : float, default=1e-4
        Iterations end where the objective falls by less than this share of itself.

    Attributes
    ----------
    weights_ : ndarray of shape (n_rows, n_components)
        Weights of the rows of `rows_`; for the linear kernel of shape (n_features, n_components).
    rows_ : ndarray of shape (n_rows, n_features) or None
        The rows to which kernels are computed: training rows, source before target, or landmarks.
        None for the linear kernel.
    row_norms_ : ndarray of shape (n_source,)
        Norms of the source rows of A: how much the components rest on each.
    objective_ : ndarray of shape (n_iter_,)
        The minimised sum after every iteration; it never rises.
    n_iter_ : int
        Number of iterations.
    converged_ : bool
        Whether `tol` was met.
    eigenvalues_ : ndarray of shape (n_components,)
        Generalised eigenvalues of the last iteration, descending.
    explained_share_ : float
        Share of all generalised eigenvalues that the components hold.
    landmark_share_ : float
        Estimated share of the eigenvalues kept by the landmarks, as in `TCA`; 1.0 without.
    mu_effective_ : float
        How strongly the last iteration shrinks along the direction between the domain means: by
        ``1 / sqrt(1 + mu_effective_)``.
    scale_ : float
        The one factor of all components: columns of ``weights_ / scale_`` are those of A by the
        root of their eigenvalue.
    kernel_ : callable
        The kernel with its coefficient settled, a function of two arrays of rows.
    gamma_ : float
        The coefficient used.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    TCA : The first iteration: all rows count alike.
    KernelMeanMatching : Chooses source rows by weights for the classifier.
    CorpusScaler : Aligns means and variances, feature by feature; use it before.

    Notes
    -----
    Iteratively reweighted: every iteration solves ``min tr(A'(mu KMK + G)A)`` for a diagonal G with
    ``s / (2 |a_i|)`` for source rows, from the iteration before, and 1 for target rows; the first
    has G = I. That majorises the objective, which so never rises. Norms below a millionth of the
    first iteration's mean are squared instead, so that G stays finite. The factor s and its
    "balanced" value are ours.

    The components are scaled as those of `TCA` (``W'(mu KMK + G)W = I``, not the A above, whose
    equal variances inflate noise), with one factor for all, `scale_`: the pooled training rows
    have variance 1 per component on average.

    With landmarks or the linear kernel A has one row per training row all the same: of all A with
    the same projections the one of least penalty.

    After per-corpus standardisation both means are 0 and the linear kernel has nothing left to
    align: use another kernel. Without ``X_target`` there is nothing to match: kernel PCA of the
    source with uncentred projections, in which all rows count alike.

    **Cost.** For n rows in both domains, d features, k components and t iterations time is
    O(n^2 (d + t k)), memory O(n^2): the kernel matrix is computed once, and every iteration costs
    as much as the eigenproblem of `TCA`, whose constraint matrix has a closed inverse root after
    scaling by ``G**-0.5``. With m landmarks they are O(n m (d + t m)) and O(n (d + m)).

    References
    ----------
    .. [1] M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu (2014), "Transfer Joint Matching for
       Unsupervised Domain Adaptation", CVPR. https://doi.org/10.1109/CVPR.2014.183

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TransferJointMatching
    >>> rng = np.random.default_rng(0)
    >>> like, unlike = rng.normal(size=(40, 5)), rng.normal(size=(40, 5)) + 2
    >>> X, X_target = np.concatenate([like, unlike]), rng.normal(size=(50, 5))
    >>> adapter = TransferJointMatching(3, sparsity="balanced").fit(X, X_target=X_target)
    >>> bool(adapter.row_norms_[:40].mean() > adapter.row_norms_[40:].mean())
    True
    """

    def __init__(
        self,
        n_components=30,
        mu=1.0,
        sparsity=1.0,
        kernel="rbf",
        gamma="median",
        landmarks=None,
        mu_scale="absolute",
        max_iter=10,
        tol=1e-4,
    ):
        self.n_components = n_components
        self.mu = mu
        self.sparsity = sparsity
        self.kernel = kernel
        self.gamma = gamma
        self.landmarks = landmarks
        self.mu_scale = mu_scale
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X, y=None, *, X_target=None):
        """Learn the components.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the components are those of
            kernel PCA.

        Returns
        -------
        self : TransferJointMatching
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range or the kernel is degenerate.
        """
        self._fit(X, y, X_target)
        return self

    def _fit(self, X, y, X_target):
        rows, n_source = pooled_rows(self, X, X_target)
        self._check_parameters()
        space, k = settle_kernel(self, rows)
        found = sparse_components(
            space,
            mean_difference(n_source, len(rows) - n_source),
            n_source,
            k,
            mu=self.mu,
            mu_scale=self.mu_scale,
            sparsity=self.sparsity,
            max_iter=1 if X_target is None else self.max_iter,
            tol=self.tol,
        )
        self.row_norms_, self.objective_ = found.row_norms, found.objective
        self.n_iter_, self.converged_ = len(found.objective), X_target is None or found.converged
        self.mu_effective_ = found.strength
        self.explained_share_ = found.components.explained_share
        projected = store(
            self, projection(found.space, found.components), found.components, n_source
        )
        return projected.astype(rows.dtype, copy=False)

    def _check_parameters(self):
        check_parameters(self)
        check_not_negative(self, "tol")
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")
        if self.sparsity != "balanced" and not (is_number(self.sparsity, 0) and self.sparsity > 0):
            raise ValueError(f"sparsity must be 'balanced' or a number > 0, got {self.sparsity!r}.")
