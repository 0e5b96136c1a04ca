"""Cross-language transfer: train on speech of one language, recognise emotions in another.

The target is unlabelled (transductive transfer). Every corpus has a language of its own: German
(EMO-DB), Italian (EMOVO), English (RAVDESS), Urdu (URDU). First what is lost by crossing languages,
then what scaling each corpus by itself gets back, then what adaptation adds, pair by pair.
"""

from _corpora import load

import featuretransfer as ft

METHODS = ("coral", "tca", "jda", "optimal-transport")

corpora, is_demo = load(__doc__.splitlines()[0])
result = ft.cross_corpus(
    {name: ft.recipe(name) for name in METHODS},
    list(corpora.values()),
    feature_set="GeMAPSv01b" if is_demo else "eGeMAPSv02",
    random_state=0,
)

table = result.to_frame()
language = {name: corpus.language for name, corpus in corpora.items()}
for side in ("source", "target"):
    table[side] = table[side].map(language)

print("UAR in percent, from the language in the row to that in the column\n")
for pipeline in ("source-only", "corpus-scaling", "jda"):
    matrix = table[table["pipeline"] == pipeline].pivot(
        index="source", columns="target", values="uar"
    )
    print(f"{pipeline}\n{(100 * matrix).round(1).to_string(na_rep='-')}\n")

print("Means over all pairs of languages, with speaker-clustered 95 % intervals\n")
summary = result.summary()
columns = [name for name in summary if name.startswith(("uar", "gain"))]
print((100 * summary[columns]).round(1).to_string(na_rep=""))
