"""How much more likely rows are in the target than in the source, by a domain classifier."""

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedKFold, cross_val_predict


def domain_ratio(X_source, X_target, classifier, *, n_folds, clip, calibration, random_state):
    """Odds of the target at the source rows, out of fold, and the classifier of all rows.

    Parameters
    ----------
    X_source : ndarray of shape (n_source, n_features)
        Source rows.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    classifier : classifier
        Tells source (0) from target (1); it is cloned.
    n_folds : int
        Number of folds, cut to the rows of the smaller domain.
    clip : float
        Probabilities are kept this far from 0 and 1.
    calibration : {"sigmoid", "isotonic"} or None
        How probabilities are calibrated, on folds within each fold; left out where a domain has
        too few rows.
    random_state : int, RandomState instance or None
        Determines the folds.

    Returns
    -------
    odds : ndarray of shape (n_source,)
        ``p / (1 - p)`` with the probability p of the target.
    fitted : classifier
        The classifier of all rows.
    """
    X = np.concatenate([X_source, X_target])
    domain = np.repeat([0, 1], [len(X_source), len(X_target)])
    fewest = min(len(X_source), len(X_target))
    n_folds = min(n_folds, fewest)
    n_inner = min(n_folds, fewest - -(-fewest // n_folds)) if n_folds > 1 else 0
    if calibration is not None and n_inner > 1:
        classifier = CalibratedClassifierCV(classifier, method=calibration, cv=n_inner)
    fitted = clone(classifier).fit(X, domain)
    if n_folds > 1:
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
        p = cross_val_predict(classifier, X, domain, cv=folds, method="predict_proba")[:, 1]
        p = p[: len(X_source)]
    else:
        p = fitted.predict_proba(X_source)[:, 1]
    return odds(p, clip), fitted


def odds(p, clip):
    """``p / (1 - p)`` with p kept `clip` away from 0 and 1."""
    p = np.clip(p, clip, 1 - clip)
    return p / (1 - p)
