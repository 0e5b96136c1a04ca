"""Correction of class probabilities for other class shares in the target."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._base import validate_domains
from .._checks import check_flags, is_count
from .._delegation import PredictorAround, check_classifier, delegates
from .._labels import source_labels
from .._row_ids import validate_row_ids
from ._calibration import Calibration, fit_calibration
from ._held_out import choose_folds, held_out_log_posteriors
from ._inner import (
    as_given,
    fit_inner,
    log_posteriors,
    validate_rows,
)
from ._label_shift import bbse_weights, corrected, em_prior, joint_confusion
from ._training_prior import check_shares, class_shares, training_prior

METHODS = ("em", "bbse")
TRAIN_PRIORS = ("auto", "source", "uniform")
LEAST_SHARE = 0.1  # of the share trained under, below which a class is as good as absent


def _has_probabilities(self):
    """Corrected ones are always there; without a target they are the inner classifier's."""
    if getattr(self, "target_prior_", 0) is None:
        self.estimator_.predict_proba  # noqa: B018 (raises the AttributeError to show)
    return True


class PriorCorrection(PredictorAround, ClassifierMixin, BaseEstimator):
    """Estimate the class shares of the target and correct a classifier's probabilities for them.

    The last step of a Pipeline, around a classifier. Where the classes sound alike in both corpora
    and only their shares differ (label shift), probabilities learned on the source are wrong by
    known factors: the probability of class c is multiplied by its share in the target over the
    share trained under, ``p_t(c | x)`` proportional to ``p(c | x) * target_prior_(c) /
    train_prior_(c)``. The shares of the target are estimated from its unlabelled rows.

    Use it for accuracy and for honest probabilities when the target's class shares differ, say
    spontaneous speech, mostly neutral, after acted speech. Do not expect it to raise the unweighted
    average recall: that is highest under *equal* shares (a classifier with
    ``class_weight="balanced"``), whatever those of the target. Where the classes themselves sound
    different the estimate is wrong too; scale each corpus by itself first (`CorpusScaler`).

    Parameters
    ----------
    estimator : classifier
        What to correct. It may use ``X_target`` itself.
    method : {"em", "bbse"}, default="em"
        How the target's class shares are estimated. "em" maximises the likelihood of the target
        rows [1]_, "bbse" solves for the shares by which the confusions of held-out source rows
        explain how often each class is predicted for the target [3]_: coarser, but it needs no
        probabilities that mean anything.
    calibrate : bool, default=True
        Calibrate probabilities on held-out source rows, by one temperature and an offset for every
        class [2]_. Without it "em" is off by far where a classifier is too sure or not sure enough,
        as a strongly regularised one is. A classifier without ``predict_proba`` needs it.
    train_prior : {"auto", "source", "uniform"} or array-like of shape (n_classes,), default="auto"
        Class shares that uncalibrated probabilities hold under. "auto" looks at what learns inside
        `estimator`: shares of the source rows, times class weights, so that
        ``class_weight="balanced"`` means equal shares. Calibrated probabilities hold under the
        shares of the source, and nothing but "auto" is accepted.
    cv : int, default=5
        Number of folds by which source rows are held out, cut to the rows of the rarest class.

    Attributes
    ----------
    estimator_ : classifier
        The classifier fitted on the source.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    target_prior_ : ndarray of shape (n_classes,) or None
        Estimated class shares of the target; None without ``X_target``.
    train_prior_ : ndarray of shape (n_classes,) or None
        Class shares that the probabilities before correction hold under.
    weights_ : ndarray of shape (n_classes,) or None
        Class shares of the target over those of the source rows.
    temperature_ : float or None
        Temperature of the calibration, 1 without one. Above 1 the classifier was too sure.
    gap_ : float or None
        With "em", an upper bound of how far the mean log-likelihood is below its maximum.
    confusion_ : ndarray of shape (n_classes, n_classes) or None
        With "bbse", shares of (predicted, true) class among held-out source rows.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    BalancedSelfTraining : Trains on the target under class shares that are given.
    ReweightedClassifier : Corrects for other shares of everything but the classes.

    Notes
    -----
    Without ``X_target`` predictions are those of the plain classifier, to the last bit. Several
    targets are pooled: the shares are those of the pool.

    Held-out rows of a speaker the classifier knows look easier than the target is. Pass
    ``speakers`` to `fit` (in a pipeline, request it by ``set_fit_request(speakers=True)``) to hold
    out whole speakers. Adapters inside `estimator` see held-out source rows in their source view.
    Folds do not depend on the order of the rows.

    A class with a single source row can't be held out: nothing is calibrated then, with a warning,
    and "bbse" is refused. So is a confusion matrix with a condition number above 1,000. Negative
    solutions are set to 0. A class estimated to have less than a tenth of the share trained under
    is warned of: it is hardly ever predicted.

    **Cost.** That of ``cv + 1`` fits of `estimator` (one if nothing is calibrated); EM takes
    O(n_target n_classes) per step, some tens to hundreds of steps.

    References
    ----------
    .. [1] M. Saerens, P. Latinne, C. Decaestecker (2002), "Adjusting the Outputs of a Classifier to
       New a Priori Probabilities: A Simple Procedure", Neural Computation 14(1), equations (2.4)
       and (2.9). https://doi.org/10.1162/089976602753284446
    .. [2] A. Alexandari, A. Kundaje, A. Shrikumar (2020), "Maximum Likelihood with Bias-Corrected
       Calibration is Hard-To-Beat at Label Shift Adaptation", ICML.
       https://arxiv.org/abs/1901.06852
    .. [3] Z. C. Lipton, Y.-X. Wang, A. Smola (2018), "Detecting and Correcting for Label Shift with
       Black Box Predictors", ICML. https://arxiv.org/abs/1802.03916

    Equation numbers are given from memory.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import PriorCorrection
    >>> rng = np.random.default_rng(0)
    >>> y, y_target = np.repeat([0, 1], [200, 200]), np.repeat([0, 1], [270, 30])
    >>> X, X_target = (rng.normal(2 * labels[:, None], 1) for labels in (y, y_target))
    >>> model = PriorCorrection(LogisticRegression()).fit(X, y, X_target=X_target)
    >>> model.target_prior_.round(2)
    array([0.89, 0.11])
    >>> for fitted in (model.estimator_, model):
    ...     print(f"{fitted.score(X_target, y_target):.2f}")
    0.81
    0.94
    """

    __metadata_request__fit = {"X_target": True}
    settings = ("transductive",)

    def __init__(self, estimator, method="em", calibrate=True, train_prior="auto", cv=5):
        self.estimator = estimator
        self.method = method
        self.calibrate = calibrate
        self.train_prior = train_prior
        self.cv = cv

    def fit(self, X, y, *, X_target=None, speakers=None):
        """Train on the source and estimate the class shares of the target.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them nothing is corrected.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row: rows are held out by whole speakers.

        Returns
        -------
        self : PriorCorrection
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is not a classifier or predicts nothing that can be corrected, or
            `calibrate` is no bool.
        ValueError
            If a parameter is not one of its choices, source rows can't be held out where they must
            be, or the confusion matrix is nearly singular.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        speakers = validate_row_ids(speakers, len(rows), "speakers", "speaker", rows="X")
        X, X_target = as_given(X, rows), as_given(X_target, target)
        self.estimator_ = fit_inner(self.estimator, X, y, X_target)
        self.target_prior_ = self.train_prior_ = self.weights_ = None
        self.temperature_ = self.gap_ = self.confusion_ = None
        if X_target is None:
            return self
        codes = np.searchsorted(self.classes_, y)
        held_out = None
        if self.calibrate or self.method == "bbse":
            folds = choose_folds(rows, codes, self.cv, speakers)
            if folds is not None:
                held_out = held_out_log_posteriors(
                    self.estimator, X, y, X_target, self.classes_, folds
                )
        self._settle_probabilities(y, codes, held_out)
        self._estimate_shares(
            codes, held_out, log_posteriors(self.estimator_, X_target, self.classes_)
        )
        self.weights_ = self.target_prior_ / class_shares(y, self.classes_)
        self._warn_of_absent_classes()
        return self

    def _settle_probabilities(self, y, codes, held_out):
        """Learn the calibration, and the class shares that probabilities hold under."""
        shares = class_shares(y, self.classes_)
        if self.calibrate and held_out is not None:
            self._calibration, self.train_prior_ = fit_calibration(held_out, codes), shares
            slope = self._calibration.slope
            self.temperature_ = 1 / slope if slope > 0 else np.inf
            return
        if not hasattr(self.estimator_, "predict_proba"):
            remedy = "Set calibrate=True" if not self.calibrate else "Pass more rows of every class"
            raise TypeError(
                f"{type(self.estimator_).__name__} has no predict_proba, so its decision values "
                f"must be calibrated on held-out source rows. {remedy}, or use another classifier."
            )
        if self.calibrate:
            warnings.warn(
                "A class has a single source row, or there is a single speaker: no rows can be held"
                " out and probabilities are not calibrated. Pass more rows, or set calibrate=False "
                "to silence this warning.",
                UserWarning,
                stacklevel=3,
            )
        self._calibration, self.temperature_ = Calibration(1.0, np.zeros(len(shares))), 1.0
        self.train_prior_ = self._assumed_prior(y, shares)

    def _estimate_shares(self, codes, held_out, log_target):
        k = len(self.classes_)
        if self.method == "em":
            P = self._calibration(log_target)
            self.target_prior_, _, self.gap_ = em_prior(P, self.train_prior_)
            return
        if held_out is None:
            raise ValueError(
                "method='bbse' needs held-out source rows, but a class has a single one, or there "
                "is a single speaker. Use method='em', or pass more rows."
            )
        self.confusion_ = joint_confusion(held_out.argmax(axis=1), codes, k)
        predicted = class_shares(log_target.argmax(axis=1), np.arange(k))
        prior = bbse_weights(self.confusion_, predicted) * class_shares(codes, np.arange(k))
        self.target_prior_ = prior / prior.sum()

    def _assumed_prior(self, y, shares):
        if not isinstance(self.train_prior, str):
            prior = check_shares(self.train_prior, len(shares), "train_prior")
            if np.all(prior > 0):
                return prior
            raise ValueError(f"train_prior must be positive everywhere, got {self.train_prior!r}.")
        if self.train_prior == "auto":
            return training_prior(self.estimator_, y, self.classes_)
        return shares if self.train_prior == "source" else np.full(len(shares), 1 / len(shares))

    def _warn_of_absent_classes(self):
        absent = self.classes_[self.target_prior_ < LEAST_SHARE * self.train_prior_]
        if len(absent):
            warnings.warn(
                f"PriorCorrection estimates that the target has almost no rows of the classes "
                f"{absent.tolist()}, so they are hardly ever predicted. If it has some, scale each "
                "corpus by itself first (CorpusScaler), pass more target rows, or leave the "
                "correction out.",
                UserWarning,
                stacklevel=3,
            )

    def _check_parameters(self):
        check_classifier(self.estimator)
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {list(METHODS)}, got {self.method!r}.")
        check_flags(self, "calibrate")
        if not is_count(self.cv, least=2):
            raise ValueError(f"cv must be an integer >= 2, got {self.cv!r}.")
        named = isinstance(self.train_prior, str)
        if named and self.train_prior not in TRAIN_PRIORS:
            raise ValueError(
                f"train_prior must be one of {list(TRAIN_PRIORS)} or an array of class shares, got "
                f"{self.train_prior!r}."
            )
        if self.calibrate and not (named and self.train_prior == "auto"):
            raise ValueError(
                f"train_prior={self.train_prior!r} contradicts calibrate=True: calibrated "
                "probabilities hold under the class shares of the source. Set calibrate=False or "
                "leave train_prior out."
            )

    @property
    def classes_(self):
        """The class labels."""
        return self.estimator_.classes_

    @delegates("predict")
    def predict(self, X):
        """Predict the classes that are most probable in the target.

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
        if self.target_prior_ is None:
            return self.estimator_.predict(validate_rows(self, X))
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Predict class probabilities under the class shares of the target.

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
        X = validate_rows(self, X)
        if self.target_prior_ is None:
            return self.estimator_.predict_proba(X)
        P = self._calibration(log_posteriors(self.estimator_, X, self.classes_))
        return corrected(P, self.train_prior_, self.target_prior_)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities under the class shares of the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities in the order of ``classes_``.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))
