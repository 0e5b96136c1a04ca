import numpy as np
from numpy.testing import assert_allclose
from sklearn.cluster import KMeans

from featuretransfer._linalg import fit_kernel
from featuretransfer.representation._landmarks import choose_landmarks, inverse_root, share_kept

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4))


def test_landmarks_do_not_depend_on_the_order_of_the_rows():
    centres = choose_landmarks(X, 12)
    shuffled = choose_landmarks(X[rng.permutation(300)], 12)
    assert_allclose(shuffled, centres, atol=1e-12)


def test_landmarks_are_nearly_as_good_as_k_means():
    def cost(centres):
        return np.min(((X[:, None] - centres) ** 2).sum(axis=2), axis=1).sum()

    best = KMeans(12, n_init=10, random_state=0).fit(X)
    assert cost(choose_landmarks(X, 12)) < 1.15 * cost(best.cluster_centers_)


def test_duplicates_leave_centres_where_they_are():
    centres = choose_landmarks(np.repeat(X[:5], 10, axis=0), 12)
    assert np.isfinite(centres).all()
    assert_allclose(np.unique(centres.round(9), axis=0), np.unique(X[:5].round(9), axis=0))


def test_inverse_root_of_a_singular_kernel_matrix():
    K = X[:20] @ X[:20].T
    R = inverse_root(K)
    assert R.shape == (20, 4)
    assert_allclose(K @ R @ R.T @ K, K, atol=1e-10)


def test_share_kept_by_exact_features_is_one():
    kernel = fit_kernel("rbf", "median", X)
    features = kernel(X, X) @ inverse_root(kernel(X, X))
    assert_allclose(share_kept(kernel, X, features, 5), 1, rtol=1e-8)
    few = kernel(X, X[:6]) @ inverse_root(kernel(X[:6], X[:6]))
    assert 0 < share_kept(kernel, X, few, 5) < 1


def test_share_of_many_rows_is_estimated_on_some():
    many = rng.normal(size=(1500, 3))
    kernel = fit_kernel("rbf", "median", many)
    features = kernel(many, many[:50]) @ inverse_root(kernel(many[:50], many[:50]))
    share = share_kept(kernel, many, features, 5)
    order = rng.permutation(1500)
    assert_allclose(share, share_kept(kernel, many[order], features[order], 5))
    assert 0.5 < share <= 1
