import math
import os
import time

import pytest

from featuretransfer.features._pool import Crashed, run_isolated


def outcomes(calls, n_workers=2, **options):
    return dict(run_isolated(calls, n_workers, **options))


@pytest.mark.parametrize("n_workers", [1, 2, 5])
def test_every_call_is_answered(n_workers):
    calls = [(math.sqrt, i) for i in range(4)]
    assert outcomes(calls, n_workers) == {i: math.sqrt(i) for i in range(4)}


def test_no_calls():
    assert outcomes([]) == {}


@pytest.mark.parametrize(
    "fatal", [(os._exit, 3), (os.abort,), (exec, "import os; os.kill(os.getpid(), 9)")], ids=str
)
def test_crash_costs_its_call_only(fatal):
    done = outcomes([(math.sqrt, 4), fatal, (math.sqrt, 9), (math.sqrt, 16)])
    assert isinstance(done.pop(1), Crashed)
    assert done == {0: 2, 2: 3, 3: 4}


def test_hang_costs_its_call_only():
    done = outcomes([(time.sleep, 600), (math.sqrt, 9)], timeout=1.0)
    assert done[1] == 3
    with pytest.raises(Crashed, match="did not end within 1 s"):
        raise done[0]


def test_crash_names_the_exit_code():
    with pytest.raises(Crashed, match=r"exit code 3\)"):
        raise outcomes([(os._exit, 3)])[0]


def test_second_attempt_counts(tmp_path):
    mark = str(tmp_path / "mark")
    crash_once = (
        f"import os\nif not os.path.exists({mark!r}):\n    os.mkdir({mark!r})\n    os._exit(1)\n"
    )
    assert outcomes([(exec, crash_once)]) == {0: None}
    assert os.path.exists(mark)


def test_error_of_a_call_is_raised():
    with pytest.raises(ValueError, match="math domain error|nonnegative"):
        outcomes([(math.sqrt, -1)])


def test_leaving_early_kills_what_is_under_way():
    running = run_isolated([(math.sqrt, 4), (time.sleep, 600), (time.sleep, 600)], 2)
    assert next(running) == (0, 2)
    running.close()  # returns at once instead of after ten minutes


def test_native_output_does_not_garble_the_answers():
    assert outcomes([(os.write, 1, b"printed by native code\n"), (math.sqrt, 4)]) == {0: 23, 1: 2}


def test_worker_that_cannot_start(monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(RuntimeError, match="could not start"):
        outcomes([(math.sqrt, 4)])
