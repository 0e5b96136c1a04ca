"""CaFE, Canadian French."""

from ._naming import Naming

CAFE = Naming(
    name="cafe",
    title="CaFE",
    language="French",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "P. Gournay, O. Lahaie, R. Lefebvre, "
        '"A Canadian French emotional speech dataset", ACM Multimedia Systems 2018'
    ),
    # actor (odd numbers are men), emotion (initial of the French word), intensity, sentence
    pattern=r"(?P<speaker>\d\d)-(?P<label>[A-Z])-\d-(?P<sentence>\d)",
    example="Colère/Faible/01-C-1-1.wav",
    labels={
        "C": "anger",
        "D": "disgust",
        "J": "happiness",
        "N": "neutral",
        "P": "fear",
        "S": "surprise",
        "T": "sadness",
    },
    gender=lambda speaker: "male" if int(speaker) % 2 else "female",
)
