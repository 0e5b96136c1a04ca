"""Classifiers and regressors fitted with learned weights."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_regressor
from sklearn.utils import get_tags

from .._delegation import ClassifierAround, check_classifier
from .._structure import is_estimator
from ._reweighting import Reweighted


class ReweightedClassifier(ClassifierAround, Reweighted, ClassifierMixin, BaseEstimator):
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
    ReweightedRegressor : The same for ratings.
    KernelMeanMatching : Weights by matching means in a kernel's feature space.

    Notes
    -----
    ``fit`` takes no ``sample_weight`` of its own: weights of the design and weights of the shift
    do not simply multiply, since a weighter compares the unweighted source with the target. Use
    the ``class_weight`` of the inner classifier to balance classes.

    Uniform weights (no weighter, or no ``X_target``) are not passed on, so the result is that of
    the plain classifier to the last bit. Searches inside `estimator` fit with the weights and score
    without, unless their scorer asks for ``sample_weight``.

    **Cost.** That of the weighter and of one fit of `estimator`; nothing is added.

    References
    ----------
    .. [1] H. Shimodaira (2000), "Improving predictive inference under covariate shift by weighting
       the log-likelihood function", Journal of Statistical Planning and Inference 90(2).
       https://doi.org/10.1016/S0378-3758(00)00115-4

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

    def _check_estimator(self):
        check_classifier(self.estimator)

    def _check_weights(self, y, w):
        _refuse_lost_classes(y, w, self.weighter)


class ReweightedRegressor(Reweighted, RegressorMixin, BaseEstimator):
    """Fit a regressor with the weights that a weighter gives to the source rows.

    `ReweightedClassifier` for ratings, such as arousal and valence: the last step of a Pipeline
    for covariate shift, where source rows that resemble the target count more. Predictions are
    those of the inner regressor.

    Parameters
    ----------
    estimator : estimator
        A regressor whose ``fit`` uses ``sample_weight``; it may be nested, in a Pipeline, a
        transformed target or a search. One that would ignore the weights, or resample by them
        (bagging, AdaBoost.R2), is refused. It may use ``X_target`` itself.
    weighter : weighter, Pipeline or None, default=None
        Learns ``sample_weight_`` in ``fit(X, y, X_target=...)``, like `KernelMeanMatching`. None is
        uniform weights, so that one grid compares weighters. A Pipeline that ends in a weighter
        weights on transformed rows while the regressor sees the rows as they are.

    Attributes
    ----------
    estimator_ : estimator
        The fitted regressor.
    weighter_ : weighter or None
        The fitted weighter.
    sample_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted source rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    ReweightedClassifier : The same for classes.
    TwoStageTrAdaBoostR2 : Weights by boosting, with few rated target rows.

    Notes
    -----
    Uniform weights (no weighter, or no ``X_target``) are not passed on, so the result is that of
    the plain regressor to the last bit. Several ratings at once, ``y`` of shape (n_source,
    n_outputs), are learned where `estimator` does. ``fit`` takes no ``sample_weight`` of its own,
    for the reason given at `ReweightedClassifier`.

    **Cost.** That of the weighter and of one fit of `estimator`; nothing is added.

    References
    ----------
    .. [1] H. Shimodaira (2000), "Improving predictive inference under covariate shift by weighting
       the log-likelihood function", Journal of Statistical Planning and Inference 90(2).
       https://doi.org/10.1016/S0378-3758(00)00115-4

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from featuretransfer import GaussianWeights, ReweightedRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(400, 1)), rng.normal(1.5, 0.5, size=(300, 1))
    >>> arousal, arousal_target = np.sin(X[:, 0]), np.sin(X_target[:, 0])
    >>> plain = Ridge().fit(X, arousal)
    >>> model = ReweightedRegressor(Ridge(), GaussianWeights())
    >>> model = model.fit(X, arousal, X_target=X_target)
    >>> errors = [np.abs(m.predict(X_target) - arousal_target).mean() for m in (model, plain)]
    >>> bool(errors[0] < errors[1] / 2)
    True
    """

    def _check_estimator(self):
        if not is_estimator(self.estimator) or not is_regressor(self.estimator):
            raise TypeError(
                f"estimator must be a regressor instance, got {self.estimator!r}. Pass for example "
                "estimator=Ridge()."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "__sklearn_tags__"):
            outputs = get_tags(self.estimator).target_tags
            tags.target_tags.multi_output = outputs.multi_output
        return tags


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
