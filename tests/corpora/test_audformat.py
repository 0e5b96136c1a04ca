import sys

import audformat
import pandas as pd
import pytest

import featuretransfer as ft


@pytest.fixture
def database():
    db = audformat.Database("adb", source="somebody", license="CC0-1.0", languages=["de"])
    db.schemes["emotion"] = audformat.Scheme(labels=["anger", "fear"])
    db.schemes["speaker"] = audformat.Scheme("str")
    db["files"] = audformat.Table(audformat.filewise_index(["a.wav", "b.wav", "c.wav"]))
    db["files"]["emotion"] = audformat.Column(scheme_id="emotion")
    db["files"]["emotion"].set(["anger", "fear", None])
    db["files"]["speaker"] = audformat.Column(scheme_id="speaker")
    db["files"]["speaker"].set(["x", "y", "x"])
    return db


def test_filewise(database):
    corpus = ft.Corpus.from_audformat(database)
    assert corpus.name == "adb"
    assert corpus.files == ["a.wav", "b.wav"]
    assert corpus.labels.tolist() == ["anger", "fear"]
    assert corpus.speakers.tolist() == ["adb/x", "adb/y"]
    assert corpus.language == "deu"
    assert corpus.licence == "CC0-1.0"
    assert corpus.index.get_level_values("end").isna().all()


def test_segmented():
    db = audformat.Database("adb")
    db.schemes["emotion"] = audformat.Scheme(labels=["anger", "fear"])
    index = audformat.segmented_index(["a.wav", "a.wav"], ["0s", "1s"], ["1s", "2s"])
    db["segments"] = audformat.Table(index)
    db["segments"]["emotion"] = audformat.Column(scheme_id="emotion")
    db["segments"]["emotion"].set(["anger", "fear"])
    corpus = ft.Corpus.from_audformat(db, name="mine")
    assert list(corpus.index.get_level_values("start")) == [pd.Timedelta(0), pd.Timedelta("1s")]
    assert list(corpus.index.get_level_values("end")) == [pd.Timedelta("1s"), pd.Timedelta("2s")]


def test_saved_database(database, tmp_path):
    database.save(str(tmp_path))
    corpus = ft.Corpus.from_audformat(tmp_path)
    assert corpus.files == [str(tmp_path / name) for name in ("a.wav", "b.wav")]


def test_unknown_label_scheme(database):
    with pytest.raises(ValueError, match=r"'adb', which has \['emotion', 'speaker'\]; got 'emo'"):
        ft.Corpus.from_audformat(database, label="emo")


def test_missing_package_names_the_extra(database, monkeypatch):
    monkeypatch.setitem(sys.modules, "audformat", None)
    with pytest.raises(ImportError, match=r"featuretransfer\[audformat\]"):
        ft.Corpus.from_audformat(database)
