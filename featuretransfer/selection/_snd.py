"""Soft neighbourhood density of the predictions on the target."""

import numpy as np
from scipy.special import entr, softmax
from sklearn.utils import gen_batches

from .._checks import is_number
from .._pseudo_labels import missing_classes
from ..parameter._training_prior import class_shares
from ._target import TargetScorer

BLOCK = 1024  # rows whose similarities are in memory at a time


def neighborhood_entropy(P, temperature):
    """Mean entropy of the similarities of every row to all others, in units of its maximum.

    Parameters
    ----------
    P : ndarray of shape (n_rows, n_classes)
        Class probabilities of at least three rows.
    temperature : float
        What cosine similarities are divided by before the softmax.

    Returns
    -------
    density : float
        Between 0 and 1; 1 if all rows are equal.
    """
    n = len(P)
    U = P / np.linalg.norm(P, axis=1, keepdims=True)
    total = 0.0
    for rows in gen_batches(n, BLOCK):
        S = U[rows] @ U.T / temperature
        S[np.arange(len(S)), np.arange(n)[rows]] = -np.inf  # no row is its own neighbour
        total += entr(softmax(S, axis=1)).sum()
    return float(total / n / np.log(n - 1))


class SNDScorer(TargetScorer):
    """Soft neighbourhood density: how many neighbours target rows have among the predictions.

    Class probabilities p_i of the target rows (or the softmax of decision values) are scaled to
    length 1. With ``s_ij = p_i'p_j / temperature`` for j != i and ``q_i = softmax(s_i)``, the score
    is the mean of ``H(q_i) / log(n - 1)``, between 0 and 1: high where rows lie in few dense
    groups, low where every row is near few others. It is 0 where the predicted labels have nearly
    lost a class: one that the held-out source rows have, with less than a tenth of the rows that
    its share there gives it, where that share gives it at least five.

    Parameters
    ----------
    temperature : float, default=0.05
        What cosine similarities are divided by; that of the paper.

    See Also
    --------
    EntropyScorer : Rewards predictions that are sure one by one.

    Notes
    -----
    The paper has no gate and no unit: a collapse to a single class has the highest density of all,
    and the entropy of n rows grows with log(n - 1).

    **Failure mode.** Unsure predictions are all alike, hence dense: a strongly regularised
    classifier beats one that separates the classes. Compare candidates with one kind of classifier
    and one strength of regularisation. The gate sees lost classes only: four emotions on top of
    each other pass. It supposes that the shares of the classes are similar in both corpora.

    **Cost.** O(n^2 C) time for n target rows and C classes, O(n) memory.

    References
    ----------
    .. [1] K. Saito, D. Kim, P. Teterwak, S. Sclaroff, T. Darrell, K. Saenko (2021), "Tune it the
       Right Way: Unsupervised Validation of Domain Adaptation via Soft Neighborhood Density", ICCV.
    """

    name = "snd"

    def __init__(self, temperature=0.05):
        self.temperature = temperature

    def _judge(self, judged):
        if not is_number(self.temperature, low=0) or self.temperature == 0:
            raise ValueError(f"temperature must be a number > 0, got {self.temperature!r}.")
        P = judged.target_probabilities()
        if len(P) < 3:
            raise ValueError(
                f"The density of neighbourhoods needs at least 3 target rows, got {len(P)}."
            )
        if _has_lost_a_class(judged, P):
            return 0.0
        return neighborhood_entropy(P, self.temperature)


def _has_lost_a_class(judged, P):
    known = getattr(judged.estimator, "classes_", np.unique(judged.y))
    codes = np.searchsorted(judged.classes, known)[P.argmax(axis=1)]
    expected = len(P) * class_shares(np.asarray(judged.y), judged.classes)
    return len(missing_classes(codes, expected)) > 0
