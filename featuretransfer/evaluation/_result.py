"""What a cross-corpus evaluation found."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from .._checks import is_count
from ._metrics import bootstrap_uar

BASELINE_TO_BEAT = "corpus-scaling"
PREDICTION = [
    *("source", "target", "pipeline", "seed"),
    *("file", "start", "end", "speaker", "y_true", "y_pred"),
]
METRICS = ("uar", "war", "macro_f1")


class CrossCorpusResult:
    """Rows, predictions and summaries of `cross_corpus`.

    Parameters
    ----------
    table : DataFrame
        One row for each source, target, pipeline and seed.
    parts : list of DataFrame or None
        Predictions of every row of the table, None where there are none.
    pipelines : list of str
        Names of the evaluated pipelines, baselines left out.

    Attributes
    ----------
    pipelines : list of str
        Names of the evaluated pipelines, baselines left out.
    """

    def __init__(self, table, parts, pipelines):
        self._table = table
        self._parts = parts
        self.pipelines = pipelines

    def __repr__(self):
        rows = self._table[self._table["pipeline"].isin(self.pipelines)]
        pairs = rows.groupby(["source", "target"]).ngroups
        return f"CrossCorpusResult: {pairs} pairs, pipelines {', '.join(self.pipelines)}"

    def to_frame(self):
        """The result as a tidy table.

        Returns
        -------
        table : DataFrame
            One row for each source, target, pipeline and seed, with protocol, tuning (how settings
            were chosen), side information, n, chance, uar, war and macro_f1 (fractions), counts
            and recalls by class, seconds, and the error of a cell that failed.
        """
        return self._table.copy()

    @property
    def predictions(self):
        """DataFrame: source, target, pipeline, seed, file, start, end, speaker, y_true, y_pred."""
        parts = [part for part in self._parts if part is not None]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PREDICTION)

    def matrix(self, pipeline=None, metric="uar"):
        """Scores of one pipeline by source and target.

        Parameters
        ----------
        pipeline : str, default=None
            A pipeline or baseline, the first pipeline by default.
        metric : {"uar", "war", "macro_f1"}, default="uar"
            What to show; a mean over seeds.

        Returns
        -------
        matrix : DataFrame of shape (n_sources, n_targets)
            With the in-corpus scores where source and target are the same corpus; one row,
            "others", where all other corpora are the source. A cell that failed is NaN.
        """
        pipeline = self.pipelines[0] if pipeline is None else pipeline
        known = self._table["pipeline"].unique()
        if pipeline not in known:
            raise ValueError(f"pipeline must be one of {list(known)}, got {pipeline!r}.")
        if metric not in METRICS:
            raise ValueError(f"metric must be one of {list(METRICS)}, got {metric!r}.")
        rows = self._table[self._table["pipeline"] == pipeline]
        within = self._table[self._table["pipeline"] == "in-corpus"]
        targets = {*within["target"], *rows["target"]}
        names = dict.fromkeys([*within["target"], *rows["source"], *rows["target"]])
        corpora = [name for name in names if name in targets]
        sources = [name for name in corpora if name in set(rows["source"])]
        if sources:
            rows = pd.concat([rows, within])
        else:  # several corpora are one source, another for each target
            sources, rows = ["others"], rows.assign(source="others")
        matrix = rows.pivot_table(metric, "source", "target", aggfunc="mean", dropna=False)
        return matrix.reindex(index=sources, columns=corpora).rename_axis(None, axis=1)

    def summary(self, *, by="pipeline", n_bootstraps=1000, confidence=0.95, random_state=0):
        """Mean scores with intervals from a bootstrap over the target's speakers.

        Parameters
        ----------
        by : {"pipeline", "pair"}, default="pipeline"
            Means over all pairs and seeds, or one row for each pair.
        n_bootstraps : int, default=1000
            Number of replicates. In each, every target corpus has its speakers drawn with
            replacement, the same for all pipelines.
        confidence : float, default=0.95
            Coverage of the intervals (percentiles of the replicates).
        random_state : int, default=0
            Determines the draws.

        Returns
        -------
        summary : DataFrame
            Index pipeline (or pipeline, source, target); columns ``uar``, ``uar_low``,
            ``uar_high``, ``war``, ``macro_f1``, ``gain``, ``gain_low``, ``gain_high`` (over
            corpus-scaling, paired by replicate), ``n_pairs``, ``n_failed``, ``tuning`` and
            ``side_information``. Cells that failed count as chance.
        """
        if by not in ("pipeline", "pair"):
            raise ValueError(f"by must be 'pipeline' or 'pair', got {by!r}.")
        if not is_count(n_bootstraps):
            raise ValueError(f"n_bootstraps must be an integer >= 1, got {n_bootstraps!r}.")
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
        keys = ["pipeline"] if by == "pipeline" else ["pipeline", "source", "target"]
        table = self._filled()
        drawn = self._replicates(table, n_bootstraps, random_state)
        groups = table.groupby(keys, sort=False).indices
        levels = (1 - confidence) / 2, (1 + confidence) / 2
        lines = [_line(table, positions, drawn, levels) for positions in groups.values()]
        if by == "pipeline":
            return pd.DataFrame(lines, index=pd.Index(groups, name="pipeline"))
        return pd.DataFrame(lines, index=pd.MultiIndex.from_tuples(groups, names=keys))

    def plot(self, pipelines=None, *, metric="uar", figure=None):
        """Draw transfer matrices side by side.

        Parameters
        ----------
        pipelines : list of str, default=None
            What to show; source-only, corpus-scaling and the pipelines by default.
        metric : {"uar", "war", "macro_f1"}, default="uar"
            Score to show.
        figure : matplotlib Figure, default=None
            Where to draw, a new one by default.

        Returns
        -------
        display : TransferMatrixDisplay
            With ``figure_`` and ``axes_``.
        """
        from ..reporting import TransferMatrixDisplay

        shown = pipelines
        if shown is None:
            shown = ["source-only", BASELINE_TO_BEAT, *self.pipelines]
            shown = [name for name in shown if name in set(self._table["pipeline"])]
        display = TransferMatrixDisplay({name: self.matrix(name, metric) for name in shown}, metric)
        return display.plot(figure=figure)

    def to_csv(self, path):
        """Write `to_frame` as CSV.

        Parameters
        ----------
        path : path-like
            The file.
        """
        self._table.to_csv(path, index=False)

    def to_markdown(self, path=None):
        """Summary, scores by pair, and class counts as Markdown tables.

        Parameters
        ----------
        path : path-like, default=None
            File to write as well.

        Returns
        -------
        text : str
            The tables, scores in percent.
        """
        from ._markdown import markdown

        text = markdown(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _filled(self):
        """The table with chance in place of failed cells."""
        table, failed = self._table.copy(), self._table["uar"].isna()
        for metric in METRICS:
            table.loc[failed, metric] = table.loc[failed, "chance"]
        return table

    def _replicates(self, table, n_bootstraps, seed):
        """UAR of every row of the table in every replicate, shape (n_rows, n_bootstraps)."""
        replicates = np.empty((len(table), n_bootstraps))
        for position, (rows, target, uar) in enumerate(
            zip(self._parts, table["target"], table["uar"])
        ):
            if rows is None:
                replicates[position] = uar
            else:
                replicates[position] = bootstrap_uar(
                    rows["y_true"],
                    rows["y_pred"],
                    rows["speaker"],
                    n_bootstraps,
                    (seed, zlib.crc32(target.encode())),  # one draw of speakers for each target
                )
        return replicates


def _line(table, positions, drawn, levels):
    rows = table.iloc[positions]
    line = _interval("uar", rows["uar"].mean(), drawn[positions], levels)
    line |= {metric: rows[metric].mean() for metric in METRICS[1:]}
    beaten = _to_beat(table, rows)
    if beaten is None:
        line |= dict.fromkeys(("gain", "gain_low", "gain_high"), np.nan)
    else:
        gain = rows["uar"].mean() - table["uar"].iloc[beaten].mean()
        line |= _interval("gain", gain, drawn[positions] - drawn[beaten], levels)
    line |= {"n_pairs": rows[["source", "target"]].drop_duplicates().shape[0]}
    line |= {"n_failed": int((rows["error"] != "").sum())}
    return line | {name: ", ".join(rows[name].unique()) for name in ("tuning", "side_information")}


def _interval(name, value, drawn, levels):
    low, high = np.quantile(drawn.mean(axis=0), levels)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _to_beat(table, rows):
    """Positions of the baseline to beat for the same sources, targets and seeds."""
    names = table["pipeline"].to_numpy() == BASELINE_TO_BEAT
    places = [_place(row) for row in table.itertuples()]
    position = {place: i for i, (place, is_it) in enumerate(zip(places, names)) if is_it}
    beaten = [position.get(_place(row)) for row in rows.itertuples()]
    return None if None in beaten else beaten


def _place(row):
    return row.source, row.target, row.seed
