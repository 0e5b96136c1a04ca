"""The demo corpora that come with the package."""

from pathlib import Path

from ._csv import read_csv

LANGUAGES = {"demo-de": "German", "demo-en": "English", "demo-it": "Italian"}
CITATION = "Synthetic speech, made for featuretransfer with espeak-ng; no human voice was recorded."
LICENCE = "BSD-3-Clause"


def load_demo_corpora():
    """Load the three demo corpora: German, English and Italian **synthetic** speech.

    They come with the package (about 100 utterances each) and differ in language, voices, way of
    speaking, room, channel and class priors. They are for trying things out: figures on them say
    nothing about real speech.

    Returns
    -------
    corpora : list of Corpus
        ``demo-de`` (studio), ``demo-en`` (telephone), ``demo-it`` (reverberant room), labels
        anger, happiness, neutral and sadness.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> german, english, italian = ft.load_demo_corpora()
    >>> german
    Corpus 'demo-de': 104 rows, 8 speakers; anger 28, happiness 26, neutral 26, sadness 24
    """
    folder = demo_folder()
    return [
        read_csv(
            folder / name / "manifest.csv",
            name=name,
            language=language,
            licence=LICENCE,
            citation=CITATION,
        )
        for name, language in LANGUAGES.items()
    ]


def demo_folder():
    """Where the demo corpora are: inside the installed package, or in a checkout's ``data``."""
    package = Path(__file__).parents[1]
    places = [package / "_demo_data", package.parent / "data"]
    for place in places:
        if (place / "demo-de").is_dir():
            return place
    raise FileNotFoundError(
        f"The demo corpora are neither in {places[0]} nor in {places[1]}. Install featuretransfer "
        "again: python -m pip install --force-reinstall --no-deps featuretransfer."
    )
