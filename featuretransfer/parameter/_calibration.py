"""Calibrated probabilities by one temperature and an offset for every class."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from ._training_prior import class_shares


@dataclass(frozen=True)
class Calibration:
    """Bias-corrected temperature scaling: probabilities proportional to ``p**slope * exp(bias)``.

    Parameters
    ----------
    slope : float
        The reciprocal temperature, at least 0; above 1 where the classifier is not sure enough.
    bias : ndarray of shape (n_classes,)
        Offsets with mean 0.
    """

    slope: float
    bias: np.ndarray

    def __call__(self, L):
        """Calibrated probabilities of log-probabilities, shape (n_samples, n_classes)."""
        return np.exp(log_softmax(self.slope * L + self.bias, axis=1))


def fit_calibration(L, codes):
    """The calibration with the smallest log-loss on held-out rows.

    Labels are smoothed by one row's weight in all, spread as the classes are, as Platt does for two
    classes: so there is a minimum where held-out rows are separated perfectly.

    Parameters
    ----------
    L : ndarray of shape (n_samples, n_classes)
        Log-probabilities of held-out rows.
    codes : ndarray of shape (n_samples,) of int
        Their classes, each with a row.

    Returns
    -------
    calibration : Calibration
        With slope 0, which gives every row the class shares, where probabilities say nothing.
    """
    n, k = L.shape
    shares = class_shares(codes, np.arange(k))
    wanted = (n * np.eye(k)[codes] + shares) / (n + 1)
    Z = L - L.mean(axis=1, keepdims=True)
    scale = Z.std()
    if scale > 0:
        Z = Z / scale
        found = minimize(
            _loss, np.zeros(1 + k), (Z, wanted), "trust-exact", True, _hessian, options=OPTIONS
        ).x
        if found[0] > 0:
            return Calibration(float(found[0] / scale), found[1:] - found[1:].mean())
    return Calibration(0.0, np.log(shares) - np.log(shares).mean())


OPTIONS = {"gtol": 1e-10, "maxiter": 200}


def _loss(parameters, Z, wanted):
    """Mean log-loss and its gradient; a tiny penalty settles the sum of the offsets."""
    slope, bias = parameters[0], parameters[1:]
    log_q = log_softmax(slope * Z + bias, axis=1)
    excess = np.exp(log_q) - wanted
    gradient = np.append(np.sum(excess * Z), excess.sum(axis=0)) / len(Z)
    gradient[1:] += bias.mean()
    return -np.sum(wanted * log_q) / len(Z) + len(bias) * bias.mean() ** 2 / 2, gradient


def _hessian(parameters, Z, wanted):
    Q = np.exp(log_softmax(parameters[0] * Z + parameters[1:], axis=1))
    centred = Z - np.sum(Q * Z, axis=1, keepdims=True)
    n, k = Z.shape
    H = np.empty((1 + k, 1 + k))
    H[0, 0] = np.sum(Q * centred**2) / n
    H[0, 1:] = H[1:, 0] = np.sum(Q * centred, axis=0) / n
    H[1:, 1:] = np.diag(Q.mean(axis=0)) - Q.T @ Q / n + 1 / k
    return H
