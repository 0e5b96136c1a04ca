"""A support vector machine for what a classifier of the source gets wrong on the target."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._base import validate_domains, validate_source_domains
from .._checks import check_flags, is_number
from .._defaults import default_classifier
from .._labels import row_weights, source_labels, validate_target_labels
from .._linalg import fit_kernel
from ._decision import DecisionMixin, all_classes, signs_of
from ._inner import as_given, take, validate_rows
from ._leave_one_out import is_loo, settle, smoother_of_kernel
from ._source_models import (
    check_scale,
    check_shares,
    equal,
    fit_source_models,
    scores_of,
    warn_too_few,
)
from ._svm_dual import solve_svm


class AdaptiveSVM(DecisionMixin, BaseEstimator):
    """Correct the decision values of source classifiers by a kernel machine on few target rows.

    For a few labelled target rows, a few of every class, and any classifier of the source, a black
    box included: the decision values of the target are those of the source plus a function that is
    as small as the labelled target rows allow. Away from these rows, in the sense of the
    kernel, the source decides alone. For a linear source `BiasedRegularization` was better on real
    corpora. The last step of a Pipeline; scale each corpus by itself first
    (`CorpusScaler`).

    Parameters
    ----------
    source_estimator : classifier, list of classifiers, or None, default=None
        Classifier with ``predict_proba`` or ``decision_function``, fitted to the source rows; a
        fitted one is passed as ``FrozenEstimator(classifier)`` and the source rows only tell the
        classes then. A list gives several models, each fitted to all source rows unless frozen.
        None is ``LogisticRegression(C=0.01, max_iter=500)`` with `class_weight`.
    kernel : str or callable, default="rbf"
        "rbf", "linear", any other name of scikit-learn's pairwise kernels, or a function of two
        rows.
    gamma : "median", "scale" or float, default="median"
        Width of the kernel. "median" is 1 / the median of the non-zero squared distances between
        all target rows.
    C : "loo" or float, default=10.0
        Weight of the losses, as in SVC. "loo" chooses it from 33 values by leave-one-out errors.
    source_weights : None, "loo" or array-like of shape (n_models,), default=None
        Shares of several source models: equal, chosen by leave-one-out errors, or given.
    source_scale : "loo" or float, default=1.0
        Factor >= 0 of the source's decision values. 0 is a machine of the target alone; "loo"
        chooses it by leave-one-out errors.
    fit_intercept : bool, default=False
        Whether the correction has an intercept, without penalty. False is the published form.
    class_weight : dict, "balanced" or None, default="balanced"
        Weights of the labelled target rows by their class; "balanced" gives all classes the same.
    allow_new_classes : bool, default=False
        Whether the target may have classes that the source does not have; the decision values of
        the source are 0 for them.

    Attributes
    ----------
    support_vectors_ : ndarray of shape (n_support, n_features)
        Labelled target rows that the correction consists of; none where it is that of the source.
    dual_coef_ : ndarray of shape (n_support, n_classes) or (n_support, 1)
        Their coefficients, one column for two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts of the correction.
    source_models_ : list of classifiers
        The models of the source.
    source_names_ : list or None
        Source corpora in the order of the models, where ``source_domains`` made one for each.
    source_weights_ : ndarray of shape (n_models,)
        Shares of the models.
    source_scale_ : float
        Factor of their combination.
    C_ : float or None
        Weight of the losses; None where the classifier is that of the source.
    kernel_ : callable or None
        The kernel with its width, a function of two arrays of rows.
    n_labelled_ : int
        Number of labelled target rows.
    classes_ : ndarray of shape (n_classes,)
        The class labels: those of `y`, of the source models, and new ones of the target.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    BiasedRegularization : The same around the weights of a linear classifier.
    ReweightedClassifier : Where no target row is labelled.

    Notes
    -----
    For each class against the rest, with decision values f_k of the sources, the correction g
    minimises ``|g|^2 / 2 + C sum_i s_i max(0, 1 - y_i (sum_k t_k f_k(x_i) + g(x_i)))`` over the
    functions g of the kernel, with `source_weights` and `source_scale` in t and class weights s.
    The dual is that of a support vector machine with linear term ``1 - y_i sum_k t_k f_k(x_i)``
    ([1]_, equation (6)); it is solved to rounding, not to a tolerance. With a small C the
    classifier is that of the source; with f = 0 it is SVC, whose intercept needs
    ``fit_intercept=True``, for each class against the rest.

    Where a source has probabilities p, its decision values are 2 p - 1, which like the labels lie
    between -1 and 1; otherwise they are its ``decision_function``, which should be 0 where a class
    and the rest are as likely: LinearSVC and OneVsRestClassifier are fit for it, SVC with three
    classes or more is not, since it counts votes.

    The default of `C` was the best of 0.3, 1, 3 and 10 on the demo corpora.

    Leave-one-out errors are those of the squared loss (a least-squares machine with the same
    kernel), which have a closed form; see `BiasedRegularization`. The kernel's width is chosen on
    all target rows, labelled or not.

    A class without labelled target rows has negative rows only, and its decision values fall near
    them. Where fewer than two classes have labelled rows, the classifier is that of the source,
    with a warning.

    Without ``X_target`` or labels of it the classifier is that of the source, of several models
    their combination with equal or given shares. With ``source_domains`` a model is fitted to each
    source corpus, if `source_estimator` is neither a list nor frozen; a source model that asks for
    ``X_target`` gets it. Several target corpora are one.

    **Cost.** That of the source models, and with m labelled rows of d features O(m^2 d + m^3) time
    for each class and O(m^2) memory; the median width O(n^2 d) for n target rows, at most 2,000.

    References
    ----------
    .. [1] J. Yang, R. Yan, A. G. Hauptmann (2007), "Cross-domain video concept detection using
       adaptive SVMs", ACM Multimedia. https://doi.org/10.1145/1291233.1291276. Here after the
       paper.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from featuretransfer import AdaptiveSVM
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 300, n_features=5, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[40:] = None  # 40 target rows are labelled
    >>> Xt, yt = data.X_target[40:], data.y_target[40:]
    >>> model = AdaptiveSVM(RandomForestClassifier(random_state=0))
    >>> print(f"{model.fit(data.X_source, data.y_source).score(Xt, yt):.2f}")  # the forest
    0.30
    >>> model = model.fit(
    ...     data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,)
    ... )
    >>> print(f"{model.score(Xt, yt):.2f}")
    0.47
    """

    __metadata_request__fit = {"X_target": True, "y_target": True, "source_domains": True}
    uses_y = True
    settings = ("inductive",)

    def __init__(
        self,
        source_estimator=None,
        kernel="rbf",
        gamma="median",
        C=10.0,
        source_weights=None,
        source_scale=1.0,
        fit_intercept=False,
        class_weight="balanced",
        allow_new_classes=False,
    ):
        self.source_estimator = source_estimator
        self.kernel = kernel
        self.gamma = gamma
        self.C = C
        self.source_weights = source_weights
        self.source_scale = source_scale
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.allow_new_classes = allow_new_classes

    def fit(self, X, y, *, X_target=None, y_target=None, source_domains=None):
        """Fit the source models, then the correction.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, of which the labelled ones are learned from.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows, None or NaN where unlabelled.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row; a model is fitted to each.

        Returns
        -------
        self : AdaptiveSVM
            The fitted classifier.

        Raises
        ------
        TypeError
            If a source model is no classifier, or has no decision values.
        ValueError
            If a parameter is out of range, the kernel degenerates, or a source corpus has one
            class.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        domains = validate_source_domains(source_domains, len(rows))
        new = self.allow_new_classes
        labels, labelled = validate_target_labels(y, X_target, y_target, allow_new_classes=new)
        labels = labels[labelled]
        X, X_target = as_given(X, rows), as_given(X_target, target)
        default = default_classifier().set_params(class_weight=self.class_weight)
        self.source_models_, self.source_names_ = fit_source_models(
            self.source_estimator, default, (X, y, X_target), domains
        )
        models = self.source_models_
        self.classes_ = all_classes(y, labels, *(model.classes_ for model in models))
        self.n_labelled_ = len(labels)
        shares = check_shares(self.source_weights, len(models))
        if len(np.unique(labels)) < 2:
            if target is not None:
                warn_too_few(self, labels, stacklevel=2)
            self.source_weights_ = equal(len(models)) if shares is None else shares
            self.source_scale_, self.C_, self.kernel_ = 1.0, None, None
            n_columns = len(signs_of(self.classes_, self.classes_).T)
            self.support_vectors_ = np.zeros((0, rows.shape[1]))
            self.dual_coef_, self.intercept_ = np.zeros((0, n_columns)), np.zeros(n_columns)
        else:
            self.kernel_ = fit_kernel(self.kernel, self.gamma, target)
            self._learn(take(X_target, labelled), labels, shares)
        return self

    def _learn(self, X, labels, shares):
        weights = row_weights(self.class_weight, labels)
        X, labels, weights = take(X, weights > 0), labels[weights > 0], weights[weights > 0]
        Y = signs_of(labels, self.classes_)
        sources = [scores_of(model, self.classes_, X) for model in self.source_models_]
        X = np.asarray(X, dtype=np.float64)
        K = self.kernel_(X, X)
        alpha = "loo" if is_loo(self.C) else 1 / self.C
        smoother = smoother_of_kernel(K, weights, self.fit_intercept)
        found = settle(smoother, Y, sources, alpha, self.source_scale, shares)
        self.C_, self.source_weights_, self.source_scale_ = 1 / found[0], *found[1:]
        offset = self.source_scale_ * np.tensordot(self.source_weights_, sources, axes=1)
        solved = [
            solve_svm(K, *column, self.C_ * weights, self.fit_intercept)
            for column in zip(Y.T, offset.T)
        ]
        coefficients = np.column_stack([coefficients for coefficients, _ in solved])
        support = np.any(coefficients != 0, axis=1)
        self.support_vectors_, self.dual_coef_ = X[support], coefficients[support]
        self.intercept_ = np.array([intercept for _, intercept in solved])

    def _values(self, X):
        check_is_fitted(self)
        X = validate_rows(self, X)
        scores = [scores_of(model, self.classes_, X) for model in self.source_models_]
        values = self.source_scale_ * np.tensordot(self.source_weights_, scores, axes=1)
        if len(self.support_vectors_):
            rows = np.asarray(X, dtype=np.float64)
            values += self.kernel_(rows, self.support_vectors_) @ self.dual_coef_
        return values + self.intercept_

    def _check_parameters(self):
        if not is_loo(self.C) and (not is_number(self.C, 0) or self.C == 0):
            raise ValueError(f"C must be 'loo' or a finite number > 0, got {self.C!r}.")
        check_scale(self.source_scale)
        check_flags(self, "fit_intercept", "allow_new_classes")
