"""What every weighter shares: its metadata and the final form of its weights."""

import warnings

import numpy as np

from ..exceptions import LowEffectiveSampleSizeWarning

LOW_SHARE = 0.1  # of the source rows; below it weights are reported as resting on too few


class WeighterMixin:
    """Base of all weighters: ``fit`` learns ``sample_weight_``, one weight for every source row.

    A subclass implements ``fit(X, y=None, *, X_target=None)`` and ends it with
    ``self._set_weights(w)``. Weights have mean 1, so that the regularisation of a classifier keeps
    its meaning.
    """

    __metadata_request__fit = {"X_target": True}
    settings = ("transductive",)  # weights serve what learns from the labels of the source
    uses_y = False  # whether `fit` learns from source labels
    advised_components = None  # that `recipe` weights on (PCA); None is all features

    def _set_weights(self, w):
        """Learn ``sample_weight_`` and ``effective_sample_size_``, warn where that is low."""
        self.sample_weight_ = normalise_weights(w, type(self).__name__)
        self.effective_sample_size_ = effective_sample_size(self.sample_weight_)
        warn_if_low(self.effective_sample_size_, len(self.sample_weight_), stacklevel=4)


def effective_sample_size(w):
    """Number of equally weighted rows that carry as much information as the weights `w`.

    Parameters
    ----------
    w : array-like of shape (n_samples,)
        Non-negative weights, not all zero.

    Returns
    -------
    size : float
        ``sum(w) ** 2 / sum(w ** 2)``, between 1 and the number of rows.

    Examples
    --------
    >>> from featuretransfer.instance import effective_sample_size
    >>> effective_sample_size([1.0, 1.0, 0.0, 0.0])
    2.0
    """
    w = np.asarray(w, dtype=np.float64)
    w = w / w.max()
    return float(w.sum() ** 2 / (w @ w))


def normalise_weights(w, source):
    """Weights rescaled to mean 1.

    Parameters
    ----------
    w : array-like of shape (n_samples,)
        Weights.
    source : str
        Where they come from, for the error.

    Returns
    -------
    w : ndarray of shape (n_samples,)
        The same in float64 with mean 1.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are zero.
    """
    w = np.asarray(w, dtype=np.float64)
    if not np.all(np.isfinite(w)) or np.any(w < 0):
        raise ValueError(
            f"{source} gave weights that are negative or not finite "
            f"({np.count_nonzero(~(w >= 0) | np.isinf(w))} of {len(w)}); weights must be finite "
            "and >= 0."
        )
    total = w.sum()
    if total == 0:
        raise ValueError(
            f"{source} gave weight 0 to every source row: no source row resembles the target. Use "
            "a wider kernel (smaller gamma), scale source and target alike first (CorpusScaler), "
            "or leave X_target out."
        )
    return w * (len(w) / total)


def warn_if_low(size, n_samples, stacklevel):
    """Warn where an effective sample size is below a tenth of the rows."""
    if size < LOW_SHARE * n_samples:
        warnings.warn(
            f"The weights rest on few source rows: effective sample size {size:.1f} of {n_samples} "
            f"({100 * size / n_samples:.1f} %). Reduce the dimension first "
            "(PCA before weighting), use a wider kernel (smaller gamma), or bound the weights (B).",
            LowEffectiveSampleSizeWarning,
            stacklevel=stacklevel,
        )
