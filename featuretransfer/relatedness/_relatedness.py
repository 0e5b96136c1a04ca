"""How related two corpora are."""

from dataclasses import dataclass

import pandas as pd

from ._domains import read_pair
from ._measures import DISTANCES, MEASURES, Options, Pair, resolve_measures


@dataclass(frozen=True, repr=False)
class Relatedness:
    """Measures of how related two corpora are, as `relatedness` returns them.

    Parameters
    ----------
    source, target : str
        Names of the corpora.
    n_rows : tuple of int
        Their numbers of rows.
    scaling : str
        How the features were scaled.
    table : DataFrame
        One row for each measure, see `to_frame`.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer.relatedness import relatedness
    >>> rng = np.random.default_rng(0)
    >>> X_source, X_target = rng.normal(size=(50, 3)), rng.normal(size=(40, 3))
    >>> found = relatedness(X_source, X_target, measures=["coral", "frechet"])
    >>> found.to_frame().index.tolist()
    ['coral', 'frechet']
    """

    source: str
    target: str
    n_rows: tuple
    scaling: str
    table: pd.DataFrame

    def to_frame(self):
        """The measures as a table.

        Returns
        -------
        table : DataFrame
            Index "measure"; columns "value", "p_value" (NaN where there is none), "closer"
            (whether a "smaller" or a "greater" value tells of related corpora),
            "uses_target_labels" and "note".
        """
        return self.table.copy()

    def __getitem__(self, measure):
        return float(self.table.loc[measure, "value"])

    def __repr__(self):
        title = (
            f"{self.source} ({self.n_rows[0]} rows) and {self.target} ({self.n_rows[1]} rows), "
            f"scaling={self.scaling!r}"
        )
        shown = self.table.drop(columns="uses_target_labels").rename_axis(None)
        if not shown["note"].any():
            shown = shown.drop(columns="note")
        shown["value"] = shown["value"].map("{:.4g}".format)
        shown["p_value"] = shown["p_value"].map(lambda p: "" if pd.isna(p) else f"{p:.3f}")
        return f"{title}\n{shown.to_string()}"


def relatedness(
    *data,
    y_target=None,
    speakers_source=None,
    speakers_target=None,
    feature_set="eGeMAPSv02",
    measures=None,
    scaling="corpus",
    estimator=None,
    n_permutations=199,
    random_state=0,
):
    """Measure how related two corpora are.

    Before a transfer: is the target like anything this source has heard? `source_ranking` compares
    several sources by it, `shift_attribution` tells which features differ.

    Parameters
    ----------
    *data : Corpus or array-like
        Two `Corpus` objects, source and target; or two tables of features, ``X_source, X_target``;
        or, with source labels, ``X_source, y_source, X_target``.
    y_target : array-like of shape (n_target,), default=None
        Target labels beside tables, None or NaN for rows without; for measures of tasks only.
    speakers_source, speakers_target : array-like of shape (n_rows,), default=None
        Speakers of the rows of tables. They give p-values, and keep the proxy A-distance from
        telling speakers apart.
    feature_set : str or path, default="eGeMAPSv02"
        openSMILE set of corpora.
    measures : str, callable or list of such, default=None
        Distances, without labels: "mmd" (`maximum_mean_discrepancy`), "energy" (`energy_distance`),
        "proxy-a-distance" (`proxy_a_distance`), "coral" (`coral_distance`), "frechet"
        (`frechet_distance`), "sliced-wasserstein" (`sliced_wasserstein_distance`). **With target
        labels**, of a source model: "leep" (`leep`), "nce" (`nce`), "log-me" (`log_me`) and
        "h-score" (`h_score`). Or functions of source rows and target rows that return a distance.
        None is all distances and, where `y_target` is given, all measures of tasks too; the labels
        of a target `Corpus` are used only where such a measure is asked for by name.
    scaling : {"corpus", "pooled", "none"}, default="corpus"
        Standardise the features of each corpus by itself, of both together, or not at all. Those of
        openSMILE differ by orders of magnitude, so that without scaling a few decide alone. By
        default level and range of the features, which `CorpusScaler` and every `recipe` remove
        anyway, do not count: what is measured is what remains. "pooled" lets them count.
    estimator : classifier or None, default=None
        Source model of the measures of tasks, fitted on the scaled source rows. None is balanced
        logistic regression, as in `recipe`.
    n_permutations : int, default=199
        Exchanges of speakers between the corpora for the p-values of "mmd" and "energy"; all of
        them where there are fewer. 0 gives none.
    random_state : int, RandomState instance or None, default=0
        Draws exchanges, directions of "sliced-wasserstein" and folds of rows without speakers.

    Returns
    -------
    result : Relatedness
        ``result["mmd"]`` is a value, ``result.to_frame()`` a table with values, p-values and notes.

    Raises
    ------
    ValueError
        If a corpus has less than two rows, or labels are missing that a measure needs.

    See Also
    --------
    relatedness_matrix : One measure for all pairs of many corpora.
    source_ranking : Which source to take for a target.
    shift_attribution : Which features, and groups of features, differ.

    Notes
    -----
    The p-value is the share of exchanges of *speakers* between the corpora that give a value at
    least as large. Rows of a speaker resemble each other: exchanging rows would call nearly all
    corpora of few speakers different, also where they are of one population. Without speakers there
    is no p-value, and the note says so. Two speakers a side can be divided in 6 ways: no p-value
    below 1/6. With ``scaling="corpus"`` the exchanged corpora are scaled anew, each by itself: the
    question then is whether they differ beyond level and range.

    A small p-value says that the corpora differ, not that a transfer fails, and no measure of
    features can tell whether the *emotions* are expressed alike. On four real corpora no distance
    went along with accuracy beyond chance, and measures of tasks did so better: see
    ``benchmarks/README.md``.

    **Cost.** With n and m rows of d features: time O((n + m)^2 d) for the support vector machine of
    the proxy A-distance and for the statistics of pairs (for these once more for each exchange of
    speakers if ``scaling="corpus"``), O(d^3) for the Frechet distance (less where n + m < d).
    Memory is O((n + m) d), or O(d^2).

    Examples
    --------
    >>> import featuretransfer as ft
    >>> german, english, _ = ft.load_demo_corpora()
    >>> found = ft.relatedness(german, english, feature_set="GeMAPSv01b", measures=["mmd", "coral"])
    >>> found.to_frame()["closer"].tolist()
    ['smaller', 'smaller']
    >>> found["mmd"] > 0
    True
    """
    domains = read_pair(
        data,
        feature_set,
        y_target=y_target,
        speakers_source=speakers_source,
        speakers_target=speakers_target,
    )
    if measures is None:
        measures = DISTANCES if y_target is None else list(MEASURES)
    resolved = resolve_measures(measures)
    options = Options(scaling, estimator, n_permutations, random_state)
    pair = Pair.of(*domains, options)
    return Relatedness(
        domains[0].name,
        domains[1].name,
        tuple(map(len, pair.tables)),
        scaling,
        _table(resolved, pair),
    )


def _table(resolved, pair):
    rows = []
    for name, measure in resolved.items():
        found = measure.compute(pair)
        rows.append(
            {
                "measure": name,
                "value": found.value,
                "p_value": found.p_value,
                "closer": measure.closer,
                "uses_target_labels": measure.of_task,
                "note": found.note,
            }
        )
    return pd.DataFrame(rows).set_index("measure")
