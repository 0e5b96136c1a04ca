"""What fitting with learned weights has in common for classifiers and regressors."""

import numpy as np
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from .._delegation import PredictorAround, delegates
from .._labels import require_y
from ._learned_weights import check_weighter, learn_weights
from ._sample_weight import WeightedFits
from ._weights import effective_sample_size


class Reweighted(PredictorAround):
    """Learns weights, fits the inner estimator with them, and predicts by it.

    A subclass implements ``_check_estimator()`` and may refuse weights in ``_check_weights(y, w)``.
    """

    __metadata_request__fit = {"X_target": True, "source_domains": True}

    def __init__(self, estimator, weighter=None):
        self.estimator = estimator
        self.weighter = weighter

    def fit(self, X, y, *, X_target=None, source_domains=None):
        """Learn the weights, then fit the inner estimator with them.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,) or (n_source, n_outputs)
            Source labels; several columns only where the inner estimator takes them.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them every weight is 1.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row, for a weighter or an inner estimator that uses it.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        TypeError
            If `estimator` is of the wrong kind, or `weighter` not a weighter.
        ValueError
            If the inner estimator would ignore the weights or resample by them, or if a class loses
            all its weight.
        """
        self._check_estimator()
        if self.weighter is not None:
            check_weighter(self.weighter)
        fits = WeightedFits(self.estimator, type(self).__name__)
        require_y(self, y)
        self.weighter_, w = None, None
        domains = {"X_target": X_target, "source_domains": source_domains}
        if self.weighter is not None:
            self.weighter_, w = learn_weights(self.weighter, X, y, **domains, stacklevel=3)
            self._check_weights(y, w)
        passed = None if w is None or np.all(w == 1) else w
        self.estimator_ = fits(X, y, passed, **domains)
        self.sample_weight_ = np.ones(len(np.asarray(y))) if w is None else w
        self.effective_sample_size_ = effective_sample_size(self.sample_weight_)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                delattr(self, name)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def _check_weights(self, y, w):
        """Refuse weights that `y` does not allow."""

    @delegates("score")
    def score(self, X, y, sample_weight=None):
        """Score of the inner estimator, in general its accuracy or its R2.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            The score.
        """
        check_is_fitted(self)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.estimator_.score(X, y, **weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.weighter is None and hasattr(self.estimator, "__sklearn_tags__"):
            tags.input_tags = get_tags(self.estimator).input_tags
        return tags
