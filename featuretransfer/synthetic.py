"""Feature tables of two domains that differ by a named shift: for tests, docs and benchmarks."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

SHIFTS = ("none", "location", "scale", "rotation", "covariate", "prior", "channel")

__all__ = ["SHIFTS", "make_shifted_corpora"]


def make_shifted_corpora(
    n_source=200,
    n_target=200,
    n_features=20,
    n_classes=4,
    *,
    n_speakers=8,
    shift="channel",
    strength=1.0,
    separation=1.0,
    random_state=None,
):
    """Make a labelled source and a target that differs from it by a named shift.

    Every row is a class mean + a speaker offset + noise, in a space of `n_features`. The target
    follows the same law, then one thing changes:

    - ``"none"``: nothing.
    - ``"location"``: a constant is added to every feature, as another microphone level does.
    - ``"scale"``: every feature is multiplied by a factor of its own.
    - ``"rotation"``: features are mixed by an orthogonal matrix.
    - ``"covariate"``: rows are drawn with a probability that grows along one direction, while
      labels given the features stay as they are (the setting of instance weighting).
    - ``"prior"``: class ``c`` is drawn with a probability proportional to ``2 ** (-strength * c)``.
    - ``"channel"``: location, scale and rotation together (the setting of CORAL).

    Parameters
    ----------
    n_source, n_target : int, default=200
        Number of rows.
    n_features : int, default=20
        Number of features.
    n_classes : int, default=4
        Number of classes.
    n_speakers : int, default=8
        Speakers per corpus; the corpora share none.
    shift : str, default="channel"
        What changes from source to target, a name of the list above.
    strength : float, default=1.0
        How much it changes; 0 is no change.
    separation : float, default=1.0
        Distance of two class means in one feature, in units of the noise (root mean square).
    random_state : int, RandomState instance or None, default=None
        Determines every draw.

    Returns
    -------
    corpora : Bunch
        ``X_source`` (n_source, n_features), ``y_source`` (n_source,) of str, ``speakers_source``
        (n_source,) of str, and the same three for the target.

    Examples
    --------
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(60, 40, shift="location", random_state=0)
    >>> corpora.X_source.shape, corpora.X_target.shape
    ((60, 20), (40, 20))
    >>> bool(corpora.X_target.mean() > corpora.X_source.mean() + 0.5)
    True
    """
    if shift not in SHIFTS:
        raise ValueError(f"shift must be one of {list(SHIFTS)}, got {shift!r}.")
    rng = check_random_state(random_state)
    means = separation * rng.normal(size=(n_classes, n_features)) / np.sqrt(2)
    change = _Change(shift, strength, n_features, rng)

    uniform = np.full(n_classes, 1 / n_classes)
    source = _draw(n_source, means, uniform, n_speakers, "source", rng)
    if shift == "prior":
        prior = 2.0 ** (-strength * np.arange(n_classes))
        target = _draw(n_target, means, prior / prior.sum(), n_speakers, "target", rng)
    elif shift == "covariate":
        pool = _draw(20 * n_target, means, uniform, n_speakers, "target", rng)
        ratio = np.exp(strength * pool[0] @ change.direction)
        kept = rng.choice(len(ratio), size=n_target, replace=False, p=ratio / ratio.sum())
        target = tuple(part[kept] for part in pool)
    else:
        target = _draw(n_target, means, uniform, n_speakers, "target", rng)
    names = ("X_source", "y_source", "speakers_source", "X_target", "y_target", "speakers_target")
    return Bunch(**dict(zip(names, (*source, change(target[0]), *target[1:]))))


class _Change:
    """The affine part of a shift."""

    def __init__(self, shift, strength, n_features, rng):
        direction = rng.normal(size=n_features)
        self.direction = direction / np.linalg.norm(direction)
        self.matrix, self.offset = np.eye(n_features), np.zeros(n_features)
        if shift in ("rotation", "channel"):
            self.matrix = _rotation(strength, n_features, rng)
        if shift in ("scale", "channel"):
            self.matrix = self.matrix * np.exp(strength * rng.normal(size=n_features))
        if shift in ("location", "channel"):
            self.offset = strength * (1 + rng.uniform(size=n_features))

    def __call__(self, X):
        return X @ self.matrix + self.offset


def _rotation(strength, n_features, rng):
    """Orthogonal matrix by the Cayley transform of a small skew-symmetric one."""
    A = 0.5 * strength * rng.normal(size=(n_features, n_features)) / np.sqrt(n_features)
    A = A - A.T
    return np.linalg.solve(np.eye(n_features) + A, np.eye(n_features) - A)


def _draw(n, means, prior, n_speakers, domain, rng):
    n_classes, n_features = means.shape
    # every class appears where there is room for it
    labels = np.concatenate(
        [np.arange(n_classes)[:n], rng.choice(n_classes, size=max(n - n_classes, 0), p=prior)]
    )
    labels = rng.permutation(labels)
    speakers = rng.permutation(np.arange(n) % n_speakers)
    offsets = 0.5 * rng.normal(size=(n_speakers, n_features))
    X = means[labels] + offsets[speakers] + rng.normal(size=(n, n_features))
    y = np.array([f"class{label}" for label in range(n_classes)])[labels]
    ids = np.array([f"{domain}/{speaker}" for speaker in range(n_speakers)])[speakers]
    return X, y, ids
