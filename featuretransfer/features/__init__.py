"""Audio files to feature tables with openSMILE."""

# public here, but not at the top level
from ._audio import audio_files as audio_files
from ._extract import ExtractionError, extract_features
from ._sets import FEATURE_SETS
from ._transformer import OpenSmile

__all__ = ["FEATURE_SETS", "ExtractionError", "OpenSmile", "extract_features"]
