"""Geodesic flow kernel."""

import warnings

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import is_count
from .._linalg import fix_signs
from ._principal_axes import PRECISE, principal_axes

DISAGREEMENT = 0.99  # of the largest possible one; the paper asks for all of it
MOST_EXAMINED = 100  # dimensions looked at for it
SMALLEST_ANGLE = 1e-7  # below it two directions are one, up to 1e-15 of the kernel
SMALLEST_COSINE = 1e-8  # below it an angle is a right one


class GeodesicFlowKernel(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Project both domains on all subspaces between theirs, as features of the flow's kernel.

    The principal subspaces of source and target are two points on a Grassmann manifold; the
    subspaces on the shortest path between them mix the properties of both domains. The inner
    product of the projections of two rows on a subspace, integrated over the path, is the kernel
    ``(x - m) G (z - m)'``. This adapter maps a row to ``(x - m) F`` with ``F F' = G``, so that any
    classifier can use it. No labels are used. Scale the features first (`CorpusScaler`): principal
    components depend on their units.

    Parameters
    ----------
    n_components : int or None, default=None
        Dimension k of both subspaces, cut to the smaller rank of the two domains. None takes it by
        the subspace disagreement measure, see Notes.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Mean m of all rows.
    map_ : ndarray of shape (n_features, n_features_out)
        The matrix F, with one column for each direction that the subspaces share and two for each
        pair of directions with an angle between them.
    angles_ : ndarray of shape (n_components_,)
        Principal angles between the subspaces in radians, ascending.
    n_components_ : int
        Dimension of both subspaces.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    SubspaceAlignment : Turns one subspace into the other.
    TCA : One subspace of both domains in which their means agree.

    Notes
    -----
    With principal directions a and b of the two domains, theta apart, the path between them turns
    about their middle c by up to theta / 2 in the direction s orthogonal to it, so the integral has
    no mixed term: ``G = sum (1 + sinc theta) / 2 cc' + (1 - sinc theta) / 2 ss'`` with ``sinc x =
    sin(x) / x``. These are the three blocks of the paper in other axes. F is determined up to a
    rotation, of which the columns are the principal components of all rows in the kernel: the
    features are uncorrelated, by falling variance.

    ``n_components=None`` follows section 3.4 of the paper: the smallest k at which each of the two
    subspaces has a direction orthogonal to the principal subspace of all rows together, each domain
    centred by itself (as in the paper's experiments), so that a gap between the means is not taken
    for one between the subspaces. Sampled domains never get there exactly: the mean of the two
    sines has to reach 0.99. At most 100 dimensions are looked at, and at most ``n_features / 2``,
    beyond which any two subspaces share directions; where none of them is enough, k is the largest.

    Without ``X_target`` the features are the principal components of the source. A target of a
    single row has no principal axes: the same then, with a warning. Where more than one
    angle is a right angle the shortest path is not unique: the one taken depends on rounding, with
    a warning.

    **Cost.** For n rows in both domains and d features time is O(n d min(n, d)) and memory
    O(n d); no d x d matrix is formed.

    References
    ----------
    .. [1] B. Gong, Y. Shi, F. Sha, K. Grauman (2012), "Geodesic Flow Kernel for Unsupervised Domain
       Adaptation", CVPR, equations (5) to (7) and section 3.4.
       https://doi.org/10.1109/CVPR.2012.6247911

    Examples
    --------
    >>> from featuretransfer import GeodesicFlowKernel
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, n_features=12, shift="rotation", random_state=0)
    >>> adapter = GeodesicFlowKernel(n_components=5)
    >>> adapter.fit_transform(data.X_source, X_target=data.X_target).shape
    (80, 10)
    >>> adapter.angles_.round(1)
    array([0.3, 0.7, 1. , 1.3, 1.4])

    In a pipeline it comes before a classifier, after scaling:

    >>> import sklearn
    >>> from sklearn.svm import SVC
    >>> from featuretransfer import CorpusScaler, make_pipeline
    >>> pipe = make_pipeline(CorpusScaler(), adapter, SVC(kernel="linear"))
    >>> with sklearn.config_context(enable_metadata_routing=True):
    ...     pipe = pipe.fit(data.X_source, data.y_source, X_target=data.X_target)
    >>> pipe.predict(data.X_target).shape
    (60,)
    """

    def __init__(self, n_components=None):
        self.n_components = n_components

    def fit(self, X, y=None, *, X_target=None):
        """Learn both subspaces and the path between them.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows, at least two.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled.

        Returns
        -------
        self : GeodesicFlowKernel
            The fitted adapter.

        Raises
        ------
        ValueError
            If `n_components` is no positive integer, or all rows of a domain are equal.
        """
        X, X_target = validate_domains(self, X, X_target, ensure_min_samples=2)
        if self.n_components is not None and not is_count(self.n_components):
            raise ValueError(
                f"n_components must be None or an integer >= 1, got {self.n_components!r}."
            )
        wanted, both = self.n_components, X_target is not None and len(X_target) > 1
        if wanted is None and both:
            wanted = MOST_EXAMINED
        domains, parts = [principal_axes(X, "X", wanted)], [X]
        if both:
            domains.append(principal_axes(X_target, "X_target", wanted))
            parts.append(X_target)
        elif X_target is not None:
            warnings.warn(
                "X_target has a single row, which has no principal axes: the features are the "
                "principal components of X. Pass more target rows.",
                UserWarning,
                stacklevel=2,
            )
        k = self._n_kept(domains, parts)
        source, target = domains[0].axes[:, :k], domains[-1].axes[:, :k]
        F, self.angles_ = flow_map(source, target)
        if np.count_nonzero(np.cos(self.angles_) < SMALLEST_COSINE) > 1:
            warnings.warn(
                "More than one principal angle between the domains is a right angle: the shortest "
                f"path between their subspaces is not unique. Use n_components < {k}, or check "
                "that both domains vary in the same features.",
                UserWarning,
                stacklevel=2,
            )
        weights = np.array([len(part) for part in parts]) / sum(map(len, parts))
        self.mean_ = weights @ [domain.mean for domain in domains]
        self.map_ = _by_variance(F, domains, parts, self.mean_)
        self.n_components_, self._n_features_out = k, self.map_.shape[1]
        return self

    def _n_kept(self, domains, parts):
        rank = min(domain.axes.shape[1] for domain in domains)
        if self.n_components is not None:
            return min(self.n_components, rank)
        if len(domains) == 1:
            return rank
        most = min(rank, MOST_EXAMINED, max(1, self.n_features_in_ // 2))
        rows = np.concatenate([part - domain.mean for part, domain in zip(parts, domains)])
        pooled = principal_axes(rows, "X", most).axes
        overlaps = [domain.axes.T @ pooled for domain in domains]
        for k in range(1, most + 1):
            if disagreement(*(overlap[:k, :k] for overlap in overlaps)) >= DISAGREEMENT:
                return k
        return most

    def _map_target(self, X):
        return ((X - self.mean_) @ self.map_).astype(X.dtype, copy=False)


def disagreement(*overlaps):
    """Mean sine of the largest angles of subspaces to the pooled one, from 0 to 1.

    Parameters
    ----------
    *overlaps : ndarray of shape (k, k)
        For each domain ``axes.T @ pooled`` with orthonormal bases of principal subspaces.

    Returns
    -------
    measure : float
        1 where all domains have a direction orthogonal to the pooled subspace.
    """
    cosines = np.array([linalg.svdvals(overlap)[-1] for overlap in overlaps])
    return float(np.sqrt(np.maximum(1 - cosines**2, 0)).mean())


def flow_map(source, target):
    """The matrix F with ``F F'`` the integral of the projections along the geodesic.

    Parameters
    ----------
    source, target : ndarray of shape (n_features, k)
        Orthonormal bases of both subspaces, in columns.

    Returns
    -------
    F : ndarray of shape (n_features, k + n_turning)
        Orthogonal columns: the middles of all pairs of principal directions, then the directions
        in which those turn that are apart.
    angles : ndarray of shape (k,)
        The principal angles, ascending.
    """
    U, _, Vt = linalg.svd(source.T @ target)
    A, B = source @ U, target @ Vt.T
    chords = B - A  # of length 2 sin(angle / 2), accurate for small angles where cosines are not
    halves = np.arcsin(np.minimum(np.linalg.norm(chords, axis=0) / 2, np.sqrt(0.5)))
    angles = 2 * halves
    sinc = np.sinc(angles / np.pi)
    middles = (A + B) * (np.sqrt((1 + sinc) / 2) / (2 * np.cos(halves)))
    apart = angles > SMALLEST_ANGLE
    weights = np.sqrt(_half_sinc_gap(angles[apart])) / (2 * np.sin(halves[apart]))
    return np.hstack([middles, chords[:, apart] * weights]), np.sort(angles)


def _half_sinc_gap(x):
    """``(1 - sin(x) / x) / 2`` without cancellation."""
    series = x**2 / 12 * (1 - x**2 / 20 * (1 - x**2 / 42))  # next term: x^8 / 725760
    return np.where(x < 0.05, series, (1 - np.sinc(x / np.pi)) / 2)


def _by_variance(F, domains, parts, mean):
    """`F` turned so that the features of all rows are uncorrelated, by falling variance.

    The axes are those of the features' scatter, which is known where the domains' are; where it
    squares too wide a range of variances they are singular vectors of the features.
    """
    if all(domain.scatter is not None for domain in domains):
        products = np.zeros((F.shape[1], F.shape[1]))
        for domain, part in zip(domains, parts):
            gap = (domain.mean - mean) @ F
            products += F.T @ (domain.scatter @ F) + len(part) * np.outer(gap, gap)
    else:
        features = _features(F, parts, mean)
        products = features.T @ features
    values, axes = linalg.eigh(products)
    turn = axes[:, ::-1]
    if values[0] <= PRECISE * values[-1]:
        turn = linalg.svd(_features(F, parts, mean), full_matrices=False)[2].T
    return fix_signs(F @ turn)


def _features(F, parts, mean):
    return np.concatenate([part @ F for part in parts]) - mean @ F
