"""Source labels of methods that learn from them."""

from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from .._base import require_y


def source_labels(estimator, X, y):
    """The labels as a validated array of shape (n_source,); missing ones are refused."""
    require_y(estimator, y)
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    check_classification_targets(y)
    return y
