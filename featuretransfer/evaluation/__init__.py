"""Honest cross-corpus evaluation."""

from ._cross_corpus import cross_corpus
from ._result import CrossCorpusResult

__all__ = ["CrossCorpusResult", "cross_corpus"]
