"""Honest cross-corpus evaluation."""

from ._calibration import expected_calibration_error
from ._correlation import concordance_correlation, pearson_correlation
from ._cross_corpus import cross_corpus
from ._metrics import uar
from ._oracle import oracle
from ._permutation import PermutationTest, paired_permutation_test
from ._ranks import Significance, compare_ranks
from ._result import CrossCorpusResult

__all__ = [
    "CrossCorpusResult",
    "PermutationTest",
    "Significance",
    "compare_ranks",
    "concordance_correlation",
    "cross_corpus",
    "expected_calibration_error",
    "oracle",
    "paired_permutation_test",
    "pearson_correlation",
    "uar",
]
