"""How much every held-out source row resembles the target, for scorers that weight by it."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .._checks import is_count
from ..instance import effective_sample_size
from ..instance._domain_ratio import domain_ratio
from ..instance._weights import warn_if_low
from ..representation import CorpusScaler
from ._judged import as_table
from ._row_order import row_order

N_FOLDS = 5  # of the domain classifier
SCALINGS = ("corpus", "pooled")


def domain_weights(judged, scaling, n_components, random_state):
    """How many times as likely the held-out rows are in the target as in the source.

    Out-of-fold odds of a domain classifier, logistic regression on principal components for which
    both domains count alike. They depend on the input rows only, not on the order of these.

    Parameters
    ----------
    judged : Judged
        Its rows; at least two of each domain.
    scaling : {"corpus", "pooled"}
        Standardise every corpus separately or all together first.
    n_components : int
        Principal components that the classifier sees.
    random_state : int, RandomState instance or None
        Determines the folds.

    Returns
    -------
    w : ndarray of shape (n_samples,)
        Not normalised: their expectation over the source is 1.

    Raises
    ------
    ValueError
        If a parameter is not one of its choices, or rows are too few or no feature table.
    """
    _check(scaling, n_components)
    source = as_table(judged.X, "X", "Importance weights compare")
    parts = [as_table(p, "X_target", "Importance weights compare") for p in judged.parts]
    target = np.concatenate(parts)
    if min(len(source), len(target)) < 2:
        raise ValueError(
            f"Importance weights need at least 2 rows of each domain, got {len(source)} "
            f"held-out source rows and {len(target)} target rows."
        )
    order = row_order(source)
    source, target = source[order], target[row_order(target)]
    if scaling == "corpus":
        corpora = judged.source_ids.get("source_domains")
        corpora = None if corpora is None else np.asarray(corpora)[order]
        source = CorpusScaler().fit_transform(source, source_domains=corpora)
        target = StandardScaler().fit_transform(target)
    w = np.empty(len(source))
    w[order], _ = domain_ratio(
        source,
        target,
        _classifier(source, target, n_components),
        n_folds=N_FOLDS,
        clip=1e-3,
        calibration=None,
        random_state=random_state,
    )
    warn_if_low(effective_sample_size(w), len(w), stacklevel=5)
    return w


def _classifier(source, target, n_components):
    n_rows = len(source) + len(target)
    n_folds = min(N_FOLDS, len(source), len(target))
    n_train = n_rows - -(-n_rows // n_folds) - 1
    return make_pipeline(
        StandardScaler(),
        PCA(max(1, min(n_components, source.shape[1], n_train)), svd_solver="full"),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    )


def _check(scaling, n_components):
    if scaling not in SCALINGS:
        raise ValueError(f"scaling must be one of {list(SCALINGS)}, got {scaling!r}.")
    if not is_count(n_components):
        raise ValueError(f"n_components must be an integer >= 1, got {n_components!r}.")
