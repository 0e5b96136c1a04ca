"""A hash of what a computation starts from: the same in every process, or an error.

Objects are taken apart as pickling does, down to numbers, text and arrays, and each is hashed with
its kind and length. Code is hashed by name, with the version of its package (or its source, where
it is not installed as a package with a version). What has no such description is refused, so that
two different things never share a hash.
"""

import copyreg
import hashlib
import importlib
import os
import sys
import sysconfig
import types
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats.distributions import rv_frozen
from sklearn.utils.metadata_routing import MetadataRequest

PLAIN = (type(None), bool, int, float, complex, str, bytes)
GLOBALS = (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)
ALWAYS = ("featuretransfer", "numpy", "scipy", "sklearn", "pandas")
UFUNC_MODULES = ("numpy", "scipy.special")


class NoFingerprintError(TypeError):
    """Something that has no description which is the same in every process."""


def fingerprint(thing, name="value"):
    """Hash a thing with everything in it.

    Parameters
    ----------
    thing : object
        Numbers, text, arrays, tables, estimators, random states, functions and classes that can
        be imported, and containers and plain objects of such. The content of a file is hashed with
        its path.
    name : str, default="value"
        What to call it in errors.

    Returns
    -------
    digest : str
        64 hexadecimal digits.

    Raises
    ------
    NoFingerprintError
        If there is anything in it without a stable description, such as a lambda.
    """
    writer = _Writer()
    writer.add(thing, name)
    for package in ALWAYS:
        writer.packages.add(package)
    for package in sorted(writer.packages):
        writer.put("code", _version(package))
    return writer.digest.hexdigest()


class _Writer:
    """Feeds a hash, remembering which packages the things are of."""

    def __init__(self):
        self.digest = hashlib.sha256()
        self.packages = set()
        self.within = []  # what is being taken apart

    def put(self, kind, text):
        data = text if isinstance(text, bytes) else str(text).encode("utf-8", "surrogatepass")
        self.digest.update(f"{kind}:{len(data)}:".encode())
        self.digest.update(data)

    def add(self, thing, name):
        if type(thing) in PLAIN:
            self._add_plain(thing)
            self._add_file(thing)
        elif isinstance(thing, GLOBALS):
            self._add_global(thing, name)
        elif any(thing is other for other in self.within):
            raise NoFingerprintError(f"{name} contains itself.")
        else:
            self.within.append(thing)
            self._add_parts(thing, name)
            self.within.pop()

    def _add_plain(self, thing):
        self.put(type(thing).__name__, thing if isinstance(thing, bytes) else repr(thing))

    def _add_parts(self, thing, name):
        if type(thing) in (list, tuple):
            self.put(type(thing).__name__, len(thing))
            for position, item in enumerate(thing):
                self.add(item, f"{name}[{position}]")
        elif type(thing) is dict:
            self._add_items("dict", thing.items(), name)
        elif type(thing) in (set, frozenset):
            self.put("set", sorted(fingerprint(item, name) for item in thing))
        elif isinstance(thing, np.generic) and not thing.dtype.hasobject:
            self.put(f"scalar {thing.dtype.str}", thing.tobytes())
        elif type(thing) is np.ndarray:
            self._add_array(thing, name)
        elif isinstance(thing, pd.DataFrame | pd.Series | pd.Index):
            self._add_table(thing, name)
        elif isinstance(thing, rv_frozen):  # its object holds the state of NumPy's generator
            self.add((type(thing.dist), thing.args, thing.kwds), name)
        elif isinstance(thing, MetadataRequest):  # it holds the estimator that holds it
            self.put("requests", repr(thing))
        else:
            self._add_object(thing, name)

    def _add_items(self, kind, items, name):
        items = list(items)
        self.put(kind, len(items))
        for key, value in items:
            self.add(key, name)
            self.add(value, f"{name}.{key}" if isinstance(key, str) else name)

    def _add_array(self, array, name):
        self.put("array", f"{array.dtype.str} {array.shape}")
        if array.dtype.hasobject:
            for item in array.ravel().tolist():
                if type(item) in PLAIN:  # rows are called after files whose content is not used
                    self._add_plain(item)
                else:
                    self.add(item, name)
        else:
            self.put("data", np.ascontiguousarray(array).tobytes())

    def _add_table(self, table, name):
        self.put("table", type(table).__name__)
        if isinstance(table, pd.Index):
            self.add(list(table.names), name)
            for level in range(table.nlevels):
                self.add(table.get_level_values(level).to_numpy(), name)
            return
        self.add(table.index, name)
        if isinstance(table, pd.DataFrame):
            self.add(table.columns, name)
            self.put("types", [str(kind) for kind in table.dtypes])
        else:
            self.add(table.name, name)
        self.add(table.to_numpy(), name)

    def _add_file(self, thing):
        """The content of a file that a text may be the path of."""
        if isinstance(thing, str) and ("." in thing or os.sep in thing) and os.path.isfile(thing):
            with open(thing, "rb") as file:
                self.put("file", hashlib.file_digest(file, "sha256").hexdigest())

    def _add_global(self, thing, name):
        """A class or function, by the name that it can be imported by."""
        module, path = getattr(thing, "__module__", None), _qualified(thing)
        for place in UFUNC_MODULES if isinstance(thing, np.ufunc) else (module,):
            if _found(place, path) is thing:
                self.put("global", f"{place}:{path}")
                self.packages.add(_package(place))
                return
        raise NoFingerprintError(
            f"{name} is {thing!r}, which has no name to import it by (a lambda, or defined inside "
            "a function); define it in a module."
        )

    def _add_object(self, thing, name):
        """Anything else, as pickling would describe it."""
        reducer = copyreg.dispatch_table.get(type(thing))
        try:
            if isinstance(thing, Path):
                reduced = (Path, (str(thing),))
            else:
                reduced = reducer(thing) if reducer else thing.__reduce_ex__(4)
        except Exception as error:  # noqa: BLE001 - whatever a class of others raises
            raise NoFingerprintError(f"{name} is {thing!r:.80}: {error}") from None
        if isinstance(reduced, str):  # compiled functions
            self._add_global(thing, name)
            return
        function, arguments, state, items, pairs, *_ = (*reduced, *5 * [None])
        self.put("object", "")
        self.add(function, name)
        self.add(tuple(arguments), name)
        if type(state) is dict:  # attributes, whatever their order
            self._add_items("state", sorted(state.items(), key=lambda item: str(item[0])), name)
        else:
            self.add(state, name)
        self.add(None if items is None else list(items), name)
        self._add_items("pairs", () if pairs is None else pairs, name)


def _qualified(thing):
    return getattr(thing, "__qualname__", None) or thing.__name__


def _found(module, path):
    """What is called so in a module, None if nothing."""
    thing = sys.modules.get(module)
    for part in path.split("."):
        thing = getattr(thing, part, None)
    return thing


def _package(module):
    return module if module == "__main__" else module.partition(".")[0]


@cache
def _version(package):
    """Name and version of a package; its source where that may change under one version."""
    if package in sys.builtin_module_names or package in sys.stdlib_module_names:
        return f"python {sys.version}"
    module = sys.modules.get(package) or importlib.import_module(package)
    version = getattr(module, "__version__", None)
    installed = _is_installed(getattr(module, "__file__", None))
    if isinstance(version, str) and installed:
        return f"{package} {version}"
    return f"{package} {_source(module)}"


def _is_installed(file):
    folders = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    return file is not None and any(Path(file).is_relative_to(folder) for folder in folders)


def _source(module):
    """Hash of all source files of a package, or of one module."""
    digest = hashlib.sha256()
    folders = list(getattr(module, "__path__", ()))
    files = sorted(file for folder in folders for file in Path(folder).rglob("*.py"))
    if not folders and getattr(module, "__file__", None):
        files = [Path(module.__file__)]
    if not files:
        raise NoFingerprintError(
            f"Something in it is defined in {module.__name__}, which has no source file; define it "
            "in a module."
        )
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
