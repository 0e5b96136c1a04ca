import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import featuretransfer as ft
from featuretransfer import MultiSourceTrAdaBoost, TrAdaBoost
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore:No round of:UserWarning")
STUMP = DecisionTreeClassifier(max_depth=1, random_state=0)
TREE = DecisionTreeClassifier(max_depth=2, random_state=0)


def corpora(n_classes=4, seed=0, n_labelled=40, bad=False):
    """Three source corpora shifted by different amounts, one with exchanged labels if `bad`."""
    data = make_shifted_corpora(
        150, 90, 5, n_classes=n_classes, shift="location", random_state=seed
    )
    data.known = np.array(data.y_target, dtype=object)
    data.known[n_labelled:] = None
    data.domains = np.array(["b", "a", "c"])[np.arange(150) % 3]
    data.X_source = data.X_source + 0.5 * (np.arange(150) % 3)[:, None]
    if bad:
        codes = np.unique(data.y_source, return_inverse=True)[1]
        exchanged = np.unique(data.y_source)[(codes + 1) % n_classes]
        data.y_source = np.where(data.domains == "a", exchanged, data.y_source)
    return data


def fit(data, *arguments, cls=MultiSourceTrAdaBoost, **metadata):
    return cls(*arguments).fit(
        data.X_source, data.y_source, X_target=data.X_target, y_target=data.known, **metadata
    )


def reference(base, sources, X_labelled, y_labelled, n_rounds):
    """Algorithm 1 with lists of sources ``(X, y)``: name, classifier, beta_t and weights."""
    n = sum(len(y) for _, y in sources.values())
    n_classes = len(set(np.concatenate([y for _, y in sources.values()])))
    beta = 1 / (1 + np.sqrt(2 * np.log(n) / n_rounds))
    w = {name: np.ones(len(y)) for name, (_, y) in sources.items()}
    w_target, rounds = np.ones(len(y_labelled)), []
    for _ in range(n_rounds):
        candidates = []
        for name, (X, y) in sources.items():
            p = np.concatenate([w[name], w_target])
            h = clone(base).fit(
                np.vstack([X, X_labelled]),
                np.concatenate([y, y_labelled]),
                sample_weight=p / p.mean(),
            )
            eps = w_target[h.predict(X_labelled) != y_labelled].sum() / w_target.sum()
            everywhere = sum(w[k][h.predict(X) != y].sum() for k, (X, y) in sources.items())
            candidates.append((eps, everywhere, name, h))
        eps, _, name, h = min(candidates, key=lambda found: found[:3])
        eps = min(max(eps, 1e-10), (1 - 1e-10) * (n_classes - 1) / n_classes)
        beta_t = eps / (1 - eps) / (n_classes - 1)
        total = sum(v.sum() for v in w.values()) + w_target.sum()
        scale = (n + len(w_target)) / total
        rounds.append((name, h, beta_t, {k: v * scale for k, v in w.items()}, w_target * scale))
        for k, (X, y) in sources.items():
            w[k] = w[k] * np.where(h.predict(X) != y, beta, 1)
        w_target = w_target * np.where(h.predict(X_labelled) != y_labelled, 1 / beta_t, 1)
    return rounds


@pytest.mark.oracle("MultiSourceTrAdaBoost")
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("base", [STUMP, TREE, GaussianNB()], ids=["stump", "tree", "bayes"])
def test_trajectory_of_the_algorithm(base, n_classes):
    data = corpora(n_classes)
    model = fit(data, base, 6, source_domains=data.domains)
    sources = {
        name: (data.X_source[data.domains == name], data.y_source[data.domains == name])
        for name in "abc"
    }
    rounds = reference(base, sources, data.X_target[:40], data.y_target[:40], 6)
    assert model.chosen_sources_.tolist() == [name for name, *_ in rounds]
    votes = np.zeros((90, n_classes))
    for t, (_, h, beta_t, weights, target_weights) in enumerate(rounds):
        for name in "abc":
            assert_allclose(model.sample_weights_[t, data.domains == name], weights[name])
        assert_allclose(model.target_weights_[t], target_weights)
        votes += np.log(1 / beta_t) * (h.predict(data.X_target)[:, None] == model.classes_)
    assert_allclose(model.predict_proba(data.X_target), votes / votes.sum(axis=1)[:, None])


def test_each_round_takes_the_least_target_error():
    data = corpora()
    model = fit(data, TREE, 5, source_domains=data.domains)
    rows, labels = data.X_target[:40], data.y_target[:40]
    for t in range(5):
        errors = {}
        for name in "abc":
            own = data.domains == name
            weights = np.concatenate([model.sample_weights_[t, own], model.target_weights_[t]])
            h = clone(TREE).fit(
                np.vstack([data.X_source[own], rows]),
                np.concatenate([data.y_source[own], labels]),
                weights / weights.mean(),
            )
            w = model.target_weights_[t]
            errors[name] = w[h.predict(rows) != labels].sum() / w.sum()
        assert errors[model.chosen_sources_[t]] == min(errors.values())
        assert_allclose(model.estimator_errors_[t], min(errors.values()))


@pytest.mark.parametrize("base", [None, TREE], ids=["linear", "tree"])
def test_one_source_is_tradaboost_with_all_rounds_voting(base):
    data = corpora()
    one, named = fit(data, base, 7), fit(data, base, 7, source_domains=["x"] * 150)
    plain = fit(data, base, 7, cls=TrAdaBoost)
    assert_array_equal(one.sample_weights_, plain.sample_weights_)
    assert_array_equal(one.target_weights_, plain.target_weights_)
    assert np.all(plain.estimator_weights_[:3] == 0)
    assert np.all(one.estimator_weights_ > 0)
    later = one.estimator_weights_[3:]
    assert_allclose(later / later.sum(), plain.estimator_weights_[3:])
    assert_array_equal(one.predict_proba(data.X_target), named.predict_proba(data.X_target))
    assert one.chosen_sources_.tolist() == [None] * 7
    assert named.chosen_sources_.tolist() == ["x"] * 7
    assert named.source_names_ == ["x"]


def test_a_useless_source_loses_its_weight_and_is_avoided():
    """Its two labels are exchanged; once its rows weigh little, choosing it does little harm."""
    scores = []
    for seed in range(6):
        data = corpora(2, bad=True, seed=seed)
        model = fit(data, source_domains=data.domains)
        last = model.sample_weights_[-1]
        assert last[data.domains == "a"].mean() < 0.75 * last[data.domains != "a"].mean()
        assert model.chosen_sources_[0] != "a"
        pooled = fit(data, cls=TrAdaBoost)
        unadapted = LogisticRegression().fit(data.X_source, data.y_source)
        rest = data.X_target[40:], data.y_target[40:]
        scores.append([m.score(*rest) for m in (model, pooled, unadapted)])
    multi, pooled, unadapted = np.mean(scores, axis=0)
    assert multi > pooled + 0.02
    assert multi > unadapted + 0.1


def test_sources_that_tie_on_the_target_are_told_apart_by_all_rows():
    """Perfect on the target with either; by name "a" would be first."""
    data = make_shifted_corpora(80, 40, 4, 2, shift="none", separation=8.0, random_state=0)
    domains = np.repeat(["a", "b"], 40)
    y = data.y_source.copy()
    y[:6] = np.where(y[:6] == "class0", "class1", "class0")
    # a's joint tree is led astray by wrong labels far from the target; b's is not
    data.X_source[:6] += 100
    model = MultiSourceTrAdaBoost(TREE, 1).fit(
        data.X_source,
        y,
        X_target=data.X_target[:30],
        y_target=data.y_target[:30],
        source_domains=domains,
    )
    assert model.estimator_errors_[0] == 0
    trees = {}
    for name in "ab":
        own = domains == name
        rows = np.vstack([data.X_source[own], data.X_target[:30]])
        trees[name] = clone(TREE).fit(rows, np.append(y[own], data.y_target[:30]))
        assert trees[name].score(data.X_target[:30], data.y_target[:30]) == 1
    wrong = {name: np.sum(tree.predict(data.X_source) != y) for name, tree in trees.items()}
    assert wrong["a"] != wrong["b"]
    assert model.chosen_sources_[0] == min(wrong, key=wrong.get)


def test_a_source_of_one_class_is_left_out_but_loses_weight_as_others():
    data = corpora(2)
    data.y_source[data.domains == "c"] = "class0"
    data.known[data.known == "class1"] = None
    model = fit(data, STUMP, 4, source_domains=data.domains)
    assert "c" not in model.chosen_sources_
    data.y_source[:] = np.where(data.domains == "a", "class1", "class0")
    data.domains[data.domains == "b"] = "c"
    data.known[:] = None
    data.known[:5] = "class0"
    model = fit(data, STUMP, 2, source_domains=data.domains)
    assert model.chosen_sources_.tolist() == ["a"] * len(model.chosen_sources_)
    data.y_source[:] = "class0"
    with pytest.raises(ValueError, match="Each source corpus has only one class, together with"):
        fit(data, STUMP, source_domains=data.domains)


def test_without_labelled_target_rows_it_is_the_estimator_on_all_sources():
    data = corpora()
    model = MultiSourceTrAdaBoost().fit(data.X_source, data.y_source, source_domains=data.domains)
    plain = LogisticRegression(class_weight="balanced", max_iter=500)
    plain.fit(data.X_source, data.y_source)
    assert_array_equal(model.estimators_[0].coef_, plain.coef_)
    assert_array_equal(model.predict(data.X_target), plain.predict(data.X_target))
    assert model.source_names_ == ["a", "b", "c"]
    data.known[:] = None
    with pytest.warns(UserWarning, match="MultiSourceTrAdaBoost learns from labelled target rows"):
        fit(data, source_domains=data.domains)


def test_order_of_the_rows_and_names_do_not_matter():
    data = corpora()
    model = fit(data, TREE, source_domains=data.domains)
    order = np.random.default_rng(0).permutation(150)
    data.X_source, data.y_source = data.X_source[order], data.y_source[order]
    other = fit(data, TREE, source_domains=data.domains[order])
    assert_array_equal(other.predict_proba(data.X_target), model.predict_proba(data.X_target))
    assert_array_equal(other.sample_weights_, model.sample_weights_[:, order])
    codes = np.array([ord(name) for name in data.domains[order]])
    other = fit(data, TREE, source_domains=codes)
    assert_array_equal(other.predict_proba(data.X_target), model.predict_proba(data.X_target))
    assert other.chosen_sources_.tolist() == [ord(name) for name in model.chosen_sources_]


def test_domains_follow_the_folds_of_a_search():
    data = corpora()
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            ft.make_pipeline(ft.CorpusScaler(), MultiSourceTrAdaBoost()),
            {"multisourcetradaboost__n_estimators": [1, 4]},
            cv=GroupKFold(3),
            scoring=ft.selection.source_scorer("balanced_accuracy"),
            error_score="raise",
        ).fit(
            data.X_source,
            data.y_source,
            groups=data.speakers_source,
            X_target=(data.X_target,),
            y_target=(data.known,),
            source_domains=data.domains,
        )
    assert set(search.best_estimator_[-1].chosen_sources_) <= set("abc")


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        (["a"] * 149, r"source_domains must name one corpus for each of the 150 rows, got .*149"),
        (["a"] * 148 + [None, np.nan], r"source_domains lacks the corpus of 2 of 150 rows"),
    ],
)
def test_domains_that_are_refused(domains, message):
    with pytest.raises(ValueError, match=message):
        fit(corpora(), source_domains=domains)


def test_parameters_are_checked_under_its_own_name():
    with pytest.raises(ValueError, match="n_estimators must be an integer >= 1, got 0"):
        fit(corpora(), None, 0)
    with pytest.raises(ValueError, match="inside MultiSourceTrAdaBoost uses X_target"):
        fit(corpora(), ft.make_pipeline(ft.CORAL(), LogisticRegression()))
