"""How related two corpora are, and in which features they differ.

The folder can be called like its main function: ``featuretransfer.relatedness(source, target)`` is
``featuretransfer.relatedness.relatedness(source, target)``.
"""

import sys
from types import ModuleType

from ._attribution import ShiftAttribution, shift_attribution
from ._coral_distance import coral_distance
from ._energy import energy_distance
from ._feature_groups import feature_groups
from ._frechet import frechet_distance
from ._h_score import h_score
from ._leep import leep
from ._log_me import log_me
from ._matrix import relatedness_matrix
from ._measures import DISTANCES, MEASURES
from ._mmd import maximum_mean_discrepancy
from ._nce import nce
from ._proxy_a_distance import proxy_a_distance
from ._ranking import SourceRanking, source_ranking
from ._relatedness import Relatedness, relatedness
from ._shift_display import ShiftAttributionDisplay
from ._sliced_wasserstein import sliced_wasserstein_distance

__all__ = [
    "MEASURES",
    "DISTANCES",
    "relatedness",
    "Relatedness",
    "relatedness_matrix",
    "source_ranking",
    "SourceRanking",
    "shift_attribution",
    "ShiftAttribution",
    "ShiftAttributionDisplay",
    "feature_groups",
    "maximum_mean_discrepancy",
    "energy_distance",
    "proxy_a_distance",
    "coral_distance",
    "frechet_distance",
    "sliced_wasserstein_distance",
    "leep",
    "nce",
    "log_me",
    "h_score",
]


class _CallableModule(ModuleType):
    """A module that is also its function of the same name; only the class can say so."""

    __call__ = staticmethod(relatedness)


sys.modules[__name__].__class__ = _CallableModule
