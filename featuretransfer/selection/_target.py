"""Scores of how well an estimator will do on the target, without target labels."""

import numpy as np
from scipy.special import entr, expit, softmax
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_array

from .._base import target_parts, warn_if_sliceable
from .._checks import is_count
from ..instance import effective_sample_size
from ..instance._domain_ratio import domain_ratio
from ..instance._weights import warn_if_low
from ..pipelines import check_pipeline, source_view
from ..representation import CorpusScaler

N_FOLDS = 5  # of the domain classifier
SCALINGS = ("corpus", "pooled")


def make_target_scorer(criterion, **parameters):
    """Make a scorer that judges an estimator by what it does on the unlabelled target.

    For choosing between adapters in scikit-learn's searches, where source folds cannot tell them
    apart. The target reaches the scorer as metadata: pass ``X_target=(X_target,)`` to ``fit`` of
    the search, with metadata routing on.

    Parameters
    ----------
    criterion : str or callable
        "iw": `ImportanceWeightedScorer`; "entropy": `EntropyScorer`; or a function
        ``f(estimator, X, y, X_target)`` of a fitted estimator, held-out source rows, their labels
        and the target as it was passed, which returns a number, greater is better.
    **parameters : dict
        Parameters of the class behind a name.

    Returns
    -------
    scorer : TargetScorer
        A callable ``scorer(estimator, X, y, X_target=...)``.

    Raises
    ------
    ValueError
        If there is no such criterion.

    See Also
    --------
    source_scorer : Tunes a classifier for a given adapter.

    Examples
    --------
    >>> import sklearn
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV, GroupKFold
    >>> import featuretransfer as ft
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, shift="scale", random_state=0)
    >>> search = GridSearchCV(
    ...     ft.make_pipeline(ft.NoAdaptation(), LogisticRegression()),
    ...     {"noadaptation": [ft.NoAdaptation(), ft.CorpusScaler()]},
    ...     scoring=ft.selection.make_target_scorer("entropy"),
    ...     cv=GroupKFold(4),
    ... )
    >>> with sklearn.config_context(enable_metadata_routing=True):
    ...     search = search.fit(
    ...         data.X_source,
    ...         data.y_source,
    ...         groups=data.speakers_source,
    ...         X_target=(data.X_target,),
    ...     )
    >>> len(search.cv_results_["mean_test_score"])
    2
    """
    if callable(criterion):
        return CallableTargetScorer(criterion, **parameters)
    if criterion not in list(TARGET_SCORERS):
        raise ValueError(
            f"criterion must be a callable or one of {list(TARGET_SCORERS)}, got {criterion!r}."
        )
    return TARGET_SCORERS[criterion](**parameters)


class TargetScorer(BaseEstimator):
    """Base of the scorers that use the target: a subclass has a ``name`` and a ``_judge``."""

    __metadata_request__score = {"X_target": True, "source_domains": True, "estimator": UNUSED}

    def __call__(self, estimator, X, y=None, *, X_target=None, speakers=None, source_domains=None):
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier.
        X : array-like of shape (n_samples, n_features)
            Source rows that were held out of its `fit`.
        y : array-like of shape (n_samples,)
            Their labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such
            Target rows.
        speakers : array-like of shape (n_samples,), default=None
            Speakers of the held-out rows, for adapters that scale by speaker; requested by
            ``set_score_request(speakers=True)``.
        source_domains : array-like of shape (n_samples,), default=None
            Corpora of the held-out rows.

        Returns
        -------
        score : float
            Greater is better.
        """
        check_pipeline(estimator)
        if X_target is None:
            raise ValueError(
                f"{type(self).__name__} needs the target, got X_target=None. Pass "
                "X_target=(X_target,) to fit of the search (or as params of cross_validate), "
                "within sklearn.config_context(enable_metadata_routing=True)."
            )
        target_parts(X_target, "X_target")
        warn_if_sliceable(X_target, len(X), "X_target", stacklevel=3)
        ids = {"speakers": speakers, "source_domains": source_domains}
        return float(self._judge(estimator, X, y, X_target, ids))

    # scikit-learn routes metadata to a scorer by the requests of this name
    def score(self, estimator, X, y=None, *, X_target=None, speakers=None, source_domains=None):
        """The same as calling the scorer."""
        return self(
            estimator, X, y, X_target=X_target, speakers=speakers, source_domains=source_domains
        )


class ImportanceWeightedScorer(TargetScorer):
    """UAR on held-out source rows, each weighted by how much it resembles the target.

    The mean over classes of the weighted recall, with weights p(target | x) / p(source | x) from
    out-of-fold probabilities of a domain classifier. Held-out rows pass adapters in the source
    view, scaled by their own corpus where ``source_domains`` names it. The weights depend on the
    input rows only, so all candidates are judged by the same.

    Parameters
    ----------
    scaling : {"corpus", "pooled"}, default="corpus"
        Standardise every corpus separately or all together before the domain classifier; a target
        in several parts is one corpus, and so is the source without ``source_domains``. Corpora
        differ so much in level that "pooled" leaves hardly any source row that resembles the
        target; "corpus" compares what remains beyond level and range.
    n_components : int, default=10
        Principal components that the domain classifier sees: with many, single outlying rows get
        most of the weight.
    random_state : int, RandomState instance or None, default=0
        Determines its folds.

    References
    ----------
    .. [1] M. Sugiyama, M. Krauledat, K.-R. Mueller (2007), "Covariate Shift Adaptation by
       Importance Weighted Cross Validation", Journal of Machine Learning Research 8.
    """

    name = "iw"

    def __init__(self, scaling="corpus", n_components=10, random_state=0):
        self.scaling = scaling
        self.n_components = n_components
        self.random_state = random_state

    def _judge(self, estimator, X, y, X_target, ids):
        self._check_parameters()
        w = self._weights(X, X_target, ids["source_domains"])
        predicted = source_view(estimator, **ids).predict(X)
        return recall_score(
            y, predicted, labels=np.unique(y), average="macro", sample_weight=w, zero_division=0
        )

    def _weights(self, X, X_target, source_domains=None):
        parts = target_parts(X_target, "X_target")
        source = _as_table(X, "X")
        target = np.concatenate([_as_table(part, "X_target") for part in parts])
        if min(len(source), len(target)) < 2:
            raise ValueError(
                f"Importance weights need at least 2 rows of each domain, got {len(source)} "
                f"held-out source rows and {len(target)} target rows."
            )
        if self.scaling == "corpus":
            source = CorpusScaler().fit_transform(source, source_domains=source_domains)
            target = StandardScaler().fit_transform(target)
        w, _ = domain_ratio(
            source,
            target,
            self._classifier(source, target),
            n_folds=N_FOLDS,
            clip=1e-3,
            calibration=None,
            random_state=self.random_state,
        )
        warn_if_low(effective_sample_size(w), len(w), stacklevel=5)
        return w

    def _classifier(self, source, target):
        n_rows = len(source) + len(target)
        n_folds = min(N_FOLDS, len(source), len(target))
        n_train = n_rows - -(-n_rows // n_folds) - 1
        n_components = max(1, min(self.n_components, source.shape[1], n_train))
        return make_pipeline(
            StandardScaler(),
            PCA(n_components, svd_solver="full"),
            LogisticRegression(class_weight="balanced", max_iter=1000),
        )

    def _check_parameters(self):
        if self.scaling not in SCALINGS:
            raise ValueError(f"scaling must be one of {list(SCALINGS)}, got {self.scaling!r}.")
        n = self.n_components
        if not is_count(n):
            raise ValueError(f"n_components must be an integer >= 1, got {n!r}.")


class EntropyScorer(TargetScorer):
    """How sure the predictions on the target are, times how evenly they use the classes.

    ``(1 - mean H(p_i) / log C) * H(mean p_i) / log C`` with the entropy H and C classes, between 0
    and 1. Certainty alone would reward a collapse to one class; the second factor is 0 there.
    Probabilities are those of the classifier, or the softmax of its decision values.

    References
    ----------
    .. [1] Y. Grandvalet, Y. Bengio (2004), "Semi-supervised Learning by Entropy Minimization",
       NIPS 17 (certainty); J. S. Bridle, A. J. R. Heading, D. J. C. MacKay (1991), "Unsupervised
       Classifiers, Mutual Information and 'Phantom Targets'", NIPS 4 (certainty and evenness).
    """

    name = "entropy"

    def _judge(self, estimator, X, y, X_target, ids):
        parts = target_parts(X_target, "X_target")
        p = np.concatenate([_probabilities(estimator, part) for part in parts])
        most = np.log(p.shape[1])
        return (1 - entr(p).sum(axis=1).mean() / most) * entr(p.mean(axis=0)).sum() / most


class CallableTargetScorer(TargetScorer):
    """A function of the fitted estimator, held-out source rows and the target, as a scorer.

    Parameters
    ----------
    function : callable
        ``f(estimator, X, y, X_target)``, greater is better.
    """

    def __init__(self, function):
        self.function = function

    @property
    def name(self):
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _judge(self, estimator, X, y, X_target, ids):
        return self.function(estimator, X, y, X_target)


#: Name to class of the criteria that `make_target_scorer` knows.
TARGET_SCORERS = {cls.name: cls for cls in (ImportanceWeightedScorer, EntropyScorer)}


def _as_table(rows, name):
    try:
        return check_array(rows, dtype=np.float64, input_name=name)
    except ValueError as error:
        raise ValueError(
            f"Importance weights compare feature tables, but {name} is none ({error}). Where the "
            "first step reads audio, extract the features once and search on the table."
        ) from error


def _probabilities(estimator, X):
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    if not hasattr(estimator, "decision_function"):
        raise TypeError(
            "The entropy criterion needs a classifier with predict_proba or decision_function, "
            f"got {estimator!r}."
        )
    values = estimator.decision_function(X)
    if values.ndim == 1:
        p = expit(values)
        return np.column_stack([1 - p, p])
    if values.shape[1] != len(estimator.classes_):  # of pairs of classes
        raise TypeError(
            "The entropy criterion needs one decision value for each of the "
            f"{len(estimator.classes_)} classes, got {values.shape[1]}. Set "
            "decision_function_shape='ovr', or use a classifier with predict_proba."
        )
    return softmax(values, axis=1)
