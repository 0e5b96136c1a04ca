import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import cross_val_score

from featuretransfer.evaluation import uar
from featuretransfer.evaluation._metrics import (
    score_chance,
    score_chance_regression,
    score_predictions,
    score_regression,
)

rng = np.random.default_rng(0)
CLASSES = np.array(["anger", "neutral", "sadness"], dtype=object)
TRUE = CLASSES[rng.choice(3, 200, p=[0.6, 0.3, 0.1])]
PREDICTED = np.where(rng.random(200) < 0.6, TRUE, CLASSES[rng.choice(3, 200)])
PROBABILITIES = rng.dirichlet(np.ones(3), 200) + 0.5 * (TRUE[:, None] == CLASSES)
PROBABILITIES /= PROBABILITIES.sum(axis=1, keepdims=True)
SCORES = pd.DataFrame(PROBABILITIES, columns=[f"p_{c}" for c in CLASSES])


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


def test_uar_is_balanced_accuracy_and_a_scorer():
    true, predicted = TRUE.astype(str), PREDICTED.astype(str)
    assert uar(TRUE, PREDICTED) == pytest.approx(balanced_accuracy_score(true, predicted))
    X = np.random.default_rng(1).normal(size=(200, 3)) + (TRUE[:, None] == CLASSES)
    ours, theirs = (
        cross_val_score(LogisticRegression(), X, true, scoring=scoring)
        for scoring in (make_scorer(uar), "balanced_accuracy")
    )
    np.testing.assert_allclose(ours, theirs)


def test_agrees_with_audmetric():
    audmetric = pytest.importorskip("audmetric", reason="audmetric is not installed")
    scores = score_predictions(TRUE, PREDICTED)
    for ours, theirs in {
        "uar": audmetric.unweighted_average_recall,
        "war": audmetric.accuracy,
        "macro_f1": audmetric.unweighted_average_fscore,
    }.items():
        assert scores[ours] == pytest.approx(theirs(TRUE, PREDICTED))


def test_auc_is_the_mean_over_the_classes_against_the_rest():
    auc = score_predictions(TRUE, PREDICTED, SCORES)["auc"]
    expected = roc_auc_score(TRUE.astype(str), PROBABILITIES, multi_class="ovr", average="macro")
    assert auc == pytest.approx(expected)
    logits = pd.DataFrame(np.log(PROBABILITIES), columns=[f"score_{c}" for c in CLASSES])
    areas = [roc_auc_score(c == TRUE, logits[f"score_{c}"]) for c in CLASSES]
    scores = score_predictions(TRUE, PREDICTED, logits)
    assert scores["auc"] == pytest.approx(np.mean(areas))
    assert np.isnan(scores["ece"])  # decision values are no probabilities


def test_auc_of_two_classes_is_the_binary_one():
    y = TRUE == "anger"
    columns = {"score_True": SCORES["p_anger"], "score_False": -SCORES["p_anger"]}
    auc = score_predictions(y, y, pd.DataFrame(columns))["auc"]
    assert auc == pytest.approx(roc_auc_score(y, SCORES["p_anger"]))


def test_auc_where_classes_are_absent():
    assert np.isnan(score_predictions(TRUE, PREDICTED)["auc"])
    assert np.isnan(score_predictions(TRUE, PREDICTED, SCORES * np.nan)["auc"])
    # of the labels, nobody scored: not the area of an easier task
    assert np.isnan(score_predictions(TRUE, PREDICTED, SCORES.drop(columns="p_anger"))["auc"])
    alone = TRUE == "anger"
    assert np.isnan(score_predictions(TRUE[alone], PREDICTED[alone], SCORES[alone])["auc"])
    # known to the model alone: as for UAR, the classes of the labels count
    rest = TRUE != "anger"
    auc = score_predictions(TRUE[rest], PREDICTED[rest], SCORES[rest])["auc"]
    areas = [roc_auc_score(c == TRUE[rest], SCORES.loc[rest, f"p_{c}"]) for c in CLASSES[1:]]
    assert auc == pytest.approx(np.mean(areas))


def test_calibration_error_is_that_of_the_predicted_class():
    ece = score_predictions(TRUE, PREDICTED, SCORES)["ece"]
    confidence = np.array([SCORES.loc[i, f"p_{c}"] for i, c in enumerate(PREDICTED)])
    edges, expected = np.linspace(0, 1, 16), 0
    for low, high in itertools.pairwise(edges):
        rows = (confidence > low) & (confidence <= high)
        if rows.any():
            accuracy = (TRUE == PREDICTED)[rows].mean()
            expected += rows.mean() * abs(accuracy - confidence[rows].mean())
    assert ece == pytest.approx(expected)


def test_models_that_do_not_know_a_class_give_it_no_probability():
    scores = SCORES.copy()
    scores.loc[:99, "p_anger"] = np.nan
    filled = score_predictions(TRUE, PREDICTED, scores.fillna(0))
    assert score_predictions(TRUE, PREDICTED, scores) == filled
    values = scores.rename(columns=lambda name: name.replace("p_", "score_"))
    assert np.isnan(score_predictions(TRUE, PREDICTED, values)["auc"])


def test_regression():
    true, predicted = rng.normal(size=(2, 50))
    scores = score_regression(true, predicted)
    assert list(scores) == ["n", "chance", "ccc", "pearson"]
    assert scores["pearson"] == pytest.approx(np.corrcoef(true, predicted)[0, 1])
    assert score_chance_regression(true) == {"n": 50, "chance": 0, "ccc": 0, "pearson": 0}


def test_bad_predictions():
    with pytest.raises(ValueError, match=r"equal length and not empty, got the shapes \(2,\)"):
        uar(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="not empty"):
        uar([], [])


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
    assert expected["auc"] == 0.5
