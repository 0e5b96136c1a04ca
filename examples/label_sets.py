"""Other label sets: a source with eight emotions for a target with four.

RAVDESS has anger, calm, disgust, fear, happiness, neutral, sadness and surprise; EMO-DB here has
four of them. Either the source rows of other emotions are thrown away, or a classifier of all eight
is asked which of the four is most probable, or the arrangement of all eight in the plane of valence
and arousal helps to place the four (`ClassRelationTransfer`), even if some of the four are missing
in the source. Unlabelled target, each corpus scaled by itself.
"""

import numpy as np
import pandas as pd
import sklearn
from _corpora import load
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

import featuretransfer as ft

corpora, is_demo = load(__doc__.splitlines()[0])
names = ("demo-en", "demo-de") if is_demo else ("ravdess", "emodb")
feature_set = "GeMAPSv01b" if is_demo else "eGeMAPSv02"
source, target = (corpora[name] for name in names)
Xs, ys = source.features(feature_set).to_numpy(), source.labels.to_numpy()
Xt, yt = target.features(feature_set).to_numpy(), target.labels.to_numpy()
classes = np.unique(yt)


def linear():
    return LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)


def uar(step, kept):
    """UAR of a classifier fitted to the kept source rows, adapted to the whole target."""
    model = ft.make_pipeline(ft.CorpusScaler(), step)
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(Xs[kept], ys[kept], X_target=Xt)
    asked = np.isin(model.classes_, classes)  # no other answer is allowed
    best = model.predict_proba(Xt)[:, asked].argmax(axis=1)
    return 100 * balanced_accuracy_score(yt, model.classes_[asked][best])


def relation():
    return ft.ClassRelationTransfer(target_classes=classes, allow_new_classes=True)


everything, common = np.ones(len(ys), bool), np.isin(ys, classes)
rows = {
    "logistic regression, all emotions of the source": uar(linear(), everything),
    "logistic regression, those of the target": uar(linear(), common),
    "ClassRelationTransfer, those of the target": uar(relation(), common),
    "ClassRelationTransfer, all emotions of the source": uar(relation(), everything),
}
print(f"UAR in percent on {target.name} ({', '.join(classes)}) from {source.name}\n")
print(pd.Series(rows).round(1).to_string())

print("\nWithout the source rows of one class, which its valence and arousal must place\n")
missing = {}
for label in classes:
    kept = ys != label
    missing[label] = {
        "logistic regression": uar(linear(), kept & common),
        "ClassRelationTransfer": uar(relation(), kept),
    }
print(pd.DataFrame(missing).round(1).to_string())
