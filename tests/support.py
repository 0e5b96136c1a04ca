"""What tests of all methods share."""

import inspect

import numpy as np
from sklearn.base import RegressorMixin, is_regressor

TELLING = ("transform", "predict_proba", "decision_function", "predict")


def with_neutral_speech(data):
    """Corpora whose first class is called as some methods look for it, changed in place."""
    for name in ("y_source", "y_target"):
        data[name] = np.where(data[name] == "class0", "neutral", data[name])
    return data


def labels(cls, y):
    """Labels as `cls` takes them: classes, or numbers for a regressor."""
    if not issubclass(cls, RegressorMixin):
        return y
    return np.unique(y, return_inverse=True)[1] ** 1.5


def takes(cls, name):
    """Whether `fit` of a class takes an input of this name."""
    return name in inspect.signature(cls.fit).parameters


def telling(method):
    """The name of the method by which a fitted method tells most about rows."""
    if is_regressor(method):
        return "predict"
    return next(name for name in TELLING if hasattr(method, name))
