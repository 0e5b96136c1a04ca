"""Choosing between candidates without target labels: scorers for scikit-learn's searches."""

from ._source import source_scorer
from ._target import TARGET_SCORERS as TARGET_SCORERS
from ._target import make_target_scorer

__all__ = ["make_target_scorer", "source_scorer"]
