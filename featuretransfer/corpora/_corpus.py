"""A corpus: files or features, labels and speakers, aligned by one index."""

import hashlib
import os
from collections import defaultdict

import numpy as np
import pandas as pd

from ._labels import is_rated, resolve_scheme
from ._summary import CorpusSummary

COLUMNS = ("label", "speaker", "gender", "sentence", "language", "corpus")


class Corpus:
    """Recordings (or their features) with labels and speakers.

    Nothing changes in place: `with_labels`, `select` and `drop` return new corpora. Everything a
    corpus tells (`labels`, `speakers`, `features`) has one index, ``(file, start, end)``; a missing
    end means the end of the file.

    Make one with `load_corpus`, `Corpus.from_csv`, `Corpus.from_features` or
    `Corpus.from_audformat`.

    Parameters
    ----------
    table : DataFrame
        Index ``(file, start, end)``; columns "label", "speaker", "gender", "sentence", "language"
        and "corpus".
    name : str
        Short name.
    licence, citation : str, default=""
        How the corpus may be used, and what to cite.
    scheme : str, dict or None, default=None
        The label scheme that `table` is in; None for the corpus's own labels.
    set_aside : dict of str to int, default=None
        Labels that schemes did not map, with their number of rows.
    features : DataFrame, default=None
        Ready features on the index of `table`, instead of audio.
    feature_set : str, default=None
        What `features` are.

    Attributes
    ----------
    index : MultiIndex of length n_rows
        ``(file, start, end)``.
    files : list of str
        The file of each row.
    labels, speakers, gender, sentence : Series of shape (n_rows,)
        On `index`; speaker ids are ``<corpus>/<id>``.
    language : str
        Language, or languages.

    Examples
    --------
    >>> import pandas as pd
    >>> import featuretransfer as ft
    >>> table = pd.DataFrame({"pitch": [110.0, 220, 180]}, index=["a.wav", "b.wav", "c.wav"])
    >>> corpus = ft.Corpus.from_features(
    ...     table, ["sadness", "anger", "surprise"], ["s1", "s1", "s2"], name="mine"
    ... )
    >>> corpus
    Corpus 'mine': 3 rows, 2 speakers; anger 1, sadness 1, surprise 1
    >>> corpus.with_labels("big4")
    Corpus 'mine': 2 rows, 1 speaker; anger 1, sadness 1 (big4; set aside: surprise 1)
    """

    def __init__(
        self,
        table,
        *,
        name,
        licence="",
        citation="",
        scheme=None,
        set_aside=None,
        features=None,
        feature_set=None,
    ):
        self._table = table
        self._features = features
        self.name = name
        self.licence = licence
        self.citation = citation
        self.scheme = scheme
        self.set_aside = dict(set_aside or {})
        self.feature_set = feature_set

    @classmethod
    def from_rows(cls, rows, *, name, language="", licence="", citation=""):
        """A corpus from one dict a row.

        Parameters
        ----------
        rows : list of dict
            "file", and where known "start" and "end" in seconds, "label", "speaker", "gender",
            "sentence".
        name : str
            Short name, prefixed to the speaker ids.
        language, licence, citation : str, default=""
            What the corpus is.

        Returns
        -------
        corpus : Corpus
            With its own labels.
        """
        table = pd.DataFrame(rows)
        index = pd.MultiIndex.from_arrays(
            [
                table["file"].astype(object),
                pd.to_timedelta(_column(table, "start").fillna(0.0).astype(float), unit="s"),
                pd.to_timedelta(_column(table, "end").astype(float), unit="s"),
            ],
            names=["file", "start", "end"],
        )
        described = pd.DataFrame(index=index)
        described["label"] = _label_values(_column(table, "label"), index)
        for column in ("speaker", "gender", "sentence"):
            described[column] = _texts(_column(table, column), index)
        speakers = [_speaker_id(name, speaker) for speaker in described["speaker"]]
        described["speaker"] = pd.Series(speakers, index, dtype=object)
        described["language"] = pd.Series(language, index, dtype=object)
        described["corpus"] = pd.Series(name, index, dtype=object)
        _refuse_duplicates(index, name)
        return cls(described, name=name, licence=licence, citation=citation)

    @classmethod
    def from_features(
        cls,
        features,
        labels=None,
        speakers=None,
        *,
        name,
        gender=None,
        language="",
        licence="",
        citation="",
        feature_set=None,
    ):
        """A corpus from features that are there already; no audio is needed.

        Parameters
        ----------
        features : DataFrame of shape (n_rows, n_features)
            Feature table; its index names the rows (files, or ``(file, start, end)``).
        labels, speakers : array-like of shape (n_rows,), default=None
            In the order of `features`; a Series must have the same index. Labels that are
            floating-point numbers are ratings, for regression; all others are classes.
        name : str
            Short name, prefixed to the speaker ids.
        gender : array-like of shape (n_rows,), default=None
            As `labels`.
        language, licence, citation : str, default=""
            What the corpus is.
        feature_set : str, default=None
            What the features are, for instance "IS09". Known for tables of `extract_features`.
            If it is not known, `features` returns the table whatever set is asked for.

        Returns
        -------
        corpus : Corpus
            With its own labels.

        Raises
        ------
        ValueError
            If lengths or indices differ.

        Examples
        --------
        >>> import pandas as pd
        >>> import featuretransfer as ft
        >>> table = pd.DataFrame({"pitch": [110.0, 220]}, index=["a.wav", "b.wav"])
        >>> corpus = ft.Corpus.from_features(table, ["sadness", "anger"], ["x", "y"], name="mine")
        >>> corpus.features().equals(table.set_axis(corpus.index))
        True
        """
        if not isinstance(features, pd.DataFrame):
            raise TypeError(f"features must be a DataFrame, got {type(features).__name__}.")
        given = {"label": labels, "speaker": speakers, "gender": gender}
        rows = pd.DataFrame(_row_names(features.index))
        for column, values in given.items():
            if values is not None:
                rows[column] = _aligned(values, features.index, column)
        corpus = cls.from_rows(
            rows, name=name, language=language, licence=licence, citation=citation
        )
        known = feature_set if feature_set is not None else features.attrs.get("feature_set")
        return corpus._replace(features=features.set_axis(corpus.index), feature_set=known)

    @classmethod
    def from_csv(
        cls,
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
        """A corpus from a CSV list of files, labels and speakers.

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
            With its own labels; `with_labels` maps them to a scheme.

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
        ...     _ = Path(folder, "list.csv").write_text("file,label,speaker\\na.wav,anger,7\\n")
        ...     ft.Corpus.from_csv(Path(folder, "list.csv"), name="mine")
        Corpus 'mine': 1 row, 1 speaker; anger 1
        """
        from ._csv import read_csv

        return read_csv(
            path,
            name=name,
            root=root,
            file=file,
            label=label,
            speaker=speaker,
            gender=gender,
            sentence=sentence,
            start=start,
            end=end,
            language=language,
            licence=licence,
            citation=citation,
            **options,
        )

    @classmethod
    def from_audformat(
        cls,
        database,
        *,
        label="emotion",
        speaker="speaker",
        gender="gender",
        tables=None,
        name=None,
    ):
        """A corpus from an audformat database.

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
        """
        from ._audformat import read_audformat

        return read_audformat(
            database, label=label, speaker=speaker, gender=gender, tables=tables, name=name
        )

    def _replace(self, table=None, **changes):
        state = {
            "name": self.name,
            "licence": self.licence,
            "citation": self.citation,
            "scheme": self.scheme,
            "set_aside": self.set_aside,
            "features": self._features,
            "feature_set": self.feature_set,
        }
        return Corpus(self._table if table is None else table, **{**state, **changes})

    @property
    def index(self):
        return self._table.index

    @property
    def files(self):
        return self.index.get_level_values("file").tolist()

    @property
    def labels(self):
        return self._table["label"].copy()

    @property
    def speakers(self):
        return self._table["speaker"].copy()

    @property
    def gender(self):
        return self._table["gender"].copy()

    @property
    def sentence(self):
        return self._table["sentence"].copy()

    @property
    def corpus(self):
        """Series of shape (n_rows,): the name of the corpus each row is from."""
        return self._table["corpus"].copy()

    @property
    def language(self):
        return ", ".join(dict.fromkeys(self._table["language"]))

    def __len__(self):
        return len(self._table)

    def __repr__(self):
        n_speakers = self._table["speaker"].nunique()
        labels = self._table["label"]
        classes = {} if is_rated(labels) else labels.value_counts().sort_index()
        counts = {"row": len(self), "speaker": n_speakers}
        text = ", ".join(f"{n} {thing}{'' if n == 1 else 's'}" for thing, n in counts.items())
        text = f"Corpus {self.name!r}: {text}"
        text += "".join(
            f"{'; ' if position == 0 else ', '}{label} {count}"
            for position, (label, count) in enumerate(classes.items())
        )
        if is_rated(labels):
            text += f"; ratings from {labels.min():.3g} to {labels.max():.3g}"
        notes = [self.scheme if isinstance(self.scheme, str) else "own scheme"]
        notes = notes if self.scheme is not None else []
        if self.set_aside:
            aside = ", ".join(f"{label} {count}" for label, count in self.set_aside.items())
            notes.append(f"set aside: {aside}")
        return f"{text} ({'; '.join(notes)})" if notes else text

    def with_labels(self, scheme):
        """Map the labels by a scheme; rows it does not map are set aside, counted and listed.

        Parameters
        ----------
        scheme : str, dict or None
            "big4", "big5", "big6", "arousal", "valence"; a dict from own label to class, in
            which None or absence sets a label aside; None changes nothing.

        Returns
        -------
        corpus : Corpus
            The mapped rows only. Applying the same scheme again changes nothing.

        Raises
        ------
        ValueError
            If the scheme is unknown, does not know a label, or leaves no row.

        Examples
        --------
        >>> import featuretransfer as ft
        >>> corpus = ft.load_demo_corpora()[0]
        >>> sorted(corpus.with_labels("arousal").labels.unique())
        ['high', 'low']
        """
        if scheme is None or scheme == self.scheme:
            return self
        labels = self._table["label"]
        if labels.isna().any():
            raise ValueError(
                f"{self.name} has {labels.isna().sum()} rows without a label, which no scheme maps."
            )
        if is_rated(labels) and isinstance(scheme, str):
            raise ValueError(
                f"The labels of {self.name} are ratings (numbers), which the scheme {scheme!r} "
                "does not map. Keep them, by None, or map them to classes before."
            )
        mapping = resolve_scheme(scheme, labels)
        kept = labels.isin(list(mapping)).to_numpy()
        if not kept.any():
            raise ValueError(
                f"The scheme {scheme!r} sets all {len(self)} rows of {self.name} aside."
            )
        aside = labels[~kept].value_counts().sort_index().to_dict()
        mapped = self._rows(kept, scheme=scheme, set_aside={**self.set_aside, **aside})
        mapped._table["label"] = mapped._table["label"].map(mapping).astype(object)
        return mapped

    def select(self, *, labels=None, speakers=None, gender=None, mask=None):
        """Keep the rows that meet every condition.

        Parameters
        ----------
        labels, speakers, gender : str or list of str, default=None
            Values to keep; speakers by their full id, ``<corpus>/<id>``.
        mask : array-like of shape (n_rows,) of bool, default=None
            Rows to keep.

        Returns
        -------
        corpus : Corpus
            The rows that are left.

        Raises
        ------
        ValueError
            If a value does not occur, or the mask has another length.

        Examples
        --------
        >>> import featuretransfer as ft
        >>> corpus = ft.load_demo_corpora()[0]
        >>> sorted(set(corpus.select(labels=["anger", "sadness"], gender="female").labels))
        ['anger', 'sadness']
        """
        kept = np.ones(len(self), dtype=bool)
        for column, values in (("label", labels), ("speaker", speakers), ("gender", gender)):
            if values is None:
                continue
            values = [values] if isinstance(values, str) else list(values)
            missing = sorted(set(values) - set(self._table[column]), key=str)
            if missing:
                raise ValueError(
                    f"{column} {missing[0]!r} does not occur in {self.name}; there are "
                    f"{sorted(self._table[column].dropna().unique())}."
                )
            kept &= self._table[column].isin(values).to_numpy()
        if mask is not None:
            mask = np.asarray(mask, dtype=bool)
            if mask.shape != (len(self),):
                raise ValueError(f"mask must have shape ({len(self)},), got {mask.shape}.")
            kept &= mask
        return self._rows(kept)

    def drop(self, failures):
        """Leave out files, such as those without features.

        Parameters
        ----------
        failures : list of str or of dict, or DataFrame
            Files; or ``features.attrs["failures"]``; or the feature table itself.

        Returns
        -------
        corpus : Corpus
            The other rows.

        Raises
        ------
        ValueError
            If a file is not in the corpus.
        """
        if isinstance(failures, pd.DataFrame):
            failures = failures.attrs.get("failures", [])
        return self._rows(~self._named_by(failures))

    def _named_by(self, failures):
        """Which rows a list of files or of failures names."""
        segments = list(zip(self.files, *_seconds(self.index)))
        rows = defaultdict(list)
        for position, (file, start, end) in enumerate(segments):
            rows[file].append(position)
            rows[file, start, end].append(position)
        named = np.zeros(len(self), dtype=bool)
        for entry in failures:
            if isinstance(entry, dict):
                file, key = entry["file"], (entry["file"], entry["start"], entry["end"])
            else:
                file = key = os.fspath(entry)
            if key not in rows:
                raise ValueError(f"{file} is not in {self.name}.")
            named[rows[key]] = True
        return named

    def _rows(self, kept, **changes):
        features = None if self._features is None else self._features[kept]
        return self._replace(self._table[kept].copy(), features=features, **changes)

    def features(
        self,
        feature_set="eGeMAPSv02",
        *,
        n_jobs=None,
        timeout=None,
        cache=True,
        on_error="raise",
        progress="auto",
    ):
        """Feature table of the corpus, aligned with `labels` and `speakers`.

        Parameters
        ----------
        feature_set : str or path, default="eGeMAPSv02"
            openSMILE set, see `extract_features`.
        n_jobs : int or None, default=None
            Number of processes.
        timeout : float or None, default=None
            Seconds after which the extraction of a file counts as hung.
        cache : bool or path, default=True
            Where features are kept.
        on_error : {"raise", "warn", "skip"}, default="raise"
            What to do about files without features. If they are left out, the table has fewer
            rows than the corpus: go on with ``corpus.drop(table)``.
        progress : bool or "auto", default="auto"
            Show a progress bar.

        Returns
        -------
        features : DataFrame of shape (n_rows, n_features)
            On `index`.

        Raises
        ------
        ExtractionError
            If `on_error` is "raise" and a file has no features.
        ValueError
            If the corpus was made from features of another set.
        """
        if self._features is not None:
            if self.feature_set not in (None, str(feature_set)):
                raise ValueError(
                    f"{self.name} was made from {self.feature_set} features and has no audio: "
                    f"{feature_set} cannot be extracted. Ask for {self.feature_set!r}."
                )
            return self._features.copy()
        from ..features import extract_features

        table = extract_features(
            self.index,
            feature_set,
            n_jobs=n_jobs,
            timeout=timeout,
            cache=cache,
            on_error=on_error,
            progress=progress,
        )
        kept = ~self._named_by(table.attrs["failures"])
        if list(table.index.get_level_values("file")) != [
            file for file, good in zip(self.files, kept) if good
        ]:
            raise RuntimeError(
                f"Features of {self.name} do not match its files; please report this."
            )
        table.index = self.index[kept]
        return table

    def summary(self, check_audio=True):
        """What is in the corpus, and what is odd about it.

        Parameters
        ----------
        check_audio : bool, default=True
            Whether to open the files, for durations and identical recordings.

        Returns
        -------
        summary : CorpusSummary
            Rows per class, speakers, hours, labels set aside, speakers with one label, identical
            recordings; prints well.

        Examples
        --------
        >>> import featuretransfer as ft
        >>> summary = ft.load_demo_corpora()[0].summary()
        >>> summary.n_speakers
        8
        """
        labels, rated = self._table["label"], is_rated(self._table["label"])
        per_speaker = labels.groupby(self._table["speaker"]).nunique()
        one_class = labels.nunique() > 1 and not rated
        single = per_speaker.index[per_speaker == 1] if one_class else []
        audio = check_audio and self._features is None
        return CorpusSummary(
            name=self.name,
            language=self.language,
            n_rows=len(self),
            n_per_class={} if rated else labels.value_counts().sort_index().to_dict(),
            n_speakers=int(self._table["speaker"].nunique()),
            n_per_gender=self._table.groupby("gender")["speaker"].nunique().to_dict(),
            hours=self._hours() if audio else None,
            set_aside=self.set_aside,
            single_label_speakers=list(single),
            identical=self._identical() if audio else None,
            ratings=(float(labels.min()), float(labels.max())) if rated else None,
        )

    def _hours(self):
        import audiofile

        total = sum(
            (audiofile.duration(file) if end is None else end) - start
            for file, start, end in zip(self.files, *_seconds(self.index))
        )
        return total / 3600

    def _identical(self):
        """Groups of files with the same samples."""
        import audiofile

        by_length, by_content = defaultdict(list), defaultdict(list)
        for file in dict.fromkeys(self.files):
            by_length[audiofile.samples(file)].append(file)
        for candidates in by_length.values():
            for file in candidates if len(candidates) > 1 else ():
                signal, _ = audiofile.read(file)
                by_content[hashlib.sha256(signal.tobytes()).digest()].append(file)
        return [group for group in by_content.values() if len(group) > 1]


def concat(corpora):
    """Put corpora together, for instance as one source of many.

    Parameters
    ----------
    corpora : list of Corpus
        In the same label scheme; all with audio, or all made from features with the same
        columns.

    Returns
    -------
    corpus : Corpus
        All rows; `Corpus.corpus` tells where each is from.

    Raises
    ------
    ValueError
        If there is none, names or files repeat, or schemes or columns differ.

    Examples
    --------
    >>> import featuretransfer as ft
    >>> german, english, italian = ft.load_demo_corpora()
    >>> both = ft.concat([german, english])
    >>> len(both) == len(german) + len(english)
    True
    """
    corpora = list(corpora)
    if not corpora:
        raise ValueError("corpora must be a list of at least one Corpus, got an empty one.")
    names = [corpus.name for corpus in corpora]
    if len(set(names)) < len(names):
        raise ValueError(f"corpora must have different names, got {names}.")
    first = corpora[0]
    for other in corpora[1:]:
        if other.scheme != first.scheme:
            raise ValueError(
                f"{first.name} has the label scheme {first.scheme!r} and {other.name} "
                f"{other.scheme!r}: apply one to all, with_labels(scheme)."
            )
        if (other._features is None) != (first._features is None):
            raise ValueError(
                f"One of {first.name} and {other.name} has audio and the other ready features: "
                "make both of one kind, Corpus.from_features(corpus.features(...), ...)."
            )
    features = None
    if first._features is not None:
        for other in corpora[1:]:
            if list(other._features.columns) != list(first._features.columns):
                raise ValueError(f"{first.name} and {other.name} have different feature columns.")
        features = pd.concat([corpus._features for corpus in corpora])
    table = pd.concat([corpus._table for corpus in corpora])
    _refuse_duplicates(table.index, "+".join(names))
    aside = defaultdict(int)
    for corpus in corpora:
        for label, count in corpus.set_aside.items():
            aside[label] += count
    return Corpus(
        table,
        name="+".join(names),
        licence="; ".join(dict.fromkeys(c.licence for c in corpora if c.licence)),
        citation="; ".join(dict.fromkeys(c.citation for c in corpora if c.citation)),
        scheme=first.scheme,
        set_aside=aside,
        features=features,
        feature_set=first.feature_set,
    )


def _seconds(index):
    """Starts and ends in seconds, None for the end of the file."""
    starts, ends = (index.get_level_values(name).total_seconds() for name in ("start", "end"))
    return starts.tolist(), [None if np.isnan(end) else end for end in ends]


def _column(table, name):
    if name in table.columns:
        return table[name]
    return pd.Series(np.nan, index=table.index, dtype=object if name in COLUMNS else float)


def _texts(values, index):
    """Values as text, missing ones as None."""
    return pd.Series([None if pd.isna(v) else str(v) for v in values], index, dtype=object)


def _label_values(values, index):
    """Labels as text, but ratings (floating-point numbers) as numbers."""
    known = [value for value in values if not pd.isna(value)]
    if known and all(isinstance(value, float | np.floating) for value in known):
        return pd.Series(np.asarray(values, dtype=np.float64), index)
    return _texts(values, index)


def _speaker_id(corpus, speaker):
    if speaker is None or speaker.startswith(f"{corpus}/"):
        return speaker
    return f"{corpus}/{speaker}"


def _row_names(index):
    """Columns file, start and end from the index of a feature table."""
    if isinstance(index, pd.MultiIndex) and {"file", "start", "end"} <= set(index.names):
        times = {name: index.get_level_values(name).total_seconds() for name in ("start", "end")}
        return {"file": index.get_level_values("file"), **times}
    return {"file": [str(name) for name in index]}


def _aligned(values, index, name):
    if isinstance(values, pd.Series) and not values.index.equals(index):
        raise ValueError(
            f"{name}s is a Series with another index than features. Reindex it, or pass "
            f"{name}s.to_numpy() if the rows are in the same order."
        )
    values = list(values)
    if len(values) != len(index):
        raise ValueError(f"features has {len(index)} rows, but {name}s has {len(values)}.")
    return values


def _refuse_duplicates(index, name):
    duplicated = index[index.duplicated()]
    if len(duplicated):
        raise ValueError(
            f"{name} lists {len(duplicated)} files or segments twice, the first {duplicated[0][0]}."
        )
