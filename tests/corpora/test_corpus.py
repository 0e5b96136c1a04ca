import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression

import featuretransfer as ft

TIME = np.arange(4800) / 16000


def tone(pitch, level=0.3):
    return level * np.sin(2 * np.pi * pitch * TIME)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("FEATURETRANSFER_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def recorded(tmp_path):
    """Six files of two speakers, three classes."""
    rows = []
    for number, label in enumerate(["anger", "sadness", "surprise"] * 2):
        file = tmp_path / f"{number}.wav"
        soundfile.write(file, tone(100 + 30 * number), 16000)
        rows.append(
            {
                "file": str(file),
                "label": label,
                "speaker": f"s{number // 3}",
                "gender": "female" if number < 3 else "male",
                "sentence": number,
            }
        )
    return ft.Corpus.from_rows(rows, name="mine", language="none")


@pytest.fixture
def tabled():
    table = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": 0.5}, index=list("wxyz"))
    return ft.Corpus.from_features(
        table, ["anger", "fear", "anger", "neutral"], [1, 1, 2, 2], name="table"
    )


def test_everything_has_one_index(recorded):
    assert list(recorded.index.names) == ["file", "start", "end"]
    for series in (recorded.labels, recorded.speakers, recorded.gender, recorded.sentence):
        assert series.index.equals(recorded.index)
        assert series.dtype == object
    assert recorded.speakers.tolist() == ["mine/s0"] * 3 + ["mine/s1"] * 3
    features = recorded.features("GeMAPSv01b")
    assert features.index.equals(recorded.index)
    assert (
        recorded.with_labels("big4")
        .features("GeMAPSv01b")
        .index.equals(recorded.with_labels("big4").labels.index)
    )


def test_features_are_those_of_the_files(recorded):
    expected = ft.extract_features(recorded.files, "GeMAPSv01b")
    np.testing.assert_array_equal(recorded.features("GeMAPSv01b"), expected)


def test_labels_and_features_go_into_scikit_learn(recorded):
    corpus = recorded.with_labels("big4")
    model = LogisticRegression().fit(corpus.features("GeMAPSv01b"), corpus.labels)
    assert set(model.predict(recorded.features("GeMAPSv01b"))) <= {"anger", "sadness"}


def test_accessors_return_copies(recorded):
    labels = recorded.labels
    labels.iloc[0] = "changed"
    assert recorded.labels.iloc[0] == "anger"


def test_with_labels_sets_aside_and_counts(recorded):
    corpus = recorded.with_labels("big4")
    assert corpus.labels.tolist() == ["anger", "sadness"] * 2
    assert corpus.set_aside == {"surprise": 2}
    assert corpus.scheme == "big4"
    assert corpus.with_labels("big4") is corpus
    assert corpus.with_labels(None) is corpus
    assert len(recorded) == 6
    assert recorded.set_aside == {}


def test_schemes_in_a_row(recorded):
    corpus = recorded.with_labels("big4").with_labels("arousal")
    assert corpus.labels.tolist() == ["high", "low"] * 2
    assert corpus.set_aside == {"surprise": 2}


def test_custom_scheme(recorded):
    corpus = recorded.with_labels({"anger": "negative", "sadness": "negative", "surprise": None})
    assert set(corpus.labels) == {"negative"}
    assert corpus.set_aside == {"surprise": 2}


def test_scheme_that_leaves_nothing(recorded):
    with pytest.raises(ValueError, match="sets all 6 rows of mine aside"):
        recorded.with_labels({"anger": None})


def test_unlabelled_rows_cannot_be_mapped(tmp_path):
    corpus = ft.Corpus.from_rows([{"file": "a.wav"}], name="mine")
    assert corpus.labels.isna().all()
    with pytest.raises(ValueError, match="mine has 1 rows without a label"):
        corpus.with_labels("big4")


def test_select(recorded):
    assert len(recorded.select(labels="anger")) == 2
    assert len(recorded.select(labels=["anger", "sadness"], gender="male")) == 2
    assert recorded.select(speakers="mine/s1").sentence.tolist() == ["3", "4", "5"]
    assert len(recorded.select(mask=recorded.labels == "surprise")) == 2
    with pytest.raises(ValueError, match=r"speaker 's1' does not occur in mine; .*'mine/s0'"):
        recorded.select(speakers="s1")
    with pytest.raises(ValueError, match=r"mask must have shape \(6,\), got \(2,\)"):
        recorded.select(mask=[True, False])


def test_failures_never_misalign(recorded, tmp_path):
    broken = recorded.files[2]
    soundfile.write(broken, 0 * TIME, 16000)
    with pytest.raises(ft.ExtractionError, match="silent"):
        recorded.features("GeMAPSv01b")
    features = recorded.features("GeMAPSv01b", on_error="skip")
    assert len(features) == 5
    assert broken not in features.index.get_level_values("file")
    for failures in (features, features.attrs["failures"], [broken]):
        left = recorded.drop(failures)
        assert left.features("GeMAPSv01b").index.equals(left.index)
        assert left.index.equals(features.index)
    with pytest.raises(ValueError, match=r"other.wav is not in mine"):
        recorded.drop(["other.wav"])


def test_segments_of_one_file(recorded):
    file = recorded.files[0]
    corpus = ft.Corpus.from_rows(
        [
            {"file": file, "start": 0.0, "end": 0.1, "label": "a"},
            {"file": file, "start": 0.1, "end": 0.11, "label": "b"},
            {"file": file, "start": 0.1, "end": None, "label": "c"},
        ],
        name="parts",
    )
    features = corpus.features("GeMAPSv01b", on_error="skip")
    left = corpus.drop(features)
    assert left.labels.tolist() == ["a", "c"]
    assert left.index.equals(features.index)
    assert corpus.summary().hours == pytest.approx((0.1 + 0.01 + 0.2) / 3600)


def test_summary(recorded, tmp_path):
    soundfile.write(recorded.files[5], tone(100), 16000)  # the samples of file 0
    summary = recorded.with_labels("big4").summary()
    assert summary.n_rows == 4
    assert summary.n_per_class == {"anger": 2, "sadness": 2}
    assert summary.n_speakers == 2
    assert summary.n_per_gender == {"female": 1, "male": 1}
    assert summary.hours == pytest.approx(4 * 0.3 / 3600)
    assert summary.set_aside == {"surprise": 2}
    assert summary.single_label_speakers == []
    assert summary.identical == []
    assert recorded.summary().identical == [[recorded.files[0], recorded.files[5]]]
    text = str(recorded.summary())
    assert "1 groups of identical files" in text
    assert "mine (none)" in text
    assert recorded.summary(check_audio=False).hours is None


def test_speakers_with_one_class_are_reported(recorded):
    corpus = recorded.select(mask=[True, False, False, False, True, True])
    summary = corpus.summary()
    assert summary.single_label_speakers == ["mine/s0"]
    assert "1 of 2 speakers have one class only" in str(summary)


def test_repr_is_for_people(recorded):
    assert repr(recorded) == ("Corpus 'mine': 6 rows, 2 speakers; anger 2, sadness 2, surprise 2")
    assert repr(recorded.with_labels({"anger": "x", "sadness": "x"})) == (
        "Corpus 'mine': 4 rows, 2 speakers; x 4 (own scheme; set aside: surprise 2)"
    )


def test_from_features(tabled):
    assert tabled.speakers.tolist() == ["table/1", "table/1", "table/2", "table/2"]
    assert tabled.features("anything").index.equals(tabled.index)
    assert tabled.with_labels("big4").features()["a"].tolist() == [1.0, 3.0, 4.0]
    assert tabled.summary().hours is None


def test_from_features_knows_the_set_of_an_extracted_table(recorded):
    table = recorded.features("GeMAPSv01b")
    corpus = ft.Corpus.from_features(table, recorded.labels, recorded.speakers, name="mine")
    assert corpus.index.equals(recorded.index)
    assert corpus.speakers.equals(recorded.speakers)
    assert corpus.features("GeMAPSv01b").equals(table)
    with pytest.raises(ValueError, match="made from GeMAPSv01b features and has no audio: IS09"):
        corpus.features("IS09")


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (["a"], ValueError, "features has 4 rows, but labels has 1"),
        (pd.Series(list("aabb")), ValueError, "labels is a Series with another index"),
    ],
)
def test_from_features_refuses_misalignment(labels, error, message):
    table = pd.DataFrame({"a": [1.0, 2, 3, 4]}, index=list("wxyz"))
    with pytest.raises(error, match=message):
        ft.Corpus.from_features(table, labels, name="mine")
    with pytest.raises(TypeError, match="features must be a DataFrame, got ndarray"):
        ft.Corpus.from_features(table.to_numpy(), labels, name="mine")


def test_rows_listed_twice_are_refused():
    with pytest.raises(ValueError, match="lists 1 files or segments twice, the first a.wav"):
        ft.Corpus.from_rows([{"file": "a.wav"}, {"file": "a.wav"}], name="mine")


def test_concat(tabled):
    other = ft.Corpus.from_features(
        pd.DataFrame({"a": [5.0], "b": 1.0}, index=["v"]), ["anger"], [1], name="other"
    )
    both = ft.concat([tabled, other])
    assert both.name == "table+other"
    assert len(both) == 5
    assert both.corpus.tolist() == ["table"] * 4 + ["other"]
    assert set(both.speakers) == {"table/1", "table/2", "other/1"}
    assert both.features().index.equals(both.index)
    assert both.features()["a"].tolist() == [1.0, 2, 3, 4, 5]
    mapped = ft.concat([tabled.with_labels("big4"), other.with_labels("big4")])
    assert mapped.set_aside == {"fear": 1}
    assert mapped.with_labels("big4") is mapped


def test_concat_of_recordings(recorded):
    parts = [recorded.select(speakers=f"mine/s{i}") for i in (0, 1)]
    parts[1].name = "second"
    both = ft.concat(parts)
    assert both.features("GeMAPSv01b").equals(recorded.features("GeMAPSv01b"))


def test_concat_refuses_what_does_not_fit(tabled, recorded):
    with pytest.raises(ValueError, match="at least one Corpus"):
        ft.concat([])
    with pytest.raises(ValueError, match="different names"):
        ft.concat([tabled, tabled])
    with pytest.raises(ValueError, match="apply one to all"):
        ft.concat([tabled, recorded.with_labels("big4")])
    with pytest.raises(ValueError, match="One of table and mine has audio"):
        ft.concat([tabled, recorded])
    other = ft.Corpus.from_features(pd.DataFrame({"c": [1.0]}, index=["v"]), name="other")
    with pytest.raises(ValueError, match="different feature columns"):
        ft.concat([tabled, other])


def test_ratings_stay_numbers():
    table = pd.DataFrame({"a": [1.0, 2, 3]}, index=["u", "v", "w"])
    rated = ft.Corpus.from_features(table, np.float32([0.25, 0.5, 4]), ["s", "s", "t"], name="mine")
    assert rated.labels.tolist() == [0.25, 0.5, 4]
    assert rated.labels.dtype == np.float64
    assert repr(rated) == "Corpus 'mine': 3 rows, 2 speakers; ratings from 0.25 to 4"
    assert rated.with_labels(None) is rated
    with pytest.raises(ValueError, match="labels of mine are ratings .* 'big4' does not map"):
        rated.with_labels("big4")
    halves = rated.with_labels({0.25: "low", 0.5: "low", 4.0: "high"})
    assert halves.labels.tolist() == ["low", "low", "high"]
    summary = rated.summary()
    assert summary.ratings == (0.25, 4.0)
    assert summary.n_per_class == {}
    assert summary.single_label_speakers == []
    assert "ratings   0.25 to 4" in str(summary)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0.5, None, 1.0], [0.5, np.nan, 1.0]),
        ([1, 2, 3], ["1", "2", "3"]),
        ([0.5, "a", None], ["0.5", "a", None]),
        ([None, None, None], [None, None, None]),
    ],
)
def test_only_floating_point_numbers_are_ratings(labels, expected):
    table = pd.DataFrame({"a": [1.0, 2, 3]}, index=["u", "v", "w"])
    found = ft.Corpus.from_features(table, labels, name="mine").labels
    assert_array_equal(found, np.array(expected, dtype=found.dtype))
