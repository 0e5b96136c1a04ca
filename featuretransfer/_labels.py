"""Source labels."""

from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets


def check_labels(y, n_source):
    """Validate the class labels of the source rows.

    Parameters
    ----------
    y : array-like of shape (n_source,)
        Labels.
    n_source : int
        Number of source rows.

    Returns
    -------
    y : ndarray of shape (n_source,)
        The labels.

    Raises
    ------
    ValueError
        If they are no class labels, or not one for each row.
    """
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    if len(y) != n_source:
        raise ValueError(f"y must have one label for each of the {n_source} rows, got {len(y)}.")
    check_classification_targets(y)
    return y
