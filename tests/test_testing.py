from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge

import featuretransfer as ft
from featuretransfer.testing import all_adapters, all_estimators, all_weighters, make_instance


def test_kinds_are_told_apart():
    adapters, weighters = all_adapters(), all_weighters()
    assert {"NoAdaptation", "CorpusScaler", "CORAL", "TCA", "DenoisingAutoencoder"} <= set(adapters)
    assert "KernelMeanMatching" in weighters
    assert not set(adapters) & set(weighters)
    assert set(adapters) | set(weighters) | {"ReweightedClassifier", "OpenSmile"} <= set(
        all_estimators()
    )


def test_every_estimator_is_public_and_can_be_made():
    for name, cls in all_estimators().items():
        assert getattr(ft, name) is cls
        assert isinstance(make_instance(cls), BaseEstimator)


def test_the_estimator_inside_is_of_the_right_kind():
    assert isinstance(make_instance(ft.ReweightedClassifier).estimator, LogisticRegression)
    assert isinstance(make_instance(ft.ReweightedRegressor).estimator, Ridge)
