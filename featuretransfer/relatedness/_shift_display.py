"""Bars of the features, and groups of features, that two corpora differ in."""

import numpy as np

from .._checks import is_count
from .._matplotlib import import_pyplot
from ._attribution import shift_attribution
from ._feature_groups import OTHER, PATTERNS

# of Okabe and Ito, which are told apart with any colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#999999"
LABELS = {
    "mean_difference": "(target mean - source mean) / pooled standard deviation",
    "log_variance_ratio": "log ratio of variances",
    "wasserstein": "Wasserstein distance / pooled standard deviation",
    "auc": "probability of a greater value in the target",
}


class ShiftAttributionDisplay:
    """Bars of how far groups of features, and the single features that moved most, are shifted.

    Use `from_corpora` or `from_attribution`.

    Parameters
    ----------
    attribution : ShiftAttribution
        What `shift_attribution` returned.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Of the groups, and of the features.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    shift_attribution : The figures behind it.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> german, english, _ = ft.load_demo_corpora()
    >>> display = ft.ShiftAttributionDisplay.from_corpora(german, english, feature_set="GeMAPSv01b")
    >>> display.axes_[0].get_xlabel()
    'mmd'
    """

    def __init__(self, attribution):
        self.attribution = attribution

    @classmethod
    def from_corpora(
        cls,
        source,
        target,
        *,
        feature_set="eGeMAPSv02",
        groups=None,
        measure="mmd",
        scaling="pooled",
        random_state=0,
        n_features=10,
        by="mean_difference",
        ax=None,
    ):
        """Attribute the shift between two corpora, and draw it.

        Parameters
        ----------
        source, target : Corpus or DataFrame
            The corpora, or tables of their features.
        feature_set : str or path, default="eGeMAPSv02"
            openSMILE set of corpora.
        groups : dict of str to str or Series, default=None
            As of `shift_attribution`.
        measure : str or callable, default="mmd"
            As of `shift_attribution`.
        scaling : {"corpus", "pooled", "none"}, default="pooled"
            As of `shift_attribution`.
        random_state : int, RandomState instance or None, default=0
            As of `shift_attribution`.
        n_features : int, default=10
            Number of features to show.
        by : str, default="mean_difference"
            Measure of the features, as of `ShiftAttribution.top_features`.
        ax : matplotlib Axes or pair of such, default=None
            Where to draw, see `plot`.

        Returns
        -------
        display : ShiftAttributionDisplay
            The display.
        """
        attribution = shift_attribution(
            source,
            target,
            feature_set=feature_set,
            groups=groups,
            measure=measure,
            scaling=scaling,
            random_state=random_state,
        )
        return cls.from_attribution(attribution, n_features=n_features, by=by, ax=ax)

    @classmethod
    def from_attribution(cls, attribution, *, n_features=10, by="mean_difference", ax=None):
        """Draw what `shift_attribution` returned.

        Parameters
        ----------
        attribution : ShiftAttribution
            The attribution.
        n_features : int, default=10
            Number of features to show.
        by : str, default="mean_difference"
            Measure of the features, as of `ShiftAttribution.top_features`.
        ax : matplotlib Axes or pair of such, default=None
            Where to draw, see `plot`.

        Returns
        -------
        display : ShiftAttributionDisplay
            The display.
        """
        return cls(attribution).plot(n_features=n_features, by=by, ax=ax)

    def plot(self, *, n_features=10, by="mean_difference", ax=None):
        """Draw.

        Parameters
        ----------
        n_features : int, default=10
            Number of features to show.
        by : str, default="mean_difference"
            Measure of the features, as of `ShiftAttribution.top_features`.
        ax : matplotlib Axes or pair of such, default=None
            Axes of the groups, and of the features; a single one is of the groups alone. None
            makes a figure with both.

        Returns
        -------
        display : ShiftAttributionDisplay
            This object.
        """
        if not is_count(n_features):
            raise ValueError(f"n_features must be an integer >= 1, got {n_features!r}.")
        features = self.attribution.top_features(n_features, by)
        axes = self._axes(ax, len(features))
        colours = _colours(self.attribution.groups.index)
        self._draw_groups(axes[0], colours)
        if len(axes) > 1:
            _draw_features(axes[1], features, by, colours)
        self.axes_, self.figure_ = axes, axes[0].figure
        return self

    def _axes(self, ax, n_features):
        if ax is None:
            n_bars = max(n_features, 2 * len(self.attribution.groups))
            figure = import_pyplot().figure(figsize=(11, 1.6 + 0.27 * n_bars), layout="constrained")
            figure.suptitle(f"Shift from {self.attribution.source} to {self.attribution.target}")
            return figure.subplots(1, 2, width_ratios=(2, 3))
        axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(axes) > 2:
            raise ValueError(f"ax must be one or two Axes, got {len(axes)}.")
        return axes

    def _draw_groups(self, axes, colours):
        groups = self.attribution.groups[::-1]  # the first on top
        rows = np.arange(len(groups))
        bars = {"alone": (0.2, None), "drop": (-0.2, "////")}
        for column, (offset, hatch) in bars.items():
            axes.barh(
                rows + offset,
                groups[column].fillna(0.0),
                height=0.38,
                color=[colours[group] for group in groups.index] if hatch is None else "white",
                edgecolor=[colours[group] for group in groups.index],
                hatch=hatch,
            )
        counts = [f"{group} ({n})" for group, n in groups["n_features"].items()]
        axes.set_yticks(rows, counts)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_xlabel(self.attribution.measure)
        axes.set_title("groups alone; hatched: fall without", fontsize="medium")


def _draw_features(axes, features, by, colours):
    features = features[::-1]
    middle = 0.5 if by == "auc" else 0.0
    values = features[by] - middle
    finite = np.isfinite(values)
    largest = values[finite].abs().max() if finite.any() else 1.0
    shown = values.where(finite, np.sign(values) * 1.15 * max(largest, 1e-12))
    rows = np.arange(len(features))
    colour = [colours[group] for group in features["group"]]
    axes.barh(rows, shown, left=middle, height=0.7, color=colour, edgecolor=colour)
    for row in rows[~finite]:  # constant in both corpora, at different values
        axes.text(middle + shown.iloc[row], row, " ∞", va="center")
    axes.set_yticks(rows, features.index, fontsize="small")
    axes.axvline(middle, color="black", linewidth=0.8)
    axes.set_xlabel(LABELS[by])
    axes.set_title("features", fontsize="medium")


def _colours(groups):
    """A colour for each group, the same in all figures for those of openSMILE."""
    fixed = dict(zip(PATTERNS, COLOURS))
    others = [group for group in sorted(groups, key=str) if group not in fixed and group != OTHER]
    free = COLOURS[len(fixed) :] if fixed.keys() & set(groups) else COLOURS
    found = {group: free[number % len(free)] for number, group in enumerate(others)}
    return {**fixed, **found, OTHER: GREY}
