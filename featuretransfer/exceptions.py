"""Warnings and errors of featuretransfer, all importable from here by users who filter them."""

__all__ = [
    "AmbiguousTargetWarning",
    "LowEffectiveSampleSizeWarning",
    "PipelineStructureError",
    "PseudoLabelWarning",
    "TargetNotTransformedWarning",
]


class AmbiguousTargetWarning(UserWarning):
    """A bare ``X_target`` (or ``y_target``) has exactly as many rows as ``X``.

    scikit-learn's cross-validation tools slice every fit parameter that has as many rows as ``X``,
    so a fold may have seen only part of the target. A tuple, ``X_target=(X_target,)``, is never
    sliced.
    """


class TargetNotTransformedWarning(UserWarning):
    """The source is standardised but the target is not.

    Almost always the target skipped the earlier steps of a pipeline that lacks
    ``transform_input=["X_target"]``.
    """


class LowEffectiveSampleSizeWarning(UserWarning):
    """Instance weights rest on less than a tenth of the source rows."""


class PseudoLabelWarning(UserWarning):
    """Labels that a method predicted for the target have lost a class.

    The method stops there and keeps its last good state: to go on would confirm the error.
    """


class PipelineStructureError(ValueError):
    """An estimator is structured in a way that is known to give silently wrong results."""
