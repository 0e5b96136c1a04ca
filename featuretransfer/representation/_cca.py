"""Transfer to other features through rows that are known in both."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import is_count
from .._linalg import check_reg
from .._pairs import check_pair_of_tables, check_same_columns, validate_pairs
from ._canonical import canonical_correlations
from ._column_scales import standard

SCALINGS = ("posterior", "unit")


class CCATransfer(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Bring source and target with different features to what their paired rows have in common.

    .. note::
       The two views differ, in their input too: `transform` takes rows with the columns of the
       target, `fit_transform` and `transform_source` rows with those of the source.

    Canonical correlation analysis of rows for which both sets of features are known, such as files
    of which two feature sets were extracted, or recordings with sound and face. A classifier that
    is trained on source rows then predicts target rows that only have the other features. Labels
    are not used, and pairs need none: they may be rows of either domain or of a third corpus.

    Parameters
    ----------
    n_components : int or None, default=None
        Number of components, those of the largest correlations; None is as many as there are. The
        rank of the paired rows on either side is the bound.
    reg : "ledoit-wolf" or float, default="ledoit-wolf"
        Regularisation of the covariance matrix of either side. "ledoit-wolf" shrinks each to ``(1 -
        a) S + a trace(S) / n_features I`` with its own optimal a [3]_, so that there may be fewer
        pairs than features; a float >= 0 adds ``reg I`` to the covariance matrix of standardised
        features. ``reg=0.0`` is the plain method, for many more pairs than features.
    scaling : "posterior" or "unit", default="posterior"
        "unit" components have variance 1 over the pairs, under the regularised covariance.
        "posterior" multiplies them by the root of their correlation: what either side tells of the
        variables behind both in the probabilistic model [2]_. Components that do not correlate then
        vanish instead of counting as much as the others.

    Attributes
    ----------
    weights_source_ : ndarray of shape (n_features_in_, n_components_)
        Weights of the standardised source features, before the scaling of components.
    weights_target_ : ndarray of shape (n_features_target_, n_components_)
        Weights of the standardised target features.
    correlations_ : ndarray of shape (n_components_,)
        The regularised canonical correlations, descending.
    n_components_ : int
        Number of components.
    n_features_in_, n_features_target_ : int
        Number of features of the source and of the target.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the source features, where `X` is a DataFrame.
    feature_names_target_ : ndarray of shape (n_features_target_,)
        Names of the target features, where ``X_target`` is a DataFrame.

    See Also
    --------
    HeterogeneousFeatureAugmentation : The link between the features is labels, not pairs.
    SubspaceAlignment : For a target with the same features.

    Notes
    -----
    It is the first step of a Pipeline: an earlier step, such as a scaler, would be fitted to the
    columns of the source and could not transform those of the target. Each table is standardised
    by its own means and standard deviations instead: the source, the target, and both sides of the
    pairs; each corpus is so scaled by itself, as by `CorpusScaler`.

    Pairs are two tables, ``X_paired=(rows in source columns, rows in target columns)``, and not
    positions of rows in ``X`` and ``X_target``: in cross-validation positions of a fold's rows
    would be others, silently, whereas a tuple is passed on as it is. Pairs of held-out rows stay in
    the fit then; it sees their features but no labels.

    Without ``X_paired``, where source and target have the same columns, every row of both is its
    own pair: the components are the standardised principal components of both tables. That the
    columns are the same cannot be checked if they have no names; a warning says so. Without
    ``X_target`` the target rows of the pairs stand for the target; without both every source row is
    its own pair. A single target row has no scale of its own; it is scaled like the target side of
    the pairs or, without pairs, like the source, with a warning.

    **Cost.** For n pairs and d features of the wider side time is O(n d min(n, d) + min(n, d)^3),
    memory O(n d): no d x d matrix is formed where there are fewer pairs than features.

    References
    ----------
    .. [1] H. Hotelling (1936), "Relations Between Two Sets of Variates", Biometrika 28.
       https://doi.org/10.1093/biomet/28.3-4.321
    .. [2] F. R. Bach, M. I. Jordan (2005), "A Probabilistic Interpretation of Canonical Correlation
       Analysis", technical report 688, Department of Statistics, University of California,
       Berkeley, theorem 2, after the report, with equal roots of the correlations for both sides.
    .. [3] O. Ledoit, M. Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
       matrices", Journal of Multivariate Analysis 88, equation (14).

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import CCATransfer
    >>> rng = np.random.default_rng(0)
    >>> hidden = rng.normal(size=(300, 2))
    >>> acoustic = hidden @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(300, 6))
    >>> face = hidden @ rng.normal(size=(2, 4)) + 0.1 * rng.normal(size=(300, 4))
    >>> adapter = CCATransfer(n_components=2)
    >>> pairs = (acoustic[:100], face[:100])
    >>> Zs = adapter.fit_transform(acoustic[100:200], X_target=(face[200:],), X_paired=pairs)
    >>> Zs.shape, adapter.transform(face[200:]).shape
    ((100, 2), (100, 2))
    >>> adapter.correlations_.round(2)
    array([0.98, 0.96])
    """

    __metadata_request__fit = {"X_target": True, "X_paired": True}
    needs = ("X_paired",)  # without other target rows those of the pairs stand for the target
    equal_columns = False

    def __init__(self, n_components=None, reg="ledoit-wolf", scaling="posterior"):
        self.n_components = n_components
        self.reg = reg
        self.scaling = scaling

    def fit(self, X, y=None, *, X_target=None, X_paired=None):
        """Learn the weights of both sides from pairs, and the scales of both domains.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows, at least two.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features_target) or tuple of such, default=None
            Target rows, those of several corpora pooled.
        X_paired : tuple of two array-likes, default=None
            Rows in the columns of the source, of shape (n_pairs, n_features), and the same rows in
            the columns of the target, of shape (n_pairs, n_features_target).

        Returns
        -------
        self : CCATransfer
            The fitted adapter.

        Raises
        ------
        TypeError
            If `X_paired` is no tuple of two tables.
        ValueError
            If a parameter has no valid value, if the pairs do not have the columns of the domains
            or are too few for ``reg=0``, or if nothing links columns that differ.
        """
        self._check_parameters()
        if X_paired is not None:
            check_pair_of_tables(X_paired)
            X_target = (X_paired[1],) if X_target is None else X_target
        X, X_target = validate_domains(self, X, X_target, ensure_min_samples=2)
        self._scale_source = self._scale_target = standard(X)
        Zs = Zt = self._scale_source(X)
        if X_paired is not None:
            pairs = validate_pairs(self, X_paired, least=2)
            scales = [standard(rows) for rows in pairs]
            Zs, Zt = (scale(rows) for scale, rows in zip(scales, pairs))
            self._scale_target = scales[1]
        elif X_target is not None:
            check_same_columns(self, stacklevel=2)
        if X_target is not None and len(X_target) > 1:
            self._scale_target = standard(X_target)
        elif X_target is not None:
            _warn_no_scale("the pairs" if X_paired is not None else "the source")
        if X_target is not None and X_paired is None:
            Zs = Zt = np.vstack([Zs, self._scale_target(X_target)])
        for Z, name in ((Zs, "the source"), (Zt, "the target")):
            if not np.any(np.abs(Z) > 1e-6):
                raise ValueError(
                    f"All paired rows of {name} are equal, so they have no correlations. Check the "
                    "features."
                )
        self._learn(Zs, Zt, X_paired is not None)
        return self

    def _check_parameters(self):
        if self.n_components is not None and not is_count(self.n_components):
            raise ValueError(
                f"n_components must be None or an integer >= 1, got {self.n_components!r}."
            )
        check_reg(self.reg)
        if self.scaling not in SCALINGS:
            raise ValueError(f"scaling must be one of {list(SCALINGS)}, got {self.scaling!r}.")

    def _learn(self, Zs, Zt, paired):
        found = canonical_correlations(Zs, Zt, self.reg)
        if paired and found.is_trivial:
            raise ValueError(
                f"{len(Zs)} pairs of {Zs.shape[1]} and {Zt.shape[1]} features correlate perfectly "
                f"whatever they are, if the covariances are not regularised (reg={self.reg!r}). "
                "Pass more pairs, or a reg > 0."
            )
        k = len(found.correlations)
        k = k if self.n_components is None else min(self.n_components, k)
        self.weights_source_, self.weights_target_ = found.source[:, :k], found.target[:, :k]
        self.correlations_ = found.correlations[:k]
        self.n_components_ = self._n_features_out = k

    def _map_target(self, X):
        return self._project(X, self._scale_target, self.weights_target_)

    def _map_source(self, X):
        return self._project(X, self._scale_source, self.weights_source_)

    def _project(self, X, scale, weights):
        if self.scaling == "posterior":
            weights = weights * np.sqrt(self.correlations_)
        return (scale(X) @ weights).astype(X.dtype, copy=False)


def _warn_no_scale(whose):
    warnings.warn(
        f"X_target has a single row, which has no scale: that of {whose} is used. Pass more target "
        "rows.",
        UserWarning,
        stacklevel=3,
    )
