"""Attribute transfer: from who speaks to how it is said.

RAVDESS is used without its emotions here: a network learns the speaker and the gender of all of its
1440 rows and then, on top, the emotions of EMO-DB or EMOVO from 5, 10 or 20 labelled rows of each
class. Does that beat the labelled target rows alone? Labelled rows are of one half of the target's
speakers, tested rows of the other; ten draws, with 95 % intervals over the draws. (50 rows of each
class need 90 or more, which no class of these two targets but one has.)
"""

import warnings

import numpy as np
import pandas as pd
from _corpora import load
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

import featuretransfer as ft
from featuretransfer.selection import FewLabelsSplit

corpora, is_demo = load(__doc__.splitlines()[0])
feature_set = "GeMAPSv01b" if is_demo else "eGeMAPSv02"
n_draws = 2 if is_demo else 10
source, *targets = ("demo-de", "demo-it") if is_demo else ("ravdess", "emodb", "emovo")

linear = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
network = ft.FineTunedClassifier(n_hidden=32 if is_demo else 64)
hierarchy = ft.AttributeTransfer(n_hidden=32 if is_demo else 64)

Xs = corpora[source].features(feature_set).to_numpy()
attributes = pd.DataFrame(
    {"speaker": corpora[source].speakers.to_numpy(), "gender": corpora[source].gender.to_numpy()}
)


def predictions(Xs, Xt, yt, known):
    """What every approach predicts for all target rows, which are scaled by their own corpus."""
    some = np.full(len(yt), None)
    some[known] = yt[known]
    target = {"X_target": (Xt,), "y_target": (some,)}
    found = {
        "target alone, linear": clone(linear).fit(Xt[known], yt[known]),
        "target alone, network": clone(network).fit(Xt[known], yt[known]),
    }
    for chosen in (["gender"], ["speaker"], ["speaker", "gender"]):
        for form in ("hierarchical", "shared"):
            model = clone(hierarchy).set_params(form=form)
            name = f"{' and '.join(chosen)}, {form}"
            found[name] = model.fit(Xs, attributes=attributes[chosen], **target)
    return {name: model.predict(Xt) for name, model in found.items()}


rows = []
for name in targets:
    corpus = corpora[name].with_labels("big4")
    Xt, yt = corpus.features(feature_set).to_numpy(), corpus.labels.to_numpy(str)
    scaler = ft.CorpusScaler().fit(Xs, X_target=(Xt,))
    scaled = scaler.transform_source(Xs), scaler.transform(Xt)
    for n_known in (5, 10, 20):
        split = FewLabelsSplit(n_known, n_draws, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer rows than asked for; unfinished training
            draws = list(split.split(Xt, yt, corpus.speakers.to_numpy(str)))
            for draw, (known, tested) in enumerate(draws):
                for model in (network, hierarchy):
                    model.set_params(random_state=draw)
                for approach, predicted in predictions(*scaled, yt, known).items():
                    uar = 100 * balanced_accuracy_score(yt[tested], predicted[tested])
                    rows.append(
                        {"target": name, "": approach, "labels": n_known, "draw": draw, "uar": uar}
                    )

print(f"UAR in percent from attributes of {source}, {n_draws} draws (chance 25)\n")
for name, found in pd.DataFrame(rows).groupby("target", sort=False):
    curves = found.groupby(["", "labels"], sort=False)["uar"].agg(["mean", "sem"])
    half = stats.t.ppf(0.975, n_draws - 1) * curves["sem"]
    text = curves["mean"].map("{:.1f}".format) + " ± " + half.map("{:.1f}".format)
    print(f"{name}\n{text.unstack(sort=False).rename(columns='{} a class'.format).to_string()}\n")
