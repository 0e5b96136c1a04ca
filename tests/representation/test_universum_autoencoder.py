import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer import DenoisingAutoencoder, UniversumAutoencoder
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SETTINGS = {"n_hidden": 12, "max_iter": 60, "random_state": 0}


def corpora(**changes):
    return make_shifted_corpora(120, 90, 10, random_state=0, **changes)


def fitted(data, X_target="its own", **changes):
    X_target = data.X_target if isinstance(X_target, str) else X_target
    model = UniversumAutoencoder(**{**SETTINGS, **changes})
    return model.fit(data.X_source, data.y_source, X_target=X_target)


@pytest.mark.oracle("UniversumAutoencoder")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("universum", [0.0, 1.0])
def test_without_the_hinge_it_is_an_autoencoder_bit_for_bit(tied, universum):
    data = corpora()
    model = fitted(data, hinge=0.0, universum=universum, epsilon=0.0, tied=tied)
    plain = DenoisingAutoencoder(**SETTINGS, tied=tied)
    plain.fit(data.X_source, X_target=data.X_target)
    assert_array_equal(model.transform(data.X_target), plain.transform(data.X_target))
    assert [model.validation_curve_] == plain.validation_curves_
    assert not hasattr(model, "predict")
    assert not hasattr(model, "decision_function")


def test_without_the_universum_the_target_is_only_restored():
    data = corpora()
    without, other = (fitted(data, universum=0.0, epsilon=epsilon) for epsilon in (0.1, 5.0))
    assert_array_equal(without.coef_, other.coef_)  # epsilon is of no consequence
    far = fitted(data, universum=1.0, epsilon=1e6)  # nor is a universum that costs nothing
    assert_array_equal(without.coef_, far.coef_)
    assert not np.array_equal(without.coef_, fitted(data, universum=1.0).coef_)


def test_without_target_there_is_no_universum():
    data = corpora()
    first, second = (fitted(data, None, universum=u, max_iter=400) for u in (0.0, 1.0))
    assert_array_equal(first.coef_, second.coef_)
    assert_allclose(first.layer_.scale.center, data.X_source.mean(axis=0))
    assert first.score(data.X_source, data.y_source) > 0.7


def test_the_universum_makes_the_target_undecided():
    data = corpora()
    sizes = [
        np.abs(fitted(data, universum=universum, max_iter=300).decision_function(data.X_target))
        for universum in (0.0, 0.3, 10.0)
    ]
    medians = [np.median(size) for size in sizes]
    assert medians[0] > medians[1] > medians[2]
    assert medians[2] < 0.2


def test_directions_of_the_target_alone_decide_less():
    # in the target the second feature, which helps to tell the classes of the source apart as the
    # first does, means something else
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    X = rng.normal(size=(300, 4))
    X[:, :2] += 1.5 * (2 * y[:, None] - 1)
    X_target = rng.normal(size=(250, 4))
    X_target[:, 1] *= 4
    slopes = []
    for universum in (0.0, 1.0):
        model = UniversumAutoencoder(
            n_hidden=8, universum=universum, activation="identity", max_iter=300, random_state=0
        ).fit(X, y, X_target=X_target)
        slope = model.layer_.encoder.weights @ model.coef_[0] / model.layer_.scale.scale
        slopes.append(slope[1] / slope[0])
    assert slopes[0] > 0.25
    assert slopes[1] < 0.5 * slopes[0]


def test_the_code_tells_classes_apart():
    data = corpora(shift="none", separation=1.5)
    ratios = []
    for hinge in (0.0, 1.0):
        codes = fitted(data, hinge=hinge, n_hidden=4, max_iter=300).transform(data.X_source)
        means = [codes[data.y_source == label].mean(axis=0) for label in set(data.y_source)]
        ratios.append(np.var(means, axis=0).sum() / codes.var(axis=0).sum())
    assert ratios[1] > 1.3 * ratios[0]


@pytest.mark.parametrize("n_classes", [2, 4])
def test_decisions_are_linear_in_the_code(n_classes):
    data = corpora()
    chosen = np.isin(data.y_source, np.unique(data.y_source)[:n_classes])
    model = UniversumAutoencoder(**SETTINGS)
    model.fit(data.X_source[chosen], data.y_source[chosen], X_target=data.X_target)
    values = model.decision_function(data.X_target)
    expected = model.transform(data.X_target) @ model.coef_.T + model.intercept_
    assert values.shape == ((90,) if n_classes == 2 else (90, 4))
    assert_allclose(values, expected[:, 0] if n_classes == 2 else expected, atol=1e-5)
    best = (values > 0).astype(int) if n_classes == 2 else values.argmax(axis=1)
    assert_array_equal(model.predict(data.X_target), model.classes_[best])


@pytest.mark.parametrize("class_weight", [None, "balanced", {"class0": 100.0}])
def test_class_weights(class_weight):
    data = corpora(shift="none")
    kept = (data.y_source != "class0") | (np.cumsum(data.y_source == "class0") <= 4)
    X, y = data.X_source[kept], data.y_source[kept]
    model = UniversumAutoencoder(**{**SETTINGS, "max_iter": 300}, class_weight=class_weight)
    share = np.mean(model.fit(X, y).predict(data.X_target) == "class0")
    low, high = {"None": (0, 0.05), "balanced": (0.05, 0.6)}.get(str(class_weight), (0.5, 1))
    assert low <= share <= high


def test_one_class_is_refused():
    data = corpora()
    with pytest.raises(
        ValueError, match=r"y must have at least two classes, got one class: \['a'\]"
    ):
        UniversumAutoencoder().fit(data.X_source, ["a"] * 120)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_hidden", 0, "n_hidden must be an integer >= 1, got 0"),
        ("hinge", -1.0, "hinge must be a number >= 0, got -1.0"),
        ("universum", np.nan, "universum must be a number >= 0, got nan"),
        ("epsilon", -0.1, "epsilon must be a number >= 0, got -0.1"),
        ("head_alpha", "none", "head_alpha must be a number >= 0, got 'none'"),
        ("class_weight", "even", "class_weight must be 'balanced', None or a dict"),
        ("corruption", "salt", "corruption must be a callable or one of"),
        ("noise", 1.0, "noise must be a number >= 0 and < 1, got 1.0"),
        ("activation", "elu", "activation must be one of"),
        ("tol", -1.0, "tol must be a number"),
    ],
)
def test_bad_parameters(name, value, message):
    with pytest.raises(ValueError, match=message):
        fitted(corpora(), **{name: value})
