"""CASIA, Mandarin, by folders."""

from ._naming import Naming

CASIA = Naming(
    name="casia",
    title="CASIA",
    language="Mandarin",
    licence="by agreement with the Institute of Automation, Chinese Academy of Sciences",
    citation=(
        'J. Zhang, H. Jia, "Design of speech corpus for Mandarin text to speech", '
        "Blizzard Challenge workshop 2008"
    ),
    # a folder for each speaker, in it one for each emotion, files named for the sentence
    pattern=r"(?P<speaker>[^/]+)/(?P<label>[A-Za-z]+)/(?P<sentence>\d+)",
    example="liuchanhg/angry/201.wav",
    labels={
        "angry": "anger",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "sad": "sadness",
        "surprise": "surprise",
    },
)
