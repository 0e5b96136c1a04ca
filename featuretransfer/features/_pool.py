"""Calls in worker processes that may crash or hang without taking anything else along.

Every worker is a plain subprocess fed by one thread, so it is always known which call a worker
was busy with when it died, no `__main__` guard is needed, and it works inside any other pool.
"""

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections import deque

_LENGTH = struct.Struct("<Q")
ATTEMPTS = 2


class Crashed(Exception):
    """A call took its worker process along, or did not end in time."""


def run_isolated(calls, n_workers, timeout=None, prepare=None):
    """Run calls in worker processes and yield their outcomes as they end.

    Parameters
    ----------
    calls : list of tuple
        A picklable function followed by its arguments.
    n_workers : int
        Number of processes.
    timeout : float, default=None
        Seconds after which a call counts as hung and its process is killed.
    prepare : tuple, default=None
        A call that every process makes first, without time limit, for what takes long only once.

    Yields
    ------
    position : int
        Position of the call.
    outcome : object
        What it returned, or a `Crashed` where the process died or was killed in two attempts.

    Raises
    ------
    Exception
        Whatever a call raises.
    """
    crew = _Crew(calls, timeout, prepare)
    threads = [
        threading.Thread(target=crew.drive, daemon=True) for _ in range(min(n_workers, len(calls)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(len(calls)):
            position, outcome = crew.outcomes.get()
            if isinstance(outcome, Exception) and not isinstance(outcome, Crashed):
                raise outcome
            yield position, outcome
    finally:
        crew.dismiss()
        for thread in threads:
            thread.join()


class _Crew:
    """Calls to make, the workers busy with them, and what came of it."""

    def __init__(self, calls, timeout, prepare):
        self.outcomes = queue.SimpleQueue()
        self._pending = deque(enumerate(calls))
        self._timeout = timeout
        self._prepare = prepare
        self._workers = set()
        self._dismissed = threading.Event()

    def drive(self):
        """Feed one worker at a time until nothing is pending."""
        worker = None
        try:
            while self._pending and not self._dismissed.is_set():
                try:
                    position, call = self._pending.popleft()
                except IndexError:  # another thread was faster
                    break
                for attempt in range(1, ATTEMPTS + 1):
                    worker = worker or self._hire()
                    if self._dismissed.is_set():
                        return
                    try:
                        self.outcomes.put((position, worker.call(call, self._timeout)))
                        break
                    except Crashed as crash:
                        self._fire(worker)
                        worker = None
                        if self._dismissed.is_set():
                            return
                        if attempt == ATTEMPTS:
                            self.outcomes.put((position, crash))
        except Exception as error:  # noqa: BLE001 - handed to the main thread, which raises it
            self.outcomes.put((-1, error))
        finally:
            if worker is not None:
                self._fire(worker)

    def dismiss(self):
        """End all work, that under way included."""
        self._dismissed.set()
        for worker in list(self._workers):
            worker.kill()

    def _hire(self):
        worker = _Worker()
        self._workers.add(worker)
        try:
            worker.start(self._prepare)
        except Exception:
            self._fire(worker)
            if not self._dismissed.is_set():
                raise
        return worker

    def _fire(self, worker):
        self._workers.discard(worker)
        worker.close()


class _Worker:
    """One process that answers calls until its input ends."""

    def __init__(self):
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            "from featuretransfer.features._pool import serve; serve()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def start(self, prepare):
        try:
            _receive(self._process.stdout)
            if prepare is not None:
                self.call(prepare, None)
        except (EOFError, Crashed):
            raise RuntimeError(
                f"A worker process could not start (exit code {self._process.wait()}); its "
                "message is on standard error. Use n_jobs=1 to work without processes."
            ) from None

    def call(self, call, timeout):
        timer = threading.Timer(timeout, self._process.kill) if timeout else None
        if timer:
            timer.start()
        try:
            _send(self._process.stdin, call)
            succeeded, outcome = _receive(self._process.stdout)
        except (EOFError, OSError):
            code = self._process.wait()
            if timer and timer.finished.is_set():
                raise Crashed(f"did not end within {timeout:g} s") from None
            raise Crashed(f"crashed the worker process (exit code {code})") from None
        finally:
            if timer:
                timer.cancel()
        if not succeeded:
            raise outcome
        return outcome

    def kill(self):
        self._process.kill()

    def close(self):
        self._process.kill()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve():
    """The worker's side: answer calls from standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that will end us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever native code prints must not get between the answers
    calls = sys.stdin.buffer
    _send(answers, "ready")
    while True:
        try:
            function, *arguments = _receive(calls)
        except EOFError:
            return
        try:
            answer = (True, function(*arguments))
        except Exception as error:  # noqa: BLE001 - the other side raises it
            answer = (False, error)
        _send(answers, answer)


def _send(stream, message):
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def _receive(stream):
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)
