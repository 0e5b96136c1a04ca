"""A classifier of one modality trained on what that of another says of paired rows."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from .._base import ViewsMixin, validate_domains
from .._checks import is_number
from .._delegation import ClassifierAround, check_classifier
from .._labels import source_labels
from .._pairs import check_pair_of_tables, check_same_columns, validate_pairs
from ..parameter._inner import as_given, fit_inner, log_posteriors, take
from ._soft_labels import CONFIDENCES, repeated, tempered

LABELS = ("soft", "hard")


class CrossModalTransfer(ViewsMixin, ClassifierAround, ClassifierMixin, BaseEstimator):
    """Train a classifier of one modality on labels that a classifier of another gives paired rows.

    .. note::
       The two views differ, in their input too: new rows have the columns of the target modality,
       for the student, and in a source view those of the source, for the teacher.

    Where faces are annotated and speech is not, a teacher learned from faces labels videos, and
    their sound, with these labels, trains a student that needs no face any more. The pairs need no
    labels and may come from another corpus than the annotated rows. Use it where there are many
    more pairs than labels in the target modality; what the teacher does not know the student does
    not learn, and emotion that shows in one modality only is lost.

    Parameters
    ----------
    estimator : classifier
        The student, and the teacher where none is given; a pipeline with a scaler inside, as a
        rule. It may use ``X_target`` itself. With soft labels its ``fit`` must use
        ``sample_weight``.
    teacher : classifier, default=None
        Fitted to the source rows, adapted to the source side of the pairs if it uses ``X_target``.
        ``FrozenEstimator(fitted)`` is one that is fitted already; the source rows then only tell
        its columns. None is a copy of `estimator`. It needs ``predict_proba`` or
        ``decision_function``, whose softmax is taken then.
    labels : {"soft", "hard"}, default="soft"
        Whether the student learns from the probabilities of all classes or from the most probable
        class alone.
    temperature : float, default=1.0
        Logarithms of the teacher's probabilities are divided by it: above 1 they become more even,
        near 0 soft labels become hard ones.
    confidence : {"max", "entropy"}, default=None
        Weight of a pair: the largest of its tempered probabilities, or one minus their entropy over
        its maximum. None weights all alike.
    threshold : float, default=0.0
        Pairs of less confidence are left out. Needs `confidence` if above 0.

    Attributes
    ----------
    teacher_ : classifier
        The fitted teacher.
    student_ : classifier
        The fitted student.
    estimator_ : classifier
        The student, in a source view the teacher.
    soft_labels_ : ndarray of shape (n_pairs, n_classes) or None
        The tempered probabilities of the pairs, in the order of the teacher's classes; None where
        nothing was labelled.
    pair_weight_ : ndarray of shape (n_pairs,) or None
        Weights of the pairs, 0 for those left out and with mean 1 over the others.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_, n_features_target_ : int
        Number of features of the source and of the target modality.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the source features, where `X` is a DataFrame.
    feature_names_target_ : ndarray of shape (n_features_target_,)
        Names of the target features, where ``X_target`` (or the pairs) are DataFrames.

    See Also
    --------
    CCATransfer : Brings both modalities to what their pairs have in common.
    LateFusion : For modalities that are both annotated, and both there as a rule.

    Notes
    -----
    With probabilities ``p(c | x)`` of the teacher for the source side x of a pair, the student
    learns from its target side with label c and weight ``w q(c)`` for every class c, where q is
    proportional to ``p ** (1 / temperature)`` and w the weight of the pair. For a student that
    minimises a sum of losses over rows this is the expected loss under q, exactly; for the
    logarithmic loss the cross-entropy to the teacher of [1]_ and [2]_, after the papers, without
    their second term for true labels, which pairs do not have. ``class_weight="balanced"`` balances
    soft labels where scikit-learn counts rows by their weight (LogisticRegression, LinearSVC);
    where it counts rows alone it does nothing, since soft labels have as many for every class.

    Pairs are two tables, ``X_paired=(rows in source columns, rows in target columns)``, paired one
    by one, as of `CCATransfer`; cross-validation passes them on as they are. ``X_target`` are rows
    that the student is for, for a student that adapts: each classifier is fitted to its own rows
    and may adapt to those it is to predict. Without ``X_target`` these are the target side of the
    pairs. It is the only step of a Pipeline, since an earlier one would be fitted to the columns of
    the source.

    Without ``X_paired``, where source and target have the same columns, every row of ``X_target``
    is its own pair; that the columns are the same cannot be checked if they have no names, and a
    warning says so. Without both, the student is `estimator` fitted to the labelled source rows,
    the plain classifier. Several targets are pooled.

    **Cost.** That of a fit of the teacher on the source rows and of a fit of the student on the
    pairs, with soft labels once for each class (n_pairs * n_classes rows).

    References
    ----------
    .. [1] S. Albanie, A. Nagrani, A. Vedaldi, A. Zisserman (2018), "Emotion Recognition in Speech
       using Cross-Modal Transfer in the Wild", ACM Multimedia. https://arxiv.org/abs/1808.05561
    .. [2] G. Hinton, O. Vinyals, J. Dean (2015), "Distilling the Knowledge in a Neural Network",
       NIPS Deep Learning Workshop. https://arxiv.org/abs/1503.02531

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import CrossModalTransfer
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(600) % 3
    >>> face = np.eye(3)[y] @ rng.normal(size=(3, 5)) + 0.3 * rng.normal(size=(600, 5))
    >>> speech = np.eye(3)[y] @ rng.normal(size=(3, 8)) + rng.normal(size=(600, 8))
    >>> model = CrossModalTransfer(LogisticRegression())
    >>> pairs = (face[60:400], speech[60:400])  # not labelled
    >>> model = model.fit(face[:60], y[:60], X_paired=pairs)
    >>> print(f"{model.score(speech[400:], y[400:]):.2f}")
    0.95
    """

    __metadata_request__fit = {"X_target": True, "X_paired": True}
    equal_columns = False
    settings = ("transductive",)

    def __init__(
        self,
        estimator,
        teacher=None,
        labels="soft",
        temperature=1.0,
        confidence=None,
        threshold=0.0,
    ):
        self.estimator = estimator
        self.teacher = teacher
        self.labels = labels
        self.temperature = temperature
        self.confidence = confidence
        self.threshold = threshold

    def fit(self, X, y, *, X_target=None, X_paired=None):
        """Train the teacher on the source, then the student on pairs that it labels.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Rows of the annotated modality.
        y : array-like of shape (n_source,)
            Their labels.
        X_target : array-like of shape (n_target, n_features_target) or tuple of such, default=None
            Rows of the target modality that the student adapts to, if it does; those of several
            corpora pooled.
        X_paired : tuple of two array-likes, default=None
            Rows of the annotated modality, of shape (n_pairs, n_features), and the same rows in the
            target modality, of shape (n_pairs, n_features_target).

        Returns
        -------
        self : CrossModalTransfer
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` or `teacher` is no classifier, the teacher predicts nothing that can be
            tempered, or `X_paired` is no tuple of two tables.
        ValueError
            If a parameter has no valid value, if the pairs do not have the columns of the
            modalities, if nothing links columns that differ, or if no pair is left or the student
            would ignore the weights.
        """
        self._check_parameters()
        if X_paired is not None:
            check_pair_of_tables(X_paired)
            X_target = (X_paired[1],) if X_target is None else X_target
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        X, X_target = as_given(X, rows), as_given(X_target, target)
        self.soft_labels_ = self.pair_weight_ = None
        if X_target is None:
            self.student_ = fit_inner(self.estimator, X, y)
            self.teacher_ = self.student_
            if self.teacher is not None:
                self.teacher_ = fit_inner(self.teacher, X, y)
            return self
        if X_paired is None:
            check_same_columns(self, stacklevel=2)
            X_paired = X_target, X_target
        else:
            X_paired = tuple(map(as_given, X_paired, validate_pairs(self, X_paired)))
        teacher = self.estimator if self.teacher is None else self.teacher
        self.teacher_ = fit_inner(teacher, X, y, X_paired[0])
        classes = self.teacher_.classes_
        log_p = log_posteriors(self.teacher_, X_paired[0], classes)
        self.soft_labels_ = tempered(log_p, self.temperature)
        self.pair_weight_ = self._weigh()
        self.student_ = self._fit_student(X_paired[1], classes, X_target)
        return self

    def _weigh(self):
        if self.confidence is None:
            return np.ones(len(self.soft_labels_))
        found = CONFIDENCES[self.confidence](self.soft_labels_)
        weights = np.where(found >= self.threshold, found, 0.0)
        if not np.any(weights > 0):
            raise ValueError(
                f"No pair has a confidence of at least threshold={self.threshold}; the largest is "
                f"{found.max():.3g}. Lower threshold or temperature, or use another teacher."
            )
        return weights / weights[weights > 0].mean()

    def _fit_student(self, X, classes, X_target):
        kept, name = self.pair_weight_ > 0, type(self).__name__
        X, P, weights = take(X, kept), self.soft_labels_[kept], self.pair_weight_[kept]
        if self.labels == "soft":
            X, y, weights = repeated(X, P, classes, weights)
            return fit_inner(self.estimator, X, y, X_target, weights, name)
        y = classes[P.argmax(axis=1)]
        if len(np.unique(y)) < 2:
            raise ValueError(
                f"The teacher labels all pairs {y.tolist()[0]!r}, so there is nothing to learn. "
                "Use labels='soft', or pass other pairs."
            )
        if self.confidence is None:
            weights, name = None, None
        return fit_inner(self.estimator, X, y, X_target, weights, name)

    def _check_parameters(self):
        check_classifier(self.estimator)
        if self.teacher is not None:
            check_classifier(self.teacher, "teacher")
        if self.labels not in LABELS:
            raise ValueError(f"labels must be one of {list(LABELS)}, got {self.labels!r}.")
        if not is_number(self.temperature, 0) or self.temperature == 0:
            raise ValueError(
                f"temperature must be a finite number > 0, got {self.temperature!r}. Use "
                "labels='hard' for the most probable class alone."
            )
        if self.confidence is not None and self.confidence not in list(CONFIDENCES):
            raise ValueError(
                f"confidence must be None or one of {list(CONFIDENCES)}, got {self.confidence!r}."
            )
        if not is_number(self.threshold, 0, 1):
            raise ValueError(f"threshold must be a number >= 0 and < 1, got {self.threshold!r}.")
        if self.threshold > 0 and self.confidence is None:
            raise ValueError(
                f"threshold={self.threshold} needs a confidence to compare with. Set "
                f"confidence to one of {list(CONFIDENCES)}."
            )

    @property
    def estimator_(self):
        """The student, in a source view the teacher."""
        return self.teacher_ if self._source_view else self.student_

    def _rows_to_predict(self, X):
        return as_given(X, self._validate_rows(X))
