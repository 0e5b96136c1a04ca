"""SAVEE, British English, four male speakers."""

from ._naming import Naming

SAVEE = Naming(
    name="savee",
    title="SAVEE",
    language="English",
    licence="free for research",
    citation=(
        'S. Haq, P. J. B. Jackson, "Speaker-dependent audio-visual emotion recognition", AVSP 2009'
    ),
    # a folder, or in some copies a prefix, for each speaker; emotion and its sentence
    pattern=r"(?P<speaker>DC|JE|JK|KL)[/_](?P<label>[a-z]{1,2})(?P<sentence>\d\d)",
    example="AudioData/DC/a01.wav",
    labels={
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happiness",
        "n": "neutral",
        "sa": "sadness",
        "su": "surprise",
    },
    gender=lambda speaker: "male",
)
