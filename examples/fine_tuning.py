"""Inductive transfer: what are 5, 10 or 20 labelled rows of each class of the target worth?

Fine-tuning of a network that was trained on the source, beside the two things it has to beat: the
source alone and the labelled target rows alone, with the same classifier or network. Labelled rows
are of one half of the target's speakers, tested rows of the other. Means over all ordered pairs of
corpora and ten draws of speakers and rows, with 95 % intervals over the draws.
"""

import warnings
from itertools import permutations

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
linear = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
network = ft.FineTunedClassifier(n_hidden=32 if is_demo else 64)

data = {}
for name, corpus in corpora.items():
    labelled = corpus.with_labels("big4")
    table = labelled.features(feature_set, on_error="warn")
    labelled = labelled.drop(table)  # rows that could not be extracted
    rows = labelled.labels.index
    data[name] = (
        table.loc[rows].to_numpy(),
        *(series.to_numpy(str) for series in (labelled.labels, labelled.speakers)),
    )


def predictions(Xs, ys, Xt, yt, known):
    """What every approach predicts for all target rows, which are scaled by their own corpus."""
    scaler = ft.CorpusScaler().fit(Xs, X_target=(Xt,))
    Xs, Xt = scaler.transform_source(Xs), scaler.transform(Xt)
    some = np.full(len(yt), None)
    some[known] = yt[known]
    adapted = {"X_target": (Xt,), "y_target": (some,)}
    augmented = ft.FeatureAugmentationClassifier(clone(linear))
    return {
        "source alone, linear": clone(linear).fit(Xs, ys).predict(Xt),
        "source alone, network": clone(network).fit(Xs, ys).predict(Xt),
        "target alone, linear": clone(linear).fit(Xt[known], yt[known]).predict(Xt),
        "target alone, network": clone(network).fit(Xt[known], yt[known]).predict(Xt),
        "fine-tuned network": clone(network).fit(Xs, ys, **adapted).predict(Xt),
        "fine-tuned network, output layer only": clone(network)
        .set_params(n_frozen=1)
        .fit(Xs, ys, **adapted)
        .predict(Xt),
        "feature augmentation, linear": augmented.fit(Xs, ys, **adapted).predict(Xt),
    }


found = []
for source, target in permutations(data, 2):
    (Xs, ys, _), (Xt, yt, speakers) = data[source], data[target]
    for n_known in (5, 10, 20):
        split = FewLabelsSplit(n_known, n_draws, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer rows than asked for; unfinished training
            for draw, (known, tested) in enumerate(split.split(Xt, yt, speakers)):
                network.set_params(random_state=draw)
                for name, predicted in predictions(Xs, ys, Xt, yt, known).items():
                    uar = balanced_accuracy_score(yt[tested], predicted[tested])
                    found.append({"": name, "labels": n_known, "draw": draw, "uar": 100 * uar})

means = pd.DataFrame(found).groupby(["", "labels", "draw"], sort=False)["uar"].mean()
curves = means.groupby(["", "labels"], sort=False).agg(["mean", "sem"])
half = stats.t.ppf(0.975, n_draws - 1) * curves["sem"]
text = curves["mean"].map("{:.1f}".format) + " ± " + half.map("{:.1f}".format)
print(f"UAR in percent, means over all pairs and {n_draws} draws (chance 25)\n")
print(text.unstack(sort=False).rename(columns="{} a class".format).to_string())
