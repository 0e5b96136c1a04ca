"""Emotion by what sounds more like it than other rows of the same speaker or corpus."""

import warnings

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score

from .._base import ViewsMixin, validate_domains
from .._checks import is_count, is_number
from .._labels import source_labels
from ..parameter._training_prior import check_shares, class_shares
from ..representation._column_scales import rank
from ..representation._domain_scale import check_min_group, learn_domain, without_scale
from ..representation._groups import (
    group_rows,
    new_target_ids,
    source_ids,
    target_ids,
    warn_if_one_sided,
)
from ._ranking import fit_ranking, in_own_span, ordered_pairs

PRIORS = ("source", "uniform")
TIES = 9  # decimals to which scores of unit spread are told apart: rounding is finer


class RelativeEmotionTransfer(ViewsMixin, ClassifierMixin, BaseEstimator):
    """Learn which rows of a speaker or corpus are above which, and classify target rows by rank.

    .. note::
       The two views differ: new rows are ranked among rows of the target, and in a source view
       among those of the source.

    Not the level of a feature is transferred but a relation: this utterance sounds angrier than
    that one of the same speaker. Linear functions are learned from pairs of source rows of the same
    group (speaker, else corpus), so that whatever is added to all rows of a group changes nothing.
    Rows of the target are ranked within their group, and a class is where as many rows lie as
    its share in the source. Use it where corpora have about the same class shares, as acted
    ones, and levels differ; scale each corpus first (`CorpusScaler`), so that features count alike.
    Do not use it where shares differ, or speakers were recorded in one emotion only: a rank among
    angry rows alone says nothing of anger. Scaling already takes out what is added to all rows, so
    ranks gain little after it: on pairs of real acted corpora with four emotions they were some
    points below a plain classifier on average. They are better suited to a single ordered
    attribute, and to speakers who each have all classes.

    Parameters
    ----------
    order : array-like of shape (n_classes,), default=None
        All classes from the lowest to the highest of an ordinal attribute, such as
        ``["low", "mid", "high"]`` arousal: one function ranks all. None learns a function for each
        class, one against the rest.
    C : float, default=0.1
        Weight of the loss of a row relative to the penalty of the weights; the default was chosen
        on the demo corpora.
    prior : {"source", "uniform"} or array-like of shape (n_classes,), default="source"
        Class shares of each group of the target: those of the source, equal ones, or the shares
        themselves in the order of ``classes_``, all above 0.
    min_group : int, default=10
        Speakers with fewer rows are ranked within their corpus. Only matters where ids are given.
    max_iter : int, default=100
        Most Newton steps for each function.

    Attributes
    ----------
    coef_ : ndarray of shape (n_functions, n_features_in_)
        Weights of the functions, in the order of ``classes_``; a single one with `order` or two
        classes.
    thresholds_ : ndarray of shape (n_functions,) or (n_classes - 1,)
        Standard normal quantiles above which a row belongs to the class; with `order` those
        between neighbouring classes.
    order_ : ndarray of shape (n_classes,) or None
        The classes from the lowest to the highest, where one function ranks all.
    prior_ : ndarray of shape (n_classes,)
        Class shares that the thresholds stand for.
    n_pairs_ : ndarray of shape (n_functions,)
        Number of pairs that each function was learned from.
    n_iter_ : int
        Most Newton steps that a function took.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CorpusScaler : Takes out levels and ranges by speaker or corpus feature by feature.
    ClassRelationTransfer : Transfers where classes lie relative to each other.

    Notes
    -----
    The weights w of the function of a class minimise ::

        |w|^2 / 2 + C sum_g n_g / P_g sum_(i,j) max(0, 1 - w'(x_i - x_j))^2

    over the pairs (i, j) of rows of group g of which i is of the class and j is not (with `order`:
    i is of a higher class): the support vector machine for ranking of [1]_ in the primal form with
    squared slacks of [2]_, after the papers. The P_g pairs of a group count as much together as
    its n_g rows (our choice), so that a large group does not outweigh the others. All pairs are
    used, none is formed, and the minimum is exact.

    A row's rank r in its group, ``(rank - 1/2) / n`` with mean ranks for ties, becomes the normal
    quantile z(r). The decision value of a class is ``z(r) - z(1 - share)``, its largest is
    predicted. With `order` the thresholds are those of cumulated shares, and the decision value of
    a class is the distance of z(r) to the nearer end of its interval, negative outside.

    **Class shares.** That every group has the shares of `prior` is an assumption, and nothing here
    can tell when it fails: for two normal classes two standard deviations apart and the right
    function, the recall averaged over classes falls from .84 to .76 when the share of one class in
    the target is not 50 but 90 %. Between corpora of different shares ``prior="uniform"`` is the
    more cautious choice where the average recall counts.

    **Groups.** Without ``speakers`` every corpus is a group, one for each side unless
    ``source_domains`` and ``target_domains`` name them. In a pipeline, request speakers by
    ``set_fit_request(speakers=True, speakers_target=True)`` and
    ``set_predict_request(speakers_target=True)``, and pass ``speakers_target`` to ``predict`` as
    well (a `CorpusScaler` before it wants to be asked too, by the same methods with True or False);
    without ids rows are ranked among the whole target. Source rows without a group of at
    least `min_group` rows form pairs among each other within their corpus. A new row is ranked
    among the rows of its group that `fit` has seen; a speaker that it has not seen is ranked among
    the rows passed in that call if these are at least `min_group`.

    Without ``X_target`` new rows are ranked among all those of the source: the plain ranking
    machine. Several targets are one group unless ``target_domains`` or speakers tell them apart.

    **Cost.** A Newton step takes O(n m^2 + m^3) time and O(n m) memory with m = min(n, d) for n
    source rows and d features; some ten are needed for each function. Pairs cost O(n log n), not
    O(n^2).

    References
    ----------
    .. [1] T. Joachims (2002), "Optimizing Search Engines using Clickthrough Data", KDD.
       https://doi.org/10.1145/775047.775067
    .. [2] O. Chapelle, S. S. Keerthi (2010), "Efficient algorithms for ranking with SVMs",
       Information Retrieval 13. https://doi.org/10.1007/s10791-009-9109-9

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import RelativeEmotionTransfer
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 200, shift="location", strength=3, random_state=0)
    >>> model = RelativeEmotionTransfer().fit(
    ...     data.X_source, data.y_source, X_target=(data.X_target,)
    ... )
    >>> plain = RelativeEmotionTransfer().fit(data.X_source, data.y_source)
    >>> for fitted in (plain, model):
    ...     print(f"{fitted.score(data.X_target, data.y_target):.2f}")
    0.27
    0.88
    """

    __metadata_request__fit = {"X_target": True, "source_domains": True, "target_domains": True}
    __metadata_request__predict = {"target_domains": True}
    __metadata_request__decision_function = {"target_domains": True}
    __metadata_request__score = {"target_domains": True}
    settings = ("transductive",)

    def __init__(self, order=None, C=0.1, prior="source", min_group=10, max_iter=100):
        self.order = order
        self.C = C
        self.prior = prior
        self.min_group = min_group
        self.max_iter = max_iter

    def fit(
        self,
        X,
        y,
        *,
        X_target=None,
        speakers=None,
        speakers_target=None,
        source_domains=None,
        target_domains=None,
    ):
        """Learn the ranking functions on the source, and the ranks of both domains.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them new rows are ranked among those of the source.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speaker of every target row; a tuple where `X_target` is one.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row.
        target_domains : array-like of shape (n_target,) or tuple of such, default=None
            Corpus of every target row; a tuple where `X_target` is one.

        Returns
        -------
        self : RelativeEmotionTransfer
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter has no valid value, ids and rows do not match, or no group of the source
            has a row of a class beside rows of others.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        ids = source_ids(source_domains, speakers, len(rows))
        ids_target = target_ids(target_domains, speakers_target, X_target)
        if target is not None:
            warn_if_one_sided(speakers, speakers_target, stacklevel=3, done="ranked")
        self.classes_ = np.unique(y)
        self._learn_order(len(self.classes_))
        self._learn_functions(rows, y, ranking_groups(ids, len(rows), self.min_group))
        self._learn_thresholds(y)
        self.source_ = self.target_ = self._ranks_of(self._scores(rows), ids)
        if target is not None:
            self.target_ = self._ranks_of(self._scores(target), ids_target)
            if len(target) == 1:
                self.target_ = without_scale(self.target_, self.source_, stacklevel=2)
        return self

    def _learn_order(self, n_classes):
        if n_classes < 2:
            raise ValueError(
                f"y must have at least two classes, got one class: {self.classes_.tolist()}."
            )
        self.order_ = self.classes_ if n_classes == 2 else None
        if self.order is None:
            return
        order = np.asarray(self.order)
        if order.ndim != 1 or sorted(order.tolist(), key=str) != sorted(
            self.classes_.tolist(), key=str
        ):
            raise ValueError(
                f"order must list every class of y once, {self.classes_.tolist()}, from the lowest "
                f"to the highest, got {self.order!r}. Classes of the same level cannot be told "
                "apart by rank: give them one label in y."
            )
        self.order_ = order.astype(self.classes_.dtype)

    def _learn_functions(self, X, y, groups):
        self._center = X.mean(axis=0, dtype=np.float64)
        F, basis = in_own_span(X - self._center)
        if self.order_ is not None:
            problems = [np.argmax(y[:, None] == self.order_, axis=1)]
        else:
            problems = [(y == label).astype(int) for label in self.classes_]
        found, self.n_pairs_ = [], np.zeros(len(problems), dtype=int)
        for number, levels in enumerate(problems):
            pairs = ordered_pairs(levels, groups)
            self.n_pairs_[number] = sum(len(part.above) * len(part.below) for part in pairs)
            if not pairs:
                self._refuse_without_pairs(number)
            found.append(fit_ranking(F, pairs, self.C, self.max_iter))
        self._warn_of_problems(y, groups, all(ranking.converged for ranking in found))
        W = np.column_stack([ranking.weights for ranking in found])
        self.coef_ = (W if basis is None else basis @ W).T
        self.n_iter_ = max(ranking.n_iter for ranking in found)
        spread = (F @ W).std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)

    def _refuse_without_pairs(self, number):
        what = (
            "of two classes"
            if self.order_ is not None
            else f"of {self.classes_.tolist()[number]!r} and of another class"
        )
        raise ValueError(
            f"No group of the source has rows {what}, so there are no relations to learn. Leave "
            "speakers (or source_domains) out, so that whole corpora are compared."
        )

    def _warn_of_problems(self, y, groups, converged):
        single = sum(len(rows) for rows in groups if len(np.unique(y[rows])) == 1)
        if single > len(y) / 2:
            warnings.warn(
                f"{single} of {len(y)} source rows are in groups with a single class, which say "
                "nothing of relations; where the target is so too, ranks mean nothing. Leave "
                "speakers and speakers_target out.",
                UserWarning,
                stacklevel=4,
            )
        if not converged:
            warnings.warn(
                f"The ranking functions have not converged after max_iter={self.max_iter} Newton "
                "steps. Increase max_iter, lower C, or scale the features first (CorpusScaler).",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _learn_thresholds(self, y):
        k = len(self.classes_)
        if isinstance(self.prior, str):
            shares = class_shares(y, self.classes_)
            self.prior_ = shares if self.prior == "source" else np.full(k, 1 / k)
        else:
            self.prior_ = check_shares(self.prior, k, "prior")
            if not np.all(self.prior_ > 0):
                raise ValueError(f"prior must be positive everywhere, got {self.prior!r}.")
        if self.order_ is None:
            self.thresholds_ = ndtri(1 - self.prior_)
        else:
            self._numbers = np.searchsorted(self.classes_, self.order_)
            self.thresholds_ = ndtri(np.cumsum(self.prior_[self._numbers])[:-1])

    def _scores(self, X):
        """Values of the functions, of unit spread in the source; equal rows have equal ones."""
        return np.round((X - self._center) @ self.coef_.T / self._spread, TIES)

    def _ranks_of(self, scores, ids):
        return learn_domain(scores, ids, _learner(scores), self.min_group)

    def _check_parameters(self):
        if not is_number(self.C, 0) or self.C == 0:
            raise ValueError(f"C must be a finite number > 0, got {self.C!r}.")
        if isinstance(self.prior, str) and self.prior not in PRIORS:
            raise ValueError(
                f"prior must be one of {list(PRIORS)} or an array of class shares, got "
                f"{self.prior!r}."
            )
        check_min_group(self.min_group)
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")

    def decision_function(self, X, *, speakers_target=None, target_domains=None):
        """Normal quantiles of the ranks beyond the thresholds of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.
        speakers_target : array-like of shape (n_samples,) or tuple of such, default=None
            Speaker of every row; of a tuple the element that has as many rows as `X`, or all
            elements together. Without them rows are ranked within their corpus.
        target_domains : array-like of shape (n_samples,) or tuple of such, default=None
            Corpus of every row, or a tuple as above. Without them rows are ranked among the whole
            target.

        Returns
        -------
        values : ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            Decision values in the order of ``classes_``; of the second of two classes.
        """
        X = self._validate_rows(X)
        if self._source_view:
            corpora = self._source_ids.get("source_domains", target_domains)
            ids = source_ids(corpora, self._source_ids.get("speakers", speakers_target), len(X))
        else:
            ids = new_target_ids(target_domains, speakers_target, len(X))
        scores = self._scores(X)
        domain = self.source_ if self._source_view else self.target_
        Z = domain.scaled(scores, ids, _learner(scores), self.min_group)
        if self.order_ is None:
            return Z - self.thresholds_
        if len(self.classes_) == 2:
            sign = 1 if self._numbers[1] == 1 else -1
            return sign * (Z[:, 0] - self.thresholds_[0])
        values = np.empty((len(X), len(self.classes_)))
        values[:, self._numbers] = inside_intervals(Z, self.thresholds_)
        return values

    def predict(self, X, *, speakers_target=None, target_domains=None):
        """Predict class labels by rank.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.
        speakers_target : array-like of shape (n_samples,) or tuple of such, default=None
            Speaker of every row, as of `decision_function`.
        target_domains : array-like of shape (n_samples,) or tuple of such, default=None
            Corpus of every row, as of `decision_function`.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        values = self.decision_function(
            X, speakers_target=speakers_target, target_domains=target_domains
        )
        best = values.argmax(axis=1) if values.ndim == 2 else (values > 0).astype(int)
        return self.classes_[best]

    def score(self, X, y, sample_weight=None, *, speakers_target=None, target_domains=None):
        """Accuracy of the predicted labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        speakers_target : array-like of shape (n_samples,) or tuple of such, default=None
            Speaker of every row, as of `decision_function`.
        target_domains : array-like of shape (n_samples,) or tuple of such, default=None
            Corpus of every row, as of `decision_function`.

        Returns
        -------
        score : float
            Share of the rows with the right label.
        """
        predicted = self.predict(X, speakers_target=speakers_target, target_domains=target_domains)
        return accuracy_score(y, predicted, sample_weight=sample_weight)


def ranking_groups(ids, n_rows, min_group):
    """The rows that are compared with each other: a speaker's, and what is left of each corpus.

    Parameters
    ----------
    ids : (corpora, speakers)
        Ids of the rows, each an ndarray of shape (n_rows,) or None.
    n_rows : int
        Number of rows.
    min_group : int
        Fewest rows of a speaker.

    Returns
    -------
    groups : list of ndarray of int
        Every row is in one.
    """
    corpora, speakers = ids
    groups = [rows for _, rows in group_rows(speakers) if len(rows) >= min_group]
    left = np.ones(n_rows, dtype=bool)
    for rows in groups:
        left[rows] = False
    whole = [np.arange(n_rows)] if corpora is None else [rows for _, rows in group_rows(corpora)]
    return groups + [rows[left[rows]] for rows in whole if left[rows].any()]


def inside_intervals(Z, thresholds):
    """Distances to the nearer end of the intervals between thresholds, negative outside.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, 1)
        Values.
    thresholds : ndarray of shape (n_intervals - 1,)
        Ends of the intervals, ascending; the first and the last interval have one end.

    Returns
    -------
    distances : ndarray of shape (n_rows, n_intervals)
        The largest of a row is that of its interval.
    """
    lower = np.concatenate([[-np.inf], thresholds])
    upper = np.concatenate([thresholds, [np.inf]])
    return np.minimum(Z - lower, upper - Z)


def _learner(scores):
    return lambda rows, scaled: rank(scores[rows])
