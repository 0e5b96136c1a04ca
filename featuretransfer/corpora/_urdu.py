"""URDU, spontaneous speech from talk shows."""

from ._naming import Naming

URDU = Naming(
    name="urdu",
    title="URDU",
    language="Urdu",
    licence="for research",
    citation=(
        "S. Latif, A. Qayyum, M. Usman, J. Qadir, "
        '"Cross lingual speech emotion recognition: Urdu vs. Western languages", FIT 2018'
    ),
    # speaker, file of the speaker, emotion and file of the emotion
    pattern=r"(?P<speaker>S[FM]\d+)_F\d+_(?P<label>[A-Z])\d+",
    example="Angry/SM1_F10_A010.wav",
    labels={"A": "anger", "H": "happiness", "N": "neutral", "S": "sadness"},
    gender=lambda speaker: "female" if speaker[1] == "F" else "male",
)
