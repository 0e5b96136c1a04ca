"""Cross-database transfer: RAVDESS to other databases and back, one source and several sources.

RAVDESS, two short sentences read by 24 actors, is the farthest from the other corpora. How much
does adaptation help from it and to it, and is one source better than all others together, each
scaled by itself (leave one corpus out)? The target is unlabelled.
"""

from _corpora import load

import featuretransfer as ft

METHODS = ("coral", "class-coral", "tca", "jda", "tlsl")

corpora, is_demo = load(__doc__.splitlines()[0])
special = "demo-en" if is_demo else "ravdess"
settings = {"feature_set": "GeMAPSv01b" if is_demo else "eGeMAPSv02", "random_state": 0}
pipelines = {name: ft.recipe(name) for name in METHODS}

each = ft.cross_corpus(pipelines, list(corpora.values()), **settings).to_frame()
each = each[each["pipeline"] != "in-corpus"]
sides = {f"from {special}": each["source"] == special, f"to {special}": each["target"] == special}
print("UAR in percent, means over the pairs with one source and one target\n")
for title, chosen in sides.items():
    other = "target" if title.startswith("from") else "source"
    matrix = each[chosen].pivot(index="pipeline", columns=other, values="uar")
    matrix["mean"] = matrix.mean(axis=1)
    print(f"{title}\n{(100 * matrix.sort_values('mean')).round(1).to_string()}\n")

others = ft.cross_corpus(pipelines, list(corpora.values()), sources="others", **settings)
matrix = others.to_frame().pivot(index="pipeline", columns="target", values="uar")
matrix["mean"] = matrix.mean(axis=1)
print("trained on all other corpora together, each scaled by itself\n")
print((100 * matrix.sort_values("mean")).round(1).to_string())
