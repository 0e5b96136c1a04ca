"""Shares of the predicted classes."""

import numpy as np

from ..parameter._training_prior import check_shares, class_shares
from ._target import TargetScorer

PRIORS = ("uniform", "source")


class PriorScorer(TargetScorer):
    """How near the shares of the labels predicted for the target are to those expected.

    ``1 - sum_c |q_c - p_c| / 2`` with the share q_c of target rows that get class c and the share
    p_c that is expected: one minus the total variation distance, between 0 and 1. It is the largest
    accuracy that predictions with these shares can have, if the expectation is right.

    Parameters
    ----------
    prior : {"uniform", "source"} or array-like of shape (n_classes,), default="uniform"
        Expected shares: all classes alike; those of the held-out source rows; or shares with sum 1
        in the order of the estimator's ``classes_``.

    See Also
    --------
    EntropyScorer : Rewards all classes alike too, and sure predictions.

    Notes
    -----
    **Failure mode.** Shares say nothing of single rows: labels drawn at random with the expected
    shares get the maximum. It finds candidates that have lost a class, and no more; and where the
    shares of the target really are others, it prefers candidates that force the expected ones on
    it. Differences below ``1 / sqrt(n)`` for n target rows are chance.

    **Cost.** One prediction of the target.

    References
    ----------
    .. [1] J. S. Bridle, A. J. R. Heading, D. J. C. MacKay (1991), "Unsupervised Classifiers, Mutual
       Information and 'Phantom Targets'", NIPS 4 (the demand for evenly used classes; total
       variation of hard labels is our choice).
    """

    name = "prior"

    def __init__(self, prior="uniform"):
        self.prior = prior

    def _judge(self, judged):
        expected = self._expected(judged)
        shares = class_shares(judged.predict_target(), judged.classes)
        return 1 - np.abs(shares - expected).sum() / 2

    def _expected(self, judged):
        classes = judged.classes
        if not isinstance(self.prior, str):
            known = np.unique(getattr(judged.estimator, "classes_", judged.y))
            expected = np.zeros(len(classes))
            expected[np.searchsorted(classes, known)] = check_shares(
                self.prior, len(known), "prior"
            )
            return expected
        if self.prior not in PRIORS:
            raise ValueError(
                f"prior must be one of {list(PRIORS)} or an array of class shares, got "
                f"{self.prior!r}."
            )
        if self.prior == "source":
            return class_shares(np.asarray(judged.y), classes)
        return np.full(len(classes), 1 / len(classes))
