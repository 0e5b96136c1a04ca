"""Relational transfer: how rows, classes and modalities relate is carried over to the target."""

from ._relative_emotion import RelativeEmotionTransfer

__all__ = ["RelativeEmotionTransfer"]
