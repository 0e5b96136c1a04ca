"""Scores on held-out source rows, which pass adapters as source rows."""

from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import UNUSED

from ..pipelines import check_pipeline, source_view


def source_scorer(scoring):
    """Make a scorer that sends held-out source rows through the source view of adapters.

    For tuning the settings of a classifier *for a given adapter* in scikit-learn's searches. With
    ``scoring="balanced_accuracy"`` alone, held-out source rows are treated as target rows, which
    is silently wrong for every adapter whose two views differ. To choose between adapters use
    `make_target_scorer`: on source folds no adaptation looks as good as any.

    Parameters
    ----------
    scoring : str or callable
        A scikit-learn scorer or the name of one; "balanced_accuracy" is the UAR.

    Returns
    -------
    scorer : SourceScorer
        A callable ``scorer(estimator, X, y)``. It gets ``source_domains`` where they are passed to
        the search; ask for ``sample_weight`` and ``speakers`` by
        ``scorer.set_score_request(sample_weight=True)``.

    Notes
    -----
    Held-out rows are scaled by their own corpus, or speaker, where the ids are passed: a search
    over a pipeline that asks for ``speakers`` needs a scorer that does so too.

    ``search.score(X, y)`` of a search with this scorer sends `X` through the source view too: do
    not use it on target rows.

    Examples
    --------
    >>> import sklearn
    >>> from sklearn.model_selection import GridSearchCV, GroupKFold
    >>> from sklearn.svm import LinearSVC
    >>> from featuretransfer import CORAL, CorpusScaler, make_pipeline
    >>> from featuretransfer.selection import source_scorer
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(80, 60, random_state=0)
    >>> search = GridSearchCV(
    ...     make_pipeline(CorpusScaler(), CORAL(), LinearSVC()),
    ...     {"linearsvc__C": [0.01, 1]},
    ...     scoring=source_scorer("balanced_accuracy"),
    ...     cv=GroupKFold(4),
    ... )
    >>> with sklearn.config_context(enable_metadata_routing=True):
    ...     search = search.fit(
    ...         data.X_source,
    ...         data.y_source,
    ...         groups=data.speakers_source,
    ...         X_target=(data.X_target,),
    ...     )
    >>> search.best_params_
    {'linearsvc__C': 0.01}
    """
    get_scorer(scoring)  # an unknown name fails here, not in the first fold
    return SourceScorer(scoring)


class SourceScorer(BaseEstimator):
    """A scikit-learn scorer applied to the source view of an estimator.

    Parameters
    ----------
    scoring : str or callable
        A scikit-learn scorer or the name of one.
    """

    __metadata_request__score = {"source_domains": True, "estimator": UNUSED}

    def __init__(self, scoring):
        self.scoring = scoring

    def __call__(
        self, estimator, X, y=None, sample_weight=None, *, speakers=None, source_domains=None
    ):
        """Score an estimator on source rows that were held out of its `fit`."""
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        view = source_view(
            check_pipeline(estimator), speakers=speakers, source_domains=source_domains
        )
        return get_scorer(self.scoring)(view, X, y, **weights)

    score = __call__  # scikit-learn routes metadata to a scorer by the signature of this name
