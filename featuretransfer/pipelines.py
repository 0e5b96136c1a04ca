"""Plain scikit-learn pipelines that carry the target, and what keeps them from going wrong."""

import copy

import numpy as np
import sklearn.pipeline
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ._base import is_adapter
from ._structure import check_structure, is_estimator

__all__ = ["check_pipeline", "make_pipeline", "source_view"]


def make_pipeline(*steps, memory=None, verbose=False):
    """Make a plain scikit-learn Pipeline that transforms the target by its earlier steps.

    The same as `sklearn.pipeline.make_pipeline` with ``transform_input=["X_target"]``, followed by
    `check_pipeline`.

    Parameters
    ----------
    *steps : estimators
        Transformers and adapters, then a classifier.
    memory : str or joblib.Memory, default=None
        Cache of fitted transformers, as of `Pipeline`.
    verbose : bool, default=False
        Print the time of every step.

    Returns
    -------
    pipeline : Pipeline
        The pipeline.

    Raises
    ------
    PipelineStructureError
        If the steps are known to go wrong together.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from featuretransfer import CORAL, CorpusScaler, make_pipeline
    >>> make_pipeline(CorpusScaler(), CORAL(), SVC()).transform_input
    ['X_target']
    """
    pipeline = sklearn.pipeline.make_pipeline(
        *steps, memory=memory, transform_input=["X_target"], verbose=verbose
    )
    return check_pipeline(pipeline)


def check_pipeline(estimator):
    """Refuse structures that are known to give silently wrong results, with the remedy.

    An estimator is walked with everything inside it and, where it is a search, with its
    candidates. Refused are

    - a Pipeline with a step before one for a target with other columns than the source;
    - a Pipeline whose later steps use ``X_target`` without ``transform_input=["X_target"]``, or
      that lists ``"y_target"`` there, or whose earlier steps scikit-learn takes for not fitted;
    - estimators that use ``X_target`` inside ColumnTransformer, RFE, SequentialFeatureSelector,
      AdaBoost, or Bagging that draws features: these change the columns of the source only, or do
      not pass the target on;
    - adapters whose two views differ inside what predicts held-out source rows
      (CalibratedClassifierCV, Stacking, TunedThresholdClassifierCV, Bagging with ``oob_score``) or
      inside FrozenEstimator.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn estimator, fitted or not.

    Returns
    -------
    estimator : estimator
        The same object.

    Raises
    ------
    PipelineStructureError
        If there is such a structure.

    Examples
    --------
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from featuretransfer import CORAL, check_pipeline
    >>> check_pipeline(Pipeline([("scale", StandardScaler()), ("adapt", CORAL())]))
    Traceback (most recent call last):
    ...
    featuretransfer.exceptions.PipelineStructureError: Step 'adapt' (CORAL) uses X_target, but ...
    """
    if not is_estimator(estimator):
        raise TypeError(f"estimator must be a scikit-learn estimator instance, got {estimator!r}.")
    check_structure(estimator)
    return estimator


def source_view(estimator, *, speakers=None, source_domains=None):
    """Copy a fitted estimator so that it treats the rows it is given as source rows.

    Adapters map rows as *target* rows, which is what a deployed pipeline is for. Rows of the
    source corpus that were held out of `fit`, as in cross-validation, need the source view. It is
    reached through pipelines, feature unions, searches, voting, bagging: wherever the fitted
    adapters are. Adapters that treat every corpus or speaker by itself need the ids of the rows,
    and a copy with ids is for those rows alone.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator.
    speakers : array-like of shape (n_samples,), default=None
        Speaker of every row that the copy will be given.
    source_domains : array-like of shape (n_samples,), default=None
        Corpus of every row that the copy will be given.

    Returns
    -------
    estimator : estimator
        A deep copy whose adapters use their source view; without adapters just a copy.

    Raises
    ------
    NotFittedError
        If there are adapters, but none is fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import CorpusScaler, source_view
    >>> Xs, Xt = np.array([[0.0], [2.0]]), np.array([[10.0], [11.0], [12.0]])
    >>> scaler = CorpusScaler().fit(Xs, X_target=Xt)
    >>> scaler.transform(Xs).ravel().round(2), source_view(scaler).transform(Xs).ravel()
    (array([-13.47, -11.02]), array([-1.,  1.]))
    """
    view = copy.deepcopy(estimator)
    adapters = [thing for thing in _objects(view) if is_adapter(thing)]
    fitted = [adapter for adapter in adapters if _is_fitted(adapter)]
    if adapters and not fitted:
        raise NotFittedError(
            f"{type(estimator).__name__} holds adapters, but none of them is fitted. Call fit with "
            "X and X_target first."
        )
    ids = {"speakers": speakers, "source_domains": source_domains}
    for adapter in fitted:
        adapter._source_view = True
        adapter._source_ids = {name: value for name, value in ids.items() if value is not None}
    return view


def _is_fitted(adapter):
    try:
        check_is_fitted(adapter)
    except NotFittedError:
        return False
    return True


def _objects(root):
    """Every object with attributes that is reachable from `root`, each once."""
    seen, stack = set(), [root]
    while stack:
        thing = stack.pop()
        if id(thing) in seen or isinstance(thing, type):
            continue
        seen.add(id(thing))
        if isinstance(thing, dict):
            stack.extend(thing.values())
        elif isinstance(thing, list | tuple | set | frozenset):
            stack.extend(thing)
        elif isinstance(thing, np.ndarray):
            stack.extend(thing.ravel() if thing.dtype == object else ())
        elif hasattr(thing, "__dict__"):
            yield thing
            stack.append(vars(thing))
