"""A splitter for the evaluation with a few labelled rows of the target."""

import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseShuffleSplit
from sklearn.utils import check_random_state

from .._checks import check_counts

DRAWS = 100  # halves of the speakers that are tried for one with enough rows of every class


class FewLabelsSplit(BaseShuffleSplit):
    """Draw a few rows of each class to label, and rows of other speakers to test on.

    For methods that learn from labelled target rows (inductive transfer): how good are they with
    5, 10 or 20 labels of each class? One random half of the speakers gives the labelled rows, all
    rows of the other half are tested. The halves do not depend on the number of labels wherever
    there are enough of them, so that the points of a learning curve share their tests.

    Parameters
    ----------
    n_per_class : int, default=10
        Rows of each class to label.
    n_splits : int, default=10
        How often to draw.
    random_state : int, RandomState instance or None, default=None
        Determines speakers and rows. An int draws the same halves in every call.

    See Also
    --------
    featuretransfer.cross_corpus : The evaluation without target labels.

    Notes
    -----
    Of 100 random halves the first is taken in which every class has `n_per_class` rows to label and
    one to test; if none has, that with most rows of the rarest class, with a warning that counts
    them.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer.selection import FewLabelsSplit
    >>> y, speakers = np.tile(["anger", "sadness"], 20), np.repeat(["s1", "s2", "s3", "s4"], 10)
    >>> for known, tested in FewLabelsSplit(3, n_splits=2, random_state=0).split(y, y, speakers):
    ...     print(
    ...         np.unique(y[known], return_counts=True)[1],
    ...         set(speakers[tested]) & set(speakers[known]),
    ...     )
    [3 3] set()
    [3 3] set()
    """

    __metadata_request__split = {"groups": True}

    def __init__(self, n_per_class=10, n_splits=10, random_state=None):
        super().__init__(n_splits, random_state=random_state)
        self.n_per_class = n_per_class

    def split(self, X, y=None, groups=None):
        """Generate the row numbers of labelled and of tested rows.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows; only their number counts.
        y : array-like of shape (n_target,), default=None
            Their classes; required.
        groups : array-like of shape (n_target,), default=None
            Their speakers; required.

        Yields
        ------
        known : ndarray of int
            Rows to label, `n_per_class` of each class in the order of the classes.
        tested : ndarray of int
            All rows of the other half of the speakers.

        Raises
        ------
        ValueError
            If `y` or `groups` is missing, there are fewer than two speakers, or no half of them has
            rows of every class.
        """
        for name, value in (("y", y), ("groups", groups)):
            if value is None:
                raise ValueError(
                    f"{name} is None; FewLabelsSplit needs the classes as y and the speakers as "
                    "groups, one for each row."
                )
        yield from super().split(X, y, groups)

    def _iter_indices(self, X, y=None, groups=None):
        check_counts(self, "n_per_class", "n_splits")
        classes, y = np.unique(np.asarray(y), return_inverse=True)
        speakers, groups = np.unique(np.asarray(groups), return_inverse=True)
        if len(speakers) < 2:
            raise ValueError(
                f"groups has {len(speakers)} speaker; expected at least two, of whom some are "
                "labelled and the others tested."
            )
        counts = pd.crosstab(groups, y).to_numpy()
        rng = check_random_state(self.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_splits)
        for seed in seeds:
            own = np.random.default_rng(seed)
            given = self._half(counts, classes, own)[groups]
            known = [own.permutation(np.flatnonzero(given & (y == c))) for c in range(len(classes))]
            yield (
                np.concatenate([rows[: self.n_per_class] for rows in known]),
                np.flatnonzero(~given),
            )

    def _half(self, counts, classes, rng):
        """Which speakers are labelled, of shape (n_speakers,)."""
        best, most = None, 0
        for order in [rng.permutation(len(counts)) for _ in range(DRAWS)]:
            half = np.isin(np.arange(len(counts)), order[: len(counts) // 2])
            available = counts[half].sum(axis=0)
            fewest = min(available.min(), self.n_per_class)
            if fewest > most and np.all(counts[~half].sum(axis=0)):
                best, most = half, fewest
            if most == self.n_per_class:
                return best
        if best is None:
            raise ValueError(
                "No half of the speakers has rows of every class while the other half has too: "
                f"{len(counts)} speakers, {', '.join(map(str, classes))}. Draw rows of the classes "
                "that more speakers have."
            )
        short = ", ".join(
            f"{label} {count}"
            for label, count in zip(classes, counts[best].sum(axis=0))
            if count < self.n_per_class
        )
        warnings.warn(
            f"n_per_class={self.n_per_class} rows are not had by half of the speakers: {short}. "
            "All that there are are labelled.",
            UserWarning,
            stacklevel=5,
        )
        return best
