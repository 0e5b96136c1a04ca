"""Self-taught learning: a dictionary from unlabelled rows."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import AdapterMixin, validate_domains
from .._checks import check_counts, is_number
from ._sparse_codes import lasso_codes
from ._sparse_dictionary import learn, scale_of

BASES = ("both", "source", "target")


class SelfTaughtFeatures(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Describe rows by few atoms of a dictionary that was learned from unlabelled rows.

    Self-taught learning: much speech without labels, of whatever domain, shows what acoustic
    features are made of; rows of the task are then described by those building blocks, for a
    classifier or a clustering that sees few rows or no labels. No labels are used, and both views
    are the same. Scale every corpus by itself first (`CorpusScaler`): a dictionary keeps
    differences between domains rather than removing them. It is no replacement for the features of
    a well sized, labelled source: there a linear classifier of the codes is mostly worse than one
    of the scaled features.

    Parameters
    ----------
    n_components : int, default=100
        Number of atoms, cut to the number of distinct rows; more than there are features is fine.
    alpha : float, default=1.2
        Weight of the sum of absolute code values; the larger, the fewer atoms describe a row.
    bases_from : {"both", "source", "target"}, default="both"
        The rows that the dictionary is learned from. With "source" the target needs no rows in
        `fit`; without ``X_target`` the source is all there is.
    max_iter : int, default=500
        Most steps, each a sweep over all codes and one over all atoms.
    tol : float, default=1e-4
        The end is a step that lowers the objective by no more than this share of its start.

    Attributes
    ----------
    components_ : ndarray of shape (n_components_, n_features)
        The atoms, of length 1 at most, in units of the scaled features.
    mean_, scale_ : ndarray of shape (n_features,)
        What features are scaled by: mean and standard deviation of the rows of the dictionary.
    loss_curve_ : list of float
        The objective per row, at the start, where all codes are 0, and after every step; it never
        rises.
    n_iter_ : int
        Number of steps.
    n_components_ : int
        Number of atoms.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    TransferSparseCoding : A dictionary whose codes have similar means in both domains.
    DenoisingAutoencoder : A code that is not sparse.

    Notes
    -----
    Atoms B and codes A minimise ``1 / 2 |X - AB|^2 + alpha sum |A|`` with atoms no longer than 1
    over the rows of the dictionary: equation 1 of [1]_, with a factor 1/2. Then rows of either
    domain are coded for fixed atoms, equation 2. Codes and atoms are learned in turn, an exact step
    in the codes of one atom, or in one atom (algorithm 2 of [2]_), at a time. The start are
    evenly spread rows, and an atom that no row uses is replaced by what is left of a row that is
    described badly: no seed matters. New rows get the minimum itself, up to rounding, unless atoms
    are almost the same.

    The default of `alpha` is the ``1.2 / sqrt(n_features)`` that [2]_ uses for rows of length 1:
    scaled rows have a length of about ``sqrt(n_features)``. Without ``X_target`` the dictionary is
    that of the source; several target corpora are pooled.

    **Cost.** For n rows with d features and k atoms a step takes O(n k (d + k)) time, memory is
    O(n (d + k)); coding a new row takes O(k (d + k)) a sweep and a linear system in the atoms that
    it uses.

    References
    ----------
    .. [1] R. Raina, A. Battle, H. Lee, B. Packer, A. Y. Ng (2007), "Self-taught Learning: Transfer
       Learning from Unlabeled Data", ICML. https://doi.org/10.1145/1273496.1273592
    .. [2] J. Mairal, F. Bach, J. Ponce, G. Sapiro (2010), "Online Learning for Matrix
       Factorization and Sparse Coding", Journal of Machine Learning Research 11.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from featuretransfer import SelfTaughtFeatures
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=12, random_state=0)
    >>> taught = SelfTaughtFeatures(20, bases_from="source").fit(data.X_source)
    >>> codes = taught.transform(data.X_target)
    >>> codes.shape, bool((codes == 0).mean() > 0.5)
    ((60, 20), True)
    >>> KMeans(4, random_state=0).fit_predict(codes).shape
    (60,)
    """

    def __init__(self, n_components=100, alpha=1.2, bases_from="both", max_iter=500, tol=1e-4):
        self.n_components = n_components
        self.alpha = alpha
        self.bases_from = bases_from
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X, y=None, *, X_target=None):
        """Learn the dictionary.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled.

        Returns
        -------
        self : SelfTaughtFeatures
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, or all rows of the dictionary are equal.
        """
        X, X_target = validate_domains(
            self, X, X_target, ensure_min_samples=2 if X_target is None else 1
        )
        self._check_parameters()
        parts = {"source": [X], "target": [X_target], "both": [X, X_target]}[self.bases_from]
        self._scale, rows = scale_of([X] if X_target is None else parts)
        self.mean_, self.scale_ = self._scale.center, self._scale.scale
        self.components_, _, objectives, converged = learn(
            rows, self.alpha, self.n_components, self.max_iter, self.tol
        )
        self.loss_curve_ = [value / len(rows) for value in objectives]
        self.n_iter_ = len(objectives) - 1
        self.n_components_ = self._n_features_out = len(self.components_)
        if not converged:
            warnings.warn(
                f"SelfTaughtFeatures has not converged after max_iter={self.max_iter} steps. "
                "Increase max_iter, or tol if the atoms are good enough.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _map_target(self, X):
        codes = lasso_codes(self.components_, self.components_ @ self._scale(X).T, self.alpha)
        return np.ascontiguousarray(codes.T, dtype=X.dtype)

    def _check_parameters(self):
        check_counts(self, "n_components", "max_iter")
        if not (is_number(self.alpha, 0) and self.alpha > 0):
            raise ValueError(f"alpha must be a number > 0, got {self.alpha!r}.")
        if not is_number(self.tol, 0):
            raise ValueError(f"tol must be a number >= 0, got {self.tol!r}.")
        if self.bases_from not in BASES:
            raise ValueError(f"bases_from must be one of {list(BASES)}, got {self.bases_from!r}.")
