"""Make the three demo corpora with espeak-ng: ``python data/generate.py``.

Needs the synthesiser espeak-ng (1.51 was used) on the path, and numpy, scipy and soundfile.
Everything is drawn from one seed, so a second run writes the same speech.
"""

import argparse
import csv
import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

SEED = 20261124
RATE = 16000
EMOTIONS = ("anger", "happiness", "neutral", "sadness")

# how emotions sound: relative F0 level, F0 range and rate; level and tilt in dB; breath in
# shares of the voice's level. Directions after Banse & Scherer (1996) and Juslin & Laukka (2003).
PROSODY = {
    "anger": dict(pitch=1.12, range=1.30, rate=1.12, level=4.0, tilt=4.0, breath=0.00),
    "happiness": dict(pitch=1.20, range=1.45, rate=1.06, level=2.0, tilt=1.0, breath=0.01),
    "neutral": dict(pitch=1.00, range=1.00, rate=1.00, level=0.0, tilt=0.0, breath=0.01),
    "sadness": dict(pitch=0.94, range=0.65, rate=0.86, level=-3.0, tilt=-3.0, breath=0.04),
}
# standard deviations of what differs between speakers, and between utterances of one speaker
SPEAKERS = dict(pitch=0.05, range=0.10, rate=0.05, level=1.5, tilt=1.5, colour=3.0)
UTTERANCES = dict(pitch=0.05, range=0.15, rate=0.05, level=1.5, tilt=1.5)
VOICES = ("f1", "m1", "f2", "m3", "f3", "m4", "f5", "m7")


@dataclass(frozen=True)
class Recording:
    """A language, a way of speaking, a room and a channel."""

    name: str
    language: str
    voice: str
    sentences: tuple
    counts: dict  # utterances of each emotion
    expression: float  # exponent of the prosody: 1 as listed, 0 none
    rate: int  # words per minute
    band: tuple  # Hz
    reverberation: float  # seconds until it is 60 dB down, 0 for none
    noise: float  # signal-to-noise ratio in dB
    level: float  # of the recording, dB of full scale


RECORDINGS = (
    Recording(
        name="demo-de",
        language="German",
        voice="de",
        sentences=(
            "Der Zug kommt um sieben Uhr an.",
            "Das Buch liegt auf dem Tisch.",
            "Morgen gehen wir in die Stadt.",
            "Sie hat gestern angerufen.",
        ),
        counts={"anger": 28, "happiness": 26, "neutral": 26, "sadness": 24},
        expression=2.0,
        rate=165,
        band=(60, 7600),
        reverberation=0.0,
        noise=45.0,
        level=-32.0,
    ),
    Recording(
        name="demo-en",
        language="English",
        voice="en-us",
        sentences=(
            "The meeting starts at half past nine.",
            "The keys are in the top drawer.",
            "We are going to the market later.",
            "He wrote the letter last week.",
        ),
        counts={"anger": 32, "happiness": 30, "neutral": 22, "sadness": 12},
        expression=1.8,
        rate=185,
        band=(300, 3400),
        reverberation=0.0,
        noise=15.0,
        level=-30.0,
    ),
    Recording(
        name="demo-it",
        language="Italian",
        voice="it",
        sentences=(
            "Il treno parte alle dieci.",
            "La borsa è sulla sedia.",
            "Domani torniamo al mare.",
            "Ha letto il giornale.",
        ),
        counts={"anger": 12, "happiness": 20, "neutral": 32, "sadness": 32},
        expression=1.6,
        rate=165,
        band=(100, 6000),
        reverberation=0.8,
        noise=24.0,
        level=-36.0,
    ),
)


def main():
    """Write every corpus into a folder of its own beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    output = parser.parse_args().output
    if shutil.which("espeak-ng") is None:
        parser.error("espeak-ng is not installed (on Debian: apt-get install espeak-ng)")
    for recording, seed in zip(RECORDINGS, np.random.SeedSequence(SEED).spawn(len(RECORDINGS))):
        folder = output / recording.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rows = list(record(recording, folder, np.random.default_rng(seed)))
        with open(folder / "manifest.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{recording.name}: {len(rows)} files, {size / 1e6:.1f} MB")


def record(recording, folder, rng):
    """Speak, record and write every utterance of a corpus; yield its line of the manifest."""
    speakers = [draw(SPEAKERS, rng) for _ in VOICES]
    room = impulse_response(recording.reverberation, rng)
    for emotion, speaker, sentence in utterances(recording.counts, rng):
        shift = draw(UTTERANCES, rng)
        prosody = combine(PROSODY[emotion], recording.expression, speakers[speaker], shift)
        voice = f"{recording.voice}+{VOICES[speaker]}"
        samples = speak(recording.sentences[sentence], voice, recording.rate, prosody)
        samples = colour(samples, speakers[speaker]["colour"], prosody, rng)
        samples = transmit(samples, recording, room, prosody["level"], rng)
        name = f"{speaker:02d}-{emotion}-{sentence}.flac"
        soundfile.write(folder / name, samples, RATE, subtype="PCM_16")
        yield {
            "file": name,
            "label": emotion,
            "speaker": f"{speaker:02d}",
            "gender": "female" if VOICES[speaker][0] == "f" else "male",
            "sentence": recording.sentences[sentence],
            "duration": f"{len(samples) / RATE:.3f}",
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }


def utterances(counts, rng):
    """(emotion, speaker, sentence) of a full design, thinned to the counts."""
    design = [(speaker, sentence) for speaker in range(len(VOICES)) for sentence in range(4)]
    for emotion in EMOTIONS:
        kept = rng.choice(len(design), size=counts[emotion], replace=False)
        for position in sorted(kept):
            yield emotion, *design[position]


def draw(deviations, rng):
    """Differences of a speaker or an utterance; those of the colour for four bands."""
    drawn = {name: float(rng.normal(0, spread)) for name, spread in deviations.items()}
    if "colour" in drawn:
        drawn["colour"] = rng.normal(0, deviations["colour"], size=4)
    return drawn


def combine(emotion, expression, *differences):
    """The prosody of an utterance: factors for pitch, range and rate, sums for the rest."""
    combined = {name: emotion[name] ** expression for name in ("pitch", "range", "rate")}
    combined |= {name: emotion[name] * expression for name in ("level", "tilt", "breath")}
    for difference in differences:
        for name in ("pitch", "range", "rate"):
            combined[name] *= np.exp(difference[name])
        for name in ("level", "tilt"):
            combined[name] += difference[name]
    return combined


def speak(text, voice, rate, prosody):
    """Synthesise a sentence at `RATE`, with its pitch, range and rate."""
    markup = (
        f'<speak><prosody pitch="{100 * prosody["pitch"]:.0f}%" '
        f'range="{100 * prosody["range"]:.0f}%">{text}</prosody></speak>'
    )
    speed = str(round(rate * prosody["rate"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        command = ["espeak-ng", "-m", "-v", voice, "-s", speed, "-w", str(path), markup]
        subprocess.run(command, check=True, capture_output=True)
        samples, spoken_rate = soundfile.read(path)
    samples = signal.resample_poly(samples, RATE, spoken_rate)
    heard = np.flatnonzero(np.abs(samples) > 0.005)
    margin = RATE // 20
    samples = samples[max(0, heard[0] - margin) : heard[-1] + margin]
    return samples / np.sqrt(np.mean(samples**2))


def colour(samples, bands, prosody, rng):
    """Spectral tilt, the speaker's colour in four bands, and breath in time with the voice."""
    envelope = signal.sosfiltfilt(
        signal.butter(2, 20, fs=RATE, output="sos"), np.abs(samples), padtype="constant"
    )
    breath = rng.normal(size=len(samples)) * np.maximum(envelope, 0)
    samples = samples + prosody["breath"] * 4 * breath
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), 50) / 500)
    gain = prosody["tilt"] * np.clip(octaves, -1, 4) / 2
    gain += np.interp(octaves, [-1, 0.5, 2, 3.5], bands)
    return np.fft.irfft(spectrum * 10 ** (gain / 20), len(samples))


def impulse_response(reverberation, rng):
    """The room: the direct sound, then noise that decays exponentially."""
    if reverberation == 0:
        return np.ones(1)
    time = np.arange(int(reverberation * RATE)) / RATE
    tail = rng.normal(size=len(time)) * 10 ** (-3 * time / reverberation)
    tail[0] = 0
    return np.concatenate([[1.0], 0.9 * tail[1:] / np.linalg.norm(tail)])


def transmit(samples, recording, room, level, rng):
    """Room, noise, band limit, level and the peak that 16 bits hold."""
    samples = signal.fftconvolve(samples, room)[: len(samples) + RATE // 4]
    samples = samples / np.sqrt(np.mean(samples**2)) * 10 ** (level / 20)
    samples = samples + rng.normal(size=len(samples)) * 10 ** (-recording.noise / 20)
    low, high = recording.band
    samples = signal.sosfilt(
        signal.butter(4, [low, high], "bandpass", fs=RATE, output="sos"), samples
    )
    samples = samples * 10 ** (recording.level / 20)
    return np.clip(samples, -0.99, 0.99)


if __name__ == "__main__":
    main()
