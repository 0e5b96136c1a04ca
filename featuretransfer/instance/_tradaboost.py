"""Boosting with few labelled target rows."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin

from .._base import validate_domains
from .._checks import is_count
from .._labels import source_labels, validate_target_labels
from .._pseudo_labels import make_labeller
from ._boosting import boost, shares
from ._labelled_target import (
    append_labelled,
    canonical_order,
    learner,
    refuse_adapter,
    warn_unlabelled,
)
from ._sample_weight import WeightedFits
from ._voting import VotingMixin
from ._weights import effective_sample_size


class TrAdaBoost(VotingMixin, MetaEstimatorMixin, BaseEstimator):
    """Boost a classifier on the source and a few labelled target rows.

    For the case that some target rows have labels, too few to train on. Every round fits the
    classifier to the weighted rows of both domains. Target rows that it gets wrong gain weight, as
    in AdaBoost; source rows that it gets wrong lose weight, as they seem not to follow the target's
    law. The later half of the rounds votes. Scale each corpus by itself first (`CorpusScaler`), or
    adapt first, as the last step of a Pipeline.

    Parameters
    ----------
    estimator : classifier, default=None
        What is boosted; its ``fit`` must use ``sample_weight``. It may be nested, in a Pipeline for
        example. One that would ignore the weights, resample by them (bagging), or use ``X_target``
        is refused. None is ``LogisticRegression(class_weight="balanced", max_iter=500)``.
    n_estimators : int, default=10
        Number of rounds N.

    Attributes
    ----------
    estimators_ : list of classifier
        The classifiers of the rounds.
    estimator_errors_ : ndarray of shape (n_rounds,)
        Error ``eps_t`` of every round: the weighted share of the labelled target rows that it gets
        wrong; NaN without labelled target rows.
    estimator_weights_ : ndarray of shape (n_rounds,)
        Shares of the rounds in the vote, of sum 1; 0 for those of the first half.
    sample_weights_ : ndarray of shape (n_rounds, n_source)
        Weights of the source rows that every round was fitted with.
    target_weights_ : ndarray of shape (n_rounds, n_labelled)
        Weights of the labelled target rows, in their order in ``X_target``. Over both domains the
        weights of a round have mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)`` of the weights of the last round over both domains: number of
        equally weighted rows that are worth as much.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    MultiSourceTrAdaBoost : Chooses between several sources in every round.
    TwoStageTrAdaBoostR2 : For ratings.
    ReweightedClassifier : Weights without target labels.

    Notes
    -----
    All weights start equal. With n source rows and N rounds, the weight of a source row that round
    t gets wrong is multiplied by ``beta = 1 / (1 + sqrt(2 ln(n) / N))``, that of a target row by
    ``1 / beta_t``, where ``beta_t = eps_t / (1 - eps_t)``; other rows keep theirs. The classifiers
    get the weights rescaled to mean 1, so that its regularisation keeps its meaning. Rounds from
    ``ceil(N / 2)`` on vote with weight ``log(1 / beta_t)``.

    The paper has two classes. For C of them ``beta_t = eps_t / ((1 - eps_t) (C - 1))``, as in
    SAMME [2]_: our choice, the same for C = 2. `eps_t` is kept between 1e-10 and the error of
    chance, ``1 - 1 / C`` (just below it): boosting does not stop at a round that is perfect on the
    target, since wrong source rows go on losing weight, nor at one no better than chance, which
    leaves the target's weights as they are and has next to no vote; it warns if all votes are of
    this kind. It stops only where a round gets every row of both domains right: later rounds would
    repeat it, so it votes for them too.

    Without labelled target rows there is one round, the classifier fitted to the unweighted source
    to the last bit; where ``X_target`` was given without labels there is a warning. Unlabelled
    target rows (None or NaN in ``y_target``) are ignored. A tuple of targets is pooled. Inside,
    rows are arrays without names.

    Ten rounds did no worse than 50 on `make_shifted_corpora`: more rounds take the source away
    further. The method rests on source rows that follow the target's law, and on labelled rows that
    stand for the target. Where features are mixed by a rotation, say, a classifier fitted to the
    labelled target rows alone may be better; where most source rows follow the law, or the labelled
    rows are of a few speakers only (whom boosting then fits), one plain fit to both domains is. The
    latter was better on the mean over pairs of real corpora scaled by themselves: compare.

    **Cost.** N fits of `estimator` to all source and labelled target rows, and N / 2 predictions;
    memory for weights is O(N n).

    References
    ----------
    .. [1] W. Dai, Q. Yang, G.-R. Xue, Y. Yu (2007), "Boosting for Transfer Learning", ICML,
       algorithm 1. https://doi.org/10.1145/1273496.1273521
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie (2009), "Multi-class AdaBoost", Statistics and Its
       Interface 2(3), algorithm 2. https://doi.org/10.4310/SII.2009.v2.n3.a8

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TrAdaBoost
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(300, 200, shift="location", random_state=0)
    >>> y_target = np.array(corpora.y_target, dtype=object)
    >>> y_target[40:] = None  # labels of the first 40 target rows only
    >>> model = TrAdaBoost()
    >>> model.fit(corpora.X_source, corpora.y_source, X_target=corpora.X_target, y_target=y_target)
    TrAdaBoost()
    >>> unadapted = TrAdaBoost().fit(corpora.X_source, corpora.y_source)
    >>> rest = corpora.X_target[40:], corpora.y_target[40:]
    >>> model.score(*rest) > unadapted.score(*rest) + 0.1
    True
    """

    __metadata_request__fit = {"X_target": True, "y_target": True}
    settings = ("inductive",)

    def __init__(self, estimator=None, n_estimators=10):
        self.estimator = estimator
        self.n_estimators = n_estimators

    def fit(self, X, y, *, X_target=None, y_target=None):
        """Boost the classifier.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Their labels, None or NaN for rows without; without any the source alone is used.

        Returns
        -------
        self : TrAdaBoost
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is not a classifier.
        ValueError
            If a parameter is invalid, `estimator` would not use the weights or wants ``X_target``,
            or ``y_target`` does not fit ``X_target`` and ``y``.
        """
        X, rows = validate_domains(self, X, X_target)
        y = source_labels(self, X, y)
        fits = boosted_fits(self)
        n_source, self.classes_ = len(X), np.unique(y)
        if y_target is not None:
            X, y = append_labelled(X, y, rows, *validate_target_labels(y, X_target, y_target))
        if len(X) == n_source:
            if X_target is not None:
                warn_unlabelled(self, stacklevel=2)
            set_plain(self, fits(X, y, None), n_source)
            return self
        order = canonical_order(X, y, n_source)
        X, y = X[order], y[order]
        rounds = boost(learner(fits, X, y), y, n_source, len(self.classes_), self.n_estimators)
        set_rounds(self, rounds, order, n_source, first=(self.n_estimators - 1) // 2)
        return self


def boosted_fits(model):
    """Fits of the estimator of a boosting classifier, its parameters checked."""
    if not is_count(model.n_estimators):
        raise ValueError(f"n_estimators must be an integer >= 1, got {model.n_estimators!r}.")
    estimator = make_labeller(model.estimator)
    refuse_adapter(model, estimator)
    return WeightedFits(estimator, type(model).__name__)


def set_plain(model, estimator, n_source):
    """Learn the attributes of a single classifier, fitted to the unweighted source."""
    model.estimators_ = [estimator]
    model.estimator_errors_, model.estimator_weights_ = np.array([np.nan]), np.ones(1)
    model.sample_weights_, model.target_weights_ = np.ones((1, n_source)), np.ones((1, 0))
    model.effective_sample_size_ = float(n_source)


def set_rounds(model, rounds, order, n_source, first):
    """Learn the attributes of boosting on rows `order`, whose rounds vote from `first` on."""
    model.estimators_, model.estimator_errors_ = rounds.estimators, rounds.errors
    model.estimator_weights_ = shares(rounds.votes, model.n_estimators, first)
    weights = rounds.weights[:, np.argsort(order)]
    model.sample_weights_, model.target_weights_ = np.split(weights, [n_source], axis=1)
    model.effective_sample_size_ = effective_sample_size(weights[-1])
    chance = 1 - 1 / len(model.classes_)
    voting = model.estimator_weights_ > 0
    if np.all(rounds.errors[voting] >= chance):
        warnings.warn(
            f"No round of {type(model).__name__} that votes is better than chance on the labelled "
            f"target rows ({len(order) - n_source} of them). Scale each corpus by "
            "itself first (CorpusScaler), label more target rows, or use another estimator.",
            UserWarning,
            stacklevel=3,
        )
