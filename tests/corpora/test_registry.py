import os
from pathlib import Path

import pandas as pd
import pytest

import featuretransfer as ft
from featuretransfer.corpora import CORPORA, EMOTIONS

#: Official names of each corpus: path -> (label, speaker, gender, sentence)
NAMES = {
    "emodb": {
        "wav/03a01Fa.wav": ("happiness", "03", "male", "a01"),
        "wav/08b10Wd.wav": ("anger", "08", "female", "b10"),
        "wav/16a07La.wav": ("boredom", "16", "female", "a07"),
    },
    "emovo": {
        "f1/dis-f1-b1.wav": ("disgust", "f1", "female", "b1"),
        "m3/gio-m3-n5.wav": ("happiness", "m3", "male", "n5"),
    },
    "ravdess": {
        "Actor_01/03-01-05-01-02-01-01.wav": ("anger", "01", "male", "02"),
        "Actor_24/03-01-08-02-01-02-24.wav": ("surprise", "24", "female", "01"),
    },
    "urdu": {
        "Angry/SM1_F10_A010.wav": ("anger", "SM1", "male", None),
        "Sad/SF11_F2_S04.wav": ("sadness", "SF11", "female", None),
    },
    "savee": {
        "AudioData/DC/a01.wav": ("anger", "DC", "male", "01"),
        "AudioData/KL/su15.wav": ("surprise", "KL", "male", "15"),
        "JE_sa03.wav": ("sadness", "JE", "male", "03"),
    },
    "tess": {
        "OAF_angry/OAF_back_angry.wav": ("anger", "OAF", "female", "back"),
        "YAF_pleasant_surprised/YAF_youth_ps.wav": ("surprise", "YAF", "female", "youth"),
        "OAF_neutral/OA_bite_neutral.wav": ("neutral", "OAF", "female", "bite"),
    },
    "cremad": {
        "AudioWAV/1001_DFA_ANG_XX.wav": ("anger", "1001", None, "DFA"),
        "AudioWAV/1040_ITH_SAD_X.wav": ("sadness", "1040", None, "ITH"),
        "AudioWAV/1091_IEO_HAP_HI.wav": ("happiness", "1091", None, "IEO"),
    },
    "casia": {
        "liuchanhg/angry/201.wav": ("anger", "liuchanhg", None, "201"),
        "wangzhe/surprise/250.wav": ("surprise", "wangzhe", None, "250"),
    },
    "shemo": {
        "male/M01A01.wav": ("anger", "M01", "male", "01"),
        "female/F31W02.wav": ("surprise", "F31", "female", "02"),
    },
    "cafe": {
        "Colère/Faible/01-C-1-1.wav": ("anger", "01", "male", "1"),
        "Neutre/12-N-0-6.wav": ("neutral", "12", "female", "6"),
    },
    "aesdd": {
        "anger/a01 (1).wav": ("anger", "1", None, "01"),
        "sadness/s20 (6)b.wav": ("sadness", "6", None, "20"),
    },
}


def touch(root, names):
    for name in names:
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_every_corpus_has_names_here():
    assert set(NAMES) == set(CORPORA)


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_official_names(name, suffix, tmp_path):
    expected = {Path(k).with_suffix(suffix).as_posix(): row for k, row in NAMES[name].items()}
    touch(tmp_path, [*expected, "readme.txt", "._hidden.wav"])
    corpus = ft.load_corpus(name, tmp_path)
    assert len(corpus) == len(expected)
    rows = zip(corpus.files, corpus.labels, corpus.speakers, corpus.gender, corpus.sentence)
    for file, *row in rows:
        label, speaker, gender, sentence = expected[Path(file).relative_to(tmp_path).as_posix()]
        assert row == [label, f"{name}/{speaker}", gender, sentence]


@pytest.mark.parametrize("name", CORPORA)
def test_description_is_complete(name):
    naming = CORPORA[name]
    assert naming.name == name
    assert naming.language
    assert naming.licence
    assert naming.citation
    assert set(naming.labels.values()) <= set(EMOTIONS)
    assert ft.Corpus.from_rows([{"file": "a"}], name=name).name == name


@pytest.mark.parametrize("name", CORPORA)
def test_unknown_label_code_names_the_file(name, tmp_path):
    stranger = {
        "emodb": "03a01Xa.wav",
        "emovo": "xyz-f1-b1.wav",
        "ravdess": "03-01-09-01-02-01-01.wav",
        "urdu": "SM1_F10_X010.wav",
        "savee": "DC/xx01.wav",
        "tess": "OAF_back_xyz.wav",
        "cremad": "1001_DFA_XYZ_XX.wav",
        "casia": "wangzhe/xyz/201.wav",
        "shemo": "M01X01.wav",
        "cafe": "01-X-1-1.wav",
        "aesdd": "x01 (1).wav",
    }[name]
    touch(tmp_path, [stranger])
    with pytest.raises(ValueError, match="label code") as error:
        ft.load_corpus(name, tmp_path)
    assert stranger in str(error.value)


def test_natural_order(tmp_path):
    names = [f"Angry/SM1_F{i}_A0{i}.wav" for i in (10, 9, 1, 100, 2)]
    touch(tmp_path, names)
    files = [Path(file).name for file in ft.load_corpus("urdu", tmp_path).files]
    assert files == [f"SM1_F{i}_A0{i}.wav" for i in (1, 2, 9, 10, 100)]


@pytest.mark.parametrize("spelling", ["CREMA-D", "crema_d", "CremaD"])
def test_spelling_of_names(spelling, tmp_path):
    touch(tmp_path, ["1001_DFA_ANG_XX.wav"])
    assert ft.load_corpus(spelling, tmp_path).name == "cremad"


def test_folder_of_one_speaker(tmp_path):
    touch(tmp_path, ["wangzhe/angry/201.wav"])
    assert ft.load_corpus("casia", tmp_path / "wangzhe").speakers.tolist() == ["casia/wangzhe"]


def test_misnamed_files(tmp_path):
    touch(tmp_path, ["03a01Fa.wav", "notes/take2.wav"])
    with pytest.raises(ValueError, match=r"1 audio files .* not named .*notes/take2.wav.*strict"):
        ft.load_corpus("emodb", tmp_path)
    with pytest.warns(UserWarning, match=r"1 audio files .* left out: notes/take2.wav"):
        corpus = ft.load_corpus("emodb", tmp_path, strict=False)
    assert len(corpus) == 1


def test_another_corpus_is_an_error_even_if_not_strict(tmp_path):
    touch(tmp_path, ["f1/dis-f1-b1.wav"])
    with pytest.raises(ValueError, match="Is this another corpus"):
        ft.load_corpus("emodb", tmp_path, strict=False)


def test_unknown_corpus_lists_the_known():
    with pytest.raises(ValueError, match=r"name must be one of \['emodb'.*Corpus.from_csv"):
        ft.load_corpus("iemocap", ".")


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder of EMO-DB, but there is no folder"):
        ft.load_corpus("emodb", tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match="No audio files .*03a01Fa.wav"):
        ft.load_corpus("emodb", tmp_path)


@pytest.mark.skipif(
    not os.environ.get("FEATURETRANSFER_CORPORA"),
    reason="FEATURETRANSFER_CORPORA does not name a folder of real corpora",
)
@pytest.mark.parametrize("name", ["emodb", "emovo", "ravdess", "urdu"])
def test_real_corpora_agree_with_their_manifests(name):
    root = Path(os.environ["FEATURETRANSFER_CORPORA"], name)
    corpus = ft.load_corpus(name, root)
    manifest = pd.read_csv(root / "manifest.csv", dtype=str, keep_default_na=False)
    manifest = manifest.set_index("file").loc[
        [Path(file).relative_to(root).as_posix() for file in corpus.files]
    ]
    assert len(manifest) == len(corpus)
    assert list(manifest["emotion"]) == list(corpus.labels)
    assert list(name + "/" + manifest["speaker"]) == list(corpus.speakers)
    assert list(manifest["gender"]) == list(corpus.gender)
    assert list(manifest["sentence"]) == [sentence or "" for sentence in corpus.sentence]
