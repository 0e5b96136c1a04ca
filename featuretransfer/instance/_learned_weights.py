"""Weights from any weighter, a Pipeline that ends in one too."""

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from ._weights import WeighterMixin, effective_sample_size, normalise_weights, warn_if_low


def check_weighter(weighter):
    """Refuse what is no weighter, and a Pipeline that would not transform the target.

    Parameters
    ----------
    weighter : weighter or Pipeline
        Not fitted.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If the Pipeline lacks ``transform_input=["X_target"]``.
    """
    last = weighter.steps[-1][1] if isinstance(weighter, Pipeline) else weighter
    if isinstance(last, type) or not has_fit_parameter(last, "X_target"):
        raise TypeError(
            "weighter must be None or an estimator with fit(X, y, X_target=...) that learns "
            f"sample_weight_, got {weighter!r}. Pass for example weighter=KernelMeanMatching()."
        )
    if last is weighter or len(weighter.steps) == 1:
        return
    if "X_target" not in (weighter.transform_input or ()):
        raise ValueError(
            "The weighter is a Pipeline without transform_input=['X_target'], so its first steps "
            "would transform the source but not the target. Set transform_input=['X_target'] on it."
        )


def learn_weights(weighter, X, y, *, X_target=None, source_domains=None, stacklevel):
    """Fit a clone of a weighter.

    Parameters
    ----------
    weighter : weighter or Pipeline
        Not modified.
    X, y : array-like
        Source rows and labels.
    X_target : array-like or tuple of such, default=None
        Target rows.
    source_domains : array-like of shape (n_source,), default=None
        Corpus of every source row, for a weighter that asks for it.
    stacklevel : int
        Of the warning of few effective rows, as seen from the caller.

    Returns
    -------
    fitted : weighter or Pipeline
        The fitted clone.
    w : ndarray of shape (n_source,)
        Its weights, with mean 1.

    Raises
    ------
    TypeError
        If it learned no weight for every source row.
    """
    check_consistent_length(X, y)
    weighter = clone(weighter)
    named = {} if source_domains is None else {"source_domains": source_domains}
    if isinstance(weighter, Pipeline):
        metadata = {} if X_target is None else {"X_target": X_target}
        with config_context(enable_metadata_routing=True):
            if get_routing_for_object(weighter).consumes("fit", named):
                metadata |= named
            last = weighter.fit(X, y, **metadata).steps[-1][1]
    else:
        named = named if has_fit_parameter(weighter, "source_domains") else {}
        last = weighter.fit(X, y, X_target=X_target, **named)
    name = type(last).__name__
    w = getattr(last, "sample_weight_", None)
    if w is None or np.shape(w) != (len(X),):
        found = "none" if w is None else f"an array of shape {np.shape(w)}"
        raise TypeError(
            f"weighter must learn sample_weight_ of shape (n_source,), one weight per source row; "
            f"{name} learned {found}."
        )
    if isinstance(last, WeighterMixin):
        return weighter, last.sample_weight_
    w = normalise_weights(w, name)
    warn_if_low(effective_sample_size(w), len(w), stacklevel=stacklevel + 1)
    return weighter, w
