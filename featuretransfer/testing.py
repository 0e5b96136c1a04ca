"""Discovery of the public estimators, for common tests, benchmarks, command line and API page."""

import inspect

from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge

__all__ = [
    "all_adapters",
    "all_estimators",
    "all_methods",
    "all_predictors",
    "all_weighters",
    "make_instance",
]


def all_estimators():
    """All public estimator classes.

    Returns
    -------
    estimators : dict of str to type
        Class name to class, sorted by name.

    Examples
    --------
    >>> from featuretransfer.testing import all_estimators
    >>> "CORAL" in all_estimators()
    True
    """
    import featuretransfer

    public = {name: getattr(featuretransfer, name) for name in featuretransfer.__all__}
    return {
        name: thing
        for name, thing in sorted(public.items())
        if inspect.isclass(thing) and issubclass(thing, BaseEstimator)
    }


def all_adapters():
    """All adapters: estimators with a source view and a target view.

    Returns
    -------
    adapters : dict of str to type
        Class name to class, sorted by name.

    Examples
    --------
    >>> from featuretransfer.testing import all_adapters
    >>> "CORAL" in all_adapters(), "KernelMeanMatching" in all_adapters()
    (True, False)
    """
    return _with_method("transform_source")


def all_weighters():
    """All weighters: estimators whose `fit` learns a weight for every source row.

    Returns
    -------
    weighters : dict of str to type
        Class name to class, sorted by name.

    Examples
    --------
    >>> from featuretransfer.testing import all_weighters
    >>> "KernelMeanMatching" in all_weighters()
    True
    """
    from .instance import WeighterMixin

    return {name: cls for name, cls in all_estimators().items() if issubclass(cls, WeighterMixin)}


def all_predictors():
    """All classifiers, regressors and clusterers that adapt: last steps of a pipeline.

    `ReweightedClassifier` and `ReweightedRegressor` are not among them, as what adapts there is the
    weighter inside, nor are classes whose ``settings`` are empty: they pass the target on to what
    is inside.

    Returns
    -------
    predictors : dict of str to type
        Class name to class, sorted by name.

    Examples
    --------
    >>> from featuretransfer.testing import all_predictors
    >>> "CORAL" in all_predictors(), "ReweightedClassifier" in all_predictors()
    (False, False)
    """
    return {
        name: cls
        for name, cls in _with_method("predict").items()
        if "X_target" in inspect.signature(cls.fit).parameters
        and "weighter" not in inspect.signature(cls).parameters
        and getattr(cls, "settings", None) != ()
    }


def all_methods():
    """All methods: adapters, weighters and predictors that transfer something.

    Every one states in its class attribute ``settings`` the settings it can be used in, after Pan &
    Yang (2010): "inductive", "transductive" or "unsupervised". `NoAdaptation`, which is for none,
    is no method.

    Returns
    -------
    methods : dict of str to type
        Class name to class, sorted by name.

    Examples
    --------
    >>> from featuretransfer.testing import all_methods
    >>> all_methods()["TrAdaBoost"].settings
    ('inductive',)
    >>> "NoAdaptation" in all_methods()
    False
    """
    found = {**all_adapters(), **all_weighters(), **all_predictors()}
    nothing = [name for name, cls in found.items() if getattr(cls, "settings", None) == ()]
    return {name: found[name] for name in sorted(found.keys() - nothing)}


def make_instance(cls):
    """An instance of a public estimator class, with an estimator inside where it needs one.

    Parameters
    ----------
    cls : type
        One of `all_estimators`.

    Returns
    -------
    estimator : estimator
        Default parameters; where `cls` requires an estimator ``LogisticRegression()``, or
        ``Ridge()`` if `cls` is a regressor.

    Examples
    --------
    >>> from featuretransfer import CORAL
    >>> from featuretransfer.testing import make_instance
    >>> make_instance(CORAL)
    CORAL()
    """
    required = [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    inner = Ridge if issubclass(cls, RegressorMixin) else LogisticRegression
    return cls(**{name: inner() for name in required})


def _with_method(method):
    return {name: cls for name, cls in all_estimators().items() if hasattr(cls, method)}
