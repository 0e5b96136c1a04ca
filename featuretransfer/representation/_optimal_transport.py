"""Optimal transport between the rows of two domains."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import AdapterMixin, validate_domains
from .._checks import is_count, is_number
from .._labels import source_labels
from ._domain_covariances import warn_means_only
from ._sinkhorn import class_plan, entropic_plan
from ._transport_rows import (
    METRICS,
    merge_equal,
    nearest_rows,
    represent,
    represent_by_class,
    transport_costs,
)

COST_SCALES = ("median", "max")
LEAST_SPREAD = 1e-3  # of the target's variance, below which mapped rows are as good as one point


class OptimalTransport(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Move each source row to the target rows that its mass is cheapest to send to.

    .. note::
       The two views differ: target rows stay as they are (`transform`), source rows are mapped
       (`fit_transform`, `transform_source`).

    All source rows together carry the mass 1, and so do all target rows. The plan G tells how much
    of it goes from source row i to target row j, at the least costs:

    ``sum C_ij G_ij + reg sum G_ij (log G_ij - 1) + class_reg sum_j sum_c |G_cj|``

    subject to the weights of the rows. The entropic term spreads the mass of a source row over
    several target rows; the class term, the Euclidean norm of what the source rows of class c send
    to target row j, keeps target rows from getting mass of several classes. A source row then moves
    to the mean of the target rows it sends mass to. Unlike `LinearOptimalTransport` the map is not
    linear: use it where the domains differ by more than mean and covariance. It takes the classes
    of both corpora to be about equally frequent. Scale the features first (`CorpusScaler`): costs
    treat all features alike.

    Parameters
    ----------
    reg : float, default=0.1
        Strength of the entropic term, in units of the scaled costs. The smaller, the closer the
        plan is to an assignment of rows to rows, and the longer it takes; the larger, the closer
        the mapped rows are to the target mean.
    class_reg : float, default=0.0
        Strength of the class term, in the same units. Above 0 the labels of the source are needed.
        Values from 0.1 to 1 take effect.
    metric : {"sqeuclidean", "euclidean", "cityblock"} or callable, default="sqeuclidean"
        Costs between rows, or a function of two rows. The mean that a source row moves to is the
        cheapest place only for the first.
    cost_scale : {"median", "max"} or float, default="median"
        What costs are divided by: a statistic of them, or a number (1.0 leaves them as they are).
    landmarks : int, default=None
        Let at most this many k-means centres stand for the rows of each domain (of each source
        class, by its share, with the class term), for more rows than a matrix of shape (n_source,
        n_target) can hold. None, or at least as many as there are rows, is exact.
    max_iter : int, default=10000
        Most iterations.
    tol : float, default=1e-6
        Share of the mass that may be at the wrong place.

    Attributes
    ----------
    plan_ : ndarray of shape (n_source, n_target) or None
        The plan G, between landmarks where there are; None without ``X_target``.
    cost_ : float or None
        Costs of the plan, ``sum C_ij G_ij``, in units of the metric.
    cost_scale_ : float or None
        What the costs were divided by.
    spread_ : float or None
        Variance of the mapped source rows over that of the target rows, summed over features.
    error_ : float
        Share of the mass that is at the wrong place, as estimated.
    n_iter_ : int
        Scalings of rows and columns that were done; 1 without ``X_target``.
    rows_ : ndarray of shape (n_distinct, n_features) or None
        Source rows, or landmarks, each once.
    displacements_ : ndarray of shape (n_distinct, n_features) or None
        By how much each of them moves.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    LinearOptimalTransport : The same between Gaussians, in closed form.
    CORAL : Aligns mean and covariance.

    Notes
    -----
    A source row that was not in `fit` moves like the nearest one that was [3]_; the nearest to a
    row that was is itself, so old and new rows go by one rule. Equal source rows share the mean of
    their displacements, whatever their labels.

    Without ``X_target`` rows stay as they are; several targets are pooled. A target of a single row
    is no distribution: only the means are aligned, with a warning. Where `reg` is so large that all
    source rows move to nearly one point there is a warning, too.

    The class term is the convex one of [2]_ (equation for the group lasso, from memory). Both
    problems are solved to their only minimum, or there is a warning. The entropic one by scaling
    rows and columns in turn [1]_, with factors absorbed into the potentials before they overflow.
    The class term bends at most `class_reg` times as much as the entropic term, so that steps of
    mirror descent [4]_ are entropic problems with a larger `reg`, and need no line search. `reg`
    and `class_reg` act through the costs divided by `cost_scale`, and mean the same for any units.

    **Cost.** For n_s source and n_t target rows with d features time is O(n_s n_t (d + n_iter)),
    with n_iter of some tens at the default `reg`, hundreds with the class term; memory is
    O(n_s n_t). With m landmarks time is O((n_s + n_t) m d + m^2 n_iter), memory O(m^2).

    References
    ----------
    .. [1] M. Cuturi (2013), "Sinkhorn Distances: Lightspeed Computation of Optimal Transport",
       NIPS. https://arxiv.org/abs/1306.0895
    .. [2] N. Courty, R. Flamary, D. Tuia, A. Rakotomamonjy (2017), "Optimal Transport for Domain
       Adaptation", IEEE Transactions on Pattern Analysis and Machine Intelligence 39(9).
       https://doi.org/10.1109/TPAMI.2016.2615921
    .. [3] S. Ferradans, N. Papadakis, G. Peyre, J.-F. Aujol (2014), "Regularized Discrete Optimal
       Transport", SIAM Journal on Imaging Sciences 7(3). https://doi.org/10.1137/130929886
    .. [4] H. H. Bauschke, J. Bolte, M. Teboulle (2017), "A Descent Lemma Beyond Lipschitz Gradient
       Continuity: First-Order Methods Revisited and Applications", Mathematics of Operations
       Research 42(2). https://doi.org/10.1287/moor.2016.0817

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import OptimalTransport
    >>> Xs = np.array([[0.0], [5.0], [10.0]])
    >>> Xt = np.array([[20.0], [40.0], [30.0]])
    >>> transport = OptimalTransport(reg=0.01).fit(Xs, X_target=(Xt,))
    >>> transport.transform_source(Xs).round(1).ravel()
    array([20., 30., 40.])
    >>> transport.transform_source([[11.0]]).round(1)  # moves like the row 10.0
    array([[41.]])
    """

    def __init__(
        self,
        reg=0.1,
        class_reg=0.0,
        metric="sqeuclidean",
        cost_scale="median",
        landmarks=None,
        max_iter=10000,
        tol=1e-6,
    ):
        self.reg = reg
        self.class_reg = class_reg
        self.metric = metric
        self.cost_scale = cost_scale
        self.landmarks = landmarks
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X, y=None, *, X_target=None):
        """Find the plan, and where it moves the source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels; ignored unless `class_reg` is above 0.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them nothing is adapted.

        Returns
        -------
        self : OptimalTransport
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, labels are missing with `class_reg` above 0, or a
            callable `metric` gives costs that are negative or no numbers.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        self.plan_ = self.cost_ = self.cost_scale_ = self.spread_ = None
        self.rows_ = self.displacements_ = None
        self.error_, self.n_iter_ = 0.0, 1
        if X_target is None:
            return self
        y = source_labels(self, X, y) if self.class_reg > 0 else np.zeros(len(X))
        X, X_target = X.astype(np.float64), X_target.astype(np.float64)
        rows, a, groups = represent_by_class(X, y, self.landmarks)
        targets, b = represent(X_target, self.landmarks)
        self._find_plan(transport_costs(rows, targets, self.metric), a, b, groups)
        if len(X_target) == 1:
            reason = "X_target has a single row, which is no distribution"
            warn_means_only(type(self).__name__, reason, stacklevel=2)
            mapped = rows + (X_target - a @ rows)
        else:
            mapped = (self.plan_ @ targets) / a[:, None]
            self._measure_spread(mapped, a, targets, b)
        self.rows_, self.displacements_ = merge_equal(rows, mapped - rows, a)
        return self

    def _find_plan(self, costs, a, b, groups):
        self.cost_scale_ = _scale(costs, self.cost_scale)
        limits = {"tol": self.tol, "max_iter": self.max_iter}
        scaled = costs / self.cost_scale_
        if self.class_reg == 0:
            found = entropic_plan(scaled, a, b, self.reg, **limits)
        else:
            found = class_plan(scaled, a, b, groups, self.reg, self.class_reg, **limits)
        self.plan_, self.error_, self.n_iter_ = found.plan, found.error, found.n_iter
        self.cost_ = float(np.sum(found.plan * costs))
        if found.error > self.tol:
            warnings.warn(
                f"The transport plan had not converged after max_iter={self.max_iter} iterations: "
                f"{found.error:.1g} of the mass may be at the wrong place (tol={self.tol:g}). "
                "Increase reg, which makes it converge faster, or max_iter.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _measure_spread(self, mapped, a, targets, b):
        within = b @ (targets - b @ targets) ** 2
        total = within.sum()
        self.spread_ = float((a @ (mapped - a @ mapped) ** 2).sum() / total) if total > 0 else 1.0
        if self.spread_ < LEAST_SPREAD and len(mapped) > 1:
            warnings.warn(
                f"reg={self.reg!r} moves all source rows to nearly one point: they keep "
                f"{self.spread_:.1g} of the variance of the target. Use a smaller reg.",
                UserWarning,
                stacklevel=3,
            )

    def _map_target(self, X):
        return X

    def _map_source(self, X):
        if self.rows_ is None:
            return X
        nearest = nearest_rows(X.astype(np.float64, copy=False), self.rows_, self.metric)
        return (X + self.displacements_[nearest]).astype(X.dtype, copy=False)

    def _check_parameters(self):
        for name, positive in (("reg", True), ("class_reg", False), ("tol", True)):
            value = getattr(self, name)
            if not is_number(value, 0) or (positive and value == 0):
                raise ValueError(
                    f"{name} must be a number {'>' if positive else '>='} 0, got {value!r}."
                )
        if not callable(self.metric) and self.metric not in METRICS:
            raise ValueError(
                f"metric must be a callable or one of {list(METRICS)}, got {self.metric!r}."
            )
        if self.cost_scale not in COST_SCALES and not (
            is_number(self.cost_scale, 0) and self.cost_scale > 0
        ):
            raise ValueError(
                f"cost_scale must be one of {list(COST_SCALES)} or a number > 0, got "
                f"{self.cost_scale!r}."
            )
        if self.landmarks is not None and not is_count(self.landmarks, least=2):
            raise ValueError(f"landmarks must be None or an integer >= 2, got {self.landmarks!r}.")
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")


def _scale(costs, cost_scale):
    """What costs are divided by, never 0."""
    if cost_scale == "max":
        scale = costs.max()
    elif cost_scale == "median":
        scale = np.median(costs) or costs.mean()
    else:
        scale = cost_scale
    return float(scale) or 1.0
