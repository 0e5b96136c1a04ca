"""EMOVO, Italian acted speech."""

from ._naming import Naming

EMOVO = Naming(
    name="emovo",
    title="EMOVO",
    language="Italian",
    licence="freely available for research",
    citation=(
        "G. Costantini, I. Iaderola, A. Paoloni, M. Todisco, "
        '"EMOVO corpus: an Italian emotional speech database", LREC 2014'
    ),
    # emotion (first letters of the Italian word), speaker, sentence
    pattern=r"(?P<label>[a-z]{3})-(?P<speaker>[fm]\d)-(?P<sentence>[a-z]\d)",
    example="f1/dis-f1-b1.wav",
    labels={
        "rab": "anger",
        "dis": "disgust",
        "pau": "fear",
        "gio": "happiness",
        "neu": "neutral",
        "tri": "sadness",
        "sor": "surprise",
    },
    gender=lambda speaker: "female" if speaker[0] == "f" else "male",
)
