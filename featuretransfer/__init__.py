"""Classical feature transfer for speech emotion recognition in standard scikit-learn Pipelines."""

import logging

from . import (
    corpora,
    evaluation,
    features,
    instance,
    parameter,
    pipelines,
    relatedness,
    relational,
    representation,
    selection,
)
from ._version import __version__
from ._versions import show_versions
from .corpora import *
from .evaluation import *
from .features import *
from .instance import *
from .parameter import *
from .pipelines import *
from .recipes import recipe
from .relatedness import (
    ShiftAttributionDisplay,
    relatedness_matrix,
    shift_attribution,
    source_ranking,
)
from .relational import *
from .representation import *

__all__ = [
    *features.__all__,
    *corpora.__all__,
    *instance.__all__,
    *representation.__all__,
    *parameter.__all__,
    *relational.__all__,
    *pipelines.__all__,
    "recipe",
    "relatedness",
    "relatedness_matrix",
    "source_ranking",
    "shift_attribution",
    "ShiftAttributionDisplay",
    *evaluation.__all__,
    "selection",
    "show_versions",
    "__version__",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())
