import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import DictionaryLearning
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso

from featuretransfer import SelfTaughtFeatures
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(80, 60, 12, random_state=0)


def planted(n_rows, rng, n_atoms=8, n_features=20):
    atoms = rng.normal(size=(n_atoms, n_features))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = rng.normal(scale=5, size=(n_rows, n_atoms)) * (rng.random((n_rows, n_atoms)) < 0.25)
    return codes @ atoms + 0.01 * rng.normal(size=(n_rows, n_features)), atoms


@pytest.mark.oracle("SelfTaughtFeatures")
@pytest.mark.parametrize("n_components", [8, 40])
def test_codes_are_the_minima_of_the_lasso_on_the_atoms(n_components):
    taught = SelfTaughtFeatures(n_components, alpha=0.7)
    codes = taught.fit(DATA.X_source, X_target=DATA.X_target).transform(DATA.X_target)
    rows = (DATA.X_target - taught.mean_) / taught.scale_
    for row, code in zip(rows, codes):
        lasso = Lasso(0.7 / 12, fit_intercept=False, tol=1e-14, max_iter=1_000_000)
        lasso.fit(taught.components_.T, row)
        assert_allclose(code, lasso.coef_, atol=1e-6)
    assert np.all(np.linalg.norm(taught.components_, axis=1) < 1 + 1e-9)


@pytest.mark.oracle("SelfTaughtFeatures")
def test_planted_atoms_are_found():
    X, atoms = planted(1000, np.random.default_rng(0))
    taught = SelfTaughtFeatures(8, alpha=0.1, tol=1e-7, max_iter=2000).fit(X)
    found = taught.components_ * taught.scale_
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    assert np.all(np.abs(found @ atoms.T).max(axis=0) > 0.98)


def test_the_objective_is_no_worse_than_that_of_scikit_learn():
    taught = SelfTaughtFeatures(20, tol=1e-7, max_iter=2000).fit(DATA.X_source)
    X = (DATA.X_source - taught.mean_) / taught.scale_
    codes = taught.transform(DATA.X_source)
    value = np.sum((X - codes @ taught.components_) ** 2) / 2 + 1.2 * np.abs(codes).sum()
    assert value <= taught.loss_curve_[-1] * len(X) * (1 + 1e-12)
    assert value == pytest.approx(taught.loss_curve_[-1] * len(X), rel=1e-3)
    reference = DictionaryLearning(
        20, alpha=1.2, max_iter=300, tol=1e-8, fit_algorithm="cd", random_state=0
    ).fit(X)
    assert value <= 1.01 * reference.error_[-1]


@pytest.mark.parametrize("n_components", [5, 20, 100])
def test_loss_never_rises(n_components):
    taught = SelfTaughtFeatures(n_components).fit(DATA.X_source)
    assert len(taught.loss_curve_) == taught.n_iter_ + 1 > 5
    assert (np.diff(taught.loss_curve_) < 0).all()


def test_rows_of_the_dictionary_are_chosen():
    def fit(bases_from, **target):
        taught = SelfTaughtFeatures(5, bases_from=bases_from)
        return taught.fit(DATA.X_source, **target).components_

    source = fit("source", X_target=DATA.X_target)
    assert_array_equal(source, fit("source"))
    assert_array_equal(source, fit("both"))
    assert_array_equal(source, fit("target"))
    target = SelfTaughtFeatures(5).fit(DATA.X_target).components_
    assert_array_equal(target, fit("target", X_target=DATA.X_target))
    both = SelfTaughtFeatures(5).fit(DATA.X_source, X_target=DATA.X_target).components_
    assert_array_equal(both, fit("both", X_target=DATA.X_target))
    assert np.abs(both - source).max() > 0.01


def test_the_penalty_decides_how_many_atoms_describe_a_row():
    used = [
        np.mean(SelfTaughtFeatures(20, a).fit_transform(DATA.X_source) != 0)
        for a in (0.1, 1.2, 4.0)
    ]
    assert used[0] > used[1] > used[2] > 0


def test_a_penalty_that_no_row_is_worth_leaves_no_codes():
    assert not SelfTaughtFeatures(20, 1e3).fit_transform(DATA.X_source).any()


def test_there_are_no_more_atoms_than_distinct_rows():
    X = np.concatenate([DATA.X_source[:7]] * 3)
    taught = SelfTaughtFeatures().fit(X)
    assert taught.components_.shape == (7, 12)
    assert taught.transform(X).shape == (21, taught.n_components_)


def test_too_few_steps_warn():
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter=2 steps. Increase"):
        taught = SelfTaughtFeatures(5, max_iter=2).fit(DATA.X_source)
    assert taught.n_iter_ == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_components", 0, "n_components must be an integer >= 1, got 0"),
        ("max_iter", 1.5, "max_iter must be an integer >= 1, got 1.5"),
        ("alpha", 0.0, "alpha must be a number > 0, got 0.0"),
        ("tol", None, "tol must be a number >= 0, got None"),
        (
            "bases_from",
            "all",
            r"bases_from must be one of \['both', 'source', 'target'\], got 'all'",
        ),
    ],
)
def test_bad_parameters(name, value, message):
    with pytest.raises(ValueError, match=message):
        SelfTaughtFeatures(**{name: value}).fit(DATA.X_source)


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="All rows are equal"):
        SelfTaughtFeatures().fit(np.ones((4, 3)))
