"""Balanced distribution adaptation."""

from sklearn.base import BaseEstimator

from .._checks import check_flags, is_number
from ._balance import estimate_balance
from ._class_differences import joint_differences
from ._kernel_components import KernelComponentsMixin, projection
from ._relabelling import fit_relabelled
from ._transfer_components import principal_components


class BDA(KernelComponentsMixin, BaseEstimator):
    """Project both domains to kernel components that balance domain means against class means.

    `JDA` with a say in what is aligned: a corpus pair that differs as a whole, as by a microphone,
    wants the domain means aligned, one whose classes moved apart wants the class means. As with
    `JDA` the target's classes are pseudo-labels, so scale each corpus by itself first
    (`CorpusScaler`). With ``weighted=True`` use it where the shares of the classes differ.

    With the kernel matrix K of source and target rows together, the components W maximise

    ``tr(W'KHKW)``  subject to  ``W'(mu KMK + I)W = I``,  ``M = (1 - b) M0 + b sum_c Mc``

    where H centres, ``tr(W'K M0 KW)`` is the squared distance between the domain means and
    ``tr(W'K Mc KW)`` that between the means of class c. The first iteration has ``M = M0`` and is
    TCA. Every iteration trains a classifier on the projected source rows, predicts the target and
    builds M anew, until no prediction changes.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, at most ``n_source + n_target - 1`` (and `landmarks`, and
        ``n_features`` for the linear kernel); more are cut to that. Components beyond the rank of
        the kernel matrix are 0.
    mu : float, default=1.0
        How strongly the means are pulled together, from 0 (kernel principal components) upward:
        the reciprocal of the paper's lambda.
    balance : float or "estimate", default=0.5
        The factor b, from 0 (domain means only) to 1 (class means only). "estimate" computes it
        before every iteration from how well a classifier tells source from target, see Notes.
    weighted : bool, default=False
        Whether the mean of a class in the target is multiplied by the share of the class in the
        target over its share in the source (weighted BDA), the former by the pseudo-labels.
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
        which the weighed means differ most is shrunk by ``1 / sqrt(1 + mu)`` in every iteration;
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
    balance_ : float
        The b of these components; 0.0 in the first iteration.
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
    JDA : Weighs the domain means and every class alike, ``M = M0 + sum_c Mc``.
    TCA : ``balance=0``: aligns the domain means only and needs no labels.
    CorpusScaler : Aligns means and variances, feature by feature; use it before.

    Notes
    -----
    ``balance=0.5`` is `JDA` with half its `mu` from the second iteration on. What is said there of
    absent classes, of pseudo-labels that collapse, of `scale_` and of several targets holds here.

    "estimate" is after the dynamic balance of [2]_ and [3]_: ``b = d_c / (d_c + d_m)`` with the
    proxy A-distance ``2 (1 - 2 error)`` between the domains, d_m, and its mean over the classes,
    d_c, as in the authors' code (their text adds the classes up). The error is our choice: that of
    a ridge classifier on the kernel principal components, each row left out in turn and both
    domains counted alike, where the authors take the training error of a linear SVM.

    Without ``X_target`` there is nothing to align: kernel PCA of the source with uncentred
    projections, and `y` is ignored.

    **Cost.** For n rows in both domains, d features, k components and t iterations time is
    O(n^2 (d + t k)), memory O(n^2); with m landmarks O(n m (d + m) + t m^2 k) and O(n (d + m)). The
    kernel matrix is computed once, and an iteration costs as much as the eigenproblem of `TCA` plus
    a fit of `estimator`; "estimate" adds one eigenproblem and O(n k^2) per iteration.

    References
    ----------
    .. [1] J. Wang, Y. Chen, S. Hao, W. Feng, Z. Shen (2017), "Balanced Distribution Adaptation for
       Transfer Learning", ICDM. https://doi.org/10.1109/ICDM.2017.150
    .. [2] J. Wang, W. Feng, Y. Chen, H. Yu, M. Huang, P. S. Yu (2018), "Visual Domain Adaptation
       with Manifold Embedded Distribution Alignment", ACM Multimedia.
       https://doi.org/10.1145/3240508.3240512
    .. [3] J. Wang, Y. Chen, W. Feng, H. Yu, M. Huang, Q. Yang (2020), "Transfer Learning with
       Dynamic Distribution Adaptation", ACM Transactions on Intelligent Systems and Technology
       11(1). https://doi.org/10.1145/3360309

    Examples
    --------
    >>> from featuretransfer import BDA, CorpusScaler
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(shift="channel", random_state=0)
    >>> X, y, X_target = corpora.X_source, corpora.y_source, corpora.X_target
    >>> adapter = BDA(n_components=10, balance="estimate")
    >>> print(f"{adapter.fit(X, y, X_target=(X_target,)).balance_:.2f}")
    0.50

    Once each corpus is scaled by itself, what is left lies between the classes:

    >>> scaler = CorpusScaler().fit(X, X_target=(X_target,))
    >>> X, X_target = scaler.transform_source(X), scaler.transform(X_target)
    >>> print(f"{adapter.fit(X, y, X_target=(X_target,)).balance_:.2f}")
    1.00
    """

    settings = ("transductive",)
    uses_y = True
    labels_by_classifier = True

    def __init__(
        self,
        n_components=30,
        mu=1.0,
        balance=0.5,
        weighted=False,
        kernel="rbf",
        gamma="median",
        landmarks=None,
        mu_scale="absolute",
        estimator=None,
        max_iter=10,
    ):
        self.n_components = n_components
        self.mu = mu
        self.balance = balance
        self.weighted = weighted
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
        self : BDA
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, the kernel is degenerate, or labels are missing.
        TypeError
            If `estimator` is not a classifier, or `weighted` is no bool.
        """
        self._fit(X, y, X_target)
        return self

    def _fit(self, X, y, X_target):
        balance = self.balance
        if not (is_number(balance, 0) and balance <= 1) and balance != "estimate":
            raise ValueError(
                f"balance must be 'estimate' or a number from 0 to 1, got {balance!r}."
            )
        check_flags(self, "weighted")
        used = [0.0]  # by iteration; the first one aligns the domain means alone

        def make_differences(space, k, y):
            rows = _unaligned(space, k) if balance == "estimate" else None

            def differences(labels):
                if rows is None:
                    used.append(float(balance))
                else:
                    used.append(estimate_balance(rows[: len(y)], rows[len(y) :], y, labels))
                return joint_differences(y, labels, used[-1], self.weighted)

            return differences

        projected = fit_relabelled(self, X, y, X_target, make_differences, stacklevel=3)
        self.balance_ = used[self.n_iter_ - 1]
        return projected


def _unaligned(space, k):
    """All rows at the kernel principal components."""
    return projection(space, principal_components(space, space.spread(), k)).projected
