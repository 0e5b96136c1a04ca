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

    Target labels reach nothing but the scores, except those few that ``protocol="few-labels"``
    gives away, and `oracle`, which is flagged. A pair that fails is a row with its error, and
    counts as chance in means.

    Parameters
    ----------
    pipelines : estimator, list of estimator, or dict of str to estimator
        What to evaluate; each ends in a classifier (for ratings in a regressor), and may be a
        search. See `recipe` and `make_pipeline`. What they ask for is passed to them: ``X_target``
        (as a tuple), ``y_target`` where some target rows are labelled, source speakers as
        ``groups`` of a search, the corpus of every source row as ``source_domains``, and
        ``speakers`` and ``speakers_target``.
    corpora : list of Corpus
        At least two, all with classes or, for regression, all with ratings.
    feature_set : str or path, default="eGeMAPSv02"
        openSMILE set. Corpora made from features keep theirs.
    labels : str, dict or None, default="big4"
        Label scheme, see `Corpus.with_labels`; None keeps the labels as they are, which ratings
        need.
    sources : {"each", "others"} or dict of str to str or list, default="each"
        Train on each other corpus alone, or on all others together (leave one corpus out), or on
        chosen ones: ``{"urdu": ["emodb", "emovo"]}`` from target to the corpora that are one
        source, ``{"urdu": [["emodb"], ["emodb", "emovo"]]}`` to several sources in turn; only
        these targets are tested. Methods that know ``source_domains``, such as `CorpusScaler`,
        treat each corpus of a source by itself.
    protocol : {"transductive", "inductive", "few-labels"}, default="transductive"
        Adapt to the whole unlabelled target and test on it; or adapt to four fifths of its
        speakers and test on the others, in five turns; or adapt to the whole target, of which
        `budget` rows of each class are labelled, and test on other speakers than theirs, see
        `featuretransfer.selection.FewLabelsSplit`. Methods that learn from no target labels adapt
        without.
    budget : int or list of int, default=None
        Labelled target rows of each class, 10 by default where the protocol is "few-labels"; with
        a list everything is repeated for each.
    baselines : bool, default=True
        Evaluate the baselines too, see the notes.
    n_jobs : int or None, default=None
        Number of processes, for feature extraction and for the cells.
    random_state : int, list of int or None, default=None
        Seeds every ``random_state`` in the pipelines that is None, candidates of searches
        included, and draws the labelled rows (as 0 if it is None); with a list everything is
        repeated for each seed.
    progress : bool or "auto", default="auto"
        Show progress bars; "auto" in a terminal only.
    store : path-like, default=None
        Folder that keeps every finished cell, so that an evaluation that was killed continues and
        a changed one runs only what changed, see the notes.

    Returns
    -------
    result : CrossCorpusResult
        One row for each source, target, pipeline, seed and budget; predictions; summaries; plots.

    Raises
    ------
    ValueError
        If a parameter is invalid, or a pipeline is known to go silently wrong.
    TypeError
        If a corpus is none, or a pipeline ends in no classifier (for ratings no regressor).

    See Also
    --------
    oracle : The best candidate of a search in hindsight.

    Notes
    -----
    Beside the pipelines stand, with the predictor of the first pipeline: ``chance`` (every class
    equally often; for ratings a constant), ``source-only`` (scaled by the source's statistics),
    ``pooled-scaling`` (statistics of source and target together), ``corpus-scaling`` (every corpus
    by its own statistics: the one to beat) and ``in-corpus`` (trained on other speakers of the
    target itself, five folds, one score). Where some target rows are labelled, so do
    ``target-only`` (trained on these) and ``source+target`` (on these and the source), both scaled
    as corpus-scaling. Baselines do not adapt: where a pipeline ends in a predictor that does, they
    take the one inside it or, if there is none, that of the next pipeline.

    A stored cell is found again by a hash of all that it follows from: the protocol, the pipeline
    with its parameters and everything inside, the rows it is given (features, row names, speakers,
    source labels, and target labels only where it gets to see them), the seed, and the versions of
    the packages involved, of code outside installed packages the source. A changed pipeline,
    corpus or seed therefore runs its own cells only. Pipelines with something that has no stable
    description, such as a lambda, are run each time, with a warning. Failed cells are run again,
    and so are damaged files. `seconds` are those of the first run. The folder may serve many
    evaluations; remove it to begin anew.

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
