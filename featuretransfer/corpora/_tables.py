"""The tables of ``docs/labels.md``, from the code that maps the labels."""

from ._labels import EMOTIONS, SCHEMES
from ._registry import CORPORA


def schemes_table():
    """What every named scheme makes of every emotion, in Markdown."""
    rows = [["label", *SCHEMES]]
    for emotion in EMOTIONS:
        rows.append([emotion, *(SCHEMES[name].get(emotion, "set aside") for name in SCHEMES)])
    return _markdown(rows)


def corpora_table():
    """Label codes of every corpus that is loaded by its file names, in Markdown."""
    rows = [["corpus", "language", "example of a file", "label codes", "licence"]]
    for naming in CORPORA.values():
        codes = ", ".join(f"{code} {emotion}" for code, emotion in naming.labels.items())
        rows.append(
            [f"{naming.title} (`{naming.name}`)", naming.language, f"`{naming.example}`", codes]
            + [naming.licence]
        )
    return _markdown(rows)


def labels_page():
    """The whole page."""
    return f"""# Labels

This page is written by `python -m featuretransfer.corpora._tables`.

## Schemes

`corpus.with_labels("big4")` maps a corpus's own labels to the classes of a scheme. What a
scheme does not map is set aside, counted and listed (`corpus.set_aside`,
`corpus.summary()`). A dict is a scheme of your own, for instance
`{{"anger": "negative", "happiness": "positive"}}`; in it, None sets a label aside.

{schemes_table()}

`arousal` and `valence` follow Schuller et al., "Cross-corpus acoustic emotion recognition:
variances and strategies", IEEE Trans. Affective Computing 1(2), 2010,
https://doi.org/10.1109/T-AFFC.2010.8, as recalled: check its table before citing. "calm",
which its corpora do not have, is our reading.

## Corpora

`load_corpus(name, root)` reads these official file names; labels are spelled out in English.

{corpora_table()}
"""


def _markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


if __name__ == "__main__":
    import sys

    sys.stdout.write(labels_page())
