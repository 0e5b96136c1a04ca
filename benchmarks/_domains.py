"""The rows on which methods are timed."""

from dataclasses import dataclass

import numpy as np

CLASSES = np.array(["anger", "happiness", "neutral", "sadness"])
KNOWN = 10  # labelled target rows of every class, for methods that use them


@dataclass(frozen=True)
class Domains:
    """Source and target rows with their labels.

    Parameters
    ----------
    Xs, ys : ndarray of shape (n, d) and (n,)
        Source rows and classes.
    Xt : ndarray of shape (n - 1, d)
        Target rows.
    yt : ndarray of shape (n - 1,) of object
        Target classes, None but for `KNOWN` rows of each.
    """

    Xs: np.ndarray
    ys: np.ndarray
    Xt: np.ndarray
    yt: np.ndarray

    @property
    def codes(self):
        """The source classes as integers."""
        return np.unique(self.ys, return_inverse=True)[1]

    @property
    def pooled(self):
        """Rows of both domains, the source first."""
        return np.concatenate([self.Xs, self.Xt])


def make_domains(n, d):
    """Standardised rows of low effective rank in four classes, the target slightly shifted."""
    rng = np.random.default_rng(0)
    rank = min(20, d // 2)
    loadings = rng.normal(size=(rank, d)) / np.sqrt(rank)
    factors = rng.normal(size=(2 * n - 1, rank))
    codes = 2 * (factors[:, 0] > 0) + (factors[:, 1] > 0)  # before the shift: it keeps the classes
    factors[n:] = 0.8 * factors[n:] + 0.3
    rows = factors @ loadings + 0.5 * rng.normal(size=(2 * n - 1, d))
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    y, yt = CLASSES[codes], np.full(n - 1, None)
    for label in CLASSES:
        known = np.flatnonzero(y[n:] == label)[:KNOWN]
        yt[known] = label
    return Domains(rows[:n], y[:n], rows[n:], yt)


def width(data):
    """About 1 / the median squared distance of standardised rows."""
    return 0.5 / data.Xs.shape[1]
