"""RAVDESS, the speech part, audio only."""

from ._naming import Naming

RAVDESS = Naming(
    name="ravdess",
    title="RAVDESS (speech, audio only)",
    language="English",
    licence="CC BY-NC-SA 4.0",
    citation=(
        'S. R. Livingstone, F. A. Russo, "The Ryerson Audio-Visual Database of Emotional Speech '
        'and Song (RAVDESS)", PLoS ONE 13(5), 2018'
    ),
    # modality, vocal channel, emotion, intensity, statement, repetition, actor
    pattern=r"03-01-(?P<label>\d\d)-\d\d-(?P<sentence>\d\d)-\d\d-(?P<speaker>\d\d)",
    example="Actor_01/03-01-05-01-02-01-01.wav",
    labels={
        "01": "neutral",
        "02": "calm",
        "03": "happiness",
        "04": "sadness",
        "05": "anger",
        "06": "fear",
        "07": "disgust",
        "08": "surprise",
    },
    gender=lambda speaker: "male" if int(speaker) % 2 else "female",
)
