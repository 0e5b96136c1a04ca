import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.metrics import roc_auc_score

import featuretransfer as ft
from featuretransfer.relatedness import ShiftAttribution, shift_attribution
from featuretransfer.relatedness._shift import feature_shifts

pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")

NAMES = ["F0_sma_amean", "F0_sma_stddev", "pcm_RMSenergy_sma_amean", "mfcc_sma[1]_amean", "age"]
rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(60, 5)), columns=NAMES)
XT = pd.DataFrame(rng.normal(size=(45, 5)), columns=NAMES)
XT["F0_sma_amean"] += 3
XT["pcm_RMSenergy_sma_amean"] -= 1
XT["mfcc_sma[1]_amean"] *= 2


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def test_shifts_of_features_by_their_definitions():
    found = shift_attribution(X, XT, scaling="none").features
    for name in NAMES:
        a, b = X[name].to_numpy(), XT[name].to_numpy()
        pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        row = found.loc[name]
        assert_allclose(row["mean_difference"], (b.mean() - a.mean()) / pooled)
        assert_allclose(row["log_variance_ratio"], np.log(b.var(ddof=1) / a.var(ddof=1)))
        assert_allclose(row["wasserstein"], stats.wasserstein_distance(a, b) / pooled)
        domain = np.repeat([0, 1], [60, 45])
        assert_allclose(row["auc"], roc_auc_score(domain, np.concatenate([a, b])))
    # pooled scaling changes none of them
    pd.testing.assert_frame_equal(found, shift_attribution(X, XT).features)


def test_groups_alone_and_without():
    found = shift_attribution(X, XT, measure="frechet", scaling="pooled")
    everything = ft.relatedness(X, XT, measures="frechet", scaling="pooled")["frechet"]
    assert_allclose(found.total, everything)
    assert found.groups["n_features"].to_dict() == {"F0": 2, "energy": 1, "spectral": 1, "other": 1}
    for group, row in found.groups.iterrows():
        members = found.features["group"].to_numpy() == group
        options = {"measures": "frechet", "scaling": "pooled"}
        alone = ft.relatedness(X.loc[:, members], XT.loc[:, members], **options)
        without = ft.relatedness(X.loc[:, ~members], XT.loc[:, ~members], **options)
        assert_allclose(row["alone"], alone["frechet"])
        assert_allclose(row["without"], without["frechet"])
        assert_allclose(row["drop"], everything - without["frechet"])
    assert found.groups.index[0] == found.groups["drop"].idxmax() == "F0"
    assert found.groups["alone"].is_monotonic_decreasing


def test_top_features_and_unknown_names():
    found = shift_attribution(X, XT)
    assert found.top_features(2, "mean_difference").index.tolist() == [NAMES[0], NAMES[2]]
    assert found.top_features(1, "log_variance_ratio").index.tolist() == ["mfcc_sma[1]_amean"]
    assert found.top_features(1, "auc").index.tolist() == ["F0_sma_amean"]
    assert len(found.top_features(99)) == 5
    assert found.unknown == ["age"]
    text = repr(found)
    assert text.startswith("Shift from source to target, mmd")
    assert text.endswith("of unknown names: age")
    with pytest.raises(ValueError, match="by must be one of .*'auc'.*, got 'group'"):
        found.top_features(by="group")


def test_scaling_by_corpus_leaves_the_shape():
    skewed = XT.assign(age=np.random.default_rng(0).exponential(size=45))
    features = shift_attribution(X, skewed, scaling="corpus", measure="energy").features
    assert_array_equal(features["mean_difference"], 0)
    assert_allclose(features["log_variance_ratio"], np.log(45 / 44 * 59 / 60))
    assert features["wasserstein"].idxmax() == "age"


def test_own_groups():
    groups = {"age": "speaker", "F0_sma_amean": "voice", "F0_sma_stddev": "voice"}
    found = shift_attribution(X, XT, groups=groups)
    assert found.groups["n_features"].to_dict() == {"voice": 2, "speaker": 1, "other": 2}
    assert found.unknown == [NAMES[2], NAMES[3]]
    one = shift_attribution(X, XT, groups=dict.fromkeys(NAMES, "all")).groups
    assert_array_equal(one[["without", "drop"]].isna(), True)
    found = shift_attribution(X.to_numpy(), XT.to_numpy())
    assert found.unknown == ["0", "1", "2", "3", "4"]


def test_constant_features_and_rounding():
    same = np.full((6, 1), 0.1 + 0.2)
    constant = np.hstack([np.zeros((6, 1)), same, np.arange(6.0)[:, None], np.zeros((6, 1))])
    other = np.hstack([np.ones((4, 1)), same[:4], np.zeros((4, 1)), np.arange(4.0)[:, None]])
    found = feature_shifts(constant, other)
    assert_array_equal(found["mean_difference"][:2], [np.inf, 0])
    assert_array_equal(found["wasserstein"][:2], [np.inf, 0])
    assert_array_equal(found["log_variance_ratio"], [0, 0, -np.inf, np.inf])
    assert_array_equal(found["auc"][:2], [1, 0.5])
    assert not any(np.isnan(values).any() for values in found.values())
    identical = feature_shifts(X.to_numpy(), X.to_numpy())
    assert_array_equal(identical["wasserstein"], 0)
    assert_array_equal(identical["auc"], 0.5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"measure": "leep"}, ValueError, "measure must be a distance, which needs no labels"),
        ({"groups": {"x": "y"}}, ValueError, "groups must map feature names .* none of the"),
        ({"scaling": "speaker"}, ValueError, "scaling must be one of"),
    ],
)
def test_errors(options, error, message):
    with pytest.raises(error, match=message):
        shift_attribution(X, XT, **options)


def test_single_row_is_refused():
    with pytest.raises(ValueError, match="At least 2 rows of each domain"):
        shift_attribution(X, XT[:1])


def test_display_shows_the_attribution():
    found = shift_attribution(X, XT)
    display = ft.ShiftAttributionDisplay.from_attribution(found, n_features=3)
    assert display.attribution is found
    groups, features = display.axes_
    assert display.figure_ is groups.figure
    labels = [text.get_text() for text in groups.get_yticklabels()]
    assert labels == [f"{g} ({n})" for g, n in found.groups["n_features"][::-1].items()]
    widths = [bar.get_width() for bar in groups.patches]
    assert_allclose(widths, [*found.groups["alone"][::-1], *found.groups["drop"][::-1]])
    top = found.top_features(3, "mean_difference")[::-1]
    assert [text.get_text() for text in features.get_yticklabels()] == top.index.tolist()
    assert_allclose([bar.get_width() for bar in features.patches], top["mean_difference"])
    # a group has one colour in both
    colours = dict(zip(labels, (bar.get_facecolor() for bar in groups.patches)))
    assert features.patches[-1].get_facecolor() == colours["F0 (2)"]


def test_display_of_corpora_on_given_axes():
    _, pair = pyplot.subplots(1, 2)
    display = ft.ShiftAttributionDisplay.from_corpora(X, XT, measure="energy", by="auc", ax=pair)
    assert display.axes_[1] is pair[1]
    assert isinstance(display.attribution, ShiftAttribution)
    assert pair[0].get_xlabel() == "energy"
    assert pair[1].patches[-1].get_x() == 0.5  # bars start where there is no difference
    figure, one = pyplot.subplots()
    display = ft.ShiftAttributionDisplay.from_corpora(X, XT, ax=one)
    assert len(display.axes_) == 1
    assert display.figure_ is figure
    with pytest.raises(ValueError, match="ax must be one or two Axes, got 3"):
        display.plot(ax=pyplot.subplots(1, 3)[1])
    with pytest.raises(ValueError, match="n_features must be an integer >= 1, got 0"):
        display.plot(n_features=0)


def test_infinite_shifts_are_drawn_as_such():
    first, second = X.assign(age=0.0), XT.assign(age=1.0)
    features = ft.ShiftAttributionDisplay.from_corpora(first, second).axes_[1]
    assert [text.get_text() for text in features.texts] == [" ∞"]
    assert max(bar.get_width() for bar in features.patches) == features.patches[-1].get_width()


def test_no_text_overlaps():
    """Long names, many groups: labels do not touch each other, titles, or the other axes."""
    names = [f"F0semitoneFrom27.5Hz_sma3nz_stddevRisingSlope{i}" for i in range(8)]
    names += ["pcm_RMSenergy_a", "mfcc_a", "jitter_a", "VoicedSegmentsPerSec", "own"]
    first = pd.DataFrame(rng.normal(size=(30, 13)), columns=names)
    display = ft.ShiftAttributionDisplay.from_corpora(first, first + np.arange(13), n_features=13)
    display.figure_.canvas.draw()
    boxes = [
        text.get_window_extent()
        for axes in display.axes_
        for text in (*axes.get_yticklabels(), axes.title, axes.xaxis.label)
    ]
    for position, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:position])
    left, right = display.axes_
    assert not any(left.bbox.overlaps(t.get_window_extent()) for t in right.get_yticklabels())
