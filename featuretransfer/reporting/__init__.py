"""Figures of results."""

from ._transfer_matrix import TransferMatrixDisplay

__all__ = ["TransferMatrixDisplay"]
