"""Proxy A-distance: how well a classifier tells two domains apart."""

import numpy as np
from sklearn.base import clone
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from .._checks import is_count
from .._delegation import check_classifier
from .._row_ids import validate_row_ids
from ._two_tables import two_tables


def proxy_a_distance(
    X,
    X_target,
    *,
    speakers=None,
    speakers_target=None,
    estimator=None,
    n_folds=5,
    random_state=0,
):
    """Distance of two domains by the error of a classifier that tells them apart.

    ``2 (1 - 2 e)`` with the balanced error e, the mean of the shares of source rows and of target
    rows that are taken for the other: 0 where the domains cannot be told apart, 2 where they always
    can. Rows are judged out of fold, and with speakers by a classifier that has not heard theirs:
    otherwise it would tell the speakers apart rather than the corpora.

    Parameters
    ----------
    X : array-like of shape (n_source, n_features)
        Source rows.
    X_target : array-like of shape (n_target, n_features)
        Target rows.
    speakers, speakers_target : array-like of shape (n_rows,), default=None
        Speakers of the rows; without both, folds are random rows.
    estimator : classifier or None, default=None
        Tells source from target. None is an RBF-kernel SVM with balanced classes on standardised
        features: a linear classifier sees no difference beyond that of the means, and finds nothing
        between corpora that were each scaled by itself.
    n_folds : int, default=5
        Number of folds, cut to the speakers, or rows, of the smaller domain.
    random_state : int, RandomState instance or None, default=0
        Draws the folds of rows without speakers.

    Returns
    -------
    distance : float
        From 0 to 2; an error above one half counts as 0.

    Raises
    ------
    ValueError
        If a domain has less than 2 rows, or less than 2 speakers where speakers are given.

    Notes
    -----
    [1]_ defines the distance of distributions by the best classifier of a class and proposes this
    estimate of it. That the error is balanced is our choice: the plain error calls samples of one
    distribution far apart where one is larger.

    **Cost.** That of `n_folds` fits. The default takes time O((n + m)^2 d) to O((n + m)^3) for n
    and m rows of d features, and memory O((n + m) d) and a cache.

    References
    ----------
    .. [1] S. Ben-David, J. Blitzer, K. Crammer, F. Pereira (2007), "Analysis of Representations for
       Domain Adaptation", NIPS 19, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer.relatedness import proxy_a_distance
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(100, 3))
    >>> proxy_a_distance(X, 10 + X)
    2.0
    """
    X, X_target = two_tables(X, X_target, least=2)
    check_classifier(estimator, optional=True)
    if not is_count(n_folds, least=2):
        raise ValueError(f"n_folds must be an integer >= 2, got {n_folds!r}.")
    ids = [
        validate_row_ids(speakers, len(X), "speakers", "speaker"),
        validate_row_ids(speakers_target, len(X_target), "speakers_target", "speaker"),
    ]
    folds = _folds((X, X_target), ids, n_folds, random_state)
    classifier = default_domain_classifier() if estimator is None else estimator
    rows = np.concatenate([X, X_target])
    domain = np.repeat([0, 1], [len(X), len(X_target)])
    predicted = np.empty_like(domain)
    for fold in np.unique(folds):
        held_out = folds == fold
        fitted = clone(classifier).fit(rows[~held_out], domain[~held_out])
        predicted[held_out] = fitted.predict(rows[held_out])
    error = 1 - recall_score(domain, predicted, average="macro")
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def default_domain_classifier():
    """An RBF-kernel SVM on standardised features, which sees more than differences of means."""
    return make_pipeline(StandardScaler(), SVC(class_weight="balanced"))


def _folds(domains, speakers, n_folds, random_state):
    """The fold of each row: every domain is split by itself, so that all folds have both."""
    if any(ids is None for ids in speakers):
        n_folds = min(n_folds, *map(len, domains))
        splits = [KFold(n_folds, shuffle=True, random_state=random_state).split(X) for X in domains]
    else:
        n_speakers = [len(set(ids)) for ids in speakers]
        if min(n_speakers) < 2:
            raise ValueError(
                f"At least 2 speakers of each domain are needed, got {n_speakers[0]} and "
                f"{n_speakers[1]}: rows of a speaker are judged without that speaker. Leave the "
                "speakers out for folds of rows."
            )
        n_folds = min(n_folds, *n_speakers)
        splits = [
            GroupKFold(n_folds).split(X, groups=ids.astype(str))
            for X, ids in zip(domains, speakers)
        ]
    folds = []
    for X, split in zip(domains, splits):
        fold = np.empty(len(X), dtype=int)
        for number, (_, rows) in enumerate(split):
            fold[rows] = number
        folds.append(fold)
    return np.concatenate(folds)
