"""Relational transfer: how rows, classes and modalities relate is carried over to the target."""

from ._class_relation import ClassRelationTransfer
from ._cross_modal import CrossModalTransfer
from ._relative_emotion import RelativeEmotionTransfer

__all__ = ["ClassRelationTransfer", "CrossModalTransfer", "RelativeEmotionTransfer"]
