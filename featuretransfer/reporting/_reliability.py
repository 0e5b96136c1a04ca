"""Reliability diagrams: accuracy by confidence."""

from .._matplotlib import import_pyplot

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
MARKERS = "osD^vP"


class ReliabilityDisplay:
    """Accuracy by confidence, on the diagonal where probabilities can be taken at their word.

    Make it by `from_result`. Below the diagonal a pipeline is surer than it is right, as most are
    on another corpus than their own.

    Parameters
    ----------
    bins : dict of str to DataFrame of shape (n_bins, 3)
        Pipeline to columns ``n``, ``confidence`` and ``accuracy``, see
        `CrossCorpusResult.calibration`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from featuretransfer.reporting import ReliabilityDisplay
    >>> bins = pd.DataFrame({"n": [5, 5], "confidence": [0.4, 0.9], "accuracy": [0.4, 0.7]})
    >>> display = ReliabilityDisplay({"coral": bins}).plot()
    >>> display.ax_.get_legend_handles_labels()[1]
    ['coral (ECE 10.0 %)']
    """

    def __init__(self, bins):
        self.bins = bins

    @classmethod
    def from_result(
        cls, result, pipelines=None, *, source=None, target=None, n_bins=15, budget=None, ax=None
    ):
        """Bin the predictions of an evaluation and draw.

        Parameters
        ----------
        result : CrossCorpusResult
            An evaluation.
        pipelines : list of str, default=None
            Pipelines or baselines with probabilities; all pipelines by default.
        source, target : str, default=None
            Of these alone; of all together by default.
        n_bins : int, default=15
            Number of bins of equal width.
        budget : int, default=None
            Which number of labelled target rows, needed where there are several.
        ax : matplotlib Axes, default=None
            Where to draw, a new figure by default.

        Returns
        -------
        display : ReliabilityDisplay
            Drawn.
        """
        names = result.pipelines if pipelines is None else pipelines
        options = {"source": source, "target": target, "n_bins": n_bins, "budget": budget}
        return cls({name: result.calibration(name, **options) for name in names}).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, a new figure by default.

        Returns
        -------
        display : ReliabilityDisplay
            This object.
        """
        from ..evaluation._calibration import calibration_error

        if ax is None:
            _, ax = import_pyplot().subplots(
                figsize=(5, 5 + 0.2 * len(self.bins)), layout="constrained"
            )
        ax.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--")
        for i, (name, bins) in enumerate(self.bins.items()):
            filled = bins[bins["n"] > 0]
            ax.plot(
                filled["confidence"],
                filled["accuracy"],
                color=COLOURS[i % len(COLOURS)],
                marker=MARKERS[i % len(MARKERS)],
                label=f"{name} (ECE {100 * calibration_error(bins):.1f} %)",
            )
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="confidence", ylabel="accuracy")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self
