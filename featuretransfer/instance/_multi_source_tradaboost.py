"""Boosting with few labelled target rows and several sources."""

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin

from .._base import validate_domains, validate_source_domains
from .._labels import source_labels, validate_target_labels
from ._boosting import boost, target_error
from ._labelled_target import append_labelled, canonical_order, warn_unlabelled
from ._tradaboost import boosted_fits, set_plain, set_rounds
from ._voting import VotingMixin


class MultiSourceTrAdaBoost(VotingMixin, MetaEstimatorMixin, BaseEstimator):
    """Boost on the source corpus that helps the labelled target rows most, round by round.

    `TrAdaBoost` for several source corpora, of which some may be of no use to the target. In every
    round a classifier is fitted to each source corpus with the labelled target rows; the one with
    the least weighted error on these is kept. Then target rows that it gets wrong gain weight and
    source rows of any corpus that it gets wrong lose weight. Scale each corpus by itself first
    (`CorpusScaler`), or adapt first, as the last step of a Pipeline.

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
    chosen_sources_ : ndarray of shape (n_rounds,)
        The source corpus that every round was fitted to; None where ``source_domains`` was not
        given or there are no labelled target rows.
    source_names_ : list
        The source corpora, sorted; None without ``source_domains``.
    estimator_errors_ : ndarray of shape (n_rounds,)
        Error ``eps_t`` of every round: the weighted share of the labelled target rows that it gets
        wrong; NaN without labelled target rows.
    estimator_weights_ : ndarray of shape (n_rounds,)
        Shares of the rounds in the vote, of sum 1.
    sample_weights_ : ndarray of shape (n_rounds, n_source)
        Weights of the source rows at every round.
    target_weights_ : ndarray of shape (n_rounds, n_labelled)
        Weights of the labelled target rows, in their order in ``X_target``. Over all domains the
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
    TrAdaBoost : One source.
    ReweightedClassifier : Weights without target labels.

    Notes
    -----
    The weights change as in `TrAdaBoost`, n being the number of source rows of all corpora
    together, and its notes on more than two classes, on errors of 0 or of chance, and on where
    boosting ends apply. All rounds vote, with weight ``log(1 / beta_t)``, as in the paper, where
    `TrAdaBoost` leaves out the first half: without ``source_domains`` the source is one corpus, the
    rounds are those of `TrAdaBoost`, and only the vote differs.

    Of corpora with equal target error, common with few labelled rows, the one is chosen whose
    classifier gets less of the weight of all rows wrong, then the first by name (our choice). A
    corpus that has one class, together with the labelled target rows, is left out of the choice.
    The weights of a corpus and the target are rescaled to mean 1 for its fit.

    For a source that is useless to the target; where all are of use, one plain fit to all domains
    may be better, and should be compared.

    Without labelled target rows the classifier is fitted once, to the unweighted rows of all
    sources. Unlabelled target rows (None or NaN in ``y_target``) are ignored. A tuple of targets is
    pooled. Inside, rows are arrays without names.

    **Cost.** For K corpora N fits to all source rows and the K-fold labelled target rows, and K N
    predictions of the n rows; memory for weights is O(N n).

    References
    ----------
    .. [1] Y. Yao, G. Doretto (2010), "Boosting for Transfer Learning with Multiple Sources", CVPR,
       after algorithm 1. https://doi.org/10.1109/CVPR.2010.5539857

    Examples
    --------
    Of two corpora the second has its labels exchanged:

    >>> import numpy as np
    >>> from featuretransfer import MultiSourceTrAdaBoost
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(400, 200, n_classes=2, shift="none", random_state=0)
    >>> domains = np.repeat(["a", "b"], 200)
    >>> y = corpora.y_source.copy()
    >>> y[200:] = np.where(y[200:] == "class0", "class1", "class0")
    >>> y_target = np.array(corpora.y_target, dtype=object)
    >>> y_target[20:] = None
    >>> model = MultiSourceTrAdaBoost(n_estimators=5).fit(
    ...     corpora.X_source,
    ...     y,
    ...     X_target=corpora.X_target,
    ...     y_target=y_target,
    ...     source_domains=domains,
    ... )
    >>> model.chosen_sources_
    array(['a', 'a', 'a', 'a', 'a'], dtype=object)
    >>> model.score(corpora.X_target[20:], corpora.y_target[20:]) > 0.95
    True
    """

    __metadata_request__fit = {"X_target": True, "y_target": True, "source_domains": True}
    settings = ("inductive",)

    def __init__(self, estimator=None, n_estimators=10):
        self.estimator = estimator
        self.n_estimators = n_estimators

    def fit(self, X, y, *, X_target=None, y_target=None, source_domains=None):
        """Boost the classifier.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows of all corpora.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Their labels, None or NaN for rows without; without any the sources alone are used.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row; without it all are one corpus.

        Returns
        -------
        self : MultiSourceTrAdaBoost
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is not a classifier.
        ValueError
            If a parameter is invalid, `estimator` would not use the weights or wants ``X_target``,
            ``y_target`` does not fit ``X_target`` and ``y``, ``source_domains`` does not fit ``X``,
            or all rows have one class.
        """
        X, rows = validate_domains(self, X, X_target)
        y = source_labels(self, X, y)
        domains = validate_source_domains(source_domains, len(X))
        fits = boosted_fits(self)
        n_source, self.classes_ = len(X), np.unique(y)
        domains = np.full(n_source, None) if domains is None else domains
        self.source_names_ = sorted(set(domains.tolist()), key=str)
        if y_target is not None:
            X, y = append_labelled(X, y, rows, *validate_target_labels(y, X_target, y_target))
        if len(X) == n_source:
            if X_target is not None:
                warn_unlabelled(self, stacklevel=2)
            self.chosen_sources_ = np.full(1, None)
            set_plain(self, fits(X, y, None), n_source)
            return self
        order = canonical_order(X, y, n_source)
        X, y, domains = X[order], y[order], domains[order[:n_source]]
        members = source_members(domains, y, self.source_names_)
        chosen = []

        def learn(weights):
            name, estimator, predicted = best_source(fits, X, y, weights, n_source, members)
            chosen.append(name)
            return estimator, predicted

        rounds = boost(learn, y, n_source, len(self.classes_), self.n_estimators)
        self.chosen_sources_ = np.array(chosen, dtype=object)
        set_rounds(self, rounds, order, n_source, first=0)
        return self


def source_members(domains, y, names):
    """Rows of each corpus together with the target, for those that have more than one class.

    Parameters
    ----------
    domains : ndarray of shape (n_source,)
        Corpus of every source row.
    y : ndarray of shape (n_source + n_labelled,)
        Labels of source and target.
    names : list
        The corpora.

    Returns
    -------
    members : dict of str to ndarray of int
        Row numbers by name, in the order of `names`.

    Raises
    ------
    ValueError
        If there is none.
    """
    target = np.arange(len(domains), len(y))
    members = {name: np.append(np.flatnonzero(domains == name), target) for name in names}
    members = {name: rows for name, rows in members.items() if len(np.unique(y[rows])) > 1}
    if not members:
        raise ValueError(
            "Each source corpus has only one class, together with the labelled target rows, so no "
            "classifier can be fitted to any. Label target rows of other classes, or leave "
            "source_domains out."
        )
    return members


def best_source(fits, X, y, weights, n_source, members):
    """The corpus whose classifier has the least error on the target.

    Parameters
    ----------
    fits : WeightedFits
        Fits a classifier.
    X, y : ndarray
        Rows and labels, source first.
    weights : ndarray of shape (n_rows,)
        Weights.
    n_source : int
        Number of source rows.
    members : dict of str to ndarray of int
        Rows of every corpus and the target.

    Returns
    -------
    name : str
        The corpus.
    estimator : estimator
        Its classifier.
    predicted : ndarray of shape (n_rows,)
        The predictions of all rows.
    """
    best, least = None, None
    for name, rows in members.items():
        w = weights[rows]
        estimator = fits(X[rows], y[rows], w * (len(w) / w.sum()))
        predicted = estimator.predict(X)
        wrong = predicted != y
        errors = target_error(weights, wrong, n_source), weights @ wrong
        if least is None or errors < least:
            best, least = (name, estimator, predicted), errors
    return best
