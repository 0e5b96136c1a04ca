"""Instance transfer: weights on source rows."""

from ._domain_classifier import DomainClassifierWeights
from ._gaussian import GaussianWeights
from ._kernel_density import KernelDensityWeights
from ._kliep import KLIEP
from ._kmm import KernelMeanMatching
from ._multi_source_tradaboost import MultiSourceTrAdaBoost
from ._nearest import NearestNeighborWeights
from ._reweighted import ReweightedClassifier, ReweightedRegressor
from ._source_domains import SourceDomainWeights
from ._tradaboost import TrAdaBoost
from ._two_stage_tradaboost import TwoStageTrAdaBoostR2
from ._ulsif import ULSIF, RuLSIF
from ._weights import WeighterMixin as WeighterMixin
from ._weights import effective_sample_size as effective_sample_size

__all__ = [
    "DomainClassifierWeights",
    "GaussianWeights",
    "KLIEP",
    "KernelDensityWeights",
    "KernelMeanMatching",
    "NearestNeighborWeights",
    "ReweightedClassifier",
    "ReweightedRegressor",
    "RuLSIF",
    "SourceDomainWeights",
    "TrAdaBoost",
    "MultiSourceTrAdaBoost",
    "TwoStageTrAdaBoostR2",
    "ULSIF",
]
