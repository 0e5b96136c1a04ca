import numpy as np
import pytest
import soundfile


def make_buzz(seconds=0.3, rate=16000, pitch=150.0, level=0.3):
    """A buzzing tone with harmonics and a little noise, float64 of shape (n_samples,)."""
    time = np.arange(round(seconds * rate)) / rate
    harmonics = sum(np.sin(2 * np.pi * k * pitch * time) / k for k in range(1, 9))
    noise = np.random.default_rng(0).normal(size=len(time))
    return level * (0.5 * harmonics + 0.01 * noise)


@pytest.fixture
def buzz():
    """The function that makes a tone."""
    return make_buzz


@pytest.fixture
def files(tmp_path):
    """Six good files of different pitch."""
    paths = []
    for number in range(6):
        path = tmp_path / f"tone{number}.wav"
        soundfile.write(path, make_buzz(pitch=100 + 30 * number), 16000)
        paths.append(str(path))
    return paths


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FEATURETRANSFER_CACHE", str(folder))
    return folder
