"""How much more likely a row is in the target than in the source, by a domain classifier."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

N_FOLDS = 5
CLIP = 1e-3  # a probability is never surer than this


def domain_ratio(X_source, X_target, n_components, random_state):
    """Density ratio target / source at the source rows, up to a factor.

    Out-of-fold probabilities of a logistic regression on the principal components of both domains,
    with balanced classes.

    Parameters
    ----------
    X_source : ndarray of shape (n_source, n_features)
        Source rows.
    X_target : ndarray of shape (n_target, n_features)
        Target rows.
    n_components : int
        Number of principal components, cut to what the rows allow.
    random_state : int, RandomState instance or None
        Determines the folds.

    Returns
    -------
    ratio : ndarray of shape (n_source,)
        Positive.
    """
    X = np.concatenate([X_source, X_target])
    domain = np.repeat([0, 1], [len(X_source), len(X_target)])
    n_folds = min(N_FOLDS, len(X_source), len(X_target))
    n_train = len(X) - -(-len(X) // n_folds) - 1
    classifier = make_pipeline(
        StandardScaler(),
        PCA(max(1, min(n_components, X.shape[1], n_train)), svd_solver="full"),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    )
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    p = cross_val_predict(classifier, X, domain, cv=folds, method="predict_proba")[:, 1]
    p = np.clip(p[: len(X_source)], CLIP, 1 - CLIP)
    return p / (1 - p)
