import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge

from featuretransfer import FeatureAugmentation

rng = np.random.default_rng(0)
XS, XT = rng.normal(size=(40, 3)), rng.normal(size=(25, 3)) + 1
WS, WT = np.array([1.0, -1.0, 0.5]), np.array([1.0, -0.5, 0.0])
YS, YT = XS @ WS + 0.1 * rng.normal(size=40), XT @ WT + 2


def ridge_of_both_domains(alpha, intercepts):
    """Weights w_s and w_t of min |f_s - y_s|^2 + |f_t - y_t|^2 + alpha (|w|^2 + |v_s|^2 + |v_t|^2).

    With w_s = w + v_s, w_t = w + v_t the best w is (w_s + w_t) / 3, which leaves the penalty
    |w_s|^2 + |w_t|^2 - |w_s + w_t|^2 / 3 in w_s and w_t alone; intercepts of the domains are
    penalised without a shared part.
    """
    d = 3
    penalty = np.kron(np.array([[2.0, -1.0], [-1.0, 2.0]]) / 3, np.eye(d))
    A = np.zeros((65, 2 * d + 3))  # w_s, w_t, then the intercepts b_s, b_t and b
    A[:40, :d], A[40:, d : 2 * d] = XS, XT
    if intercepts:
        A[:40, 2 * d], A[40:, 2 * d + 1], A[:, 2 * d + 2] = 1, 1, 1
    P = np.zeros((2 * d + 3, 2 * d + 3))
    P[: 2 * d, : 2 * d] = penalty
    P[2 * d, 2 * d] = P[2 * d + 1, 2 * d + 1] = 1
    solution = np.linalg.lstsq(A.T @ A + alpha * P, A.T @ np.r_[YS, YT], rcond=None)[0]
    b = solution[2 * d + 2]
    return solution[:d], solution[d : 2 * d], solution[2 * d] + b, solution[2 * d + 1] + b


@pytest.mark.oracle("FeatureAugmentation")
@pytest.mark.parametrize("alpha", [0.1, 10.0])
@pytest.mark.parametrize("intercept", [False, True])
def test_ridge_on_augmented_rows_is_the_joint_problem(alpha, intercept):
    adapter = FeatureAugmentation(intercept=intercept).fit(XS, X_target=XT)
    Z = np.vstack([adapter.transform_source(XS), adapter.transform(XT)])
    model = Ridge(alpha, fit_intercept=intercept).fit(Z, np.r_[YS, YT])
    ws, wt, bs, bt = ridge_of_both_domains(alpha, intercept)
    assert_allclose(model.predict(adapter.transform_source(XS)), XS @ ws + bs, atol=1e-9)
    assert_allclose(model.predict(adapter.transform(XT)), XT @ wt + bt, atol=1e-9)


def test_rows():
    x = np.array([[2.0, 3.0]])
    plain = FeatureAugmentation(intercept=False).fit(x, X_target=(x + 1,))
    assert_array_equal(plain.transform_source(x), [[2, 3, 2, 3, 0, 0]])
    assert_array_equal(plain.transform(x), [[2, 3, 0, 0, 2, 3]])
    constants = FeatureAugmentation().fit(x, X_target=(x + 1,))
    assert_array_equal(constants.transform_source(x), [[2, 3, 2, 3, 1, 0, 0, 0]])
    assert_array_equal(constants.transform(x), [[2, 3, 0, 0, 0, 2, 3, 1]])


def test_source_rows_alone_give_half_the_decision_values_on_the_target():
    adapter = FeatureAugmentation(intercept=False).fit(XS, X_target=XT)
    augmented = Ridge(2.0, fit_intercept=False).fit(adapter.transform_source(XS), YS)
    plain = Ridge(1.0, fit_intercept=False).fit(XS, YS)
    assert_allclose(augmented.predict(adapter.transform_source(XS)), plain.predict(XS))
    assert_allclose(augmented.predict(adapter.transform(XT)), plain.predict(XT) / 2)


def test_without_target_rows_stay_as_they_are():
    source = pd.DataFrame(XS, columns=["a", "b", "c"])
    adapter = FeatureAugmentation().fit(source)
    assert_array_equal(adapter.transform(source), XS)
    assert_array_equal(adapter.transform_source(source), XS)
    assert list(adapter.get_feature_names_out()) == ["a", "b", "c"]


def test_names():
    tables = [pd.DataFrame(X[:, :2], columns=["a", "b"]) for X in (XS, XT)]
    adapter = FeatureAugmentation().fit(tables[0], X_target=tables[1])
    assert list(adapter.get_feature_names_out()) == [
        "shared__a",
        "shared__b",
        "source__a",
        "source__b",
        "source__intercept",
        "target__a",
        "target__b",
        "target__intercept",
    ]
    adapter = FeatureAugmentation(intercept=False).fit(tables[0], X_target=tables[1])
    assert len(adapter.get_feature_names_out()) == adapter.transform(tables[1]).shape[1] == 6


@pytest.mark.parametrize("value", [1, None, "yes"])
def test_bad_intercept(value):
    with pytest.raises(TypeError, match="intercept must be True or False"):
        FeatureAugmentation(value).fit(XS)
