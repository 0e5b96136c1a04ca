"""Critical-difference diagrams: average ranks, and which of them cannot be told apart."""

from .._matplotlib import import_pyplot

BLUE = "#0072B2"  # of the palette of Okabe and Ito; black beside it
CLIQUE_STEP = 0.45
BELOW = 0.35


class CriticalDifferenceDisplay:
    """Average ranks on a line, with bars over pipelines that do not differ significantly.

    Ranks that differ by less than the critical difference are joined by a bar [1]_. Make it by
    `from_result` or `from_scores`.

    Parameters
    ----------
    ranks : Series of shape (n_pipelines,)
        Average rank of each pipeline, 1 is best.
    critical_difference : float
        Ranks that differ by more do so significantly.
    note : str, default=""
        What is said of the ranks below the axis label, such as the number of pairs.

    Attributes
    ----------
    cliques_ : list of list of str
        Names under each bar.
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure.

    References
    ----------
    .. [1] J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7,
       2006. https://jmlr.org/papers/v7/demsar06a.html

    Examples
    --------
    >>> import pandas as pd
    >>> from featuretransfer.reporting import CriticalDifferenceDisplay
    >>> ranks = pd.Series({"coral": 1.2, "tca": 1.9, "nothing": 2.9})
    >>> CriticalDifferenceDisplay(ranks, 0.96).plot().cliques_
    [['coral', 'tca']]
    """

    def __init__(self, ranks, critical_difference, note=""):
        self.ranks = ranks
        self.critical_difference = critical_difference
        self.note = note

    @classmethod
    def from_result(cls, result, pipelines=None, *, ax=None, **options):
        """Compare the pipelines of an evaluation and draw.

        Parameters
        ----------
        result : CrossCorpusResult
            An evaluation of at least three pipelines, baselines included.
        pipelines : list of str, default=None
            Which of them, see `CrossCorpusResult.significance`.
        ax : matplotlib Axes, default=None
            Where to draw, a new figure by default.
        **options : dict
            Passed to `CrossCorpusResult.significance`, such as ``alpha`` and ``budget``.

        Returns
        -------
        display : CriticalDifferenceDisplay
            Drawn.
        """
        return cls._of(result.significance(pipelines, **options)).plot(ax=ax)

    @classmethod
    def from_scores(cls, scores, *, ax=None, **options):
        """Compare scores and draw.

        Parameters
        ----------
        scores : DataFrame of shape (n_blocks, n_pipelines)
            Larger is better, see `compare_ranks`.
        ax : matplotlib Axes, default=None
            Where to draw, a new figure by default.
        **options : dict
            Passed to `compare_ranks`, such as ``alpha``.

        Returns
        -------
        display : CriticalDifferenceDisplay
            Drawn.
        """
        from ..evaluation import compare_ranks

        return cls._of(compare_ranks(scores, **options)).plot(ax=ax)

    @classmethod
    def _of(cls, significance):
        return cls(
            significance.ranks,
            significance.critical_difference,
            f"{significance.n_blocks} pairs, Friedman p = {significance.friedman[1]:.2g}",
        )

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, a new figure of fitting size by default. Names stand at both sides of
            the axes, for which ``layout="constrained"`` makes room.

        Returns
        -------
        display : CriticalDifferenceDisplay
            This object.
        """
        ranks = self.ranks.sort_values(kind="stable")
        cliques = find_cliques(ranks.to_numpy(), self.critical_difference)
        left = [*range((len(ranks) + 1) // 2)]
        right = [*range(len(ranks) - 1, len(left) - 1, -1)]  # the worst highest: no line crosses
        first_row = BELOW + CLIQUE_STEP * len(cliques) + 0.4
        rows = {i: first_row + row for row, i in enumerate(left)}
        rows |= {i: first_row + row + 0.5 for row, i in enumerate(right)}  # none meet in a line
        bottom = first_row + len(left) + 0.3
        labels = [f"{name}  {rank:.2f}" for name, rank in ranks.items()]
        if ax is None:
            widest = sum(max((len(labels[i]) for i in side), default=0) for side in (left, right))
            size = (5 + 0.085 * widest, 1.3 + 0.28 * bottom)
            _, ax = import_pyplot().subplots(figsize=size, layout="constrained")
        last = max(len(ranks), 1 + self.critical_difference)
        ax.set_xlim(0.8, last + 0.2)
        ax.set_ylim(bottom + 0.2, -0.05)
        for i, rank in enumerate(ranks):
            edge = 0.8 if i in left else last + 0.2
            ax.plot([rank, rank, edge], [0, rows[i], rows[i]], color="black", linewidth=0.9)
        for level, (begin, end) in enumerate(cliques):
            height = BELOW + CLIQUE_STEP * level
            ends = ranks.iloc[begin] - 0.04, ranks.iloc[end] + 0.04
            ax.plot(ends, [height, height], color=BLUE, linewidth=4, solid_capstyle="butt")
        _scale(ax, self.critical_difference, bottom - 0.35)
        _name(ax, [labels[i] for i in left], [rows[i] for i in left])
        beside = ax.secondary_yaxis("right")
        _name(beside, [labels[i] for i in right], [rows[i] for i in right])
        _across(ax, len(ranks), self.note)
        self.cliques_ = [list(ranks.index[begin : end + 1]) for begin, end in cliques]
        self.ax_, self.figure_ = ax, ax.figure
        return self


def find_cliques(ranks, critical_difference):
    """First and last position of the largest runs of sorted ranks that do not differ."""
    runs, end = [], 0
    for begin in range(len(ranks)):
        last = max(
            j for j in range(begin, len(ranks)) if ranks[j] - ranks[begin] <= critical_difference
        )
        if last > max(begin, end):
            runs.append((begin, last))
            end = last
    return runs


def _scale(ax, length, height):
    """The critical difference as a bar with ends, its size below."""
    style = {"color": "black", "linewidth": 1.5}
    ax.plot([1, 1 + length], [height, height], marker="|", markersize=8, **style)
    ax.text(1 + length / 2, height + 0.15, f"CD {length:.2f}", ha="center", va="top")


def _name(axis, labels, rows):
    axis.set_yticks(rows, labels)
    axis.tick_params(axis="y", length=0)
    axis.spines[["left", "right"]].set_visible(False)


def _across(ax, n, note):
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xticks(range(1, n + 1))
    ax.set_xlabel(f"average rank ({note})" if note else "average rank")
    ax.spines["bottom"].set_visible(False)
