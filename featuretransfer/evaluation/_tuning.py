"""What an evaluated estimator uses, and how it chooses its settings."""

from sklearn.utils.metadata_routing import get_routing_for_object

from ..selection._target import TargetScorer


def side_information(estimator):
    """What an estimator uses besides source rows, source labels and target rows."""
    routing = get_routing_for_object(estimator)
    wanted = routing.consumes("fit", ["speakers_target"])
    wanted |= routing.consumes("predict", ["speakers_target"])
    return "target speakers" if wanted else "none"


def tuning(estimator):
    """How an estimator chooses its settings: "none", "source-cv" or "unsupervised:<scorer>"."""
    for value in [estimator, *estimator.get_params(deep=True).values()]:
        if hasattr(value, "param_grid") or hasattr(value, "param_distributions"):
            scoring = value.scoring
            if isinstance(scoring, TargetScorer):
                return f"unsupervised:{scoring.name}"
            return "source-cv"
    return "none"
