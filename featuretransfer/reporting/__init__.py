"""Figures of results."""

from ._critical_difference import CriticalDifferenceDisplay
from ._reliability import ReliabilityDisplay
from ._transfer_matrix import TransferMatrixDisplay

__all__ = ["CriticalDifferenceDisplay", "ReliabilityDisplay", "TransferMatrixDisplay"]
