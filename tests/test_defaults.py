from featuretransfer import recipe
from featuretransfer._defaults import default_classifier


def test_default_is_a_new_classifier_each_time_and_that_of_recipes():
    classifier = default_classifier()
    assert classifier is not default_classifier()
    expected = {"C": 0.01, "class_weight": "balanced", "max_iter": 500}
    assert {name: classifier.get_params()[name] for name in expected} == expected
    assert recipe("coral")[-1].get_params() == classifier.get_params()
