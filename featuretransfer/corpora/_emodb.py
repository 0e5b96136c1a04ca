"""EMO-DB, the Berlin Database of Emotional Speech."""

from ._naming import Naming

_FEMALE = {"08", "09", "13", "14", "16"}

EMODB = Naming(
    name="emodb",
    title="EMO-DB",
    language="German",
    licence="freely available for research",
    citation=(
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. Sendlmeier, B. Weiss, "
        '"A database of German emotional speech", Interspeech 2005'
    ),
    # speaker, text, emotion (initial of the German word), version
    pattern=r"(?P<speaker>\d\d)(?P<sentence>[ab]\d\d)(?P<label>[A-Z])[a-z]?",
    example="wav/03a01Fa.wav",
    labels={
        "W": "anger",
        "L": "boredom",
        "E": "disgust",
        "A": "fear",
        "F": "happiness",
        "T": "sadness",
        "N": "neutral",
    },
    gender=lambda speaker: "female" if speaker in _FEMALE else "male",
)
