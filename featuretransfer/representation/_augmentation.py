"""Feature augmentation: every feature three times, shared, for the source and for the target."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin

from .._base import AdapterMixin, validate_domains
from .._checks import check_flags

BLOCKS = ("shared", "source", "target")


def augment(X, domain, *, own=0.0, shared=0.0):
    """Rows as a classifier of augmented features sees them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    domain : "source", "target" or "difference"
        <x, x, 0>, <x, 0, x> or <0, x, -x>; the inner product of the last with any weights is by how
        much the source predictor of them exceeds the target predictor.
    own : float, default=0.0
        Constant feature of each domain, whose weight is the intercept of the domain; 0 is none.
    shared : float, default=0.0
        Constant feature of the shared block; 0 is none.

    Returns
    -------
    Z : ndarray of shape (n_samples, 3 * n_features + number of constants)
        The shared block, that of the source and that of the target, each with its constant last.
    """
    common = _with_constant(X, shared)
    block = _with_constant(X, own)
    zeros = np.zeros_like(block)
    if domain == "difference":
        return np.hstack([np.zeros_like(common), block, -block])
    return np.hstack([common, *((block, zeros) if domain == "source" else (zeros, block))])


def _with_constant(X, value):
    return np.hstack([X, np.full((len(X), 1), value, dtype=X.dtype)]) if value else X


class FeatureAugmentation(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Give a classifier every feature three times: shared, for the source and for the target.

    .. note::
       The two views differ: source rows become <x, x, 0> (`fit_transform`, `transform_source`),
       target rows <x, 0, x> (`transform`).

    A linear classifier on these rows has weights for both domains, w + v_s and w + v_t, that are
    held together by what they share. This is the feature map alone, for rows of both domains that
    you put together yourself, as in the example. In a Pipeline a classifier after it would see
    source rows only and learn nothing of the target: `FeatureAugmentationClassifier` is the method
    for a Pipeline.

    Parameters
    ----------
    intercept : bool, default=True
        Append a constant to the block of each domain, so that a linear classifier has an intercept
        for either beside its own, which is shared.

    Attributes
    ----------
    is_augmented_ : bool
        Whether rows are augmented: whether there was a target.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    FeatureAugmentationClassifier : Fits a classifier to augmented rows of both domains.
    HeterogeneousFeatureAugmentation : For a target with other features.

    Notes
    -----
    Without ``X_target`` rows stay as they are. The target says no more than that there is one: the
    map has nothing to learn, and several target corpora are one domain.

    A classifier that is fitted to augmented source rows alone has half its weights in the shared
    block, if it penalises their squares: its decision values are the same on source rows and half
    as large on target rows as those of a classifier with half the penalty on plain rows.

    **Cost.** For n rows and d features time and memory are O(n d), with a factor of three.

    References
    ----------
    .. [1] H. Daume III (2007), "Frustratingly Easy Domain Adaptation", ACL, section 3.
       https://arxiv.org/abs/0907.1815

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from featuretransfer import FeatureAugmentation
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=5, random_state=0)
    >>> adapter = FeatureAugmentation()
    >>> Zs = adapter.fit_transform(data.X_source, X_target=data.X_target)
    >>> Zt = adapter.transform(data.X_target)
    >>> Z = np.vstack([Zs, Zt[:20]])  # 20 target rows are labelled
    >>> y = np.concatenate([data.y_source, data.y_target[:20]])
    >>> LogisticRegression().fit(Z, y).predict(Zt[20:]).shape
    (40,)
    """

    def __init__(self, intercept=True):
        self.intercept = intercept

    def fit(self, X, y=None, *, X_target=None):
        """Learn the number and the names of the features, and whether there is a target.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them rows stay as they are.

        Returns
        -------
        self : FeatureAugmentation
            The fitted adapter.

        Raises
        ------
        TypeError
            If `intercept` is no bool.
        """
        X, X_target = validate_domains(self, X, X_target)
        check_flags(self, "intercept")
        self.is_augmented_ = X_target is not None
        return self

    def get_feature_names_out(self, input_features=None):
        """Names of the augmented features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features; those seen in `fit` by default.

        Returns
        -------
        names : ndarray of shape (n_features_out,) of str
            "shared__F0", "source__F0", "target__F0" and, for the constants, "source__intercept" and
            "target__intercept"; without a target the names of the features.
        """
        names = super().get_feature_names_out(input_features)
        if not self.is_augmented_:
            return names
        found = []
        for block in BLOCKS:
            found += [f"{block}__{name}" for name in names]
            if self.intercept and block != "shared":
                found.append(f"{block}__intercept")
        return np.array(found, dtype=object)

    def _map_target(self, X):
        return self._augment(X, "target")

    def _map_source(self, X):
        return self._augment(X, "source")

    def _augment(self, X, domain):
        return augment(X, domain, own=float(self.intercept)) if self.is_augmented_ else X
