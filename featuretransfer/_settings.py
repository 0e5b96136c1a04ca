"""What a method can be used for and what it needs for that, told by its class."""

import inspect

#: Transfer settings after Pan & Yang (2010), in their order.
SETTINGS = ("inductive", "transductive", "unsupervised")


def inputs(cls):
    """What `fit` takes besides the source rows.

    Parameters
    ----------
    cls : type
        An estimator class.

    Returns
    -------
    names : list of str
        In the order of the signature; source labels only where `fit` learns from them.
    """
    names = list(inspect.signature(cls.fit).parameters)[2:]
    if not getattr(cls, "uses_y", True):
        names.remove("y")
    return names


def needs(cls):
    """What `fit` must be given besides source rows and labels, or nothing is transferred.

    Target rows always; labels of target rows where the only setting of the class is inductive;
    paired rows wherever they are taken. A class of which more is true says so in its attribute
    ``needs``.

    Parameters
    ----------
    cls : type
        An estimator class that states its ``settings``.

    Returns
    -------
    names : list of str
        In the order of the signature.
    """
    stated = getattr(cls, "needs", None)
    if stated is None:
        stated = ["X_target", "X_paired"]
        if set(cls.settings) == {"inductive"}:
            stated.append("y_target")
    return [name for name in inputs(cls) if name in stated]
