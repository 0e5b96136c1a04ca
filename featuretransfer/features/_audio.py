"""Audio as openSMILE needs it: mono float32 in the range of 16-bit samples, at a common rate."""

import os
import re
import stat
import struct
from pathlib import Path

import numpy as np

# openSMILE multiplies by 32768 and casts to int16 without clipping: +1.0 would become -32768
LARGEST = 32767 / 32768
# two steps of a 16-bit sample: only digital silence and dither have a standard deviation below
SILENCE = 2 / 32768
SUFFIXES = {".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aac", ".aif", ".aiff"}
INTEGERS = (np.dtype(np.int16), np.dtype(np.int32))
# 24 dB above full scale: no float recording, but most 16-bit samples that were only cast to float
TOO_LARGE = 16.0


def audio_files(folder):
    """All audio files below a folder, in natural order: "f2" before "f10".

    Parameters
    ----------
    folder : path-like
        The folder.

    Returns
    -------
    files : list of Path
        Files with the suffix of an audio format; hidden ones are left out.

    Examples
    --------
    >>> from featuretransfer.corpora._demo import demo_folder
    >>> from featuretransfer.features import audio_files
    >>> [file.name for file in audio_files(demo_folder() / "demo-de")[:2]]
    ['00-anger-0.flac', '00-anger-1.flac']
    """
    found = [path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES]
    return sorted((path for path in found if not path.name.startswith(".")), key=_natural)


def _natural(path):
    parts = [part for part in re.split(r"(\d+)", path.as_posix()) if part]
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def check_file(file):
    """Refuse what can be told unreadable without opening it.

    Parameters
    ----------
    file : str
        Path of the file.

    Raises
    ------
    OSError, ValueError
        If the file is missing, no regular file, not open to this user, or empty.
    """
    try:
        status = os.stat(file)
    except FileNotFoundError:
        raise FileNotFoundError("file does not exist") from None
    except PermissionError:
        raise PermissionError("no permission to enter the folder of the file") from None
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(
            f"not a file but a {'folder' if stat.S_ISDIR(status.st_mode) else 'device'}"
        )
    if not os.access(file, os.R_OK):
        raise PermissionError("no permission to read the file")
    if status.st_size == 0:
        raise ValueError("file is empty")


def read_audio(file, start=0.0, end=None):
    """Read a file or a segment of it.

    Parameters
    ----------
    file : str
        Path of the file.
    start : float, default=0.0
        Start of the segment in seconds.
    end : float, default=None
        End of the segment in seconds, the end of the file by default.

    Returns
    -------
    signal : ndarray of shape (n_channels, n_samples), float32
        Samples.
    rate : int
        Sampling rate in Hz.

    Raises
    ------
    OSError, RuntimeError, ValueError
        If the file cannot be read, or ends before its header or the segment says.
    """
    import audiofile

    check_file(file)
    length = None if end is None else end - start
    if start < 0 or (length is not None and length <= 0):
        raise ValueError(f"segment from {start:g} s to {end:g} s has no length")
    signal, rate = audiofile.read(
        file, offset=start or None, duration=length, always_2d=True, dtype="float32"
    )
    _check_complete(file, signal.shape[1], rate, start, length)
    return signal, rate


def _check_complete(file, n_read, rate, start, length):
    """Refuse a file that holds fewer samples than its header says, as a cut-off copy does."""
    suffix = Path(file).suffix.lower()
    if suffix == ".wav":
        _check_riff_size(file)
    if suffix not in (".wav", ".flac", ".ogg"):
        return  # only estimates of the length are in the headers of other formats
    import audiofile

    total = audiofile.samples(file)
    expected = total - round(start * rate) if length is None else round(length * rate)
    if n_read < expected - 1:
        raise ValueError(
            f"file ends early: {n_read / rate:.3f} s could be read of {expected / rate:.3f} s"
        )


def _check_riff_size(file):
    """Compare the size in the header with the file's: the reader silently takes what is there."""
    with open(file, "rb") as opened:
        magic, size = struct.unpack("<4sI", opened.read(8).ljust(8, b"\0"))
    missing = size + 8 - os.path.getsize(file)
    # streams that were written without an end have the largest size
    if magic == b"RIFF" and size < 0xFFFFFF00 and missing > 1:
        raise ValueError(f"file ends early: {missing} bytes fewer than its header says")


def as_float(signal):
    """A signal given as an array, as float32 of shape (n_channels, n_samples)."""
    signal = np.asarray(signal)
    if signal.ndim not in (1, 2) or not (signal.dtype.kind == "f" or signal.dtype in INTEGERS):
        raise ValueError(
            "a signal must be a float, int16 or int32 array of shape (n_samples,) or "
            f"(n_channels, n_samples), got {signal.dtype} of shape {signal.shape}"
        )
    signal = np.atleast_2d(signal)
    if 0 < signal.shape[1] < signal.shape[0]:
        raise ValueError(
            f"a signal of shape {signal.shape} has more channels than samples: transpose it to "
            "(n_channels, n_samples)"
        )
    if signal.dtype.kind == "i":
        signal = signal / -float(np.iinfo(signal.dtype).min)
    return signal.astype(np.float32)


def prepare(signal, rate, sampling_rate):
    """Mix down, resample and clip, refusing what has no sound in it.

    Parameters
    ----------
    signal : ndarray of shape (n_channels, n_samples), float32
        Samples.
    rate : int
        Their rate in Hz.
    sampling_rate : int or None
        The rate to resample to; None keeps `rate`.

    Returns
    -------
    signal : ndarray of shape (n_samples,), float32
        The mean of the channels, in [-1, 32767 / 32768].
    rate : int
        Its rate in Hz.

    Raises
    ------
    ValueError
        If there are no samples, NaN or infinite samples, samples far above full scale, or only
        silence (a constant offset is silence too).
    """
    import audresample

    if signal.shape[1] == 0:
        raise ValueError("there are no samples")
    if not np.isfinite(signal).all():
        raise ValueError("signal holds NaN or infinite samples")
    peak = max(signal.max(), -signal.min())
    if peak > TOO_LARGE:
        raise ValueError(
            f"samples reach {peak:g} where full scale is 1: divide 16-bit values by 32768"
        )
    mono = signal.mean(axis=0, dtype=np.float32) if len(signal) > 1 else signal[0]
    level = np.std(mono, dtype=np.float64)
    if level < SILENCE:
        raise ValueError(f"signal is silent: its standard deviation is {level:.1e} of full scale")
    if sampling_rate is not None and rate != sampling_rate:
        mono = audresample.resample(mono, rate, sampling_rate)[0]
        rate = sampling_rate
    return np.clip(mono, -1.0, np.float32(LARGEST)), rate
