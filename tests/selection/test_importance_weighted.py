import numpy as np
import pytest
from numpy.testing import assert_allclose
from scorer_support import LR, XT, Fixed, X, Y, fit, judged
from sklearn.dummy import DummyClassifier
from sklearn.metrics import recall_score
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.exceptions import LowEffectiveSampleSizeWarning
from featuretransfer.selection import make_target_scorer
from featuretransfer.selection._domain_weights import domain_weights


def weights(X=X, XT=XT, scaling="corpus"):
    return domain_weights(judged(X=X, XT=XT), scaling, 10, 0)


def test_importance_weighted_uar():
    scorer = make_target_scorer("iw", scaling="pooled")
    model = fit(ft.CORAL(), LR)
    w = weights(scaling="pooled")
    predicted = ft.source_view(model).predict(X)
    expected = np.mean(
        [w[(c == Y) & (predicted == c)].sum() / w[c == Y].sum() for c in np.unique(Y)]
    )
    assert scorer(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_importance_weights_look_where_the_target_is():
    """Of two classifiers the one that is right near the target wins, whatever it does elsewhere."""
    rng = np.random.default_rng(0)
    source, target = rng.uniform(-2, 2, size=(400, 1)), rng.uniform(0.5, 2, size=(300, 1))
    y = np.where(rng.random(400) < 0.5, "a", "b")
    right = np.where(source[:, 0] > 0, y, np.where(y == "a", "b", "a"))
    wrong = np.where(source[:, 0] > 0, np.where(y == "a", "b", "a"), y)
    for name in ("iw", "dev"):
        scorer = make_target_scorer(name, scaling="pooled")
        near, far = (scorer(Fixed(predict=p), source, y, X_target=target) for p in (right, wrong))
        offset = {"iw": 0, "dev": -1}[name]
        assert near > 0.9 + offset
        assert far < 0.1 + offset


def test_scaling_by_corpus_ignores_level_and_range():
    model = fit(LR)
    one, other = (
        make_target_scorer("iw")(model, X, Y, X_target=rows) for rows in (XT, 100 * XT + 7)
    )
    assert one == pytest.approx(other)


def test_weights_are_the_same_for_every_candidate():
    scorer = make_target_scorer("iw")
    for model in (fit(LR), fit(ft.CorpusScaler(), SVC()), fit(ft.TCA(2), DummyClassifier())):
        expected = recall_score(
            Y,
            ft.source_view(model).predict(X),
            average="macro",
            sample_weight=weights(),
            zero_division=0,
        )
        assert scorer(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_weights_follow_their_rows():
    order = np.random.default_rng(0).permutation(len(X))
    assert_allclose(weights(X[order], XT[::-1]), weights()[order])


def test_weights_are_density_ratios():
    """Between two normal distributions the logarithm is linear, and the mean is near 1."""
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(3000, 1)), rng.normal(0.5, 1, size=(2000, 1))
    w = domain_weights(judged(X=source, XT=target), "pooled", 1, 0)
    assert np.corrcoef(np.log(w), 0.5 * source[:, 0] - 0.125)[0, 1] > 0.99
    assert w.mean() == pytest.approx(1, abs=0.1)


def test_far_target_warns_of_few_effective_rows():
    rng = np.random.default_rng(0)
    source, far = rng.normal(size=(300, 5)), rng.normal(3, 1, size=(250, 5))
    y = np.where(rng.random(300) < 0.5, "a", "b")
    scorer = make_target_scorer("iw", scaling="pooled")
    with pytest.warns(LowEffectiveSampleSizeWarning):
        scorer(Fixed(predict=y), source, y, X_target=far)


@pytest.mark.parametrize("name", ["iw", "dev"])
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scaling": "none"}, "scaling must be one of"),
        ({"n_components": 0}, "n_components must be an integer >= 1"),
    ],
)
def test_bad_parameters(name, parameters, message):
    with pytest.raises(ValueError, match=message):
        make_target_scorer(name, **parameters)(fit(LR), X, Y, X_target=XT)


@pytest.mark.parametrize("name", ["iw", "dev"])
def test_bad_rows(name):
    scorer, model = make_target_scorer(name), fit(LR)
    with pytest.raises(ValueError, match="at least 2 rows of each domain, got 90 .* and 1 target"):
        scorer(model, X, Y, X_target=XT[:1])
    with pytest.raises(ValueError, match="extract the features once and search on the table"):
        scorer(model, ["a.wav", "b.wav"], ["x", "y"], X_target=(["c.wav"],))


def test_few_rows_cut_folds_and_components():
    w = weights(X[:3], XT[:4])
    assert w.shape == (3,)
    assert (w > 0).all()
