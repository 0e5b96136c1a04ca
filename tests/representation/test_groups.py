import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression

import featuretransfer as ft
from featuretransfer.representation._groups import group_rows, new_target_ids, target_ids


def test_groups_in_order_of_appearance_without_rows_that_lack_an_id():
    ids = np.array(["b", None, "a", "b", np.nan, "a"], dtype=object)
    found = group_rows(ids)
    assert [name for name, _ in found] == ["b", "a"]
    assert_array_equal(found[0][1], [0, 3])
    assert_array_equal(found[1][1], [2, 5])
    assert group_rows(None) == []


def test_target_ids_of_a_tuple_are_below_each_other():
    X_target = (np.zeros((2, 1)), np.zeros((1, 1)))
    corpora, speakers = target_ids((["v", "v"], ["w"]), ([1, None], [2]), X_target)
    assert corpora.tolist() == ["v", "v", "w"]
    assert speakers.tolist() == [1, None, 2]
    assert target_ids(None, None, None) == (None, None)


def test_ids_of_new_rows_are_the_element_of_their_length():
    ids = (["v", "v"], ["w"])
    assert new_target_ids(ids, None, 1)[0].tolist() == ["w"]
    assert new_target_ids(ids, None, 3)[0].tolist() == ["v", "v", "w"]
    with pytest.raises(ValueError, match="target_domains .*2, 1. ids, but the target .* are 5"):
        new_target_ids(ids, None, 5)


def test_a_pipeline_cannot_tell_target_corpora_of_one_length_apart():
    rng = np.random.default_rng(0)
    X, y, parts = rng.normal(size=(30, 2)), np.arange(30) % 2, rng.normal(size=(2, 20, 2))
    names = np.repeat(["v", "w"], 20)
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), LogisticRegression())
        message = r"2 of them may belong to the 20 target rows .* X_target=\(np.concatenate"
        with pytest.raises(ValueError, match=message):
            model.fit(X, y, X_target=tuple(parts), target_domains=(names[:20], names[20:]))
        model.fit(X, y, X_target=(np.concatenate(parts),), target_domains=(names,))
    assert set(model[0].target_.corpora) == {"v", "w"}
