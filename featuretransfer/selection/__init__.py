"""Choosing between candidates without target labels, or with few: scorers and a splitter."""

from ._circular import CircularScorer
from ._dev import DEVScorer
from ._entropy import EntropyScorer
from ._few_labels import FewLabelsSplit
from ._importance_weighted import ImportanceWeightedScorer
from ._mixval import MixValScorer
from ._prior import PriorScorer
from ._snd import SNDScorer
from ._source import source_scorer
from ._target_scorers import TARGET_SCORERS as TARGET_SCORERS
from ._target_scorers import make_target_scorer

__all__ = [
    "CircularScorer",
    "DEVScorer",
    "EntropyScorer",
    "FewLabelsSplit",
    "ImportanceWeightedScorer",
    "MixValScorer",
    "PriorScorer",
    "SNDScorer",
    "make_target_scorer",
    "source_scorer",
]
