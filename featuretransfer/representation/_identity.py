"""The adapter that does nothing."""

from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils.validation import validate_data

from .._base import FLOATS, AdapterMixin


class NoAdaptation(OneToOneFeatureMixin, AdapterMixin, BaseEstimator):
    """Leave every row as it is.

    The do-nothing candidate of a grid, and the way to switch adaptation off in a pipeline. It
    accepts the target like any adapter and ignores it, so that scikit-learn finds a consumer of
    ``X_target``, ``y_target`` and ``source_domains`` whichever candidate takes its place.

    Attributes
    ----------
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CorpusScaler : The simplest adaptation: every corpus by its own mean and scale.
    CORAL : Gives the source the covariance of the target.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import NoAdaptation
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> NoAdaptation().fit_transform(X, X_target=X + 100)
    array([[1., 2.],
           [3., 4.]])
    """

    __metadata_request__fit = {"X_target": True, "y_target": True, "source_domains": True}
    settings = ()  # nothing is transferred

    def fit(self, X, y=None, *, X_target=None, y_target=None, source_domains=None):
        """Learn the number and the names of the features.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : object, default=None
            Ignored.
        y_target : object, default=None
            Ignored.
        source_domains : object, default=None
            Ignored.

        Returns
        -------
        self : NoAdaptation
            The fitted adapter.
        """
        validate_data(self, X, dtype=FLOATS)
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_features_in_")

    def _map_target(self, X):
        return X
