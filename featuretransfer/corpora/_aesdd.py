"""AESDD, Greek."""

from ._naming import Naming

AESDD = Naming(
    name="aesdd",
    title="AESDD",
    language="Greek",
    licence="free for research",
    citation=(
        "N. Vryzas, R. Kotsakis, A. Liatsou, C. A. Dimoulas, G. Kalliris, "
        '"Speech emotion recognition for performance interaction", '
        "J. Audio Engineering Society 66(6), 2018"
    ),
    # initial of the emotion, utterance, speaker; a letter marks further takes
    pattern=r"(?P<label>[a-z])(?P<sentence>\d\d) ?\((?P<speaker>\d+)\)[a-z]?",
    example="anger/a01 (1).wav",
    labels={
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happiness",
        "s": "sadness",
    },
)
