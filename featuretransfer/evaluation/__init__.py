"""Honest cross-corpus evaluation."""

from ._calibration import expected_calibration_error
from ._correlation import concordance_correlation, pearson_correlation
from ._cross_corpus import cross_corpus
from ._metrics import uar
from ._result import CrossCorpusResult

__all__ = [
    "CrossCorpusResult",
    "concordance_correlation",
    "cross_corpus",
    "expected_calibration_error",
    "pearson_correlation",
    "uar",
]
