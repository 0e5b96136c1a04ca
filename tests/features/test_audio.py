import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer import extract_features
from featuretransfer.features._audio import LARGEST, as_float, prepare, read_audio

TIME = np.arange(16000) / 16000
TONE = (0.5 * np.sin(2 * np.pi * 150 * TIME)).astype(np.float32)


def test_full_scale_is_clipped_below_one():
    signal, _ = prepare(np.tile(np.float32([1.0, -3.0]), 400)[None], 16000, 16000)
    assert (signal * 32768).astype(np.int16).tolist() == [32767, -32768] * 400
    assert signal.max() == np.float32(LARGEST)


def test_channels_are_averaged():
    stereo = np.stack([TONE, 0.2 * TONE])
    mono, rate = prepare(stereo, 16000, 16000)
    assert rate == 16000
    assert_allclose(mono, 0.6 * TONE, atol=1e-7)


def test_resampling_keeps_pitch_and_length():
    time = np.arange(48000) / 48000
    tone = (0.5 * np.sin(2 * np.pi * 150 * time)).astype(np.float32)
    mono, rate = prepare(tone[None], 48000, 16000)
    assert rate == 16000
    assert len(mono) == 16000
    assert np.argmax(np.abs(np.fft.rfft(mono))) == 150
    kept, rate = prepare(tone[None], 48000, None)
    assert (rate, len(kept)) == (48000, 48000)


def test_rate_of_the_file_does_not_matter_much(tmp_path):
    time = np.arange(48000) / 48000
    soundfile.write(tmp_path / "a.wav", TONE, 16000)
    soundfile.write(tmp_path / "b.wav", 0.5 * np.sin(2 * np.pi * 150 * time), 48000)
    a, b = extract_features([tmp_path / "a.wav", tmp_path / "b.wav"]).to_numpy()
    assert np.mean(np.abs(a - b) <= 0.05 * np.abs(a) + 0.05) > 0.9


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_integers_are_full_scale_fractions(dtype):
    largest = np.iinfo(dtype).max
    signal = as_float(np.array([0, largest, -largest - 1], dtype=dtype))
    assert signal.dtype == np.float32
    assert_allclose(signal, [[0, 1, -1]], atol=1e-4)
    assert signal[0, 2] == -1


def test_int16_array_equals_its_file(tmp_path):
    samples = (TONE * 20000).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16000)
    table = extract_features([(samples, 16000), tmp_path / "a.wav"])
    assert_array_equal(table.iloc[0], table.iloc[1])


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_formats(name, tmp_path):
    soundfile.write(tmp_path / name, TONE, 16000)
    signal, rate = read_audio(str(tmp_path / name))
    assert rate == 16000
    assert signal.dtype == np.float32
    assert abs(signal.shape[1] - 16000) < 2500  # MP3 pads with its frames


def test_part_of_a_file(tmp_path):
    soundfile.write(tmp_path / "a.wav", TONE, 16000, subtype="FLOAT")
    signal, _ = read_audio(str(tmp_path / "a.wav"), 0.25, 0.5)
    assert_array_equal(signal[0], TONE[4000:8000])
    signal, _ = read_audio(str(tmp_path / "a.wav"), 0.75)
    assert_array_equal(signal[0], TONE[12000:])


@pytest.mark.parametrize(("start", "end"), [(0.5, 0.5), (0.5, 0.2), (-1.0, 0.5)])
def test_segment_without_length(start, end, tmp_path):
    soundfile.write(tmp_path / "a.wav", TONE, 16000)
    with pytest.raises(ValueError, match="has no length"):
        read_audio(str(tmp_path / "a.wav"), start, end)


def test_segment_beyond_the_end(tmp_path):
    soundfile.write(tmp_path / "a.wav", TONE, 16000)
    with pytest.raises(ValueError, match=r"ends early: 0.250 s could be read of 1.000 s"):
        read_audio(str(tmp_path / "a.wav"), 0.75, 1.75)


@pytest.mark.parametrize("signal", [np.zeros((1, 2, 3)), np.array(["a"]), np.ones(3, np.uint8)])
def test_what_is_no_signal(signal):
    with pytest.raises(ValueError, match="a signal must be a float, int16 or int32 array"):
        as_float(signal)


def test_more_channels_than_samples_is_a_transposed_signal():
    with pytest.raises(ValueError, match="transpose it"):
        as_float(np.zeros((1600, 2)))


def test_16_bit_values_cast_to_float_are_refused():
    with pytest.raises(ValueError, match="divide 16-bit values by 32768"):
        prepare(20000 * TONE[None], 16000, 16000)


def test_constant_offset_is_silence():
    with pytest.raises(ValueError, match="silent"):
        prepare(np.full((1, 1600), 0.2, np.float32), 16000, 16000)


def test_silence_is_refused_by_energy_and_quiet_speech_is_not():
    with pytest.raises(ValueError, match="silent"):
        prepare(np.zeros((1, 1600), np.float32), 16000, 16000)
    dither = np.tile(np.float32([1 / 32768, -1 / 32768]), 800)[None]
    with pytest.raises(ValueError, match="silent"):
        prepare(dither, 16000, 16000)
    quiet, _ = prepare(0.002 * TONE[None], 16000, 16000)
    assert len(quiet) == 16000
