"""Instance transfer: weights on source rows."""

from ._domain_classifier import DomainClassifierWeights
from ._gaussian import GaussianWeights
from ._kmm import KernelMeanMatching
from ._nearest import NearestNeighborWeights
from ._reweighted import ReweightedClassifier
from ._weights import WeighterMixin as WeighterMixin
from ._weights import effective_sample_size as effective_sample_size

__all__ = [
    "DomainClassifierWeights",
    "GaussianWeights",
    "KernelMeanMatching",
    "NearestNeighborWeights",
    "ReweightedClassifier",
]
