"""Name to corpus."""

import warnings

from .._suggestions import did_you_mean
from ._aesdd import AESDD
from ._cafe import CAFE
from ._casia import CASIA
from ._corpus import Corpus
from ._cremad import CREMAD
from ._emodb import EMODB
from ._emovo import EMOVO
from ._ravdess import RAVDESS
from ._savee import SAVEE
from ._shemo import SHEMO
from ._tess import TESS
from ._urdu import URDU

#: Name to the naming of every corpus that `load_corpus` knows.
CORPORA = {
    naming.name: naming
    for naming in (
        EMODB,
        EMOVO,
        RAVDESS,
        URDU,
        SAVEE,
        TESS,
        CREMAD,
        CASIA,
        SHEMO,
        CAFE,
        AESDD,
    )
}


def load_corpus(name, root, *, strict=True):
    """Load a corpus by its official folder and file names.

    Only names are read, no audio.

    Parameters
    ----------
    name : str
        One of "emodb", "emovo", "ravdess", "urdu", "savee", "tess", "cremad", "casia", "shemo",
        "cafe", "aesdd"; case and hyphens do not matter.
    root : path-like
        The folder it was unpacked to. Files may have been converted (WAV, FLAC, ...) as long as
        they kept their names.
    strict : bool, default=True
        Whether an audio file that is not named like those of the corpus is an error. Otherwise such
        files are left out with a warning.

    Returns
    -------
    corpus : Corpus
        With the corpus's own labels, spelled out in English.

    Raises
    ------
    ValueError
        If the name is unknown, a file name does not fit, or a label code is unknown.
    FileNotFoundError
        If there is no such folder, or no audio in it.

    See Also
    --------
    Corpus.from_csv : A corpus of your own.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import featuretransfer as ft
    >>> with tempfile.TemporaryDirectory() as root:
    ...     for name in ("03a01Fa.wav", "08b02Wc.wav"):
    ...         Path(root, name).touch()
    ...     corpus = ft.load_corpus("emodb", root)
    >>> corpus.labels.tolist(), corpus.speakers.tolist()
    (['happiness', 'anger'], ['emodb/03', 'emodb/08'])
    """
    naming = registered(name)
    if naming is None:
        raise ValueError(
            f"name must be one of {list(CORPORA)}, got {name!r}.{did_you_mean(name, CORPORA)} For "
            "a corpus of your own use Corpus.from_csv, Corpus.from_features or "
            "Corpus.from_audformat."
        )
    rows, misnamed = naming.read(root, strict)
    if misnamed:
        warnings.warn(
            f"{len(misnamed)} audio files are not named as those of {naming.title} and were left "
            f"out: {', '.join(misnamed[:3])}.",
            stacklevel=2,
        )
    return Corpus.from_rows(
        rows,
        name=naming.name,
        language=naming.language,
        licence=naming.licence,
        citation=naming.citation,
    )


def registered(name):
    """The naming of a corpus of `CORPORA`, in any spelling of its name; None if there is none."""
    return CORPORA.get(str(name).lower().replace("-", "").replace("_", ""))
