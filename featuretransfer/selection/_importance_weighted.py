"""Held-out source rows, weighted by how much they resemble the target."""

import numpy as np
from sklearn.metrics import recall_score

from ._domain_weights import domain_weights
from ._target import TargetScorer


class ImportanceWeightedScorer(TargetScorer):
    """UAR on held-out source rows, each weighted by how much it resembles the target.

    The mean over classes of the weighted recall, with weights p(target | x) / p(source | x) from
    out-of-fold probabilities of a domain classifier. Held-out rows pass adapters in the source
    view, scaled by their own corpus where ``source_domains`` names it. The weights depend on the
    input rows only, so all candidates are judged by the same.

    Parameters
    ----------
    scaling : {"corpus", "pooled"}, default="corpus"
        Standardise every corpus separately or all together before the domain classifier; a target
        in several parts is one corpus, and so is the source without ``source_domains``. Corpora
        differ so much in level that "pooled" leaves hardly any source row that resembles the
        target; "corpus" compares what remains beyond level and range.
    n_components : int, default=10
        Principal components that the domain classifier sees: with many, single outlying rows get
        most of the weight.
    random_state : int, RandomState instance or None, default=0
        Determines its folds.

    See Also
    --------
    DEVScorer : The same weights, with a control variate.

    Notes
    -----
    **Failure mode.** The score is about the source. An adapter acts on held-out source rows as on
    training rows, so what it does to the *target* hardly shows, and no adaptation looks as good as
    any. It supposes that p(y | x) is the same in both corpora, which is what differs between
    languages and recordings. It is for choosing the settings of a classifier, and wherever only
    the distribution of the rows differs.

    **Cost.** Five logistic regressions on `n_components` features, and one prediction.

    References
    ----------
    .. [1] M. Sugiyama, M. Krauledat, K.-R. Mueller (2007), "Covariate Shift Adaptation by
       Importance Weighted Cross Validation", Journal of Machine Learning Research 8.
    """

    name = "iw"

    def __init__(self, scaling="corpus", n_components=10, random_state=0):
        self.scaling = scaling
        self.n_components = n_components
        self.random_state = random_state

    def _judge(self, judged):
        w = domain_weights(judged, self.scaling, self.n_components, self.random_state)
        return recall_score(
            judged.y,
            judged.predict_source(),
            labels=np.unique(judged.y),
            average="macro",
            sample_weight=w,
            zero_division=0,
        )
