"""Which source corpora to take for a target."""

from dataclasses import dataclass

import pandas as pd

from ._domains import read_corpora, read_one
from ._measures import Options, Pair, resolve_measures


@dataclass(frozen=True, repr=False)
class SourceRanking:
    """Source corpora by how related they are to a target, as `source_ranking` returns them.

    Parameters
    ----------
    target : str
        Name of the target.
    table : DataFrame
        One row for each source, see `to_frame`.

    Attributes
    ----------
    best : str
        Name of the source that is recommended.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer.relatedness import source_ranking
    >>> rng = np.random.default_rng(0)
    >>> skewed = lambda n, d=4: rng.exponential(size=(n, d))
    >>> ranking = source_ranking(
    ...     skewed(60), {"a": rng.normal(size=(60, 4)), "b": skewed(60)}, "mmd"
    ... )
    >>> ranking.best
    'b'
    """

    target: str
    table: pd.DataFrame

    def to_frame(self):
        """The sources as a table, the most related first.

        Returns
        -------
        table : DataFrame
            Index "source"; column "rank" (the mean of the ranks by each measure, 1 is the most
            related) and one column for each measure.
        """
        return self.table.copy()

    @property
    def best(self):
        return self.table.index[0]

    def __repr__(self):
        shown = self.table.rename_axis(None).map(lambda value: f"{value:.4g}")
        return f"Sources for {self.target}, the most related first\n{shown.to_string()}"


def source_ranking(
    target,
    corpora,
    measures="energy",
    *,
    feature_set="eGeMAPSv02",
    scaling="corpus",
    estimator=None,
    random_state=0,
):
    """Rank source corpora by how related they are to a target.

    For a target without labels: which of the corpora at hand to train on, where it cannot be all of
    them. **Do not trust it far**: on four real corpora the recommended sources were no better than
    others, see the notes. All sources together, each scaled by itself (``source_domains``), are
    better than any one.

    Parameters
    ----------
    target : Corpus or array-like of shape (n_target, n_features)
        The target.
    corpora : list of Corpus, or dict of str to Corpus or array-like
        The sources; the target itself, if it is among them, is left out.
    measures : str, callable or list of such, default="energy"
        Measures of `relatedness`; with several, sources are ranked by the mean of their ranks, ties
        by the first measure. Measures of tasks need target labels.
    feature_set : str or path, default="eGeMAPSv02"
        openSMILE set of corpora.
    scaling : {"corpus", "pooled", "none"}, default="corpus"
        As of `relatedness`, for each pair by itself.
    estimator : classifier or None, default=None
        Source model of the measures of tasks.
    random_state : int, RandomState instance or None, default=0
        Draws directions and folds.

    Returns
    -------
    ranking : SourceRanking
        ``ranking.best`` is a name, ``ranking.to_frame()`` the whole table.

    Raises
    ------
    ValueError
        If there is no source.

    See Also
    --------
    relatedness : All measures for one pair.
    SourceDomainWeights : Weights several sources by their distance instead of choosing one.

    Notes
    -----
    The default measure had the best mean rank correlation with accuracy over the sources of a
    target (0.65) of all that need no labels, on halves of the demo corpora, on synthetic shifts and
    on emotions of EMOVO and RAVDESS that nothing else is measured on. On the 12 pairs of EMO-DB,
    EMOVO, RAVDESS and URDU, which had no part in the choice, it failed (-0.12; the sources it
    recommends reach 46.9 % UAR, those at random 49.2, the best ones 56.9). ``benchmarks/README.md``
    has all measures. With some target labels "leep" and "h-score" are safer guides.

    **Cost.** That of the measures, once for each source.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> target, *sources = ft.load_demo_corpora()
    >>> ranking = ft.source_ranking(target, sources, feature_set="GeMAPSv01b")
    >>> sorted(ranking.to_frame().index)
    ['demo-en', 'demo-it']
    """
    wanted = read_one(target, feature_set)
    others = corpora
    if not isinstance(corpora, dict):
        others = [corpus for corpus in corpora if corpus is not target]
    sources = [domain for domain in read_corpora(others, feature_set) if domain.name != wanted.name]
    if not sources:
        raise ValueError("corpora must hold at least one corpus beside the target, got none.")
    resolved = resolve_measures(measures)
    options = Options(scaling, estimator, 0, random_state)
    pairs = [Pair.of(source, wanted, options) for source in sources]
    table = pd.DataFrame(
        {
            name: [measure.compute(pair).value for pair in pairs]
            for name, measure in resolved.items()
        },
        pd.Index([source.name for source in sources], name="source"),
    )
    signs = [1 if measure.closer == "smaller" else -1 for measure in resolved.values()]
    ranks = (table * signs).rank(method="average", na_option="bottom")
    table.insert(0, "rank", ranks.mean(axis=1))
    first = ranks.iloc[:, 0].rename("first")
    order = table[["rank"]].assign(first=first, name=table.index.map(str))
    return SourceRanking(wanted.name, table.loc[order.sort_values(list(order)).index])
