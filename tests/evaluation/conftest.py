import numpy as np
import pandas as pd
import pytest

import featuretransfer as ft
from featuretransfer.synthetic import make_shifted_corpora


@pytest.fixture(scope="session")
def corpora():
    """Three corpora of features, which differ by their channel."""

    def corpus(name, part, seed, shift):
        data = make_shifted_corpora(60, 48, 6, n_speakers=6, shift=shift, random_state=seed)
        X = pd.DataFrame(data[f"X_{part}"], columns=[f"f{i}" for i in range(6)])
        X.index = [f"{name}-{i}.wav" for i in range(len(X))]
        labels = pd.Series(data[f"y_{part}"], X.index).map(
            {
                "class0": "anger",
                "class1": "happiness",
                "class2": "neutral",
                "class3": "sadness",
            }
        )
        return ft.Corpus.from_features(X, labels, data[f"speakers_{part}"], name=name)

    return [
        corpus("one", "source", 0, "channel"),
        corpus("two", "target", 0, "channel"),
        corpus("three", "target", 0, "location"),
    ]


@pytest.fixture
def relabel():
    """Permute the labels of a corpus."""

    def permuted(corpus):
        order = np.random.default_rng(0).permutation(len(corpus))
        return ft.Corpus.from_features(
            corpus.features(),
            corpus.labels.to_numpy()[order],
            [speaker.split("/", 1)[1] for speaker in corpus.speakers],
            name=corpus.name,
        )

    return permuted


@pytest.fixture(scope="session")
def rated():
    """Two corpora of ratings that follow from the features, which are shifted."""
    rng = np.random.default_rng(0)
    made = []
    for name, n_rows, shift in (("one", 60, 0.0), ("two", 50, 3.0)):
        X = rng.normal(size=(n_rows, 4))
        y = X @ [0.5, -0.3, 0.0, 0.2] + 0.1 * rng.normal(size=n_rows)
        table = pd.DataFrame(X + shift, [f"{name}-{i}.wav" for i in range(n_rows)], list("abcd"))
        made.append(ft.Corpus.from_features(table, y, np.arange(n_rows) % 6, name=name))
    return made
