import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator

from featuretransfer._base import ViewsMixin, validate_domains
from featuretransfer._pairs import check_pair_of_tables, check_same_columns, validate_pairs

X, X_TARGET = np.ones((5, 3)), np.ones((4, 2))


class Paired(ViewsMixin, BaseEstimator):
    equal_columns = False

    def fit(self, X, X_target):
        validate_domains(self, X, X_target)
        return self


def test_each_table_has_the_columns_of_its_domain():
    estimator = Paired().fit(X, X_TARGET)
    first, second = validate_pairs(estimator, (X[:2], X_TARGET[:2]))
    assert_array_equal(first, X[:2])
    assert_array_equal(second, X_TARGET[:2])
    with pytest.raises(ValueError, match=r"X_paired\[0\] must be rows with the columns of X: "):
        validate_pairs(estimator, (X_TARGET, X_TARGET))
    message = r"X_paired\[1\] must be rows with the columns of X_target: .*Paired must be its first"
    with pytest.raises(ValueError, match=message):
        validate_pairs(estimator, (X, X))


@pytest.mark.parametrize(("least", "word"), [(1, "one"), (2, "two")])
def test_tables_have_as_many_rows(least, word):
    estimator = Paired().fit(X, X_TARGET)
    with pytest.raises(ValueError, match=f"at least {word}, which are paired.*got 3 and 2 rows"):
        validate_pairs(estimator, (X[:3], X_TARGET[:2]), least)
    if least == 2:
        with pytest.raises(ValueError, match="got 1 and 1 rows"):
            validate_pairs(estimator, (X[:1], X_TARGET[:1]), least)


@pytest.mark.parametrize("pairs", [[X, X_TARGET], (X,), (X, None), X])
def test_what_is_no_pair_of_tables_is_refused(pairs):
    with pytest.raises(TypeError, match="X_paired must be a tuple of two tables"):
        check_pair_of_tables(pairs)


def test_other_columns_need_pairs():
    with pytest.raises(ValueError, match=r"other columns than X \(2 and 3\) and nothing"):
        check_same_columns(Paired().fit(X, X_TARGET), stacklevel=1)
    with pytest.warns(UserWarning, match="are taken for the same 3 features") as caught:
        check_same_columns(Paired().fit(X, (X,)), stacklevel=1)
    assert caught[0].filename == __file__
