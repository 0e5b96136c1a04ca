"""Deep embedded validation: importance-weighted risk with a control variate."""

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from ._domain_weights import domain_weights
from ._target import TargetScorer

LOSSES = ("zero-one", "log")
LOG_FLOOR = np.log(1e-12)  # of a probability: none is 0


def control_variate_risk(losses, w):
    """Mean of weighted losses, corrected by how far the mean weight is from 1.

    ``mean(w l) + eta (mean(w) - 1)`` with ``eta = -Cov(w l, w) / Var(w)``, the factor for which the
    variance of the estimate is least; 0 where all weights are equal.

    Parameters
    ----------
    losses : ndarray of shape (n_samples,)
        Loss of every row.
    w : ndarray of shape (n_samples,)
        Density ratios, whose expectation is 1.

    Returns
    -------
    risk : float
        A constant loss is returned as it is wherever the weights differ.
    """
    weighted = w * losses
    centred = w - w.mean()
    variance = centred @ centred
    if variance <= len(w) * (1e-12 * w.mean()) ** 2:
        return float(weighted.mean())
    eta = -((weighted - weighted.mean()) @ centred) / variance
    return float(weighted.mean() + eta * (w.mean() - 1))


class DEVScorer(TargetScorer):
    """Importance-weighted risk on held-out source rows, with a control variate; its negative.

    ``-(mean(w l) + eta (mean(w) - 1))`` with losses l, the weights w of `ImportanceWeightedScorer`
    and ``eta = -Cov(w l, w) / Var(w)``, or 0 where all weights are equal. The expectation of w is
    1, so the correction leaves that of the risk as it is and reduces its variance. Held-out rows
    pass adapters in the source view, scaled by their own corpus where ``source_domains`` names it.

    Parameters
    ----------
    loss : {"zero-one", "log"}, default="zero-one"
        1 for a wrong label; or the negative logarithm of the probability of the right one, with
        probabilities of at least 1e-12 (the softmax of decision values, where there are none). In
        both every class of the held-out rows counts alike, so that for equal weights "zero-one" is
        1 - UAR.
    scaling : {"corpus", "pooled"}, default="corpus"
        As of `ImportanceWeightedScorer`.
    n_components : int, default=10
        As of `ImportanceWeightedScorer`.
    random_state : int, RandomState instance or None, default=0
        Determines the folds of the domain classifier.

    See Also
    --------
    ImportanceWeightedScorer : The UAR with the same weights.

    Notes
    -----
    The paper takes the weights from the features of the network that it judges. Here they are those
    of the input rows, the same for all candidates: candidates that hide the domain would otherwise
    be judged by weights of 1, and others by weights that vary.

    **Failure mode.** As `ImportanceWeightedScorer` it is about the source, and no adaptation looks
    as good as any. With "log" a classifier that is sure of itself pays much for few errors, so
    candidates with other kinds of probabilities are hardly comparable. A risk can be negative, or
    above 1, where few rows have most of the weight (a warning says so).

    **Cost.** That of `ImportanceWeightedScorer`.

    References
    ----------
    .. [1] K. You, X. Wang, M. Long, M. I. Jordan (2019), "Towards Accurate Model Selection in Deep
       Unsupervised Domain Adaptation", ICML (algorithm 1).
    """

    name = "dev"

    def __init__(self, loss="zero-one", scaling="corpus", n_components=10, random_state=0):
        self.loss = loss
        self.scaling = scaling
        self.n_components = n_components
        self.random_state = random_state

    def _judge(self, judged):
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {list(LOSSES)}, got {self.loss!r}.")
        w = domain_weights(judged, self.scaling, self.n_components, self.random_state)
        y = np.asarray(judged.y)
        return -control_variate_risk(self._losses(judged, y), w)

    def _losses(self, judged, y):
        balance = compute_sample_weight("balanced", y)
        if self.loss == "zero-one":
            return balance * (judged.predict_source() != y)
        L = np.maximum(judged.source_log_probabilities(), LOG_FLOOR)
        every = np.full((len(L), len(judged.classes)), LOG_FLOOR)  # fit may have lacked a class
        every[:, np.searchsorted(judged.classes, judged.estimator.classes_)] = L
        return -balance * every[np.arange(len(y)), np.searchsorted(judged.classes, y)]
