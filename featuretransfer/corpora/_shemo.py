"""ShEMO, Persian speech from radio plays."""

from ._naming import Naming

SHEMO = Naming(
    name="shemo",
    title="ShEMO",
    language="Persian",
    licence="free for research",
    citation=(
        "O. Mohamad Nezami, P. Jamshid Lou, M. Karami, "
        '"ShEMO: a large-scale validated database for Persian speech emotion detection", '
        "Language Resources and Evaluation 53, 2019"
    ),
    # gender and number of the speaker, emotion, number
    pattern=r"(?P<speaker>[FM]\d\d)(?P<label>[A-Z])(?P<sentence>\d{2,3})",
    example="male/M01A01.wav",
    labels={
        "A": "anger",
        "F": "fear",
        "H": "happiness",
        "N": "neutral",
        "S": "sadness",
        "W": "surprise",
    },
    gender=lambda speaker: "female" if speaker[0] == "F" else "male",
)
