"""Which features, and which groups of features, two corpora differ in."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ._domains import read_pair
from ._feature_groups import OTHER, PATTERNS, feature_groups
from ._measures import Options, Pair, resolve_measures
from ._shift import feature_shifts


@dataclass(frozen=True, repr=False)
class ShiftAttribution:
    """What a difference of two corpora is made of, as `shift_attribution` returns it.

    Parameters
    ----------
    source, target : str
        Names of the corpora.
    measure : str
        By which groups are measured.
    total : float
        Its value with all features.
    groups : DataFrame
        One row for each group of features, the largest difference first: "n_features"; "alone", the
        measure with these features only; "without", with all others; "drop", how far it falls
        without them.
    features : DataFrame
        One row for each feature: "group", "mean_difference", "log_variance_ratio", "wasserstein"
        and "auc", see `shift_attribution`.

    Attributes
    ----------
    unknown : list of str
        Features whose names are of no group.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from featuretransfer.relatedness import shift_attribution
    >>> table = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["F0", "age"])
    >>> shift_attribution(table, table + [3, 0]).unknown
    ['age']
    """

    source: str
    target: str
    measure: str
    total: float
    groups: pd.DataFrame
    features: pd.DataFrame

    @property
    def unknown(self):
        return self.features.index[self.features["group"] == OTHER].tolist()

    def top_features(self, n=10, by="wasserstein"):
        """The features that differ most.

        Parameters
        ----------
        n : int, default=10
            Number of features.
        by : str, default="wasserstein"
            "mean_difference", "log_variance_ratio" or "wasserstein", by absolute value; or "auc",
            by distance from one half.

        Returns
        -------
        features : DataFrame
            Rows of ``features``, the largest difference first.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        known = [column for column in self.features if column != "group"]
        if by not in known:
            raise ValueError(f"by must be one of {known}, got {by!r}.")
        size = (self.features[by] - (0.5 if by == "auc" else 0.0)).abs()
        return self.features.loc[size.sort_values(ascending=False, kind="stable").index[:n]]

    def __repr__(self):
        lines = [f"Shift from {self.source} to {self.target}, {self.measure} {self.total:.4g}"]
        groups = self.groups.rename_axis(None)
        lines.append(groups.to_string(float_format="{:.4g}".format))
        if self.unknown:
            shown = ", ".join(self.unknown[:3]) + (", ..." if len(self.unknown) > 3 else "")
            lines.append(f"of unknown names: {shown}")
        return "\n".join(lines)


def shift_attribution(
    *data,
    feature_set="eGeMAPSv02",
    groups=None,
    measure="mmd",
    scaling="pooled",
    speakers_source=None,
    speakers_target=None,
    random_state=0,
):
    """Find the features, and groups of features, that two corpora differ in.

    Another microphone moves energy and spectrum, other voices pitch and voice quality, another way
    of speaking the tempo: what moved tells what kind of difference it is.

    Parameters
    ----------
    *data : Corpus or DataFrame
        Two `Corpus` objects, source and target; or two tables of features, ``X_source, X_target``.
    feature_set : str or path, default="eGeMAPSv02"
        openSMILE set of corpora.
    groups : dict of str to str or Series, default=None
        Feature name to group, for features that are not of openSMILE; those it does not name are
        "other". None is `feature_groups`.
    measure : str or callable, default="mmd"
        Distance by which groups are measured, see `relatedness`.
    scaling : {"corpus", "pooled", "none"}, default="pooled"
        As of `relatedness`. By default differences of level and range count; "corpus" shows what is
        left when each corpus is scaled by itself, which differences of means and variances are not.
    speakers_source, speakers_target : array-like of shape (n_rows,), default=None
        Speakers of the rows of tables, for the measure "proxy-a-distance".
    random_state : int, RandomState instance or None, default=0
        Draws directions and folds of some measures.

    Returns
    -------
    attribution : ShiftAttribution
        Tables of groups and features, a summary when printed.

    Raises
    ------
    ValueError
        If the measure needs labels, or a corpus has less than two rows.

    See Also
    --------
    ShiftAttributionDisplay : Draws it.
    feature_groups : The groups of openSMILE features.

    Notes
    -----
    For each feature: the difference of the means, target less source, in pooled standard deviations
    (the root of the mean of both variances); the logarithm of the ratio of the variances; the first
    Wasserstein distance in pooled standard deviations; and the probability that a target row has
    the greater value (AUC, one half where they do not differ).

    For each group: the distance with its features alone, and how far the distance of all features
    falls without it. Groups share information, so the falls need not add up to the whole; one that
    is negative says that the others differ more than this group. "proxy-a-distance" soon reaches
    its limit, where it says of many groups that they differ completely.

    **Cost.** That of the measure, twice for each group; O((n + m) log(n + m)) for each feature.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> german, english, _ = ft.load_demo_corpora()
    >>> found = ft.shift_attribution(german, english, feature_set="GeMAPSv01b")
    >>> sorted(found.groups.index)
    ['F0', 'energy', 'spectral', 'temporal', 'voice quality']
    >>> found.top_features(2).shape
    (2, 5)
    """
    source, target = read_pair(
        data, feature_set, speakers_source=speakers_source, speakers_target=speakers_target
    )
    ((name, resolved),) = resolve_measures(measure).items()
    if resolved.of_task:
        raise ValueError(f"measure must be a distance, which needs no labels; got {measure!r}.")
    columns = source.columns
    names = _groups(columns, groups)
    pair = Pair.of(source, target, Options(scaling, None, 0, random_state))
    total = resolved.compute(pair).value
    features = pd.DataFrame({"group": names, **feature_shifts(*pair.tables)}, columns)
    return ShiftAttribution(
        source.name,
        target.name,
        name,
        total,
        _group_table(pair, resolved, names, total),
        features.rename_axis("feature"),
    )


def _groups(columns, groups):
    if groups is None:
        return feature_groups(columns).to_numpy()
    given = pd.Series(groups, dtype=object)
    if not given.index.isin(columns).any():
        raise ValueError(
            "groups must map feature names to groups, but names none of the features "
            f"{columns[:3]}..."
        )
    return np.array([given.get(column, OTHER) for column in columns], dtype=object)


def _group_table(pair, measure, names, total):
    known = [group for group in PATTERNS if group in names]
    others = sorted(set(names) - {*known, OTHER}, key=str)
    rows = []
    for group in [*known, *others, *([OTHER] if OTHER in names else [])]:
        members = names == group
        without = np.nan if members.all() else measure.compute(_columns(pair, ~members)).value
        rows.append(
            {
                "group": group,
                "n_features": int(members.sum()),
                "alone": measure.compute(_columns(pair, members)).value,
                "without": without,
                "drop": total - without,
            }
        )
    table = pd.DataFrame(rows).set_index("group")
    return table.sort_values("alone", ascending=False, kind="stable")


def _columns(pair, chosen):
    """The pair with some of its features."""
    source, target = (
        replace(domain, X=domain.X[:, chosen]) for domain in (pair.source, pair.target)
    )
    return Pair(source, target, pair.options)
