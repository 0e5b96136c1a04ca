"""What of a target is adapted to, and what of it is predicted."""

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GroupKFold

from .._structure import asked_for

N_PARTS = 5


def transductive(estimator, source, y, target):
    """Adapt to the whole unlabelled target and predict it.

    Parameters
    ----------
    estimator : estimator
        Not fitted; it is cloned.
    source, target : Domain
        Rows.
    y : array-like of shape (n_source,)
        Source labels.

    Returns
    -------
    predicted : DataFrame
        Indexed by the positions of the predicted target rows: ``y_pred`` and what the estimator
        tells of the classes, see `fit_predict`.
    """
    return fit_predict(estimator, source, y, target, target)


def inductive(estimator, source, y, target):
    """Adapt to some speakers of the unlabelled target and predict the others, in turn."""
    parts = [
        fit_predict(estimator, source, y, target.rows(adapt), target.rows(test)).set_axis(test)
        for adapt, test in speaker_folds(target)
    ]
    return pd.concat(parts).sort_index()


def few_labels(estimator, source, y, target, y_target, tested):
    """Adapt to the whole target, a few of its rows labelled, and predict other speakers' rows.

    What learns from labels of target rows gets them; what does not adapts without.

    Parameters
    ----------
    estimator, source, y, target : object
        As of `transductive`.
    y_target : ndarray of shape (n_target,)
        Labels, None where they are not known.
    tested : ndarray of int
        Positions of the target rows to predict.

    Returns
    -------
    predicted : DataFrame
        As of `transductive`.
    """
    predicted = fit_predict(estimator, source, y, target, target.rows(tested), y_target)
    return predicted.set_axis(tested)


def refuse(reason):
    """Fail, for a cell that cannot be run."""
    raise ValueError(reason)


def within_corpus(estimator, corpus, y):
    """Train on some speakers of a corpus and predict the others, in turn."""
    parts, y = [], np.asarray(y)
    for train, test in speaker_folds(corpus):
        model = clone(estimator).fit(corpus.X.iloc[train], y[train])
        parts.append(_predict(model, corpus.rows(test)).set_axis(test))
    return pd.concat(parts).sort_index()


def speaker_folds(domain):
    """Speaker-disjoint folds of the rows, five where there are as many speakers."""
    if domain.speakers.isna().any():
        raise ValueError(
            f"{domain.name} has rows without a speaker, so its folds cannot be speaker-independent."
        )
    n_speakers = domain.speakers.nunique()
    if n_speakers < 2:
        raise ValueError(
            f"{domain.name} has a single speaker, so its folds cannot be speaker-independent."
        )
    folds = GroupKFold(min(N_PARTS, n_speakers))
    return folds.split(domain.X, groups=domain.speakers.to_numpy(dtype=str))


def fit_predict(estimator, source, y, adapt, test, y_target=None):
    """Fit on labelled source and unlabelled target rows, then predict target rows.

    The estimator gets what it asks for among the target rows, their labels as far as they are
    known, the speakers of both domains, the corpora of the source, and the source speakers as
    groups of a search.

    Returns
    -------
    predicted : DataFrame of length n_test
        ``y_pred`` and, of a classifier, ``p_<class>`` (probabilities) or, if it has none,
        ``score_<class>`` (decision values).
    """
    estimator = clone(estimator)
    offered = {
        "X_target": (adapt.X,),
        "speakers": source.speakers.to_numpy(),
        "speakers_target": (adapt.speakers.to_numpy(),),
        "source_domains": source.corpora.to_numpy(),
        "groups": source.speakers.to_numpy(dtype=str),
    }
    if y_target is not None:
        offered["y_target"] = (y_target,)
    estimator.fit(source.X, np.asarray(y), **asked_for(estimator, "fit", offered))
    return _predict(estimator, test)


def _predict(model, test):
    offered = {"speakers_target": test.speakers.to_numpy()}

    def call(method):
        used = asked_for(model, method, offered)
        return np.asarray(getattr(model, method)(test.X, **used))

    labels = pd.DataFrame({"y_pred": pd.Series(call("predict").tolist(), dtype=object)})
    if not is_classifier(model):
        return labels.astype("float64")
    return pd.concat([labels, _class_scores(model, call)], axis=1)


def _class_scores(model, call):
    """Probabilities or else decision values, one column for each class, not for each pair."""
    classes = getattr(model, "classes_", ())
    by_pairs = "ovo" in [
        value
        for name, value in model.get_params(deep=True).items()
        if name.endswith("decision_function_shape")
    ]
    for method, prefix in (("predict_proba", "p"), ("decision_function", "score")):
        if not hasattr(model, method) or (prefix == "score" and by_pairs):
            continue
        values = call(method).astype("float64")
        if values.ndim == 1:
            values = np.column_stack([-values, values])
        if values.shape[1] == len(classes):
            return pd.DataFrame(values, columns=[f"{prefix}_{label}" for label in classes])
    return None
