import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, make_scorer
from sklearn.model_selection import cross_val_score

from featuretransfer.evaluation import expected_calibration_error
from featuretransfer.evaluation._calibration import reliability

rng = np.random.default_rng(0)


def test_bins_are_those_of_scikit_learn():
    confidence = rng.uniform(size=500)
    right = rng.random(500) < confidence**2
    bins = reliability(confidence, right, 10)
    accuracy, mean = calibration_curve(right, confidence, n_bins=10)
    np.testing.assert_allclose(bins["accuracy"], accuracy)
    np.testing.assert_allclose(bins["confidence"], mean)
    assert bins["n"].sum() == 500


def test_edges_belong_to_the_lower_bin_and_empty_bins_have_no_means():
    bins = reliability([0.0, 0.2, 0.2000001, 1.0], [0, 1, 1, 1], 5)
    assert bins["n"].tolist() == [2, 1, 0, 0, 1]
    assert bins["accuracy"].isna().tolist() == [False, False, True, True, False]
    assert bins["accuracy"].iloc[0] == 0.5


def test_error_by_hand():
    # bins of a tenth: (0.85, 0.9] holds two rows, one right; (0.5, 0.6] holds one, right
    y_prob = [[0.9, 0.1], [0.12, 0.88], [0.6, 0.4]]
    error = expected_calibration_error(["a", "a", "a"], y_prob, classes=["a", "b"], n_bins=10)
    assert error == pytest.approx(2 / 3 * abs(0.5 - 0.89) + 1 / 3 * abs(1 - 0.6))


def test_limits():
    y = np.array(["a", "b"])[rng.integers(0, 2, 4000)]
    sure = np.column_stack([y == "a", y == "b"]).astype(float)
    assert expected_calibration_error(y, sure) == 0
    assert expected_calibration_error(y, 1 - sure) == 1
    even = np.full((4000, 2), 0.5)
    assert expected_calibration_error(y, even) < 0.05
    p = rng.uniform(size=4000)
    drawn = np.where(rng.random(4000) < p, "b", "a")
    assert expected_calibration_error(drawn, p) < 0.05
    assert expected_calibration_error(drawn, p**5) > 0.2


def test_is_a_scorer():
    X = rng.normal(size=(300, 4))
    for y in (X[:, 0] > 0, np.digitize(X[:, 0], [-0.5, 0.5])):
        scorer = make_scorer(
            expected_calibration_error, response_method="predict_proba", greater_is_better=False
        )
        scores = cross_val_score(LogisticRegression(C=0.01), X, y, scoring=scorer)
        assert (scores < 0).all()
        assert (scores > -0.5).all()
    assert get_scorer(scorer) is scorer


def test_bad_input():
    with pytest.raises(ValueError, match=r"shape \(2, 2\) of rows and classes.*pass classes"):
        expected_calibration_error(["a", "b"], np.eye(3)[:2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        expected_calibration_error(["a", "b"], [[2, -1], [0, 1]])
    with pytest.raises(ValueError, match="n_bins must be an integer >= 1, got 0"):
        expected_calibration_error(["a", "b"], np.eye(2), n_bins=0)
