import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.decomposition import PCA

from featuretransfer import SubspaceAlignment

rng = np.random.default_rng(0)


def domains(n_source, n_target, d):
    Xs = rng.normal(size=(n_source, d)) * np.linspace(3, 0.5, d)
    mix = np.linalg.qr(np.eye(d) + 0.3 * rng.normal(size=(d, d)))[0]
    return Xs + 1, (rng.normal(size=(n_target, d)) * np.linspace(3, 0.5, d)) @ mix - 2


@pytest.mark.oracle("SubspaceAlignment")
@pytest.mark.parametrize("shape", [(60, 50, 8), (20, 15, 40)])
@pytest.mark.parametrize("k", [1, 5])
def test_equals_the_definition(shape, k):
    Xs, Xt = domains(*shape)
    adapter = SubspaceAlignment(k)
    source = adapter.fit_transform(Xs, X_target=Xt)
    Ps, Pt = (PCA(k, svd_solver="full").fit(X).components_.T for X in (Xs, Xt))
    expected_source = (Xs - Xs.mean(axis=0)) @ Ps @ Ps.T @ Pt
    expected_target = (Xt - Xt.mean(axis=0)) @ Pt
    signs = np.sign(np.sum(adapter.components_target_ * Pt, axis=0))
    assert_allclose(source, expected_source * signs, atol=1e-9)
    assert_allclose(adapter.transform(Xt), expected_target * signs, atol=1e-9)


@pytest.mark.oracle("SubspaceAlignment")
def test_alignment_is_the_best_matrix():
    Xs, Xt = domains(60, 50, 8)
    adapter = SubspaceAlignment(3).fit(Xs, X_target=Xt)

    def distance(M):
        return np.linalg.norm(adapter.components_source_ @ M - adapter.components_target_)

    best = distance(adapter.alignment_)
    for _ in range(20):
        assert distance(adapter.alignment_ + 0.1 * rng.normal(size=(3, 3))) > best


def test_same_subspace_is_plain_pca():
    Xs, _ = domains(60, 50, 8)
    adapter = SubspaceAlignment(4)
    source = adapter.fit_transform(Xs, X_target=(Xs[::-1] + 7,))
    assert_allclose(np.abs(source), np.abs(PCA(4).fit_transform(Xs)), atol=1e-9)
    assert_allclose(adapter.transform(Xs[::-1] + 7), source[::-1], atol=1e-9)
    alone = SubspaceAlignment(4)
    assert_allclose(alone.fit_transform(Xs), source, atol=1e-9)
    assert_allclose(alone.transform(Xs), source, atol=1e-9)


def test_default_keeps_most_of_the_variance_of_both():
    Xs, Xt = domains(200, 150, 12)
    k = SubspaceAlignment().fit(Xs, X_target=Xt).n_components_
    for X in (Xs, Xt):
        assert np.cumsum(PCA().fit(X).explained_variance_ratio_)[k - 1] >= 0.95
    kept = [np.cumsum(PCA().fit(X).explained_variance_ratio_)[k - 2] for X in (Xs, Xt)]
    assert min(kept) < 0.95


def test_components_are_cut_to_the_rank():
    Xs, Xt = domains(60, 6, 8)
    assert SubspaceAlignment(100).fit(Xs, X_target=Xt).n_components_ == 5
    flat = Xs.copy()
    flat[:, 2:] = 3.0
    assert SubspaceAlignment(100).fit(flat, X_target=Xt).n_components_ == 2
    assert SubspaceAlignment(100).fit(flat.astype(np.float32)).n_components_ == 2


def test_single_target_row_aligns_the_means():
    Xs, Xt = domains(60, 50, 8)
    adapter = SubspaceAlignment(3)
    with pytest.warns(UserWarning, match="only the means are aligned"):
        adapter.fit(Xs, X_target=Xt[:1])
    assert_allclose(adapter.transform(Xt[:1]), np.zeros((1, 3)))


def test_equal_rows_have_no_axes():
    Xs, _ = domains(60, 50, 8)
    with pytest.raises(ValueError, match="All rows of X_target are equal"):
        SubspaceAlignment().fit(Xs, X_target=np.full((5, 8), 0.1))


@pytest.mark.parametrize("value", [0, 2.0, True, "all"])
def test_bad_n_components(value):
    with pytest.raises(ValueError, match="n_components must be None or an integer >= 1"):
        SubspaceAlignment(value).fit(domains(10, 8, 3)[0])
