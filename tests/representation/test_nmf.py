import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import nnls
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from featuretransfer import TransferNMF

rng = np.random.default_rng(0)


def domains(n_source, n_target, d):
    atoms = rng.gamma(0.5, size=(6, d))
    Xs, Xt = (
        rng.gamma(0.7, size=(n, 6)) @ atoms + 0.1 * rng.uniform(size=(n, d))
        for n in (n_source, n_target)
    )
    return 3 * Xs - 1, 3 * Xt - 1 + rng.uniform(0, 2, size=d)


def scaled(adapter, X):
    return (X - adapter.minimum_) / adapter.range_


@pytest.mark.oracle("TransferNMF")
@pytest.mark.parametrize("lam", [0.0, 1.0, 100.0])
def test_objective_is_the_definition_and_codes_are_optimal(lam):
    Xs, Xt = domains(60, 40, 12)
    adapter = TransferNMF(5, lam=lam, tol=1e-8, max_iter=5000)
    source = adapter.fit_transform(Xs, X_target=Xt) / adapter.scale_
    target = adapter.transform(Xt) / adapter.scale_
    W, H = np.vstack([source, target]), adapter.atoms_
    X = scaled(adapter, np.vstack([Xs, Xt]))
    gap = source.mean(axis=0) - target.mean(axis=0)
    value = np.sum((X - W @ H) ** 2) / 100 + lam * gap @ gap
    assert value == pytest.approx(adapter.loss_curve_[-1], rel=1e-3)
    assert value <= adapter.loss_curve_[-1] * (1 + 1e-9)
    # stationary in the codes of both domains together: new rows are coded as training rows were
    e = np.concatenate([np.full(60, 1 / 60), np.full(40, -1 / 40)])
    slope = (W @ H - X) @ H.T + lam * 100 * np.outer(e, gap)
    assert_allclose(gap, adapter.gap_, atol=1e-6)
    assert slope.min() > -1e-5
    assert_allclose(slope * W, 0, atol=1e-5)


@pytest.mark.oracle("TransferNMF")
def test_without_transfer_it_fits_as_well_as_scikit_learn():
    Xs, Xt = domains(60, 40, 12)
    adapter = TransferNMF(4, lam=0.0, tol=1e-7, max_iter=5000).fit(Xs, X_target=Xt)
    X = scaled(adapter, np.vstack([Xs, Xt]))
    reference = NMF(4, init="nndsvd", max_iter=5000, tol=1e-6).fit(X)
    assert adapter.loss_curve_[-1] * 100 <= 1.02 * reference.reconstruction_err_**2
    expected = np.array([nnls(adapter.atoms_.T, x)[0] for x in X])
    assert_allclose(adapter.transform(Xt), adapter.scale_ * expected[60:], atol=1e-8)
    assert_allclose(adapter.transform_source(Xs), adapter.scale_ * expected[:60], atol=1e-8)


def test_loss_never_rises():
    Xs, Xt = domains(60, 40, 12)
    for lam in (0.0, 1.0, 1000.0):
        adapter = TransferNMF(5, lam=lam).fit(Xs, X_target=Xt)
        assert len(adapter.loss_curve_) == adapter.n_iter_ + 1 > 5
        assert (np.diff(adapter.loss_curve_) <= 1e-12).all()


def test_mean_codes_meet_as_the_weight_grows():
    Xs, Xt = domains(60, 40, 12)
    gaps, errors = [], []
    for lam in (0.0, 1.0, 1e4):
        adapter = TransferNMF(5, lam=lam, tol=1e-6, max_iter=5000)
        source = adapter.fit_transform(Xs, X_target=Xt)
        gaps.append(np.linalg.norm(source.mean(axis=0) - adapter.transform(Xt).mean(axis=0)))
        errors.append(adapter.loss_curve_[-1] - lam * adapter.gap_ @ adapter.gap_)
    assert gaps[0] > 2 * gaps[1] > 100 * gaps[2]
    assert errors[0] < errors[2]


def test_atoms_have_length_one_and_codes_variance_one_on_average():
    Xs, Xt = domains(60, 40, 12)
    adapter = TransferNMF(5, tol=1e-7, max_iter=5000)
    codes = np.vstack([adapter.fit_transform(Xs, X_target=Xt), adapter.transform(Xt)])
    assert_allclose(np.linalg.norm(adapter.atoms_, axis=1), 1)
    assert codes.min() >= 0
    assert codes.var(axis=0).mean() == pytest.approx(1, abs=1e-6)


def test_units_of_the_features_do_not_matter():
    Xs, Xt = domains(60, 40, 12)
    expected = TransferNMF(5).fit_transform(Xs, X_target=Xt)
    units, offsets = 10.0 ** rng.integers(-3, 4, size=12), rng.normal(size=12)
    out = TransferNMF(5).fit_transform(Xs * units + offsets, X_target=Xt * units + offsets)
    assert_allclose(out, expected, atol=1e-6)


def test_new_values_below_the_range_are_zero_and_above_it_stay():
    Xs, Xt = domains(60, 40, 12)
    adapter = TransferNMF(5).fit(Xs, X_target=Xt)
    low, high = adapter.minimum_ - 7, adapter.minimum_ + 3 * adapter.range_
    assert_allclose(adapter.transform([low]), adapter.transform([adapter.minimum_]), atol=1e-12)
    assert adapter.transform([high]).sum() > adapter.transform([high - adapter.range_]).sum()


def test_without_a_target_both_views_are_equal():
    Xs, _ = domains(60, 40, 12)
    adapter = TransferNMF(5)
    assert_allclose(adapter.fit_transform(Xs), adapter.transform(Xs))
    assert_allclose(adapter.gap_, 0)


def test_rank_cuts_the_atoms():
    Xs, Xt = domains(4, 3, 12)
    assert TransferNMF(30).fit_transform(Xs, X_target=Xt).shape == (4, 7)


def test_too_few_sweeps_warn():
    Xs, Xt = domains(60, 40, 12)
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter=2 sweeps. Increase"):
        adapter = TransferNMF(5, max_iter=2).fit(Xs, X_target=Xt)
    assert adapter.n_iter_ == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"max_iter": 2.5}, "max_iter must be an integer >= 1"),
        ({"lam": -1}, "lam must be a finite number >= 0"),
        ({"tol": np.inf}, "tol must be a finite number >= 0"),
    ],
)
def test_bad_parameters(parameters, message):
    Xs, Xt = domains(10, 8, 3)
    with pytest.raises(ValueError, match=message):
        TransferNMF(**parameters).fit(Xs, X_target=Xt)


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="All rows are equal"):
        TransferNMF().fit(np.ones((4, 3)), X_target=np.ones((3, 3)))
