"""What the estimators of kernel components share: parameters, the one scale, signs, new rows."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import is_count, is_number
from .._linalg import column_signs, fit_kernel
from ._component_space import component_space
from ._transfer_components import MU_SCALES


class KernelComponentsMixin(ClassNamePrefixFeaturesOutMixin, AdapterMixin):
    """Projects rows to ``k(x, rows_) weights_``.

    A subclass implements ``_fit(X, y, X_target)``, which returns the projected source rows: they
    fall out of fitting.
    """

    def fit_transform(self, X, y=None, *, X_target=None):
        """Learn the components and return the projected source rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels, as for `fit`.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.

        Returns
        -------
        X_new : ndarray of shape (n_source, n_components)
            The projected source rows.
        """
        return self._fit(X, y, X_target)

    def _map_target(self, X):
        K = X if self.rows_ is None else self.kernel_(X, self.rows_)
        return (K @ self.weights_).astype(X.dtype, copy=False)


@dataclass(frozen=True)
class Projection:
    """Components as they are used, with one scale and determined signs.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features) or None
        Rows to which kernels are computed; None for the linear kernel.
    weights : ndarray of shape (n_rows, k)
        Their weights; of shape (n_features, k) for the linear kernel.
    projected : ndarray of shape (n, k)
        All training rows, source before target.
    scale : float
        The one factor.
    """

    rows: np.ndarray | None
    weights: np.ndarray
    projected: np.ndarray
    scale: float


def check_parameters(estimator):
    """Refuse values of the shared parameters that mean nothing."""
    for name in ("n_components", "landmarks"):
        value = getattr(estimator, name)
        if name == "landmarks" and value is None:
            continue
        if not is_count(value):
            allowed = "None or an integer" if name == "landmarks" else "an integer"
            raise ValueError(f"{name} must be {allowed} >= 1, got {value!r}.")
    check_not_negative(estimator, "mu")
    check_choice(estimator, "mu_scale", MU_SCALES)


def check_not_negative(estimator, name):
    """Refuse a parameter that is no finite number >= 0."""
    value = getattr(estimator, name)
    if not is_number(value, 0):
        raise ValueError(f"{name} must be a finite number >= 0, got {value!r}.")


def check_choice(estimator, name, allowed):
    """Refuse a parameter that is none of the names allowed."""
    value = getattr(estimator, name)
    if value not in allowed:
        raise ValueError(f"{name} must be one of {list(allowed)}, got {value!r}.")


def pooled_rows(estimator, X, X_target):
    """Validated rows of both domains below each other, and the number of source rows.

    Without target rows two source rows are asked for.
    """
    X, X_target = validate_domains(
        estimator, X, X_target, ensure_min_samples=2 if X_target is None else 1
    )
    return (X if X_target is None else np.concatenate([X, X_target])), len(X)


def settle_kernel(estimator, rows):
    """Settle the kernel of an estimator on pooled rows.

    Sets ``kernel_``, ``gamma_`` and ``landmark_share_``.

    Returns
    -------
    space : KernelSpace or FeatureSpace
        Where components are sought.
    k : int
        Number of components: ``n_components``, cut to what there can be.
    """
    estimator.kernel_ = fit_kernel(estimator.kernel, estimator.gamma, rows)
    estimator.gamma_ = estimator.kernel_.gamma
    k = min(estimator.n_components, len(rows) - 1)
    if estimator.kernel == "linear":
        k = min(k, rows.shape[1])
    if estimator.landmarks is not None:
        k = min(k, estimator.landmarks)
    space = component_space(estimator.kernel_, rows, estimator.landmarks)
    estimator.landmark_share_ = space.share_kept(k)
    return space, k


def projection(space, components):
    """Project all rows, with determined signs and variance 1 per component on average."""
    rows, weights = space.weights(components.coordinates)
    projected = space.project(components.coordinates)
    scale = _common_factor(projected, np.count_nonzero(components.values))
    factors = scale * column_signs(weights)
    return Projection(rows, factors * weights, factors * projected, scale)


def store(estimator, found, components, n_source):
    """Set what a projection and its components determine; return the projected source rows.

    Sets ``rows_``, ``weights_``, ``scale_`` and ``eigenvalues_``.
    """
    estimator.rows_, estimator.weights_ = found.rows, found.weights
    estimator.scale_, estimator.eigenvalues_ = found.scale, components.values
    estimator._n_features_out = len(components.values)
    return found.projected[:n_source]


def _common_factor(projected, n_components):
    """Factor that gives the columns of `projected` variance 1 on average."""
    variance = projected.var(axis=0).sum()
    return float(np.sqrt(n_components / variance)) if variance > 0 else 1.0
