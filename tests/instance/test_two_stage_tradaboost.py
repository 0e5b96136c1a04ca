import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import sem
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import AdaBoostRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import Bunch

import featuretransfer as ft
from featuretransfer import TwoStageTrAdaBoostR2

TREE = DecisionTreeRegressor(max_depth=2, random_state=0)


def corpora(seed=0, n_source=100, n_target=60, n_rated=20, n_features=4):
    """Ratings by one law, which half of the source contradicts, and some target ratings."""
    rng = np.random.default_rng(seed)
    X, XT = rng.normal(size=(n_source, n_features)), rng.normal(size=(n_target, n_features))
    law = rng.normal(size=n_features)
    y = np.tanh(X @ law) + 0.3 * rng.normal(size=n_source)
    y[::2] *= -1
    yt = np.tanh(XT @ law) + 0.3 * rng.normal(size=n_target)
    known = np.where(np.arange(n_target) < n_rated, yt, np.nan)
    return Bunch(X=X, y=y, XT=XT, yt=yt, known=known, n_rated=n_rated)


def fit(data, *arguments, **parameters):
    model = TwoStageTrAdaBoostR2(*arguments, **parameters)
    return model.fit(data.X, data.y, X_target=data.XT, y_target=data.known)


def reference_steps(base, X, y, X_rated, y_rated, n_steps, n_rounds):
    """Algorithm 3 step by step: weights of the source and a prediction function of each model."""
    n, m = len(X), len(X_rated)
    rows, labels = np.vstack([X, X_rated]), np.concatenate([y, y_rated])
    w = np.full(n + m, 1 / (n + m))
    for t in range(1, n_steps + 1):
        yield w[:n] * (n + m), reference_r2(base, rows, labels, w, n, n_rounds)
        if t == n_steps:
            return
        h = clone(base).fit(rows, labels, sample_weight=w * (n + m))
        e = np.abs(h.predict(rows) - labels)
        e = e[:n] / e.max()
        mass = m / (n + m) + t / (n_steps - 1) * (1 - m / (n + m))
        low, high = 0.0, 1.0
        for _ in range(2000):
            beta = (low + high) / 2
            small = w[n:].sum() / (w[n:].sum() + (w[:n] * beta**e).sum()) < mass
            low, high = (low, beta) if small else (beta, high)
        source = w[:n] * beta**e if t < n_steps - 1 else np.zeros(n)
        w = np.concatenate([source, w[n:]])
        w /= w.sum()


def reference_r2(base, rows, labels, w, n, n_rounds):
    w, models, votes = w.copy(), [], []
    for _ in range(n_rounds):
        h = clone(base).fit(rows, labels, sample_weight=w * len(w))
        e = np.abs(h.predict(rows) - labels)
        e = e / e[w > 0].max()
        eps = (w * e).sum()
        if eps >= 0.5:
            if not models:
                return h.predict
            break
        beta = eps / (1 - eps)
        models.append(h)
        votes.append(np.log(1 / beta))
        total, raised = w[n:].sum(), w[n:] * beta ** (1 - e[n:])
        w[n:] = raised * total / raised.sum()

    def predict(X):
        values, out = np.array([h.predict(X) for h in models]).T, []
        for row in values:
            order = np.argsort(row)
            reached = np.cumsum(np.array(votes)[order]) >= sum(votes) / 2
            out.append(row[order][np.flatnonzero(reached)[0]])
        return np.array(out)

    return predict


def rated(data):
    return data.XT[: data.n_rated], data.yt[: data.n_rated]


@pytest.mark.oracle("TwoStageTrAdaBoostR2")
@pytest.mark.parametrize(
    "base", [TREE, LinearRegression(), Ridge()], ids=lambda b: type(b).__name__
)
@pytest.mark.parametrize("n_steps", [2, 5])
def test_trajectory_of_the_algorithm(base, n_steps):
    data = corpora()
    model = fit(data, base, n_estimators=4, n_steps=n_steps)
    steps = list(reference_steps(base, data.X, data.y, *rated(data), n_steps, 4))
    assert_allclose(model.sample_weights_, [w for w, _ in steps], rtol=1e-6, atol=1e-9)
    assert_allclose(model.predict(data.XT), steps[model.step_][1](data.XT))


@pytest.mark.oracle("TwoStageTrAdaBoostR2")
def test_cross_validation_holds_rows_out_of_both_stages():
    data = corpora()
    model = fit(data, LinearRegression(), n_estimators=3, n_steps=4, cv=5)
    X, y = rated(data)
    squares, ranks = np.zeros(4), np.argsort(np.argsort(y))
    for fold in range(5):
        out = ranks % 5 == fold
        steps = reference_steps(LinearRegression(), data.X, data.y, X[~out], y[~out], 4, 3)
        for step, (_, predict) in enumerate(steps):
            squares[step] += ((predict(X[out]) - y[out]) ** 2).sum()
    assert_allclose(model.cv_errors_, squares / 20, rtol=1e-6)
    assert model.step_ == np.argmin(squares)


def test_masses_are_met():
    data = corpora()
    model = fit(data, n_steps=7)
    start = 20 / 120
    assert_allclose(model.target_masses_, start + np.arange(7) / 6 * (1 - start))
    shares = 1 - model.sample_weights_.sum(axis=1) / 120
    assert_allclose(shares, model.target_masses_, atol=1e-10)
    assert_array_equal(model.sample_weights_[0], np.ones(100))
    assert_array_equal(model.sample_weights_[-1], np.zeros(100))


def test_effective_sample_size_is_that_of_the_chosen_step():
    data = corpora(n_rated=20)
    assert TwoStageTrAdaBoostR2().fit(data.X, data.y).effective_sample_size_ == 100
    model = fit(data, n_steps=4)
    source = model.sample_weights_[model.step_]
    target = (120 - source.sum()) / 20
    expected = 120**2 / (source @ source + 20 * target**2)
    assert model.effective_sample_size_ == pytest.approx(expected)
    assert model.step_ > 0
    assert model.effective_sample_size_ < 120


def test_source_rows_with_larger_errors_lose_more():
    data = corpora()
    model = fit(data, LinearRegression(), n_steps=4)
    rows, labels = np.vstack([data.X, rated(data)[0]]), np.concatenate([data.y, rated(data)[1]])
    h = LinearRegression().fit(rows, labels)
    errors = np.abs(h.predict(data.X) - data.y)
    assert np.all(np.diff(model.sample_weights_[1][np.argsort(errors)]) <= 0)
    against_the_law = np.arange(100) % 2 == 0
    last = model.sample_weights_[-2]
    assert last[against_the_law].mean() < 0.5 * last[~against_the_law].mean()


def test_last_step_knows_the_target_only():
    data = corpora(n_rated=30)
    data.y[:] = 100.0  # of no use whatever
    data.y[::3] = -100.0
    model = fit(data, LinearRegression())
    assert model.step_ == 9
    one, values = (
        reference_r2(LinearRegression(), *rated(data), np.full(30, 1 / 30), 0, 10),
        model.predict(data.XT),
    )
    assert_allclose(values, one(data.XT))


def test_source_that_is_the_target_is_kept():
    """Nothing to unlearn, so an early step with all its rows does best on the mean."""
    steps = []
    for seed in range(8):
        data = corpora(seed)
        data.y[::2] *= -1  # all rows follow the law
        steps.append(fit(data, n_estimators=2).step_)
    assert np.mean(steps) < 4.5


def test_predictions_lie_between_those_of_the_regressors():
    data = corpora()
    model = fit(data, TREE)
    values = np.array([e.predict(data.XT) for e in model.estimators_])
    predicted = model.predict(data.XT)
    assert len(values) > 1
    assert np.all(predicted >= values.min(axis=0))
    assert np.all(predicted <= values.max(axis=0))
    assert np.all((values == predicted).any(axis=0))
    assert_allclose(model.estimator_weights_.sum(), 1)


def test_few_ratings_help_beyond_each_domain_alone_and_both_pooled():
    """By two standard errors of the mean over eight draws; a third of the source contradicts."""
    gains = []
    for seed in range(8):
        data = corpora(seed, n_source=200, n_target=150, n_features=6)
        data.y[::2] *= -1
        data.y[::3] *= -1
        pool = np.vstack([data.X, rated(data)[0]]), np.append(data.y, rated(data)[1])
        models = [fit(data, n_estimators=5)]
        models += [Ridge().fit(*rows) for rows in ((data.X, data.y), rated(data), pool)]
        errors = [np.mean((m.predict(data.XT[20:]) - data.yt[20:]) ** 2) for m in models]
        gains.append([error - errors[0] for error in errors[1:]])
    assert np.all(np.mean(gains, axis=0) > 2 * sem(gains, axis=0))


@pytest.mark.parametrize("base", [None, TREE])
def test_without_rated_target_rows_it_is_the_estimator_on_the_source(base):
    data = corpora()
    expected = clone(base or Ridge()).fit(data.X, data.y).predict(data.XT)
    model = TwoStageTrAdaBoostR2(base).fit(data.X, data.y)
    assert_array_equal(model.predict(data.XT), expected)
    assert model.step_ is None
    assert np.isnan(model.cv_errors_).all()
    assert_array_equal(model.sample_weights_, np.ones((1, 100)))
    with pytest.warns(UserWarning, match="none of the rows of X_target has a label"):
        again = TwoStageTrAdaBoostR2(base).fit(data.X, data.y, X_target=data.XT)
    assert_array_equal(again.predict(data.XT), expected)
    data.known[:] = np.nan
    with pytest.warns(UserWarning, match="TwoStageTrAdaBoostR2 learns from labelled target rows"):
        assert_array_equal(fit(data, base).predict(data.XT), expected)


def test_unrated_rows_are_ignored_and_missing_is_none_or_nan():
    data = corpora()
    expected = fit(data, TREE).predict(data.XT)
    rest, data.XT = data.XT, data.XT[:20]
    data.known = data.known[:20]
    assert_array_equal(fit(data, TREE).predict(rest), expected)
    data.XT, data.known = rest, [*data.known, *[None] * 39, np.nan]
    assert_array_equal(fit(data, TREE).predict(rest), expected)


def test_single_rated_row_warns_and_two_can_be_held_out():
    data = corpora(n_rated=1)
    with pytest.warns(UserWarning, match="y_target rates a single row, which can't be held out"):
        model = fit(data)
    assert model.step_ == 0
    assert np.isnan(model.cv_errors_).all()
    assert np.isfinite(fit(corpora(n_rated=2)).cv_errors_).all()


def test_a_single_step_leaves_nothing_to_choose():
    data = corpora()
    model = fit(data, LinearRegression(), n_steps=1)
    assert model.step_ == 0
    assert np.isnan(model.cv_errors_).all()
    rows, labels = np.vstack([data.X, rated(data)[0]]), np.concatenate([data.y, rated(data)[1]])
    expected = reference_r2(LinearRegression(), rows, labels, np.full(120, 1 / 120), 100, 10)
    assert_allclose(model.predict(data.XT), expected(data.XT))


def test_order_of_the_rows_does_not_matter_to_the_last_bit():
    data = corpora()
    data.X[50:] = data.X[:50]
    model = fit(data)
    rng = np.random.default_rng(0)
    source, target, rows = rng.permutation(100), rng.permutation(60), data.XT
    data.X, data.y = data.X[source], data.y[source]
    data.XT, data.known = data.XT[target], data.known[target]
    other = fit(data)
    assert_array_equal(other.predict(rows), model.predict(rows))
    assert_array_equal(other.sample_weights_, model.sample_weights_[:, source])
    assert_array_equal(other.cv_errors_, model.cv_errors_)


def test_ratings_may_be_integers_and_new():
    data = corpora()
    data.y = np.round(3 * data.y).astype(int)
    data.known = [int(round(3 * v)) + 20 if v == v else None for v in data.known]
    assert fit(data).predict(data.XT).mean() > 10


def test_nested_regressors():
    data = corpora()
    scaled = fit(data, make_pipeline(StandardScaler(), LinearRegression()), n_steps=3)
    assert_allclose(
        scaled.predict(data.XT), fit(data, LinearRegression(), n_steps=3).predict(data.XT)
    )
    warped = TransformedTargetRegressor(TREE, func=np.arcsinh, inverse_func=np.sinh)
    assert np.isfinite(fit(data, warped, n_steps=3).predict(data.XT)).all()


def test_in_a_grid_search_within_a_pipeline():
    data = corpora()
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            ft.make_pipeline(ft.CorpusScaler(), TwoStageTrAdaBoostR2(n_steps=3)),
            {"twostagetradaboostr2__n_estimators": [1, 3]},
            cv=KFold(2),
            scoring=ft.selection.source_scorer("r2"),
            error_score="raise",
        ).fit(data.X, data.y, X_target=(data.XT,), y_target=(data.known,))
    assert search.best_estimator_[-1].step_ is not None


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LogisticRegression(), TypeError, "estimator must be None or a regressor instance, got"),
        (Ridge, TypeError, "estimator must be None or a regressor instance"),
        (KNeighborsRegressor(), ValueError, "TwoStageTrAdaBoostR2 cannot weight KNeighborsRegress"),
        (AdaBoostRegressor(), ValueError, "AdaBoostRegressor: it draws its rows"),
        (ft.make_pipeline(ft.CORAL(), Ridge()), ValueError, "inside TwoStageTrAdaBoostR2 uses X_t"),
    ],
)
def test_estimators_that_are_refused(estimator, error, message):
    with pytest.raises(error, match=message):
        fit(corpora(), estimator)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_estimators": 0}, "n_estimators must be an integer >= 1, got 0"),
        ({"n_steps": 1.5}, "n_steps must be an integer >= 1, got 1.5"),
        ({"cv": 1}, "cv must be an integer >= 2, got 1"),
    ],
)
def test_invalid_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(corpora(), **parameters)


def test_labels_that_are_no_ratings_are_refused():
    data = corpora()
    with pytest.raises(ValueError, match="y must hold numbers, such as ratings of arousal"):
        TwoStageTrAdaBoostR2().fit(data.X, np.array(["high"] * 100))
    with pytest.raises(ValueError, match="Input y contains NaN"):
        TwoStageTrAdaBoostR2().fit(data.X, np.full(100, np.nan))
    data.known = data.known.astype(object)
    data.known[0] = "high"
    with pytest.raises(ValueError, match="y_target must hold numbers, such as ratings of arousal"):
        fit(data)
    data.known[0] = np.inf
    with pytest.raises(ValueError, match="Input y_target contains infinity"):
        fit(data)
