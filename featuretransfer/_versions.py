"""Versions of everything a bug report needs."""

import platform
import sys
from importlib import metadata

from ._version import __version__

DEPENDENCIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "joblib",
    "opensmile",
    "audiofile",
    "audresample",
    "pyarrow",
    "click",
    "tqdm",
    "matplotlib",
)


def show_versions(file=None):
    """Print the versions of featuretransfer, Python, the machine and the dependencies.

    Parameters
    ----------
    file : file-like, default=None
        Where to print, standard output by default.

    Returns
    -------
    versions : dict of str to str
        What was printed; "not installed" for a missing dependency.

    Examples
    --------
    >>> import io
    >>> from featuretransfer import show_versions
    >>> versions = show_versions(file=io.StringIO())
    >>> versions["numpy"] == __import__("numpy").__version__
    True
    """
    versions = {
        "featuretransfer": __version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
    }
    for name in DEPENDENCIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    out = sys.stdout if file is None else file
    out.write("".join(f"{name:>16}: {version}\n" for name, version in versions.items()))
    return versions
