"""Unsupervised transfer: sort unlabelled speech into groups with the help of other speech.

No label of the target is known, and it need not have the source's classes. How well do clusters
agree with emotions (adjusted Rand index: 0 is chance, 1 is perfect), for k-means of the target
alone, with an unlabelled source, with a labelled one? Mean over all ordered pairs of corpora.
"""

from itertools import permutations

import pandas as pd
import sklearn
from _corpora import load
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

import featuretransfer as ft

corpora, is_demo = load(__doc__.splitlines()[0])
corpora = {name: corpus.with_labels("big4") for name, corpus in corpora.items()}
feature_set = "GeMAPSv01b" if is_demo else "eGeMAPSv02"
features = {name: corpus.features(feature_set) for name, corpus in corpora.items()}
seeds = range(2 if is_demo else 5)

clusterings = {
    "k-means of the target alone": KMeans(4, n_init=10),
    "TransferClustering": ft.TransferClustering(4),
    "DiscriminativeTransferClustering": ft.DiscriminativeTransferClustering(4),
}
rows = []
for source, target in permutations(corpora, 2):
    for name, clustering in clusterings.items():
        for seed in seeds:
            pipe = ft.make_pipeline(ft.CorpusScaler(), clustering.set_params(random_state=seed))
            with sklearn.config_context(enable_metadata_routing=True):
                if name.startswith("k-means"):
                    labels = pipe.fit_predict(features[target])
                else:
                    pipe.fit(features[source], corpora[source].labels, X_target=(features[target],))
                    labels = pipe.predict(features[target])
            agreement = adjusted_rand_score(corpora[target].labels, labels)
            rows.append({"clustering": name, "target": target, "agreement": agreement})

table = pd.DataFrame(rows).pivot_table(index="clustering", columns="target", values="agreement")
table["mean"] = table.mean(axis=1)
print(f"Adjusted Rand index of clusters and emotions, mean of {len(seeds)} seeds\n")
print(table.loc[list(clusterings)].round(3).to_string())
