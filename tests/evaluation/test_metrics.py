import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, recall_score

from featuretransfer.evaluation._metrics import bootstrap_uar, score_chance, score_predictions

rng = np.random.default_rng(0)
CLASSES = np.array(["anger", "neutral", "sadness"], dtype=object)
TRUE = CLASSES[rng.choice(3, 200, p=[0.6, 0.3, 0.1])]
PREDICTED = np.where(rng.random(200) < 0.6, TRUE, CLASSES[rng.choice(3, 200)])
SPEAKERS = rng.integers(0, 8, 200).astype(str)


def test_scores_are_those_of_scikit_learn():
    scores = score_predictions(TRUE, PREDICTED)
    assert scores["uar"] == pytest.approx(
        balanced_accuracy_score(TRUE.astype(str), PREDICTED.astype(str))
    )
    assert scores["war"] == pytest.approx(accuracy_score(TRUE.astype(str), PREDICTED.astype(str)))
    assert scores["macro_f1"] == pytest.approx(
        f1_score(TRUE.astype(str), PREDICTED.astype(str), average="macro")
    )
    recalls = recall_score(TRUE.astype(str), PREDICTED.astype(str), average=None)
    assert [scores[f"recall_{c}"] for c in CLASSES] == pytest.approx(list(recalls))
    assert [scores[f"n_{c}"] for c in CLASSES] == [int((c == TRUE).sum()) for c in CLASSES]
    assert scores["chance"] == pytest.approx(1 / 3)
    assert scores["n"] == 200


def test_classes_the_target_lacks_only_cost_precision():
    scores = score_predictions(["a", "a", "b"], ["a", "c", "b"])
    assert scores["uar"] == pytest.approx((0.5 + 1) / 2)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert "n_c" not in scores


def test_chance_is_what_guessing_gives():
    expected = score_chance(TRUE)
    guesses = [
        score_predictions(TRUE, CLASSES[np.random.default_rng(seed).choice(3, len(TRUE))])
        for seed in range(300)
    ]
    for name in ("uar", "war", "macro_f1"):
        assert np.mean([g[name] for g in guesses]) == pytest.approx(expected[name], abs=0.01)


def test_bootstrap_of_speakers_equals_explicit_resampling():
    uar = bootstrap_uar(TRUE, PREDICTED, SPEAKERS, 50, 3)
    names = list(dict.fromkeys(SPEAKERS))
    drawn = np.random.default_rng(3).multinomial(8, np.full(8, 1 / 8), size=50)
    for replicate, counts in zip(uar, drawn):
        rows = np.concatenate(
            [np.flatnonzero(name == SPEAKERS) for name, n in zip(names, counts) for _ in range(n)]
        )
        expected = balanced_accuracy_score(TRUE[rows].astype(str), PREDICTED[rows].astype(str))
        assert replicate == pytest.approx(expected)


def test_one_speaker_has_no_spread_and_unknown_speakers_are_rows():
    alone = bootstrap_uar(TRUE, PREDICTED, ["s"] * 200, 20, 0)
    assert np.ptp(alone) == 0
    rows = bootstrap_uar(TRUE, PREDICTED, [None] * 200, 400, 0)
    assert 0.01 < rows.std() < 0.1


def test_dependence_within_speakers_widens_the_spread():
    by_speaker = np.repeat(np.arange(10), 20).astype(str)
    true = np.tile(["a", "b"], 100)
    good = np.isin(by_speaker, list("01234"))
    predicted = np.where(good, true, np.where(true == "a", "b", "a"))
    clustered = bootstrap_uar(true, predicted, by_speaker, 500, 0).std()
    assert clustered > 3 * bootstrap_uar(true, predicted, [None] * 200, 500, 0).std()
