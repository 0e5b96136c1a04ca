"""A folder of small entries that several processes may share and a kill cannot corrupt."""

import hashlib
import logging
import os
import struct
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np

VERSION = 1
_HEADER = struct.Struct("<4sIQ")  # magic, checksum, length of the payload
_MAGIC = b"ftc1"
_ROWS = struct.Struct("<QQ")

logger = logging.getLogger(__name__)


def default_folder():
    """``$FEATURETRANSFER_CACHE``, else ``featuretransfer`` in the user's cache folder."""
    chosen = os.environ.get("FEATURETRANSFER_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "featuretransfer"


class Store:
    """Bytes by key, one file each, written atomically and checked when read.

    Parameters
    ----------
    folder : path-like
        Created with the first entry.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self._writable = True

    def _path(self, key):
        return f"{self.folder}{os.sep}{key[:2]}{os.sep}{key[2:]}"

    def get(self, key):
        """The bytes stored under `key`; None where there are none, or not all of them."""
        try:
            with open(self._path(key), "rb") as file:
                content = file.read()
        except OSError:
            return None
        if len(content) < _HEADER.size:
            return None
        magic, checksum, length = _HEADER.unpack_from(content)
        payload = content[_HEADER.size :]
        if magic != _MAGIC or length != len(payload) or checksum != zlib.crc32(payload):
            logger.warning("cache entry %s is damaged and will be made again", key)
            return None
        return payload

    def put(self, key, payload):
        """Store bytes under `key`; a folder that cannot be written to warns once."""
        if not self._writable:
            return
        path = self._path(key)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_HEADER.pack(_MAGIC, zlib.crc32(payload), len(payload)) + payload)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            self._writable = False
            warnings.warn(
                f"The feature cache {str(self.folder)!r} cannot be written to ({error.strerror}): "
                "features are returned but not kept. Set FEATURETRANSFER_CACHE to another folder, "
                "or pass cache=False.",
                stacklevel=2,
            )


class FeatureCache:
    """Features of files, found again by the content of the file and the settings.

    Parameters
    ----------
    folder : path-like
        Where the entries are.
    settings : Settings
        What is extracted.
    """

    def __init__(self, folder, settings):
        self._store = Store(folder)
        self._settings = hashlib.sha256(f"{VERSION}\n{settings.fingerprint()}".encode())

    def key(self, file, start, end):
        """The key of a segment of a file, None where the file cannot be read."""
        try:
            status = os.stat(file)
        except OSError:
            return None
        content = self._content_hash(file, status)
        if content is None:
            return None
        digest = self._settings.copy()
        digest.update(f"{content}\n{start!r}\n{end!r}".encode())
        return digest.hexdigest()

    def _content_hash(self, file, status):
        """SHA-256 of a file, remembered by path, size and time of change."""
        identity = f"{os.path.abspath(file)}\n{status.st_size}\n{status.st_mtime_ns}"
        key = hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()
        known = self._store.get(key)
        if known is not None:
            return known.decode()
        try:
            with open(file, "rb") as opened:
                content = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            return None
        self._store.put(key, content.encode())
        return content

    def get(self, key):
        """Values and times stored under `key`, None where there are none."""
        payload = self._store.get(key)
        if payload is None:
            return None
        n_rows, n_features = _ROWS.unpack_from(payload)
        times = np.frombuffer(payload, dtype="<f8", count=2 * n_rows, offset=_ROWS.size)
        values = np.frombuffer(payload, dtype="<f4", offset=_ROWS.size + times.nbytes)
        return values.reshape(n_rows, n_features), times.reshape(n_rows, 2)

    def put(self, key, values, times):
        """Store values and times under `key`."""
        payload = _ROWS.pack(*values.shape)
        payload += times.astype("<f8").tobytes() + values.astype("<f4").tobytes()
        self._store.put(key, payload)

    def names(self):
        """Feature names of the settings, None where they are not stored."""
        payload = self._store.get(self._settings.hexdigest())
        return None if payload is None else payload.decode().split("\n")

    def put_names(self, names):
        """Store the feature names of the settings."""
        self._store.put(self._settings.hexdigest(), "\n".join(names).encode())


class NoCache:
    """A cache that keeps nothing."""

    def key(self, file, start, end):
        """None: nothing is ever found."""

    def names(self):
        """None: nothing is ever found."""

    def put(self, key, values, times):
        """Keep nothing."""

    def put_names(self, names):
        """Keep nothing."""
