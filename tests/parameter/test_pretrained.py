import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer import FineTunedClassifier
from featuretransfer.parameter._pretrained import as_network

RNG = np.random.default_rng(0)
COEFS = [RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3))]
INTERCEPTS = [RNG.normal(size=4), RNG.normal(size=3)]


def test_weights_are_a_network_for_rows_as_they_are():
    network = as_network((COEFS, INTERCEPTS), "tanh", 5)
    X = RNG.normal(size=(7, 5))
    assert_allclose(network.code(X), np.tanh(X @ COEFS[0] + INTERCEPTS[0]), atol=1e-6)
    assert [len(classes) for classes in network.classes] == [0]


def test_an_estimator_stands_for_its_network():
    X, y = RNG.normal(size=(30, 5)), np.arange(30) % 3
    model = FineTunedClassifier(random_state=0).fit(X, y)
    assert as_network(model, "tanh", 5) is model.network_
    assert as_network(model.network_, "tanh", 5) is model.network_


@pytest.mark.parametrize("wrong", [FineTunedClassifier(), "network", (COEFS,), 3])
def test_what_is_no_network_is_refused(wrong):
    with pytest.raises(TypeError, match="pretrained must be a fitted network classifier.*network_"):
        as_network(wrong, "tanh", 5)


@pytest.mark.parametrize(
    ("coefs", "intercepts"),
    [
        (COEFS, INTERCEPTS[:1]),
        (COEFS, INTERCEPTS[::-1]),
        (COEFS[::-1], INTERCEPTS[::-1]),
        ([], []),
        ([COEFS[0][:, 0]], [np.zeros(1)]),
    ],
)
def test_layers_that_do_not_fit_are_refused(coefs, intercepts):
    with pytest.raises(ValueError, match="layers that follow one another, got the shapes"):
        as_network((coefs, intercepts), "tanh", 5)


def test_other_features_are_refused():
    with pytest.raises(ValueError, match="a network for 5 features, but X has 6"):
        as_network((COEFS, INTERCEPTS), "tanh", 6)


def test_weights_given_are_not_changed():
    copies = [coefs.copy() for coefs in COEFS]
    X, y = RNG.normal(size=(30, 5)), np.arange(30) % 3
    FineTunedClassifier(pretrained=(COEFS, INTERCEPTS), random_state=0).fit(X, y)
    for coefs, copy in zip(COEFS, copies):
        assert_array_equal(coefs, copy)
