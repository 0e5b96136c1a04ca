import hashlib

import pandas as pd
import pytest
import soundfile

import featuretransfer as ft
from featuretransfer.corpora import _demo


@pytest.fixture(scope="module")
def corpora():
    return ft.load_demo_corpora()


def test_names_sizes_and_balance(corpora):
    assert [corpus.name for corpus in corpora] == ["demo-de", "demo-en", "demo-it"]
    assert [corpus.language for corpus in corpora] == ["German", "English", "Italian"]
    for corpus in corpora:
        assert 90 <= len(corpus) <= 110
        assert corpus.speakers.nunique() == 8
        assert corpus.sentence.nunique() == 4
        assert corpus.gender.groupby(corpus.speakers).first().value_counts().tolist() == [4, 4]
        assert set(corpus.labels) == {"anger", "happiness", "neutral", "sadness"}
        assert "Synthetic" in corpus.citation
    priors = [corpus.labels.value_counts(normalize=True)["sadness"] for corpus in corpora]
    assert max(priors) > 2 * min(priors)


def test_files_are_those_of_the_manifest():
    total = 0
    for name in _demo.LANGUAGES:
        folder = _demo.demo_folder() / name
        manifest = pd.read_csv(folder / "manifest.csv", dtype={"speaker": str})
        assert {path.name for path in folder.glob("*.flac")} == set(manifest["file"])
        for row in manifest.itertuples():
            path = folder / row.file
            assert hashlib.sha256(path.read_bytes()).hexdigest() == row.sha256
            total += path.stat().st_size
    assert total <= 12e6


def test_format(corpora):
    for corpus in corpora:
        for file in corpus.files[::10]:
            info = soundfile.info(file)
            assert (info.format, info.subtype) == ("FLAC", "PCM_16")
            assert (info.samplerate, info.channels) == (16000, 1)
            assert 1 <= info.duration <= 3.5


def test_missing_data_is_an_error_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(_demo, "__file__", str(tmp_path / "corpora" / "_demo.py"))
    with pytest.raises(FileNotFoundError, match="Install featuretransfer again"):
        ft.load_demo_corpora()


def test_corpora_differ_as_real_ones_do(corpora):
    """Of what is lost across corpora scaling recovers a part, and adaptation some more."""
    pipelines = {name: ft.recipe(name) for name in ("coral", "tca")}
    result = ft.cross_corpus(pipelines, corpora, random_state=0, n_jobs=2)
    uar = 100 * result.summary(n_bootstraps=10)["uar"]
    assert uar["in-corpus"] >= uar["source-only"] + 15
    assert uar["corpus-scaling"] >= uar["source-only"] + 5
    assert max(uar["coral"], uar["tca"]) >= uar["corpus-scaling"] + 1
