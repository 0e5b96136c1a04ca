"""Correlation alignment class by class."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, clone

from .._base import AdapterMixin, validate_domains
from .._checks import is_count, is_number
from .._labels import source_labels
from .._linalg import check_reg
from .._pseudo_labels import lost_classes, make_labeller, warn_collapsed
from ._class_maps import class_maps, class_moments, mixture
from ._domain_covariances import domain_covariances
from ._gaussian_map import gaussian_map


class ClassCORAL(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Give each class of the source the mean and covariance of the class in the target.

    .. note::
       The two views differ: target rows stay as they are (`transform`), source rows are mapped
       (`fit_transform`, `transform_source`).

    `CORAL` aligns the domains as wholes, which leaves the classes apart where they have moved
    differently, or are of other frequency in the target. Here a classifier trained on the source as
    mapped so far labels the target rows, each class is aligned with the target rows that got its
    label, and both steps are repeated. Use it where `CORAL` with the same classifier is much better
    than chance: labels that are mostly wrong are only confirmed. Pass the classifier that follows
    in the pipeline, well regularised (`recipe` does): one that overfits the source labels the
    target badly, and then no adaptation is better. Scale the features first (`CorpusScaler`): the
    regularisation treats all features alike.

    Parameters
    ----------
    estimator : classifier or None, default=None
        Predicts the labels of the target and, another copy of it, the classes of source rows. None
        is ``LogisticRegression(class_weight="balanced", max_iter=500)``, too weakly regularised for
        few rows of many features.
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of all covariance matrices, as in `CORAL`.
    pooling : float, default=1.0
        How strongly the covariances of classes are drawn to the one within all classes: it counts
        as ``pooling * n_features`` rows of each class. 0 leaves each class to itself, ``inf`` gives
        all classes the same covariance.
    max_iter : int, default=10
        Most rounds of labels and maps.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or None
        Labels of the source; None without ``X_target``.
    pseudo_labels_ : ndarray of shape (n_target,) or None
        Labels of the target rows that the maps were made by; None where pooled CORAL was kept.
    classifier_ : classifier or None
        Predicts the classes of source rows, by which their maps are mixed; None without
        ``X_target`` and for a single class.
    mean_source_ : ndarray of shape (n_features,)
        Mean of the source.
    mean_target_ : ndarray of shape (n_features,) or None
        Mean of the target; None without ``X_target``.
    n_iter_ : int
        Rounds that were begun; 1 without ``X_target``.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CORAL : The same without classes.
    OptimalTransport : Keeps classes together by ``class_reg``, without labels of the target.

    Notes
    -----
    This combination is ours. The alignment is that of [1]_; the closest published methods align
    only the means of classes with those of pseudo-labelled target classes, in a network [2]_, or
    the means of all and of each class in a subspace [3]_.

    Class c of the source has the map ``T_c(x) = (x - m_sc) C_sc^(-1/2) C_tc^(1/2) + m_tc``. A row
    that comes to `transform_source` has no label, so that every source row, old or new, goes by the
    classes that a classifier trained on the unmapped source gives it: ``sum_c p(c | x) T_c(x)``
    (one class, for a classifier without ``predict_proba``). A class without target rows has the map
    of `CORAL`. With a single class the method is `CORAL`.

    The rounds begin with labels by `CORAL`, and end when the labels no longer change or after
    `max_iter`. If the labels have lost a class, compared with its share of the source, the round
    before is kept, with a warning.

    The class covariances use the deviations of all rows from their class means, so that a class of
    few rows still has a covariance; where even that is singular the class takes the linear part of
    `CORAL`. Without ``X_target`` rows stay as they are; several targets are pooled.

    **Cost.** A round costs one fit of the classifier and, for C classes, n rows in a domain, d
    features and m = min(n, d), time O(C (n d m + m^3)); memory is O(C n d). No d x d matrix is
    formed where d > n.

    References
    ----------
    .. [1] B. Sun, J. Feng, K. Saenko (2016), "Return of Frustratingly Easy Domain Adaptation",
       AAAI, algorithm 1. https://arxiv.org/abs/1511.05547
    .. [2] S. Xie, Z. Zheng, L. Chen, C. Chen (2018), "Learning Semantic Representations for
       Unsupervised Domain Adaptation", ICML.
    .. [3] M. Long, J. Wang, G. Ding, J. Sun, P. S. Yu (2013), "Transfer Feature Learning with Joint
       Distribution Adaptation", ICCV. https://doi.org/10.1109/ICCV.2013.274

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import ClassCORAL
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["low", "high"], 100)
    >>> Xs = rng.normal(size=(200, 2)) + 6 * (y == "high")[:, None]
    >>> Xt = rng.normal(size=(200, 2)) + [[5, 9]] * (y == "high")[:, None]
    >>> adapted = ClassCORAL().fit_transform(Xs, y, X_target=(Xt,))
    >>> bool(np.allclose(adapted[y == "high"].mean(axis=0), Xt[y == "high"].mean(axis=0), atol=0.1))
    True
    """

    settings = ("transductive",)
    uses_y = True
    labels_by_classifier = True

    def __init__(self, estimator=None, reg="ledoit-wolf", pooling=1.0, max_iter=10):
        self.estimator = estimator
        self.reg = reg
        self.pooling = pooling
        self.max_iter = max_iter

    def fit(self, X, y=None, *, X_target=None):
        """Learn a map for each class.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels, needed with ``X_target``.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them nothing is adapted.

        Returns
        -------
        self : ClassCORAL
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, labels are missing, or `reg` is 0 while the source
            covariance is singular.
        TypeError
            If `estimator` is no classifier.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        labeller = make_labeller(self.estimator)
        self.mean_source_ = X.mean(axis=0, dtype=np.float64)
        self.mean_target_ = self.classes_ = self.pseudo_labels_ = self.classifier_ = None
        self._maps, self.n_iter_ = None, 1
        if X_target is None:
            return self
        y = source_labels(self, X, y)
        X, X_target = X.astype(np.float64), X_target.astype(np.float64)
        self.mean_target_ = X_target.mean(axis=0)
        means = self.mean_source_, self.mean_target_
        found = domain_covariances(X, X_target, means, self.reg, type(self).__name__, stacklevel=2)
        pooled = gaussian_map(means, found)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) > 1:
            self.classifier_ = clone(labeller).fit(X, y)
        self._maps = [pooled] * len(self.classes_)
        self._align(X, codes, X_target, labeller, pooled)
        return self

    def _align(self, X, codes, X_target, labeller, pooled):
        shares = self._shares(X)
        source = class_moments(X, codes, self.reg, self.pooling)
        labels = None
        for iteration in range(1, self.max_iter + 1):
            self.n_iter_ = iteration
            mapped = mixture(X, self._maps, shares)
            found = _predict(labeller, mapped, self.classes_[codes], X_target)
            lost = lost_classes(found, self.classes_[codes])
            if len(lost):
                warn_collapsed(type(self).__name__, lost, iteration, stacklevel=3)
                return
            if labels is not None and np.array_equal(found, labels):
                return
            self.pseudo_labels_ = labels = found
            places = np.searchsorted(self.classes_, labels)
            target = class_moments(X_target, places, self.reg, self.pooling)
            self._maps = class_maps(source, target, len(self.classes_), pooled)

    def _shares(self, X):
        """Share of each row in the map of each class."""
        if self.classifier_ is None:
            return np.ones((len(X), 1))
        if hasattr(self.classifier_, "predict_proba"):
            return self.classifier_.predict_proba(X)
        return (self.classifier_.predict(X)[:, None] == self.classes_).astype(np.float64)

    def _map_target(self, X):
        return X

    def _map_source(self, X):
        if self._maps is None:
            return X
        rows = X.astype(np.float64, copy=False)
        return mixture(rows, self._maps, self._shares(rows)).astype(X.dtype, copy=False)

    def _check_parameters(self):
        check_reg(self.reg)
        if self.pooling != np.inf and not is_number(self.pooling, 0):
            raise ValueError(f"pooling must be a number >= 0 or infinity, got {self.pooling!r}.")
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")


def _predict(labeller, X, y, X_target):
    if np.all(y == y[0]):
        return np.repeat(y[:1], len(X_target))
    return clone(labeller).fit(X, y).predict(X_target)
