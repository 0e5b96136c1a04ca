"""Linear classifiers of the target that stay close to the weights of a source model."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains, validate_source_domains
from .._checks import check_flags, is_number
from .._defaults import default_classifier
from .._labels import row_weights, source_labels, validate_target_labels
from ._decision import LossMixin, all_classes, signs_of
from ._inner import as_given
from ._leave_one_out import is_loo, settle, smoother_of_rows
from ._linear_fit import LOSSES, fit_around, least_squares_units
from ._source_models import (
    check_scale,
    check_shares,
    equal,
    fit_source_models,
    linear_parts,
    warn_too_few,
)


class BiasedRegularization(LossMixin, BaseEstimator):
    """Learn a linear classifier of the target whose weights stay close to those of the source.

    For a few labelled target rows, a few of every class, and a linear classifier of the source: the
    weights of the target minimise a loss on the labelled target rows plus the squared distance to
    the weights of the source. Only the source's weights are needed, not its rows, so that
    a published model may be the source; with its rows at hand, `MeanRegularizedClassifier` learns
    from both. On real corpora it is ahead of the source alone, of the labelled target alone and of
    one classifier for both. The last step of a Pipeline; scale each corpus by itself first
    (`CorpusScaler`).

    Parameters
    ----------
    source_estimator : classifier, list of classifiers, or None, default=None
        Linear classifier with ``coef_`` and ``intercept_``, fitted to the source rows; a fitted one
        is passed as ``FrozenEstimator(classifier)`` and the source rows only tell the classes then.
        A list gives several models, each fitted to all source rows unless frozen. None is
        ``LogisticRegression(C=0.01, max_iter=500)`` with `class_weight`. Its decision values should
        be in the units of `loss`: RidgeClassifier for "squared", LinearSVC for the hinge losses.
    loss : {"logistic", "squared", "hinge", "squared_hinge"}, default="logistic"
        Loss of the labelled target rows. "logistic" is that of all classes together, and gives
        probabilities; the others have labels -1 and 1 for each class against the rest:
        ``(y - f)**2 / 2``, ``max(0, 1 - y f)`` and ``max(0, 1 - y f)**2 / 2``.
    alpha : "loo" or float, default=30.0
        Penalty: half of it is multiplied with the squared distance to the source's weights. 1 / C
        in terms of scikit-learn, for features of unit variance. "loo" chooses it from 33 values by
        leave-one-out errors.
    source_weights : None, "loo" or array-like of shape (n_models,), default=None
        Shares of several source models: equal, chosen by leave-one-out errors, or given.
    source_scale : "loo" or float, default=1.0
        Factor b >= 0 of the source's decision values. 0 is the plain classifier of the target
        alone, 1 the source as it is; "loo" chooses it by leave-one-out errors.
    fit_intercept : bool, default=False
        Whether the intercepts are fitted to the labelled target rows, without penalty. False keeps
        those of the source, times `source_scale`.
    class_weight : dict, "balanced" or None, default="balanced"
        Weights of the labelled target rows by their class; "balanced" gives all classes the same.
    allow_new_classes : bool, default=False
        Whether the target may have classes that the source does not have; the weights of the source
        are 0 for them.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes, n_features) or (1, n_features)
        Weights, one row for two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts.
    source_coef_ : ndarray of the shape of ``coef_``
        The source's weights, combined and scaled: those of the target are near them.
    source_models_ : list of classifiers
        The models of the source.
    source_names_ : list or None
        Source corpora in the order of the models, where ``source_domains`` made one for each.
    source_weights_ : ndarray of shape (n_models,)
        Shares of the models.
    source_scale_ : float
        Factor of their combination.
    alpha_ : float or None
        Penalty; None where the classifier is that of the source.
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
    AdaptiveSVM : The same around any classifier, with a kernel.
    MeanRegularizedClassifier : Learns source and target together.
    FeatureAugmentationClassifier : The same through features.

    Notes
    -----
    The weights w of a class minimise ``sum_i s_i loss(y_i, w x_i + c) + alpha / 2 |w - b w_s|^2``
    with the weights w_s of the source and class weights s. With a large `alpha` the classifier is
    that of the source; with b = 0 and an intercept it is scikit-learn's (LogisticRegression, Ridge,
    SVC with a linear kernel); with ``alpha=0``, for the squared loss only, it is the least-squares
    solution nearest to b w_s. The squared loss is solved in closed form, the logistic and the
    squared hinge loss by Newton's method, the hinge loss by its dual with linear term ``1 - y_i b
    w_s x_i``; all to rounding.

    The default of `alpha` was the best of 3, 10, 30 and 100 on the demo corpora. Intercepts are
    kept by default because only so is a large `alpha` the source, and because those of a few rows
    of a few speakers are noisy. On the demo corpora fitting them gains some points all the same,
    on real corpora it loses some.

    Leave-one-out errors are those of the squared loss, which have the closed form ``(I - diag
    H)^-1 (I - H)(y - b X w_s)`` with the hat matrix H of ridge regression [1]_. They are linear in
    b, so the best b >= 0, and with several models the best shares, follow for each `alpha`. For the
    hinge losses the same values are used, for the logistic loss they are converted by its
    second-order expansion: our choice, where exact errors would need a fit for each row. With few
    speakers they are too low, since a row that is left out has others of its speaker to stand for
    it, and `alpha` comes out too small.

    A class of the source without labelled target rows: all rows are negative for it with the
    squared and the hinge losses; with the logistic loss its weights and intercept stay those of the
    source. Where fewer than two classes have labelled rows, the classifier is that of the source,
    with a warning.

    Without ``X_target`` or labels of it the classifier is that of the source, of several models
    their combination with equal or given shares. With ``source_domains`` a model is fitted to each
    source corpus, if `source_estimator` is neither a list nor frozen. Several target corpora are
    one.

    **Cost.** That of the source models, and with m labelled rows of d features O(m d min(m, d))
    time and O(m d) memory; besides O(m^3) per class for the hinge loss and O(m min(m, d)) for each
    class and step of Newton's method and conjugate gradients for the logistic loss.

    References
    ----------
    .. [1] F. Orabona, C. Castellini, B. Caputo, A. E. Fiorilla, G. Sandini (2009), "Model
       adaptation with least-squares SVM for adaptive hand prosthetics", ICRA. Here after the paper.
    .. [2] T. Tommasi, F. Orabona, B. Caputo (2010), "Safety in Numbers: Learning Categories from
       Few Examples with Multi Model Knowledge Transfer", CVPR (several models; their weights by
       leave-one-out errors). Here after the paper.

    Examples
    --------
    >>> from featuretransfer import BiasedRegularization
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 300, n_features=5, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[40:] = None  # 40 target rows are labelled
    >>> Xt, yt = data.X_target[40:], data.y_target[40:]
    >>> model = BiasedRegularization(fit_intercept=True).fit(data.X_source, data.y_source)
    >>> print(f"{model.score(Xt, yt):.2f}")  # that of the source
    0.32
    >>> model = model.fit(
    ...     data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,)
    ... )
    >>> print(f"{model.score(Xt, yt):.2f}")
    0.46
    """

    __metadata_request__fit = {"X_target": True, "y_target": True, "source_domains": True}
    uses_y = True
    settings = ("inductive",)

    def __init__(
        self,
        source_estimator=None,
        loss="logistic",
        alpha=30.0,
        source_weights=None,
        source_scale=1.0,
        fit_intercept=False,
        class_weight="balanced",
        allow_new_classes=False,
    ):
        self.source_estimator = source_estimator
        self.loss = loss
        self.alpha = alpha
        self.source_weights = source_weights
        self.source_scale = source_scale
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.allow_new_classes = allow_new_classes

    def fit(self, X, y, *, X_target=None, y_target=None, source_domains=None):
        """Fit the source models, then the classifier of the target.

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
        self : BiasedRegularization
            The fitted classifier.

        Raises
        ------
        TypeError
            If a source model is no linear classifier.
        ValueError
            If a parameter is out of range, or a source corpus has one class.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        domains = validate_source_domains(source_domains, len(rows))
        new = self.allow_new_classes
        labels, labelled = validate_target_labels(y, X_target, y_target, allow_new_classes=new)
        labels = labels[labelled]
        data = as_given(X, rows), y, as_given(X_target, target)
        default = default_classifier().set_params(class_weight=self.class_weight)
        models, names = fit_source_models(self.source_estimator, default, data, domains)
        self.source_models_, self.source_names_ = models, names
        self.classes_ = all_classes(y, labels, *(model.classes_ for model in models))
        self.n_labelled_ = len(labels)
        parts = [linear_parts(model, self.classes_, data[0]) for model in models]
        shares = check_shares(self.source_weights, len(models))
        if len(np.unique(labels)) < 2:
            if target is not None:
                warn_too_few(self, labels, stacklevel=2)
            self.alpha_ = None
            self._combine(parts, equal(len(models)) if shares is None else shares, 1.0)
            self.coef_, self.intercept_ = self.source_coef_, self._source_intercept
        else:
            known = np.asarray(target[labelled], dtype=np.float64)
            self._learn(known, labels, parts, shares)
        return self

    def _combine(self, parts, shares, scale):
        self.source_weights_, self.source_scale_ = shares, scale
        combined = [scale * np.tensordot(shares, part, axes=1) for part in zip(*parts)]
        self.source_coef_, self._source_intercept = combined

    def _learn(self, X, labels, parts, shares):
        weights = row_weights(self.class_weight, labels)
        X, labels, weights = (part[weights > 0] for part in (X, labels, weights))
        Y = signs_of(labels, self.classes_)
        sources = [X @ coef.T + intercept for coef, intercept in parts]
        units = least_squares_units(self.loss, len(self.classes_))
        smoother = smoother_of_rows(X, weights, self.fit_intercept)
        given = self.alpha, self.source_scale
        self.alpha_, shares, scale = settle(smoother, Y, sources, *given, shares, units)
        self._combine(parts, shares, scale)
        offset = X @ self.source_coef_.T + self._source_intercept
        problem = (X, Y, offset, self.alpha_, weights, self.fit_intercept)
        coef, intercept = fit_around(self.loss, *problem)
        self.coef_ = self.source_coef_ + coef
        self.intercept_ = self._source_intercept + intercept

    def _values(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        return X @ self.coef_.T + self.intercept_

    def _check_parameters(self):
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {list(LOSSES)}, got {self.loss!r}.")
        squared = self.loss == "squared"
        if not is_loo(self.alpha) and not is_number(self.alpha, 0 if squared else 1e-300):
            least = ">= 0" if squared else "> 0"
            raise ValueError(f"alpha must be 'loo' or a number {least}, got {self.alpha!r}.")
        check_scale(self.source_scale)
        check_flags(self, "fit_intercept", "allow_new_classes")
