from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from simulated import simulated

from featuretransfer.evaluation import compare_ranks
from featuretransfer.reporting import CriticalDifferenceDisplay
from featuretransfer.reporting._critical_difference import find_cliques

pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
RANKS = pd.Series({"worst": 3.9, "best": 1.1, "good": 1.9, "bad": 3.1})


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def texts(display):
    """Everything that is written, as (text, box)."""
    display.figure_.canvas.draw()
    axes = [display.ax_, *display.ax_.child_axes]
    found = [text for ax in axes for text in (*ax.get_yticklabels(), *ax.texts)]
    found += [*display.ax_.get_xticklabels(), display.ax_.xaxis.label]
    return {text.get_text(): text.get_window_extent() for text in found if text.get_text()}


def scores(k, n=12, spread=2.5, long=True):
    rng = np.random.default_rng(k)
    names = [f"method-{'with-a-rather-long-name' * long * (i % 3 == 0)}-{i}" for i in range(k)]
    return pd.DataFrame(rng.normal(size=(n, k)) + np.linspace(0, spread, k), columns=names)


def test_cliques_by_hand():
    assert find_cliques([1.1, 1.9, 3.1, 3.9], 0.9) == [(0, 1), (2, 3)]
    assert find_cliques([1.1, 1.9, 3.1, 3.9], 1.3) == [(0, 1), (1, 2), (2, 3)]
    assert find_cliques([1.1, 1.9, 3.1, 3.9], 2.1) == [(0, 2), (1, 3)]
    assert find_cliques([1.1, 1.9, 3.1, 3.9], 3) == [(0, 3)]
    assert find_cliques([1.1, 1.9, 3.1, 3.9], 0.5) == []
    assert find_cliques([2.0, 2.0, 2.0], 0.5) == [(0, 2)]


@pytest.mark.parametrize("seed", range(5))
def test_cliques_are_the_largest_sets_of_pairs_that_do_not_differ(seed):
    rng = np.random.default_rng(seed)
    ranks, difference = np.sort(rng.uniform(1, 8, 8)), rng.uniform(0.5, 4)
    runs = [(i, j) for i, j in combinations(range(8), 2) if ranks[j] - ranks[i] <= difference]
    largest = [
        run
        for run in runs
        if not any(a <= run[0] and run[1] <= b and (a, b) != run for a, b in runs)
    ]
    assert find_cliques(ranks, difference) == largest


def test_cliques_agree_with_the_pairwise_table():
    found = compare_ranks(scores(8))
    display = CriticalDifferenceDisplay(found.ranks, found.critical_difference).plot()
    joined = {frozenset(pair) for clique in display.cliques_ for pair in combinations(clique, 2)}
    apart = {frozenset(pair) for pair, differs in found.pairwise["nemenyi"].items() if differs}
    assert joined | apart == {frozenset(pair) for pair in combinations(found.ranks.index, 2)}
    assert not joined & apart


def test_every_pipeline_is_named_with_its_rank_and_a_line_to_it():
    display = CriticalDifferenceDisplay(RANKS, 1.0, "12 pairs").plot()
    written = list(texts(display))
    assert written[:2] == ["best  1.10", "good  1.90"]
    assert {"worst  3.90", "bad  3.10", "CD 1.00", "average rank (12 pairs)"} <= set(written)
    lines = [line.get_xydata() for line in display.ax_.lines]
    starts = [line[0].tolist() for line in lines[:4]]
    assert starts == [[1.1, 0], [1.9, 0], [3.1, 0], [3.9, 0]]
    assert display.cliques_ == [["best", "good"], ["bad", "worst"]]
    bars = [line for line in display.ax_.lines if line.get_linewidth() == 4]
    np.testing.assert_allclose([bar.get_xdata() for bar in bars], [[1.06, 1.94], [3.06, 3.94]])
    scale = display.ax_.lines[-1].get_xdata()
    assert scale.tolist() == [1, 2]


@pytest.mark.parametrize("k", [3, 4, 8, 15])
@pytest.mark.parametrize("spread", [0, 2.5])
def test_no_text_overlaps_or_leaves_the_figure(k, spread):
    display = CriticalDifferenceDisplay.from_scores(scores(k, spread=spread))
    boxes = texts(display)
    assert len([name for name in boxes if name.startswith("method")]) == k
    for (name, box), (other, another) in combinations(boxes.items(), 2):
        assert not box.overlaps(another), f"{name} is written over {other}"
    width, height = display.figure_.canvas.get_width_height()
    for name, box in boxes.items():
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, f"{name} is cut"


def test_bars_and_lines_of_names_do_not_meet():
    display = CriticalDifferenceDisplay.from_scores(scores(15, 36))
    bars = [line for line in display.ax_.lines if line.get_linewidth() == 4]
    rows = [line.get_ydata()[-1] for line in display.ax_.lines[:15]]
    assert len(bars) >= 3
    assert max(bar.get_ydata()[0] for bar in bars) < min(rows)
    assert len(set(rows)) == 15


def test_a_difference_wider_than_the_ranks_is_drawn_whole():
    display = CriticalDifferenceDisplay(RANKS, 5.0).plot()
    assert display.cliques_ == [["best", "good", "bad", "worst"]]
    assert display.ax_.get_xlim()[1] > 6


def test_from_result_and_given_axes():
    result = simulated({"corpus-scaling": 0.5, "good": 0.8, "other": 0.6, "best": 0.9})
    _, ax = pyplot.subplots(layout="constrained")
    names = ["good", "other", "best"]
    display = CriticalDifferenceDisplay.from_result(result, names, ax=ax, alpha=0.1)
    found = result.significance(names, alpha=0.1)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    pd.testing.assert_series_equal(display.ranks, found.ranks)
    assert display.critical_difference == found.critical_difference
    assert display.note == f"6 pairs, Friedman p = {found.friedman[1]:.2g}"
