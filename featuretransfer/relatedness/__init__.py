"""How related two corpora are, and in which features they differ.

The name `featuretransfer.relatedness` is the function `relatedness`; take everything else from this
folder by ``from featuretransfer.relatedness import ...``.
"""

from ._coral_distance import coral_distance
from ._energy import energy_distance
from ._frechet import frechet_distance
from ._h_score import h_score
from ._leep import leep
from ._log_me import log_me
from ._mmd import maximum_mean_discrepancy
from ._nce import nce
from ._proxy_a_distance import proxy_a_distance
from ._sliced_wasserstein import sliced_wasserstein_distance

__all__ = [
    "coral_distance",
    "energy_distance",
    "frechet_distance",
    "h_score",
    "leep",
    "log_me",
    "maximum_mean_discrepancy",
    "nce",
    "proxy_a_distance",
    "sliced_wasserstein_distance",
]
