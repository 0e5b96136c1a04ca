"""Class probabilities of any fitted classifier, or what stands in for them."""

import numpy as np
from scipy.special import log_softmax


def probability_method(classifier):
    """The name of the method that tells most about classes.

    Parameters
    ----------
    classifier : classifier
        Fitted.

    Returns
    -------
    name : {"predict_proba", "decision_function"}
        The first of them that it has.

    Raises
    ------
    TypeError
        If it has neither.
    """
    for name in ("predict_proba", "decision_function"):
        if hasattr(classifier, name):
            return name
    raise TypeError(
        f"{type(classifier).__name__} has neither predict_proba nor decision_function. Use a "
        "classifier that has one, or wrap it in CalibratedClassifierCV."
    )


def log_probabilities(classifier, X, **metadata):
    """Logarithms of class probabilities; without them those of the softmax of decision values.

    Parameters
    ----------
    classifier : classifier
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Rows.
    **metadata : dict
        Passed on to its method.

    Returns
    -------
    L : ndarray of shape (n_samples, n_classes)
        In the order of its ``classes_``, -inf for a probability of 0.

    Raises
    ------
    TypeError
        If the classifier has neither method, or its decision values are not one per class.
    """
    method = probability_method(classifier)
    values = np.asarray(getattr(classifier, method)(X, **metadata), dtype=np.float64)
    if method == "predict_proba":
        with np.errstate(divide="ignore"):
            return np.log(values)
    if values.ndim == 1:
        values = np.column_stack([np.zeros_like(values), values])
    elif values.shape[1] != len(classifier.classes_):  # of pairs of classes
        raise TypeError(
            f"{type(classifier).__name__} gives {values.shape[1]} decision values for "
            f"{len(classifier.classes_)} classes; one for each is needed "
            "(decision_function_shape='ovr')."
        )
    return log_softmax(values, axis=1)
