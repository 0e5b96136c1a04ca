"""Self-training with class-balanced pseudo-labels."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import validate_domains
from .._checks import is_count, is_number
from .._delegation import ClassifierAround, check_classifier
from .._labels import source_labels
from .._pseudo_labels import missing_classes, warn_collapsed
from .._structure import holds_asymmetric
from ._balance import balance, most_confident
from ._inner import (
    as_given,
    fit_inner,
    log_posteriors,
    stacked,
    take,
    validate_rows,
)
from ._label_shift import em_prior
from ._training_prior import check_shares, class_shares, training_prior

PRIORS = ("uniform", "source", "em")


class BalancedSelfTraining(ClassifierAround, ClassifierMixin, BaseEstimator):
    """Train a classifier on the source and on the target with labels it predicts itself.

    The last step of a Pipeline, around a classifier. Fitted on the source, the classifier predicts
    probabilities for the target, which are balanced so that every class gets a given share of the
    rows; the most confident rows of every class join the source as training rows, and again, with
    more rows each time, until the labels stay the same. Balancing is what plain self-training
    lacks: after a shift a classifier favours some classes, and learning from its own predictions
    makes that worse.

    Use it where the target's class shares are roughly known, as in most acted corpora (equal
    shares), and the classifier is already right about most of the target. Where the shares are not
    what `prior` says, some labels are forced to be wrong. And shares can be right while classes are
    confused with one another: then training makes the confusion final, and nothing here can tell.
    On real corpora it gains several points on some pairs and loses on others, down to below chance;
    compare it with plain scaling before relying on it (`cross_corpus`). Scale each corpus by itself
    first (`CorpusScaler`).

    Parameters
    ----------
    estimator : classifier
        What to train. It needs ``predict_proba`` or ``decision_function``, whose softmax is taken
        then, and its ``fit`` must use ``sample_weight`` unless `target_weight` is 1. It may use
        ``X_target`` itself, but not hold an adapter whose views differ: put that before.
    prior : {"uniform", "source", "em"} or array-like of shape (n_classes,), default="uniform"
        Class shares assumed for the target: equal, those of the source, those that make the target
        rows most likely under the source's classifier (`PriorCorrection`; it needs calibrated
        probabilities), or the shares themselves in the order of ``classes_``.
    growth : float, default=0.25
        Share of the rows of every class, the most confident ones, that are trained on in the first
        iteration. Every further iteration adds as many, until all are.
    target_weight : float, default=0.5
        Sample weight of a pseudo-labelled row; source rows have 1, since their labels are right.
        A large weight trains on the target alone.
    max_iter : int, default=20
        Largest number of iterations.
    tol : float, default=0.01
        Iteration ends when all rows have joined and at most this share of them changes its label.

    Attributes
    ----------
    estimator_ : classifier
        The classifier after the last iteration.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    prior_ : ndarray of shape (n_classes,) or None
        The class shares assumed; None without ``X_target``.
    pseudo_labels_ : ndarray of shape (n_target,) or None
        The target's labels in the last iteration; None where there was no iteration.
    confidence_ : ndarray of shape (n_target,) or None
        Balanced probabilities of these labels.
    n_iter_ : int
        Number of fits of `estimator`, the first of which sees the source alone.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    PriorCorrection : Corrects probabilities where only the class shares differ.
    CorpusScaler : Aligns means and variances; use it before.
    ReweightedClassifier : Trains on source rows that resemble the target.

    Notes
    -----
    **Balancing.** Probabilities p(c | x) of the target, at least 1e-12, become ``q(c | x)``
    proportional to ``p(c | x) exp(v(c))`` with the offsets v for which the mean of q is `prior`:
    the nearest matrix in relative entropy with these sums, which Sinkhorn's scaling finds and
    Newton's method finds faster. A row's label is its largest q, its confidence that value. So the
    shares of the *labels* are near `prior` but not equal to it: uncertain rows count in part.

    Without ``X_target`` the classifier is the plain one, to the last bit. Several targets are
    pooled: `prior` is that of the pool. Where the labels
    lose a class of which `prior` expects at least five rows, training ends with a warning and the
    classifier of the iteration before is kept.

    Probabilities that are the softmax of decision values rank rows well but are not calibrated;
    ``prior="em"`` refuses them.

    **Cost.** That of at most ``max_iter + 1`` fits of `estimator`, the later ones on n_source +
    n_target rows; balancing adds O(n_target) per iteration in time and memory.

    References
    ----------
    .. [1] Y. Zou, Z. Yu, B. V. K. Vijaya Kumar, J. Wang (2018), "Unsupervised Domain Adaptation
       for Semantic Segmentation via Class-Balanced Self-Training", ECCV (growing shares of every
       class; balanced there by thresholds). https://arxiv.org/abs/1810.07911
    .. [2] Y. M. Asano, C. Rupprecht, A. Vedaldi (2020), "Self-labelling via simultaneous clustering
       and representation learning", ICLR (labels of given class shares by optimal transport).
       https://arxiv.org/abs/1911.05371
    .. [3] M. Cuturi (2013), "Sinkhorn Distances: Lightspeed Computation of Optimal Transport",
       NeurIPS. https://arxiv.org/abs/1306.0895

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import BalancedSelfTraining
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(150, 200, shift="location", strength=0.8, random_state=0)
    >>> classifier = LogisticRegression(class_weight="balanced", max_iter=1000)
    >>> plain = classifier.fit(corpora.X_source, corpora.y_source)
    >>> model = BalancedSelfTraining(classifier)
    >>> model = model.fit(corpora.X_source, corpora.y_source, X_target=corpora.X_target)
    >>> for fitted in (plain, model):
    ...     print(f"{fitted.score(corpora.X_target, corpora.y_target):.2f}")
    0.53
    0.89
    """

    __metadata_request__fit = {"X_target": True}
    settings = ("transductive",)

    def __init__(
        self, estimator, prior="uniform", growth=0.25, target_weight=0.5, max_iter=20, tol=0.01
    ):
        self.estimator = estimator
        self.prior = prior
        self.growth = growth
        self.target_weight = target_weight
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X, y, *, X_target=None):
        """Train on the source, then on both domains.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the classifier is trained on
            the source alone.

        Returns
        -------
        self : BalancedSelfTraining
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is not a classifier, or predicts nothing that can be balanced.
        ValueError
            If a parameter is out of range, or `estimator` would ignore the weights or holds an
            adapter whose views differ.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        X, X_target = as_given(X, rows), as_given(X_target, target)
        self.estimator_ = fit_inner(self.estimator, X, y, X_target)
        self.prior_, self.pseudo_labels_, self.confidence_, self.n_iter_ = None, None, None, 1
        if X_target is not None:
            self._train_on_target(X, y, X_target)
        return self

    def _train_on_target(self, X, y, X_target):
        classes = self.classes_
        P = np.exp(log_posteriors(self.estimator_, X_target, classes))
        self.prior_ = self._assumed_prior(P, y)
        for iteration in range(1, self.max_iter + 1):
            Q = balance(P, self.prior_)
            codes = Q.argmax(axis=1)
            if self._has_settled(classes[codes]):
                return
            lost = missing_classes(codes, self.prior_ * len(codes))
            if len(lost):
                warn_collapsed(type(self).__name__, classes[lost], iteration, stacklevel=3)
                return
            self.pseudo_labels_, self.confidence_ = classes[codes], Q.max(axis=1)
            joining = most_confident(codes, self.confidence_, min(1.0, self.growth * iteration))
            self.estimator_ = self._fit_both(X, y, X_target, joining)
            self.n_iter_ += 1
            P = np.exp(log_posteriors(self.estimator_, X_target, classes))
        if not self._has_settled(classes[balance(P, self.prior_).argmax(axis=1)]):
            warnings.warn(
                f"The pseudo-labels of BalancedSelfTraining had not settled after max_iter="
                f"{self.max_iter} iterations. Increase max_iter, growth (so that all rows join "
                "sooner) or tol.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _has_settled(self, labels):
        """Whether all rows have joined, and with nearly these labels."""
        return self.growth * (self.n_iter_ - 1) >= 1 and (
            np.mean(labels != self.pseudo_labels_) <= self.tol
        )

    def _fit_both(self, X, y, X_target, joining):
        labels = self.pseudo_labels_[joining]
        weights = None
        if self.target_weight != 1:
            weights = np.repeat([1.0, self.target_weight], [len(y), len(labels)])
        rows = stacked(X, take(X_target, joining))
        labels, name = np.concatenate([y, labels]), type(self).__name__
        return fit_inner(self.estimator, rows, labels, X_target, weights, name)

    def _assumed_prior(self, P, y):
        k = len(self.classes_)
        if not isinstance(self.prior, str):
            return check_shares(self.prior, k, "prior")
        if self.prior == "uniform":
            return np.full(k, 1 / k)
        if self.prior == "source":
            return class_shares(y, self.classes_)
        if not hasattr(self.estimator_, "predict_proba"):
            raise ValueError(
                f"prior='em' needs probabilities, but {type(self.estimator_).__name__} has no "
                "predict_proba. Wrap it in CalibratedClassifierCV, or pass the shares themselves."
            )
        return em_prior(P, training_prior(self.estimator_, y, self.classes_))[0]

    def _check_parameters(self):
        check_classifier(self.estimator)
        if holds_asymmetric(self.estimator):
            raise ValueError(
                "estimator holds an adapter whose source and target views differ, but target rows "
                "become training rows here. Put the adapter before: make_pipeline(adapter, "
                "BalancedSelfTraining(classifier))."
            )
        if isinstance(self.prior, str) and self.prior not in PRIORS:
            raise ValueError(
                f"prior must be one of {list(PRIORS)} or an array of class shares, got "
                f"{self.prior!r}."
            )
        if not is_number(self.growth, 0, 1.0 + 1e-12) or self.growth == 0:
            raise ValueError(f"growth must be a number > 0 and <= 1, got {self.growth!r}.")
        if not is_number(self.target_weight, 0) or self.target_weight == 0:
            raise ValueError(
                f"target_weight must be a finite number > 0, got {self.target_weight!r}."
            )
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")
        if not is_number(self.tol, 0, 1):
            raise ValueError(f"tol must be a number >= 0 and < 1, got {self.tol!r}.")

    def _rows_to_predict(self, X):
        return validate_rows(self, X)
