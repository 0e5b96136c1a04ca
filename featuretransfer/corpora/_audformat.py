"""Corpora from audformat databases."""

import os

import pandas as pd

from ._corpus import Corpus


def read_audformat(
    database, *, label="emotion", speaker="speaker", gender="gender", tables=None, name=None
):
    """Read a corpus from an audformat database.

    Needs the package ``audformat`` (``pip install 'featuretransfer[audformat]'``).

    Parameters
    ----------
    database : audformat.Database or path-like
        The database, or the folder it was saved to.
    label, speaker, gender : str, default="emotion", "speaker", "gender"
        Schemes with the labels, speakers and genders; `speaker` and `gender` are used where the
        database has them.
    tables : list of str, default=None
        Tables to take, all that have the labels by default.
    name : str, default=None
        Short name of the corpus, that of the database by default.

    Returns
    -------
    corpus : Corpus
        With the database's own labels.

    Raises
    ------
    ValueError
        If the database has no such labels.

    Examples
    --------
    >>> import audformat
    >>> import featuretransfer as ft
    >>> db = audformat.Database("mine")
    >>> db.schemes["emotion"] = audformat.Scheme(labels=["anger", "sadness"])
    >>> db["files"] = audformat.Table(audformat.filewise_index(["a.wav", "b.wav"]))
    >>> db["files"]["emotion"] = audformat.Column(scheme_id="emotion")
    >>> db["files"]["emotion"].set(["anger", "sadness"])
    >>> ft.Corpus.from_audformat(db).labels.tolist()
    ['anger', 'sadness']
    """
    try:
        import audformat
    except ImportError as error:
        raise ImportError(
            "audformat databases need the package audformat: "
            "pip install 'featuretransfer[audformat]'."
        ) from error
    if not isinstance(database, audformat.Database):
        database = audformat.Database.load(os.fspath(database), load_data=True)
    if label not in database.schemes:
        raise ValueError(
            f"label must be a scheme of the database {database.name!r}, which has "
            f"{list(database.schemes)}; got {label!r}."
        )
    known = [scheme for scheme in (speaker, gender) if scheme in database.schemes]
    found = database.get(label, known, tables=tables)
    found = found[found[label].notna()]
    index = audformat.utils.to_segmented_index(found.index, allow_nat=True)
    root = database.root
    rows = pd.DataFrame(
        {
            "file": [
                file if root is None else os.path.join(root, file)
                for file in index.get_level_values("file")
            ],
            "start": index.get_level_values("start").total_seconds(),
            "end": index.get_level_values("end").total_seconds(),
            "label": found[label].to_numpy(),
        }
    )
    for column, scheme in (("speaker", speaker), ("gender", gender)):
        if scheme in known:
            rows[column] = found[scheme].to_numpy()
    return Corpus.from_rows(
        rows,
        name=name or database.name,
        language=", ".join(database.languages),
        licence=database.license or "",
        citation=database.source or "",
    )
