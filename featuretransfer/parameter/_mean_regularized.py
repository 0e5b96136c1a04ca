"""Linear classifiers of several corpora whose weights stay close to their mean."""

import numpy as np
from sklearn.base import BaseEstimator

from .._base import ViewsMixin, validate_domains, validate_source_domains
from .._checks import check_flags, is_number
from .._labels import at_least_two, row_weights, source_labels, validate_target_labels
from ._corpus_tasks import source_tasks, warn_none_labelled
from ._decision import LossMixin, all_classes, signs_of
from ._linear_fit import LOSSES, fit_around
from ._shared_weights import fit_tasks


class MeanRegularizedClassifier(ViewsMixin, LossMixin, BaseEstimator):
    """Fit a linear classifier to each source corpus and to the target, close to their mean.

    .. note::
       The two views differ: new rows are taken for rows of the target, and in a source view for
       rows of the source.

    Multi-task learning where every corpus is a task: for a few labelled target rows, a few of every
    class, beside one or more labelled source corpora. The weights of a corpus are those that
    all have in common plus its own, and both are penalised: where a corpus has few rows its weights
    stay close to the common ones. With one source and ``shared=0.5`` this is EasyAdapt
    (`FeatureAugmentationClassifier`). On real corpora it is ahead of the source alone, of the
    labelled target alone and of one classifier for both. The last step of a Pipeline; scale each
    corpus by itself first (`CorpusScaler`).

    Parameters
    ----------
    loss : {"logistic", "squared", "hinge", "squared_hinge"}, default="logistic"
        Loss of the rows. "logistic" is that of all classes together, and gives probabilities; the
        others have labels -1 and 1 for each class against the rest: ``(y - f)**2 / 2``, ``max(0, 1
        - y f)`` and ``max(0, 1 - y f)**2 / 2``.
    alpha : float, default=30.0
        Penalty of the weights of one corpus, 1 / C in terms of scikit-learn, for features of unit
        variance.
    shared : float, default=0.75
        How much corpora have in common, from 0 to 1: the correlation of the weights of two corpora
        before any row is seen. 0 is a classifier for each corpus, 1 the same one for all.
    fit_intercept : bool, default=True
        Whether there are intercepts: a common one without penalty, and own ones of the corpora with
        the penalty of a weight.
    class_weight : dict, "balanced" or None, default="balanced"
        Weights of the rows by their class; "balanced" gives all classes the same, over
        all corpora together.
    allow_new_classes : bool, default=False
        Whether the target may have classes that the source does not have.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes, n_features) or (1, n_features)
        Weights of the target, one row for two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts of the target.
    common_coef_ : ndarray of the shape of ``coef_``
        What the weights of all corpora have in common.
    source_coef_ : ndarray of shape (n_sources, n_classes, n_features) or (n_sources, 1, n_features)
        Weights of the source corpora.
    source_intercept_ : ndarray of shape (n_sources, n_classes) or (n_sources, 1)
        Their intercepts.
    source_names_ : list or None
        The source corpora, sorted; None without ``source_domains`` or labelled target rows.
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
    FeatureAugmentationClassifier : One source, any classifier, unlabelled target rows too.
    AlternatingStructureClassifier : Corpora share a subspace of weights instead of their mean.
    BiasedRegularization : Where there are weights of the source only, and not its rows.

    Notes
    -----
    With w_t = w_0 + v_t for corpus t the weights minimise the losses of all rows plus ``alpha / 2
    (|w_0|^2 / rho + sum_t |v_t|^2 / (1 - rho))``, where rho is `shared`. This is the problem of
    [1]_ (section 2.1, with lambda_1 / T and lambda_2 up to the unit of alpha), parametrised so that
    a classifier of one corpus alone has the penalty `alpha` whatever `shared` is. It is one
    problem with inner products ``(rho + (1 - rho) [s = t]) x z`` of rows of the corpora s and t,
    the map of [1]_, equation (13), and is solved as such, to rounding. EasyAdapt with penalty 1 / C
    is ``shared=0.5, alpha=1 / (2 C)`` [2]_, intercepts as there included.

    The default of `shared` was the best of 0.25, 0.5, 0.75 and 1 on the demo corpora; of 10, 30,
    100 and 300 for `alpha`, 10 and 30 were about as good.

    Without labelled target rows the classifier is the plain one of all source rows. Several target
    corpora are one. In a source view, rows of several source corpora need their ids
    (``source_view(model, source_domains=...)``), or the mean of the sources decides.

    **Cost.** That of one problem with n rows and (T + 2) d weights for T source corpora, where d is
    at most n: O(n T d min(n, T d)) time for the squared loss, O(n T d) for each class and step of
    Newton's method and conjugate gradients for the logistic loss, and O(n^3) per class for
    the hinge loss; O(n T d) memory.

    References
    ----------
    .. [1] T. Evgeniou, M. Pontil (2004), "Regularized Multi-Task Learning", KDD. Here after the
       paper. https://doi.org/10.1145/1014052.1014067
    .. [2] H. Daume III (2007), "Frustratingly Easy Domain Adaptation", ACL, section 3.
       https://arxiv.org/abs/0907.1815

    Examples
    --------
    >>> from featuretransfer import MeanRegularizedClassifier
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 300, n_features=5, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[40:] = None  # 40 target rows are labelled
    >>> Xt, yt = data.X_target[40:], data.y_target[40:]
    >>> model = MeanRegularizedClassifier().fit(data.X_source, data.y_source)
    >>> print(f"{model.score(Xt, yt):.2f}")  # the source alone
    0.33
    >>> model = model.fit(
    ...     data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,)
    ... )
    >>> print(f"{model.score(Xt, yt):.2f}")
    0.41
    """

    __metadata_request__fit = {"X_target": True, "y_target": True, "source_domains": True}
    uses_y = True
    settings = ("inductive",)

    def __init__(
        self,
        loss="logistic",
        alpha=30.0,
        shared=0.75,
        fit_intercept=True,
        class_weight="balanced",
        allow_new_classes=False,
    ):
        self.loss = loss
        self.alpha = alpha
        self.shared = shared
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.allow_new_classes = allow_new_classes

    def fit(self, X, y, *, X_target=None, y_target=None, source_domains=None):
        """Fit the classifiers of all corpora together.

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
            Corpus of every source row; without it the source is one corpus.

        Returns
        -------
        self : MeanRegularizedClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If `fit_intercept` or `allow_new_classes` is no bool.
        ValueError
            If a parameter is out of range, or there is one class.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        domains = validate_source_domains(source_domains, len(rows))
        new = self.allow_new_classes
        labels, labelled = validate_target_labels(y, X_target, y_target, allow_new_classes=new)
        labels = labels[labelled]
        self.n_labelled_ = len(labels)
        self.classes_ = all_classes(y, labels)
        at_least_two(self.classes_)
        if not labelled.any():
            if target is not None:
                warn_none_labelled(self, stacklevel=2)
            self._fit_plain(np.asarray(rows, dtype=np.float64), y)
            return self
        tasks, self.source_names_ = source_tasks(domains, len(rows))
        n_sources = tasks.max() + 1
        X = np.concatenate([rows, target[labelled]]).astype(np.float64)
        y = np.concatenate([y, labels])
        self._fit_tasks(X, y, np.append(tasks, np.full(len(labels), n_sources)), n_sources + 1)
        return self

    def _fit_plain(self, X, y):
        weights, Y = row_weights(self.class_weight, y), signs_of(y, self.classes_)
        X, Y, weights = (part[weights > 0] for part in (X, Y, weights))
        problem = (X, Y, np.zeros_like(Y), self.alpha, weights, self.fit_intercept)
        self.coef_, self.intercept_ = fit_around(self.loss, *problem)
        self.common_coef_, self.source_names_ = self.coef_, None
        self.source_coef_, self.source_intercept_ = self.coef_[None], self.intercept_[None]

    def _fit_tasks(self, X, y, tasks, n_tasks):
        weights, Y = row_weights(self.class_weight, y), signs_of(y, self.classes_)
        X, Y, tasks, weights = (part[weights > 0] for part in (X, Y, tasks, weights))
        options = (self.alpha, self.shared, weights, self.fit_intercept)
        self.common_coef_, coef, intercept = fit_tasks(self.loss, X, Y, tasks, n_tasks, *options)
        self.coef_, self.intercept_ = coef[-1], intercept[-1]
        self.source_coef_, self.source_intercept_ = coef[:-1], intercept[:-1]

    def _values(self, X):
        X = self._validate_rows(X)
        if not self._source_view:
            return X @ self.coef_.T + self.intercept_
        ids = self._source_ids.get("source_domains")
        if ids is None or self.source_names_ is None:
            return X @ self.source_coef_.mean(axis=0).T + self.source_intercept_.mean(axis=0)
        ids = validate_source_domains(ids, len(X))
        values = np.zeros((len(X), len(self.coef_)))
        for name in set(ids):
            # the mean of the sources for a corpus that was not seen
            known = [position for position, own in enumerate(self.source_names_) if own == name]
            chosen = known or slice(None)
            coef = self.source_coef_[chosen].mean(axis=0)
            own = ids == name
            values[own] = X[own] @ coef.T + self.source_intercept_[chosen].mean(axis=0)
        return values

    def _check_parameters(self):
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {list(LOSSES)}, got {self.loss!r}.")
        if not is_number(self.alpha, 0) or self.alpha == 0:
            raise ValueError(f"alpha must be a finite number > 0, got {self.alpha!r}.")
        if not is_number(self.shared, 0) or self.shared > 1:
            raise ValueError(f"shared must be a number from 0 to 1, got {self.shared!r}.")
        check_flags(self, "fit_intercept", "allow_new_classes")
