"""Relational transfer: how rows, classes and modalities relate is carried over to the target."""

from ._class_relation import ClassRelationTransfer
from ._cross_modal import CrossModalTransfer
from ._early_fusion import EarlyFusion
from ._late_fusion import LateFusion
from ._relative_emotion import RelativeEmotionTransfer

__all__ = [
    "ClassRelationTransfer",
    "CrossModalTransfer",
    "EarlyFusion",
    "LateFusion",
    "RelativeEmotionTransfer",
]
