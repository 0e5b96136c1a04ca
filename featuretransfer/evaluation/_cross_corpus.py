"""Every source, every target, every pipeline."""

from ..corpora._labels import is_rated
from ._baselines import final_predictor
from ._collect import collect
from ._domains import Labelled
from ._pipelines import named_pipelines
from ._plan import Plan, is_shown, usable_corpora
from ._run import run_all
from ._sources import source_target_pairs
from ._store import Store
from ._tasks import make_tasks


def cross_corpus(
    pipelines,
    corpora,
    *,
    feature_set="eGeMAPSv02",
    labels="big4",
    sources="each",
    protocol="transductive",
    budget=None,
    baselines=True,
    n_jobs=None,
    random_state=None,
    progress="auto",
    store=None,
):
    """Train on one corpus, adapt to another, test there: for every pair, beside the baselines.

    Target labels reach nothing but the scores. A pair that fails is a row with its error, and
    counts as chance in means.

    Parameters
    ----------
    pipelines : estimator, list of estimator, or dict of str to estimator
        What to evaluate; each ends in a classifier, and may be a search. See `recipe` and
        `make_pipeline`. What they ask for is passed to them: ``X_target`` (as a tuple), source
        speakers as ``groups`` of a search, the corpus of every source row as ``source_domains``,
        and ``speakers`` and ``speakers_target``.
    corpora : list of Corpus
        At least two.
    feature_set : str or path, default="eGeMAPSv02"
        openSMILE set. Corpora made from features keep theirs.
    labels : str, dict or None, default="big4"
        Label scheme, see `Corpus.with_labels`; None keeps the labels as they are.
    sources : {"each", "others"}, default="each"
        Train on each other corpus alone, or on all others together. Methods that know
        ``source_domains``, such as `CorpusScaler`, then treat each of them by itself; for all
        others they are one source.
    protocol : {"transductive", "inductive"}, default="transductive"
        Adapt to the whole unlabelled target and test on it; or adapt to four fifths of its
        speakers and test on the others, in five turns.
    baselines : bool, default=True
        Evaluate the baselines too, see the notes.
    n_jobs : int or None, default=None
        Number of processes, for feature extraction and for the cells.
    random_state : int, list of int or None, default=None
        Seeds every ``random_state`` in the pipelines that is None, candidates of searches
        included; with a list everything is repeated for each seed.
    progress : bool or "auto", default="auto"
        Show progress bars; "auto" in a terminal only.

    Returns
    -------
    result : CrossCorpusResult
        One row for each source, target, pipeline and seed; predictions; summaries; plots.

    Raises
    ------
    ValueError
        If a parameter is invalid, or a pipeline is known to go silently wrong.

    Notes
    -----
    Beside the pipelines stand, with the classifier of the first pipeline: ``chance`` (every class
    equally often), ``source-only`` (scaled by the source's statistics), ``pooled-scaling``
    (statistics of source and target together), ``corpus-scaling`` (every corpus by
    its own statistics: the one to beat) and ``in-corpus`` (trained on other speakers of the target
    itself, five folds, one score). Baselines do not adapt: where a pipeline ends in a classifier
    that does, they take the one inside it or, if there is none, that of the next pipeline.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> corpora = ft.load_demo_corpora()[:2]
    >>> result = ft.cross_corpus({"coral": ft.recipe("coral")}, corpora, feature_set="GeMAPSv01b")
    >>> result.to_frame()[["source", "target", "pipeline"]].query("pipeline == 'coral'")
        source   target pipeline
    4  demo-de  demo-en    coral
    9  demo-en  demo-de    coral
    """
    pipelines = named_pipelines(pipelines)
    plan = Plan.of(protocol, budget, random_state, baselines)
    corpora = usable_corpora(corpora, labels, plan.protocol)
    pairs = source_target_pairs([corpus.name for corpus in corpora], sources)
    for pipeline in pipelines.values():
        final_predictor(pipeline, rated=is_rated(corpora[0].labels))
    domains = {
        corpus.name: Labelled.of(corpus, feature_set, n_jobs, progress) for corpus in corpora
    }
    tasks = make_tasks(pipelines, domains, pairs, plan)
    cells = run_all(tasks, n_jobs, is_shown(progress), Store.at(store))
    return collect(tasks, cells, plan.protocol, list(pipelines))
