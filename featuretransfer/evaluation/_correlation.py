"""Agreement of predicted and true ratings."""

import numpy as np


def concordance_correlation(y_true, y_pred):
    """Concordance correlation coefficient (CCC), the headline score of rated emotions.

    ``2 cov / (var_true + var_pred + (mean_true - mean_pred)^2)`` with moments that divide by n:
    Pearson's correlation, lowered by differences of level and of scale.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Ratings.

    Returns
    -------
    ccc : float
        Between -1 and 1. Constant predictions of ratings that vary have 0; NaN where both are the
        same constant, or with fewer than two rows.

    References
    ----------
    .. [1] L. I.-K. Lin, "A concordance correlation coefficient to evaluate reproducibility",
       Biometrics 45, 1989. https://doi.org/10.2307/2532051

    Examples
    --------
    >>> from featuretransfer.evaluation import concordance_correlation
    >>> round(concordance_correlation([1, 2, 3, 4], [2, 3, 4, 5]), 3)
    0.714
    """
    a, b = _ratings(y_true, y_pred)
    level = float(a.mean() - b.mean()) if len(a) else 0.0
    a, b = _centred(a), _centred(b)
    scale = float(a @ a + b @ b + len(a) * level**2)
    return 2 * float(a @ b) / scale if scale > 0 and len(a) > 1 else float("nan")


def pearson_correlation(y_true, y_pred):
    """Pearson's correlation coefficient, with a score for constant predictions.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Ratings.

    Returns
    -------
    correlation : float
        Between -1 and 1. Constant predictions, whose correlation is undefined, have 0, as they
        have the CCC 0: a mean that left them out would reward them. NaN where the true ratings are
        constant, or with fewer than two rows.

    Examples
    --------
    >>> from featuretransfer.evaluation import pearson_correlation
    >>> round(pearson_correlation([1, 2, 3, 4], [2, 4, 6, 8]), 3)
    1.0
    """
    a, b = map(_centred, _ratings(y_true, y_pred))
    if len(a) < 2 or not a.any():
        return float("nan")
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.clip(a @ b / lengths, -1, 1)) if lengths > 0 else 0.0


def _ratings(y_true, y_pred):
    a, b = np.asarray(y_true, dtype=float), np.asarray(y_pred, dtype=float)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(
            f"y_true and y_pred must be one-dimensional and of equal length, got the shapes "
            f"{a.shape} and {b.shape}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("y_true and y_pred must be finite numbers.")
    return a, b


def _centred(a):
    """Deviations from the mean; exactly 0 where all values are equal, whatever the rounding."""
    return a - a.mean() if len(a) and np.ptp(a) > 0 else np.zeros(len(a))
