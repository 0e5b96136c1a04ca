"""What benchmarks share: options, threads, processes, time, memory, digests, verdicts, JSON."""

import argparse
import contextlib
import ctypes
import hashlib
import json
import multiprocessing
import os
import platform
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

PACKAGES = ("featuretransfer", "numpy", "scipy", "scikit-learn", "opensmile", "skada", "torch")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def parser(description, smoke):
    """A command line with the options of every script; `smoke` says what is run with it."""
    found = argparse.ArgumentParser(description=description.splitlines()[0])
    found.add_argument("--smoke", action="store_true", help=smoke)
    found.add_argument("--output", type=Path, help="JSON file to write")
    return found


def pin_threads(n=1):
    """Limit BLAS and OpenMP to `n` threads, in this process and in those it starts."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(n)))
    threadpool_limits(n)


def in_fresh_process(function, *args):
    """Result of ``function(*args)`` in a process of its own, forked from one that only imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["featuretransfer"])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *args).result()


def cpu_time(function):
    """CPU seconds of one call, and what it returned."""
    start = time.process_time()
    output = function()
    return time.process_time() - start, output


def n_repeats(seconds):
    """How often to time a call that took `seconds`."""
    if seconds > 5:
        return 1
    return 3 if seconds > 1 else 5


def measure(function, repeats=None):
    """CPU seconds (least of the repeats), MiB added by the first call at its peak, and its output.

    `repeats` of None is 5, or 3 for calls above 1 s, or 1 above 5 s.
    """
    reset_peak()
    before = peak_mib()
    seconds, output = cpu_time(function)
    mib = peak_mib() - before
    for _ in range((repeats or n_repeats(seconds)) - 1):
        seconds = min(seconds, cpu_time(function)[0])
    return seconds, mib, output


def reset_peak():
    """Return freed memory and lower the recorded peak to what is left, where the system can."""
    with contextlib.suppress(AttributeError):  # glibc only
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):  # Linux only
        Path("/proc/self/clear_refs").write_text("5")


def peak_mib():
    """Peak resident memory of this process, MiB."""
    with contextlib.suppress(OSError):
        return _proc_value("/proc/self/status", "VmHWM", int) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def digest(values):
    """Short hash of an array, rounded to 6 significant digits of each column's largest entry."""
    values = np.asarray(values, dtype=np.float64)
    largest = np.nanmax(np.abs(values), axis=0, initial=1e-300)
    rounded = np.round(values / 10.0 ** (np.floor(np.log10(largest)) - 5)) + 0.0  # no -0
    return hashlib.sha256(rounded.tobytes()).hexdigest()[:8]


def state(is_met):
    """What the verdict on a target begins with."""
    return "met" if is_met else "MISSED"


def environment():
    """Machine, Python and the versions of `PACKAGES`, None for one that is not installed."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def write_json(path, **content):
    """Write the environment and `content` to the file `path`, with its folders."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"environment": environment(), **content}, indent=1) + "\n")


def _cpu_model():
    with contextlib.suppress(OSError):
        return _proc_value("/proc/cpuinfo", "model name", str)
    return platform.processor()


def _proc_value(path, name, kind):
    """The first value of `name` in a file of lines ``name: value unit``."""
    lines = Path(path).read_text().splitlines()
    value = next(line for line in lines if line.startswith(name)).partition(":")[2].strip()
    return kind(value.removesuffix(" kB"))


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
