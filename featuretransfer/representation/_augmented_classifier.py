"""A classifier fitted to augmented rows of both domains."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import has_fit_parameter

from .._base import ViewsMixin, validate_domains
from .._checks import is_number
from .._delegation import check_classifier
from .._labels import at_least_two, source_labels, validate_target_labels
from .._structure import wants_target
from ._augmentation import augment

SHARED_CONSTANT = 10.0  # its weight is penalised a hundredth as much as one of a constant of 1


def _inner_has(method):
    return available_if(lambda self: hasattr(self.estimator, method))


class FeatureAugmentationClassifier(ViewsMixin, MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Fit a classifier to source rows and labelled target rows with shared and own features.

    .. note::
       The two views differ: new rows are taken for rows of the target, and in a source view for
       rows of the source.

    EasyAdapt and EasyAdapt++: the last step of a Pipeline where some target rows have labels, a few
    of every class. Source rows enter as <x, x, 0>, labelled target rows as <x, 0, x>, so that a
    linear classifier has weights w + v_s for the source and w + v_t for the target: where the
    target says nothing, its weights stay close to those of the source. With `gamma` above 0
    unlabelled target rows enter too and hold both predictors together on them. Scale each corpus
    first (`CorpusScaler`): what is shared is shared in units of the features.

    Parameters
    ----------
    estimator : classifier
        Fitted to the augmented rows. With `gamma` 0 any classifier, though the method is meant for
        linear ones. With `gamma` above 0 a linear one with the parameter ``fit_intercept`` whose
        ``fit`` takes ``sample_weight``: LogisticRegression, LinearSVC, RidgeClassifier or
        SGDClassifier.
    gamma : float, default=0.0
        Weight of an unlabelled target row, where a labelled row has weight 1. 0 is EasyAdapt; the
        published EasyAdapt++ is 2.0, an unlabelled row with each label.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted classifier; one per class where unlabelled rows entered and there are three
        classes or more.
    is_augmented_ : bool
        Whether rows are augmented: whether any target row was used.
    n_labelled_ : int
        Number of labelled target rows.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    FeatureAugmentation : The feature map alone.
    HeterogeneousFeatureAugmentation : For a target with other features.

    Notes
    -----
    Without ``X_target`` the classifier is fitted to the source rows as they are; so it is, with a
    warning, where no target row would enter (none is labelled and `gamma` is 0). Several target
    corpora are one domain.

    An unlabelled row enters as <0, x, -x>, on which augmented weights give the difference of the
    two predictors, once with either label and half of `gamma` each: for the squared loss this is
    target 0 with weight `gamma`, for the hinge and the logistic loss a symmetric penalty on the
    difference. Labels are then -1 and 1, one class against the rest. ``class_weight`` of the
    estimator is turned into weights of the labelled rows, by their classes: it would tilt the
    penalty otherwise. Without any labelled target row `gamma` alone does not change what is
    predicted much: the target predictor is then that of the source, made smaller along directions
    that target rows do not have.

    Intercepts: the constant 1 is appended to the block of each domain, so that the domains have
    intercepts of their own, penalised like weights, beside the shared one, which is the
    estimator's. With `gamma` above 0 the shared one would act on the difference as well; it is
    then the weight of a constant 10 in the shared block, which is penalised a hundredth as much.
    ``fit_intercept=False`` on the estimator is no intercept at all.

    **Cost.** That of the classifier on n source and labelled target rows of 3 d features; with
    `gamma` above 0 on two rows more per unlabelled row, once per class.

    References
    ----------
    .. [1] H. Daume III (2007), "Frustratingly Easy Domain Adaptation", ACL, section 3.
       https://arxiv.org/abs/0907.1815
    .. [2] H. Daume III, A. Kumar, A. Saha (2010), "Frustratingly Easy Semi-Supervised Domain
       Adaptation", ACL Workshop on Domain Adaptation for Natural Language Processing. Here after
       the paper.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import FeatureAugmentationClassifier
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 200, n_features=5, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[40:] = None  # 40 target rows are labelled
    >>> model = FeatureAugmentationClassifier(LogisticRegression())
    >>> model = model.fit(
    ...     data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,)
    ... )
    >>> plain = LogisticRegression().fit(data.X_source, data.y_source)
    >>> Xt, yt = data.X_target[40:], data.y_target[40:]
    >>> bool(model.score(Xt, yt) > plain.score(Xt, yt) + 0.2)
    True
    """

    __metadata_request__fit = {"X_target": True, "y_target": True}
    settings = ("inductive",)

    def __init__(self, estimator, gamma=0.0):
        self.estimator = estimator
        self.gamma = gamma

    def fit(self, X, y, *, X_target=None, y_target=None):
        """Fit the classifier to augmented rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, labelled and unlabelled; without them nothing is adapted.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows, None or NaN where unlabelled.

        Returns
        -------
        self : FeatureAugmentationClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is no classifier, or uses ``X_target`` itself.
        ValueError
            If `gamma` is no number >= 0, or is above 0 with an estimator that is not linear or
            takes no ``sample_weight``.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        labels, labelled = validate_target_labels(y, X_target, y_target)
        self.n_labelled_ = int(labelled.sum())
        self.classes_ = np.unique(y)
        at_least_two(self.classes_)
        regularised = bool(self.gamma > 0 and not labelled.all())
        self.is_augmented_ = bool(labelled.any()) or regularised
        self._against_rest = regularised
        self._constants = {}
        if not self.is_augmented_:
            if target is not None:
                _warn_nothing_to_adapt_to()
            self.estimators_ = [clone(self.estimator).fit(rows, y)]
            return self
        if self._inner_parameters().get("fit_intercept", True):
            self._constants = {"own": 1.0, "shared": SHARED_CONSTANT if regularised else 0.0}
        Z = augment(rows, "source", **self._constants)
        if labelled.any():
            Z = np.vstack([Z, augment(target[labelled], "target", **self._constants)])
            y = np.concatenate([y, labels[labelled]])
        if regularised:
            unlabelled = augment(target[~labelled], "difference", **self._constants)
            self.estimators_ = self._fit_against_rest(Z, y, unlabelled)
        else:
            self.estimators_ = [clone(self.estimator).fit(Z, y)]
        return self

    def _check_parameters(self):
        check_classifier(self.estimator)
        if wants_target(self.estimator):
            raise TypeError(
                f"estimator uses X_target itself, but would be fitted to augmented rows: "
                f"{self.estimator!r}. Put adapters before FeatureAugmentationClassifier in a "
                "Pipeline, and a plain classifier inside."
            )
        if not is_number(self.gamma, low=0):
            raise ValueError(f"gamma must be a number >= 0, got {self.gamma!r}.")
        takes_weights = has_fit_parameter(self.estimator, "sample_weight")
        if self.gamma > 0 and not (takes_weights and "fit_intercept" in self._inner_parameters()):
            raise ValueError(
                f"gamma={self.gamma!r} needs a linear classifier with the parameter fit_intercept "
                f"whose fit takes sample_weight, got {self.estimator!r}. Use LogisticRegression, "
                "LinearSVC, RidgeClassifier or SGDClassifier, or gamma=0."
            )

    def _inner_parameters(self):
        return self.estimator.get_params(deep=False)

    def _fit_against_rest(self, Z, y, unlabelled):
        """One classifier per class with labels -1 and 1; with two classes that of the second."""
        rows = np.vstack([Z, unlabelled, unlabelled])
        weights = np.full(len(rows), self.gamma / 2)
        class_weight = self._inner_parameters().get("class_weight")
        weights[: len(y)] = compute_sample_weight(class_weight, y)
        targets = np.ones(len(rows))
        targets[-len(unlabelled) :] = -1
        settings = {"fit_intercept": False}
        if class_weight is not None:
            settings["class_weight"] = None
        fitted = []
        for label in self.classes_[1:] if len(self.classes_) == 2 else self.classes_:
            targets[: len(y)] = np.where(y == label, 1, -1)
            estimator = clone(self.estimator).set_params(**settings)
            fitted.append(estimator.fit(rows, targets, sample_weight=weights))
        return fitted

    def _augmented(self, X):
        X = self._validate_rows(X)
        if not self.is_augmented_:
            return X
        return augment(X, "source" if self._source_view else "target", **self._constants)

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        Z = self._augmented(X)
        if not self._against_rest:
            return self.estimators_[0].predict(Z)
        values = self._values_against_rest(Z)
        binary = values.shape[1] == 1
        return self.classes_[(values[:, 0] > 0).astype(int) if binary else values.argmax(axis=1)]

    @_inner_has("decision_function")
    def decision_function(self, X):
        """Decision values, where the inner classifier has them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values in the order of ``classes_``.
        """
        Z = self._augmented(X)
        if not self._against_rest:
            return self.estimators_[0].decision_function(Z)
        values = self._values_against_rest(Z)
        return values[:, 0] if values.shape[1] == 1 else values

    @_inner_has("predict_proba")
    def predict_proba(self, X):
        """Class probabilities, where the inner classifier has them.

        Those of several classifiers, one per class, are divided by their sum; where each is 0, all
        classes have the same.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        Z = self._augmented(X)
        found = [estimator.predict_proba(Z) for estimator in self.estimators_]
        if len(found) == 1:
            return found[0]
        p = np.column_stack([against_rest[:, 1] for against_rest in found])
        total = p.sum(axis=1, keepdims=True)
        return np.where(total > 0, p / np.where(total > 0, total, 1), 1 / p.shape[1])

    def _values_against_rest(self, Z):
        return np.column_stack([estimator.decision_function(Z) for estimator in self.estimators_])


def _warn_nothing_to_adapt_to():
    warnings.warn(
        "No row of X_target is labelled and gamma is 0: FeatureAugmentationClassifier fits the "
        "classifier to the source alone. Pass y_target with labels of some target rows, or gamma "
        "above 0 to use rows without labels.",
        UserWarning,
        stacklevel=3,
    )
