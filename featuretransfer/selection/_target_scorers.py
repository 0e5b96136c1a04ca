"""Scorers that use the target, by name."""

from ._circular import CircularScorer
from ._dev import DEVScorer
from ._entropy import EntropyScorer
from ._importance_weighted import ImportanceWeightedScorer
from ._mixval import MixValScorer
from ._prior import PriorScorer
from ._snd import SNDScorer
from ._target import TargetScorer

DEFAULT_CRITERION = "prior"  # by benchmarks/scorers.py, on tasks that are not its real pairs


def make_target_scorer(criterion=DEFAULT_CRITERION, **parameters):
    """Make a scorer that judges an estimator by what it does on the unlabelled target.

    For choosing between adapters in scikit-learn's searches, where source folds cannot tell them
    apart. The target reaches the scorer as metadata: pass ``X_target=(X_target,)`` to ``fit`` of
    the search, with metadata routing on.

    Parameters
    ----------
    criterion : str or callable, default="prior"
        "iw": `ImportanceWeightedScorer`; "dev": `DEVScorer`; "entropy": `EntropyScorer`; "snd":
        `SNDScorer`; "circular": `CircularScorer`; "mixval": `MixValScorer`; "prior":
        `PriorScorer`; or a function ``f(estimator, X, y, X_target)`` of a fitted estimator,
        held-out source rows, their labels and the target as it was passed, which returns a number,
        greater is better.
    **parameters : dict
        Parameters of the class behind a name.

    Returns
    -------
    scorer : TargetScorer
        A callable ``scorer(estimator, X, y, X_target=...)``. It gets ``source_domains`` and
        ``target_domains`` where they are passed to the search. For a pipeline that scales by
        speaker ask for the ids by
        ``scorer.set_score_request(speakers=True, speakers_target=True)``.

    Raises
    ------
    ValueError
        If there is no such criterion.

    See Also
    --------
    source_scorer : Tunes a classifier for a given adapter.

    Notes
    -----
    No scorer finds the best of many pipelines reliably. The default has the highest rank
    correlation with the UAR on the target over demo corpora, generated shifts and parts of single
    corpora, 0.28; it supposes that the target has all classes alike. docs/choosing.md has the
    figures, and what each scorer is good and bad at.

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

    def _judge(self, judged):
        return self.function(judged.estimator, judged.X, judged.y, judged.X_target)


#: Name to class of the criteria that `make_target_scorer` knows.
TARGET_SCORERS = {
    cls.name: cls
    for cls in (
        ImportanceWeightedScorer,
        DEVScorer,
        EntropyScorer,
        SNDScorer,
        CircularScorer,
        MixValScorer,
        PriorScorer,
    )
}
