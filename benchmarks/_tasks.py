"""Tasks of transfer on which scorers and choices are judged, with the labels of the target.

What is chosen by these labels may be chosen on `own_tasks` only: data of this project, generated
shifts, and parts of single corpora. `real_pairs` are for looking once at what was chosen.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from featuretransfer.synthetic import SHIFTS, make_shifted_corpora

OTHERS = ("emovo", "ravdess")  # corpora with these emotions beside the four
OTHER_EMOTIONS = ("disgust", "fear", "surprise")


@dataclass(frozen=True)
class Task:
    """A labelled source and a target whose labels are for judging.

    Parameters
    ----------
    kind, name : str
        Group of the task, and its name there.
    X, X_target : ndarray of shape (n_rows, n_features)
        Features.
    y, y_target, speakers, speakers_target : ndarray of str
        Class and speaker of every row.
    """

    kind: str
    name: str
    X: np.ndarray
    y: np.ndarray
    speakers: np.ndarray
    X_target: np.ndarray
    y_target: np.ndarray
    speakers_target: np.ndarray


def own_tasks(corpora, demo, feature_set, seeds):
    """Tasks whose target labels may be used to choose.

    Parameters
    ----------
    corpora : list of Corpus
        Real ones, of which single corpora are divided.
    demo : list of Corpus
        The demo corpora.
    feature_set : str
        Of all corpora.
    seeds : sequence of int
        Of the generated shifts.

    Returns
    -------
    tasks : list of Task
        Of the kinds "demo", "shift", "gender", "speakers" and "other emotions".
    """
    tasks = pairs("demo", demo, "big4", feature_set)
    for shift in SHIFTS:
        for seed in seeds:
            found = make_shifted_corpora(shift=shift, separation=0.6, random_state=seed)
            tasks.append(Task("shift", f"{shift}-{seed}", *found.values()))
    for corpus in corpora:
        X, y, speakers = table(corpus.with_labels("big4"), feature_set)
        gender = corpus.gender.loc[corpus.with_labels("big4").labels.index].to_numpy(str)
        half = np.unique(speakers, return_inverse=True)[1] % 2
        for kind, part in (("gender", gender), ("speakers", half)):
            for source, target in permutations(np.unique(part), 2):
                rows, held = part == source, part == target
                name = f"{corpus.name} {source} to {target}"
                source = (X[rows], y[rows], speakers[rows])
                tasks.append(Task(kind, name, *source, X[held], y[held], speakers[held]))
    others = [corpus for corpus in corpora if corpus.name in OTHERS]
    labels = {emotion: emotion for emotion in OTHER_EMOTIONS}
    return tasks + pairs("other emotions", others, labels, feature_set)


def pairs(kind, corpora, labels, feature_set):
    """A task for every ordered pair of corpora."""
    tables = {c.name: table(c.with_labels(labels), feature_set) for c in corpora}
    return [
        Task(kind, f"{source} to {target}", *tables[source], *tables[target])
        for source, target in permutations(tables, 2)
    ]


def table(corpus, feature_set):
    """Features, classes and speakers of the rows that could be extracted."""
    features = corpus.features(feature_set, on_error="warn", progress=False)
    corpus = corpus.drop(features)
    X = features.loc[corpus.labels.index].to_numpy(np.float64)
    return X, corpus.labels.to_numpy(str), corpus.speakers.to_numpy(str)
