"""Joint distribution adaptation."""

from sklearn.base import BaseEstimator

from ._class_differences import joint_differences
from ._kernel_components import KernelComponentsMixin
from ._relabelling import fit_relabelled


class JDA(KernelComponentsMixin, BaseEstimator):
    """Project both domains to kernel components in which their means agree, class by class too.

    Use it where the classes moved by different amounts between the corpora, which no alignment of
    the domains as wholes can mend, and where a classifier of the source does better than chance on
    the target already. Pseudo-labels stand for the unknown labels of the target, so errors in them
    are aligned too: scale each corpus by itself first (`CorpusScaler`), and prefer `TCA` where the
    first predictions are poor.

    With the kernel matrix K of source and target rows together, the components W maximise

    ``tr(W'KHKW)``  subject to  ``W'(mu KMK + I)W = I``

    where H centres and ``tr(W'KMKW)`` sums the squared distances between the domain means and
    between the means of each class: ``M = M0 + sum_c Mc``. The first iteration has ``M = M0`` and
    is TCA. Every iteration trains a classifier on the projected source rows, predicts the target
    and builds M anew, until no prediction changes.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, at most ``n_source + n_target - 1`` (and `landmarks`, and
        ``n_features`` for the linear kernel); more are cut to that. Components beyond the rank of
        the kernel matrix are 0.
    mu : float, default=1.0
        How strongly the means are pulled together, from 0 (kernel principal components) upward:
        the reciprocal of the paper's lambda. Much larger values trust the pseudo-labels blindly.
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
        "absolute" uses `mu` as in the formula: its effect grows with the number of rows. With
        ``M = EE'``, "relative" divides it by ``|KE|^2`` (spectral norm), so that the direction in
        which the means differ most is shrunk by ``1 / sqrt(1 + mu)`` in every iteration;
        "frobenius" divides it by the Frobenius norm of M, as the authors' code does.
    estimator : classifier, default=None
        Predicts the pseudo-labels. None is
        ``LogisticRegression(class_weight="balanced", max_iter=500)``; `recipe` gives the classifier
        that follows.
    max_iter : int, default=10
        Largest number of iterations.

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
    pseudo_labels_ : ndarray of shape (n_target,) or None
        What `estimator`, trained on the projected source rows, predicts for the projected target
        rows. None without ``X_target``.
    n_iter_ : int
        The iteration whose components are kept.
    converged_ : bool
        Whether the pseudo-labels are those from which the components were made.
    landmark_share_ : float
        Estimated share of the eigenvalues kept by the landmarks, as in `TCA`; 1.0 without.
    mu_effective_ : float
        ``mu |KE|^2``: along the direction in which the means differ most components are shrunk by
        ``1 / sqrt(1 + mu_effective_)``.
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
    TCA : The first iteration: aligns the domain means only and needs no labels.
    BDA : Weighs the domain means against the class means.
    CorpusScaler : Aligns means and variances, feature by feature; use it before.

    Notes
    -----
    M is built anew in every iteration; a class that either the source or the pseudo-labels lack has
    no term. The sum of squared distances need not fall from one iteration to the next, because the
    labels change. Where the pseudo-labels nearly lose a class that the source leads one to expect,
    the iteration before is kept, with a `PseudoLabelWarning`; where that happens in the first
    iteration, its components are kept, which are those of `TCA`.

    All components share one factor, `scale_`: the pooled training rows have variance 1 per
    component on average. The classifier of the pseudo-labels sees them so, and centred.

    Without ``X_target`` there is nothing to align: kernel PCA of the source with uncentred
    projections, and `y` is ignored. The targets of a tuple are pooled, and share their class means.

    **Cost.** For n rows in both domains, d features, k components and t iterations time is
    O(n^2 (d + t k)), memory O(n^2); with m landmarks O(n m (d + m) + t m^2 k) and O(n (d + m)). The
    kernel matrix is computed once, and an iteration costs as much as the eigenproblem of `TCA` plus
    a fit of `estimator`: for C classes the constraint matrix has rank C + 1 beside I, and a closed
    inverse root.

    References
    ----------
    .. [1] M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu (2013), "Transfer Feature Learning with Joint
       Distribution Adaptation", ICCV. https://doi.org/10.1109/ICCV.2013.274

    Examples
    --------
    >>> from featuretransfer import JDA, TCA, CorpusScaler
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> from sklearn.linear_model import LogisticRegression
    >>> corpora = make_shifted_corpora(separation=1.5, random_state=0)
    >>> scaler = CorpusScaler().fit(corpora.X_source, X_target=(corpora.X_target,))
    >>> X = scaler.transform_source(corpora.X_source)
    >>> X_target = scaler.transform(corpora.X_target)
    >>> for adapter in (TCA(), JDA()):
    ...     Z = adapter.fit_transform(X, corpora.y_source, X_target=(X_target,))
    ...     classifier = LogisticRegression(C=0.01, max_iter=500).fit(Z, corpora.y_source)
    ...     print(f"{classifier.score(adapter.transform(X_target), corpora.y_target):.1f}")
    0.8
    0.9
    """

    settings = ("transductive",)
    uses_y = True
    labels_by_classifier = True

    def __init__(
        self,
        n_components=30,
        mu=1.0,
        kernel="rbf",
        gamma="median",
        landmarks=None,
        mu_scale="absolute",
        estimator=None,
        max_iter=10,
    ):
        self.n_components = n_components
        self.mu = mu
        self.kernel = kernel
        self.gamma = gamma
        self.landmarks = landmarks
        self.mu_scale = mu_scale
        self.estimator = estimator
        self.max_iter = max_iter

    def fit(self, X, y=None, *, X_target=None):
        """Learn the components.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels, needed with ``X_target``.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the components are those of
            kernel PCA.

        Returns
        -------
        self : JDA
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, the kernel is degenerate, or labels are missing.
        TypeError
            If `estimator` is not a classifier.
        """
        self._fit(X, y, X_target)
        return self

    def _fit(self, X, y, X_target):
        def make_differences(space, k, y):
            return lambda labels: joint_differences(y, labels)

        return fit_relabelled(self, X, y, X_target, make_differences, stacklevel=3)
