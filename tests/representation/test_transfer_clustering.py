from itertools import product

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer import TransferClustering
from featuretransfer.representation._co_clustering import co_cluster, information, joint
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 12, random_state=0)


def divergence(p, rows, features, sizes):
    """D(p || p~) with p~(x, z) = p(x~, z~) p(x | x~) p(z | z~), entry by entry."""
    blocks = np.zeros(sizes)
    for (i, j), value in np.ndenumerate(p):
        blocks[rows[i], features[j]] += value
    total = 0.0
    for (i, j), value in np.ndenumerate(p):
        if value > 0:
            same_row, same_feature = rows == rows[i], features == features[j]
            x, z = p[i].sum() / p[same_row].sum(), p[:, j].sum() / p[:, same_feature].sum()
            total += value * np.log(value / (blocks[rows[i], features[j]] * x * z))
    return total


@pytest.mark.oracle("TransferClustering")
def test_the_objective_is_the_divergence_and_falls():
    rng = np.random.default_rng(0)
    domains = [joint(rng.gamma(0.3, size=(n, 9)) * (rng.random((n, 9)) < 0.8)) for n in (20, 30)]
    rows, features = [rng.integers(0, 3, len(p)) for p in domains], rng.integers(0, 4, 9)
    found = co_cluster(domains, [1.0, 0.5], rows, features, (3, 4), 100)
    for labels, of_features, value in (
        (rows, features, found.objective[0]),
        (found.rows, found.features, found.objective[-1]),
    ):
        target, source = (
            divergence(p, part, of_features, (3, 4)) for p, part in zip(domains, labels)
        )
        assert_allclose(value, target + 0.5 * source, rtol=1e-10)
    assert found.converged
    assert len(found.objective) > 2
    assert np.all(np.diff(found.objective) <= 1e-12)


@pytest.mark.oracle("TransferClustering")
def test_the_best_of_all_clusterings_is_found():
    rng = np.random.default_rng(1)
    X, X_target = rng.gamma(0.5, size=(5, 4)), rng.gamma(0.5, size=(5, 4))
    clustering = TransferClustering(2, n_feature_clusters=2, n_init=50, random_state=0)
    clustering.fit(X, X_target=(X_target,))
    pool = np.concatenate([X, X_target])
    domains = [joint((rows - pool.min(axis=0)) / np.ptp(pool, axis=0)) for rows in (X_target, X)]
    least = np.inf
    for features in map(np.array, product(range(2), repeat=4)):
        parts = [
            min(
                divergence(p, rows, features, (2, 2))
                for rows in map(np.array, product(range(2), repeat=5))
            )
            for p in domains
        ]
        least = min(least, sum(parts))
    assert_allclose(clustering.objective_curve_[-1], least, rtol=1e-9)


def test_mutual_information():
    assert information(np.full((3, 4), 1 / 12)) == pytest.approx(0, abs=1e-15)
    assert information(np.eye(4) / 4) == pytest.approx(np.log(4))
    assert_allclose(joint(np.array([[0.0, 0.0], [1.0, 3.0]])), [[0.25, 0.25], [0.125, 0.375]])


def blocks(n_rows, rng, noise=0.3):
    """Rows of three kinds, each high in its own third of 12 features."""
    kinds = rng.integers(0, 3, n_rows)
    return np.repeat(np.eye(3)[kinds], 4, axis=1) + noise * rng.random((n_rows, 12)), kinds


def test_blocks_are_recovered_and_new_rows_assigned():
    rng = np.random.default_rng(0)
    (X, _), (X_target, kinds), (X_new, new_kinds) = (blocks(n, rng) for n in (80, 60, 40))
    clustering = TransferClustering(3, n_feature_clusters=3, random_state=0)
    clustering.fit(X, X_target=X_target)
    assert adjusted_rand_score(kinds, clustering.labels_) == 1
    assert adjusted_rand_score(np.repeat([0, 1, 2], 4), clustering.feature_labels_) == 1
    assert_array_equal(clustering.predict(X_target), clustering.labels_)
    joined = np.concatenate([clustering.labels_, clustering.predict(X_new)])
    assert adjusted_rand_score(np.concatenate([kinds, new_kinds]), joined) == 1


def test_feature_clusters_of_the_source_help_a_small_noisy_target():
    scores = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        (X, _), (X_target, kinds) = blocks(400, rng, 1.5), blocks(12, rng, 2.5)
        for lam in (0.0, 10.0):
            clustering = TransferClustering(3, n_feature_clusters=3, lam=lam, random_state=0)
            labels = clustering.fit(X, X_target=X_target).labels_
            scores.append(adjusted_rand_score(kinds, labels))
    assert np.mean(scores[1::2]) > np.mean(scores[::2]) + 0.05


def test_without_weight_the_source_has_no_say():
    rng = np.random.default_rng(0)
    domains = [joint(rng.gamma(0.3, size=(n, 9))) for n in (20, 30)]
    rows, features = [rng.integers(0, 3, len(p)) for p in domains], rng.integers(0, 4, 9)
    both = co_cluster(domains, [1.0, 0.0], rows, features, (3, 4), 100)
    alone = co_cluster(domains[:1], [1.0], rows[:1], features, (3, 4), 100)
    assert_array_equal(both.rows[0], alone.rows[0])
    assert_array_equal(both.features, alone.features)


def test_in_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.check_pipeline(
            ft.make_pipeline(ft.CorpusScaler(), TransferClustering(3, random_state=0))
        )
        model.fit(DATA.X_source, X_target=DATA.X_target)
    assert_array_equal(model.predict(DATA.X_target), model[-1].labels_)
    plain = make_pipeline(StandardScaler(), TransferClustering(3, random_state=0))
    assert plain.fit_predict(DATA.X_source).shape == (80,)


def test_what_an_earlier_fit_left_is_gone():
    clustering = TransferClustering(3, random_state=0).fit(DATA.X_source, X_target=DATA.X_target)
    assert clustering.source_labels_.shape == (80,)
    clustering.fit(DATA.X_source)
    assert not hasattr(clustering, "source_labels_")


def test_unfinished_rounds_warn():
    clustering = TransferClustering(4, max_iter=1, n_init=1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="TransferClustering: clusters still changed after"):
        clustering.fit(DATA.X_source, X_target=DATA.X_target)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_clusters", 0, "n_clusters must be an integer >= 1, got 0"),
        ("n_clusters", 61, r"n_clusters=61 is more than there are rows to cluster .n_samples=60."),
        ("n_feature_clusters", 1.5, "n_feature_clusters must be an integer >= 1, got 1.5"),
        ("n_init", None, "n_init must be an integer >= 1, got None"),
        ("max_iter", True, "max_iter must be an integer >= 1, got True"),
        ("lam", -1, "lam must be a number >= 0, got -1"),
    ],
)
def test_bad_parameters(name, value, message):
    with pytest.raises(ValueError, match=message):
        TransferClustering(**{name: value}).fit(DATA.X_source, X_target=DATA.X_target)
