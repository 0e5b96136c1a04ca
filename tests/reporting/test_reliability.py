import numpy as np
import pytest
from simulated import simulated

from featuretransfer.reporting import ReliabilityDisplay

pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def result():
    return simulated({"good": 0.8, "other": 0.5}, probabilities=("good", "other"))


def test_curves_are_the_means_of_filled_bins(result):
    display = ReliabilityDisplay.from_result(result, n_bins=10)
    assert list(display.bins) == ["good", "other"]
    diagonal, *curves = display.ax_.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    for name, curve in zip(display.bins, curves):
        bins = result.calibration(name, n_bins=10).dropna()
        np.testing.assert_array_equal(curve.get_xdata(), bins["confidence"])
        np.testing.assert_array_equal(curve.get_ydata(), bins["accuracy"])
    labels = display.ax_.get_legend_handles_labels()[1]
    bins = result.calibration("good", n_bins=10).dropna()
    error = np.average(abs(bins["accuracy"] - bins["confidence"]), weights=bins["n"])
    assert labels[0] == f"good (ECE {100 * error:.1f} %)"


def test_curves_differ_by_marker_as_well(result):
    _, *curves = ReliabilityDisplay.from_result(result).ax_.lines
    assert len({curve.get_marker() for curve in curves}) == 2
    assert len({curve.get_color() for curve in curves}) == 2


def test_selection_and_given_axes(result):
    _, ax = pyplot.subplots()
    display = ReliabilityDisplay.from_result(result, ["other"], source="one", target="two", ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert display.bins["other"]["n"].sum() == 60
