"""The dual of a support vector machine whose decision value has a part that is given."""

import numpy as np

from .._box_qp import minimise
from .._quadratic import DenseQuadratic

RIDGE = 1e-10  # on a kernel with mean diagonal 1: makes the solution unique
TOL = 1e-10  # of the gradient, relative to what the given part asks for
ROUNDING = 1e-12  # of the gradient, relative to the linear term: below it a tolerance is noise


def solve_svm(K, signs, offset, bounds, fit_intercept):
    """Minimise ``|w|^2 / 2 + sum_i c_i max(0, 1 - y_i (f_i + <w, phi_i> + b))`` over w and b.

    The dual is that of a support vector machine with the linear term ``1 - y_i f_i``: over
    ``0 <= a_i <= c_i``, and with an intercept ``sum_i y_i a_i = 0``, it maximises ``sum_i a_i (1 -
    y_i f_i) - (ya)'K(ya) / 2``. Where an interval of intercepts is optimal, its centre is taken; if
    all signs are equal, the intercept next to 0 with which no row has a loss.

    The ridge rounds the corner of the loss of a row over a width of 1e-10 times its bound times the
    mean diagonal of K, which is nothing unless that product comes near 1. A margin that all rows
    have is found whatever the bounds.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        Kernel matrix.
    signs : ndarray of shape (n,)
        Labels y, -1 or 1.
    offset : ndarray of shape (n,)
        The given part f of the decision values.
    bounds : ndarray of shape (n,)
        Weights c of the losses, > 0.
    fit_intercept : bool
        Whether there is a b, or it is 0.

    Returns
    -------
    coefficients : ndarray of shape (n,)
        ``y_i a_i``: the decision value of a row is f plus kernel values times these, plus b.
    intercept : float
        The intercept b.
    """
    positive = signs > 0
    if fit_intercept and (positive.all() or not positive.any()):
        nearest = np.max(1 - signs * offset)
        return np.zeros(len(signs)), float(signs[0] * max(nearest, 0.0))
    typical = bounds.mean()
    unit = (np.trace(K) / len(K) or 1.0) * typical
    K, upper = K * (typical / unit), bounds / typical  # of mean diagonal 1 and mean bound 1
    if fit_intercept:
        # u = a for positive rows and c - a for negative ones: ya = u - full, and u has a given sum
        full = np.where(positive, 0.0, upper)
        linear = (signs - offset) / unit + K @ full + RIDGE * full  # a ridge on ya, not on u
        low = high = full.sum()
    else:
        K = K * signs[:, None] * signs
        linear = (1 - signs * offset) / unit
        low, high = 0.0, upper.sum()
    asked = np.abs(1 - signs * offset).max() / unit
    tol = max(TOL * asked, ROUNDING * np.abs(linear).max(), np.finfo(np.float64).tiny)
    found = minimise(DenseQuadratic(K), linear, RIDGE, upper, low, high, tol)
    w = np.clip(found.w, 0, upper)
    if fit_intercept:
        return (w - full) * typical, float(found.multiplier * unit)
    return w * signs * typical, 0.0
