"""Sure predictions of all classes."""

import numpy as np
from scipy.special import entr

from ._target import TargetScorer


class EntropyScorer(TargetScorer):
    """How sure the predictions on the target are, times how evenly they use the classes.

    ``(1 - mean H(p_i) / log C) * H(mean p_i) / log C`` with the entropy H and C classes, between 0
    and 1. Certainty alone would reward a collapse to one class; the second factor is 0 there.
    Probabilities are those of the classifier, or the softmax of its decision values.

    Notes
    -----
    **Failure mode.** It tells how sure a classifier is, not how right. What makes it surer is
    rewarded: less regularisation, self-training, probabilities that are not calibrated, decision
    values on a larger scale. Compare candidates with one kind of classifier and one strength of
    regularisation. The second factor supposes that the target has all classes alike.

    **Cost.** One prediction of the target.

    References
    ----------
    .. [1] Y. Grandvalet, Y. Bengio (2004), "Semi-supervised Learning by Entropy Minimization",
       NIPS 17 (certainty); J. S. Bridle, A. J. R. Heading, D. J. C. MacKay (1991), "Unsupervised
       Classifiers, Mutual Information and 'Phantom Targets'", NIPS 4 (certainty and evenness).
    """

    name = "entropy"

    def _judge(self, judged):
        p = judged.target_probabilities()
        most = np.log(p.shape[1])
        return (1 - entr(p).sum(axis=1).mean() / most) * entr(p.mean(axis=0)).sum() / most
