"""Weights by a classifier that tells the domains apart."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, validate_domains
from .._checks import is_count, is_number
from .._delegation import check_classifier
from ._domain_ratio import domain_ratio, odds
from ._weights import WeighterMixin

CALIBRATIONS = ("sigmoid", "isotonic", None)


class DomainClassifierWeights(WeighterMixin, BaseEstimator):
    """Weight source rows by the odds that a classifier takes them for target rows.

    With the probability p(target | x) of a classifier trained to tell the domains apart, the ratio
    of densities is ``p(target | x) / p(source | x) * n_source / n_target``. Any classifier will do,
    so the ratio needs no kernel and no model of the densities. Source rows are judged out of fold:
    a row that the classifier has seen looks like source for that reason alone. No emotion labels
    are used. Reduce the dimension first (PCA): in many dimensions the domains separate and few
    rows get weight.

    Parameters
    ----------
    estimator : classifier or None, default=None
        Tells source from target. None is logistic regression on standardised features.
    cv : int, default=5
        Number of folds, cut to the rows of the smaller domain.
    calibration : {"sigmoid", "isotonic"} or None, default="sigmoid"
        How probabilities are calibrated, on folds within every fold; left out where a domain has
        too few rows. With None `estimator` needs ``predict_proba``.
    clip : float, default=0.01
        Probabilities are kept this far from 0 and 1, which bounds the ratio.
    random_state : int, RandomState instance or None, default=None
        Determines the folds.

    Attributes
    ----------
    classifier_ : classifier or None
        The classifier of all rows, with labels 0 (source) and 1 (target); None without
        ``X_target``.
    sample_weight_ : ndarray of shape (n_source,)
        Weights of the source rows, rescaled to mean 1.
    effective_sample_size_ : float
        ``sum(w)**2 / sum(w**2)``: number of equally weighted source rows that are worth as much.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    KernelMeanMatching : Weights by matching means in a kernel's feature space.
    GaussianWeights : The ratio of two normal densities.
    ReweightedClassifier : Fits a classifier with the weights.

    Notes
    -----
    Without ``X_target`` every weight is 1. A target of a single row leaves no folds: its
    probabilities are not out of fold, with a warning. An `estimator` that balances the domains
    itself (``class_weight="balanced"``) is right for the weights, which have mean 1 anyway;
    `density_ratio` is then too large by n_source / n_target unless it is calibrated.

    **Cost.** Time is that of ``cv * (cv + 1)`` fits of the classifier, or ``cv + 1`` without
    calibration: O(n d) each for the default, n rows and d features. Memory is O(n d).

    References
    ----------
    .. [1] S. Bickel, M. Brueckner, T. Scheffer (2007), "Discriminative Learning for Differing
       Training and Test Distributions", ICML. https://doi.org/10.1145/1273496.1273507
    .. [2] M. Sugiyama, T. Suzuki, T. Kanamori (2012), "Density Ratio Estimation in Machine
       Learning", Cambridge University Press, section 4 (probabilistic classification).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import DomainClassifierWeights
    >>> rng = np.random.default_rng(0)
    >>> X, X_target = rng.normal(size=(600, 1)), rng.normal(1, 1, size=(500, 1))
    >>> weighter = DomainClassifierWeights(random_state=0).fit(X, X_target=X_target)
    >>> bool(np.corrcoef(weighter.sample_weight_, np.exp(X[:, 0]))[0, 1] > 0.9)
    True
    """

    advised_components = 10

    def __init__(self, estimator=None, cv=5, calibration="sigmoid", clip=0.01, random_state=None):
        self.estimator = estimator
        self.cv = cv
        self.calibration = calibration
        self.clip = clip
        self.random_state = random_state

    def fit(self, X, y=None, *, X_target=None):
        """Learn the weights of the source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored; weights do not depend on labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them every weight is 1.

        Returns
        -------
        self : DomainClassifierWeights
            The fitted weighter.

        Raises
        ------
        ValueError, TypeError
            If a parameter is invalid.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        self.classifier_, self._factor = None, 1.0
        if X_target is None:
            self._set_weights(np.ones(len(X)))
            return self
        if min(len(X), len(X_target)) == 1:
            warnings.warn(
                "A domain has a single row, which leaves no folds: probabilities are those of a "
                "classifier that has seen the rows. Pass more rows.",
                UserWarning,
                stacklevel=2,
            )
        default = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        found, self.classifier_ = domain_ratio(
            X,
            X_target,
            default if self.estimator is None else self.estimator,
            n_folds=self.cv,
            clip=self.clip,
            calibration=self.calibration,
            random_state=self.random_state,
        )
        self._factor = len(X) / len(X_target)
        self._set_weights(found)
        return self

    def density_ratio(self, X):
        """Density of the target over that of the source.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows that were not passed to `fit`; at those the ratio is too low or too high.

        Returns
        -------
        ratio : ndarray of shape (n_samples,)
            The odds of the target times n_source / n_target; 1 without ``X_target``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        if self.classifier_ is None:
            return np.ones(len(X))
        return self._factor * odds(self.classifier_.predict_proba(X)[:, 1], self.clip)

    def _check_parameters(self):
        check_classifier(self.estimator, optional=True)
        if not is_count(self.cv, least=2):
            raise ValueError(f"cv must be an integer >= 2, got {self.cv!r}.")
        if self.calibration not in CALIBRATIONS:
            raise ValueError(
                f"calibration must be one of {list(CALIBRATIONS)}, got {self.calibration!r}."
            )
        if not is_number(self.clip, 0, 0.5) or self.clip == 0:
            raise ValueError(f"clip must be a number > 0 and < 0.5, got {self.clip!r}.")
