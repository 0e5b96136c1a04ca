"""What a cross-corpus evaluation found."""

from pathlib import Path

import pandas as pd

from . import _cells as cells
from ._calibration import reliability
from ._comparison import compare, significance
from ._groups import group_scores
from ._metrics import confidences, confusion
from ._summary import summarize

PREDICTION = [
    *("source", "target", "pipeline", "seed"),
    *("file", "start", "end", "speaker", "gender", "y_true", "y_pred"),
]


class CrossCorpusResult:
    """Rows, predictions and what follows from them: the outcome of `cross_corpus`.

    Everything is computed from the stored predictions; nothing is run again. Scores are fractions.
    A cell that failed counts as chance, and scores of several seeds are averaged. Pipelines that
    were tuned on target labels (``tuning`` is "oracle") stand in tables of their own.

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
            were chosen), side information, n, chance, the scores (fractions), counts and recalls by
            class, seconds, and the error of a cell that failed.
        """
        return self._table.copy()

    @property
    def predictions(self):
        """DataFrame: source, target, pipeline, seed, row, speaker, gender, label, prediction.

        Beside them ``p_<class>`` or, of classifiers without probabilities, ``score_<class>``.
        """
        parts = [part for part in self._parts if part is not None]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PREDICTION)

    def matrix(self, pipeline=None, metric=None, *, budget=None):
        """Scores of one pipeline by source and target.

        Parameters
        ----------
        pipeline : str, default=None
            A pipeline or baseline, the first pipeline by default.
        metric : str, default=None
            A score of the table, such as "war"; UAR, or CCC of ratings, by default. A mean over
            seeds.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.

        Returns
        -------
        matrix : DataFrame of shape (n_sources, n_targets)
            With the in-corpus scores where source and target are the same corpus; one row,
            "others", where each target has a source of several corpora, which differ. A cell that
            failed is NaN. The rows
            are named "source (oracle)" where the pipeline was tuned on target labels.
        """
        pipeline = self.pipelines[0] if pipeline is None else pipeline
        rows = self._table.iloc[cells.rows_of(self._table, pipeline, budget)]
        metric = cells.check_metric(self._table, metric)
        within = self._table[self._table["pipeline"] == "in-corpus"]
        targets = {*within["target"], *rows["target"]}
        names = dict.fromkeys([*within["target"], *rows["source"], *rows["target"]])
        corpora = [name for name in names if name in targets]
        sources = [name for name in names if name in set(rows["source"])]
        oracle = cells.is_oracle(rows).any()
        if len(sources) > 1 and set(sources).isdisjoint(corpora) and _one_source_each(rows):
            sources, rows = ["others"], rows.assign(source="others")  # another for each target
        elif not set(sources).isdisjoint(corpora):
            rows = pd.concat([rows, within[within["target"].isin(sources)]])
        matrix = rows.pivot_table(metric, "source", "target", aggfunc="mean", dropna=False)
        matrix = matrix.reindex(index=sources, columns=corpora).rename_axis(None, axis=1)
        return matrix.rename_axis("source (oracle)") if oracle else matrix

    def summary(
        self, *, by="pipeline", oracle=False, n_bootstraps=1000, confidence=0.95, random_state=0
    ):
        """Mean scores with intervals from a bootstrap over the target's speakers.

        Parameters
        ----------
        by : {"pipeline", "pair"}, default="pipeline"
            Means over all pairs and seeds, or one row for each pair.
        oracle : bool, default=False
            Show the pipelines that were tuned on target labels, and no others. They are left out
            otherwise, as their scores are none that a user could reach.
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
            Index pipeline (then budget, where there are several; then source and target); columns
            ``uar``, ``uar_low``, ``uar_high``, ``war``, ``macro_f1``, ``auc``, ``ece`` (for
            ratings ``ccc``, ``ccc_low``, ``ccc_high``, ``pearson``), ``gain``, ``gain_low``,
            ``gain_high`` (over corpus-scaling, paired by replicate), ``n_pairs``, ``n_failed``,
            ``tuning`` and ``side_information``. Cells that failed count as chance, except in
            ``ece``, where guessing has the best score.
        """
        return summarize(
            self._table,
            self._parts,
            by=by,
            oracle=oracle,
            n_bootstraps=n_bootstraps,
            confidence=confidence,
            random_state=random_state,
        )

    def compare(
        self,
        first,
        second=cells.BASELINE_TO_BEAT,
        *,
        budget=None,
        across_side_information=False,
        n_bootstraps=1000,
        n_permutations=10_000,
        confidence=0.95,
        random_state=0,
    ):
        """Is one pipeline better than another, for each pair and over all?

        The test swaps the predictions of the two pipelines speaker by speaker, see
        `paired_permutation_test`. Over all pairs, a speaker is swapped for all sources at once.

        Parameters
        ----------
        first : str
            A pipeline or baseline.
        second : str, default="corpus-scaling"
            What to compare it with.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.
        across_side_information : bool, default=False
            Compare pipelines also if one knows more than the other, such as the target's speakers.
        n_bootstraps : int, default=1000
            Number of replicates for the intervals.
        n_permutations : int, default=10000
            Every set of speakers is swapped where these are not more; else as many are drawn.
        confidence : float, default=0.95
            Coverage of the intervals (percentiles of the replicates).
        random_state : int, default=0
            Determines the draws.

        Returns
        -------
        comparison : DataFrame
            Index source and target, and ("all", "all") for the mean over pairs; columns
            ``difference`` of UAR (CCC of ratings), ``low`` and ``high`` (its interval), ``p``
            (two-sided), ``p_holm`` (corrected for the number of pairs) and ``n_speakers``.
            Intervals and tests are about other speakers of these corpora, given the fitted
            pipelines and seeds, whose scores are averaged; not about other corpora.
        """
        return compare(
            self._table,
            self._parts,
            first,
            second,
            budget=budget,
            across_side_information=across_side_information,
            n_bootstraps=n_bootstraps,
            n_permutations=n_permutations,
            confidence=confidence,
            random_state=random_state,
        )

    def significance(
        self,
        pipelines=None,
        *,
        metric=None,
        budget=None,
        across_side_information=False,
        alpha=0.05,
        n_permutations=10_000,
        random_state=0,
    ):
        """Do several pipelines differ over all pairs, and which? See `compare_ranks`.

        Parameters
        ----------
        pipelines : list of str, default=None
            At least three; by default all, and the baselines that are trained on the source.
        metric : str, default=None
            A score of which more is better; UAR, or CCC of ratings, by default.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.
        across_side_information : bool, default=False
            Compare pipelines also if some know more than others, such as the target's speakers.
        alpha : float, default=0.05
            Level of the critical difference.
        n_permutations : int, default=10000
            See `compare_ranks`.
        random_state : int, default=0
            Determines the draws.

        Returns
        -------
        significance : Significance
            Average ranks, Friedman's and Nemenyi's test, and Wilcoxon's test of every two
            pipelines, corrected by Holm. `CriticalDifferenceDisplay` draws it. Pairs are the
            blocks; scores of several seeds are averaged first.
        """
        return significance(
            self._table,
            pipelines,
            metric=metric,
            budget=budget,
            across_side_information=across_side_information,
            alpha=alpha,
            n_permutations=n_permutations,
            random_state=random_state,
        )

    def groups(
        self,
        by="gender",
        pipeline=None,
        *,
        budget=None,
        n_bootstraps=1000,
        confidence=0.95,
        random_state=0,
    ):
        """Scores by group of speakers, and how far the groups are apart.

        Parameters
        ----------
        by : {"gender", "speaker"}, default="gender"
            What makes a group. Rows of unknown gender or speaker are the group "unknown".
        pipeline : str, default=None
            A pipeline or baseline, the first pipeline by default.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.
        n_bootstraps : int, default=1000
            Number of replicates; speakers are drawn within their groups.
        confidence : float, default=0.95
            Coverage of the intervals (percentiles of the replicates).
        random_state : int, default=0
            Determines the draws.

        Returns
        -------
        groups : DataFrame
            Index source, target and group, with ("all", "all") for means over pairs by gender;
            columns ``n``, ``n_speakers``, ``n_classes``, ``uar`` over the classes that the group
            has, ``uar_low`` and ``uar_high`` (for ratings ``ccc``), and the same for all groups of
            a pair: ``gap``, ``gap_low`` and ``gap_high``. Means over seeds.

        Notes
        -----
        The gap is the best score less the worst, among known groups that have every class of the
        target: UAR over fewer classes is that of another task. It is NaN where there are not two.
        Its interval is that of the difference of these two groups, so that it includes 0 where
        their order is not certain. A single speaker has no interval, and the gap between many
        speakers grows with their number.
        """
        return group_scores(
            self._table,
            self._parts,
            self.pipelines[0] if pipeline is None else pipeline,
            by=by,
            budget=budget,
            n_bootstraps=n_bootstraps,
            confidence=confidence,
            random_state=random_state,
        )

    def confusion(self, pipeline=None, source=None, target=None, *, normalize="true", budget=None):
        """Predicted classes (columns) by label (rows).

        Parameters
        ----------
        pipeline : str, default=None
            A pipeline or baseline, the first pipeline by default.
        source, target : str, default=None
            Of these alone; of all together by default.
        normalize : {"true", "pred", "all", None}, default="true"
            Shares of the rows of a label (recalls in the diagonal), of a prediction, of all; or
            counts, summed over seeds.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.

        Returns
        -------
        matrix : DataFrame of shape (n_classes, n_classes)
            Cells that failed have no predictions and are left out.
        """
        if cells.headline(self._table) == "ccc":
            raise ValueError("Ratings have no confusion matrix.")
        rows = self._predicted(pipeline, source, target, budget)
        return confusion(rows["y_true"], rows["y_pred"], normalize)

    def calibration(self, pipeline=None, source=None, target=None, *, n_bins=15, budget=None):
        """Accuracy by confidence, the probability of the predicted class.

        Parameters
        ----------
        pipeline : str, default=None
            A pipeline or baseline with probabilities, the first pipeline by default.
        source, target : str, default=None
            Of these alone; of all together by default.
        n_bins : int, default=15
            Number of bins of equal width.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.

        Returns
        -------
        bins : DataFrame of shape (n_bins, 3)
            Index the upper edges; columns ``n``, ``confidence`` and ``accuracy``, means that are
            NaN in empty bins. `ReliabilityDisplay` draws it.
        """
        rows = self._predicted(pipeline, source, target, budget)
        confidence = confidences(rows["y_pred"], rows)
        if confidence is None:
            raise ValueError(
                "This pipeline has no probabilities: its classifier has no predict_proba. "
                "CalibratedClassifierCV as the last step gives them."
            )
        return reliability(confidence, rows["y_true"].to_numpy() == rows["y_pred"], n_bins)

    def plot(self, pipelines=None, *, metric=None, budget=None, figure=None):
        """Draw transfer matrices side by side.

        Parameters
        ----------
        pipelines : list of str, default=None
            What to show; source-only, corpus-scaling and the pipelines by default. Those tuned on
            target labels have "(oracle)" in their title.
        metric : str, default=None
            Score to show; UAR, or CCC of ratings, by default.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.
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
            shown = ["source-only", cells.BASELINE_TO_BEAT, *self.pipelines]
            shown = [name for name in shown if name in set(self._table["pipeline"])]
        metric = cells.check_metric(self._table, metric)
        matrices = {name: self.matrix(name, metric, budget=budget) for name in shown}
        titled = {
            f"{name} (oracle)" if matrix.index.name == "source (oracle)" else name: matrix
            for name, matrix in matrices.items()
        }
        return TransferMatrixDisplay(titled, metric).plot(figure=figure)

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
            The tables, scores in percent. Pipelines tuned on target labels have their own.
        """
        from ._markdown import markdown

        text = markdown(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _predicted(self, pipeline, source, target, budget):
        """Predictions of a pipeline, of all pairs or of some."""
        pipeline = self.pipelines[0] if pipeline is None else pipeline
        rows = cells.rows_of(self._table, pipeline, budget)
        for name, value in (("source", source), ("target", target)):
            known = self._table[name].iloc[rows]
            if value is not None and value not in set(known):
                raise ValueError(f"{name} must be one of {list(known.unique())}, got {value!r}.")
            rows = rows if value is None else rows[(known == value).to_numpy()]
        parts = [self._parts[i] for i in rows if self._parts[i] is not None]
        if not parts:
            raise ValueError(f"{pipeline!r} has no predictions for these corpora.")
        return pd.concat(parts, ignore_index=True)


def _one_source_each(rows):
    return (rows.groupby("target")["source"].nunique() == 1).all()
