import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from featuretransfer import SelfTaughtFeatures, TransferSparseCoding
from featuretransfer.representation._neighbor_graph import neighbor_laplacian
from featuretransfer.representation._sparse_dictionary import without_doubles
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(50, 40, 12, shift="location", random_state=0)
X, X_TARGET = DATA.X_source, DATA.X_target


def codes_of(adapter):
    """Codes of all training rows: those of the source, then those of the target."""
    return np.vstack([adapter.fit_transform(X, X_target=X_TARGET), adapter.transform(X_TARGET)])


def definition(adapter, codes):
    """The objective, its smooth gradient, the scaled rows and the Laplacian."""
    rows = (np.vstack([X, X_TARGET]) - adapter.mean_) / adapter.scale_
    n = len(rows)
    L = neighbor_laplacian(rows, adapter.n_neighbors).toarray()
    L /= np.diag(L).mean()
    M = np.concatenate([np.full(50, 1 / 50), np.full(40, -1 / 40)])
    M = np.outer(M, M)
    left = rows - codes @ adapter.components_
    tied = adapter.mu * n * M + adapter.gamma * L
    value = np.sum(left**2) / 2 + adapter.alpha * np.abs(codes).sum()
    value += np.trace(codes.T @ tied @ codes) / 2
    return value / n, tied @ codes - left @ adapter.components_.T


@pytest.mark.oracle("TransferSparseCoding")
@pytest.mark.parametrize(
    ("mu", "gamma"), [(0.0, 0.0), (10.0, 0.0), (0.0, 2.0), (10.0, 1.0), (1e3, 5.0)]
)
def test_codes_of_all_rows_are_stationary_in_the_objective(mu, gamma):
    adapter = TransferSparseCoding(15, mu=mu, gamma=gamma, tol=1e-6)
    codes = codes_of(adapter)
    value, gradient = definition(adapter, codes)
    assert value <= adapter.loss_curve_[-1] * (1 + 1e-9)
    assert value == pytest.approx(adapter.loss_curve_[-1], rel=1e-3)
    used = codes != 0
    assert 0.01 < used.mean() < 0.6
    assert_allclose(gradient[used], -adapter.alpha * np.sign(codes[used]), atol=1e-4)
    assert np.abs(gradient[~used]).max() <= adapter.alpha + 1e-4
    assert_allclose(codes[:50].mean(axis=0) - codes[50:].mean(axis=0), adapter.gap_, atol=1e-6)


@pytest.mark.oracle("TransferSparseCoding")
def test_no_small_change_of_codes_or_atoms_is_better():
    adapter = TransferSparseCoding(10, tol=0, max_iter=500)
    with pytest.warns(ConvergenceWarning):
        codes = codes_of(adapter)
    value, _ = definition(adapter, codes)
    rng = np.random.default_rng(0)
    atoms = adapter.components_
    for size in (1e-2, 1e-1):
        for _ in range(20):
            changed = codes + size * rng.normal(size=codes.shape) * (codes != 0)
            assert definition(adapter, changed)[0] > value
            adapter.components_ = atoms + size * rng.normal(size=atoms.shape)
            lengths = np.linalg.norm(adapter.components_, axis=1, keepdims=True)
            adapter.components_ /= np.maximum(lengths, 1)
            assert definition(adapter, codes)[0] > value
            adapter.components_ = atoms


def test_without_its_terms_it_is_self_taught_learning():
    adapter = TransferSparseCoding(15, mu=0, gamma=0)
    codes = codes_of(adapter)
    taught = SelfTaughtFeatures(15).fit(X, X_target=X_TARGET)
    assert_allclose(adapter.components_, taught.components_, atol=1e-9)
    assert_allclose(codes, taught.transform(np.vstack([X, X_TARGET])), atol=1e-9)
    assert_allclose(adapter.loss_curve_, taught.loss_curve_)


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_mean_codes_meet_as_the_weight_grows(gamma):
    gaps = []
    for mu in (0.0, 10.0, 1e4):
        codes = codes_of(TransferSparseCoding(15, mu=mu, gamma=gamma))
        gaps.append(np.linalg.norm(codes[:50].mean(axis=0) - codes[50:].mean(axis=0)))
    assert gaps[0] > 2 * gaps[1] > 100 * gaps[2]


def test_neighbours_become_alike_as_the_weight_grows():
    differences = []
    for gamma in (0.0, 1.0, 10.0):
        adapter = TransferSparseCoding(15, mu=0, gamma=gamma)
        codes = codes_of(adapter)
        L = neighbor_laplacian((np.vstack([X, X_TARGET]) - adapter.mean_) / adapter.scale_, 5)
        differences.append(np.trace(codes.T @ (L @ codes)) / np.sum(codes**2))
    assert differences[0] > 1.2 * differences[1] > 1.2 * differences[2]


@pytest.mark.parametrize(("n_components", "mu"), [(5, 0.0), (20, 10.0), (100, 1e4)])
def test_loss_never_rises(n_components, mu):
    adapter = TransferSparseCoding(n_components, mu=mu).fit(X, X_target=X_TARGET)
    assert len(adapter.loss_curve_) == adapter.n_iter_ + 1 > 5
    assert (np.diff(adapter.loss_curve_) < 0).all()


def test_a_new_row_minimises_the_objective_with_the_others_fixed():
    adapter = TransferSparseCoding(15, mu=5, gamma=2).fit(X, X_target=X_TARGET)
    rows = (np.vstack([X, X_TARGET]) - adapter.mean_) / adapter.scale_
    codes = np.vstack([adapter.transform_source(X), adapter.transform(X_TARGET)])
    new = X_TARGET[:1] * 0.9 + X[:1] * 0.1
    row, code = ((new - adapter.mean_) / adapter.scale_)[0], adapter.transform(new)[0]
    distances = np.linalg.norm(rows - row, axis=1)
    between = np.linalg.norm(rows[:, None] - rows, axis=2)
    reach = np.sort(between, axis=1)[:, 5]  # the first is the row itself
    linked = (distances <= np.sort(distances)[4]) | (distances <= reach)
    degree = np.diag(neighbor_laplacian(rows, 5).toarray()).mean()
    gradient = (code @ adapter.components_ - row) @ adapter.components_.T
    gradient -= 5 * 90 / 40 * adapter.gap_
    gradient += 2 / degree * (code - codes[linked]).sum(axis=0)
    used = code != 0
    assert used.any()
    assert_allclose(gradient[used], -adapter.alpha * np.sign(code[used]), atol=1e-5)
    assert np.abs(gradient[~used]).max() <= adapter.alpha + 1e-5


def test_without_a_target_both_views_are_equal():
    adapter = TransferSparseCoding(15)
    assert_allclose(adapter.fit_transform(X), adapter.transform(X))
    assert_allclose(adapter.gap_, 0)


def test_too_few_steps_warn():
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter=2 steps. Increase"):
        adapter = TransferSparseCoding(5, max_iter=2).fit(X, X_target=X_TARGET)
    assert adapter.n_iter_ == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1, got 0"),
        ({"n_neighbors": 1.5}, "n_neighbors must be an integer >= 1, got 1.5"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1, got 0"),
        ({"alpha": 0}, "alpha must be a number > 0, got 0"),
        ({"mu": -1}, "mu must be a number >= 0, got -1"),
        ({"gamma": np.nan}, "gamma must be a number >= 0, got nan"),
        ({"tol": "a"}, "tol must be a number >= 0, got 'a'"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        TransferSparseCoding(**parameters).fit(X, X_target=X_TARGET)


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="All rows are equal"):
        TransferSparseCoding().fit(np.ones((4, 3)), X_target=np.ones((3, 3)))


def test_parallel_atoms_are_one():
    rng = np.random.default_rng(0)
    B, A = rng.normal(size=(4, 5)), rng.normal(size=(4, 7))
    doubled = np.concatenate([B, -0.5 * B[[2]], B[[0]]])
    codes = np.concatenate([A, rng.normal(size=(2, 7))])
    atoms, merged = without_doubles(doubled, codes)
    assert_array_equal(atoms, B)
    assert_allclose(merged.T @ atoms, codes.T @ doubled, atol=1e-12)
