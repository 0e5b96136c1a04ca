"""Transfer non-negative matrix factorisation."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import AdapterMixin, validate_domains
from .._checks import check_counts, is_number
from ._nonnegative_factors import factorise, nonnegative_codes
from ._transfer_components import mean_difference


class TransferNMF(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Non-negative matrix factorisation of both domains with their mean codes drawn together.

    .. note::
       The two views differ where the domains have not the same mean code: `transform` finds the
       codes of target rows, `fit_transform` and `transform_source` those of source rows.

    Features are scaled to [0, 1] by their range over both domains; then each row x is a sum of
    ``n_components`` non-negative atoms, the rows of H, which have length 1. Codes W and atoms
    minimise

    ``|X - WH|^2 / n + lam |mean source code - mean target code|^2``

    over all n rows, and codes are the new features. No labels are used. Use it where additive parts
    are a sensible model, such as spectra and other energies, or non-negative features are wanted.

    Parameters
    ----------
    n_components : int, default=30
        Number of atoms, cut to the rank of the scaled rows.
    lam : float, default=1.0
        Weight of the distance between the mean codes; 0 is plain non-negative factorisation.
    max_iter : int, default=1000
        Most sweeps over all atoms and codes.
    tol : float, default=1e-5
        The end is a sweep that lowers the objective by less than this share of its start.

    Attributes
    ----------
    atoms_ : ndarray of shape (n_components_, n_features)
        H, in units of the scaled features.
    minimum_, range_ : ndarray of shape (n_features,)
        Smallest value of each feature in both domains, and the largest minus it (1 where that
        is 0).
    gap_ : ndarray of shape (n_components_,)
        Mean source code minus mean target code, in units of the objective.
    scale_ : float
        The one factor of all codes.
    loss_curve_ : list of float
        The objective at the start and after every sweep; it never rises.
    n_iter_ : int
        Number of sweeps.
    n_components_ : int
        Number of atoms.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    TCA : Components of a kernel in which the domain means agree.
    sklearn.decomposition.NMF : Non-negative factorisation of one table.

    Notes
    -----
    Without atoms of a fixed length the second term is empty: atoms ten times as long with codes a
    tenth as large make it a hundredth. The objective is solved in a form that scaling does not
    change, so that it falls with every step although atoms are brought back to length 1. Each step
    is the exact optimum of one column of codes or one atom (hierarchical alternating least squares
    [2]_) instead of the multiplicative rule of the paper, which is slower and can never leave a 0.
    The start is taken from singular vectors [3]_: no seed matters.

    For given atoms the optimal codes of a training row depend on the others through `gap_` alone:
    they minimise ``|x - wH|^2 + 2 lam (n / n_source) w'gap`` over w >= 0, for target rows with
    ``-n / n_target``. New rows are coded in the same way, so that training rows get the codes that
    the factorisation gave them. With ``lam=0``, and without ``X_target``, that is non-negative
    least squares in both views. New values below the range are taken as 0, values above it stay.

    All codes share one factor, `scale_`: those of the training rows have variance 1 per component
    on average.

    After the paper: its objective, as its abstract describes it, with the terms as averages so that
    `lam` does not depend on the numbers of rows.

    **Cost.** For n rows in both domains, d features and k atoms time is O(n d min(n, d)) to start
    and O(n d k) a sweep, memory O(n d); coding a new row takes O(d k + k^3).

    References
    ----------
    .. [1] P. Song, S. Ou, W. Zheng, Y. Jin, L. Zhao (2016), "Speech Emotion Recognition Using
       Transfer Non-negative Matrix Factorization", ICASSP.
    .. [2] A. Cichocki, A.-H. Phan (2009), "Fast Local Algorithms for Large Scale Nonnegative Matrix
       and Tensor Factorizations", IEICE Transactions on Fundamentals E92-A(3).
    .. [3] C. Boutsidis, E. Gallopoulos (2008), "SVD Based Initialization: A Head Start for
       Nonnegative Matrix Factorization", Pattern Recognition 41(4).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TransferNMF
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=12, shift="location", random_state=0)
    >>> for lam in (0.0, 1.0):
    ...     adapter = TransferNMF(4, lam=lam)
    ...     source = adapter.fit_transform(data.X_source, X_target=data.X_target)
    ...     gap = source.mean(axis=0) - adapter.transform(data.X_target).mean(axis=0)
    ...     print(f"{np.linalg.norm(gap):.2f}")
    1.59
    0.54
    """

    def __init__(self, n_components=30, lam=1.0, max_iter=1000, tol=1e-5):
        self.n_components = n_components
        self.lam = lam
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X, y=None, *, X_target=None):
        """Learn the atoms.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the factorisation is that of
            the source.

        Returns
        -------
        self : TransferNMF
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range or all rows are equal.
        """
        X, X_target = validate_domains(
            self, X, X_target, ensure_min_samples=2 if X_target is None else 1
        )
        self._check_parameters()
        rows = X if X_target is None else np.concatenate([X, X_target])
        rows = rows.astype(np.float64, copy=False)
        self.minimum_, self.range_ = rows.min(axis=0), np.ptp(rows, axis=0)
        if not self.range_.any():
            raise ValueError(
                "All rows are equal, so they have no range to be scaled by. Check the features."
            )
        self.range_[self.range_ == 0] = 1.0
        n, n_source = len(rows), len(X)
        e = mean_difference(n_source, n - n_source)
        codes, self.atoms_, objectives, converged = factorise(
            self._scaled(rows), e, self.lam * n, self.n_components, self.max_iter, self.tol
        )
        self.gap_ = e @ codes
        # per row: lam n e_i gap, the derivative of the second term
        self._shifts = [self.lam * n / count * self.gap_ for count in (n_source, n_source - n or 1)]
        variance = codes.var(axis=0).mean()
        self.scale_ = float(1 / np.sqrt(variance)) if variance > 0 else 1.0
        self.loss_curve_ = [value / n for value in objectives]
        self.n_iter_ = len(objectives) - 1
        self.n_components_ = self._n_features_out = len(self.atoms_)
        if not converged:
            warnings.warn(
                f"TransferNMF has not converged after max_iter={self.max_iter} sweeps. Increase "
                "max_iter, or tol if the codes are good enough.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _scaled(self, X):
        return np.maximum((X - self.minimum_) / self.range_, 0)

    def _map(self, X, shift):
        codes = nonnegative_codes(self._scaled(X), self.atoms_, shift)
        return (self.scale_ * codes).astype(X.dtype, copy=False)

    def _map_target(self, X):
        return self._map(X, self._shifts[1])

    def _map_source(self, X):
        return self._map(X, self._shifts[0])

    def _check_parameters(self):
        check_counts(self, "n_components", "max_iter")
        for name in ("lam", "tol"):
            if not is_number(getattr(self, name), 0):
                raise ValueError(
                    f"{name} must be a finite number >= 0, got {getattr(self, name)!r}."
                )
