import pickle

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from scipy.special import softmax
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.svm import SVC, LinearSVC

import featuretransfer as ft
from featuretransfer.exceptions import AmbiguousTargetWarning, LowEffectiveSampleSizeWarning
from featuretransfer.selection import TARGET_SCORERS, make_target_scorer
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(90, 70, 5, shift="covariate", random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
LR = LogisticRegression(max_iter=1000)


def fit(*steps):
    steps = (ft.NoAdaptation(), *steps)  # takes the target whatever else does
    with sklearn.config_context(enable_metadata_routing=True):
        return ft.make_pipeline(*steps).fit(X, Y, X_target=XT)


class Fixed:
    """Predicts what it is given, whatever the rows."""

    def __init__(self, **outputs):
        for name, value in outputs.items():
            setattr(self, name, lambda X, value=value: value[: len(X)])

    def get_params(self, deep=True):
        return {}

    def fit(self, X, y):
        return self


def test_names_and_parameters():
    assert make_target_scorer("iw", n_components=3).n_components == 3
    assert all(type(make_target_scorer(name)) is cls for name, cls in TARGET_SCORERS.items())
    with pytest.raises(ValueError, match=r"must be a callable or one of \['iw', 'entropy'\]"):
        make_target_scorer("dev2")
    with pytest.raises(ValueError, match=r"got \['iw'\]"):
        make_target_scorer(["iw"])
    with pytest.raises(TypeError, match="takes no arguments"):
        make_target_scorer("entropy", n_components=3)


@pytest.mark.parametrize("name", list(TARGET_SCORERS))
def test_clone_pickle_and_score(name):
    scorer, model = make_target_scorer(name), fit(ft.CORAL(), LR)
    value = scorer(model, X, Y, X_target=XT)
    for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
        assert copy(model, X, Y, X_target=XT) == value
    assert scorer.score(model, X, Y, X_target=(XT,)) == value
    assert scorer(model, X, Y, X_target=(XT[:30], XT[30:])) == pytest.approx(value)
    assert isinstance(value, float)


@pytest.mark.parametrize("name", list(TARGET_SCORERS))
def test_target_is_needed_and_its_form_is_checked(name):
    scorer, model = make_target_scorer(name), fit(ft.CORAL(), LR)
    with pytest.raises(ValueError, match="needs the target, got X_target=None"):
        scorer(model, X, Y)
    with pytest.raises(ValueError, match="X_target is an empty tuple"):
        scorer(model, X, Y, X_target=())
    with pytest.warns(AmbiguousTargetWarning):
        scorer(model, X[:70], Y[:70], X_target=XT)


def test_callable_criterion():
    def difference(estimator, X, y, X_target):
        return len(X) - len(X_target[0])

    scorer = make_target_scorer(difference)
    assert scorer(fit(LR), X, Y, X_target=(XT,)) == 20
    assert scorer.name == "difference"


def entropy_score(p):
    most = np.log(p.shape[1])
    sure = 1 - np.mean(-np.sum(p * np.log(np.maximum(p, 1e-300)), axis=1)) / most
    mean = p.mean(axis=0)
    return sure * -np.sum(mean * np.log(np.maximum(mean, 1e-300))) / most


def test_entropy_is_the_documented_formula():
    model = fit(ft.CORAL(), LR)
    value = make_target_scorer("entropy")(model, X, Y, X_target=XT)
    assert value == pytest.approx(entropy_score(model.predict_proba(XT)))
    model = fit(ft.CORAL(), LinearSVC())
    value = make_target_scorer("entropy")(model, X, Y, X_target=XT)
    assert value == pytest.approx(entropy_score(softmax(model.decision_function(XT), axis=1)))


def test_entropy_of_two_classes_by_decision_values():
    scores = np.linspace(-2, 2, 70)
    value = make_target_scorer("entropy")(Fixed(decision_function=scores), X, Y, X_target=XT)
    p = 1 / (1 + np.exp(-scores))
    assert value == pytest.approx(entropy_score(np.column_stack([1 - p, p])))


def test_entropy_rewards_sure_and_even_predictions_and_no_collapse():
    scorer = make_target_scorer("entropy")
    sure = np.eye(4)[np.arange(70) % 4]
    outputs = {
        "best": sure,
        "unsure": np.full((70, 4), 0.25),
        "collapsed": np.eye(4)[np.zeros(70, int)],
        "between": 0.5 * sure + 0.125,
    }
    values = {
        name: scorer(Fixed(predict_proba=p), X, Y, X_target=XT) for name, p in outputs.items()
    }
    assert values["best"] == pytest.approx(1, abs=2e-3)
    assert [values["unsure"], values["collapsed"]] == pytest.approx([0, 0])
    assert 0 < values["between"] < values["best"]


def test_entropy_needs_scores():
    with pytest.raises(TypeError, match="predict_proba or decision_function"):
        make_target_scorer("entropy")(Fixed(), X, Y, X_target=XT)


def test_entropy_needs_a_value_for_each_class():
    with pytest.raises(TypeError, match="each of the 4 classes, got 6. Set decision_function_sha"):
        make_target_scorer("entropy")(
            SVC(decision_function_shape="ovo").fit(X, Y), X, Y, X_target=XT
        )


def test_importance_weighted_uar():
    scorer = make_target_scorer("iw", scaling="pooled")
    model = fit(ft.CORAL(), LR)
    weights = scorer._weights(X, XT)
    predicted = ft.source_view(model).predict(X)
    expected = np.mean(
        [weights[(c == Y) & (predicted == c)].sum() / weights[c == Y].sum() for c in np.unique(Y)]
    )
    assert scorer(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_importance_weights_look_where_the_target_is():
    """Of two classifiers the one that is right near the target wins, whatever it does elsewhere."""
    rng = np.random.default_rng(0)
    source, target = rng.uniform(-2, 2, size=(400, 1)), rng.uniform(0.5, 2, size=(300, 1))
    y = np.where(rng.random(400) < 0.5, "a", "b")
    right = np.where(source[:, 0] > 0, y, np.where(y == "a", "b", "a"))
    wrong = np.where(source[:, 0] > 0, np.where(y == "a", "b", "a"), y)
    scorer = make_target_scorer("iw", scaling="pooled")
    near, far = (scorer(Fixed(predict=p), source, y, X_target=target) for p in (right, wrong))
    assert near > 0.9
    assert far < 0.1


def test_scaling_by_corpus_ignores_level_and_range():
    model = fit(LR)
    one, other = (
        make_target_scorer("iw")(model, X, Y, X_target=rows) for rows in (XT, 100 * XT + 7)
    )
    assert one == pytest.approx(other)


def test_weights_are_the_same_for_every_candidate():
    scorer = make_target_scorer("iw")
    predictions = {
        type(model[-1]).__name__: model
        for model in (fit(LR), fit(ft.CorpusScaler(), SVC()), fit(ft.TCA(2), DummyClassifier()))
    }
    weights = [scorer._weights(X, XT) for _ in predictions]
    assert_allclose(weights[0], weights[1])
    for model in predictions.values():
        expected = recall_score(
            Y,
            ft.source_view(model).predict(X),
            average="macro",
            sample_weight=weights[0],
            zero_division=0,
        )
        assert scorer(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_far_target_warns_of_few_effective_rows():
    rng = np.random.default_rng(0)
    source, far = rng.normal(size=(300, 5)), rng.normal(3, 1, size=(250, 5))
    y = np.where(rng.random(300) < 0.5, "a", "b")
    scorer = make_target_scorer("iw", scaling="pooled")
    with pytest.warns(LowEffectiveSampleSizeWarning):
        scorer(Fixed(predict=y), source, y, X_target=far)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scaling": "none"}, "scaling must be one of"),
        ({"n_components": 0}, "n_components must be an integer >= 1"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_target_scorer("iw", **parameters)(fit(LR), X, Y, X_target=XT)


def test_bad_rows():
    scorer, model = make_target_scorer("iw"), fit(LR)
    with pytest.raises(ValueError, match="at least 2 rows of each domain, got 90 .* and 1 target"):
        scorer(model, X, Y, X_target=XT[:1])
    with pytest.raises(ValueError, match="extract the features once and search on the table"):
        scorer(model, ["a.wav", "b.wav"], ["x", "y"], X_target=(["c.wav"],))


def test_few_rows_cut_folds_and_components():
    weights = make_target_scorer("iw")._weights(X[:3], XT[:4])
    assert weights.shape == (3,)
    assert (weights > 0).all()
