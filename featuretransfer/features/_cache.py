"""A folder of small entries that several processes may share and a kill cannot corrupt."""

import contextlib
import hashlib
import logging
import os
import struct
import sys
import time
import uuid
import warnings
import zlib
from pathlib import Path
from typing import NamedTuple

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
            temporary = f"{path}.{uuid.uuid4().hex}.tmp"
            try:
                # not a temporary file of the library's, which only its owner may read
                with open(temporary, "xb") as file:
                    file.write(_HEADER.pack(_MAGIC, zlib.crc32(payload), len(payload)) + payload)
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
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


class Content(NamedTuple):
    """What was in a file when it was looked at."""

    digest: str
    """SHA-256 of its bytes."""
    identity: str
    """Path, size and time of change."""
    settled: bool
    """Whether any later change will show in the identity."""


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
        self._settings = _digest(f"{VERSION}\n{settings.fingerprint()}")

    def recall(self, file):
        """The `Content` of a file that is remembered by its identity; None if it is not."""
        identity = _identity(os.path.abspath(file), os.stat(file))
        digest = self._store.get(_digest(identity))
        return None if digest is None else Content(digest.decode(), identity, True)

    def read(self, file):
        """The `Content` of a file, by reading it."""
        with open(file, "rb") as opened:
            status = os.fstat(opened.fileno())
            # clocks of file systems tick every few milliseconds, some only every other second
            tick = 2_000_000_000 if status.st_mtime_ns % 1_000_000_000 == 0 else 20_000_000
            settled = time.time_ns() - status.st_mtime_ns > tick
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return Content(digest, _identity(os.path.abspath(file), status), settled)

    def unchanged(self, file, content):
        """Whether a file still is what it was when its content was read."""
        try:
            return _identity(os.path.abspath(file), os.stat(file)) == content.identity
        except OSError:
            return False

    def remember(self, content):
        """Have `recall` find a content."""
        if content.settled:
            self._store.put(_digest(content.identity), content.digest.encode())

    def get(self, content, start, end):
        """Values and times of a segment, None where there are none."""
        payload = self._store.get(self._key(content, start, end))
        if payload is None:
            return None
        n_rows, n_features = _ROWS.unpack_from(payload)
        times = np.frombuffer(payload, dtype="<f8", count=2 * n_rows, offset=_ROWS.size)
        values = np.frombuffer(payload, dtype="<f4", offset=_ROWS.size + times.nbytes)
        return values.reshape(n_rows, n_features), times.reshape(n_rows, 2)

    def put(self, content, start, end, values, times):
        """Store values and times of a segment."""
        payload = _ROWS.pack(*values.shape)
        payload += times.astype("<f8").tobytes() + values.astype("<f4").tobytes()
        self._store.put(self._key(content, start, end), payload)

    def _key(self, content, start, end):
        return _digest(f"{self._settings}\n{content.digest}\n{start!r}\n{end!r}")

    def names(self):
        """Feature names of the settings, None where they are not stored."""
        payload = self._store.get(self._settings)
        return None if payload is None else payload.decode().split("\n")

    def put_names(self, names):
        """Store the feature names of the settings."""
        self._store.put(self._settings, "\n".join(names).encode())


class NoCache:
    """A cache that keeps nothing and therefore reads nothing."""

    def recall(self, file):
        """None: nothing is remembered."""

    def read(self, file):
        """None: nobody asks for the content."""

    def remember(self, content):
        """Keep nothing."""

    def names(self):
        """None: nothing is ever found."""

    def put_names(self, names):
        """Keep nothing."""


def _digest(text):
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _identity(path, status):
    return f"{path}\n{status.st_size}\n{status.st_mtime_ns}"
