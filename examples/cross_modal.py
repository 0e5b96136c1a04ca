"""Cross-modal transfer: a teacher of one modality labels paired rows of another.

Real faces are not at hand here, so two halves of the acoustic features play the modalities: the
spectrum and voice quality for the teacher, prosody (F0, loudness, timing) for the student. A third
of the speakers of RAVDESS is annotated in the teacher's modality only, another third gives pairs
without labels, the rest is tested. The student never sees a label. Ten draws of speakers.
"""

import numpy as np
import pandas as pd
from _corpora import load
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft

corpora, is_demo = load(__doc__.splitlines()[0])
corpus = corpora["demo-de" if is_demo else "ravdess"].with_labels("big4")
table = corpus.features("GeMAPSv01b" if is_demo else "eGeMAPSv02")
is_prosody = table.columns.str.contains("F0semitone|loudness|Segment|Peaks|equivalentSound")
spectrum, prosody = table.loc[:, ~is_prosody].to_numpy(), table.loc[:, is_prosody].to_numpy()
y, speakers = corpus.labels.to_numpy(), corpus.speakers.to_numpy()


def classifier():
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
    )


rows = []
for seed in range(10):
    names = np.random.default_rng(seed).permutation(np.unique(speakers))
    third = len(names) // 3
    annotated, paired, tested = (
        np.isin(speakers, part) for part in np.split(names, [third, 2 * third])
    )

    def score(model, features, tested=tested):
        return 100 * balanced_accuracy_score(y[tested], model.predict(features[tested]))

    pairs = (spectrum[paired], prosody[paired])
    found = {"teacher": score(classifier().fit(spectrum[annotated], y[annotated]), spectrum)}
    for name, settings in {
        "student, hard labels": {"labels": "hard"},
        "student, soft labels": {},
        "student, soft labels weighted by confidence": {"confidence": "max"},
    }.items():
        model = ft.CrossModalTransfer(classifier(), **settings)
        model.fit(spectrum[annotated], y[annotated], X_paired=pairs)
        found[name] = score(model, prosody)
    true = classifier().fit(prosody[paired], y[paired])
    found["student, had the pairs true labels"] = score(true, prosody)
    rows.append(found)

table = pd.DataFrame(rows)
print(f"UAR in percent on other speakers of {corpus.name}, {len(rows)} draws (chance 25)")
print(f"teacher: {spectrum.shape[1]} features, student: {prosody.shape[1]} features\n")
print(pd.DataFrame({"mean": table.mean(), "std": table.std()}).round(1).to_string())
