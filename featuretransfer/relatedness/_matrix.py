"""One measure for all pairs of corpora."""

from itertools import permutations

import numpy as np
import pandas as pd

from ._domains import read_corpora
from ._measures import Options, Pair, resolve_measures


def relatedness_matrix(
    corpora,
    measure="energy",
    *,
    feature_set="eGeMAPSv02",
    scaling="corpus",
    estimator=None,
    random_state=0,
):
    """Measure how related every corpus is to every other.

    Parameters
    ----------
    corpora : list of Corpus, or dict of str to Corpus or array-like
        At least two, or tables of features by name.
    measure : str or callable, default="energy"
        A measure of `relatedness`.
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
    matrix : DataFrame of shape (n_corpora, n_corpora)
        Sources in rows, targets in columns. Distances are symmetric, with 0 on the diagonal;
        measures of tasks have a direction, and NaN on the diagonal.

    Raises
    ------
    ValueError
        If there are less than two corpora, or two of one name.

    See Also
    --------
    relatedness : Several measures for one pair, with p-values.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> matrix = ft.relatedness_matrix(ft.load_demo_corpora(), feature_set="GeMAPSv01b")
    >>> matrix.shape
    (3, 3)
    >>> bool(matrix.loc["demo-de", "demo-en"] == matrix.loc["demo-en", "demo-de"])
    True
    """
    domains = read_corpora(corpora, feature_set)
    if len(domains) < 2:
        raise ValueError(f"corpora must hold at least two corpora, got {len(domains)}.")
    ((_, resolved),) = resolve_measures(measure).items()
    options = Options(scaling, estimator, 0, random_state)
    names = [domain.name for domain in domains]
    values = np.full((len(names),) * 2, np.nan if resolved.of_task else 0.0)
    for i, j in permutations(range(len(names)), 2):
        if resolved.of_task or i < j:
            values[i, j] = resolved.compute(Pair.of(domains[i], domains[j], options)).value
    if not resolved.of_task:
        values = values + values.T
    index = pd.Index(names, name="source")
    return pd.DataFrame(values, index, pd.Index(names, name="target"))
