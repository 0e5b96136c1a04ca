"""Transfer linear subspace learning."""

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import check_counts, is_number
from .._labels import source_labels
from .._linalg import check_reg, fix_signs, ledoit_wolf_shrinkage
from ._neighbor_graph import cross_laplacian, neighbor_laplacian
from ._principal_axes import principal_axes

CRITERIA = ("pca", "lda", "lpp")
SCALINGS = ("unit", "whitened")


class TLSL(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Linear subspace learning with the domains drawn together (transfer linear subspace learning).

    A row x becomes ``(x - m) P``. The columns of P minimise

    ``tr(P' (F + lam D + mu G) P)``  subject to  ``P' C P = I``

    where F is the criterion of a classical method: principal components, linear discriminant
    analysis or locality preserving projections; ``P'DP`` is the squared distance between the domain
    means, ``P'GP`` half the mean squared distance between neighbours across the domains, and C the
    covariance of all rows. Use it where few, linear features are wanted; "pca" and "lpp" need no
    labels, "lda" those of the source.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, cut to the rank of all rows together, for "lda" to
        ``n_classes - 1``.
    criterion : {"pca", "lda", "lpp"}, default="pca"
        "pca": largest variance, ``F = tr(C) / n_features I``. "lda": within-class minus
        between-class covariance of the source, which needs `y`. "lpp": half the mean squared
        distance between neighbours, whatever their domains, which keeps neighbourhoods.
    lam : float, default=1.0
        Weight of the distance between the domain means.
    mu : float, default=1.0
        Weight of the distance between neighbours across the domains.
    n_neighbors : int, default=5
        Neighbours of each row in the graphs.
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of C, as in `CORAL`. Without any (0.0) "lda" fits noise where there are no
        more rows than features.
    scaling : {"unit", "whitened"}, default="unit"
        How components are scaled to one another: "unit" makes the columns of P of equal length, so
        that components have the variance of the data along them; "whitened" is the constraint
        itself, components of about equal variance, which inflates noise.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Mean m of all rows.
    weights_ : ndarray of shape (n_features, n_components_)
        The matrix P, scaled.
    eigenvalues_ : ndarray of shape (n_components_,)
        What each component adds to the objective under the constraint, ascending.
    n_components_ : int
        Number of components.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    TCA : Components of a kernel in which the domain means agree.
    SubspaceAlignment : A principal subspace for each domain, one turned into the other.

    Notes
    -----
    After per-corpus standardisation the domain means are equal and `lam` has nothing left to do:
    there the neighbours across the domains (`mu`) do all the transfer. All terms are averages, so
    neither `lam` nor `mu` depends on the numbers of rows; a graph is divided by the sum of its
    degrees, rows are linked where one is among the nearest of the other.

    All components share one factor: the training rows have variance 1 per component on average, as
    in `TCA`. P lies in the span of the rows.

    "lda" leaves only ``n_classes - 1`` components, fitted to source labels alone: with few rows for
    the number of features it loses more than it gains.

    Without ``X_target`` the second and third terms are absent: plain principal components, linear
    discriminants or locality preserving projections of the source.

    After the paper, not a copy of it: it measures the similarity of corpora by a nearest-neighbour
    graph, which is G here; the distance between means comes from the same author's earlier work.
    Its grouping of features into more and less transferable ones is left out. The trace of the
    scatter difference stands for the ratio of scatters, which would reward directions in which the
    target alone varies.

    **Cost.** For n rows in both domains, d features and r = min(n, d) time is
    O(n d r + n^2 r + r^3), memory O(n d): graphs are sparse, distances are held for a block of rows
    at a time, and no d x d matrix is formed where d > n. Only the time of the graphs grows with the
    square of n, to half a minute for 50,000 rows; ``mu=0`` with "pca" or "lda" needs none.

    References
    ----------
    .. [1] P. Song (2019), "Transfer Linear Subspace Learning for Cross-Corpus Speech Emotion
       Recognition", IEEE Transactions on Affective Computing 10(2), 265-275.
    .. [2] X. He, P. Niyogi (2003), "Locality Preserving Projections", NIPS.
    .. [3] H. Li, T. Jiang, K. Zhang (2006), "Efficient and Robust Feature Extraction by Maximum
       Margin Criterion", IEEE Transactions on Neural Networks 17(1) (the scatter difference).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TLSL
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=12, shift="location", random_state=0)
    >>> for lam in (0.0, 100.0):
    ...     adapter = TLSL(3, lam=lam, mu=0.0)
    ...     source = adapter.fit_transform(data.X_source, X_target=data.X_target)
    ...     gap = source.mean(axis=0) - adapter.transform(data.X_target).mean(axis=0)
    ...     print(f"{np.linalg.norm(gap):.2f}")
    2.38
    0.00
    """

    def __init__(
        self,
        n_components=30,
        criterion="pca",
        lam=1.0,
        mu=1.0,
        n_neighbors=5,
        reg="ledoit-wolf",
        scaling="unit",
    ):
        self.n_components = n_components
        self.criterion = criterion
        self.lam = lam
        self.mu = mu
        self.n_neighbors = n_neighbors
        self.reg = reg
        self.scaling = scaling

    def fit(self, X, y=None, *, X_target=None):
        """Learn the components.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels, used by ``criterion="lda"`` alone.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled.

        Returns
        -------
        self : TLSL
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, all rows are equal, or "lda" has no labels of two
            classes.
        """
        X, X_target = validate_domains(
            self, X, X_target, ensure_min_samples=2 if X_target is None else 1
        )
        self._check_parameters()
        codes = self._class_codes(X, y) if self.criterion == "lda" else None
        rows = X if X_target is None else np.concatenate([X, X_target])
        self.mean_, axes, *_ = principal_axes(rows, "X" if X_target is None else "X and X_target")
        # the problem in the span of the rows, in coordinates in which their covariance is diagonal
        rows = (rows - self.mean_) @ axes
        A, variances = self._objective(rows, len(X), codes)
        k = min(self.n_components, len(A))
        if codes is not None:
            k = min(k, codes.max())
        roots = np.sqrt(variances)
        A /= np.outer(roots, roots)
        self.eigenvalues_, P = linalg.eigh(A, subset_by_index=[0, k - 1])
        P /= roots[:, None]
        if self.scaling == "unit":
            P /= np.linalg.norm(P, axis=0)
        P /= np.sqrt((rows @ P).var(axis=0).mean())
        self.weights_ = fix_signs(axes @ P)
        self.n_components_ = self._n_features_out = k
        return self

    def _objective(self, rows, n_source, codes):
        """``F + lam D + mu G``, and the diagonal of C, from centred uncorrelated rows."""
        squares = np.einsum("ij,ij->i", rows, rows)
        variances = np.einsum("ij,ij->j", rows, rows) / len(rows)
        average = variances.sum() / self.n_features_in_
        source, target = rows[:n_source], rows[n_source:]
        if self.criterion == "pca":
            A = average * np.eye(len(variances))
        elif self.criterion == "lda":
            A = scatter_difference(source, codes)
        else:
            A = graph_distance(rows, neighbor_laplacian(rows, self.n_neighbors))
        if len(target):
            gap = source.mean(axis=0) - target.mean(axis=0)
            A += self.lam * np.outer(gap, gap)
            if self.mu > 0:
                graph = cross_laplacian(source, target, self.n_neighbors)
                A += self.mu * graph_distance(rows, graph)
        if self.reg != "ledoit-wolf":
            return A, variances + self.reg
        a = ledoit_wolf_shrinkage(squares, variances, self.n_features_in_)
        return A, (1 - a) * variances + a * average

    def _map_target(self, X):
        return ((X - self.mean_) @ self.weights_).astype(X.dtype, copy=False)

    def _class_codes(self, X, y):
        classes, codes = np.unique(source_labels(self, X, y), return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"criterion='lda' needs labels of at least two classes, got only {classes[0]!r}. "
                "Use criterion='pca', which needs none."
            )
        return codes

    def _check_parameters(self):
        check_counts(self, "n_components", "n_neighbors")
        for name in ("lam", "mu"):
            if not is_number(getattr(self, name), 0):
                raise ValueError(
                    f"{name} must be a finite number >= 0, got {getattr(self, name)!r}."
                )
        for name, allowed in (("criterion", CRITERIA), ("scaling", SCALINGS)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}."
                )
        check_reg(self.reg)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.criterion == "lda"
        return tags


def scatter_difference(X, codes):
    """Within-class minus between-class covariance.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    codes : ndarray of shape (n_samples,) of int
        Their classes, 0 .. n_classes - 1.

    Returns
    -------
    difference : ndarray of shape (n_features, n_features)
        Both divided by `n_samples`.
    """
    counts = np.bincount(codes)
    means = np.zeros((len(counts), X.shape[1]))
    np.add.at(means, codes, X)
    means /= counts[:, None]
    within = X - means[codes]
    between = (means - X.mean(axis=0)) * np.sqrt(counts)[:, None]
    return (within.T @ within - between.T @ between) / len(X)


def graph_distance(X, laplacian):
    """``X' L X / tr(L)``: half the mean of (x_i - x_j)' (x_i - x_j) over links of a graph."""
    return X.T @ (laplacian @ X) / laplacian.trace()
