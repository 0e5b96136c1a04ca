import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm, rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import LinearSVC
from sklearn.utils import Bunch

import featuretransfer as ft
from featuretransfer import RelativeEmotionTransfer
from featuretransfer.synthetic import make_shifted_corpora


def corpora(n_source=90, n_target=70, **options):
    options = {"n_features": 6, "shift": "location", "random_state": 0} | options
    return make_shifted_corpora(n_source, n_target, **options)


def fit(data, speakers=False, **parameters):
    ids = {}
    if speakers:
        ids = {"speakers": data.speakers_source, "speakers_target": data.speakers_target}
    method = RelativeEmotionTransfer(**parameters)
    return method.fit(data.X_source, data.y_source, X_target=data.X_target, **ids)


def machine_on_differences(X, above_than, groups, C):
    """The same problem by another solver: a linear machine that classifies differences."""
    D, weights = [], []
    for group in groups:
        found = [X[i] - X[j] for i in group for j in group if above_than[i] > above_than[j]]
        D += found
        weights += [len(group) / len(found)] * len(found) if found else []
    machine = LinearSVC(C=C, fit_intercept=False, tol=1e-9, max_iter=100_000)
    X = np.vstack([D, np.negative(D)])
    signs = np.repeat([1, -1], len(D))
    return machine.fit(X, signs, sample_weight=np.tile(weights, 2) / 2).coef_[0]


@pytest.mark.oracle("RelativeEmotionTransfer")
@pytest.mark.parametrize("n_features", [6, 120])
@pytest.mark.parametrize("speakers", [False, True])
def test_functions_are_the_machine_on_differences_of_pairs(n_features, speakers):
    data = corpora(n_features=n_features)
    method = fit(data, speakers, C=0.2)
    groups = [np.arange(90)]
    if speakers:
        groups = [np.flatnonzero(data.speakers_source == s) for s in set(data.speakers_source)]
    for label, weights in zip(method.classes_, method.coef_):
        expected = machine_on_differences(data.X_source, data.y_source == label, groups, 0.2)
        assert_allclose(weights, expected, atol=1e-6)


@pytest.mark.oracle("RelativeEmotionTransfer")
@pytest.mark.parametrize("speakers", [False, True])
def test_classes_are_told_by_rank_within_the_group(speakers):
    data = corpora()
    data.X_target[20] = data.X_target[12]  # mean ranks for ties
    data.speakers_target[20] = data.speakers_target[12]
    ids = data.speakers_target if speakers else np.zeros(70)
    method = fit(data, speakers, min_group=5)
    expected = np.empty((70, 4))
    for speaker in set(ids):
        rows = ids == speaker
        ranks = rankdata(data.X_target[rows] @ method.coef_.T, axis=0)
        expected[rows] = norm.ppf((ranks - 0.5) / rows.sum())
    shares = [np.mean(data.y_source == label) for label in method.classes_]
    expected -= norm.ppf(1 - np.array(shares))
    given = {"speakers_target": data.speakers_target} if speakers else {}
    assert_allclose(method.decision_function(data.X_target, **given), expected, atol=1e-8)
    predicted = method.classes_[expected.argmax(axis=1)]
    assert_array_equal(method.predict(data.X_target, **given), predicted)
    score = method.score(data.X_target, data.y_target, **given)
    assert score == np.mean(predicted == data.y_target)


def test_levels_of_groups_do_not_matter():
    data = corpora()
    expected = fit(data, speakers=True, min_group=5).decision_function(
        data.X_target, speakers_target=data.speakers_target
    )
    rng = np.random.default_rng(0)
    for rows, speakers in (("X_source", "speakers_source"), ("X_target", "speakers_target")):
        for speaker in set(data[speakers]):
            data[rows][data[speakers] == speaker] += 10 * rng.normal(size=6)
    found = fit(data, speakers=True, min_group=5).decision_function(
        data.X_target, speakers_target=data.speakers_target
    )
    assert_allclose(found, expected, atol=1e-8)


def test_any_increasing_change_of_the_scores_does_not_matter():
    data = corpora(n_features=1, n_classes=3, separation=3)
    means = {c: data.X_source[data.y_source == c].mean() for c in set(data.y_source)}
    order = sorted(means, key=means.get)
    expected = fit(data, order=order).predict(data.X_target)
    data.X_target = np.exp(data.X_target) + 100
    assert_array_equal(fit(data, order=order).predict(data.X_target), expected)


@pytest.mark.parametrize("reverse", [False, True])
def test_order_cuts_one_ranking_at_the_cumulated_shares(reverse):
    rng = np.random.default_rng(0)
    y = np.repeat(["low", "mid", "high"], [30, 20, 50])
    X = np.repeat([[0.0], [4.0], [8.0]], [30, 20, 50], axis=0) + rng.normal(size=(100, 1))
    order = ["low", "mid", "high"]
    if reverse:  # the attribute is the opposite one
        order = order[::-1]
    X_target = 5 * X[rng.permutation(100)][:60] - 20
    method = RelativeEmotionTransfer(order).fit(X, y, X_target=X_target)
    assert method.coef_.shape == (1, 1)
    assert_array_equal(method.order_, order)
    ranks = (rankdata(X_target) - 0.5) / 60
    expected = np.where(ranks <= 0.3, "low", np.where(ranks <= 0.5, "mid", "high"))
    assert_array_equal(method.predict(X_target), expected)
    values = method.decision_function(X_target)
    assert np.all((values > 0).sum(axis=1) <= 1)  # inside its own interval only
    assert_array_equal(method.classes_[values.argmax(axis=1)], expected)


def test_two_classes_are_one_ranking():
    data = corpora(n_classes=2)
    plain = fit(data)
    assert plain.coef_.shape == (1, 6)
    values = plain.decision_function(data.X_target)
    assert values.shape == (70,)
    for order in (["class0", "class1"], ["class1", "class0"]):
        ordered = fit(data, order=order)
        assert_allclose(ordered.decision_function(data.X_target), values, atol=1e-9)


@pytest.mark.parametrize(("share", "recall"), [(0.5, 0.84), (0.9, 0.76)])
def test_other_class_shares_cost_what_the_docstring_says(share, recall):
    rng = np.random.default_rng(0)
    y = np.arange(1000) % 2
    X = 2.0 * y[:, None] + rng.normal(size=(1000, 1))
    y_target = (np.arange(40_000) < share * 40_000).astype(int)
    X_target = 2.0 * y_target[:, None] + rng.normal(size=(40_000, 1))
    method = RelativeEmotionTransfer().fit(X, y, X_target=X_target)
    found = balanced_accuracy_score(y_target, method.predict(X_target))
    assert found == pytest.approx(recall, abs=0.01)
    told = RelativeEmotionTransfer(prior=[1 - share, share]).fit(X, y, X_target=X_target)
    best = balanced_accuracy_score(y_target, told.predict(X_target))
    assert best > found - 0.001


def test_prior():
    data = corpora()
    assert_allclose(fit(data, prior="uniform").prior_, 0.25)
    assert_allclose(fit(data, prior="uniform").thresholds_, norm.ppf(0.75))
    shares = [0.1, 0.2, 0.3, 0.4]
    assert_allclose(fit(data, prior=shares).thresholds_, norm.ppf(1 - np.array(shares)))


def test_small_groups_fall_back_to_the_corpus():
    data = corpora()
    alone = data.speakers_source.astype(object)
    few = fit(data)  # nobody has 1000 rows: no speaker is a group
    ids = {"speakers": data.speakers_source, "speakers_target": data.speakers_target}
    method = RelativeEmotionTransfer(min_group=1000)
    method.fit(data.X_source, data.y_source, X_target=data.X_target, **ids)
    assert_allclose(method.coef_, few.coef_, atol=1e-9)
    found = method.decision_function(data.X_target, speakers_target=data.speakers_target)
    assert_allclose(found, few.decision_function(data.X_target), atol=1e-7)
    alone[:40] = None  # rows without an id are a group too
    method = RelativeEmotionTransfer(min_group=5)
    method.fit(data.X_source, data.y_source, speakers=alone)
    groups = [np.arange(40)] + [np.flatnonzero(alone == s) for s in set(alone[40:])]
    sizes = [
        np.sum(data.y_source[g] == "class0") * np.sum(data.y_source[g] != "class0") for g in groups
    ]
    assert method.n_pairs_[0] == sum(sizes)


def test_corpora_are_compared_by_themselves():
    first, second = corpora(), corpora(random_state=0)
    second.X_source = second.X_source + 50
    X, y = np.vstack([first.X_source, second.X_source]), np.tile(first.y_source, 2)
    domains = np.repeat(["a", "b"], 90)
    method = RelativeEmotionTransfer().fit(X, y, source_domains=domains)
    alone = RelativeEmotionTransfer(C=0.2).fit(first.X_source, first.y_source)
    assert_allclose(method.coef_, alone.coef_, atol=1e-8)  # twice the rows, twice the loss
    view = ft.source_view(method, source_domains=domains)
    expected = np.tile(alone.decision_function(first.X_source), (2, 1))
    assert_allclose(view.decision_function(X), expected, atol=1e-7)
    targets = np.vstack([first.X_target, first.X_target - 30])
    names = np.repeat(["t", "u"], 70)
    method.fit(X, y, X_target=targets, source_domains=domains, target_domains=names)
    found = method.decision_function(targets, target_domains=names)
    assert_allclose(found[:70], found[70:], atol=1e-7)


def test_source_view_ranks_among_the_source():
    data = corpora()
    plain = RelativeEmotionTransfer().fit(data.X_source, data.y_source)
    adapted = fit(data)
    expected = plain.decision_function(data.X_source)
    view = ft.source_view(adapted)
    assert_allclose(view.decision_function(data.X_source), expected, atol=1e-9)
    assert np.abs(adapted.decision_function(data.X_source) - expected).max() > 0.5


def test_ids_pass_through_a_pipeline():
    data = corpora()
    with sklearn.config_context(enable_metadata_routing=True):
        final = RelativeEmotionTransfer(min_group=5)
        final.set_fit_request(speakers=True, speakers_target=True)
        final.set_predict_request(speakers_target=True)
        scaler = ft.CorpusScaler().set_transform_request(speakers_target=False)
        scaler.set_fit_request(speakers=False, speakers_target=False)
        pipeline = ft.make_pipeline(scaler, final)
        pipeline.fit(
            data.X_source,
            data.y_source,
            X_target=data.X_target,
            speakers=data.speakers_source,
            speakers_target=data.speakers_target,
        )
        found = pipeline.predict(data.X_target, speakers_target=data.speakers_target)
    rows = pipeline[0].transform(data.X_target)
    expected = pipeline[1].predict(rows, speakers_target=data.speakers_target)
    assert_array_equal(found, expected)
    assert np.any(found != pipeline.predict(data.X_target))


def test_new_speakers_are_ranked_among_the_rows_passed():
    data = corpora(n_target=90)
    seen = data.speakers_target != data.speakers_target[0]
    method = RelativeEmotionTransfer(min_group=5).fit(
        data.X_source,
        data.y_source,
        X_target=data.X_target[seen],
        speakers=data.speakers_source,
        speakers_target=data.speakers_target[seen],
    )
    rows = data.X_target[~seen]
    found = method.decision_function(rows, speakers_target=data.speakers_target[~seen])
    ranks = (rankdata(rows @ method.coef_.T, axis=0) - 0.5) / len(rows)
    assert_allclose(found + method.thresholds_, norm.ppf(ranks), atol=1e-8)


def test_warnings():
    data = corpora()
    single = np.array([f"{label}-{i % 2}" for i, label in enumerate(data.y_source)])
    single[0] = single[-1]
    mixed = single.copy()
    mixed[:30] = "mixed"
    with pytest.warns(UserWarning, match="source rows are in groups with a single class"):
        RelativeEmotionTransfer(min_group=2).fit(data.X_source, data.y_source, speakers=mixed)
    with pytest.warns(UserWarning, match="one domain is ranked by speaker, the other by corpus"):
        RelativeEmotionTransfer().fit(
            data.X_source, data.y_source, X_target=data.X_target, speakers=data.speakers_source
        )
    with pytest.warns(ConvergenceWarning, match="have not converged after max_iter=1 Newton"):
        RelativeEmotionTransfer(C=100.0, max_iter=1).fit(data.X_source, data.y_source)
    with pytest.warns(UserWarning, match="X_target has a single row, which has no scale"):
        method = fit(Bunch(**{**data, "X_target": data.X_target[:1]}))
    plain = RelativeEmotionTransfer().fit(data.X_source, data.y_source)
    assert_allclose(method.decision_function(data.X_target), plain.decision_function(data.X_target))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"C": 0}, "C must be a finite number > 0, got 0"),
        ({"prior": "em"}, r"prior must be one of \['source', 'uniform'\] or an array"),
        ({"prior": [0.5, 0.5, 0.0, 0.0]}, "prior must be positive everywhere"),
        ({"prior": [0.5, 0.5]}, "prior must hold a share >= 0 for each of the 4 classes"),
        ({"min_group": 1}, "min_group must be an integer >= 2"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1, got 0"),
        ({"order": ["class0", "class1"]}, "order must list every class of y once"),
        ({"order": ["class0", "class1", "class2", "class2"]}, "Classes of the same level cannot"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(corpora(), **parameters)


def test_groups_of_one_class_are_refused():
    data = corpora()
    message = "No group of the source has rows of 'class0' and of another class"
    with pytest.raises(ValueError, match=message):
        RelativeEmotionTransfer(min_group=2).fit(
            data.X_source, data.y_source, speakers=data.y_source
        )
    order = np.unique(data.y_source)
    with pytest.raises(ValueError, match="No group of the source has rows of two classes"):
        RelativeEmotionTransfer(order, min_group=2).fit(
            data.X_source, data.y_source, speakers=data.y_source
        )
    with pytest.raises(ValueError, match="at least two classes, got one class: "):
        RelativeEmotionTransfer().fit(data.X_source, np.zeros(90))
