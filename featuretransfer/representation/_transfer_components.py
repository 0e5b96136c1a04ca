"""Kernel components with equal domain means: the eigenproblem behind transfer component analysis.

In the coordinates R of a space with its matrix Z (see `_component_space`), components maximise
``tr(R'AR)`` subject to ``R'BR = I``: A is a `Spread`, and a root of ``B**-1`` makes it an ordinary
eigenproblem.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .._linalg import top_eigenvectors
from ._component_space import EPS

MU_SCALES = ("absolute", "relative", "frobenius")
SCALINGS = ("b", "unit", "whitened")
NEGLIGIBLE = 1e-12  # a distance of means below this, relative to the kernel matrix, is rounding


@dataclass(frozen=True)
class Components:
    """A solution, null components 0.

    Parameters
    ----------
    coordinates : ndarray of shape (size, k)
        R, one column per component.
    values : ndarray of shape (k,)
        Generalised eigenvalues, descending.
    explained_share : float
        Their sum over that of all eigenvalues.
    """

    coordinates: np.ndarray
    values: np.ndarray
    explained_share: float


def mean_difference(n_source, n_target):
    """The vector e, of shape (n_source + n_target,), with ``e'KW`` the difference of domain means.

    It is 0 without target rows.
    """
    if n_target == 0:
        return np.zeros(n_source)
    return np.concatenate([np.full(n_source, 1 / n_source), np.full(n_target, -1 / n_target)])


class LowRankRoot:
    """``B**-0.5`` for ``B = I + mu VV'`` in closed form: it shrinks along V and nothing else.

    With the thin singular value decomposition ``sqrt(mu) V = USQ'`` it is
    ``I + U((I + S^2)**-0.5 - I)U'``.

    Parameters
    ----------
    V : ndarray of shape (size, rank)
        ``Z'E`` for columns E that take differences of means.
    mu : float
        Trade-off, not negative.
    negligible : float
        Singular values of V up to this are rounding error.
    relative : bool, default=False
        Whether `mu` is in units of ``1 / |V|^2`` (spectral norm).

    Attributes
    ----------
    mu : float
        `mu` in absolute units.
    strength : float
        Largest eigenvalue of ``mu VV'``.
    """

    def __init__(self, V, mu, negligible, relative=False):
        self.directions, lengths, _ = linalg.svd(V, full_matrices=False)
        lengths = np.where(lengths > negligible, lengths, 0.0)
        if relative:
            mu = mu / lengths[0] ** 2 if lengths[0] > 0 else mu
        self.mu = mu
        strengths = mu * lengths**2
        self.strength = float(strengths[0])
        self.change = 1 / np.sqrt(1 + strengths) - 1

    def __call__(self, Y):
        """The root times a vector or columns."""
        return Y + self.directions @ (self.change * (self.directions.T @ Y).T).T

    transposed = __call__

    def trace(self, spread):
        """Trace of root A root."""
        values = [direction @ spread.times(direction) for direction in self.directions.T]
        return spread.trace + float(((1 + self.change) ** 2 - 1) @ values)


def mean_root(space, E, mu, mu_scale="absolute"):
    """The root that pulls together the means of which the columns of E take the differences.

    Parameters
    ----------
    space : KernelSpace or FeatureSpace
        Where components are sought.
    E : ndarray of shape (n,) or (n, n_differences)
        See `mean_difference`.
    mu : float
        Trade-off, not negative.
    mu_scale : {"absolute", "relative", "frobenius"}, default="absolute"
        Whether `mu` is divided by nothing, by ``|Z'E|^2`` (spectral norm) or by ``|EE'|``
        (Frobenius norm).

    Returns
    -------
    root : LowRankRoot
        Of ``(I + mu Z'EE'Z)**-1``.
    """
    E = E.reshape(len(E), -1)
    negligible = NEGLIGIBLE * space.norm * np.linalg.norm(E, 2)
    if mu_scale == "frobenius":
        size = np.linalg.norm(E.T @ E)
        mu = mu / size if size > 0 else mu
    return LowRankRoot(space.adjoint(E), mu, negligible, mu_scale == "relative")


def find_components(space, spread, root, k, scaling="b"):
    """Solve the eigenproblem.

    Parameters
    ----------
    space : KernelSpace or FeatureSpace
        Where components are sought.
    spread : Spread
        The matrix A, of that space.
    root : LowRankRoot or CholeskyRoot
        A root of ``B**-1``.
    k : int
        Number of components; those beyond the rank of A are 0.
    scaling : {"b", "unit", "whitened"}, default="b"
        ``R'BR = I``, columns of unit length, or ``R'AR = I``.

    Returns
    -------
    components : Components
        The components.
    """
    total = root.trace(spread)
    rank = min(k, space.size)
    values, R = np.zeros(k), np.zeros((space.size, k))
    if rank:
        values[:rank], Y = top_eigenvectors(
            lambda y: root.transposed(spread.times(root(y))),
            lambda: root.transposed(root.transposed(spread.dense()).T),
            total,
            space.size,
            rank,
        )
        R[:, :rank] = root(Y)
    values = _without_null(values, space.n_rows, space.norm)
    return _scaled(R, values, total, scaling)


def principal_components(space, spread, k):
    """The components that align nothing, ``B = I``: see `find_components`."""
    return find_components(space, spread, mean_root(space, np.zeros(space.n_rows), 0.0), k)


def _without_null(values, n, size):
    """Eigenvalues with those set to 0 that are nothing but rounding error."""
    return np.where(
        values > max(n * EPS * values.max(initial=0.0), (n * EPS * size) ** 2), values, 0
    )


def _scaled(R, values, total, scaling):
    R = np.where(values > 0, R, 0.0)
    if scaling == "unit":
        norms = np.linalg.norm(R, axis=0)
        R = R / np.where(norms > 0, norms, 1.0)
    elif scaling == "whitened":
        R = R / np.sqrt(np.where(values > 0, values, 1.0))
    share = float(min(values.sum() / total, 1.0)) if total > 0 else 1.0
    return Components(R, values, share)
