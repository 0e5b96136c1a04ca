"""One classifier on the columns of all modalities, with missing ones filled in."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, ViewsMixin, validate_domains
from .._checks import is_number
from .._delegation import ClassifierAround, check_classifier
from .._labels import source_labels
from ..parameter._inner import as_given, fit_inner
from ._imputation import IMPUTATIONS, with_modalities_dropped
from ._modalities import present_modalities, resolve_modalities


class EarlyFusion(ViewsMixin, ClassifierAround, ClassifierMixin, BaseEstimator):
    """Classify by the columns of several modalities together; some modalities may be missing.

    .. note::
       The two views differ where modalities are missing: they are filled in as in the target, and
       in a source view as in the source.

    Speech, face and text of a recording are one row; a modality that a row lacks is NaN in all of
    its columns, in training or at prediction time, and is filled in from what is known of the
    others. Use it where modalities tell something together, and most rows have all. `LateFusion`
    needs nothing filled in, and lets every modality be scaled and adapted by itself.

    Parameters
    ----------
    estimator : classifier
        Fitted to all columns. It may use ``X_target`` itself. With `dropout` above 0 its ``fit``
        must use ``sample_weight``.
    modalities : dict or array-like of shape (n_features,), default=None
        Modality to columns (a slice, or a list of positions or of names), or the modality of every
        column. Every column is in one. None is a single modality.
    imputation : {"regression", "mean"}, default="regression"
        What is filled in: the mean of the columns given those of the modalities that are there,
        under a normal distribution with a covariance shrunk as by [2]_; or their mean.
    dropout : float, default=0.0
        Share of its weight that a training row gives to copies of itself that lack one of its
        modalities, at least 0 and below 1: what the classifier is to expect of rows to predict.
        It helps with "mean"; with "regression" it made no difference in simulations.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    columns_ : dict of str to ndarray of int
        The positions of the columns of each modality.
    source_imputation_, target_imputation_ : callable
        Fill in missing modalities of rows of either domain; the same without ``X_target``.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    LateFusion : One classifier for each modality.
    CrossModalTransfer : For a modality without labels.

    Notes
    -----
    Where no modality is missing and `dropout` is 0 it is the plain classifier, to the last bit.

    A row may lack a modality, but not some of its columns alone, nor all modalities; both are
    errors. "regression" needs two training rows that have all modalities, "mean" one row for each.

    **Dropout.** The modality dropout of [1]_, after the paper, draws the modalities that a row
    loses anew each time it is seen. Here every row is there with all its modalities, with weight
    ``1 - dropout``, and once without each, with equal parts of the rest: the expected loss, without
    drawing. It means more rows, by a factor of one plus the number of modalities, which a scaler
    inside `estimator` sees unweighted: scale before, with scikit-learn's `StandardScaler`, which
    leaves NaN alone.

    ``X_target`` is passed on to `estimator` if it uses it; missing modalities of its rows, and of
    rows to predict, are filled in by what its own rows tell, or those of the source where they do
    not suffice. The class itself adapts nothing else.

    **Cost.** That of the classifier. "regression" takes O(n d min(n, d)) for n complete rows of d
    features, then O(m^3) with m = min(n, d) for each combination of modalities that occurs.

    References
    ----------
    .. [1] N. Neverova, C. Wolf, G. Taylor, F. Nebout (2016), "ModDrop: Adaptive Multi-Modal Gesture
       Recognition", IEEE Transactions on Pattern Analysis and Machine Intelligence 38(8).
       https://arxiv.org/abs/1501.00102
    .. [2] O. Ledoit, M. Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
       matrices", Journal of Multivariate Analysis 88, equation (14).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import EarlyFusion
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(300) % 2
    >>> X = y[:, None] + rng.normal(size=(300, 6))
    >>> X[200:250, 4:] = np.nan  # no face
    >>> model = EarlyFusion(LogisticRegression(), {"speech": slice(0, 4), "face": [4, 5]})
    >>> model = model.fit(X[:200], y[:200])
    >>> print(f"{model.score(X[200:250], y[200:250]):.2f} {model.score(X[250:], y[250:]):.2f}")
    0.86 0.96
    """

    __metadata_request__fit = {"X_target": True}
    settings = ()  # what adapts is inside

    def __init__(self, estimator, modalities=None, imputation="regression", dropout=0.0):
        self.estimator = estimator
        self.modalities = modalities
        self.imputation = imputation
        self.dropout = dropout

    def fit(self, X, y, *, X_target=None):
        """Learn what to fill in, and fit the classifier to filled rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; NaN in all columns of a modality that is missing.
        y : array-like of shape (n_samples,)
            Labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows for a classifier that uses them, with missing modalities like `X`.

        Returns
        -------
        self : EarlyFusion
            The fitted classifier.

        Raises
        ------
        TypeError
            If `estimator` is no classifier.
        ValueError
            If a parameter has no valid value, a row lacks a part of a modality or all of them, or
            too few rows have the modalities to fill them in.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target, allow_nan=True)
        y = source_labels(self, rows, y)
        names = getattr(self, "feature_names_in_", None)
        self.columns_ = resolve_modalities(self.modalities, rows.shape[1], names)
        present = present_modalities(rows, self.columns_)
        self.source_imputation_ = self.target_imputation_ = self._learn(rows, present)
        if target is not None:
            there = present_modalities(target, self.columns_, "X_target")
            self.target_imputation_ = self._learn(target, there) or self.source_imputation_
            filled = _filled(self.target_imputation_, target, there)
            X_target = _like(as_given(X_target, target), filled)
        fill = partial(_filled, self.source_imputation_)
        if self.dropout == 0 or len(self.columns_) == 1:
            filled, weights = fill(rows, present), None
        else:
            filled, origin, weights = with_modalities_dropped(rows, present, self.dropout, fill)
            X, y = (X.iloc[origin] if isinstance(X, pd.DataFrame) else X), y[origin]
        X = _like(X, filled)
        self.estimator_ = fit_inner(self.estimator, X, y, X_target, weights, type(self).__name__)
        return self

    def _learn(self, rows, present):
        """What fills in missing modalities; None where too few rows have them."""
        learn, least = IMPUTATIONS[self.imputation]
        counts = present.sum(axis=0) if self.imputation == "mean" else present.all(axis=1).sum()
        if len(self.columns_) == 1 or np.min(counts) < least:
            return None
        return learn(rows, present, list(self.columns_.values()))

    def _check_parameters(self):
        check_classifier(self.estimator)
        if self.imputation not in list(IMPUTATIONS):
            raise ValueError(
                f"imputation must be one of {list(IMPUTATIONS)}, got {self.imputation!r}."
            )
        if not is_number(self.dropout, 0, 1):
            raise ValueError(f"dropout must be a number >= 0 and < 1, got {self.dropout!r}.")

    def _rows_to_predict(self, X):
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=FLOATS, ensure_all_finite="allow-nan")
        present = present_modalities(rows, self.columns_)
        domain = self.source_imputation_ if self._source_view else self.target_imputation_
        return _like(X, _filled(domain, rows, present))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.modalities is not None
        return tags


def _filled(imputation, rows, present):
    """Rows without missing modalities; those that miss none are returned as they are."""
    if present.all():
        return rows
    if imputation is None:
        raise ValueError(
            "Modalities are missing, but too few of the rows to learn from have them: "
            "imputation='regression' needs two rows with all modalities, 'mean' one row with each. "
            "Pass such rows, or use LateFusion, which fills nothing in."
        )
    return imputation(rows, present)


def _like(X, rows):
    """Rows as a DataFrame, with its names, if `X` is one."""
    if not isinstance(X, pd.DataFrame):
        return rows
    return pd.DataFrame(rows, index=X.index, columns=X.columns)
