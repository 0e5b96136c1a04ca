"""Representation transfer: features that source and target share."""

from ._adaptive_autoencoder import AdaptiveDenoisingAutoencoder
from ._augmentation import FeatureAugmentation
from ._augmented_classifier import FeatureAugmentationClassifier
from ._autoencoder import DenoisingAutoencoder
from ._bda import BDA
from ._cca import CCATransfer
from ._class_coral import ClassCORAL
from ._coral import CORAL
from ._discriminative_clustering import DiscriminativeTransferClustering
from ._domain_regression import DomainRegression
from ._geodesic_flow import GeodesicFlowKernel
from ._heterogeneous import HeterogeneousFeatureAugmentation
from ._identity import NoAdaptation
from ._iterative_normalization import IterativeFeatureNormalization
from ._jda import JDA
from ._linear_subspace import TLSL
from ._linear_transport import LinearOptimalTransport
from ._mda import MarginalizedDenoisingAutoencoder
from ._nmf import TransferNMF
from ._optimal_transport import OptimalTransport
from ._scaling import CorpusScaler
from ._self_taught import SelfTaughtFeatures
from ._shared_autoencoder import SharedHiddenLayerAutoencoder
from ._sparse_coding import TransferSparseCoding
from ._sparse_transfer import SparseAutoencoderTransfer
from ._sstca import SemiSupervisedTCA
from ._subspace_alignment import SubspaceAlignment
from ._tca import TCA
from ._tjm import TransferJointMatching
from ._transfer_clustering import TransferClustering
from ._universum_autoencoder import UniversumAutoencoder

__all__ = [
    "NoAdaptation",
    "CorpusScaler",
    "IterativeFeatureNormalization",
    "CORAL",
    "ClassCORAL",
    "LinearOptimalTransport",
    "OptimalTransport",
    "SubspaceAlignment",
    "GeodesicFlowKernel",
    "TCA",
    "TLSL",
    "SemiSupervisedTCA",
    "JDA",
    "BDA",
    "TransferNMF",
    "SelfTaughtFeatures",
    "TransferSparseCoding",
    "TransferJointMatching",
    "DomainRegression",
    "DenoisingAutoencoder",
    "MarginalizedDenoisingAutoencoder",
    "AdaptiveDenoisingAutoencoder",
    "SharedHiddenLayerAutoencoder",
    "UniversumAutoencoder",
    "SparseAutoencoderTransfer",
    "FeatureAugmentation",
    "FeatureAugmentationClassifier",
    "CCATransfer",
    "HeterogeneousFeatureAugmentation",
    "TransferClustering",
    "DiscriminativeTransferClustering",
]
