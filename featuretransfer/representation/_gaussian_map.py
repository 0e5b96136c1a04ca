"""The map of CORAL from one mean and covariance to another."""

from dataclasses import dataclass

import numpy as np

from .._linalg import Covariance


@dataclass(frozen=True)
class GaussianMap:
    """``(x - m_s) C_s^(-1/2) C_t^(1/2) + m_t``, or ``x - m_s + m_t`` without covariances.

    Parameters
    ----------
    means : tuple of ndarray of shape (n_features,)
        Means of source and target.
    covariances : tuple of Covariance or None
        Covariances of source and target.
    matrix : ndarray of shape (n_features, n_features) or None
        The linear part, where neither covariance has more features than rows.
    """

    means: tuple
    covariances: tuple[Covariance, Covariance] | None
    matrix: np.ndarray | None

    def __call__(self, X):
        """The mapped rows, float64."""
        mapped = X - self.means[0]
        if self.matrix is not None:
            mapped = mapped @ self.matrix
        elif self.covariances is not None:
            mapped = self.covariances[0].times_power(mapped, -0.5)
            mapped = self.covariances[1].times_power(mapped, 0.5)
        mapped += self.means[1]
        return mapped

    def between(self, means):
        """The map with the same linear part between other means."""
        return GaussianMap(means, self.covariances, self.matrix)


def gaussian_map(means, covariances):
    """The map between two means and, unless None, two covariances.

    Parameters
    ----------
    means : tuple of ndarray of shape (n_features,)
        Means of source and target.
    covariances : tuple of Covariance or None
        Covariances of source and target; that of the source not singular.

    Returns
    -------
    mapping : GaussianMap
        The map.
    """
    matrix = None
    if covariances is not None and covariances[0].rows is None and covariances[1].rows is None:
        matrix = covariances[0].power(-0.5) @ covariances[1].power(0.5)
    return GaussianMap(means, covariances, matrix)
