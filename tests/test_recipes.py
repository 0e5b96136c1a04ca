import pytest
from sklearn.base import ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer.recipes import methods, recipe, short_names
from featuretransfer.testing import all_methods, all_predictors


def test_methods_are_discovered():
    found = {cls.__name__ for cls in methods().values()}
    others = {  # a recipe classifies
        name for name, cls in all_predictors().items() if not issubclass(cls, ClassifierMixin)
    }
    assert found == set(all_methods()) - others


def test_names_are_readable_and_sorted():
    assert {"kernel-mean-matching", "cca-transfer", "tradaboost", "rulsif"} <= set(methods())
    assert list(methods()) == sorted(methods())


@pytest.mark.parametrize("name", list(methods()))
def test_recipe_is_a_plain_checked_pipeline(name):
    pipeline = recipe(name)
    assert type(pipeline) is Pipeline
    assert pipeline.transform_input == ["X_target"]
    scaled = getattr(methods()[name], "equal_columns", True)
    assert isinstance(pipeline[0], ft.CorpusScaler) == scaled
    assert ft.check_pipeline(pipeline) is pipeline


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("CORAL", ft.CORAL),
        ("coral", ft.CORAL),
        ("TCA", ft.TCA),
        ("SubspaceAlignment", ft.SubspaceAlignment),
        ("DenoisingAutoencoder", ft.DenoisingAutoencoder),
        ("denoising-autoencoder", ft.DenoisingAutoencoder),
    ],
)
def test_spellings(name, cls):
    assert type(recipe(name)[1]) is cls


@pytest.mark.parametrize("name", ["kmm", "KMM", "kernel-mean-matching", "KernelMeanMatching"])
def test_weighters_wrap_the_classifier(name):
    final = recipe(name, SVC(C=3))[-1]
    assert isinstance(final, ft.ReweightedClassifier)
    assert isinstance(final.weighter, ft.KernelMeanMatching)
    assert final.estimator.C == 3


@pytest.mark.parametrize("name", ["class-coral", "jda", "bda"])
def test_target_is_labelled_by_a_copy_of_the_classifier(name):
    pipeline = recipe(name, SVC(C=3))
    assert isinstance(pipeline[-1], SVC)
    assert pipeline[1].estimator.C == 3
    assert pipeline[1].estimator is not pipeline[-1]


def test_weighters_that_want_few_dimensions_get_them():
    weighter = recipe("gaussian-weights")[-1].weighter
    assert [type(step).__name__ for _, step in weighter.steps] == ["PCA", "GaussianWeights"]
    assert weighter[0].n_components == 5
    assert weighter.transform_input == ["X_target"]


def test_scaling_alone_is_not_applied_twice():
    assert [type(step).__name__ for _, step in recipe("corpus-scaler").steps] == [
        "CorpusScaler",
        "LogisticRegression",
    ]


def test_methods_that_scale_themselves_are_first():
    steps = {
        name: [type(step).__name__ for _, step in recipe(name).steps]
        for name in ("cca-transfer", "hfa")
    }
    assert steps["cca-transfer"] == ["CCATransfer", "LogisticRegression"]
    assert steps["hfa"] == ["HeterogeneousFeatureAugmentation"]


def test_unknown_method_lists_the_known():
    known = ", ".join(methods())
    assert "coral" in known
    message = f"method must be one of {known}; got 'corl'. Did you mean 'coral'"
    with pytest.raises(ValueError, match=message):
        recipe("corl")


@pytest.mark.parametrize("name", ["no-adaptation", "NoAdaptation"])
def test_no_adaptation_is_no_method(name):
    assert "no-adaptation" not in methods()
    with pytest.raises(ValueError, match="transfers nothing.*'corpus-scaler'"):
        recipe(name)


def test_short_names_are_understood():
    assert {"kmm", "tjm", "gfk"} <= set(short_names())
    for short, name in short_names().items():
        assert short not in methods()
        assert repr(recipe(short)) == repr(recipe(name))
