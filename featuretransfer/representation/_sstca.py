"""Semi-supervised transfer component analysis."""

import numpy as np
from sklearn.base import BaseEstimator

from .._checks import is_count, is_number
from .._labels import source_labels
from ._kernel_components import (
    KernelComponentsMixin,
    check_not_negative,
    check_parameters,
    pooled_rows,
    projection,
    settle_kernel,
    store,
)
from ._locality import LocalRoot
from ._neighbor_graph import neighbor_laplacian
from ._transfer_components import find_components, mean_difference, mean_root


class SemiSupervisedTCA(KernelComponentsMixin, BaseEstimator):
    """Project both domains to kernel components that agree in mean and tell the classes.

    `TCA` with two more wishes: components on which source rows of one class lie close come first,
    and rows that are neighbours stay so, which spreads the labels into the target. Use it with few
    components, where it matters which directions are kept; with many, `TCA` keeps them all. The
    labels are those of the source only, so no pseudo-labels can go wrong.

    With the kernel matrix K of n source and target rows together, the components W maximise

    ``tr(W'KH (g Y + (1 - g) I) HKW)``  subject to
    ``W'(I + mu KLK + mu l / n^2 K D K)W = I``

    where H centres, ``Y_ij`` is 1 for source rows i and j of one class and 0 otherwise, ``W'KLKW``
    is the squared distance between the domain means, and D the Laplacian of the graph of nearest
    neighbours.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, at most ``n_source + n_target - 1`` (and `landmarks`, and
        ``n_features`` for the linear kernel); more are cut to that. Components beyond the rank of
        the maximised matrix are 0.
    mu : float, default=1.0
        How strongly the domain means are pulled together, and neighbours kept, from 0 upward. The
        paper's trade-off parameter is its reciprocal.
    label_weight : float, default=0.5
        The factor g, from 0 (labels are not used) to 1 (labels alone, which leaves as many
        components as there are classes).
    locality : float, default=1.0
        The factor l, from 0 (no graph) upward.
    n_neighbors : int, default=10
        Neighbours of each row in the graph, cut to the number of other rows.
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
        ``L = ee'``, "frobenius" by the Frobenius norm of L; neither where there is no difference.

    Attributes
    ----------
    weights_ : ndarray of shape (n_rows, n_components)
        W, for the rows of `rows_`; for the linear kernel of shape (n_features, n_components).
    rows_ : ndarray of shape (n_rows, n_features) or None
        The rows to which kernels are computed: training rows, source before target, or landmarks.
        None for the linear kernel.
    eigenvalues_ : ndarray of shape (n_components,)
        Generalised eigenvalues, the maximised trace by component, descending.
    landmark_share_ : float
        Estimated share of the eigenvalues kept by the landmarks, as in `TCA`; 1.0 without.
    mu_effective_ : float
        ``mu |Ke|^2``: along the direction between the domain means components are shrunk by
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
    TCA : Without labels and graph.
    JDA : Aligns class means, by pseudo-labels.
    CorpusScaler : Aligns means and variances, feature by feature; use it before.

    Notes
    -----
    In the graph two rows, of whichever domain, are joined if either is among the `n_neighbors`
    nearest of the other, with the weight ``exp(-distance^2 / s)``, s being the mean squared
    distance of neighbours (our choice). The factor ``1 / n^2`` keeps the meaning of `locality` on
    more rows; it is as we recall the paper. Distances are those of the features, so scale them.
    With `landmarks` the graph joins these, each in place of n / m rows.

    All components share one factor, `scale_`: the pooled training rows have variance 1 per
    component on average.

    Without ``X_target`` there are no means to align; labels, if given, and the graph still shape
    the components of the source. The targets of a tuple are pooled.

    **Cost.** For n rows in both domains, d features and k components time is O(n^2 (d + k)) and
    memory O(n^2) without graph; the graph adds O(n^3), a product with K and a Cholesky
    factorisation, and a third matrix of n^2 values. With m landmarks, graph included, they are
    O(n m (d + m)) and O(n (d + m)): use landmarks beyond a few thousand rows.

    The matrix Y, of rank n_classes, is never formed.

    References
    ----------
    .. [1] S. J. Pan, I. W. Tsang, J. T. Kwok, Q. Yang (2011), "Domain Adaptation via Transfer
       Component Analysis", IEEE Transactions on Neural Networks 22(2), section IV.
       https://doi.org/10.1109/TNN.2010.2091281

    Examples
    --------
    >>> from featuretransfer import TCA, CorpusScaler, SemiSupervisedTCA
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> from sklearn.linear_model import LogisticRegression
    >>> corpora = make_shifted_corpora(shift="channel", strength=0.5, random_state=0)
    >>> scaler = CorpusScaler().fit(corpora.X_source, X_target=(corpora.X_target,))
    >>> X = scaler.transform_source(corpora.X_source)
    >>> X_target = scaler.transform(corpora.X_target)
    >>> for adapter in (TCA(3), SemiSupervisedTCA(3)):
    ...     Z = adapter.fit_transform(X, corpora.y_source, X_target=(X_target,))
    ...     classifier = LogisticRegression(max_iter=500).fit(Z, corpora.y_source)
    ...     print(f"{classifier.score(adapter.transform(X_target), corpora.y_target):.2f}")
    0.72
    0.81
    """

    settings = ("transductive",)
    uses_y = True

    def __init__(
        self,
        n_components=30,
        mu=1.0,
        label_weight=0.5,
        locality=1.0,
        n_neighbors=10,
        kernel="rbf",
        gamma="median",
        landmarks=None,
        mu_scale="absolute",
    ):
        self.n_components = n_components
        self.mu = mu
        self.label_weight = label_weight
        self.locality = locality
        self.n_neighbors = n_neighbors
        self.kernel = kernel
        self.gamma = gamma
        self.landmarks = landmarks
        self.mu_scale = mu_scale

    def fit(self, X, y=None, *, X_target=None):
        """Learn the components.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels, needed with ``X_target`` unless `label_weight` is 0.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them no means are aligned.

        Returns
        -------
        self : SemiSupervisedTCA
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, the kernel is degenerate, or labels are missing.
        """
        self._fit(X, y, X_target)
        return self

    def _fit(self, X, y, X_target):
        rows, n_source = pooled_rows(self, X, X_target)
        self._check_parameters()
        uses_labels = self.label_weight > 0 and not (y is None and X_target is None)
        if uses_labels:
            y = source_labels(self, rows[:n_source], y)
        space, k = settle_kernel(self, rows)
        if uses_labels:
            factor = np.sqrt(self.label_weight) * _centred_indicators(y, len(rows))
            spread = space.spread(1 - self.label_weight, factor)
        else:
            spread = space.spread()
        e = mean_difference(n_source, len(rows) - n_source)
        root = mean_root(space, e, self.mu, self.mu_scale)
        self.mu_effective_ = root.strength
        weight = root.mu * self.locality / len(rows) ** 2
        if weight > 0:
            joined = rows if space.rows is None else space.rows  # all rows, or the landmarks
            weight *= len(rows) / len(joined)
            local = space.congruent(neighbor_laplacian(joined, self.n_neighbors, heat=True))
            root = LocalRoot(local, weight, space.adjoint(e[:, None]), root.mu)
        components = find_components(space, spread, root, k)
        projected = store(self, projection(space, components), components, n_source)
        return projected.astype(rows.dtype, copy=False)

    def _check_parameters(self):
        check_parameters(self)
        check_not_negative(self, "locality")
        if not (is_number(self.label_weight, 0) and self.label_weight <= 1):
            raise ValueError(
                f"label_weight must be a number from 0 to 1, got {self.label_weight!r}."
            )
        if not is_count(self.n_neighbors):
            raise ValueError(f"n_neighbors must be an integer >= 1, got {self.n_neighbors!r}.")


def _centred_indicators(y, n):
    """Columns that indicate the classes of the first rows, 0 for the others, centred."""
    indicators = np.zeros((n, len(np.unique(y))))
    indicators[: len(y)] = y[:, None] == np.unique(y)
    return indicators - indicators.mean(axis=0)
