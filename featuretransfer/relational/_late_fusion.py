"""One classifier for each modality, combined over the modalities that a row has."""

import warnings

import numpy as np
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.metrics import recall_score
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_count, is_number
from .._delegation import check_classifier
from .._labels import source_labels
from .._row_ids import validate_row_ids
from ..parameter._held_out import choose_folds, held_out_log_posteriors
from ..parameter._inner import as_given, fit_inner, log_posteriors, take
from ._modalities import present_modalities, resolve_modalities

WEIGHTS = ("equal", "performance")


class LateFusion(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Classify by several modalities, each with a classifier of its own; some may be missing.

    Speech, face and text of a recording are one row; a modality that a row lacks is NaN in all of
    its columns, in training or at prediction time. Each classifier learns from the rows that have
    its modality, and predictions are combined over the modalities that are there. Use it where
    modalities go missing (a face out of the picture, no transcript) or where they need different
    steps: the classifiers may be pipelines that scale and adapt to ``X_target``. `EarlyFusion`
    learns what modalities say together, which this class cannot.

    Parameters
    ----------
    estimator : classifier or dict of str to classifier
        The classifier of every modality, or one for each. It needs ``predict_proba`` or
        ``decision_function``, whose softmax is taken then. It may use ``X_target`` itself.
    modalities : dict or array-like of shape (n_features,), default=None
        Modality to columns (a slice, or a list of positions or of names), or the modality of every
        column. Every column is in one. None is a single modality.
    weights : {"equal", "performance"} or dict of str to float, default="equal"
        Weights of the modalities. "performance" is how far the recall averaged over classes, of
        held-out training rows, is above chance.
    cv : int, default=5
        Number of folds by which rows are held out for "performance", cut to the rows of the rarest
        class.

    Attributes
    ----------
    estimators_ : dict of str to classifier
        The fitted classifiers by modality.
    columns_ : dict of str to ndarray of int
        The positions of the columns of each modality.
    weights_ : dict of str to float
        The weights, with sum 1.
    recalls_ : dict of str to float or None
        With "performance", the average recalls of held-out rows.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    EarlyFusion : One classifier on all columns, with missing modalities filled in.
    CrossModalTransfer : For a modality without labels.

    Notes
    -----
    Log-probabilities are averaged over the modalities present, with their weights, and normalised
    again: ``log p(c | x) = sum_m w_m log p_m(c | x_m) / sum_m w_m + const``, the product rule of
    [1]_ with weights. Probabilities below 1e-12 count as 1e-12, so that no modality has a veto.
    Where all modalities that a row has are of weight 0 they count alike. With one modality it is
    the plain classifier.

    A row may lack a modality, but not some of its columns alone, nor all modalities; both are
    errors. Every class needs rows that have the modality, for each modality.

    ``X_target`` is passed on to classifiers that use it, to each the rows and columns of its
    modality; the class itself adapts nothing. ``speakers`` are for "performance": rows are held out
    by whole speakers (in a pipeline, request them by ``set_fit_request(speakers=True)``).

    **Cost.** That of a fit for each modality, with "performance" of ``cv + 1`` fits.

    References
    ----------
    .. [1] J. Kittler, M. Hatef, R. P. W. Duin, J. Matas (1998), "On Combining Classifiers", IEEE
       Transactions on Pattern Analysis and Machine Intelligence 20(3) (product rule; here after the
       paper). https://doi.org/10.1109/34.667881

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import LateFusion
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(300) % 2
    >>> X = y[:, None] + rng.normal(size=(300, 6))
    >>> X[200:250, 4:] = np.nan  # no face
    >>> model = LateFusion(LogisticRegression(), {"speech": slice(0, 4), "face": [4, 5]})
    >>> model = model.fit(X[:200], y[:200])
    >>> print(f"{model.score(X[200:250], y[200:250]):.2f} {model.score(X[250:], y[250:]):.2f}")
    0.86 0.96
    """

    __metadata_request__fit = {"X_target": True}
    settings = ()  # what adapts is inside

    def __init__(self, estimator, modalities=None, weights="equal", cv=5):
        self.estimator = estimator
        self.modalities = modalities
        self.weights = weights
        self.cv = cv

    def fit(self, X, y, *, X_target=None, speakers=None):
        """Fit the classifiers, each to the rows that have its modality.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; NaN in all columns of a modality that is missing.
        y : array-like of shape (n_samples,)
            Labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows for classifiers that use them, with missing modalities like `X`.
        speakers : array-like of shape (n_samples,), default=None
            Speaker of every row, for ``weights="performance"``.

        Returns
        -------
        self : LateFusion
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is no classifier, or predicts nothing that can be combined.
        ValueError
            If a parameter has no valid value, a row lacks a part of a modality or all of them, or a
            class has no row with a modality.
        """
        rows, target = validate_domains(self, X, X_target, allow_nan=True)
        y = source_labels(self, rows, y)
        speakers = validate_row_ids(speakers, len(rows), "speakers", "speaker", rows="X")
        names = getattr(self, "feature_names_in_", None)
        self.columns_ = resolve_modalities(self.modalities, rows.shape[1], names)
        self._check_parameters()
        self.classes_ = np.unique(y)
        present = present_modalities(rows, self.columns_)
        targets = dict.fromkeys(self.columns_)
        if target is not None:
            targets = self._parts(as_given(X_target, target), target, "X_target")
        self.estimators_, recalls = {}, {}
        for modality, there in zip(self.columns_, present.T):
            part = self._columns_of(take(as_given(X, rows), there), modality)
            self._refuse_missing_classes(modality, y[there])
            fitting = self._estimator_of(modality), part, y[there], targets[modality]
            self.estimators_[modality] = fit_inner(*fitting)
            if isinstance(self.weights, str) and self.weights == "performance":
                ids = None if speakers is None else speakers[there]
                positions = self.columns_[modality]
                values = rows[np.ix_(there, positions)]
                recalls[modality] = self._held_out_recall(*fitting, values, ids)
        self._settle_weights(recalls)
        return self

    def _parts(self, X, rows, name="X"):
        """The rows of each modality that have it; None where there are none."""
        present = present_modalities(rows, self.columns_, name)
        return {
            modality: self._columns_of(take(X, there), modality) if there.any() else None
            for modality, there in zip(self.columns_, present.T)
        }

    def _columns_of(self, X, modality):
        positions = self.columns_[modality]
        return X.iloc[:, positions] if hasattr(X, "iloc") else X[:, positions]

    def _estimator_of(self, modality):
        return self.estimator[modality] if isinstance(self.estimator, dict) else self.estimator

    def _refuse_missing_classes(self, modality, y):
        missing = sorted(set(self.classes_.tolist()) - set(y.tolist()), key=str)
        if missing:
            raise ValueError(
                f"No row of the classes {missing} has the modality {modality!r}, so its classifier "
                "cannot learn them. Pass such rows, or leave the modality or the classes out."
            )

    def _held_out_recall(self, estimator, X, y, X_target, rows, speakers):
        folds = choose_folds(rows, np.searchsorted(self.classes_, y), self.cv, speakers)
        if folds is None:
            return None
        found = held_out_log_posteriors(estimator, X, y, X_target, self.classes_, folds)
        predicted = self.classes_[found.argmax(axis=1)]
        return float(recall_score(y, predicted, average="macro", zero_division=0))

    def _settle_weights(self, recalls):
        self.recalls_ = recalls or None
        found = dict.fromkeys(self.columns_, 1.0)
        if isinstance(self.weights, dict):
            found = {modality: float(self.weights[modality]) for modality in self.columns_}
        elif None in recalls.values():
            warnings.warn(
                "A class has a single row, or there is a single speaker: no rows can be held out, "
                "and modalities are weighted alike. Pass more rows, or weights='equal'.",
                UserWarning,
                stacklevel=3,
            )
            self.recalls_ = None
        elif recalls:
            chance = 1 / len(self.classes_)
            found = {modality: max(recall - chance, 0.0) for modality, recall in recalls.items()}
        total = sum(found.values())
        if total == 0:  # none is better than chance
            found, total = dict.fromkeys(found, 1.0), len(found)
        self.weights_ = {modality: weight / total for modality, weight in found.items()}

    def _check_parameters(self):
        several = isinstance(self.estimator, dict)
        for name, given in (("estimator", several), ("weights", isinstance(self.weights, dict))):
            if given and set(getattr(self, name)) != set(self.columns_):
                raise ValueError(
                    f"{name} must have one entry for each of the modalities {list(self.columns_)}, "
                    f"got {list(getattr(self, name))}."
                )
        for modality in self.columns_:
            name = f"estimator[{modality!r}]" if several else "estimator"
            check_classifier(self._estimator_of(modality), name)
        if isinstance(self.weights, dict):
            values = list(self.weights.values())
            if not all(is_number(value, 0) for value in values) or not sum(values) > 0:
                raise ValueError(
                    f"weights must be finite numbers >= 0, some above 0, got {self.weights!r}."
                )
        elif self.weights not in WEIGHTS:
            raise ValueError(
                f"weights must be one of {list(WEIGHTS)} or a dict of modality to weight, got "
                f"{self.weights!r}."
            )
        if not is_count(self.cv, least=2):
            raise ValueError(f"cv must be an integer >= 2, got {self.cv!r}.")

    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; NaN in all columns of a modality that is missing.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities in the order of ``classes_``.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=FLOATS, ensure_all_finite="allow-nan")
        X = as_given(X, rows)
        present = present_modalities(rows, self.columns_)
        weights = present * np.array([self.weights_[modality] for modality in self.columns_])
        alone = weights.sum(axis=1) == 0
        weights[alone] = present[alone]
        weights /= weights.sum(axis=1, keepdims=True)
        total = np.zeros((len(rows), len(self.classes_)))
        for (modality, fitted), there, weight in zip(
            self.estimators_.items(), present.T, weights.T
        ):
            if there.any():
                part = self._columns_of(take(X, there), modality)
                found = log_posteriors(fitted, part, self.classes_)
                total[there] += weight[there, None] * found
        return log_softmax(total, axis=1)

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; NaN in all columns of a modality that is missing.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return np.exp(self.predict_log_proba(X))

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; NaN in all columns of a modality that is missing.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        best = self.predict_log_proba(X).argmax(axis=1)  # first: an unfitted model has no classes_
        return self.classes_[best]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.modalities is not None
        if hasattr(self.estimator, "__sklearn_tags__"):
            inner = get_tags(self.estimator).classifier_tags
            tags.classifier_tags = inner or tags.classifier_tags
        return tags
