"""Transfer matrices: a score for every source and target."""

import numpy as np

from .._matplotlib import import_pyplot

NAMES = {
    "uar": "UAR",
    "war": "WAR",
    "macro_f1": "macro F1",
    "auc": "AUC",
    "ece": "ECE",
    "ccc": "CCC",
    "pearson": "Pearson's correlation",
}


class TransferMatrixDisplay:
    """Heat maps of the scores by source (rows) and target (columns), in percent.

    All maps share one colour scale. Where source and target are the same corpus the score is that
    of training on its other speakers.

    Parameters
    ----------
    matrices : dict of str to DataFrame of shape (n_sources, n_targets)
        Title to scores, fractions; see `CrossCorpusResult.matrix`.
    metric : str, default="uar"
        What the scores are.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : ndarray of matplotlib Axes
        One for each matrix.

    Examples
    --------
    >>> import pandas as pd
    >>> from featuretransfer.reporting import TransferMatrixDisplay
    >>> scores = pd.DataFrame([[0.7, 0.4], [0.5, 0.6]], ["a", "b"], ["a", "b"])
    >>> display = TransferMatrixDisplay({"coral": scores}).plot()
    >>> display.axes_[0].get_title()
    'coral: 45.0'
    """

    def __init__(self, matrices, metric="uar"):
        self.matrices = matrices
        self.metric = metric

    def plot(self, *, figure=None, cmap="viridis"):
        """Draw.

        Parameters
        ----------
        figure : matplotlib Figure, default=None
            Where to draw, a new one by default.
        cmap : str or matplotlib Colormap, default="viridis"
            Colours.

        Returns
        -------
        display : TransferMatrixDisplay
            This object.
        """
        n_rows = max(1, round(np.sqrt(len(self.matrices) / 2)))
        n_columns = -(-len(self.matrices) // n_rows)
        largest = max(max(matrix.shape) for matrix in self.matrices.values())
        side = 1.6 + 0.65 * largest
        if figure is None:
            figure = import_pyplot().figure(
                figsize=(side * n_columns + 0.8, side * n_rows), layout="constrained"
            )
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        values = np.concatenate([m.to_numpy(float).ravel() for m in self.matrices.values()])
        low, high = np.nanmin(values), np.nanmax(values)
        for axes, (title, matrix) in zip(grid, self.matrices.items()):
            image = axes.imshow(matrix.to_numpy(float), vmin=low, vmax=high, cmap=cmap)
            _label(axes, title, matrix)
            _write(axes, matrix, image)
        for axes in grid[len(self.matrices) :]:
            axes.set_axis_off()
        bar = figure.colorbar(image, ax=list(grid), shrink=0.8)
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        bar.set_label(f"{NAMES.get(self.metric, self.metric)} / %")
        self.figure_, self.axes_ = figure, grid[: len(self.matrices)]
        return self


def _label(axes, title, matrix):
    across = _across(matrix)
    axes.set_title(f"{title}: {100 * np.nanmean(across):.1f}" if len(across) else title)
    axes.set_xticks(range(matrix.shape[1]), matrix.columns, rotation=30, ha="right")
    axes.set_yticks(range(matrix.shape[0]), matrix.index)
    axes.set_xlabel("target")
    axes.set_ylabel("source")


def _across(matrix):
    """Scores where source and target differ."""
    scores = [
        matrix.loc[source, target]
        for source in matrix.index
        for target in matrix.columns
        if source != target
    ]
    return np.array([score for score in scores if not np.isnan(score)])


def _write(axes, matrix, image):
    for row, scores in enumerate(matrix.to_numpy(float)):
        for column, score in enumerate(scores):
            if np.isnan(score):
                axes.text(column, row, "failed", ha="center", va="center", fontsize="small")
                continue
            red, green, blue, _ = image.cmap(image.norm(score))
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
            axes.text(
                column,
                row,
                f"{100 * score:.0f}",
                ha="center",
                va="center",
                color="white" if dark else "black",
            )
