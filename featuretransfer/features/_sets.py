"""The openSMILE feature sets, and one extractor for a set, a level and a sampling policy."""

import hashlib
import os
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .._suggestions import did_you_mean
from .._version import __version__

#: Name of each set to its number of (functionals, low-level descriptors).
FEATURE_SETS = {
    "eGeMAPSv02": (88, 25),
    "eGeMAPSv01b": (88, 23),
    "eGeMAPSv01a": (88, 23),
    "GeMAPSv01b": (62, 18),
    "GeMAPSv01a": (62, 18),
    "emobase": (988, 26),
    "IS09": (384, 16),
    "IS10": (1582, 38),
    "IS11": (4368, 59),
    "IS12": (6125, 64),
    "IS13": (6373, 65),
    "ComParE_2016": (6373, 65),
}
# \{file} or \{\cm[option{file}:description]}
_INCLUDED = re.compile(rb"^\s*\\\{(?:\\cm\[\w+\{([^}]*)\}[^]]*\]|([^}\\]+))\}", re.MULTILINE)
LEVELS = {"functionals": "Functionals", "lld": "LowLevelDescriptors"}

__all__ = ["FEATURE_SETS", "LEVELS", "Settings"]


@dataclass(frozen=True)
class Settings:
    """What is extracted: everything that decides the values of a feature table.

    Parameters
    ----------
    feature_set : str
        A name of `FEATURE_SETS`, or the path of an openSMILE configuration file.
    level : {"functionals", "lld"}
        One row per segment, or one per frame.
    sampling_rate : int or None
        Rate in Hz that audio is resampled to; None keeps the rate of each file.
    """

    feature_set: str
    level: str
    sampling_rate: int | None

    def __post_init__(self):
        # openSMILE itself crashes the process on a wrong level: nothing invalid may reach it
        if self.level not in LEVELS:
            raise ValueError(f"level must be one of {list(LEVELS)}, got {self.level!r}.")
        if self.feature_set not in FEATURE_SETS and not self.is_config:
            raise ValueError(
                f"feature_set must be one of {list(FEATURE_SETS)} or the path of an openSMILE "
                f"configuration file ending in .conf, got {self.feature_set!r}."
                f"{did_you_mean(self.feature_set, FEATURE_SETS)}"
            )
        if self.is_config and not Path(self.feature_set).is_file():
            raise FileNotFoundError(
                f"feature_set {self.feature_set!r} names a configuration file that does not exist."
            )
        rate = self.sampling_rate
        if rate is not None and not (isinstance(rate, int | np.integer) and 1000 <= rate <= 192000):
            raise ValueError(
                f"sampling_rate must be None or an integer from 1000 to 192000 Hz, got {rate!r}."
            )

    @classmethod
    def of(cls, feature_set, level, sampling_rate):
        """Settings from user input, where a configuration file may be any path."""
        return cls(str(feature_set), level, sampling_rate)

    @property
    def is_config(self):
        """Whether the set is a configuration file of the user's."""
        return self.feature_set.endswith(".conf")

    def describe(self):
        """What a feature table tells about its making, as plain Python values."""
        return {
            "feature_set": self.feature_set,
            "level": self.level,
            "sampling_rate": None if self.sampling_rate is None else int(self.sampling_rate),
            "channels": "mean",
            "opensmile": version("opensmile"),
            "featuretransfer": __version__,
        }

    def fingerprint(self):
        """A string that changes with anything that changes a value."""
        # a new version of ours need not change a value: the cache has a version of its own
        left_out = ("feature_set", "featuretransfer")
        parts = [str(item) for item in sorted(self.describe().items()) if item[0] not in left_out]
        if self.is_config:
            parts += [hashlib.sha256(text).hexdigest() for text in _config_texts(self.feature_set)]
        else:
            parts.append(self.feature_set)
        return "\n".join(parts)


class Extractor:
    """One openSMILE instance for one `Settings`; not safe to share between threads."""

    def __init__(self, settings):
        import opensmile

        self.settings = settings
        known = opensmile.FeatureSet.__members__
        with warnings.catch_warnings():
            # older versions of a set are asked for by name, and on purpose
            warnings.filterwarnings("ignore", message=".*is deprecated", category=UserWarning)
            self._smile = opensmile.Smile(
                feature_set=settings.feature_set
                if settings.is_config
                else known[settings.feature_set],
                feature_level=opensmile.FeatureLevel[LEVELS[settings.level]],
            )

    @cached_property
    def names(self):
        """Feature names, in column order."""
        from opensmile.core.lib import OpenSmileException

        try:
            return list(self._smile.feature_names)
        except OpenSmileException as error:
            raise ValueError(
                f"openSMILE cannot use the configuration file {self.settings.feature_set!r} at "
                f"level {self.settings.level!r} ({error}). A file that it can use includes "
                "'\\{\\cm[source{?}:include external source]}', "
                "'\\{\\cm[sink{?}:include external sink]}' and writes the levels 'func' and 'lld', "
                "as those that come with the opensmile package do."
            ) from None

    def __call__(self, signal, rate):
        """Features of a mono signal.

        Parameters
        ----------
        signal : ndarray of shape (n_samples,), float32
            Samples in [-1, 32767 / 32768].
        rate : int
            Sampling rate in Hz.

        Returns
        -------
        values : ndarray of shape (n_rows, n_features), float32
            One row, or one per frame.
        times : ndarray of shape (n_rows, 2), float64
            Start and end of the rows in seconds.

        Raises
        ------
        ValueError
            If the signal is too short for the set.
        """
        from opensmile.core.lib import OpenSmileException

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Segment too short", category=UserWarning)
            try:
                values, times = self._rows(signal, rate)
            except OpenSmileException as error:
                raise ValueError(f"openSMILE failed: {error}") from None
        if np.isnan(values).all():
            raise ValueError(
                f"too short for {self.settings.feature_set}: {1000 * len(signal) / rate:.0f} ms"
            )
        return np.ascontiguousarray(values, dtype=np.float32), times

    def _rows(self, signal, rate):
        if self.settings.level == "functionals":
            values = self._smile(signal, rate)[0].T
            if len(values) == 1:  # a user's configuration may give several
                return values, np.array([[0.0, len(signal) / rate]])
        table = self._smile.process_signal(signal, rate)
        return table.to_numpy(), _seconds(table.index)


def _seconds(index):
    """Start and end of every row of an openSMILE table."""
    columns = (index.get_level_values(name) for name in ("start", "end"))
    return np.column_stack([column.total_seconds() for column in columns])


def _config_texts(path):
    """Contents of a configuration file and of every file it includes, those by default too."""
    text = Path(path).read_bytes()
    yield text
    for plain, default in _INCLUDED.findall(text):
        target = Path(path).parent / os.fsdecode(plain or default)
        if target.is_file():
            yield from _config_texts(target)
