"""CREMA-D, American English."""

from ._naming import Naming

CREMAD = Naming(
    name="cremad",
    title="CREMA-D",
    language="English",
    licence="Open Database License (ODbL) 1.0",
    citation=(
        "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma, "
        '"CREMA-D: crowd-sourced emotional multimodal actors dataset", '
        "IEEE Trans. Affective Computing 5(4), 2014"
    ),
    # actor, sentence, emotion, level; genders are in a table of their own
    pattern=r"(?P<speaker>1\d{3})_(?P<sentence>[A-Z]{3})_(?P<label>[A-Z]{3})_[A-Z]{1,2}",
    example="AudioWAV/1001_DFA_ANG_XX.wav",
    labels={
        "ANG": "anger",
        "DIS": "disgust",
        "FEA": "fear",
        "HAP": "happiness",
        "NEU": "neutral",
        "SAD": "sadness",
    },
)
