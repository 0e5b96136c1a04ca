"""Boosting of ratings with few rated target rows."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone, is_regressor
from sklearn.linear_model import Ridge
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_count
from .._labels import validate_target_labels
from .._structure import is_estimator
from ._adaboost_r2 import boost_target, source_path, target_masses, weighted_median
from ._labelled_target import (
    append_labelled,
    canonical_order,
    learner,
    rating_labels,
    refuse_adapter,
    target_ratings,
    warn_unlabelled,
)
from ._sample_weight import WeightedFits
from ._weights import effective_sample_size


class TwoStageTrAdaBoostR2(RegressorMixin, MetaEstimatorMixin, BaseEstimator):
    """Boost a regressor on the source and a few rated target rows.

    `TrAdaBoost` for ratings, such as arousal and valence, where some target rows are rated, too few
    to train on. In a first stage source rows lose weight step by step, those that are predicted
    worst losing most, from equal weights until the target rows alone are left. In the second, every
    step's weights start an AdaBoost.R2 that changes the weights of the target rows only. The step
    is chosen by cross-validation on the rated target rows. Scale each corpus by itself first
    (`CorpusScaler`), or adapt first, as the last step of a Pipeline.

    Parameters
    ----------
    estimator : regressor, default=None
        What is boosted; its ``fit`` must use ``sample_weight``. It may be nested, in a Pipeline for
        example. One that would ignore the weights, resample by them (bagging), or use ``X_target``
        is refused. None is ``Ridge()``.
    n_estimators : int, default=10
        Most rounds N of the second stage.
    n_steps : int, default=10
        Number of steps S of the first stage. 1 is AdaBoost.R2 on both domains, with the weights of
        the source kept.
    cv : int, default=5
        Number of folds of the rated target rows, cut to their number.

    Attributes
    ----------
    estimators_ : list of regressor
        The regressors of the second stage at the chosen step.
    estimator_weights_ : ndarray of shape (n_rounds,)
        Their shares in the weighted median, of sum 1.
    step_ : int or None
        The chosen step, from 0; None without rated target rows.
    cv_errors_ : ndarray of shape (n_steps,)
        Mean squared error of every step on held-out target rows; NaN where there was no choice.
    target_masses_ : ndarray of shape (n_steps,)
        Share of the target in the weights of every step; empty without rated target rows.
    sample_weights_ : ndarray of shape (n_steps, n_source)
        Weights of the source rows at the start of every step. Those of the target rows are equal,
        and over both domains the weights of a step have mean 1. Ones, of shape (1, n_source),
        without rated target rows.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)`` of the weights at the chosen step over both domains: number of
        equally weighted rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    TrAdaBoost : For classes.
    ReweightedRegressor : Weights without target ratings.

    Notes
    -----
    For n source and m rated target rows the weights of step t = 1..S give the target the share
    ``m / (n + m) + (t - 1) / (S - 1) (1 - m / (n + m))``. A regressor fitted with the weights of a
    step has residuals r; with ``e = |r| / max |r|``, the largest over all rows with weight, source
    weights are multiplied by ``beta ** e``, and beta is found by bracketing such that the target
    has the share of the next step. Where source rows with e = 0 alone weigh too much for that, no
    beta will do: the others lose all weight, and these are scaled down alike (our choice).

    In a round of the second stage with weighted mean error ``eps`` of all rows and ``beta = eps /
    (1 - eps)``, target weights are multiplied by ``beta ** (1 - e)`` and rescaled to their sum; the
    source's stay. It ends before a round with ``eps >= 1/2``, except the first. Predictions are the
    median of the regressors weighted by ``log(1 / beta)``.

    The steps are indexed so that the first has equal weights and the last the target alone; the
    paper states the share for the update that follows a step. Folds are held out of both stages,
    so that held-out rows have no part in the weights they are tested with (the paper holds them out
    of the second). They are spread over the ratings, neither the order of the rows nor a seed
    matters, and of equal errors the earlier step is chosen. A single rated row can't be held out:
    the first step is used, with a warning.

    Without rated target rows the result is the regressor fitted to the unweighted source, to the
    last bit; where ``X_target`` was given without ratings there is a warning. Unrated target rows
    (None or NaN in ``y_target``) are ignored; ratings need not occur in the source. A tuple of
    targets is pooled. Inside, rows are arrays without names.

    **Cost.** At most F S (N + 1) fits of `estimator` for F folds, and S + N after the choice;
    memory for weights is O(S n).

    References
    ----------
    .. [1] D. Pardoe, P. Stone (2010), "Boosting for Regression Transfer", ICML, after algorithm 3.
    .. [2] H. Drucker (1997), "Improving Regressors using Boosting Techniques", ICML: AdaBoost.R2
       with linear loss.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TwoStageTrAdaBoostR2
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(300, 5)), rng.normal(size=(200, 5))
    >>> arousal, arousal_target = X[:, 0] + X[:, 1], X_target[:, 0] - X_target[:, 1]
    >>> y_target = np.where(np.arange(200) < 20, arousal_target, np.nan)  # 20 rows are rated
    >>> model = TwoStageTrAdaBoostR2().fit(X, arousal, X_target=X_target, y_target=y_target)
    >>> unadapted = TwoStageTrAdaBoostR2().fit(X, arousal)
    >>> rest = X_target[20:], arousal_target[20:]
    >>> model.score(*rest) > 0.9 > 0.5 > unadapted.score(*rest)
    True
    """

    __metadata_request__fit = {"X_target": True, "y_target": True}
    settings = ("inductive",)

    def __init__(self, estimator=None, n_estimators=10, n_steps=10, cv=5):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_steps = n_steps
        self.cv = cv

    def fit(self, X, y, *, X_target=None, y_target=None):
        """Learn the weights, choose the step, and boost the regressor.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source ratings.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Their ratings, None or NaN for rows without; without any the source alone is used.

        Returns
        -------
        self : TwoStageTrAdaBoostR2
            The fitted regressor.

        Raises
        ------
        TypeError
            If `estimator` is not a regressor.
        ValueError
            If a parameter is invalid, `estimator` would not use the weights or wants ``X_target``,
            or ``y_target`` does not fit ``X_target``.
        """
        X, rows = validate_domains(self, X, X_target)
        y = rating_labels(self, X, y)
        fits = self._checked_fits()
        n_source = len(X)
        if y_target is not None:
            labels, labelled = validate_target_labels(y, X_target, y_target, allow_new_classes=True)
            X, y = append_labelled(X, y, rows, target_ratings(labels, labelled), labelled)
        self.step_, self.cv_errors_ = None, np.full(self.n_steps, np.nan)
        if len(X) == n_source:
            if X_target is not None:
                warn_unlabelled(self, stacklevel=2)
            self.estimators_, self.estimator_weights_ = [fits(X, y, None)], np.ones(1)
            self.target_masses_, self.sample_weights_ = np.empty(0), np.ones((1, n_source))
            self.effective_sample_size_ = float(n_source)
            return self
        order = canonical_order(X, y, n_source)
        X, y = X[order], y[order]
        self.step_ = self._choose_step(fits, X, y, n_source)
        learn = learner(fits, X, y)
        self.target_masses_ = target_masses(n_source, len(X) - n_source, self.n_steps)
        weights = np.array(list(source_path(learn, y, n_source, self.target_masses_)))
        self.sample_weights_ = weights[:, np.argsort(order)[:n_source]]
        self.effective_sample_size_ = effective_sample_size(weights[self.step_])
        self.estimators_, self.estimator_weights_ = boost_target(
            learn, y, weights[self.step_], n_source, self.n_estimators
        )
        return self

    def _checked_fits(self):
        for name, least in (("n_estimators", 1), ("n_steps", 1), ("cv", 2)):
            value = getattr(self, name)
            if not is_count(value, least):
                raise ValueError(f"{name} must be an integer >= {least}, got {value!r}.")
        estimator = Ridge() if self.estimator is None else self.estimator
        if not is_estimator(estimator) or not is_regressor(estimator):
            raise TypeError(
                f"estimator must be None or a regressor instance, got {estimator!r}. Pass for "
                "example estimator=Ridge()."
            )
        refuse_adapter(self, estimator)
        return WeightedFits(clone(estimator), type(self).__name__)

    def _choose_step(self, fits, X, y, n_source):
        """The step with the least error on held-out target rows."""
        if self.n_steps == 1:
            return 0
        if len(X) - n_source == 1:
            warnings.warn(
                "y_target rates a single row, which can't be held out to choose the step: the "
                "first is used. Pass more ratings, or n_steps=1.",
                UserWarning,
                stacklevel=3,
            )
            return 0
        squares = np.zeros(self.n_steps)
        for held_out in target_folds(y, n_source, self.cv):
            kept = np.setdiff1d(np.arange(len(y)), held_out)
            models = all_steps(fits, X[kept], y[kept], n_source, self.n_steps, self.n_estimators)
            for step, model in enumerate(models):
                squares[step] += np.sum((predict_median(*model, X[held_out]) - y[held_out]) ** 2)
        self.cv_errors_ = squares / (len(X) - n_source)
        return int(np.argmin(self.cv_errors_))

    def predict(self, X):
        """Predict ratings.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Weighted medians of the predictions of ``estimators_``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        return predict_median(self.estimators_, self.estimator_weights_, X)


def target_folds(y, n_source, n_folds):
    """Row numbers of the target to hold out together, each fold spread over the ratings."""
    by_rating = n_source + np.argsort(y[n_source:], kind="stable")
    n_folds = min(n_folds, len(by_rating))
    return [by_rating[fold::n_folds] for fold in range(n_folds)]


def all_steps(fits, X, y, n_source, n_steps, n_rounds):
    """The models of all steps, one after the other: their regressors and shares."""
    learn = learner(fits, X, y)
    for w in source_path(learn, y, n_source, target_masses(n_source, len(X) - n_source, n_steps)):
        yield boost_target(learn, y, w, n_source, n_rounds)


def predict_median(estimators, weights, X):
    """Weighted median of the predictions of all estimators."""
    return weighted_median(np.column_stack([e.predict(X) for e in estimators]), weights)
