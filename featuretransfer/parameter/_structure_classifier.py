"""A linear classifier of the target within the structure that it shares with other problems."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains, validate_source_domains
from .._checks import check_flags, is_count, is_number
from .._labels import at_least_two, row_weights, source_labels, validate_target_labels
from ._alternating_structure import learn_structure, stretch
from ._auxiliary_problems import feature_problems, label_problems, task_problems
from ._corpus_tasks import source_tasks
from ._decision import LossMixin, all_classes, signs_of
from ._linear_fit import LOSSES, fit_around, least_squares_units
from ._source_models import warn_too_few


class AlternatingStructureClassifier(LossMixin, BaseEstimator):
    """Learn a linear classifier of the target in the subspace of weights that other problems share.

    Multi-task learning for a few labelled target rows, a few of every class: the weights of many
    linear problems (the classes of each source corpus and of the target, further labels of the
    source rows, features that are predicted from all others without labels) lie mostly in a
    subspace of few dimensions, which is learned from all of them. Within it the classifier of the
    target is hardly penalised, so few labels go a long way. Other than `MeanRegularizedClassifier`
    it does not expect that a class has the same direction in both domains, only that
    directions which tell classes apart do. On real corpora that is not much: it is hardly better
    than the labelled target alone, and `MeanRegularizedClassifier` is ahead of it. The last step of
    a Pipeline; scale each corpus by itself first (`CorpusScaler`).

    Parameters
    ----------
    n_components : int, default=None
        Dimension h of the subspace, at most the number of features. None is the number of classes
        less one: the number of directions that tell the classes of one corpus apart. 0 is no shared
        structure: the classifier of the target alone.
    shared : float, default=0.75
        Share of the penalty that is lifted within the subspace, from 0 to below 1. 0 is the
        classifier of the target alone; the published form is the limit of 1.
    alpha : float, default=30.0
        Penalty of weights, 1 / C in terms of scikit-learn, for features of unit variance.
    loss : {"logistic", "squared", "hinge", "squared_hinge"}, default="logistic"
        Loss of the labelled target rows. "logistic" is that of all classes together, and gives
        probabilities; the others have labels -1 and 1 for each class against the rest. The
        structure is learned with the squared loss always.
    n_auxiliary : int, default=0
        Number of features, evenly spread over the columns, that are predicted from all others, on
        all rows of source and target. These problems need no labels.
    fit_intercept : bool, default=True
        Whether there are intercepts, without penalty.
    class_weight : dict, "balanced" or None, default="balanced"
        Weights of the rows by their class; "balanced" gives all classes of a corpus the same.
    max_iter : int, default=50
        Largest number of turns between weights and subspace. The paper finds one enough.
    tol : float, default=1e-4
        Turns end where one lowers the objective by at most this share.
    allow_new_classes : bool, default=False
        Whether the target may have classes that the source does not have.

    Attributes
    ----------
    structure_ : ndarray of shape (n_components, n_features)
        Orthonormal basis of the subspace; no row without labelled target rows.
    objective_ : ndarray of shape (n_iter,)
        Objective of the structure after each turn; it never rises.
    n_iter_ : int
        Number of turns; 1 where there is no structure.
    n_problems_ : int
        Number of problems that the structure was learned from.
    coef_ : ndarray of shape (n_classes, n_features) or (1, n_features)
        Weights of the target, one row for two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts.
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
    MeanRegularizedClassifier : Weights near their mean.
    BiasedRegularization : Weights near those of the source.

    Notes
    -----
    With weights ``u_l = w_l + Theta' v_l`` of problem l and ``Theta Theta' = I`` the structure
    minimises ``sum_l c_l (loss_l(u_l) + alpha / 2 (|w_l|^2 + |v_l|^2 / tau^2))``, which is a
    penalty of ``alpha / 2 (|u_l|^2 - shared |Theta u_l|^2)`` with ``shared = tau^2 / (1 +
    tau^2)``. Ando and Zhang [1]_ leave v without a penalty (tau to infinity), which for a problem
    of fewer rows than the subspace has dimensions is no penalty at all; that it has one is our
    change. Their alternation stays as it is: for a given Theta each problem is a ridge regression,
    for given weights Theta has the leading left singular vectors of ``[sqrt(c_l) u_l]`` as rows.
    Neither step raises the objective.

    The classes of every source corpus and of the target against the rest, the classes of every task
    in `tasks`, and the predicted features are groups of problems; those of a group have the
    importance c = 1 / size of the group. Features are predicted from the others with their own
    weight fixed at 0, all by one factorised matrix. `alpha` is converted from the logistic
    to the squared loss by its second-order expansion. The classifier of the target is then fitted
    with `loss` and the penalty of the structure.

    More components than the source's problems have directions take up those of the labelled target
    rows themselves, noise included, which helps little. `shared` was chosen on the demo corpora,
    where problems that predict features did not help.

    Without labelled target rows of two classes or more the classifier is the plain one of all
    source rows, without a structure. Several target corpora are one.

    **Cost.** In each turn that of ridge regressions, O(n d min(n, d)) time for n rows of d
    features; for m auxiliary features O(d^3), or O(n d (n + m)) where d is larger than n. Memory
    O(n d + min(n, d)^2).

    References
    ----------
    .. [1] R. K. Ando, T. Zhang (2005), "A Framework for Learning Predictive Structures from
       Multiple Tasks and Unlabeled Data", Journal of Machine Learning Research 6. Here after the
       paper. https://jmlr.org/papers/v6/ando05a.html
    .. [2] J. Blitzer, R. McDonald, F. Pereira (2006), "Domain Adaptation with Structural
       Correspondence Learning", EMNLP (features predicted from others, on both domains).

    Examples
    --------
    >>> from featuretransfer import AlternatingStructureClassifier
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 300, n_features=40, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[20:] = None  # 20 target rows are labelled
    >>> Xt, yt = data.X_target[20:], data.y_target[20:]
    >>> for n_components in (0, None):  # the target alone, and with shared structure
    ...     model = AlternatingStructureClassifier(n_components).fit(
    ...         data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,)
    ...     )
    ...     print(f"{model.score(Xt, yt):.2f}")
    0.68
    0.73
    """

    __metadata_request__fit = {
        "X_target": True,
        "y_target": True,
        "source_domains": True,
        "tasks": True,
    }
    uses_y = True
    settings = ("inductive",)

    def __init__(
        self,
        n_components=None,
        shared=0.75,
        alpha=30.0,
        loss="logistic",
        n_auxiliary=0,
        fit_intercept=True,
        class_weight="balanced",
        max_iter=50,
        tol=1e-4,
        allow_new_classes=False,
    ):
        self.n_components = n_components
        self.shared = shared
        self.alpha = alpha
        self.loss = loss
        self.n_auxiliary = n_auxiliary
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.tol = tol
        self.allow_new_classes = allow_new_classes

    def fit(self, X, y, *, X_target=None, y_target=None, source_domains=None, tasks=None):
        """Learn the structure, then the classifier of the target.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, labelled and unlabelled.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows, None or NaN where unlabelled.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row; each has problems of its own.
        tasks : DataFrame or dict of str to array-like, default=None
            Labels of the source rows in further tasks, None or NaN where missing. A DataFrame is
            cut like `X` by cross-validation, a dict is not.

        Returns
        -------
        self : AlternatingStructureClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If a parameter or `tasks` has the wrong type.
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
        row_weights(self.class_weight, labels if len(np.unique(labels)) > 1 else y)  # checked early
        X = np.asarray(rows, dtype=np.float64)
        further = task_problems(X, tasks, self.fit_intercept)
        if len(np.unique(labels)) < 2:
            if target is not None:
                warn_too_few(self, labels, stacklevel=2)
            self._set_structure(np.zeros((0, X.shape[1])), [], 0)
            self._fit_classifier(X, y)
            return self
        X_target = np.asarray(target, dtype=np.float64)
        known = X_target[labelled]
        problems = further + self._problems(X, y, domains) + self._problems(known, labels)
        problems += feature_problems([X, X_target], self.n_auxiliary)
        self._learn_structure(problems)
        self._fit_classifier(known, labels)
        return self

    def _problems(self, X, y, domains=None):
        corpora, names = source_tasks(domains, len(X))
        found = []
        for corpus in range(1 if names is None else len(names)):
            rows = corpora == corpus
            found += label_problems(X[rows], y[rows], self.class_weight, self.fit_intercept)
        return found

    def _learn_structure(self, problems):
        d = self.n_features_in_
        h = min(len(self.classes_) - 1 if self.n_components is None else self.n_components, d)
        n_problems = sum(round(1 / group.importance) for group in problems)
        if not h:
            self._set_structure(np.zeros((0, d)), [], n_problems)
            return
        alpha = self.alpha / least_squares_units(self.loss, len(self.classes_))[0]
        found = learn_structure(problems, h, alpha, self.shared, self.max_iter, self.tol)
        self._set_structure(*found, n_problems)
        if self.n_iter_ == self.max_iter > 1 and not self._has_converged():
            warnings.warn(
                f"The structure of AlternatingStructureClassifier has not converged in max_iter="
                f"{self.max_iter} turns. Increase max_iter or tol, or set max_iter=1.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _has_converged(self):
        before, last = self.objective_[-2:]
        return before - last <= self.tol * abs(before)

    def _set_structure(self, structure, objective, n_problems):
        self.structure_, self.objective_ = structure, np.array(objective)
        self.n_iter_, self.n_problems_ = max(1, len(objective)), n_problems

    def _fit_classifier(self, X, y):
        weights, Y = row_weights(self.class_weight, y), signs_of(y, self.classes_)
        X, Y, weights = (part[weights > 0] for part in (X, Y, weights))
        Z = stretch(X, self.structure_, self.shared)
        problem = (Z, Y, np.zeros_like(Y), self.alpha, weights, self.fit_intercept)
        coef, self.intercept_ = fit_around(self.loss, *problem)
        self.coef_ = stretch(coef, self.structure_, self.shared)

    def _values(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        return X @ self.coef_.T + self.intercept_

    def _check_parameters(self):
        if self.n_components is not None and not is_count(self.n_components, 0):
            raise ValueError(
                f"n_components must be an integer >= 0 or None, got {self.n_components!r}."
            )
        if not is_number(self.shared, 0, 1):
            raise ValueError(f"shared must be a number >= 0 and < 1, got {self.shared!r}.")
        if not is_number(self.alpha, 0) or self.alpha == 0:
            raise ValueError(f"alpha must be a finite number > 0, got {self.alpha!r}.")
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {list(LOSSES)}, got {self.loss!r}.")
        if not is_count(self.n_auxiliary, 0):
            raise ValueError(f"n_auxiliary must be an integer >= 0, got {self.n_auxiliary!r}.")
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")
        if not is_number(self.tol, 0, 1):
            raise ValueError(f"tol must be a number >= 0 and < 1, got {self.tol!r}.")
        check_flags(self, "fit_intercept", "allow_new_classes")
