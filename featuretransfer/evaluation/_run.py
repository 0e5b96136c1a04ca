"""One cell of an evaluation: a pipeline, a source and a target."""

import time
from dataclasses import dataclass

import pandas as pd
from sklearn import config_context


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
