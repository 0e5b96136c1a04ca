"""What an evaluated estimator uses, and how it chooses its settings."""

from sklearn.utils.metadata_routing import get_routing_for_object

from .._structure import is_search
from ..selection._target import TargetScorer
from ._oracle import Oracle


def side_information(estimator):
    """What an estimator uses besides source rows, source labels and target rows."""
    if isinstance(estimator, Oracle):
        estimator = estimator.search
    routing = get_routing_for_object(estimator)
    wanted = routing.consumes("fit", ["speakers_target"])
    wanted |= routing.consumes("predict", ["speakers_target"])
    return "target speakers" if wanted else "none"


def tuning(estimator):
    """How an estimator chooses its settings.

    Parameters
    ----------
    estimator : estimator
        A search, or something with a search inside. What chooses by other means may state how in
        an attribute ``tuning``.

    Returns
    -------
    tuning : str
        "none", "source-cv", "unsupervised:<scorer>" or "oracle" (by target labels).
    """
    if isinstance(estimator, Oracle):
        return "oracle"
    for value in [estimator, *estimator.get_params(deep=True).values()]:
        stated = getattr(value, "tuning", None)
        if isinstance(stated, str):
            return stated
        if is_search(value):
            scoring = value.scoring
            if isinstance(scoring, TargetScorer):
                return f"unsupervised:{scoring.name}"
            return "source-cv"
    return "none"
