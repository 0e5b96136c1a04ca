"""Finished cells on disk, so that a killed evaluation continues."""

import contextlib
import json
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ._fingerprint import NoFingerprintError, fingerprint

FORMAT = 1  # of the files; another number is another key
ABOUT = b"featuretransfer"


@dataclass(frozen=True)
class Store:
    """A folder with one Parquet file for each finished cell.

    Parameters
    ----------
    folder : Path
        Where they are.
    """

    folder: Path

    @classmethod
    def at(cls, folder):
        """A store in a folder, which is made if it is not there; none for None."""
        if folder is None:
            return None
        folder = Path(folder).expanduser()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise ValueError(f"store must be a folder, but {folder} is a file.") from None
        return cls(folder.resolve())

    def path(self, key):
        """The file of a cell."""
        return self.folder / f"{key}.parquet"

    def read(self, key):
        """What came of a cell.

        Parameters
        ----------
        key : str
            Of the cell, see `keys`.

        Returns
        -------
        found : (DataFrame, float) or None
            Predictions and seconds; None where the cell has not been stored, or its file is
            damaged.
        """
        try:
            table = pq.read_table(self.path(key))
            about = json.loads(table.schema.metadata[ABOUT])
            frame = table.to_pandas(ignore_metadata=True).set_index("row").rename_axis(None)
            if about["is_text"]:
                frame["y_pred"] = frame["y_pred"].astype(object)
            whole = about["key"] == key and about["digest"] == _digest(frame, about["seconds"])
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None
        return (frame, about["seconds"]) if whole else None

    def write(self, key, predicted, seconds, description):
        """Keep a cell, whole or not at all.

        Parameters
        ----------
        key : str
            Of the cell, see `keys`.
        predicted : DataFrame
            Predictions, see `fit_predict`.
        seconds : float
            What they took.
        description : dict of str to str or int
            What the cell is, for those who look at the file.
        """
        about = {
            **description,
            "key": key,
            "seconds": seconds,
            "is_text": predicted["y_pred"].dtype == object,
            "digest": _digest(predicted, seconds),
        }
        table = pa.Table.from_pandas(predicted.rename_axis("row").reset_index())
        table = table.replace_schema_metadata({ABOUT: json.dumps(about)})
        try:
            self._write(table, self.path(key))
        except OSError as error:  # such as a full disk: no reason to lose the evaluation
            warnings.warn(f"A finished cell could not be stored: {error}", stacklevel=2)

    def _write(self, table, path):
        handle, temporary = tempfile.mkstemp(".tmp", path.stem[:8], dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                pq.write_table(table, file)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def _digest(frame, seconds):
    return fingerprint((frame.reset_index(), seconds))


def keys(tasks):
    """What identifies each task: a hash of all that its outcome follows from.

    The function that predicts, the seeded estimator with everything in it, the rows that it is
    given, the seed, and the versions of the packages involved; not the pipeline's name, and labels
    of the target only where the cell gets to see them.

    Parameters
    ----------
    tasks : list of Task
        Tasks; those without a call have no key.

    Returns
    -------
    keys : list of str or None
        None for a task that is not to be stored, with a warning that says which and why.
    """
    known, refused, found = {}, {}, []
    for task in tasks:
        try:
            found.append(_key(task, known) if task.call else None)
        except NoFingerprintError as error:
            refused.setdefault(task.pipeline, str(error))
            found.append(None)
    for pipeline, reason in refused.items():
        warnings.warn(
            f"Cells of {pipeline!r} are run but not stored: {reason}", UserWarning, stacklevel=4
        )
    return found


def _key(task, known):
    parts = []
    for argument in task.call:
        if argument is task.estimator:
            parts.append(fingerprint(argument, "the pipeline"))
            continue
        if id(argument) not in known:  # rows are shared by many tasks
            known[id(argument)] = fingerprint(argument, "the data")
        parts.append(known[id(argument)])
    return fingerprint((FORMAT, task.seed, parts), "the cell")
