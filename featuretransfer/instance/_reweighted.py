"""A classifier fitted with learned weights."""

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from .._structure import is_estimator
from ._sample_weight import fit_weighted
from ._weights import WeighterMixin, effective_sample_size, normalise_weights, warn_if_low


def _delegates(method):
    """Whether the inner classifier has `method`: the fitted one once there is one."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return available_if(check)


class ReweightedClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Fit a classifier with the weights that a weighter gives to the source rows.

    The last step of a Pipeline for covariate shift: source rows that resemble the target count
    more. Predictions are those of the inner classifier.

    Parameters
    ----------
    estimator : estimator
        A classifier whose ``fit`` uses ``sample_weight``; it may be nested, in a Pipeline, a
        calibration or a search. One that would ignore the weights, or resample by them (bagging),
        is refused. It may use ``X_target`` itself.
    weighter : weighter, Pipeline or None, default=None
        Learns ``sample_weight_`` in ``fit(X, y, X_target=...)``, like `KernelMeanMatching`. None is
        uniform weights, so that one grid compares weighters. A Pipeline that ends in a weighter
        weights on transformed rows while the classifier sees the rows as they are:
        ``Pipeline([("pca", PCA(20)), ("kmm", KernelMeanMatching())],
        transform_input=["X_target"])``.

    Attributes
    ----------
    estimator_ : estimator
        The fitted classifier.
    weighter_ : weighter or None
        The fitted weighter.
    sample_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted source rows that are worth as much.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    KernelMeanMatching : Weights by matching means in a kernel's feature space.

    Notes
    -----
    ``fit`` takes no ``sample_weight`` of its own: weights of the design and weights of the shift
    do not simply multiply, since a weighter compares the unweighted source with the target. Use
    the ``class_weight`` of the inner classifier to balance classes.

    Uniform weights (no weighter, or no ``X_target``) are not passed on, so the result is that of
    the plain classifier to the last bit. Searches inside `estimator` fit with the weights and score
    without, unless their scorer asks for ``sample_weight``.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import KernelMeanMatching, ReweightedClassifier
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(80, 60, n_features=3, shift="covariate", random_state=0)
    >>> model = ReweightedClassifier(LogisticRegression(), KernelMeanMatching(B=5.0))
    >>> model.fit(corpora.X_source, corpora.y_source, X_target=corpora.X_target)
    ReweightedClassifier(estimator=LogisticRegression(),
                         weighter=KernelMeanMatching(B=5.0))
    >>> model.predict(corpora.X_target).shape
    (60,)
    """

    __metadata_request__fit = {"X_target": True}

    def __init__(self, estimator, weighter=None):
        self.estimator = estimator
        self.weighter = weighter

    def fit(self, X, y, *, X_target=None):
        """Learn the weights, then fit the classifier with them.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them every weight is 1.

        Returns
        -------
        self : ReweightedClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is not a classifier, or `weighter` not a weighter.
        ValueError
            If the classifier would ignore the weights or resample by them, or if a class loses all
            its weight.
        """
        self._check_parts()
        self.weighter_, w = None, None
        if self.weighter is not None:
            self.weighter_, w = _learn_weights(self.weighter, X, y, X_target)
            _refuse_lost_classes(y, w, self.weighter)
        passed = None if w is None or np.all(w == 1) else w
        self.estimator_ = fit_weighted(self.estimator, X, y, passed, X_target)
        self.sample_weight_ = np.ones(len(np.asarray(y))) if w is None else w
        self.effective_sample_size_ = effective_sample_size(self.sample_weight_)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                delattr(self, name)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def _check_parts(self):
        if not is_estimator(self.estimator) or not is_classifier(self.estimator):
            raise TypeError(
                f"estimator must be a classifier instance, got {self.estimator!r}. Pass for "
                "example estimator=LogisticRegression()."
            )
        if self.weighter is not None:
            _check_weighter(self.weighter)

    @property
    def classes_(self):
        """The class labels."""
        return self.estimator_.classes_

    @_delegates("predict")
    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @_delegates("predict_proba")
    def predict_proba(self, X):
        """Predict class probabilities, where the inner classifier does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @_delegates("predict_log_proba")
    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities, where the inner classifier does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities in the order of ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @_delegates("decision_function")
    def decision_function(self, X):
        """Decision values, where the inner classifier has them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values of the inner classifier.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    @_delegates("score")
    def score(self, X, y, sample_weight=None):
        """Score of the inner classifier, in general its accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            The score.
        """
        check_is_fitted(self)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.estimator_.score(X, y, **weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "__sklearn_tags__"):
            inner = get_tags(self.estimator)
            tags.classifier_tags = inner.classifier_tags or tags.classifier_tags
            if self.weighter is None:
                tags.input_tags = inner.input_tags
        return tags


def _check_weighter(weighter):
    last = weighter.steps[-1][1] if isinstance(weighter, Pipeline) else weighter
    if isinstance(last, type) or not has_fit_parameter(last, "X_target"):
        raise TypeError(
            "weighter must be None or an estimator with fit(X, y, X_target=...) that learns "
            f"sample_weight_, got {weighter!r}. Pass for example weighter=KernelMeanMatching()."
        )
    if last is weighter or len(weighter.steps) == 1:
        return
    if "X_target" not in (weighter.transform_input or ()):
        raise ValueError(
            "The weighter is a Pipeline without transform_input=['X_target'], so its first steps "
            "would transform the source but not the target. Set transform_input=['X_target'] on it."
        )


def _learn_weights(weighter, X, y, X_target):
    """The fitted weighter and its weights, with mean 1."""
    if y is None:
        raise ValueError("ReweightedClassifier requires y to be passed, but the target y is None.")
    check_consistent_length(X, y)
    weighter = clone(weighter)
    if isinstance(weighter, Pipeline):
        metadata = {} if X_target is None else {"X_target": X_target}
        with config_context(enable_metadata_routing=True):
            last = weighter.fit(X, y, **metadata).steps[-1][1]
    else:
        last = weighter.fit(X, y, X_target=X_target)
    name = type(last).__name__
    w = getattr(last, "sample_weight_", None)
    if w is None or np.shape(w) != (len(np.asarray(y)),):
        found = "none" if w is None else f"an array of shape {np.shape(w)}"
        raise TypeError(
            f"weighter must learn sample_weight_ of shape (n_source,), one weight per source row; "
            f"{name} learned {found}."
        )
    if isinstance(last, WeighterMixin):
        return weighter, last.sample_weight_
    w = normalise_weights(w, name)
    warn_if_low(effective_sample_size(w), len(w), stacklevel=4)
    return weighter, w


def _refuse_lost_classes(y, w, weighter):
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    share = np.bincount(codes.ravel(), weights=w) / np.bincount(codes.ravel())
    lost = classes[share < 1e-8]
    if len(lost):
        raise ValueError(
            f"Classes {lost.tolist()} lost all their weight: {type(weighter).__name__} gives none "
            "to any of their source rows, so no classifier could predict them. Use a wider kernel "
            "(smaller gamma) or a smaller bound B, reduce the dimension first (PCA), or check that "
            "the target has these classes."
        )
