"""Mixed target rows as probes of the decision."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from .._checks import check_counts, is_number
from .._structure import asked_for
from ._judged import as_table, pooled, predict
from ._row_order import row_order
from ._target import TargetScorer


def partners(groups, n_draws, rng):
    """Pairs of rows: `n_draws` times every row with another one of its group, by permutations.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,) of int
        Group of every row.
    n_draws : int
        Number of permutations of every group.
    rng : RandomState
        Source of the permutations.

    Returns
    -------
    first, second : ndarray of shape (n_pairs,) of int
        Row numbers; a row that a permutation leaves in its place is in no pair.
    """
    rows = np.arange(len(groups))
    members = [rows[groups == group] for group in range(groups.max() + 1)]
    first, second = [], []
    for _ in range(n_draws):
        moved = rows.copy()
        for member in members:
            moved[member] = rng.permutation(member)
        first.append(rows[moved != rows])
        second.append(moved[moved != rows])
    return np.concatenate(first), np.concatenate(second)


class MixValScorer(TargetScorer):
    """How often a mixture of two target rows gets the label of the row it is mostly made of.

    Mixtures are ``mix * x_i + (1 - mix) * x_j`` of input rows, and the label of x_i is that which
    the estimator itself predicts. The score is the mean of two shares of mixtures that keep it:
    among pairs with the same predicted label (*intra*: is a class one region?) and among pairs with
    different ones (*inter*: is the boundary between them?). It is between 0 and 1, and -inf where
    all rows get the same label. Without pairs of the same label it is the second share alone.

    Parameters
    ----------
    mix : float, default=0.55
        Weight of the first row, above 0.5 and below 1; that of the paper.
    n_draws : int, default=10
        How many partners every row is mixed with.
    random_state : int, RandomState instance or None, default=0
        Determines the pairs. The order of the rows does not.

    See Also
    --------
    SNDScorer : Looks at neighbours of the same label only.
    EntropyScorer : Looks at the distance from the boundary only.

    Notes
    -----
    The paper ranks candidates by the two shares separately and combines the ranks; a scorer judges
    one candidate at a time, so here it is their mean.

    With ids of speakers or corpora that the estimator asks for, rows are mixed within a speaker and
    a corpus: a mixture of two has no scale of its own.

    **Failure mode.** It tells how consistent a decision is, not how right. Mixtures of inputs are
    on a line between them, so for a linear decision nearly everything is consistent: between two
    rows of one class the label changes only where a third class lies between. It sees collapse to
    one class, but not to two.

    **Cost.** Two predictions, of the n target rows and of `n_draws` * n mixtures.

    References
    ----------
    .. [1] D. Hu, J. Liang, J. H. Liew, C. Xue, S. Bai, X. Wang (2023), "Mixed Samples as Probes for
       Unsupervised Model Selection in Domain Adaptation", NeurIPS.
       https://openreview.net/forum?id=ackajXqei2
    """

    name = "mixval"

    def __init__(self, mix=0.55, n_draws=10, random_state=0):
        self.mix = mix
        self.n_draws = n_draws
        self.random_state = random_state

    def _judge(self, judged):
        self._check_parameters()
        rows = pooled(judged.parts)
        X = as_table(rows, "X_target", "MixVal mixes")
        order = row_order(X)
        ids = asked_for(judged.estimator, "predict", judged.target_ids)
        ids = {name: np.asarray(values)[order] for name, values in ids.items()}
        rng = check_random_state(self.random_state)
        first, second = partners(_groups(ids, len(X)), self.n_draws, rng)
        if not len(first):
            raise ValueError(
                "MixVal needs at least 2 target rows to mix (of one speaker and corpus, where the "
                f"estimator asks for their ids), got {len(X)} rows."
            )
        X, labels = X[order], judged.predict_target()[order]
        mixed = _like(rows, self.mix * X[first] + (1 - self.mix) * X[second])
        kept = predict(
            judged.estimator, mixed, {name: values[first] for name, values in ids.items()}
        )
        same, kept = labels[first] == labels[second], kept == labels[first]
        if same.all():
            return -np.inf
        return np.mean([kept[pairs].mean() for pairs in (same, ~same) if pairs.any()])

    def _check_parameters(self):
        if not is_number(self.mix, low=0.5, high=1) or self.mix == 0.5:
            raise ValueError(f"mix must be a number above 0.5 and below 1, got {self.mix!r}.")
        check_counts(self, "n_draws")


def _groups(ids, n_rows):
    """Numbers of the combinations of ids."""
    codes = [pd.factorize(values)[0] for values in ids.values()]
    if not codes:
        return np.zeros(n_rows, dtype=int)
    return np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].ravel()


def _like(rows, X):
    """New rows of the kind of `rows`: a DataFrame with the same columns, or an array."""
    if isinstance(rows, pd.DataFrame):
        return pd.DataFrame(X, columns=rows.columns).astype(rows.dtypes)
    return X.astype(np.float32) if getattr(rows, "dtype", None) == np.float32 else X
