"""Corpora from lists."""

from pathlib import Path

import pandas as pd

from ._corpus import Corpus


def read_csv(
    path,
    *,
    name=None,
    root=None,
    file="file",
    label="label",
    speaker="speaker",
    gender="gender",
    sentence="sentence",
    start="start",
    end="end",
    language="",
    licence="",
    citation="",
    **options,
):
    """Read a corpus from a CSV list of files, labels and speakers.

    Parameters
    ----------
    path : path-like
        The list.
    name : str, default=None
        Short name of the corpus, the name of the list by default.
    root : path-like, default=None
        Folder that relative file names start from, the folder of the list by default.
    file, label, speaker : str, default="file", "label", "speaker"
        The columns with them; `label` and `speaker` may be None where they are not known.
    gender, sentence, start, end : str, default="gender", "sentence", "start", "end"
        Columns that are used where the list has them; `start` and `end` in seconds.
    language, licence, citation : str, default=""
        What the corpus is.
    **options : dict
        For `pandas.read_csv`, such as ``sep=";"``.

    Returns
    -------
    corpus : Corpus
        With its own labels.

    Raises
    ------
    ValueError
        If a column or a value is missing.
    FileNotFoundError
        If a listed file is missing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import featuretransfer as ft
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "a.wav").touch()
    ...     _ = Path(folder, "list.csv").write_text("path,emotion,who\\na.wav,anger,7\\n")
    ...     corpus = ft.Corpus.from_csv(
    ...         Path(folder, "list.csv"), name="mine", file="path", label="emotion", speaker="who"
    ...     )
    >>> corpus.speakers.tolist()
    ['mine/7']
    """
    path = Path(path).expanduser()
    table = pd.read_csv(path, dtype=str, **options)
    required = {"file": file, "label": label, "speaker": speaker}
    missing = [c for c in required.values() if c is not None and c not in table.columns]
    if missing:
        parameter = next(name for name, column in required.items() if column == missing[0])
        raise ValueError(
            f"{path} has no column {missing[0]!r}; it has {list(table.columns)}. "
            f"Name the column to use, such as {parameter}={table.columns[0]!r}."
        )
    columns = {**required, "gender": gender, "sentence": sentence, "start": start, "end": end}
    rows = pd.DataFrame({k: table[c] for k, c in columns.items() if c in table.columns})
    for column in required:
        if column in rows and rows[column].isna().any():
            line = int(rows[column].isna().to_numpy().argmax()) + 2
            raise ValueError(f"{path}, line {line}: the {column} is missing.")
    root = path.parent if root is None else Path(root).expanduser()
    rows["file"] = [str(root / entry) for entry in rows["file"]]
    gone = [entry for entry in rows["file"] if not Path(entry).is_file()]
    if gone:
        raise FileNotFoundError(
            f"{len(gone)} of {len(rows)} files listed in {path} do not exist, the first {gone[0]}. "
            "Relative names start from the folder of the list; in Python, root=... is another."
        )
    return Corpus.from_rows(
        rows, name=name or path.stem, language=language, licence=licence, citation=citation
    )
