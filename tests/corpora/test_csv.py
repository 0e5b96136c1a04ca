import inspect

import pandas as pd
import pytest

import featuretransfer as ft
from featuretransfer import corpora


@pytest.fixture
def listed(tmp_path):
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).touch()
    path = tmp_path / "list.csv"
    path.write_text("file,label,speaker,gender,note\na.wav,anger,7,male,x\nb.wav,fear,8,,y\n")
    return path


def test_standard_columns(listed):
    corpus = ft.Corpus.from_csv(listed, language="none")
    assert corpus.name == "list"
    assert corpus.files == [str(listed.parent / name) for name in ("a.wav", "b.wav")]
    assert corpus.labels.tolist() == ["anger", "fear"]
    assert corpus.speakers.tolist() == ["list/7", "list/8"]
    assert corpus.gender.tolist() == ["male", None]
    assert corpus.language == "none"


def test_mapped_columns_separator_and_root(tmp_path, listed):
    other = tmp_path / "lists" / "other.csv"
    other.parent.mkdir()
    other.write_text("path;emo;who;from;to\na.wav;rage;x;0.5;1.25\na.wav;joy;x;1.25;\n")
    corpus = ft.Corpus.from_csv(
        other,
        name="mine",
        root=tmp_path,
        file="path",
        label="emo",
        speaker="who",
        start="from",
        end="to",
        sep=";",
    )
    assert corpus.labels.tolist() == ["rage", "joy"]
    starts = corpus.index.get_level_values("start")
    assert list(starts) == [pd.Timedelta("0.5s"), pd.Timedelta("1.25s")]
    assert corpus.index.get_level_values("end").isna().tolist() == [False, True]


def test_unlabelled_target(listed):
    corpus = ft.Corpus.from_csv(listed, label=None, speaker=None)
    assert corpus.labels.isna().all()
    assert corpus.speakers.isna().all()


def test_missing_column(listed):
    with pytest.raises(ValueError, match=r"no column 'emotion'; it has \['file'.*label='file'"):
        ft.Corpus.from_csv(listed, label="emotion")


def test_missing_value_names_the_line(listed):
    listed.write_text("file,label,speaker\na.wav,anger,1\nb.wav,,2\n")
    with pytest.raises(ValueError, match="line 3: the label is missing"):
        ft.Corpus.from_csv(listed)


def test_missing_file(listed):
    listed.write_text("file,label,speaker\na.wav,anger,1\ngone.wav,fear,2\n")
    with pytest.raises(FileNotFoundError, match="1 of 2 files .*gone.wav.*root="):
        ft.Corpus.from_csv(listed)


@pytest.mark.parametrize("form", ["csv", "audformat"])
def test_the_constructor_takes_what_the_reader_takes(form):
    constructor = inspect.signature(getattr(ft.Corpus, f"from_{form}"))
    assert constructor == inspect.signature(getattr(corpora, f"read_{form}"))
