"""Transfer to other features through the labels of some target rows."""

import dataclasses
import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import ViewsMixin, same_columns, validate_domains
from .._checks import is_count, is_number
from .._labels import at_least_two, row_weights, source_labels, validate_target_labels
from ._column_scales import standard
from ._domain_features import learn_features
from ._metric_svm import fit_metric_svm

LARGEST_GAP = 1e-3  # of the objective, above which the solver has not converged


class HeterogeneousFeatureAugmentation(ViewsMixin, ClassifierMixin, BaseEstimator):
    """Classify a target with other features than the source through a few labels of its rows.

    .. note::
       The two views differ, in their input too: new rows have the columns of the target, and in a
       source view those of the source.

    A source row x becomes <P x, x, 0>, a target row <Q x, 0, x>: common features beside the own
    ones, for a support vector machine that is learned together with P and Q [1]_ [2]_. The link
    between the domains is that labels mean the same, for three classes or more; the notes tell
    what that can give: with four emotions not much beyond what the labelled target rows give by
    themselves, with more classes more. Where rows are known in both sets of features, use
    `CCATransfer`.

    Parameters
    ----------
    C : float, default=0.1
        Cost of a squared unit of slack, for rows whose features have mean squared norm 1.
    trace : float, default=10.0
        Bound of the trace of ``H = [P, Q]'[P, Q]``. 0 is no common features: weights of the domains
        that have nothing to do with each other.
    kernel : str or callable, default="linear"
        Kernel among the rows of each domain: "linear", "rbf", a name of scikit-learn's pairwise
        kernels or a function of two rows. P and Q then act on its feature space.
    gamma : "median", "scale" or float, default="median"
        Coefficient of the kernel, as of `TCA`, settled for each domain. Ignored by the linear
        kernel.
    landmarks : int or None, default=None
        Approximate kernels that are not linear by as many landmarks in each domain (Nystroem), for
        more than a few thousand rows.
    class_weight : dict, "balanced" or None, default=None
        Factors of the cost by class; "balanced" gives all classes the same weight, over source and
        labelled target rows together.
    max_iter : int, default=2000
        Most iterations of the solver.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts, shared by both domains.
    eigenvalues_ : ndarray of shape (n_components_,)
        The positive eigenvalues of H, descending.
    n_components_ : int
        Rank of H: dimension of the common space, at most the number of classes.
    objective_ : float
        Value of the problem that is solved.
    duality_gap_ : float
        Bound of its distance to the optimum.
    n_iter_ : int
        Iterations of the solver.
    n_labelled_ : int
        Number of labelled target rows.
    n_features_in_, n_features_target_ : int
        Number of features of the source and of the target.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the source features, where `X` is a DataFrame.
    feature_names_target_ : ndarray of shape (n_features_target_,)
        Names of the target features, where ``X_target`` is a DataFrame.

    See Also
    --------
    CCATransfer : The link between the features is pairs of rows, not labels.
    FeatureAugmentationClassifier : For a target with the same features.

    Notes
    -----
    Classes are taken one against the rest. With weights u_c for the features of both domains,
    one below the other, the problem is to minimise over all u_c, intercepts b_c and H >= 0 with
    trace at most `trace`::

        sum_c [ u_c' (I + H)^-1 u_c / 2 + C sum_i max(0, 1 - y_ic f_c(x_i))^2 ]

    which is the machine with the kernel ``F (I + H) F'`` of [1]_ and [2]_, after the papers, with
    the squared hinge loss. It is convex. The best H for given weights is known, so that L-BFGS
    minimises a function of the weights alone; the duality gap tells how far from the optimum it
    stopped, and a gap above a thousandth is a warning.

    The papers learn an H for every class. Then there is nothing to transfer but the intercept: for
    a single problem the minimum over H of ``u'(I + H)^-1 u`` is ``|u|^2 / (1 + trace)``, in which
    the weights of the domains do not meet, and the target gets the machine of its own labelled rows
    with cost ``C (1 + trace)``. Here all classes share one H (our choice), as the tasks of
    multi-task feature learning [3]_ do. What is transferred is then how classes relate: directions
    in which several classes differ in the source become cheap in the target. It is much where the
    classes differ in fewer directions than there are classes, such as arousal and valence, and with
    two classes it is nothing, of which a warning tells. `C` and `trace` act together: the defaults
    gave the best results on simulated corpora with four to eight classes in one, two or four
    dimensions; the programs of the authors have 1 and 100, for the hinge loss.

    It is the only step of a Pipeline: an earlier step, such as a scaler, would be fitted to the
    columns of the source and could not transform those of the target. The columns of each domain
    are standardised by all its own rows instead, and features divided by the root of their mean
    squared norm, so that domains with many and with few features count alike.

    Without ``X_target`` it is the machine of the source. Without labelled target rows nothing links
    the domains but their columns: where they are the same, target rows, scaled by themselves, get
    the weights of the source, with a warning; where they are not it is an error. Several target
    corpora are one domain.

    **Cost.** Every iteration takes O((n_s d_s + n_t d_t) C) for n_s source and n_t labelled target
    rows, d_s and d_t features and C classes; some tens are needed, whatever the number of rows,
    after O(n_s d_s^2 + n_t d_t^2 + (d_s + d_t)^3) for coordinates. Where a domain has fewer
    labelled rows than features, or the kernel is not linear, O(n^2 d + n^3) time and O(n^2) memory
    come first, with m landmarks O(n m (d + m)) and O(n m).

    References
    ----------
    .. [1] L. Duan, D. Xu, I. W. Tsang (2012), "Learning with Augmented Features for Heterogeneous
       Domain Adaptation", ICML. https://arxiv.org/abs/1206.4660
    .. [2] W. Li, L. Duan, D. Xu, I. W. Tsang (2014), "Learning With Augmented Features for
       Supervised and Semi-Supervised Heterogeneous Domain Adaptation", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 36(6). https://doi.org/10.1109/TPAMI.2013.167
    .. [3] A. Argyriou, T. Evgeniou, M. Pontil (2008), "Convex multi-task feature learning", Machine
       Learning 73. https://doi.org/10.1007/s10994-007-5040-8

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import HeterogeneousFeatureAugmentation
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 150, n_features=12, random_state=0)
    >>> Xs, Xt = data.X_source[:, :9], data.X_target[:, 5:]  # 9 and 7 features, 4 in both
    >>> y_target = data.y_target.astype(object)
    >>> y_target[30:] = None  # 30 target rows are labelled
    >>> model = HeterogeneousFeatureAugmentation()
    >>> model.fit(Xs, data.y_source, X_target=Xt, y_target=y_target).predict(Xt[30:]).shape
    (120,)
    >>> model.embed(Xt).shape  # rows in the common space
    (150, 3)
    """

    __metadata_request__fit = {"X_target": True, "y_target": True}
    settings = ("inductive",)
    equal_columns = False

    def __init__(
        self,
        C=0.1,
        trace=10.0,
        kernel="linear",
        gamma="median",
        landmarks=None,
        class_weight=None,
        max_iter=2000,
    ):
        self.C = C
        self.trace = trace
        self.kernel = kernel
        self.gamma = gamma
        self.landmarks = landmarks
        self.class_weight = class_weight
        self.max_iter = max_iter

    def fit(self, X, y, *, X_target=None, y_target=None):
        """Learn common features and the classifier together.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features_target) or tuple of such, default=None
            Target rows, labelled and unlabelled; the unlabelled help to scale the features.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows, None or NaN where unlabelled.

        Returns
        -------
        self : HeterogeneousFeatureAugmentation
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter has no valid value, or the target has other columns and no labelled row.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        self.classes_ = np.unique(y)
        at_least_two(self.classes_)
        labels, labelled = validate_target_labels(y, X_target, y_target)
        y = np.concatenate([y, labels[labelled]])
        self.n_labelled_ = int(labelled.sum())
        options = self.kernel, self.gamma, self.landmarks
        self._source_features, Fs = learn_features(rows, rows, *options)
        if labelled.any():
            self._warn_of_what_is_missing(y[len(rows) :])
            self._target_features, Ft = learn_features(target, target[labelled], *options)
        else:
            self._target_features, Ft = self._features_of_same_columns(target), np.zeros((0, 0))
        self._solve(Fs, Ft, y)
        return self

    def _features_of_same_columns(self, target):
        """The features of the source for target rows, of which none is labelled."""
        if target is None:
            return self._source_features
        if not same_columns(self):
            raise ValueError(
                "HeterogeneousFeatureAugmentation needs labels of some target rows, since nothing "
                f"else links their {self.n_features_target_} columns to the other "
                f"{self.n_features_in_} of X. Pass y_target with None where unlabelled."
            )
        warnings.warn(
            "No row of X_target is labelled: HeterogeneousFeatureAugmentation takes its columns "
            "for those of X and uses the weights of the source. Pass y_target with labels of some "
            "target rows.",
            UserWarning,
            stacklevel=3,
        )
        if len(target) == 1:
            return self._source_features
        return dataclasses.replace(self._source_features, scale=standard(target))

    def _warn_of_what_is_missing(self, labels):
        missing = self.classes_[~np.isin(self.classes_, labels)]
        if len(missing):
            warnings.warn(
                f"No labelled target row is of the classes {missing.tolist()}, which will hardly "
                "be predicted for the target. Label some rows of every class.",
                UserWarning,
                stacklevel=3,
            )
        if len(self.classes_) == 2:
            warnings.warn(
                "With two classes the domains share nothing but an intercept in "
                "HeterogeneousFeatureAugmentation: the target is classified by its own labelled "
                "rows. Use more classes, or CCATransfer if there are paired rows.",
                UserWarning,
                stacklevel=3,
            )

    def _solve(self, Fs, Ft, y):
        signs = np.where(y[:, None] == self.classes_, 1.0, -1.0)
        if len(self.classes_) == 2:
            signs = signs[:, 1:]
        costs = self.C * row_weights(self.class_weight, y)
        kept = costs > 0
        Fs, Ft = Fs[kept[: len(Fs)]], Ft[kept[len(Fs) :]]
        found = fit_metric_svm(Fs, Ft, signs[kept], costs[kept], self.trace, self.max_iter)
        if found.gap > LARGEST_GAP * found.objective:
            warnings.warn(
                f"The duality gap is {found.gap / found.objective:.1g} of the objective after "
                f"{found.n_iter} iterations. Raise max_iter, or lower C or trace.",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.intercept_, self.eigenvalues_ = found.intercept, found.eigenvalues
        self.n_components_ = len(found.eigenvalues)
        self.objective_, self.duality_gap_ = found.objective, found.gap
        self.n_iter_ = found.n_iter
        sides = zip((found.source, found.target), found.eigenvectors)
        both = [(weights, axes * np.sqrt(found.eigenvalues)) for weights, axes in sides]
        self._source_weights = both[0]
        self._target_weights = both[1] if self.n_labelled_ else both[0]

    def _check_parameters(self):
        for name in ("C", "trace"):
            value = getattr(self, name)
            if not is_number(value, 0) or (name == "C" and value == 0):
                relation = ">" if name == "C" else ">="
                raise ValueError(f"{name} must be a finite number {relation} 0, got {value!r}.")
        if self.landmarks is not None and not is_count(self.landmarks):
            raise ValueError(f"landmarks must be None or an integer >= 1, got {self.landmarks!r}.")
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")

    def _features_and_weights(self, X):
        X = self._validate_rows(X)
        if self._source_view:
            return self._source_features(X), self._source_weights
        return self._target_features(X), self._target_weights

    def decision_function(self, X):
        """Decision values of the classes, each against the rest.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_target)
            Target rows.

        Returns
        -------
        values : ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            Decision values in the order of ``classes_``; of the second of two classes.
        """
        F, (weights, _) = self._features_and_weights(X)
        values = F @ weights + self.intercept_
        return values[:, 0] if values.shape[1] == 1 else values

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_target)
            Target rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        values = self.decision_function(X)
        best = values.argmax(axis=1) if values.ndim == 2 else (values > 0).astype(int)
        return self.classes_[best]

    def embed(self, X):
        """Rows in the common space: Q x, and P x in a source view.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_target)
            Target rows.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components_)
            Common features, in the order of the eigenvalues of H.
        """
        F, (_, axes) = self._features_and_weights(X)
        return F @ axes
