"""Choosing between candidates without target labels, or with few: scorers and a splitter."""

from ._few_labels import FewLabelsSplit
from ._source import source_scorer
from ._target import TARGET_SCORERS as TARGET_SCORERS
from ._target import make_target_scorer

__all__ = ["FewLabelsSplit", "make_target_scorer", "source_scorer"]
