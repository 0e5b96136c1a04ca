"""Features of one domain whose inner products are a kernel of its standardised rows."""

from dataclasses import dataclass

import numpy as np

from .._linalg import Kernel, fit_kernel
from ._column_scales import Affine, standard
from ._landmarks import choose_landmarks, inverse_root


@dataclass(frozen=True)
class DomainFeatures:
    """Maps rows to features.

    Parameters
    ----------
    scale : Affine
        Standardises the columns.
    norm : float
        Divides the features.
    kernel : Kernel or None
        None where the features are the standardised columns.
    points : ndarray of shape (n_points, n_features) or None
        Standardised rows to which the kernel is taken.
    root : ndarray of shape (n_points, rank) or None
        Multiplies the kernel values.
    """

    scale: Affine
    norm: float
    kernel: Kernel | None = None
    points: np.ndarray | None = None
    root: np.ndarray | None = None

    def __call__(self, X):
        """Features of rows, float64, of shape (n_samples, rank)."""
        Z = self.scale(X)
        F = Z if self.kernel is None else self.kernel(Z, self.points) @ self.root
        return F / self.norm


def learn_features(X, labelled, kernel, gamma, landmarks=None):
    """Learn features from the rows of a domain.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        All rows, by which columns are scaled and the coefficient of the kernel is settled.
    labelled : ndarray of shape (n_labelled, n_features)
        The rows among which inner products must be those of the kernel.
    kernel, gamma : str, float or callable
        As of `featuretransfer._linalg.fit_kernel`.
    landmarks : int or None, default=None
        Number of points the kernel is taken to; all `labelled` rows where it is None, or not below
        their number, or the kernel is linear.

    Returns
    -------
    features : DomainFeatures
        The mean of the squared norms of the features is 1 over the rows in `labelled`.
    F : ndarray of shape (n_labelled, rank)
        The features of `labelled`.
    """
    scale = standard(X)
    Z = scale(labelled)
    settled = fit_kernel(kernel, gamma, scale(X))
    parts = {}
    if kernel != "linear" or Z.shape[1] > len(Z):
        few = kernel != "linear" and landmarks is not None and landmarks < len(Z)
        points = choose_landmarks(Z, landmarks) if few else Z
        parts = {"kernel": settled, "points": points}
        parts["root"] = inverse_root(settled(points, points))
    F = DomainFeatures(scale, 1.0, **parts)(labelled)
    norm = float(np.sqrt(np.sum(F**2) / len(F))) or 1.0
    return DomainFeatures(scale, norm, **parts), F / norm
