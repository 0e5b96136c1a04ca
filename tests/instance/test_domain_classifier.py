import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from featuretransfer import DomainClassifierWeights
from featuretransfer.instance._domain_ratio import odds

rng = np.random.default_rng(0)
XS, XT = rng.normal(size=(800, 1)), rng.normal(0.5, 1, size=(500, 1))
KNOWN = np.exp(0.5 * XS[:, 0] - 0.125)  # N(0.5, 1) over N(0, 1)


@pytest.mark.oracle("DomainClassifierWeights")
@pytest.mark.parametrize("calibration", ["sigmoid", None])
def test_known_ratio_and_its_direction(calibration):
    weighter = DomainClassifierWeights(calibration=calibration, random_state=0)
    weighter.fit(XS, X_target=XT)
    assert np.corrcoef(np.log(weighter.sample_weight_), np.log(KNOWN))[0, 1] > 0.98
    new = np.linspace(-1.5, 2, 20)[:, None]
    ratio = weighter.density_ratio(new)
    assert_allclose(ratio, np.exp(0.5 * new[:, 0] - 0.125), rtol=0.25)
    assert (np.diff(ratio) > 0).all()


def test_sizes_of_the_domains_do_not_matter():
    few = DomainClassifierWeights(random_state=0).fit(XS, X_target=XT[:100])
    many = DomainClassifierWeights(random_state=0).fit(XS, X_target=XT)
    new = np.linspace(-1, 1.5, 9)[:, None]
    assert_allclose(few.density_ratio(new), many.density_ratio(new), rtol=0.3)


@pytest.mark.oracle("DomainClassifierWeights")
def test_equals_explicit_folds():
    weighter = DomainClassifierWeights(
        LogisticRegression(), cv=4, calibration=None, clip=1e-6, random_state=3
    ).fit(XS, X_target=XT)
    X, domain = np.concatenate([XS, XT]), np.repeat([0, 1], [800, 500])
    p = np.empty(1300)
    for train, test in StratifiedKFold(4, shuffle=True, random_state=3).split(X, domain):
        p[test] = LogisticRegression().fit(X[train], domain[train]).predict_proba(X[test])[:, 1]
    expected = (p / (1 - p))[:800]
    assert_allclose(weighter.sample_weight_, expected / expected.mean())
    assert_allclose(
        weighter.density_ratio(XT),
        odds(LogisticRegression().fit(X, domain).predict_proba(XT)[:, 1], 1e-6) * 800 / 500,
    )


def test_out_of_fold_weights_do_not_show_what_was_memorised():
    """Two samples of one distribution, and a classifier that learns its rows by heart."""
    source, target = rng.normal(size=(200, 5)), rng.normal(size=(150, 5))
    forest = RandomForestClassifier(50, random_state=0)
    weighter = DomainClassifierWeights(forest, calibration=None, random_state=0)
    weighter.fit(source, X_target=target)
    seen = weighter.classifier_.predict_proba(np.concatenate([source, target]))[:, 1]
    assert roc_auc_score(np.repeat([0, 1], [200, 150]), seen) > 0.99
    assert weighter.effective_sample_size_ > 100


def test_classifier_without_probabilities_is_calibrated():
    weighter = DomainClassifierWeights(LinearSVC(), random_state=0).fit(XS, X_target=XT)
    assert np.corrcoef(np.log(weighter.sample_weight_), np.log(KNOWN))[0, 1] > 0.98


def test_isotonic_calibration():
    weighter = DomainClassifierWeights(calibration="isotonic", random_state=0)
    weighter.fit(XS, X_target=XT)
    assert spearmanr(weighter.sample_weight_, KNOWN).statistic > 0.8


def test_clip_bounds_the_ratio():
    far = np.array([[50.0], [-50.0]])
    weighter = DomainClassifierWeights(clip=0.1, random_state=0).fit(XS, X_target=XT)
    assert_allclose(weighter.density_ratio(far) * 500 / 800, [9, 1 / 9])


def test_without_target():
    weighter = DomainClassifierWeights().fit(XS)
    assert weighter.classifier_ is None
    assert_array_equal(weighter.sample_weight_, np.ones(800))
    assert_array_equal(weighter.density_ratio(XT[:3]), np.ones(3))


def test_few_target_rows():
    with pytest.warns(UserWarning, match="single row, which leaves no folds"):
        weighter = DomainClassifierWeights(random_state=0).fit(XS, X_target=XT[:1])
    assert np.isfinite(weighter.sample_weight_).all()
    for n in (2, 3, 4):  # folds, but none within them
        weighter = DomainClassifierWeights(random_state=0).fit(XS, X_target=XT[:n])
        assert np.isfinite(weighter.sample_weight_).all()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"estimator": "svm"}, TypeError, "estimator must be None or a classifier"),
        ({"estimator": LogisticRegression}, TypeError, "estimator must be None or a classifier"),
        ({"cv": 1}, ValueError, "cv must be an integer >= 2"),
        ({"calibration": "platt"}, ValueError, "calibration must be one of"),
        ({"clip": 0}, ValueError, "clip must be a number > 0 and < 0.5"),
        ({"clip": 0.5}, ValueError, "clip must be"),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        DomainClassifierWeights(**parameters).fit(XS, X_target=XT)
