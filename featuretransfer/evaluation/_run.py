"""Running the cells of an evaluation."""

import time
from dataclasses import dataclass

import pandas as pd
from sklearn import config_context
from sklearn.utils.parallel import Parallel, delayed

from ._store import keys


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


def run_cell(call, keep=None):
    """Call a function that predicts; what it raises becomes the cell's error.

    Parameters
    ----------
    call : tuple
        The function and its arguments.
    keep : callable, default=None
        Stores predictions and seconds of a cell that did not fail.

    Returns
    -------
    cell : Cell
        The outcome.
    """
    started, (run, *arguments) = time.perf_counter(), call
    try:
        with config_context(enable_metadata_routing=True):
            predicted = run(*arguments)
    except Exception as error:  # noqa: BLE001 - reported in its row; the other cells go on
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Cell(None, reason, time.perf_counter() - started)
    seconds = time.perf_counter() - started
    if keep is not None:
        keep(predicted, seconds)
    return Cell(predicted, "", seconds)


def run_all(tasks, n_jobs, shown, store=None):
    """Run cells in parallel, those that are stored excepted.

    Parameters
    ----------
    tasks : list of Task
        What to run; those without a call cost nothing.
    n_jobs : int or None
        Number of processes.
    shown : bool
        Whether to show a progress bar.
    store : Store, default=None
        Where finished cells are kept; failed ones are not.

    Returns
    -------
    cells : list of Cell
        In the order of the tasks.
    """
    from tqdm import tqdm

    cells = [None if task.call else Cell(None, "", 0.0) for task in tasks]
    keepers = [None] * len(tasks)
    for position, key in enumerate([] if store is None else keys(tasks)):
        if key is not None:
            keepers[position] = _Keeper(store, key, tasks[position].description)
            found = store.read(key)
            if found is not None:
                cells[position] = Cell(found[0], "", found[1])
    left = [position for position, cell in enumerate(cells) if cell is None]
    calls = (delayed(run_cell)(tasks[i].call, keepers[i]) for i in left)
    n_cells = sum(bool(task.call) for task in tasks)
    bar = tqdm(
        total=n_cells,
        initial=n_cells - len(left),
        unit="cell",
        desc="cross-corpus",
        disable=not shown,
    )
    with bar:
        for position, cell in zip(left, Parallel(n_jobs=n_jobs, return_as="generator")(calls)):
            cells[position] = cell
            bar.update()
    return cells


@dataclass(frozen=True)
class _Keeper:
    """Stores one cell, in the process that ran it."""

    store: object
    key: str
    description: dict

    def __call__(self, predicted, seconds):
        self.store.write(self.key, predicted, seconds, self.description)
