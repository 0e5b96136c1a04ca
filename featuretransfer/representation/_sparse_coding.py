"""Transfer sparse coding."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import AdapterMixin, validate_domains
from .._checks import check_counts, is_number
from ._neighbor_graph import neighbor_laplacian, neighbor_links
from ._sparse_codes import Coupling, coupled_codes, lasso_codes
from ._sparse_dictionary import learn, scale_of
from ._transfer_components import mean_difference


class TransferSparseCoding(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Describe rows by few atoms, alike for neighbours and on average alike in both domains.

    .. note::
       The two views differ where the domains have not the same mean code: `transform` finds the
       codes of target rows, `fit_transform` and `transform_source` those of source rows.

    Codes A and atoms B, no longer than 1, of the n rows of both domains minimise

    ``|X - AB|^2 / 2n + alpha sum |A| / n + mu/2 |mean source code - mean target code|^2
    + gamma/2 tr(A'LA) / n``

    where L is the Laplacian of a graph that links each row to its nearest ones, of either domain.
    Codes are the new features. No labels are used. Use it where a sum of few building blocks is a
    sensible model of a row; scale every corpus by itself first (`CorpusScaler`), as differences of
    atoms that only one domain uses remain.

    Parameters
    ----------
    n_components : int, default=100
        Number of atoms, cut to the number of distinct rows; more than there are features is fine.
    alpha : float, default=1.2
        Weight of the sum of absolute code values; the larger, the fewer atoms describe a row.
    mu : float, default=10.0
        Weight of the distance between the mean codes.
    gamma : float, default=1.0
        Weight of the differences between codes of neighbours.
    n_neighbors : int, default=5
        Neighbours of each row in the graph, cut to the number of the other rows; a link counts if
        it is there from either side.
    max_iter : int, default=500
        Most steps, each a sweep over all codes and one over all atoms.
    tol : float, default=1e-4
        The end is a step that lowers the objective by no more than this share of its start.

    Attributes
    ----------
    components_ : ndarray of shape (n_components_, n_features)
        The atoms, of length 1 at most, in units of the scaled features.
    mean_, scale_ : ndarray of shape (n_features,)
        What features are scaled by: mean and standard deviation of the rows of both domains.
    gap_ : ndarray of shape (n_components_,)
        Mean source code minus mean target code.
    loss_curve_ : list of float
        The objective at the start, where all codes are 0, and after every step; it never rises.
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
    SelfTaughtFeatures : The same without the last two terms.
    TransferNMF : Non-negative codes and atoms with mean codes drawn together.

    Notes
    -----
    Each step is in the codes of one atom, the minimum of a bound of the objective that touches it
    (the Laplacian is bounded by twice its diagonal, the rest is kept as it is), or in one atom, the
    exact minimum [3]_. The start are evenly spread rows, and an atom that no row uses is replaced
    by what is left of a row that is described badly: no seed matters. In the end the codes are
    optimal for the atoms.

    For given atoms the optimal code a of a training row depends on the others through `gap_` and
    its neighbours alone: it minimises ``|x - aB|^2 / 2 + alpha |a| + mu (n / n_source) a'gap
    + gamma/2 sum_j w_j |a - a_j|^2``, for target rows with ``-n / n_target``. New rows are coded in
    the same way, linked by the same rule to training rows only, so that training rows get the codes
    that they had among the others. Training rows and their codes are kept for that, unless
    ``gamma=0``. With ``gamma=0`` and more atoms than features codes need not be unique: the mean
    codes of both views may then differ by more than `gap_` tells. Without ``X_target`` the graph is
    that of the source and both views are the same; several target corpora are pooled.

    After the paper [1]_, whose terms are not averages: its weight of the distance of means is mu n
    here, and L is divided by the mean number of links of a row, so that `mu` and `gamma` depend
    neither on the number of rows nor on that of neighbours. For speech emotion see [2]_.

    **Cost.** For n rows in both domains, d features and k atoms the graph takes O(n^2 d) time in
    blocks of rows, a step O(n k (d + k)), a new row O(n d + k (d + k)) with its neighbours; memory
    is O(n (d + k)).

    References
    ----------
    .. [1] M. Long, G. Ding, J. Wang, J. Sun, Y. Guo, P. S. Yu (2013), "Transfer Sparse Coding for
       Robust Image Representation", CVPR.
    .. [2] P. Song, W. Zheng, R. Liang (2015), "Speech Emotion Recognition Based on Sparse Transfer
       Learning Method", IEICE Transactions on Information and Systems E98-D(7).
       https://doi.org/10.1587/transinf.2015EDL8028
    .. [3] J. Mairal, F. Bach, J. Ponce, G. Sapiro (2010), "Online Learning for Matrix
       Factorization and Sparse Coding", Journal of Machine Learning Research 11.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import TransferSparseCoding
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=12, shift="location", random_state=0)
    >>> for mu in (0.0, 10.0):
    ...     adapter = TransferSparseCoding(20, mu=mu)
    ...     source = adapter.fit_transform(data.X_source, X_target=data.X_target)
    ...     gap = source.mean(axis=0) - adapter.transform(data.X_target).mean(axis=0)
    ...     print(f"{np.linalg.norm(gap):.2f}")
    0.70
    0.18
    """

    def __init__(
        self,
        n_components=100,
        alpha=1.2,
        mu=10.0,
        gamma=1.0,
        n_neighbors=5,
        max_iter=500,
        tol=1e-4,
    ):
        self.n_components = n_components
        self.alpha = alpha
        self.mu = mu
        self.gamma = gamma
        self.n_neighbors = n_neighbors
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X, y=None, *, X_target=None):
        """Learn the dictionary, and the codes of all rows.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the dictionary is that of
            the source.

        Returns
        -------
        self : TransferSparseCoding
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
        self._scale, rows = scale_of([X] if X_target is None else [X, X_target])
        self.mean_, self.scale_ = self._scale.center, self._scale.scale
        n, n_source = len(rows), len(X)
        e = mean_difference(n_source, n - n_source)
        laplacian = neighbor_laplacian(rows, self.n_neighbors)
        self._link = self.gamma / laplacian.diagonal().mean()  # weight of one link
        coupling = Coupling(e, self.mu * n, self._link * laplacian)
        self.components_, codes, objectives, converged = learn(
            rows, self.alpha, self.n_components, self.max_iter, self.tol, coupling
        )
        optimal = coupled_codes(codes, self.components_, rows, self.alpha, coupling)
        self.gap_ = codes @ e
        # per row: mu n e_i gap, the derivative of the third term
        self._shifts = [self.mu * n / count * self.gap_ for count in (n_source, n_source - n or 1)]
        self._rows, self._codes = (rows, codes.T) if self.gamma > 0 else (None, None)
        self.loss_curve_ = [value / n for value in objectives]
        self.n_iter_ = len(objectives) - 1
        self.n_components_ = self._n_features_out = len(self.components_)
        if not (converged and optimal):
            remedy = "tol if the atoms are good enough" if not converged else "alpha"
            warnings.warn(
                f"TransferSparseCoding has not converged after max_iter={self.max_iter} steps. "
                f"Increase max_iter, or {remedy}.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _map(self, X, shift):
        X_scaled = self._scale(X)
        products, ridge = self.components_ @ X_scaled.T - shift[:, None], None
        if self._rows is not None:
            links = self._link * neighbor_links(X_scaled, self._rows, self.n_neighbors)
            products += (links @ self._codes).T
            ridge = links.sum(axis=1)
        codes = lasso_codes(self.components_, products, self.alpha, ridge)
        return np.ascontiguousarray(codes.T, dtype=X.dtype)

    def _map_target(self, X):
        return self._map(X, self._shifts[1])

    def _map_source(self, X):
        return self._map(X, self._shifts[0])

    def _check_parameters(self):
        check_counts(self, "n_components", "n_neighbors", "max_iter")
        for name in ("mu", "gamma", "tol"):
            if not is_number(getattr(self, name), 0):
                raise ValueError(f"{name} must be a number >= 0, got {getattr(self, name)!r}.")
        if not (is_number(self.alpha, 0) and self.alpha > 0):
            raise ValueError(f"alpha must be a number > 0, got {self.alpha!r}.")
