"""Circular validation: from the source to the target and back."""

import warnings

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import recall_score

from .._structure import asked_for
from ._judged import pooled, predict
from ._target import TargetScorer

LEAST_ROWS = 5  # pseudo-labels of each class, with which every pipeline can be fitted


class CircularScorer(TargetScorer):
    """UAR on held-out source rows of the same pipeline, trained on the target's pseudo-labels.

    The estimator labels the target. A clone of it is fitted the other way round: the target rows
    with these labels are its source, the held-out source rows, without their labels, its target. It
    then predicts the held-out rows, and the score is the UAR of that. A transfer that lost the
    classes on the way does not find back.

    See Also
    --------
    DEVScorer : Judges by the source alone.

    Notes
    -----
    Everything about the rows changes sides: in the reverse direction ``speakers_target`` are
    the ``speakers``, ``target_domains`` the ``source_domains``, and the other way round. What is
    frozen inside the pipeline (`FrozenEstimator`, prefit source models) stays as it is. Labels of
    some target rows are not used: pseudo-labels replace all of them.

    Classes that the pseudo-labels lack have a recall of 0. Pseudo-labels of a single class give
    1 / C for C classes. With less than five of a class a pipeline may refuse to be fitted; the
    score then is 1 / C too, and a warning says why.

    **Failure mode.** A pipeline that swaps two emotions on the target may swap them back: the score
    does not see it. What labels the target by simple rules, such as its clusters, finds back
    easily too, right or not. And held-out rows must be enough to adapt to: with few speakers in a
    fold, the reverse transfer is harder than the one that is judged.

    **Cost.** One more fit of the pipeline, on the target rows, for every score.

    References
    ----------
    .. [1] L. Bruzzone, M. Marconcini (2010), "Domain Adaptation Problems: A DASVM Classification
       Technique and a Circular Validation Strategy", IEEE Transactions on Pattern Analysis and
       Machine Intelligence 32(5).
    .. [2] E. Zhong, W. Fan, Q. Yang, O. Verscheure, J. Ren (2010), "Cross Validation Framework to
       Choose amongst Models and Datasets for Transfer Learning", ECML PKDD (reverse validation).
    """

    name = "circular"

    def _judge(self, judged):
        y, classes = np.asarray(judged.y), np.unique(judged.y)
        labels = judged.predict_target()
        return recall_score(
            y, _there_and_back(judged, labels), labels=classes, average="macro", zero_division=0
        )


def _there_and_back(judged, labels):
    """Labels of the held-out rows by the reverse pipeline."""
    found, counts = np.unique(labels, return_counts=True)
    constant = np.full(len(judged.y), found[counts.argmax()])
    if len(found) == 1:
        return constant
    try:
        reverse = _reversed(judged, labels)
    except ValueError as error:
        number = dict(zip(found, counts))
        fewest = min(number.get(c, 0) for c in judged.classes)
        if fewest >= LEAST_ROWS:
            raise
        warnings.warn(
            f"The pipeline could not be fitted from the target to the source ({error}): the rarest "
            f"class has {fewest} of {len(labels)} pseudo-labels. It is scored as chance.",
            UserWarning,
            stacklevel=6,
        )
        return constant
    return predict(
        reverse,
        judged.X,
        {
            "speakers_target": judged.source_ids.get("speakers"),
            "target_domains": judged.source_ids.get("source_domains"),
        },
    )


def _reversed(judged, labels):
    """A clone of the estimator, fitted from the target to the held-out rows."""
    speakers = judged.target_ids.get("speakers_target")
    offered = {
        "X_target": (judged.X,),
        "speakers": speakers,
        "speakers_target": _alone(judged.source_ids.get("speakers")),
        "source_domains": judged.target_ids.get("target_domains"),
        "target_domains": _alone(judged.source_ids.get("source_domains")),
        "groups": speakers,  # of a search
    }
    reverse = clone(judged.estimator)
    with config_context(enable_metadata_routing=True):
        return reverse.fit(pooled(judged.parts), labels, **asked_for(reverse, "fit", offered))


def _alone(ids):
    return None if ids is None else (ids,)
