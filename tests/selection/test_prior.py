import numpy as np
import pytest
from scorer_support import LR, XT, Fixed, X, Y, fit

from featuretransfer.selection import make_target_scorer

CLASSES = np.unique(Y)


def score(labels, prior="uniform", y=Y):
    model = Fixed(predict=np.asarray(labels))
    return make_target_scorer("prior", prior=prior)(model, X[: len(y)], y, X_target=XT)


def test_score_is_one_minus_total_variation():
    labels = np.repeat(CLASSES, [35, 21, 14, 0])
    shares = {"uniform": [0.25] * 4, "source": [np.mean(c == Y) for c in CLASSES]}
    shares["own"] = np.array([0.4, 0.3, 0.2, 0.1])
    for name, expected in shares.items():
        distance = np.abs(np.array([0.5, 0.3, 0.2, 0]) - expected).sum() / 2
        prior = expected if name == "own" else name
        assert score(labels, prior) == pytest.approx(1 - distance)


def test_limits():
    assert score(np.repeat(CLASSES, [20, 20, 15, 15])) == pytest.approx(1 - 5 / 70)
    assert score(np.full(70, CLASSES[2])) == pytest.approx(0.25)
    assert score(np.full(70, CLASSES[2]), prior=(1, 0, 0, 0)) == 0


def test_it_is_the_largest_accuracy_with_these_shares():
    """Truth with the expected shares, labels with others, as many as possible in agreement."""
    truth = np.repeat(CLASSES, [28, 21, 14, 7])
    labels = np.repeat(CLASSES, [10, 30, 10, 20])
    agreement = sum(min(np.sum(truth == c), np.sum(labels == c)) for c in CLASSES) / 70
    assert score(labels, (0.4, 0.3, 0.2, 0.1)) == pytest.approx(agreement)


def test_shares_are_in_the_order_of_the_estimators_classes():
    model = fit(LR)
    y = np.array([*Y[:-1], "another"])
    shares = [np.mean(model.predict(XT) == c) for c in model.classes_]
    scorer = make_target_scorer("prior", prior=shares)
    assert scorer(model, X, y, X_target=XT) == pytest.approx(1)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("em", r"prior must be one of \['uniform', 'source'\] or an array of class shares"),
        ([0.5, 0.5], "prior must hold a share >= 0 for each of the 4 classes"),
        ([0.5, 0.5, 0.5, -0.5], "prior must hold a share >= 0"),
        (None, "prior must hold a share >= 0"),
    ],
)
def test_bad_priors(prior, message):
    with pytest.raises(ValueError, match=message):
        score(np.repeat(CLASSES, [20, 20, 15, 15]), prior)
