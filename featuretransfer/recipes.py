"""Named recipes: a method's name to the plain pipeline that uses it as it is meant to be used."""

import inspect
import re
from collections import Counter

from sklearn.base import ClassifierMixin, clone
from sklearn.decomposition import PCA

from ._defaults import default_classifier
from ._suggestions import did_you_mean
from .instance import ReweightedClassifier
from .pipelines import make_pipeline
from .representation import CorpusScaler
from .testing import all_adapters, all_methods, all_predictors, all_weighters

__all__ = ["methods", "recipe", "short_names"]

WORDS = ("TrAdaBoost", "RuLSIF")  # capitals inside them begin no new word


def methods():
    """The adapters, weighters and adapting classifiers that `recipe` knows.

    `NoAdaptation` is not among them, since a recipe of it is scaling by corpus: "corpus-scaler".

    Returns
    -------
    methods : dict of str to type
        Name to class; a name is the class name in lower case, hyphenated: "kernel-mean-matching".

    Examples
    --------
    >>> from featuretransfer.recipes import methods
    >>> methods()["coral"].__name__
    'CORAL'
    """
    usable = {**all_adapters(), **all_weighters(), **_classifiers()}
    found = all_methods().keys() & usable
    return dict(sorted((_hyphenated(name), usable[name]) for name in found))


def short_names():
    """What is accepted instead of the names of `methods`: capitals that only one class has.

    Returns
    -------
    short : dict of str to str
        The short name to the name, where it is another.

    Examples
    --------
    >>> from featuretransfer.recipes import short_names
    >>> short_names()["kmm"]
    'kernel-mean-matching'
    """
    known = methods()
    capitals = Counter(_capitals(cls.__name__) for cls in known.values())
    return {
        short: name
        for name, cls in known.items()
        if capitals[short := _capitals(cls.__name__)] == 1 and short not in known
    }


def recipe(method, classifier=None):
    """A pipeline with each corpus scaled by itself, then the method, then a classifier.

    A method that is a classifier is the last step, around `classifier` if it takes one. A method
    that labels the target on the way does so by a copy of `classifier`. A method for a target with
    other columns than the source is the first step: it scales both by itself, or has what scales
    inside, before `classifier`.

    Parameters
    ----------
    method : str
        A name from `methods`, a class name in any case ("CORAL") or, where it is unique, the
        capitals of one ("KMM").
    classifier : classifier, default=None
        The last step, or what the weights are given to, or what the method is put around.
        ``LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)`` by default.

    Returns
    -------
    pipeline : Pipeline
        A plain scikit-learn Pipeline with ``transform_input=["X_target"]``.

    Raises
    ------
    ValueError
        If there is no such method; the message lists all.

    Examples
    --------
    >>> from featuretransfer import recipe
    >>> [name for name, step in recipe("coral").steps]
    ['corpusscaler', 'coral', 'logisticregression']
    >>> recipe("kmm").steps[-1][1].weighter
    KernelMeanMatching()
    """
    if classifier is None:
        classifier = default_classifier()
    cls = find(method)
    if cls.__name__ in all_weighters():
        weighter = cls()
        if cls.advised_components is not None:
            weighter = make_pipeline(PCA(cls.advised_components, random_state=0), weighter)
        return make_pipeline(CorpusScaler(), ReweightedClassifier(classifier, weighter))
    if cls is CorpusScaler:
        return make_pipeline(CorpusScaler(), classifier)
    if cls.__name__ in _classifiers():
        takes_one = "estimator" in inspect.signature(cls).parameters
        if takes_one and not getattr(cls, "equal_columns", True):
            classifier = make_pipeline(CorpusScaler(), classifier)
        steps = [cls(estimator=classifier) if takes_one else cls()]
    else:
        labeller = {"estimator": clone(classifier)} if cls.labels_by_classifier else {}
        steps = [cls(**labeller), classifier]
    scaled = getattr(cls, "equal_columns", True)
    return make_pipeline(*([CorpusScaler()] if scaled else []), *steps)


def _idle():
    """Names of adapters that are no methods."""
    names = all_adapters().keys() - all_methods().keys()
    return {form(name) for name in names for form in (str.lower, _hyphenated)}


def _classifiers():
    """The adapting classifiers; a recipe classifies, so regressors are none."""
    found = all_predictors()
    return {name: cls for name, cls in found.items() if issubclass(cls, ClassifierMixin)}


def find(method):
    """The class of a method, by one of the names that `recipe` accepts."""
    known = methods()
    spelled = {cls.__name__.lower(): name for name, cls in known.items()}
    accepted = {**short_names(), **spelled, **{name: name for name in known}}
    wanted = str(method).lower()
    if wanted in accepted:
        return known[accepted[wanted]]
    if wanted in _idle():
        raise ValueError(
            f"method {method!r} transfers nothing: a recipe of it would be scaling by corpus alone,"
            " which is 'corpus-scaler'."
        )
    raise ValueError(
        f"method must be one of {', '.join(known)}; got {method!r}.{did_you_mean(wanted, accepted)}"
    )


def _hyphenated(name):
    """'KernelMeanMatching' to 'kernel-mean-matching', 'CCATransfer' to 'cca-transfer'."""
    for word in WORDS:
        name = name.replace(word, word.capitalize())
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _capitals(name):
    return "".join(letter for letter in name if letter.isupper()).lower()
