"""Where emotions are in the plane of valence and arousal."""

import numpy as np

# mean ratings of emotion words, pleasure and arousal from -1 to 1, of Russell & Mehrabian (1977) as
# commonly quoted ("happy", "angry", "fearful", "sad", "disgusted", "bored", "surprised",
# "relaxed"); neutral is the origin by definition
VALENCE_AROUSAL = {
    "anger": (-0.51, 0.59),
    "boredom": (-0.65, -0.62),
    "calm": (0.68, -0.46),
    "disgust": (-0.60, 0.35),
    "fear": (-0.64, 0.60),
    "happiness": (0.81, 0.51),
    "neutral": (0.0, 0.0),
    "sadness": (-0.63, -0.27),
    "surprise": (0.40, 0.67),
}
SYNONYMS = {
    "angry": "anger",
    "anxiety": "fear",
    "bored": "boredom",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "joy": "happiness",
    "relaxed": "calm",
    "sad": "sadness",
    "surprised": "surprise",
}


def find_coordinates(labels, given):
    """Coordinates of those labels that have any.

    Parameters
    ----------
    labels : list
        Class labels.
    given : dict or None
        Label to coordinates; None is the table of this module, whose names may be in any case.

    Returns
    -------
    coordinates : dict
        Label to ndarray of shape (n_dimensions,).

    Raises
    ------
    ValueError
        If coordinates are not finite numbers, as many for every label.
    """
    if given is None:
        names = {label: str(label).lower() for label in labels}
        names = {label: SYNONYMS.get(name, name) for label, name in names.items()}
        given = {x: VALENCE_AROUSAL[name] for x, name in names.items() if name in VALENCE_AROUSAL}
    try:
        found = {
            x: np.asarray(given[x], dtype=np.float64).reshape(-1) for x in labels if x in given
        }
        valid = all(np.isfinite(v).all() for v in found.values())
    except (TypeError, ValueError):
        valid = False
    if not valid or len({len(v) for v in found.values()}) > 1:
        raise ValueError(
            "coordinates must be None or a dict of class label to as many finite numbers for each, "
            f"such as {{'anger': (-0.51, 0.59)}}, got {given!r}."
        )
    return found
