import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, MultiTaskLasso
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer import DomainRegression
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.representation import _domain_regression, _row_sparse
from featuretransfer.synthetic import make_shifted_corpora


def scaled(n_source=120, n_target=100, d=12, seed=0, shift="location", strength=0.7):
    """Both domains scaled by the source, so that their means differ."""
    data = make_shifted_corpora(
        n_source, n_target, d, shift=shift, strength=strength, random_state=seed
    )
    scaler = StandardScaler().fit(data.X_source)
    data.X_source, data.X_target = (
        scaler.transform(data.X_source),
        scaler.transform(data.X_target),
    )
    return data


DATA = scaled()
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
ONE_HOT = (Y[:, None] == np.unique(Y)).astype(float)


@pytest.fixture
def exact(monkeypatch):
    """Regressions run to convergence."""
    monkeypatch.setattr(_domain_regression, "PRECISION", 1e-13)
    monkeypatch.setattr(_row_sparse, "MAX_STEPS", 20_000)


def fitted(**parameters):
    return DomainRegression(**parameters).fit(X, Y, X_target=XT)


@pytest.mark.oracle("DomainRegression")
@pytest.mark.parametrize("target", [None, XT])
@pytest.mark.usefixtures("exact")
def test_without_alignment_it_is_the_lasso_over_several_outputs(target):
    model = DomainRegression(mu=0, class_weight=None).fit(X, Y, X_target=target)
    lasso = MultiTaskLasso(alpha=0.03, tol=1e-12, max_iter=100_000).fit(X, ONE_HOT)
    assert_allclose(model.coef_, lasso.coef_, atol=1e-4)
    assert_allclose(model.intercept_, lasso.intercept_, atol=1e-4)
    assert_allclose(model.transform(XT), lasso.predict(XT), atol=1e-3)


def contrasts(labels=None):
    found = [X.mean(axis=0) - XT.mean(axis=0)]
    for label in np.unique(Y) if labels is not None else []:
        found.append(X[label == Y].mean(axis=0) - XT[labels == label].mean(axis=0))
    return np.array(found)


def reference(differences, mu, weights):
    """Coefficients by coordinate descent, with the differences as rows of target 0."""
    mean, mean_label = np.average(X, axis=0, weights=weights), weights @ ONE_HOT / 120
    root = np.sqrt(weights / 120)[:, None]
    F = np.concatenate([root * (X - mean), np.sqrt(mu) * differences])
    labels = np.concatenate([root * (ONE_HOT - mean_label), np.zeros((len(differences), 4))])
    lasso = MultiTaskLasso(
        alpha=0.03 / len(F), fit_intercept=False, tol=1e-12, max_iter=100_000
    ).fit(F, labels)
    return lasso.coef_, mean_label - lasso.coef_ @ mean


@pytest.mark.oracle("DomainRegression")
@pytest.mark.usefixtures("exact")
def test_marginal_term_is_a_row_of_target_zero():
    model = fitted(conditional=False, mu=2.0, class_weight=None)
    coef, intercept = reference(contrasts(), 2.0, np.ones(120))
    assert_allclose(model.coef_, coef, atol=1e-4)
    assert_allclose(model.intercept_, intercept, atol=1e-4)
    assert model.n_iter_ == 1


@pytest.mark.oracle("DomainRegression")
@pytest.mark.usefixtures("exact")
def test_conditional_terms_are_rebuilt_round_by_round():
    weights = 30 / np.array([np.sum(label == Y) for label in Y])
    coef, intercept = reference(contrasts(), 0.1, weights)
    labels, n_regressions = np.unique(Y)[(XT @ coef.T + intercept).argmax(axis=1)], 1
    while True:
        coef, intercept = reference(contrasts(labels), 0.1, weights)
        new = np.unique(Y)[(XT @ coef.T + intercept).argmax(axis=1)]
        n_regressions, changed, labels = n_regressions + 1, np.mean(new != labels), new
        if changed <= 0.01:
            break
    model = fitted()
    assert model.n_iter_ == n_regressions > 2
    assert_array_equal(model.pseudo_labels_, labels)
    assert_allclose(model.coef_, coef, atol=1e-4)
    assert_allclose(model.intercept_, intercept, atol=1e-4)


def test_objective_never_rises_within_a_round():
    for conditional in (False, True):
        path = fitted(conditional=conditional).objective_path_
        assert len(path) > 5
        assert (np.diff(path) <= 1e-14).all()


def test_more_rows_than_columns_or_fewer_is_the_same():
    wide = np.hstack([X, np.zeros((120, 300))])
    target = np.hstack([XT, np.zeros((100, 300))])
    dual = DomainRegression().fit(wide, Y, X_target=target)
    assert_allclose(dual.coef_[:, :12], fitted().coef_, atol=1e-8)
    assert_array_equal(dual.coef_[:, 12:], 0)


def test_mu_brings_the_mean_images_together():
    gaps = []
    for mu in (0.0, 0.1, 1.0, 100.0):
        model = fitted(conditional=False, mu=mu, alpha=0.01)
        gap = model.transform(X).mean(axis=0) - model.transform(XT).mean(axis=0)
        gaps.append(np.linalg.norm(gap))
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 0.02 * gaps[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("conditional", [False, True])
def test_follows_a_moved_target(seed, conditional):
    data = scaled(seed=seed, strength=0.9)
    scores = [
        DomainRegression(conditional=conditional, mu=mu)
        .fit(data.X_source, data.y_source, X_target=data.X_target)
        .score(data.X_target, data.y_target)
        for mu in (0.0, 0.1)
    ]
    assert scores[1] > scores[0] + 0.05


def test_equal_means_leave_nothing_to_align():
    centred = X - X.mean(axis=0), XT - XT.mean(axis=0)
    with pytest.warns(UserWarning, match="mu has no effect"):
        model = DomainRegression(conditional=False).fit(centred[0], Y, X_target=centred[1])
    plain = DomainRegression(mu=0).fit(centred[0], Y)
    assert_allclose(model.coef_, plain.coef_, atol=1e-9)
    other = DomainRegression().fit(centred[0], Y, X_target=centred[1])
    assert not np.allclose(other.coef_, plain.coef_, atol=1e-3)


def test_class_weights():
    rare = np.flatnonzero((Y != "class3") | (np.arange(120) % 5 == 0))
    balanced = DomainRegression().fit(X[rare], Y[rare])
    plain = DomainRegression(class_weight=None).fit(X[rare], Y[rare])
    counts = np.array([np.sum(Y[rare] == label) for label in plain.classes_])
    same = DomainRegression(class_weight=dict(zip(plain.classes_, 7 / counts)))
    assert_allclose(same.fit(X[rare], Y[rare]).coef_, balanced.coef_, atol=1e-9)
    assert np.sum(balanced.predict(X) == "class3") > np.sum(plain.predict(X) == "class3")
    # the weighted mean image is the weighted mean label
    weights = 1 / counts[np.searchsorted(plain.classes_, Y[rare])]
    mean = np.average(balanced.transform(X[rare]), axis=0, weights=weights)
    assert_allclose(mean, 0.25, atol=1e-9)


def test_two_classes():
    two = np.where(Y < "class2", -1, 1)
    model = DomainRegression().fit(X, two, X_target=XT)
    images = model.transform(XT)
    assert images.shape == (100, 2)
    assert_allclose(images.sum(axis=1), 1, atol=1e-9)
    values = model.decision_function(XT)
    assert_allclose(values, images[:, 1] - images[:, 0])
    assert_array_equal(model.predict(XT), np.where(values > 0, 1, -1))
    assert_array_equal(model.predict(XT), model.pseudo_labels_)


def test_images_are_the_decision_values_for_both_domains():
    model = fitted()
    assert_array_equal(model.transform(XT), model.decision_function(XT))
    assert_array_equal(model.transform(X), model.transform_source(X))
    assert_array_equal(model.predict(XT), model.classes_[model.transform(XT).argmax(axis=1)])
    assert is_classifier(model)
    names = model.get_feature_names_out()
    assert list(names) == [f"domainregression{i}" for i in range(4)]


def test_classifier_and_adapter_in_pipelines_and_searches():
    model = ft.make_pipeline(StandardScaler(), DomainRegression())
    adapter = ft.make_pipeline(
        StandardScaler(), DomainRegression(), LogisticRegression(class_weight="balanced")
    )
    with sklearn.config_context(enable_metadata_routing=True):
        for pipeline in (model, adapter):
            pipeline.fit(X, Y, X_target=XT)
            assert pipeline.score(XT, DATA.y_target) > 0.7
            search = GridSearchCV(
                pipeline,
                {"domainregression__alpha": [0.01, 0.1], "domainregression__mu": [0.0, 0.1]},
                cv=GroupKFold(3),
                scoring=ft.selection.source_scorer("balanced_accuracy"),
                error_score="raise",
            )
            search.fit(X, Y, groups=DATA.speakers_source, X_target=(XT,))
            assert search.best_score_ > 0.7
            assert search.score(XT, DATA.y_target) > 0.5
    recipe = ft.recipe("domain-regression")
    assert isinstance(recipe[-1], DomainRegression)


def test_data_frames():
    names = [f"F{i}" for i in range(12)]
    source, target = (pd.DataFrame(rows, columns=names) for rows in (X, XT))
    model = DomainRegression().set_output(transform="pandas")
    model.fit(source, pd.Series(Y), X_target=(target[:30], target[30:]))
    assert_allclose(model.coef_, fitted().coef_)
    assert list(model.transform(target).index) == list(target.index)


def test_collapse_keeps_the_regression_before():
    far = XT + 30 * fitted(mu=0).coef_[1]
    with pytest.warns(PseudoLabelWarning, match="of DomainRegression .* in iteration 1"):
        model = DomainRegression(mu=1e-9).fit(X, Y, X_target=far)
    assert model.n_iter_ == 1
    marginal = DomainRegression(conditional=False, mu=1e-9).fit(X, Y, X_target=far)
    assert_array_equal(model.coef_, marginal.coef_)
    noise = np.random.default_rng(3).normal(size=(100, 12))
    with pytest.warns(PseudoLabelWarning, match=r"iteration \d") as caught:
        late = DomainRegression(mu=1000, max_iter=50).fit(X, Y, X_target=noise)
    assert caught[0].filename == __file__
    assert late.n_iter_ >= 1
    found = [np.sum(late.pseudo_labels_ == label) for label in np.unique(Y)]
    assert min(found) >= 2


def test_says_when_labels_have_not_settled():
    with pytest.warns(ConvergenceWarning, match="had not settled after max_iter=1 rounds"):
        assert fitted(max_iter=1, tol=0.0).n_iter_ == 2


def test_says_when_a_regression_has_not_converged(monkeypatch):
    monkeypatch.setattr(_row_sparse, "MAX_STEPS", 3)
    with pytest.warns(ConvergenceWarning, match=r"not converged after \d+ reweighting steps"):
        DomainRegression().fit(X, Y)


def test_conditional_is_true_or_false():
    with pytest.raises(TypeError, match="conditional must be True or False, got 'yes'"):
        fitted(conditional="yes")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mu": -1}, "mu must be a finite number >= 0"),
        ({"alpha": 0}, "alpha must be a finite number > 0"),
        ({"class_weight": "equal"}, "class_weight must be 'balanced', None or a dict"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
        ({"tol": 1.0}, "tol must be a number >= 0 and < 1"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(**parameters)


def test_bad_labels():
    with pytest.raises(ValueError, match="at least two classes, got one class"):
        DomainRegression().fit(X, np.full(120, "anger"))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        DomainRegression().fit(X, Y[:100])
