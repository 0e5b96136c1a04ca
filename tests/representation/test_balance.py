import numpy as np
import pytest

from featuretransfer.representation._balance import domain_distance, estimate_balance

rng = np.random.default_rng(0)


def by_refits(source, target):
    """The distance with a classifier fitted anew for every row left out."""
    sizes = len(source), len(target)
    weights = np.repeat([0.5 / sizes[0], 0.5 / sizes[1]], sizes)
    signs = np.repeat([-1.0, 1.0], sizes)
    Z = np.concatenate([source, target])
    ridge = (weights @ (Z - weights @ Z) ** 2).sum() / min(sizes)
    Z = np.hstack([Z - weights @ Z, np.ones((len(Z), 1))])
    D = ridge * np.eye(Z.shape[1])
    D[-1, -1] = 0
    wrong = []
    for i in range(len(Z)):
        kept = np.arange(len(Z)) != i
        W = np.diag(weights[kept])
        beta = np.linalg.solve(Z[kept].T @ W @ Z[kept] + D, Z[kept].T @ W @ signs[kept])
        wrong.append(signs[i] * (Z[i] @ beta) < 0)
    return np.clip(2 * (1 - 2 * weights @ np.array(wrong)), 0, 2)


@pytest.mark.parametrize(("n_source", "n_target", "k"), [(30, 20, 3), (8, 25, 12), (2, 2, 4)])
@pytest.mark.parametrize("gap", [0.0, 0.7])
def test_distance_is_that_of_explicit_refits(n_source, n_target, k, gap):
    source, target = rng.normal(size=(n_source, k)), rng.normal(size=(n_target, k)) + gap
    assert domain_distance(source, target) == pytest.approx(by_refits(source, target))


def test_distance_of_the_same_and_of_separate_domains():
    source, target = rng.normal(size=(400, 3)), rng.normal(size=(60, 3))
    assert domain_distance(source, target) < 0.4
    assert domain_distance(source, target + 20) == 2
    assert domain_distance(source, target[:2] + 20) == 2
    assert domain_distance(np.ones((5, 3)), np.ones((6, 3))) == 0


def test_distance_knows_neither_order_nor_units():
    source, target = rng.normal(size=(30, 3)), rng.normal(size=(20, 3)) + 0.5
    expected = domain_distance(source, target)
    assert domain_distance(source[::-1], target[::-1]) == pytest.approx(expected)
    assert domain_distance(100 * source - 5, 100 * target - 5) == pytest.approx(expected)
    assert domain_distance(target, source) == pytest.approx(expected)


def test_balance_tells_where_the_difference_is():
    y, labels = np.repeat(["a", "b"], 50), np.repeat(["a", "b"], 40)
    centres = np.where(y == "a", -4.0, 4.0)[:, None] * np.eye(3)[0]
    source = rng.normal(size=(100, 3)) + centres
    moved = rng.normal(size=(80, 3)) + centres[np.r_[:40, 50:90]]
    # classes moved in opposite directions: the domains as wholes can hardly be told apart
    opposite = moved + 3 * np.where(labels == "a", 1, -1)[:, None] * np.eye(3)[1]
    assert estimate_balance(source, opposite, y, labels) > 0.8
    together = estimate_balance(source, moved + 3 * np.eye(3)[1], y, labels)
    assert together == pytest.approx(0.5, abs=0.1)


def test_balance_without_evidence():
    y, labels = np.repeat(["a", "b"], 5), np.repeat(["b", "a"], 4)
    equal = np.zeros((10, 2)), np.zeros((8, 2))
    assert estimate_balance(*equal, y, labels) == 0.5
    assert estimate_balance(*equal, y, np.repeat("c", 8)) == 0.0
    assert estimate_balance(equal[0], equal[1][:1], y, labels[:1]) == 0.0
