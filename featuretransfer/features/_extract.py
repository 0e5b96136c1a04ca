"""Feature tables from audio files, segments and signals."""

import logging
import os
import sys
import warnings
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from joblib import effective_n_jobs

from ._audio import as_float, prepare, read_audio
from ._cache import FeatureCache, NoCache, default_folder
from ._pool import Crashed, run_isolated
from ._sets import Extractor, Settings

logger = logging.getLogger(__name__)

ON_ERROR = ("raise", "warn", "skip")


class ExtractionError(ValueError):
    """A file has no features; the message names the file and the reason."""


@dataclass(frozen=True)
class Item:
    """One thing to extract features from: a file, a segment of one, or a signal."""

    name: str
    start: float = 0.0
    end: float | None = None
    signal: np.ndarray | None = None
    rate: int | None = None


@dataclass(frozen=True)
class Failure:
    """Why an item has no features."""

    reason: str


def extract_features(
    files,
    feature_set="eGeMAPSv02",
    *,
    level="functionals",
    sampling_rate=16000,
    n_jobs=None,
    timeout=None,
    cache=True,
    on_error="raise",
    progress="auto",
):
    """Extract openSMILE features.

    Audio is mixed down to mono, resampled to `sampling_rate` and clipped to the range of 16-bit
    samples, so that corpora with other rates, channels or formats do not differ for that
    reason alone.

    Parameters
    ----------
    files : sequence of path or of (signal, rate), or table of segments
        Paths of audio files in any format that the ``audiofile`` package reads; or pairs of
        an array of shape (n_samples,) or (n_channels, n_samples), float in [-1, 1] or signed
        integer, and its sampling rate in Hz; or a DataFrame or MultiIndex with ``file``, ``start``
        and ``end`` (timedelta or seconds, a missing end is the end of the file).
    feature_set : str or path, default="eGeMAPSv02"
        A name of ``FEATURE_SETS``, or an openSMILE configuration file (``.conf``).
    level : {"functionals", "lld"}, default="functionals"
        One row per file or segment, or one row per frame (low-level descriptors).
    sampling_rate : int or None, default=16000
        Rate in Hz that audio is resampled to. None keeps each file's own: a rate that differs
        between corpora moves many features.
    n_jobs : int or None, default=None
        Number of processes, -1 for all cores. With one, files are read in this process, unless
        `timeout` is given; with more, a file that crashes or hangs a worker costs that file only.
    timeout : float or None, default=None
        Seconds after which the extraction of a file counts as hung.
    cache : bool or path, default=True
        Where features of files are kept: a folder, or True for ``$FEATURETRANSFER_CACHE``, else
        the user's cache folder. Entries are found by the content of a file, not by its
        name, and written as each file ends: a run that was killed goes on where it stopped.
    on_error : {"raise", "warn", "skip"}, default="raise"
        What to do about files without features: raise at the first, or leave them out and warn
        or not. They are listed in ``.attrs["failures"]``.
    progress : bool or "auto", default="auto"
        Show a progress bar with files per second and the time left; "auto" in a terminal only.

    Returns
    -------
    features : DataFrame of shape (n_rows, n_features), float32
        Index ``(file, start, end)``, columns the openSMILE names, rows in the order of `files`.
        ``.attrs`` holds the settings, the openSMILE version and ``failures``, a list of dicts
        with ``file``, ``start``, ``end`` and ``reason``.

    Raises
    ------
    ExtractionError
        If `on_error` is "raise" and a file is missing, unreadable, empty, cut off, too
        short for the set, silent, or holds NaN samples.
    ValueError
        If a parameter is invalid; sets and levels are checked before openSMILE is called.

    See Also
    --------
    OpenSmile : The same as the first step of a scikit-learn pipeline.

    References
    ----------
    .. [1] F. Eyben, M. Wöllmer, B. Schuller, "openSMILE: the Munich versatile and fast open-source
       audio feature extractor", ACM Multimedia 2010. https://doi.org/10.1145/1873951.1874246
    .. [2] F. Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice
       research and affective computing", IEEE Trans. Affective Computing 7(2), 2016.
       https://doi.org/10.1109/TAFFC.2015.2457417

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import extract_features
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000)
    >>> features = extract_features([(tone, 16000)], "GeMAPSv01b")
    >>> features.shape
    (1, 62)
    >>> bool(abs(features["F0semitoneFrom27.5Hz_sma3nz_amean"].iloc[0] - 36) < 0.1)
    True
    """
    settings = Settings.of(feature_set, level, sampling_rate)
    if on_error not in ON_ERROR:
        raise ValueError(f"on_error must be one of {list(ON_ERROR)}, got {on_error!r}.")
    items = as_items(files)
    results, names = extract_items(items, settings, n_jobs, timeout, cache, on_error, progress)
    return _as_table(items, results, names, settings)


def as_items(files):
    """The things to extract from, from any of the accepted forms."""
    if isinstance(files, str | os.PathLike):
        raise TypeError(f"files must be a list of paths, got a single path: pass [{str(files)!r}].")
    if isinstance(files, pd.MultiIndex):
        files = files.to_frame(index=False)
    if isinstance(files, pd.DataFrame):
        return _segments(files)
    items = []
    for position, entry in enumerate(files):
        if isinstance(entry, str | os.PathLike):
            items.append(Item(os.fspath(entry)))
        elif isinstance(entry, tuple) and len(entry) == 2 and np.ndim(entry[0]):
            items.append(
                Item(f"signal-{position}", signal=np.asarray(entry[0]), rate=int(entry[1]))
            )
        else:
            raise TypeError(
                "files must hold paths or (signal, sampling rate) pairs, got "
                f"{type(entry).__name__} at position {position}."
            )
    return items


def _segments(table):
    if not {"file", "start", "end"} <= set(table.columns):
        table = table.reset_index()
    missing = [name for name in ("file", "start", "end") if name not in table.columns]
    if missing:
        raise ValueError(
            f"A table of segments needs 'file', 'start' and 'end' as columns or index; "
            f"{', '.join(missing)} not found among {list(table.columns)}."
        )
    starts, ends = (_seconds(table[name]) for name in ("start", "end"))
    return [
        Item(os.fspath(file), 0.0 if np.isnan(start) else start, None if np.isnan(end) else end)
        for file, start, end in zip(table["file"], starts.tolist(), ends.tolist())
    ]


def _seconds(column):
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float)
    return pd.to_timedelta(column).dt.total_seconds().to_numpy()


def extract_items(items, settings, n_jobs, timeout, cache, on_error, progress):
    """Features of every item, from the cache where it has them.

    Returns
    -------
    results : list
        ``(values, times)`` or a `Failure` for each item.
    names : list of str
        Feature names.
    """
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout must be None or a positive number of seconds, got {timeout!r}.")
    store = _open_cache(cache, settings)
    contents = _contents(items, store)
    results = [
        None if content is None else store.get(content, item.start, item.end)
        for item, content in zip(items, contents)
    ]
    todo = [position for position, result in enumerate(results) if result is None]
    names = store.names()
    if names is None or not items:
        names = Extractor(settings).names
        store.put_names(names)
    outcomes = _outcomes([items[position] for position in todo], settings, n_jobs, timeout)
    # closing ends the worker processes, also where an error is raised half-way
    with _progress_bar(len(items), len(items) - len(todo), progress) as bar, closing(outcomes):
        for position, outcome in outcomes:
            position = todo[position]
            if isinstance(outcome, Failure):
                if on_error == "raise":
                    raise ExtractionError(
                        f"{items[position].name}: {outcome.reason}. Mend or leave out the file, "
                        "or pass on_error='skip' to leave out all such files and list them."
                    )
                logger.info("no features of %s: %s", items[position].name, outcome.reason)
            else:
                _keep(store, items[position], contents[position], outcome)
            results[position] = outcome
            bar.update()
    n_failed = sum(isinstance(result, Failure) for result in results)
    if n_failed and on_error == "warn":
        first = next(i for i, result in enumerate(results) if isinstance(result, Failure))
        warnings.warn(
            f"{n_failed} of {len(items)} files have no features, the first {items[first].name}: "
            f"{results[first].reason}. All are listed in .attrs['failures'].",
            stacklevel=3,
        )
    return results, names


def _open_cache(cache, settings):
    if cache is False or cache is None:
        return NoCache()
    return FeatureCache(default_folder() if cache is True else cache, settings)


def _contents(items, store):
    """What is in the file of each item as the cache knows it, None where nothing can be known."""
    known = {}
    for item in items:
        if item.signal is None and item.name not in known:
            try:
                content = store.recall(item.name)
                if content is None:
                    content = store.read(item.name)
                    store.remember(content)
            except OSError:
                content = None  # extraction will tell why
            known[item.name] = content
    return [known[item.name] if item.signal is None else None for item in items]


def _keep(store, item, content, features):
    """Put features into the cache, unless the file changed while they were extracted."""
    if content is not None and store.unchanged(item.name, content):
        store.put(content, item.start, item.end, *features)


def _outcomes(items, settings, n_jobs, timeout):
    """Yield (position, features or Failure) as items end."""
    n_workers = min(effective_n_jobs(n_jobs), len(items))
    if n_workers <= 1 and timeout is None:
        extractor = Extractor(settings) if items else None
        for position, item in enumerate(items):
            yield position, _extract(extractor, item)
        return
    calls = [(_extract_in_worker, settings, item) for item in items]
    outcomes = run_isolated(calls, max(n_workers, 1), timeout, prepare=(_prepare_worker, settings))
    for position, outcome in outcomes:
        yield position, Failure(str(outcome)) if isinstance(outcome, Crashed) else outcome


@lru_cache(maxsize=1)
def _worker_extractor(settings):
    """The one extractor of a worker process."""
    return Extractor(settings)


def _prepare_worker(settings):
    """Load openSMILE, before any time limit runs."""
    _worker_extractor(settings)


def _extract_in_worker(settings, item):
    return _extract(_worker_extractor(settings), item)


def _extract(extractor, item):
    """Features of an item as (values, times), or the `Failure` that says why there are none."""
    try:
        if item.signal is None:
            signal, rate = read_audio(item.name, item.start, item.end)
        else:
            signal, rate = as_float(item.signal), item.rate
        values, times = extractor(*prepare(signal, rate, extractor.settings.sampling_rate))
    except (OSError, RuntimeError, ValueError) as error:
        return Failure(" ".join(str(error).split()) or type(error).__name__)
    return values, item.start + times


def _progress_bar(total, done, progress):
    from tqdm import tqdm

    if progress not in (True, False, "auto"):
        raise ValueError(f"progress must be True, False or 'auto', got {progress!r}.")
    shown = sys.stderr.isatty() if progress == "auto" else progress
    return tqdm(
        total=total, initial=done, unit="file", desc="openSMILE", disable=not shown or done == total
    )


def _as_table(items, results, names, settings):
    good = [
        (item, result) for item, result in zip(items, results) if not isinstance(result, Failure)
    ]
    values = [result[0] for _, result in good] or [np.empty((0, len(names)))]
    counts = [len(result[0]) for _, result in good]
    times = np.concatenate([result[1] for _, result in good] or [np.empty((0, 2))])
    files = np.repeat(np.array([item.name for item, _ in good], dtype=object), counts)
    index = pd.MultiIndex.from_arrays(
        [files, pd.to_timedelta(times[:, 0], "s"), pd.to_timedelta(times[:, 1], "s")],
        names=["file", "start", "end"],
    )
    table = pd.DataFrame(np.concatenate(values, dtype=np.float32), index=index, columns=names)
    table.attrs = {
        **settings.describe(),
        "failures": [
            {"file": item.name, "start": item.start, "end": item.end, "reason": result.reason}
            for item, result in zip(items, results)
            if isinstance(result, Failure)
        ],
    }
    return table
