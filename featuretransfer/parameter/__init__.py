"""Parameter transfer: what a classifier has learned is carried over to the target."""

from ._adaptive_svm import AdaptiveSVM
from ._attribute_transfer import AttributeTransfer
from ._biased_regularization import BiasedRegularization
from ._fine_tuned_classifier import FineTunedClassifier
from ._mean_regularized import MeanRegularizedClassifier
from ._multi_task import MultiTaskClassifier
from ._pretrained_encoder import PretrainedEncoder
from ._prior_correction import PriorCorrection
from ._self_training import BalancedSelfTraining
from ._structure_classifier import AlternatingStructureClassifier

__all__ = [
    "AdaptiveSVM",
    "AlternatingStructureClassifier",
    "BalancedSelfTraining",
    "BiasedRegularization",
    "MeanRegularizedClassifier",
    "PriorCorrection",
    "FineTunedClassifier",
    "MultiTaskClassifier",
    "AttributeTransfer",
    "PretrainedEncoder",
]
