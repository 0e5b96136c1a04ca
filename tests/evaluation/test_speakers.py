import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from featuretransfer.evaluation import concordance_correlation
from featuretransfer.evaluation._speakers import SCORES, bootstrap, by_speaker

rng = np.random.default_rng(0)
CLASSES = np.array(["anger", "neutral", "sadness"], dtype=object)
TRUE = CLASSES[rng.choice(3, 200, p=[0.6, 0.3, 0.1])]
PREDICTED = np.where(rng.random(200) < 0.6, TRUE, CLASSES[rng.choice(3, 200)])
SPEAKERS = rng.integers(0, 8, 200).astype(str)
RATED = rng.normal(5, 2, 200)
RATINGS = RATED + rng.normal(size=200)


def replicates(score, true, predicted, speakers, n, seed):
    terms = SCORES[score].terms(true, predicted)
    return bootstrap(by_speaker(terms, speakers)[1], SCORES[score].of_sums, n, seed)


def balanced_accuracy(true, predicted):
    return balanced_accuracy_score(true.astype(str), predicted.astype(str))


@pytest.mark.parametrize(
    ("score", "true", "predicted", "directly"),
    [
        ("uar", TRUE, PREDICTED, balanced_accuracy),
        ("ccc", RATED, RATINGS, concordance_correlation),
    ],
)
def test_bootstrap_of_speakers_equals_explicit_resampling(score, true, predicted, directly):
    scores = replicates(score, true, predicted, SPEAKERS, 50, 3)
    names = list(dict.fromkeys(SPEAKERS))
    drawn = np.random.default_rng(3).multinomial(8, np.full(8, 1 / 8), size=50)
    for replicate, counts in zip(scores, drawn):
        rows = np.concatenate(
            [np.flatnonzero(name == SPEAKERS) for name, n in zip(names, counts) for _ in range(n)]
        )
        assert replicate == pytest.approx(directly(true[rows], predicted[rows]))


def test_sums_of_all_speakers_give_the_score_itself():
    names, sums = by_speaker(SCORES["uar"].terms(TRUE, PREDICTED), SPEAKERS)
    assert list(names) == list(dict.fromkeys(SPEAKERS))
    uar = SCORES["uar"].of_sums(sums.sum(axis=0))
    assert uar == pytest.approx(balanced_accuracy(TRUE, PREDICTED))


@pytest.mark.parametrize(("score", "true", "chance"), [("uar", TRUE, 1 / 3), ("ccc", RATED, 0)])
def test_chance_has_the_same_score_in_every_replicate(score, true, chance):
    scores = replicates(score, true, None, SPEAKERS, 20, 0)
    np.testing.assert_allclose(scores, chance, atol=1e-12)


def test_ccc_of_the_same_constant_is_no_agreement():
    assert replicates("ccc", np.ones(5), np.ones(5), list("aabbc"), 3, 0).tolist() == [0, 0, 0]


def test_one_speaker_has_no_spread_and_unknown_speakers_are_rows():
    alone = replicates("uar", TRUE, PREDICTED, ["s"] * 200, 20, 0)
    assert np.ptp(alone) == 0
    rows = replicates("uar", TRUE, PREDICTED, [None] * 200, 400, 0)
    assert 0.01 < rows.std() < 0.1


def test_dependence_within_speakers_widens_the_spread():
    by_ten = np.repeat(np.arange(10), 20).astype(str)
    true = np.tile(["a", "b"], 100)
    good = np.isin(by_ten, list("01234"))
    predicted = np.where(good, true, np.where(true == "a", "b", "a"))
    clustered = replicates("uar", true, predicted, by_ten, 500, 0).std()
    assert clustered > 3 * replicates("uar", true, predicted, [None] * 200, 500, 0).std()
