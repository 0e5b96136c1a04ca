"""Transfer component analysis."""

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import is_count, is_number
from .._linalg import column_signs, fit_kernel
from ._landmarks import choose_landmarks, inverse_root, share_kept
from ._transfer_components import SCALINGS, dual_components, mean_difference, primal_components

MU_SCALES = ("absolute", "relative")


class TCA(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
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
        Width of the kernel. "median" is 1 / the median of the non-zero squared distances between
        rows of source and target; "scale" is 1 / (n_features * variance).
    landmarks : int, default=None
        Approximate the kernel by this many landmarks (Nystroem), for more rows than a matrix of
        shape (n_source + n_target,) * 2 can hold. None, or at least as many as there are rows, is
        exact.
    mu_scale : {"absolute", "relative"}, default="absolute"
        "absolute" uses `mu` as in the formula: its effect grows with the number of rows and, for
        the linear kernel, with the units of the features. "relative" divides it by ``|Ke|^2``, so
        that the direction between the domain means is shrunk by ``1 / sqrt(1 + mu)`` on any data.
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
        ``mu |Ke|^2``: along the direction between the domain means components are shrunk by
        ``1 / sqrt(1 + mu_effective_)``.
    scale_ : float
        The one factor of all components: ``weights_ / scale_`` meets the constraint exactly.
    kernel_ : callable
        The kernel with its width settled, a function of two arrays of rows.
    gamma_ : float
        The width used.
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
        self._fit(X, X_target)
        return self

    def fit_transform(self, X, y=None, *, X_target=None):
        """Learn the components and return the projected source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.

        Returns
        -------
        X_new : ndarray of shape (n_source, n_components)
            The projected source rows.
        """
        return self._fit(X, X_target)

    def _fit(self, X, X_target):
        """Learn the components; return the projected source rows, which fall out on the way."""
        X, X_target = validate_domains(
            self, X, X_target, ensure_min_samples=2 if X_target is None else 1
        )
        self._check_parameters()
        rows = X if X_target is None else np.concatenate([X, X_target])
        e = mean_difference(len(X), len(rows) - len(X))
        self.kernel_ = fit_kernel(self.kernel, self.gamma, rows)
        self.gamma_ = self.kernel_.gamma
        k = min(self.n_components, len(rows) - 1)
        if self.kernel == "linear":
            k = min(k, rows.shape[1])
        if self.landmarks is not None:
            k = min(k, self.landmarks)
        projected = self._solve(rows, e, k)
        signs = column_signs(self.weights_)
        self.scale_ = _common_factor(projected, np.count_nonzero(self.eigenvalues_))
        self.weights_ = self.scale_ * signs * self.weights_
        self._n_features_out = k
        return (self.scale_ * signs * projected[: len(X)]).astype(X.dtype, copy=False)

    def _solve(self, rows, e, k):
        """Learn everything but the one scale; return all rows' projections."""
        n, d = rows.shape
        options = (self.mu, self.mu_scale == "relative", self.scaling, k)
        self.landmark_share_ = 1.0
        if self.landmarks is not None and self.landmarks < n:
            centres = choose_landmarks(rows, self.landmarks)
            root = inverse_root(self.kernel_(centres, centres))
            features = self.kernel_(rows, centres) @ root
            solution = primal_components(features, e, *options)
            projected = features @ solution.weights
            self.landmark_share_ = share_kept(self.kernel_, rows, features, k)
            self.rows_, self.weights_ = (
                centres.astype(rows.dtype, copy=False),
                root @ solution.weights,
            )
        elif self.kernel == "linear" and 2 * d <= n:
            features = rows.astype(np.float64, copy=False)
            solution = primal_components(features, e, *options)
            projected = features @ solution.weights
            self.rows_, self.weights_ = None, solution.weights
        else:
            K = self.kernel_(rows, rows)
            solution = dual_components(K, e, *options)
            projected = K @ solution.weights
            self.rows_, self.weights_ = rows, solution.weights
            if self.kernel == "linear":
                self.rows_, self.weights_ = None, rows.T @ solution.weights
        self.eigenvalues_, self.mu_effective_ = solution.values, solution.strength
        self.explained_share_ = solution.explained_share
        return projected

    def _map_target(self, X):
        K = X if self.rows_ is None else self.kernel_(X, self.rows_)
        return (K @ self.weights_).astype(X.dtype, copy=False)

    def _check_parameters(self):
        for name in ("n_components", "landmarks"):
            value = getattr(self, name)
            if name == "landmarks" and value is None:
                continue
            if not is_count(value):
                allowed = "None or an integer" if name == "landmarks" else "an integer"
                raise ValueError(f"{name} must be {allowed} >= 1, got {value!r}.")
        if not is_number(self.mu, 0):
            raise ValueError(f"mu must be a finite number >= 0, got {self.mu!r}.")
        for name, allowed in (("mu_scale", MU_SCALES), ("scaling", SCALINGS)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}."
                )


def _common_factor(projected, n_components):
    """Factor that gives the columns of `projected` variance 1 on average."""
    variance = projected.var(axis=0).sum()
    return float(np.sqrt(n_components / variance)) if variance > 0 else 1.0
