"""Running the cells of an evaluation."""

import time
from dataclasses import dataclass

import pandas as pd
from sklearn import config_context
from sklearn.utils.parallel import Parallel, delayed


@dataclass(frozen=True)
class Cell:
    """What came of a cell.

    Parameters
    ----------
    predicted : DataFrame or None
        Indexed by the positions of the predicted target rows: ``y_pred`` and, where the classifier
        tells, ``p_<class>`` or ``score_<class>``; None where it failed.
    error : str
        Why it failed; empty otherwise.
    seconds : float
        Wall time of fitting and predicting.
    """

    predicted: pd.DataFrame | None
    error: str
    seconds: float


def run_cell(run, *arguments):
    """Call a function that predicts; what it raises becomes the cell's error."""
    started = time.perf_counter()
    try:
        with config_context(enable_metadata_routing=True):
            predicted = run(*arguments)
    except Exception as error:  # noqa: BLE001 - reported in its row; the other cells go on
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Cell(None, reason, time.perf_counter() - started)
    return Cell(predicted, "", time.perf_counter() - started)


def run_all(tasks, n_jobs, shown):
    """Run cells in parallel.

    Parameters
    ----------
    tasks : list of Task
        What to run; those without a call cost nothing.
    n_jobs : int or None
        Number of processes.
    shown : bool
        Whether to show a progress bar.

    Returns
    -------
    cells : list of Cell
        In the order of the tasks.
    """
    from tqdm import tqdm

    calls = [delayed(run_cell)(*task.call) for task in tasks if task.call]
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    with tqdm(total=len(calls), unit="cell", desc="cross-corpus", disable=not shown) as bar:
        found = []
        for cell in parallel(calls):
            found.append(cell)
            bar.update()
    cells = iter(found)
    return [next(cells) if task.call else Cell(None, "", 0.0) for task in tasks]
