import numpy as np
import pytest
from scorer_support import LR, XT, Fixed, X, Y, fit, judged
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import LinearSVC

import featuretransfer as ft
from featuretransfer.selection import make_target_scorer
from featuretransfer.selection._dev import control_variate_risk
from featuretransfer.selection._domain_weights import domain_weights


def dev_risk(losses, w):
    """By the covariance matrix, as the paper has it."""
    covariance = np.cov(np.stack([w * losses, w]), ddof=0)
    eta = -covariance[0, 1] / covariance[1, 1]
    return np.mean(w * losses) + eta * np.mean(w) - eta


def balance(y):
    """Weights with which every class counts alike."""
    classes, counts = np.unique(y, return_counts=True)
    share = dict(zip(classes, counts / len(y)))
    return np.array([1 / (len(classes) * share[label]) for label in y])


def test_risk_is_that_of_the_paper():
    rng = np.random.default_rng(0)
    losses, w = rng.random(50), rng.exponential(size=50)
    assert control_variate_risk(losses, w) == pytest.approx(dev_risk(losses, w))


def test_constant_loss_and_constant_weights():
    rng = np.random.default_rng(0)
    w = rng.exponential(size=40)
    assert control_variate_risk(np.full(40, 0.3), w) == pytest.approx(0.3)
    losses = rng.random(40)
    for constant in (0.1, 1.0, 3.0):  # 0.1 has rounding errors in its mean
        risk = control_variate_risk(losses, np.full(40, constant))
        assert risk == pytest.approx(constant * losses.mean())


def test_control_variate_reduces_the_variance_and_keeps_the_mean():
    """Of the estimated loss on N(1, 1) from draws of N(0, 1) with the exact density ratio."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 200))
    w, losses = np.exp(x - 0.5), 0.5 + 0.1 * (x > 0)
    plain = (w * losses).mean(axis=1)
    risks = np.array([control_variate_risk(row, v) for row, v in zip(losses, w)])
    assert risks.std() < 0.3 * plain.std()
    assert risks.mean() == pytest.approx(0.5 + 0.1 * 0.8413, abs=2e-3)


@pytest.mark.parametrize("loss", ["zero-one", "log"])
def test_score_is_the_negative_risk(loss):
    kept = np.r_[:40, 60:90]  # classes of different size
    model = fit(ft.CORAL(), LR)
    view, y = ft.source_view(model), Y[kept]
    codes = np.searchsorted(model.classes_, y)
    losses = {
        "zero-one": view.predict(X[kept]) != y,
        "log": -np.log(view.predict_proba(X[kept])[np.arange(len(y)), codes]),
    }[loss]
    w = domain_weights(judged(X=X[kept], Y=y), "corpus", 10, 0)
    value = make_target_scorer("dev", loss=loss)(model, X[kept], y, X_target=(XT,))
    assert value == pytest.approx(-dev_risk(balance(y) * losses, w))


def test_zero_one_is_one_minus_uar_where_the_weights_are_equal():
    rng = np.random.default_rng(0)
    predicted = np.where(rng.random(len(Y)) < 0.5, Y, np.roll(Y, 1))
    risk = control_variate_risk(balance(Y) * (predicted != Y), np.ones(len(Y)))
    assert risk == pytest.approx(1 - balanced_accuracy_score(Y, predicted))


def test_log_loss_of_decision_values_and_of_an_unknown_class():
    scorer = make_target_scorer("dev", loss="log")
    assert np.isfinite(scorer(fit(LinearSVC()), X, Y, X_target=XT))
    sure = Fixed(predict_proba=np.ones((len(Y), 1)))
    sure.classes_ = Y[:1]
    losses = balance(Y) * np.where(Y[0] == Y, 0, -np.log(1e-12))
    expected = -dev_risk(losses, domain_weights(judged(), "corpus", 10, 0))
    assert scorer(sure, X, Y, X_target=XT) == pytest.approx(expected)


def test_bad_loss_and_missing_probabilities():
    with pytest.raises(ValueError, match=r"loss must be one of \['zero-one', 'log'\], got 'hinge'"):
        make_target_scorer("dev", loss="hinge")(fit(LR), X, Y, X_target=XT)
    with pytest.raises(TypeError, match="Fixed has neither predict_proba nor decision_function"):
        make_target_scorer("dev", loss="log")(Fixed(predict=Y), X, Y, X_target=XT)
