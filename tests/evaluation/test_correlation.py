import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import cross_val_score

from featuretransfer.evaluation import concordance_correlation, pearson_correlation

rng = np.random.default_rng(0)
TRUE = rng.normal(3, 1, size=80)
PREDICTED = 0.5 * TRUE + rng.normal(2, 0.5, size=80)


def test_concordance_is_lins():
    covariance = np.cov(TRUE, PREDICTED, bias=True)
    level = (TRUE.mean() - PREDICTED.mean()) ** 2
    expected = 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + level)
    assert concordance_correlation(TRUE, PREDICTED) == pytest.approx(expected)
    # Lin's other form: 1 - mean squared distance / what it is without correlation
    apart = np.mean((TRUE - PREDICTED) ** 2)
    without = covariance[0, 0] + covariance[1, 1] + level
    assert concordance_correlation(TRUE, PREDICTED) == pytest.approx(1 - apart / without)


def test_pearson():
    expected = np.corrcoef(TRUE, PREDICTED)[0, 1]
    assert pearson_correlation(TRUE, PREDICTED) == pytest.approx(expected)
    assert concordance_correlation(TRUE, PREDICTED) < expected
    standard = (PREDICTED - PREDICTED.mean()) / PREDICTED.std() * TRUE.std() + TRUE.mean()
    assert concordance_correlation(TRUE, standard) == pytest.approx(expected)


def test_level_and_scale_cost_concordance_alone():
    for distorted in (TRUE + 1, 2 * TRUE):
        assert pearson_correlation(TRUE, distorted) == pytest.approx(1)
        assert concordance_correlation(TRUE, distorted) < 0.9
    assert concordance_correlation(TRUE, TRUE) == 1
    assert concordance_correlation(TRUE, PREDICTED) == concordance_correlation(PREDICTED, TRUE)
    moved = concordance_correlation(TRUE + 1e6, PREDICTED + 1e6)
    assert moved == pytest.approx(concordance_correlation(TRUE, PREDICTED), rel=1e-6)


@pytest.mark.parametrize("constant", [0.0, 0.1, 3e8])
def test_constants(constant):
    same = np.full(80, constant)
    assert concordance_correlation(TRUE, same) == 0
    assert pearson_correlation(TRUE, same) == 0
    assert concordance_correlation(same, TRUE) == 0
    assert np.isnan(pearson_correlation(same, TRUE))
    assert np.isnan(concordance_correlation(same, same))
    assert concordance_correlation(same, same + 1) == 0
    for score in (concordance_correlation, pearson_correlation):
        assert np.isnan(score([1.0], [1.0]))
        assert np.isnan(score([], []))


def test_agrees_with_audmetric():
    audmetric = pytest.importorskip("audmetric", reason="audmetric is not installed")
    ccc, pearson = concordance_correlation(TRUE, PREDICTED), pearson_correlation(TRUE, PREDICTED)
    assert ccc == pytest.approx(audmetric.concordance_cc(TRUE, PREDICTED))
    assert pearson == pytest.approx(audmetric.pearson_cc(TRUE, PREDICTED))


def test_is_a_scorer():
    X = rng.normal(size=(80, 3))
    scorer = make_scorer(concordance_correlation)
    scores = cross_val_score(Ridge(), X, X @ [1, 2, 3], scoring=scorer)
    assert scores.min() > 0.9


@pytest.mark.parametrize("score", [concordance_correlation, pearson_correlation])
def test_bad_ratings(score):
    with pytest.raises(ValueError, match=r"equal length, got the shapes \(2,\) and \(3,\)"):
        score([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="must be finite"):
        score([1, 2], [1, np.nan])
