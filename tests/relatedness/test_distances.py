import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg, stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from featuretransfer.relatedness import (
    coral_distance,
    frechet_distance,
    proxy_a_distance,
    sliced_wasserstein_distance,
)
from featuretransfer.relatedness._sliced_wasserstein import column_wasserstein

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5))
XT = 0.5 + rng.normal(size=(31, 5)) @ rng.normal(size=(5, 5))
WIDE, WIDE_TARGET = rng.normal(size=(12, 60)), 0.2 + 1.3 * rng.normal(size=(9, 60))
HALF_WIDE = rng.normal(size=(80, 60))
PAIRS = [(X, XT), (WIDE, WIDE_TARGET), (HALF_WIDE, WIDE)]
SHAPES = ["n > d", "n < d", "one wide"]
DISTANCES = [coral_distance, frechet_distance, sliced_wasserstein_distance]


@pytest.mark.parametrize(("X", "XT"), PAIRS, ids=SHAPES)
def test_coral_distance_is_that_of_the_covariances(X, XT):
    difference = np.cov(X, rowvar=False) - np.cov(XT, rowvar=False)
    assert_allclose(coral_distance(X, XT), np.sum(difference**2) / (4 * X.shape[1] ** 2))
    assert_allclose(coral_distance(X, XT + 7), coral_distance(X, XT))  # blind to means


@pytest.mark.parametrize("reg", [0.3, "ledoit-wolf"])
@pytest.mark.parametrize(("X", "XT"), PAIRS, ids=SHAPES)
def test_frechet_distance_is_that_of_two_normal_distributions(X, XT, reg):
    from featuretransfer._linalg import ledoit_wolf_shrinkage

    covariances, d = [], X.shape[1]
    for rows in (X, XT):
        S, a = np.cov(rows, rowvar=False), 0.0
        if reg == "ledoit-wolf":
            centred = rows - rows.mean(axis=0)
            values = linalg.svdvals(centred) ** 2 / len(rows)
            a = ledoit_wolf_shrinkage(np.sum(centred**2, axis=1), values, d)
        ridge = a * np.trace(S) / d if reg == "ledoit-wolf" else reg
        covariances.append((1 - a) * S + ridge * np.eye(d))
    C, CT = covariances
    root = linalg.sqrtm(linalg.sqrtm(C) @ CT @ linalg.sqrtm(C)).real
    expected = np.sum((X.mean(axis=0) - XT.mean(axis=0)) ** 2) + np.trace(C + CT - 2 * root)
    assert_allclose(frechet_distance(X, XT, reg=reg), expected, rtol=1e-7)
    assert_allclose(frechet_distance(XT, X, reg=reg), expected, rtol=1e-7)


def test_frechet_distance_without_shrinkage_is_that_of_pot():
    gaussian = pytest.importorskip("ot.gaussian")
    moments = [
        value for rows in (X, XT) for value in (rows.mean(axis=0), np.cov(rows, rowvar=False))
    ]
    means, covariances = moments[::2], moments[1::2]
    expected = gaussian.bures_wasserstein_distance(*means, *covariances) ** 2
    assert_allclose(frechet_distance(X, XT, reg=0.0), expected, rtol=1e-6)


def test_frechet_distance_of_singular_covariances():
    # no variance is shared: nothing but means and traces is left
    first, second = np.zeros((3, 50)), np.zeros((4, 50))
    first[:, 0], second[:, 1] = [-1, 0, 1], [-3, -1, 1, 3]
    assert_allclose(frechet_distance(first, second, reg=0.0), 1 + 20 / 3)
    assert_allclose(frechet_distance(first, 5 + first, reg=0.0), 50 * 25)
    assert frechet_distance(np.ones((3, 2)), np.ones((4, 2))) == 0


def test_frechet_distance_falls_to_that_of_the_means_as_covariances_agree():
    assert_allclose(frechet_distance(X, X + 2), 5 * 4, rtol=1e-6)


def test_one_feature_is_the_exact_wasserstein_distance():
    a, b = X[:, 0], XT[:, 0]
    for projections in (1, 7):  # all directions are the same
        found = sliced_wasserstein_distance(a[:, None], b[:, None], n_projections=projections, p=1)
        assert_allclose(found, stats.wasserstein_distance(a, b))
    found = column_wasserstein(X, XT)
    assert_allclose(found, [stats.wasserstein_distance(X[:, j], XT[:, j]) for j in range(5)])


@pytest.mark.parametrize("p", [1, 2, 3])
def test_quantiles_of_unequal_numbers_of_rows_by_repeating_rows(p):
    # 4 * 6 levels hold both quantile functions
    a, b = X[:4], XT[:6]
    repeated = np.sort(np.repeat(a, 6, axis=0), axis=0) - np.sort(np.repeat(b, 4, axis=0), axis=0)
    assert_allclose(column_wasserstein(a, b, p), np.mean(np.abs(repeated) ** p, axis=0))


@pytest.mark.parametrize("p", [1, 2])
def test_sliced_distance_is_that_of_pot_on_the_same_directions(p):
    sliced = pytest.importorskip("ot.sliced")
    directions = np.random.RandomState(3).normal(size=(5, 50))
    directions /= np.linalg.norm(directions, axis=0)
    expected = sliced.sliced_wasserstein_distance(X, XT, projections=directions, p=p)
    found = sliced_wasserstein_distance(X, XT, n_projections=50, p=p, random_state=3)
    assert_allclose(found, expected)
    assert sliced_wasserstein_distance(X, XT, n_projections=50, p=p, random_state=4) != found


@pytest.mark.parametrize("distance", DISTANCES)
def test_distances_of_degenerate_rows(distance):
    assert_allclose(distance(X, X), 0, atol=1e-6)
    assert distance(X, 3 * X) > 0
    assert_allclose(distance(X, XT), distance(XT, X))
    assert_allclose(distance(X[::-1], XT), distance(X, XT))
    assert_allclose(distance(X.astype("f4"), XT.astype("f4")), distance(X, XT), rtol=1e-4)
    constant = np.column_stack([X, np.ones(40)]), np.column_stack([XT, np.ones(31)])
    assert np.isfinite(distance(*constant))
    assert_allclose(distance(WIDE, WIDE), 0, atol=1e-6)


@pytest.mark.parametrize("distance", [coral_distance, frechet_distance, proxy_a_distance])
def test_a_single_row_is_refused(distance):
    with pytest.raises(ValueError, match="At least 2 rows .* got 40 of the source and 1 of the"):
        distance(X, XT[:1])


def test_proxy_a_distance_is_that_of_the_balanced_error():
    """With the nearest neighbour among the rows of other speakers for a classifier."""
    found = proxy_a_distance(
        [[0.0], [0.1], [9.8], [0.2]],
        [[10.0], [10.1]],
        speakers=["a", "a", "b", "a"],
        speakers_target=["c", "d"],
        estimator=KNeighborsClassifier(1),
    )
    # without b, 9.8 is nearest to a target row; all others are nearest to rows of their own domain
    errors = 1 / 4, 0
    assert_allclose(found, 2 * (1 - 2 * np.mean(errors)))


def test_unequal_samples_of_one_distribution_are_near():
    rows = rng.normal(size=(400, 6))
    assert proxy_a_distance(rows[:360], rows[360:]) < 0.6
    assert proxy_a_distance(rows[:200], rows[200:]) < 0.3


def test_speakers_are_not_taken_for_corpora():
    offsets = 3 * rng.normal(size=(12, 8))
    speakers = np.repeat(np.arange(6), 15)
    A, B = (offsets[speakers + n] + rng.normal(size=(90, 8)) for n in (0, 6))
    assert proxy_a_distance(A, B) > 1.9
    assert proxy_a_distance(A, B, speakers=speakers, speakers_target=speakers) < 1.2


def test_the_default_classifier_sees_more_than_means():
    narrow, wide = rng.normal(size=(150, 4)), 3 * rng.normal(size=(150, 4))
    narrow, wide = narrow - narrow.mean(axis=0), wide - wide.mean(axis=0)
    assert proxy_a_distance(narrow, wide) > 1
    assert proxy_a_distance(narrow, wide, estimator=LogisticRegression()) < 0.4


def test_proxy_a_distance_is_deterministic():
    ids = np.arange(40) % 4, np.arange(31) % 3
    found = proxy_a_distance(X, XT, speakers=ids[0], speakers_target=ids[1])
    order = rng.permutation(40)
    shuffled = proxy_a_distance(X[order], XT, speakers=ids[0][order], speakers_target=ids[1])
    assert shuffled == found
    assert proxy_a_distance(X, XT) == proxy_a_distance(X, XT)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_folds": 1}, ValueError, "n_folds must be an integer >= 2, got 1"),
        ({"estimator": "svm"}, TypeError, "estimator must be None or a classifier instance"),
        (
            {"speakers": ["a"] * 40, "speakers_target": ["b"] * 31},
            ValueError,
            "At least 2 speakers of each domain are needed, got 1 and 1",
        ),
        ({"speakers": ["a"]}, ValueError, "speakers must name one speaker for each of the 40"),
    ],
)
def test_bad_parameters_of_the_proxy(parameters, error, message):
    with pytest.raises(error, match=message):
        proxy_a_distance(X, XT, **parameters)


def test_bad_parameters_of_the_others():
    with pytest.raises(ValueError, match="n_projections must be an integer >= 1, got 0"):
        sliced_wasserstein_distance(X, XT, n_projections=0)
    with pytest.raises(ValueError, match="p must be a number >= 1, got 0.5"):
        sliced_wasserstein_distance(X, XT, p=0.5)
    with pytest.raises(ValueError, match="reg must be 'ledoit-wolf' or a number >= 0"):
        frechet_distance(X, XT, reg=-1)
