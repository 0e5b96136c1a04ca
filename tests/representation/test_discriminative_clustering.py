import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg
from sklearn.cluster import KMeans
from sklearn.covariance import ledoit_wolf
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer import DiscriminativeTransferClustering
from featuretransfer.representation._discriminant_axes import discriminant_axes
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 12, random_state=0)


@pytest.mark.oracle("DiscriminativeTransferClustering")
@pytest.mark.parametrize("n_rows", [200, 15])
def test_axes_are_those_of_a_dense_eigenproblem(n_rows):
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(n_rows, 30)), rng.integers(0, 4, n_rows)
    X[:, :4] += 2 * np.eye(4)[labels]
    axes, ratio = discriminant_axes(X, labels, 3)
    means = np.stack([X[labels == c].mean(axis=0) for c in range(4)])[labels]
    rest = X - means
    within = ledoit_wolf(rest, assume_centered=True)[0]
    between = (means - X.mean(axis=0)).T @ (means - X.mean(axis=0)) / n_rows
    values, vectors = linalg.eigh(between, within)
    assert_allclose(ratio, values[-3:].sum(), rtol=1e-8)
    assert_allclose(axes.T @ within @ axes, np.eye(3), atol=1e-8)
    angles = linalg.subspace_angles(axes, vectors[:, -3:])
    assert np.degrees(angles.max()) < 1e-5


def test_no_more_axes_than_directions_of_the_class_means():
    # with 8 classes in 2 dimensions further axes would be rounding, of any length
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(60, 2)), np.arange(60) % 8
    axes, _ = discriminant_axes(X, labels, 7)
    assert axes.shape == (2, 2)
    assert np.abs(axes).max() < 10
    axes, _ = discriminant_axes(np.zeros((6, 2)), np.arange(6) % 2, 1)
    assert_array_equal(axes, np.zeros((2, 1)))


def test_few_features():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 50)
    X = rng.normal(size=(100, 2)) + 6 * np.eye(2)[0] * y[:, None]
    for seed in range(10):
        target = X + 0.1 * np.random.default_rng(seed).normal(size=2)
        clustering = DiscriminativeTransferClustering(2, random_state=0)
        labels = clustering.fit(X, y, X_target=(target,)).labels_
        assert adjusted_rand_score(y, labels) > 0.9


def test_classes_of_the_source_help():
    rng = np.random.default_rng(0)
    y, y_target = rng.integers(0, 2, 200), rng.integers(0, 2, 60)
    X, X_target = rng.normal(size=(200, 10)), rng.normal(size=(60, 10))
    for rows, labels in ((X, y), (X_target, y_target)):
        rows[:, 0] += 3 * labels
        rows[:, 1] += 8 * rng.integers(0, 2, len(rows))  # what k-means would find
    clustering = DiscriminativeTransferClustering(2, random_state=0)
    alone = clustering.fit(X_target).labels_
    helped = clustering.fit(X, y, X_target=X_target).labels_
    assert adjusted_rand_score(y_target, alone) < 0.1
    assert adjusted_rand_score(y_target, helped) > 0.5
    assert_array_equal(clustering.predict(X_target), helped)


def test_discriminative_without_target_is_k_means():
    X = make_blobs(90, 4, centers=3, random_state=0)[0]
    clustering = DiscriminativeTransferClustering(3, random_state=0).fit(X)
    expected = KMeans(3, n_init=10, random_state=0).fit_predict(StandardScaler().fit_transform(X))
    assert adjusted_rand_score(expected, clustering.labels_) == 1
    assert_array_equal(clustering.predict(X), clustering.labels_)


def test_in_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        clustering = DiscriminativeTransferClustering(3, random_state=0)
        model = ft.check_pipeline(ft.make_pipeline(ft.CorpusScaler(), clustering))
        model.fit(DATA.X_source, DATA.y_source, X_target=DATA.X_target)
    assert_array_equal(model.predict(DATA.X_target), model[-1].labels_)


def test_the_best_round_counts():
    clustering = DiscriminativeTransferClustering(3, random_state=0)
    clustering.fit(DATA.X_source, DATA.y_source, X_target=DATA.X_target)
    rows = (np.concatenate([DATA.X_source, DATA.X_target]) - clustering._scale.center) / (
        clustering._scale.scale
    )
    assert len(clustering.ratio_curve_) == clustering.n_iter_ > 1
    assert clustering.axes_.shape == (12, 6)
    assert np.linalg.matrix_rank(rows @ clustering.axes_) == 6


def test_one_class_of_the_source_tells_nothing():
    clustering = DiscriminativeTransferClustering(3, random_state=0)
    clustering.fit(DATA.X_source, np.zeros(80), X_target=DATA.X_target)
    assert clustering.axes_.shape == (12, 3)


def test_unfinished_rounds_warn():
    clustering = DiscriminativeTransferClustering(4, max_iter=1, random_state=0)
    with pytest.warns(
        ConvergenceWarning, match="Clustering: clusters still changed after max_iter=1"
    ):
        clustering.fit(DATA.X_source, DATA.y_source, X_target=DATA.X_target)


def test_labels_are_required():
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        DiscriminativeTransferClustering().fit(DATA.X_source, X_target=DATA.X_target)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_clusters", 0, "n_clusters must be an integer >= 1, got 0"),
        ("n_clusters", 61, r"n_clusters=61 is more than there are rows to cluster .n_samples=60."),
        ("n_init", None, "n_init must be an integer >= 1, got None"),
        ("max_iter", True, "max_iter must be an integer >= 1, got True"),
    ],
)
def test_bad_parameters(name, value, message):
    with pytest.raises(ValueError, match=message):
        DiscriminativeTransferClustering(**{name: value}).fit(DATA.X_source, X_target=DATA.X_target)
