"""Feature tables and labels to corpora."""

# readers, schemes and registry are public here, but not at the top level
from ._audformat import read_audformat as read_audformat
from ._corpus import Corpus, concat
from ._csv import read_csv as read_csv
from ._demo import load_demo_corpora
from ._labels import EMOTIONS as EMOTIONS
from ._labels import SCHEMES as SCHEMES
from ._registry import CORPORA as CORPORA
from ._registry import load_corpus
from ._summary import CorpusSummary as CorpusSummary

__all__ = ["Corpus", "concat", "load_corpus", "load_demo_corpora"]
