"""Class prototypes of the target that are arranged as in the source."""

import dataclasses
import warnings

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from .._base import ViewsMixin, some_names, validate_domains
from .._checks import check_flags, is_count, is_number
from .._labels import source_labels, validate_target_labels
from .._linalg import regularised_covariance
from .._pseudo_labels import missing_classes, warn_collapsed
from ._emotion_coordinates import VALENCE_AROUSAL, find_coordinates
from ._prototypes import arrangement_of, fit_prototypes, squared_distances

METRICS = ("within", "euclidean")


class ClassRelationTransfer(ViewsMixin, ClassifierMixin, BaseEstimator):
    """Classify by prototypes of the target that are arranged as the classes of the source are.

    .. note::
       The two views differ: new rows are compared with the prototypes of the target, and in a
       source view with those of the source.

    How the classes lie relative to each other, anger above sadness in arousal and by how much in
    every feature, is transferred, not where they lie: the arrangement of the class means may move
    as a whole, and each prototype may leave its place for rows that say otherwise. These are
    labelled rows of the target, a few or none, and unlabelled ones, which are taken for the class
    of the nearest prototype. The target's label set may be another than the source's. Use it where
    few or no target labels are known and classes are well described by their means. Scale each
    corpus first (`CorpusScaler`). Without labels the class shares of the target should be roughly
    equal, since the arrangement is first put to the mean of all rows.

    It stands and falls with the rows that it labels itself. On pairs of real acted corpora with
    four emotions and no target labels it gained much on some pairs and lost as much on others, and
    was below a plain classifier on average; five or ten labelled rows of each class lifted it well
    above that, but a classifier of these rows alone did better on average. Its own place is a
    target with another label set.

    Parameters
    ----------
    strength : float, default=1.0
        How much the arrangement counts against the rows of an average class, which count 1. 0 is
        prototypes that follow the rows alone, ``inf`` the arrangement of the source, moved as a
        whole.
    metric : {"within", "euclidean"}, default="within"
        How distances are measured: by the covariance of the source within classes, shrunk as by
        [3]_, which is the metric of linear discriminant analysis; or with all features alike.
    target_classes : array-like of shape (n_classes,), default=None
        The label set of the target, if it is not that of the source. None is the classes of the
        source, and those of ``y_target`` with `allow_new_classes`.
    allow_new_classes : bool, default=False
        Whether the target may have classes that the source does not have.
    coordinates : dict, default=None
        Label to coordinates, of any dimension, which tell where a class is that the source does not
        have. None is valence and arousal [1]_ of anger, boredom, calm, disgust, fear, happiness,
        neutral, sadness and surprise after [2]_.
    label_weight : float, default=5.0
        Weight of a labelled target row, where an unlabelled one has weight 1.
    max_iter : int, default=100
        Most iterations.

    Attributes
    ----------
    prototypes_ : ndarray of shape (n_classes, n_features_in_)
        Prototypes of the target.
    source_prototypes_ : ndarray of shape (n_classes, n_features_in_)
        Prototypes of the source; its class means, where it has the class.
    pseudo_labels_ : ndarray of shape (n_target,) or None
        Classes of the target rows that the prototypes rest on; None without ``X_target``.
    objective_ : ndarray of shape (n_iter_,) or None
        Value of the objective each time, never growing.
    n_iter_ : int
        How often the prototypes were placed, the first time by the arrangement alone.
    n_labelled_ : int
        Number of labelled target rows.
    classes_ : ndarray of shape (n_classes,)
        The class labels of the target.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    RelativeEmotionTransfer : Transfers which rows are above which.
    BalancedSelfTraining : Trains any classifier on rows it labels itself.

    Notes
    -----
    With positions g_c of the classes in the source, rows x_i of the target with weights u_i and
    classes r_i, given or to be found, prototypes P and a shift b minimise ::

        sum_i u_i |x_i - P_(r_i)|^2 + t sum_c |P_c - b - g_c|^2

    where t is `strength` times the total weight of the rows over the number of classes. (The
    objective is ours, in the spirit of prototype-based transfer.) For given classes both follow in
    closed form: with n_c and m_c the weight and the mean of the rows of class c, ::

        P_c = (n_c m_c + t (b + g_c)) / (n_c + t)
        b = sum_c a_c (m_c - g_c) / sum_c a_c,    a_c = n_c t / (n_c + t)

    and for given prototypes the best class of an unlabelled row is that of the nearest. Both steps
    alternate until no row changes its class; the objective never grows. They begin with the
    arrangement at the labelled rows or, without any, with its mean at that of the target. Where
    the unlabelled rows nearly lose a class of which the source leads to expect at least five rows,
    they end with a `PseudoLabelWarning`.

    **Other classes.** A class that the source has too is where the source has it. Another one is
    where source classes with the same coordinates are ("joy" and "happiness", say) or, without
    such, where an affine map from coordinates to features, fitted to the means of all source
    classes by least squares, puts it. Source classes that the target does not have still take part
    in that fit, and in the metric. That map is coarse: with two coordinates it explains two
    directions.

    Probabilities are those of normal classes with the covariance of the metric and equal shares.

    Without ``X_target`` the prototypes are those of the source: linear discriminant analysis with
    equal class shares and shrinkage. Several targets are pooled.

    **Cost.** For n rows of both domains, d features and C classes O(n d min(n, d)) time for the
    metric, then O(n d C) for each iteration; memory O(n d), and no d x d matrix where the source
    has fewer rows than features.

    References
    ----------
    .. [1] J. A. Russell (1980), "A circumplex model of affect", Journal of Personality and Social
       Psychology 39(6) (emotions in the plane of valence and arousal).
       https://doi.org/10.1037/h0077714
    .. [2] J. A. Russell, A. Mehrabian (1977), "Evidence for a three-factor theory of emotions",
       Journal of Research in Personality 11(3) (ratings of emotion words, as commonly quoted;
       "relaxed" for calm, and the origin for neutral). https://doi.org/10.1016/0092-6566(77)90037-X
    .. [3] O. Ledoit, M. Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
       matrices", Journal of Multivariate Analysis 88, equation (14).

    Examples
    --------
    >>> from featuretransfer import ClassRelationTransfer
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 150, shift="rotation", random_state=0)
    >>> plain = ClassRelationTransfer().fit(data.X_source, data.y_source)
    >>> model = ClassRelationTransfer().fit(data.X_source, data.y_source, X_target=data.X_target)
    >>> for fitted in (plain, model):
    ...     print(f"{fitted.score(data.X_target, data.y_target):.2f}")
    0.63
    0.81

    A target with a class that the source lacks:

    >>> import numpy as np
    >>> y = np.array(["anger", "happiness", "neutral", "sadness"])[np.arange(40) % 4]
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> model = ClassRelationTransfer(
    ...     target_classes=["anger", "boredom", "neutral"], allow_new_classes=True
    ... )
    >>> model.fit(X, y).classes_.tolist()
    ['anger', 'boredom', 'neutral']
    """

    __metadata_request__fit = {"X_target": True, "y_target": True}
    settings = ("inductive", "transductive")

    def __init__(
        self,
        strength=1.0,
        metric="within",
        target_classes=None,
        allow_new_classes=False,
        coordinates=None,
        label_weight=5.0,
        max_iter=100,
    ):
        self.strength = strength
        self.metric = metric
        self.target_classes = target_classes
        self.allow_new_classes = allow_new_classes
        self.coordinates = coordinates
        self.label_weight = label_weight
        self.max_iter = max_iter

    def fit(self, X, y, *, X_target=None, y_target=None):
        """Learn the arrangement of the source and the prototypes of the target.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; without them the prototypes are those of the source.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows, None or NaN where unlabelled.

        Returns
        -------
        self : ClassRelationTransfer
            The fitted classifier.

        Raises
        ------
        TypeError
            If `allow_new_classes` is no bool.
        ValueError
            If another parameter has no valid value, the target has classes that the source does not
            have without `allow_new_classes`, or nothing tells where such a class is.
        """
        self._check_parameters()
        rows, target = validate_domains(self, X, X_target)
        y = source_labels(self, rows, y)
        new = self.allow_new_classes
        labels, labelled = validate_target_labels(y, X_target, y_target, allow_new_classes=new)
        labels = labels[labelled]
        rows = rows.astype(np.float64, copy=False)
        source_classes, codes = np.unique(y, return_inverse=True)
        self.classes_ = self._label_set(source_classes, labels)
        means = np.array([rows[codes == code].mean(axis=0) for code in range(len(source_classes))])
        self.source_prototypes_ = self._arrangement(means, source_classes)
        self.prototypes_ = self.source_prototypes_
        self._metric = metric_of(rows - means[codes], means.mean(axis=0), self.metric)
        self.pseudo_labels_, self.objective_ = None, None
        self.n_iter_, self.n_labelled_ = 1, len(labels)
        if target is not None:
            known = np.full(len(target), -1)
            if len(labels):
                known[labelled] = np.searchsorted(self.classes_, labels.astype(self.classes_.dtype))
            self._adapt(target.astype(np.float64, copy=False), known, y)
        return self

    def _label_set(self, source_classes, labels):
        """The classes of the target, sorted."""
        found = [*source_classes.tolist(), *labels.tolist()]
        if self.target_classes is not None:
            found = np.asarray(self.target_classes).ravel().tolist()
            unknown = sorted(set(labels.tolist()) - set(found), key=str)
            if unknown:
                raise ValueError(
                    f"y_target has classes that target_classes lacks: {some_names(unknown)}. Add "
                    "them, or leave target_classes out."
                )
        new = sorted(set(found) - set(source_classes.tolist()), key=str)
        if new and not self.allow_new_classes:
            raise ValueError(
                f"target_classes has classes that y does not have: {some_names(new)} (y has "
                f"{some_names(source_classes.tolist(), 10)}). Set allow_new_classes=True if that "
                "is meant."
            )
        classes = np.unique(found)
        if len(classes) < 2:
            raise ValueError(
                f"There must be at least two classes, got one class: {classes.tolist()}."
            )
        return classes

    def _arrangement(self, means, source_classes):
        source, classes = source_classes.tolist(), self.classes_.tolist()
        new = [label for label in classes if label not in source]
        coordinates = find_coordinates([*source, *new], self.coordinates)
        unplaced = [label for label in new if label not in coordinates]
        if unplaced:
            known = sorted(
                VALENCE_AROUSAL if self.coordinates is None else self.coordinates, key=str
            )
            raise ValueError(
                f"coordinates do not tell where the new classes {some_names(unplaced)} are; they "
                f"know {some_names(known, 20)}. Pass coordinates={{label: (valence, arousal), ..}} "
                "for these classes and those of y."
            )
        if new and sum(label in coordinates for label in source) < 2:
            raise ValueError(
                f"coordinates know fewer than two classes of y ({some_names(source, 10)}), so they "
                f"do not tell where {some_names(new)} are. Pass coordinates for the classes of y."
            )
        return arrangement_of(means, source, classes, coordinates)

    def _adapt(self, X, known, y):
        weights = np.where(known >= 0, float(self.label_weight), 1.0)
        strength = self.strength * weights.sum() / len(self.classes_)
        expected = len(X) * self._expected_shares(y)

        def is_lost(codes, iteration):
            lost = missing_classes(codes, expected)
            if len(lost):
                warn_collapsed(type(self).__name__, self.classes_[lost], iteration, stacklevel=5)
            return len(lost) > 0

        arrangement = self.source_prototypes_
        found = fit_prototypes(
            X, known, weights, arrangement, strength, self._metric, self.max_iter, is_lost
        )
        if not found.converged:
            warnings.warn(
                f"The classes of the target rows had not settled after max_iter={self.max_iter} "
                "iterations. Increase max_iter or strength.",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.prototypes_, self.pseudo_labels_ = found.positions, self.classes_[found.codes]
        self.objective_, self.n_iter_ = np.array(found.objective), len(found.objective)

    def _expected_shares(self, y):
        """Those of the source, equal ones where it lacks a class."""
        counts = np.array([np.sum(y == label) for label in self.classes_.tolist()])
        if not np.all(counts > 0):
            counts = np.ones(len(counts))
        return counts / counts.sum()

    def _check_parameters(self):
        if not is_number(self.strength, 0) and self.strength != np.inf:
            raise ValueError(f"strength must be a number >= 0 or inf, got {self.strength!r}.")
        if self.metric not in METRICS:
            raise ValueError(f"metric must be one of {list(METRICS)}, got {self.metric!r}.")
        check_flags(self, "allow_new_classes")
        if self.coordinates is not None and not isinstance(self.coordinates, dict):
            raise ValueError(f"coordinates must be None or a dict, got {self.coordinates!r}.")
        if not is_number(self.label_weight, 0) or self.label_weight == 0:
            raise ValueError(
                f"label_weight must be a finite number > 0, got {self.label_weight!r}."
            )
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")

    def _log_densities(self, X):
        """Minus half the squared distances to the prototypes."""
        X = self._validate_rows(X).astype(np.float64, copy=False)
        prototypes = self.source_prototypes_ if self._source_view else self.prototypes_
        return -squared_distances(self._metric(X), self._metric(prototypes)) / 2

    def decision_function(self, X):
        """How near the prototypes are.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        values : ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            Minus half the squared distances, in the order of ``classes_``; of two classes the
            difference of the second to the first.
        """
        values = self._log_densities(X)
        return values[:, 1] - values[:, 0] if values.shape[1] == 2 else values

    def predict(self, X):
        """Predict the classes of the nearest prototypes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        best = self._log_densities(X).argmax(axis=1)  # first: an unfitted model has no classes_
        return self.classes_[best]

    def predict_proba(self, X):
        """Predict class probabilities under normal classes of equal shares.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return softmax(self._log_densities(X), axis=1)

    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities in the order of ``classes_``.
        """
        return log_softmax(self._log_densities(X), axis=1)


@dataclasses.dataclass(frozen=True)
class Metric:
    """Maps rows so that Euclidean distances are those of a covariance.

    Parameters
    ----------
    center : ndarray of shape (n_features,)
        Subtracted first: distances stay, their rounding error shrinks.
    covariance : Covariance or float
        What distances are measured by; a number stands for that multiple of the identity.
    """

    center: np.ndarray
    covariance: object

    def __call__(self, X):
        """Mapped rows."""
        if isinstance(self.covariance, float):
            return (X - self.center) / np.sqrt(self.covariance)
        return self.covariance.times_power(X - self.center, -0.5)


def metric_of(deviations, center, name):
    """The metric by which distances to prototypes are measured.

    Parameters
    ----------
    deviations : ndarray of shape (n_rows, n_features)
        Rows minus the means of their classes.
    center : ndarray of shape (n_features,)
        A point near the rows.
    name : {"within", "euclidean"}
        Their shrunk covariance, or its mean variance alone.

    Returns
    -------
    metric : Metric
        The metric; Euclidean of unit scale where rows do not deviate.
    """
    if not np.any(deviations):
        return Metric(center, 1.0)
    if name == "euclidean":
        return Metric(center, float(np.mean(deviations**2)))
    covariance = regularised_covariance(deviations, "ledoit-wolf")
    if covariance.is_singular:  # too few rows to tell a shrinkage
        covariance = dataclasses.replace(covariance, ridge=covariance.largest / len(deviations))
    return Metric(center, covariance)
