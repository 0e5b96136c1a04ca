"""TESS, Canadian English, two female speakers."""

from ._naming import Naming

TESS = Naming(
    name="tess",
    title="TESS",
    language="English",
    licence="CC BY-NC-ND 4.0",
    citation=(
        'M. K. Pichora-Fuller, K. Dupuis, "Toronto emotional speech set (TESS)", '
        "University of Toronto 2010, doi 10.5683/SP2/E8H2MF"
    ),
    # speaker (one file lacks the F), word, emotion; "ps" is pleasant surprise
    pattern=r"(?P<speaker>[OY]AF?)_(?P<sentence>[A-Za-z-]+)_(?P<label>[a-z]+)",
    example="OAF_angry/OAF_back_angry.wav",
    labels={
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sadness",
    },
    gender=lambda speaker: "female",
    speakers={"OA": "OAF", "YA": "YAF"},
)
