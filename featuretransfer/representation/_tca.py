"""Transfer component analysis."""

from sklearn.base import BaseEstimator

from ._kernel_components import (
    KernelComponentsMixin,
    check_choice,
    check_parameters,
    pooled_rows,
    projection,
    settle_kernel,
    store,
)
from ._transfer_components import SCALINGS, find_components, mean_difference, mean_root


class TCA(KernelComponentsMixin, BaseEstimator):
    """Project both domains to the kernel components in which their means agree.

    For the kernel matrix K of source and target rows together, the components W maximise

    ``tr(W'KHKW)``  subject to  ``W'(mu KLK + I)W = I``

    where H centres and ``W'KLKW`` is the squared distance between the domain means: directions that
    tell the domains apart are shrunk. No labels are used. Rows, old and new, of either domain are
    projected to ``k(x, X) W``.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, at most ``n_source + n_target - 1`` (and `landmarks`, and
        ``n_features`` for the linear kernel); more are cut to that. Components beyond the rank of
        the kernel matrix are 0.
    mu : float, default=1.0
        How strongly the domain means are pulled together, from 0 (kernel principal components)
        upward. The papers' trade-off parameter is its reciprocal.
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
        the linear kernel, with the units of the features. "relative" divides it by ``|Ke|^2``, so
        that the direction between the domain means is shrunk by ``1 / sqrt(1 + mu)`` on any data.
        "frobenius" divides it by the Frobenius norm of L, as much published code does.
    scaling : {"b", "unit", "whitened"}, default="b"
        How components are scaled to one another: "b" as in the formula above, "unit" to
        eigenvectors of unit length (published code), "whitened" to equal variance (``W'KHKW = I``,
        the constraint printed in the papers, which inflates noise).

    Attributes
    ----------
    weights_ : ndarray of shape (n_rows, n_components)
        W, for the rows of `rows_`; for the linear kernel of shape (n_features, n_components).
    rows_ : ndarray of shape (n_rows, n_features) or None
        The rows to which kernels are computed: training rows, source before target, or landmarks.
        None for the linear kernel.
    eigenvalues_ : ndarray of shape (n_components,)
        Generalised eigenvalues, ``tr(W'KHKW)`` by component under the constraint above, descending.
    explained_share_ : float
        Share of all generalised eigenvalues that the components hold.
    landmark_share_ : float
        Estimated share of the eigenvalues kept by the landmarks: sum of the first eigenvalues of
        the centred approximate kernel matrix over that of the exact one, on at most 1,000 evenly
        spread rows. 1.0 without landmarks.
    mu_effective_ : float
        ``mu |Ke|^2``, with `mu` as `mu_scale` has it: along the direction between the domain means
        components are shrunk by ``1 / sqrt(1 + mu_effective_)``.
    scale_ : float
        The one factor of all components: ``weights_ / scale_`` meets the constraint exactly.
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
    CORAL : Aligns covariances in the original features.
    CorpusScaler : Aligns means and variances, feature by feature; use it before.

    Notes
    -----
    All components share one factor, `scale_`: the pooled training rows have variance 1 per
    component on average, as standardised features have, so that the regularisation of a classifier
    keeps its usual meaning. Relative sizes stay those of `scaling`.

    After per-corpus standardisation both means are 0 and the linear kernel has nothing left to
    align: use another kernel. Without ``X_target`` there is nothing to align either: L = 0, which
    is kernel PCA of the source with uncentred projections.

    With v = Ke the constraint matrix I + mu vv' has a closed inverse root, and Lanczos iteration
    needs only products with K. Landmarks are k-means centres, started from rows evenly spread by
    norm: no seed matters.

    **Cost.** For n rows in both domains, d features and k components time is O(n^2 (d + k)), memory
    O(n^2). With m landmarks they are O(n m (d + m)) and O(n (d + m)), for the linear kernel with
    d < n / 2 O(n d^2) and O(n d).

    References
    ----------
    .. [1] S. J. Pan, I. W. Tsang, J. T. Kwok, Q. Yang (2011), "Domain Adaptation via Transfer
       Component Analysis", IEEE Transactions on Neural Networks 22(2), equation (7).
       https://doi.org/10.1109/TNN.2010.2091281
    .. [2] K. Zhang, I. W. Tsang, J. T. Kwok (2008), "Improved Nystroem Low-Rank Approximation and
       Error Analysis", ICML (landmarks).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TCA
    >>> rng = np.random.default_rng(0)
    >>> Xs, Xt = rng.normal(size=(60, 5)), rng.normal(size=(50, 5)) + [3, 0, 0, 0, 0]
    >>> for mu in (0.0, 1000.0):
    ...     tca = TCA(n_components=2, mu=mu)
    ...     gap = tca.fit_transform(Xs, X_target=Xt).mean(axis=0) - tca.transform(Xt).mean(axis=0)
    ...     print(f"{np.linalg.norm(gap):.2f}")
    2.00
    0.00
    """

    def __init__(
        self,
        n_components=30,
        mu=1.0,
        kernel="rbf",
        gamma="median",
        landmarks=None,
        mu_scale="absolute",
        scaling="b",
    ):
        self.n_components = n_components
        self.mu = mu
        self.kernel = kernel
        self.gamma = gamma
        self.landmarks = landmarks
        self.mu_scale = mu_scale
        self.scaling = scaling

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
        self : TCA
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range or the kernel is degenerate.
        """
        self._fit(X, None, X_target)
        return self

    def _fit(self, X, y, X_target):
        rows, n_source = pooled_rows(self, X, X_target)
        check_parameters(self)
        check_choice(self, "scaling", SCALINGS)
        space, k = settle_kernel(self, rows)
        e = mean_difference(n_source, len(rows) - n_source)
        root = mean_root(space, e, self.mu, self.mu_scale)
        components = find_components(space, space.spread(), root, k, self.scaling)
        self.mu_effective_ = root.strength
        self.explained_share_ = components.explained_share
        projected = store(self, projection(space, components), components, n_source)
        return projected.astype(rows.dtype, copy=False)
