"""Emotion words and the schemes that map them to a classification task."""

from pandas.api.types import is_float_dtype

#: Every label a loader may give; a named scheme maps or sets aside each of them.
EMOTIONS = (
    "anger",
    "boredom",
    "calm",
    "disgust",
    "fear",
    "happiness",
    "neutral",
    "sadness",
    "surprise",
)

# Two classes each after Schuller et al. 2010 (doi 10.1109/T-AFFC.2010.8), as recalled: check its
# table before citing. Its corpora have no "calm", which is our reading.
_LOW_AROUSAL = ("boredom", "calm", "disgust", "neutral", "sadness")
_POSITIVE = ("calm", "happiness", "neutral", "surprise")


def _keep(*labels):
    return {label: label for label in labels}


#: Name of each scheme to what it maps; labels that are not there are set aside.
SCHEMES = {
    "big4": _keep("anger", "happiness", "neutral", "sadness"),
    "big5": _keep("anger", "disgust", "fear", "happiness", "sadness"),
    "big6": _keep("anger", "disgust", "fear", "happiness", "neutral", "sadness"),
    "arousal": {label: "low" if label in _LOW_AROUSAL else "high" for label in EMOTIONS},
    "valence": {label: "positive" if label in _POSITIVE else "negative" for label in EMOTIONS},
}


def is_rated(labels):
    """Whether labels of a corpus are ratings (floating-point numbers) and not classes."""
    return is_float_dtype(labels)


def resolve_scheme(scheme, labels):
    """The mapping of a scheme, checked against the labels it is to map.

    Parameters
    ----------
    scheme : str or dict
        A name of `SCHEMES`, or own label to class; None, like absence, sets a label aside.
    labels : iterable of str
        The labels of a corpus.

    Returns
    -------
    mapping : dict of str to str
        The labels that are kept, to their class.

    Raises
    ------
    ValueError
        If the scheme is unknown, a named scheme meets a word that is not an emotion it
        knows, or a dict has none of the labels.
    """
    labels = set(labels)
    if isinstance(scheme, str):
        if scheme not in SCHEMES:
            raise ValueError(
                f"scheme must be one of {list(SCHEMES)} or a dict from own label to class, got "
                f"{scheme!r}."
            )
        mapping = SCHEMES[scheme]
        unknown = sorted(labels - set(EMOTIONS) - set(mapping.values()))
        if unknown:
            raise ValueError(
                f"The scheme {scheme!r} does not know the labels {unknown}. Map them with a dict, "
                f"such as {{{unknown[0]!r}: 'anger'}}; known are {list(EMOTIONS)}."
            )
        return {**_keep(*mapping.values()), **mapping}
    if not isinstance(scheme, dict):
        raise ValueError(f"scheme must be a name, a dict or None, got {type(scheme).__name__}.")
    mapping = {own: label for own, label in scheme.items() if label is not None}
    if not labels & set(scheme):
        raise ValueError(
            f"The scheme maps {sorted(map(str, scheme))}, but the labels are {sorted(labels)}."
        )
    return mapping
