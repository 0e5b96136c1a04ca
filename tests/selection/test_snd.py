import numpy as np
import pytest
from scorer_support import LR, XT, Fixed, X, Y, fit

import featuretransfer as ft
from featuretransfer.selection import _snd, make_target_scorer


def density(P, temperature=0.05):
    """By loops over pairs of rows."""
    U = P / np.sqrt((P**2).sum(axis=1))[:, None]
    entropies = []
    for i, u in enumerate(U):
        s = np.array([u @ v / temperature for j, v in enumerate(U) if j != i])
        q = np.exp(s) / np.exp(s).sum()
        entropies.append(-(q * np.log(q)).sum())
    return np.mean(entropies) / np.log(len(P) - 1)


@pytest.mark.parametrize("temperature", [0.05, 0.5])
def test_score_is_the_mean_entropy_of_similarities(temperature):
    model = fit(ft.CORAL(), LR)
    scorer = make_target_scorer("snd", temperature=temperature)
    expected = density(model.predict_proba(XT), temperature)
    assert scorer(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_blocks_change_nothing(monkeypatch):
    P = np.random.default_rng(0).dirichlet(np.ones(4), size=50)
    expected = _snd.neighborhood_entropy(P, 0.05)
    monkeypatch.setattr(_snd, "BLOCK", 7)
    assert _snd.neighborhood_entropy(P, 0.05) == pytest.approx(expected)


def test_limits():
    assert _snd.neighborhood_entropy(np.full((9, 4), 0.25), 0.05) == pytest.approx(1)
    pairs = np.repeat(np.eye(4), 2, axis=0)  # every row has one neighbour
    assert _snd.neighborhood_entropy(pairs, 0.01) == pytest.approx(0, abs=1e-6)
    halves = np.repeat(np.eye(2), 50, axis=0)
    assert _snd.neighborhood_entropy(halves, 0.01) == pytest.approx(np.log(49) / np.log(99))


def test_dense_groups_beat_scattered_rows():
    rng = np.random.default_rng(0)
    groups = 0.9 * np.eye(4)[np.arange(70) % 4] + 0.025
    scattered = rng.dirichlet(np.full(4, 0.8), size=70)
    scorer = make_target_scorer("snd")
    dense, loose = (scorer(Fixed(predict_proba=p), X, Y, X_target=XT) for p in (groups, scattered))
    assert dense > loose > 0


def test_a_lost_class_scores_nothing():
    scorer = make_target_scorer("snd")
    three = np.eye(4)[np.arange(70) % 3]
    assert scorer(Fixed(predict_proba=three), X, Y, X_target=XT) == 0
    assert scorer(Fixed(predict_proba=three[:, [1, 3, 0, 2]]), X, Y, X_target=XT) == 0
    rare = np.array([*Y[Y[0] != Y], Y[0]])  # a class that the prior gives less than five rows
    sparse = Fixed(predict_proba=np.eye(4)[np.arange(70) % 4])
    assert scorer(sparse, X[: len(rare)], rare, X_target=XT) > 0


def test_parameters_and_rows():
    for temperature in (0, -1, "cold", np.nan):
        with pytest.raises(ValueError, match="temperature must be a number > 0"):
            make_target_scorer("snd", temperature=temperature)(fit(LR), X, Y, X_target=XT)
    with pytest.raises(ValueError, match="at least 3 target rows, got 2"):
        make_target_scorer("snd")(fit(LR), X, Y, X_target=XT[:2])
