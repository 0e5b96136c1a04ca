import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from featuretransfer.reporting import TransferMatrixDisplay

pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
NAMES = ["a", "b", "c"]
FIRST = pd.DataFrame([[0.7, 0.4, 0.3], [0.5, 0.6, 0.2], [0.1, 0.2, 0.9]], NAMES, NAMES)


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def written(axes):
    return [text.get_text() for text in axes.texts]


def test_every_score_is_written_and_the_title_is_the_mean_across():
    display = TransferMatrixDisplay({"coral": FIRST}).plot()
    (axes,) = display.axes_
    assert written(axes) == ["70", "40", "30", "50", "60", "20", "10", "20", "90"]
    assert axes.get_title() == "coral: 28.3"
    assert [label.get_text() for label in axes.get_xticklabels()] == NAMES
    assert [label.get_text() for label in axes.get_yticklabels()] == NAMES
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("target", "source")


def test_maps_share_one_scale():
    display = TransferMatrixDisplay({"x": FIRST, "y": FIRST / 2, "z": FIRST}).plot()
    limits = {axes.images[0].get_clim() for axes in display.axes_}
    assert limits == {(0.05, 0.9)}
    assert len(display.axes_) == 3


def test_failed_cells_say_so():
    failed = FIRST.copy()
    failed.loc["a", "b"] = np.nan
    display = TransferMatrixDisplay({"x": failed}).plot()
    assert written(display.axes_[0])[1] == "failed"
    assert display.axes_[0].get_title() == "x: 26.0"


def test_dark_cells_have_light_text():
    (axes,) = TransferMatrixDisplay({"x": FIRST}).plot(cmap="gray").axes_
    colours = dict(zip(written(axes), [text.get_color() for text in axes.texts]))
    assert colours["10"] == "white"
    assert colours["90"] == "black"


def test_given_figure_and_label():
    figure = pyplot.figure()
    display = TransferMatrixDisplay({"x": FIRST}, "macro_f1").plot(figure=figure)
    assert display.figure_ is figure
    assert figure.axes[-1].get_ylabel() == "macro F1 / %"


def test_without_matplotlib_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import pandas as pd\n"
        "from featuretransfer.reporting import TransferMatrixDisplay\n"
        "TransferMatrixDisplay({'x': pd.DataFrame([[0.5]])}).plot()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: Plotting needs matplotlib" in done.stderr
    assert "featuretransfer[plot]" in done.stderr
