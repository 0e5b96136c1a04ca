import warnings

import numpy as np
import ot
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.exceptions import ConvergenceWarning

from featuretransfer import LinearOptimalTransport, OptimalTransport
from featuretransfer.synthetic import make_shifted_corpora

rng = np.random.default_rng(0)


def domains(n_source=30, n_target=25, d=4):
    return rng.normal(size=(n_source, d)), 2 * rng.normal(size=(n_target, d)) + 3


@pytest.mark.oracle("OptimalTransport")
@pytest.mark.parametrize("reg", [0.02, 0.1, 1.0])
def test_plan_and_map_are_those_of_the_definition(reg):
    Xs, Xt = domains()
    transport = OptimalTransport(reg=reg, tol=1e-10).fit(Xs, X_target=Xt)
    costs = cdist(Xs, Xt, "sqeuclidean")
    assert transport.cost_scale_ == pytest.approx(np.median(costs))
    a, b = np.full(30, 1 / 30), np.full(25, 1 / 25)
    scaled = costs / np.median(costs)
    plan = ot.bregman.sinkhorn_log(a, b, scaled, reg, numItermax=100_000, stopThr=1e-13)
    assert_allclose(transport.plan_, plan, atol=1e-10)
    assert transport.cost_ == pytest.approx(np.sum(plan * costs))
    mapped = transport.transform_source(Xs)
    assert_allclose(mapped, 30 * plan @ Xt, atol=1e-7)
    assert_allclose(mapped.mean(axis=0), Xt.mean(axis=0), atol=1e-7)
    assert transport.spread_ == pytest.approx(mapped.var(axis=0).sum() / Xt.var(axis=0).sum())


def test_equals_the_adapter_of_pot_on_old_and_new_rows():
    Xs, Xt = domains()
    transport = OptimalTransport(reg=0.1, cost_scale="max", tol=1e-10).fit(Xs, X_target=Xt)
    peer = ot.da.SinkhornTransport(
        reg_e=0.1,
        norm="max",
        method="sinkhorn_log",
        max_iter=100_000,
        tol=1e-12,
        out_of_sample_map="ferradans",
    )
    peer.fit(Xs=Xs, Xt=Xt)
    assert_allclose(transport.transform_source(Xs), peer.transform(Xs), atol=1e-7)
    new = domains()[0]
    assert_allclose(transport.transform_source(new), peer.transform(new), atol=1e-7)


def test_new_rows_move_like_the_nearest():
    Xs, Xt = domains()
    transport = OptimalTransport().fit(Xs, X_target=Xt)
    mapped = transport.transform_source(Xs)
    new = domains()[0]
    nearest = cdist(new, Xs).argmin(axis=1)
    assert_allclose(transport.transform_source(new), new + (mapped - Xs)[nearest])
    assert_array_equal(transport.transform(new), new)


def test_small_reg_is_the_best_assignment():
    Xs, Xt = domains(12, 12)
    transport = OptimalTransport(reg=0.005, max_iter=100_000).fit(Xs, X_target=(Xt,))
    costs = cdist(Xs, Xt, "sqeuclidean")
    rows, columns = linear_sum_assignment(costs)
    assert_array_equal(transport.plan_.argmax(axis=1)[rows], columns)
    assert transport.cost_ == pytest.approx(costs[rows, columns].mean(), rel=0.01)


def test_in_one_dimension_ranks_are_kept():
    Xs, Xt = rng.normal(size=(20, 1)), rng.exponential(size=(20, 1))
    transport = OptimalTransport(reg=1e-4, max_iter=300_000, tol=1e-4)
    mapped = transport.fit_transform(Xs, X_target=(Xt,))
    assert_allclose(np.sort(mapped, axis=0), np.sort(Xt, axis=0), atol=0.02)
    assert_array_equal(np.argsort(mapped[:, 0]), np.argsort(Xs[:, 0]))


def test_between_gaussian_samples_it_is_nearly_the_linear_map():
    Xs = rng.normal(size=(600, 2))
    Xt = rng.normal(size=(600, 2)) @ [[2.0, 0.5], [0.5, 1.0]] + 4
    rows = OptimalTransport(reg=0.01).fit_transform(Xs, X_target=(Xt,))
    linear = LinearOptimalTransport(reg=0.0).fit_transform(Xs, X_target=(Xt,))
    assert np.mean((rows - linear) ** 2) < 0.02 * Xt.var(axis=0).sum()


def classes_apart(transport, y):
    """Mean over target rows of the largest share of their mass that is of one class."""
    mass = np.array([transport.plan_[y == label].sum(axis=0) for label in np.unique(y)])
    return (mass.max(axis=0) / mass.sum(axis=0)).mean()


def test_class_term_keeps_the_classes_of_target_rows_apart():
    data = make_shifted_corpora(80, 60, 6, shift="rotation", random_state=0)
    apart = []
    for strength in (0.0, 0.1, 0.3, 1.0):
        transport = OptimalTransport(reg=0.05, class_reg=strength).fit(
            data.X_source, data.y_source, X_target=data.X_target
        )
        assert_allclose(transport.plan_.sum(axis=1), 1 / 80)
        assert_allclose(transport.plan_.sum(axis=0), 1 / 60, atol=1e-6)
        apart.append(classes_apart(transport, data.y_source))
    assert np.all(np.diff(apart) > 0.005)


def test_one_class_and_a_tiny_class_term_change_nothing():
    Xs, Xt = domains()
    y = np.arange(30) % 3
    plain = OptimalTransport(tol=1e-9).fit(Xs, X_target=Xt)
    tiny = OptimalTransport(class_reg=1e-8, tol=1e-9).fit(Xs, y, X_target=Xt)
    assert_allclose(tiny.plan_, plain.plan_, atol=1e-8)


def test_class_term_needs_labels():
    Xs, Xt = domains()
    with pytest.raises(ValueError, match="OptimalTransport requires y"):
        OptimalTransport(class_reg=0.1).fit(Xs, X_target=Xt)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        OptimalTransport(class_reg=0.1).fit(Xs, np.arange(29) % 2, X_target=Xt)
    OptimalTransport(class_reg=0.1).fit(Xs)  # nothing to adapt to


def test_equal_rows_move_alike_whatever_their_order_and_labels():
    Xs, Xt = domains()
    Xs[20:] = Xs[:10]
    y = rng.integers(0, 2, size=30)
    first = OptimalTransport(reg=0.02, class_reg=0.3).fit(Xs, y, X_target=Xt)
    mapped = first.transform_source(Xs)
    assert_array_equal(mapped[20:], mapped[:10])
    assert_allclose(mapped.mean(axis=0), Xt.mean(axis=0), atol=1e-5)
    order = rng.permutation(30)
    second = OptimalTransport(reg=0.02, class_reg=0.3).fit(Xs[order], y[order], X_target=Xt)
    assert_allclose(second.transform_source(Xs), mapped, atol=1e-5)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", lambda a, b: np.abs(a - b).max()])
def test_other_metrics(metric):
    Xs, Xt = domains(15, 12)
    transport = OptimalTransport(metric=metric).fit(Xs, X_target=Xt)
    costs = cdist(Xs, Xt, metric)
    assert transport.cost_ == pytest.approx(np.sum(costs * transport.plan_))
    mapped = transport.transform_source(Xs)
    assert_allclose(mapped, 15 * transport.plan_ @ Xt, atol=1e-10)


def test_units_do_not_matter_unless_costs_stay_as_they_are():
    Xs, Xt = domains()
    plans = {
        scale: [
            OptimalTransport(cost_scale=scale).fit(unit * Xs, X_target=unit * Xt).plan_
            for unit in (1, 3)
        ]
        for scale in ("median", "max", 50.0)
    }
    for scale in ("median", "max"):
        assert_allclose(*plans[scale], atol=1e-7)
    assert np.abs(plans[50.0][0] - plans[50.0][1]).max() > 1e-3
    costs = cdist(Xs, Xt, "sqeuclidean")
    assert OptimalTransport(cost_scale="max").fit(Xs, X_target=Xt).cost_scale_ == pytest.approx(
        costs.max()
    )


def test_landmarks_are_exact_where_there_are_as_many_as_rows():
    Xs, Xt = domains()
    exact = OptimalTransport().fit(Xs, X_target=Xt)
    same = OptimalTransport(landmarks=30).fit(Xs, X_target=Xt)
    assert_array_equal(exact.plan_, same.plan_)


@pytest.mark.parametrize("class_reg", [0.0, 0.1])
def test_the_more_landmarks_the_closer(class_reg):
    data = make_shifted_corpora(400, 300, 3, shift="channel", strength=0.5, random_state=0)
    exact = OptimalTransport(class_reg=class_reg)
    expected = exact.fit_transform(data.X_source, data.y_source, X_target=data.X_target)
    errors = []
    for landmarks in (10, 60, 200):
        transport = OptimalTransport(class_reg=class_reg, landmarks=landmarks)
        mapped = transport.fit_transform(data.X_source, data.y_source, X_target=data.X_target)
        assert max(transport.plan_.shape) <= landmarks
        errors.append(np.mean((mapped - expected) ** 2) / expected.var())
    assert errors[1] < errors[0] / 2
    assert errors[2] < min(errors[1] / 2, 0.02)


def test_target_of_a_single_row_aligns_only_the_means():
    Xs, Xt = domains()
    message = "OptimalTransport aligns only the means: X_target has a single row"
    with pytest.warns(UserWarning, match=message) as caught:
        transport = OptimalTransport().fit(Xs, X_target=Xt[:1])
    assert caught[0].filename == __file__
    assert_allclose(transport.transform_source(Xs), Xs - Xs.mean(axis=0) + Xt[0])


def test_equal_rows_everywhere_cost_nothing_to_scale_by():
    Xs = np.ones((5, 2))
    adapted = OptimalTransport().fit_transform(Xs, X_target=np.full((4, 2), 1.0))
    assert_allclose(adapted, Xs)


def test_too_much_regularisation_is_told():
    Xs, Xt = domains()
    with pytest.warns(UserWarning, match="reg=1000.0 moves all source rows to nearly one point"):
        OptimalTransport(reg=1000.0).fit(Xs, X_target=Xt)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        OptimalTransport().fit(Xs, X_target=Xt)


@pytest.mark.parametrize("class_reg", [0.0, 1.0])
def test_iterations_that_do_not_suffice_are_told(class_reg):
    Xs, Xt = domains()
    message = r"not converged after max_iter=2 iterations: .* Increase reg"
    transport = OptimalTransport(reg=1e-3, class_reg=class_reg, max_iter=2)
    with pytest.warns(ConvergenceWarning, match=message) as caught:
        transport.fit(Xs, np.arange(30) % 2, X_target=Xt)
    assert caught[0].filename == __file__
    assert transport.n_iter_ == 2
    assert transport.error_ > 1e-3
    assert np.isfinite(transport.transform_source(Xs)).all()


def test_without_target_nothing_changes():
    Xs, _ = domains()
    transport = OptimalTransport().fit(Xs)
    assert_array_equal(transport.transform_source(Xs), Xs)
    assert transport.plan_ is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("reg", 0.0, "reg must be a number > 0, got 0.0"),
        ("reg", np.nan, "reg must be a number > 0"),
        ("reg", True, "reg must be a number > 0"),
        ("class_reg", -1.0, "class_reg must be a number >= 0, got -1.0"),
        ("tol", 0, "tol must be a number > 0"),
        ("metric", "cosine", "metric must be a callable or one of .'sqeuclidean'"),
        ("cost_scale", "mean", "cost_scale must be one of .'median', 'max'. or a number > 0"),
        ("cost_scale", 0.0, "cost_scale must be one of"),
        ("landmarks", 1, "landmarks must be None or an integer >= 2, got 1"),
        ("max_iter", 0, "max_iter must be an integer >= 1, got 0"),
    ],
)
def test_bad_parameters(name, value, message):
    Xs, Xt = domains(5, 4)
    with pytest.raises(ValueError, match=message):
        OptimalTransport(**{name: value}).fit(Xs, X_target=Xt)
