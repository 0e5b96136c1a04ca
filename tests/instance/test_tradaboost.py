import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import sem
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import featuretransfer as ft
from featuretransfer import MultiSourceTrAdaBoost, TrAdaBoost
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore:No round of TrAdaBoost:UserWarning")
STUMP = DecisionTreeClassifier(max_depth=1, random_state=0)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


def corpora(n_classes=4, seed=0, n_labelled=20, **parameters):
    """Corpora of which the first target rows are labelled."""
    parameters = {"n_features": 5, "shift": "location", **parameters}
    data = make_shifted_corpora(120, 90, n_classes=n_classes, random_state=seed, **parameters)
    data.known = np.array(data.y_target, dtype=object)
    data.known[n_labelled:] = None
    return data


def fit(data, *arguments, **parameters):
    model = TrAdaBoost(*arguments, **parameters)
    return model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=data.known)


def reference(base, X, y, X_labelled, y_labelled, n_rounds):
    """Algorithm 1 row by row, without a stop: classifiers, beta_t and weights of every round."""
    n, rows, labels = len(X), np.vstack([X, X_labelled]), np.concatenate([y, y_labelled])
    n_classes = len(set(y))
    beta = 1 / (1 + np.sqrt(2 * np.log(n) / n_rounds))
    w, hypotheses, betas, history = np.ones(len(rows)), [], [], []
    for _ in range(n_rounds):
        p = w / w.sum()
        h = clone(base).fit(rows, labels, sample_weight=p * len(rows))
        predicted = h.predict(rows)
        eps = sum(w[i] for i in range(n, len(rows)) if predicted[i] != labels[i]) / sum(w[n:])
        eps = min(max(eps, 1e-10), (1 - 1e-10) * (n_classes - 1) / n_classes)
        beta_t = eps / (1 - eps) / (n_classes - 1)
        hypotheses.append(h)
        betas.append(beta_t)
        history.append(p * len(rows))
        w = np.array(
            [
                w[i] * (1 if predicted[i] == labels[i] else beta if i < n else 1 / beta_t)
                for i in range(len(rows))
            ]
        )
    return hypotheses, betas, np.array(history)


@pytest.mark.oracle("TrAdaBoost")
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("base", [STUMP, TREE, GaussianNB()], ids=["stump", "tree", "bayes"])
@pytest.mark.parametrize("n_rounds", [1, 2, 9])
def test_trajectory_of_the_algorithm(base, n_classes, n_rounds):
    data = corpora(n_classes, n_labelled=60)
    model = fit(data, base, n_rounds)
    hypotheses, betas, history = reference(
        base,
        data.X_source,
        data.y_source,
        data.X_target[:60],
        data.y_target[:60],
        n_rounds,
    )
    assert len(model.estimators_) == n_rounds
    assert_allclose(model.sample_weights_, history[:, :120])
    assert_allclose(model.target_weights_, history[:, 120:])
    first = int(np.ceil(n_rounds / 2)) - 1
    votes = np.zeros((90, n_classes))
    for h, beta_t in list(zip(hypotheses, betas))[first:]:
        votes += np.log(1 / beta_t) * (h.predict(data.X_target)[:, None] == model.classes_)
    assert_allclose(model.predict_proba(data.X_target), votes / votes.sum(axis=1)[:, None])
    assert_array_equal(model.predict(data.X_target), model.classes_[votes.argmax(axis=1)])


@pytest.mark.oracle("TrAdaBoost")
def test_output_is_the_product_rule_for_two_classes():
    """``h(x) = 1`` where ``prod beta_t^(-h_t(x)) >= prod beta_t^(-1/2)``, as the paper has it."""
    data = corpora(2, n_labelled=60)
    data.y_source, data.known[:60] = (
        (labels == "class1").astype(int) for labels in (data.y_source, data.y_target[:60])
    )
    model = fit(data, STUMP, 9)
    error = model.estimator_errors_[4:]
    assert np.all(error > 0)
    assert np.all(error < 0.5)
    beta_t = (error / (1 - error))[:, None]
    h = np.array([e.predict(data.X_target) for e in model.estimators_[4:]])
    rule = np.prod(beta_t**-h, axis=0) >= np.prod(beta_t**-0.5, axis=0)
    assert_array_equal(model.predict(data.X_target), rule.astype(int))
    assert_array_equal(model.decision_function(data.X_target) > 0, rule)


@pytest.mark.parametrize("cls", [TrAdaBoost, MultiSourceTrAdaBoost])
def test_effective_sample_size_is_that_of_the_last_round(cls):
    data = corpora()
    model = cls().fit(data.X_source, data.y_source)
    assert model.effective_sample_size_ == len(data.X_source)
    model = cls(LogisticRegression(), n_estimators=4)
    model.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=data.known)
    w = np.concatenate([model.sample_weights_[-1], model.target_weights_[-1]])
    assert model.effective_sample_size_ == pytest.approx(w.sum() ** 2 / (w @ w))
    assert 1 < model.effective_sample_size_ < len(w)


def test_wrong_source_rows_fall_and_wrong_target_rows_rise():
    data = corpora()
    model = fit(data, TREE, 6)
    for t in range(5):
        estimator = model.estimators_[t]
        source = estimator.predict(data.X_source) != data.y_source
        target = estimator.predict(data.X_target[:20]) != data.y_target[:20]
        change = model.sample_weights_[t + 1] / model.sample_weights_[t]
        change_target = model.target_weights_[t + 1] / model.target_weights_[t]
        right = change[~source][0]
        assert_allclose(change[~source], right)
        assert_allclose(change[source], right / (1 + np.sqrt(2 * np.log(120) / 6)))
        assert_allclose(change_target[~target], right)
        assert np.all(change_target[target] > right)


@pytest.mark.parametrize("base", [None, TREE])
def test_without_labelled_target_rows_it_is_the_estimator_on_the_source(base):
    data = corpora()
    plain = clone(base or LogisticRegression(class_weight="balanced", max_iter=500))
    expected = plain.fit(data.X_source, data.y_source).predict(data.X_target)
    model = TrAdaBoost(base).fit(data.X_source, data.y_source)
    assert_array_equal(model.predict(data.X_target), expected)
    assert_array_equal(model.sample_weights_, np.ones((1, 120)))
    assert np.isnan(model.estimator_errors_).all()
    with pytest.warns(UserWarning, match="none of the rows of X_target has a label"):
        again = TrAdaBoost(base).fit(data.X_source, data.y_source, X_target=data.X_target)
    assert_array_equal(again.predict(data.X_target), expected)
    data.known[:] = np.nan
    with pytest.warns(UserWarning, match="none of the rows of X_target has a label"):
        again = fit(data, base)
    assert_array_equal(again.predict(data.X_target), expected)
    if base is None:
        assert_array_equal(again.estimators_[0].coef_, plain.coef_)


def test_unlabelled_target_rows_are_ignored():
    data = corpora()
    expected = fit(data, TREE).predict_proba(data.X_target)
    rest = data.X_target.copy()
    data.X_target, data.known = data.X_target[:20], data.known[:20]
    assert_array_equal(fit(data, TREE).predict_proba(rest), expected)


def test_missing_labels_are_none_or_nan_and_names_do_not_matter():
    data = corpora(2)
    expected = fit(data, TREE).predict_proba(data.X_target)
    missing = [None if i % 2 else np.nan for i in range(70)]
    for zero, one in [(-1, 1), (0, 1), ("b", "nan"), (2.0, 7.0)]:
        y, known = (
            [one if label == "class1" else zero for label in labels]
            for labels in (data.y_source, data.y_target[:20])
        )
        model = TrAdaBoost(TREE)
        model.fit(data.X_source, y, X_target=data.X_target, y_target=known + missing)
        assert_array_equal(model.classes_, [zero, one])
        assert_array_equal(model.predict_proba(data.X_target), expected)
        assert set(model.predict(data.X_target)) <= {zero, one}


def test_pandas_labels():
    data = corpora()
    expected = fit(data, TREE).predict(data.X_target)
    data.y_source, data.known = pd.Series(data.y_source), pd.Series(data.known)
    assert_array_equal(fit(data, TREE).predict(data.X_target), expected)
    data.y_source, data.known = data.y_source.astype("category"), data.known.astype("category")
    assert_array_equal(fit(data, TREE).predict(data.X_target), expected)


def test_classes_without_a_labelled_target_row_are_kept():
    data = corpora(n_labelled=0, separation=3.0, shift="none")
    of_two = np.flatnonzero(np.isin(data.y_target, ["class0", "class1"]))[:10]
    data.known[of_two] = data.y_target[of_two]
    model = fit(data)
    assert set(model.predict(data.X_target)) == {"class0", "class1", "class2", "class3"}
    assert model.score(data.X_target, data.y_target) > 0.9


def test_order_of_the_rows_does_not_matter_to_the_last_bit():
    data = corpora()
    data.X_source[60:] = data.X_source[:60]  # equal rows, some with other labels
    model = fit(data)
    rng = np.random.default_rng(0)
    source, target = rng.permutation(120), rng.permutation(90)
    rows = data.X_target.copy()
    data.X_source, data.y_source = data.X_source[source], data.y_source[source]
    data.X_target, data.known = data.X_target[target], data.known[target]
    other = fit(data)
    assert_array_equal(other.predict_proba(rows), model.predict_proba(rows))
    assert_array_equal(other.sample_weights_, model.sample_weights_[:, source])


def test_perfect_rounds_end_the_boosting_and_vote_for_the_rest():
    data = corpora(2, separation=20.0, shift="none")
    model = fit(data, STUMP)
    assert len(model.estimators_) == 1
    assert_array_equal(model.estimator_errors_, [0])
    assert_array_equal(model.estimator_weights_, [1])
    assert model.score(data.X_target, data.y_target) == 1


def test_rounds_at_chance_warn():
    data = corpora(2, separation=3.0, shift="none")
    data.known[:20] = np.where(data.y_target[:20] == "class0", "class1", "class0")
    with pytest.warns(UserWarning, match="No round of TrAdaBoost that votes is better than chance"):
        model = fit(data, n_estimators=1)
    assert model.estimator_errors_[0] > 0.5
    assert_array_equal(model.estimator_weights_, [1])


@pytest.mark.parametrize(
    ("base", "shift", "separation"),
    [(None, "location", 0.8), (TREE, "rotation", 0.6)],
    ids=["linear", "tree"],
)
def test_few_labels_help_beyond_source_only_and_target_only(base, shift, separation):
    """By two standard errors of the mean over ten draws, with six labelled rows of each class."""
    gains = []
    for seed in range(10):
        data = make_shifted_corpora(300, 400, shift=shift, separation=separation, random_state=seed)
        rng = np.random.default_rng(seed)
        known = np.full(400, None)
        for label in np.unique(data.y_target):
            rows = rng.choice(np.flatnonzero(data.y_target == label), 6, replace=False)
            known[rows] = label
        labelled = ~pd.isna(known)
        both, source, target = TrAdaBoost(base), TrAdaBoost(base), TrAdaBoost(base)
        both.fit(data.X_source, data.y_source, X_target=data.X_target, y_target=known)
        source.fit(data.X_source, data.y_source)
        target.fit(data.X_target[labelled], data.y_target[labelled])
        rest, truth = data.X_target[~labelled], data.y_target[~labelled]
        uar = [balanced_accuracy_score(truth, m.predict(rest)) for m in (both, source, target)]
        gains.append([uar[0] - uar[1], uar[0] - uar[2]])
    assert np.all(np.mean(gains, axis=0) > 2 * sem(gains, axis=0))


def test_pipelines_inside_are_weighted_at_their_classifier():
    data = corpora()
    model = fit(data, make_pipeline(StandardScaler(), LogisticRegression()), 3)
    scaler, classifier = model.estimators_[-1].named_steps.values()
    rows = np.vstack([data.X_source, data.X_target[:20]])
    labels = np.concatenate([data.y_source, data.y_target[:20]])
    assert_allclose(scaler.mean_, rows.mean(axis=0))
    weights = np.concatenate([model.sample_weights_[-1], model.target_weights_[-1]])
    expected = LogisticRegression().fit(scaler.transform(rows), labels, sample_weight=weights)
    assert_allclose(classifier.coef_, expected.coef_, atol=1e-3)


def test_in_a_grid_search_within_a_pipeline():
    data = corpora()
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            ft.make_pipeline(ft.CorpusScaler(), TrAdaBoost()),
            {"tradaboost__n_estimators": [1, 5]},
            cv=GroupKFold(3),
            scoring=ft.selection.source_scorer("balanced_accuracy"),
            error_score="raise",
        ).fit(
            data.X_source,
            data.y_source,
            groups=data.speakers_source,
            X_target=(data.X_target,),
            y_target=(data.known,),
        )
    final = search.best_estimator_[-1]
    assert final.target_weights_.shape[1] == 20
    assert np.unique(final.sample_weights_[-1]).size > 1 or final.n_estimators == 1


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (Ridge(), TypeError, "estimator must be None or a classifier instance, got Ridge"),
        (LogisticRegression, TypeError, "estimator must be None or a classifier instance"),
        (
            make_pipeline(StandardScaler(), KNeighborsClassifier()),
            ValueError,
            "TrAdaBoost cannot weight KNeighborsClassifier inside Pipeline: it ignores",
        ),
        (BaggingClassifier(), ValueError, "TrAdaBoost cannot weight BaggingClassifier: it draws"),
        (
            ft.make_pipeline(ft.CORAL(), LogisticRegression()),
            ValueError,
            r"inside TrAdaBoost uses X_target.*make_pipeline\(adapter, TrAdaBoost\(classifier\)\)",
        ),
    ],
)
def test_estimators_that_are_refused(estimator, error, message):
    with pytest.raises(error, match=message):
        fit(corpora(), estimator)


@pytest.mark.parametrize("n_estimators", [0, 1.5, True, None])
def test_invalid_number_of_rounds(n_estimators):
    with pytest.raises(ValueError, match="n_estimators must be an integer >= 1, got"):
        fit(corpora(), n_estimators=n_estimators)


def test_labels_of_other_classes_or_lengths_are_refused():
    data = corpora()
    data.known[0] = "boredom"
    with pytest.raises(ValueError, match="y_target has classes that y does not have: 'boredom'"):
        fit(data)
    data.known = data.known[1:]
    with pytest.raises(ValueError, match="y_target must label the rows of X_target one by one"):
        fit(data)
    with pytest.raises(ValueError, match="y_target was given without X_target"):
        TrAdaBoost().fit(data.X_source, data.y_source, y_target=data.known)


def test_a_single_class_is_predicted():
    data = corpora()
    data.y_source, data.known = np.full(120, "anger"), np.where(np.arange(90) < 20, "anger", None)
    model = fit(data, STUMP)
    assert_array_equal(model.estimator_weights_, [1])
    assert_array_equal(model.predict(data.X_target), "anger")
    assert_array_equal(model.predict_proba(data.X_target), 1)
