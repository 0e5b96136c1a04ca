import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featuretransfer._network import Schedule
from featuretransfer.parameter._fine_tuning import Plan, fine_tune, head_for
from featuretransfer.parameter._heads import Options, train_from_scratch

SCHEDULE = Schedule(1e-2, 32, 30, 10, 1e-4)
OPTIONS = Options("tanh", None, 0.1, 0.1, SCHEDULE)


def plan(**changes):
    defaults = {
        "n_frozen": 0,
        "layer_decay": 1.0,
        "unfreeze_every": None,
        "max_iter": 30,
        "new_head": False,
    }
    return Plan(**{**defaults, **changes})


def task(seed, classes="abc", n=60):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.resize(list(classes), n))
    codes = np.unique(y, return_inverse=True)[1]
    return rng.normal(size=(n, 5)) + 1.5 * rng.normal(size=(len(classes), 5))[codes], y


def source(n_hidden=(6, 4)):
    X, y = task(0)
    rng = np.random.default_rng(0)
    return train_from_scratch(X, y, np.unique(y), n_hidden, OPTIONS, rng)[0]


def tuned(network, X, y, **changes):
    rng = np.random.default_rng(1)
    return fine_tune(network, X, y, np.unique(y), plan(**changes), OPTIONS, rng)


def test_all_layers_move_at_once_and_at_one_rate_by_default():
    (schedule,) = plan().phases(3, SCHEDULE)
    assert schedule.learning_rate == [1e-2] * 6
    assert schedule.max_iter == 30


def test_rates_fall_from_the_output_layer_down():
    (schedule,) = plan(layer_decay=0.5, n_frozen=1).phases(4, SCHEDULE)
    rates = np.array([0, 0.25, 0.5, 1]) * 1e-2
    assert_array_equal(schedule.learning_rate, np.repeat(rates, 2))


@pytest.mark.parametrize(
    ("n_frozen", "max_iter", "expected"),
    [
        (0, 30, [(1, 5), (2, 5), (3, 20)]),
        (1, 30, [(1, 5), (2, 25)]),
        (2, 30, [(1, 30)]),
        (0, 7, [(1, 5), (2, 2)]),
        (0, 0, []),
    ],
)
def test_layers_join_in_from_the_output_layer_down(n_frozen, max_iter, expected):
    phases = plan(unfreeze_every=5, n_frozen=n_frozen, max_iter=max_iter).phases(3, SCHEDULE)
    moving = [(np.count_nonzero(phase.learning_rate) // 2, phase.max_iter) for phase in phases]
    assert moving == expected
    for phase in phases:
        assert list(phase.learning_rate) == sorted(phase.learning_rate)


def test_known_classes_keep_their_weights():
    head = source().layers[-1]
    known = np.array(["a", "b", "c"])
    weights, biases = head_for(head, known, np.array(["b", "d"]), new_head=False)
    assert_array_equal(weights, np.column_stack([head.weights[:, 1], np.zeros(4)]))
    assert_array_equal(biases, [head.biases[1], 0])
    weights, biases = head_for(head, known, known, new_head=True)
    assert_array_equal(weights, np.zeros((4, 3)))
    assert_array_equal(biases, np.zeros(3))


def test_no_epoch_is_the_network_itself():
    network = source()
    X, y = task(1)
    same, trainings = tuned(network, X, y, max_iter=0)
    assert trainings == []
    for layer, before in zip(same.layers, network.layers):
        assert_array_equal(layer.weights, before.weights)
        assert_array_equal(layer.biases, before.biases)


@pytest.mark.parametrize("n_frozen", [0, 1, 2])
@pytest.mark.parametrize("unfreeze_every", [None, 4])
def test_frozen_layers_stay_and_the_others_move(n_frozen, unfreeze_every):
    network = source()
    before = [layer.weights.copy() for layer in network.layers]
    X, y = task(1)
    found, _ = tuned(network, X, y, n_frozen=n_frozen, unfreeze_every=unfreeze_every)
    stays = [np.array_equal(new.weights, w) for new, w in zip(found.layers, before)]
    assert stays == [position < n_frozen for position in range(3)]
    for layer, weights in zip(network.layers, before):  # what it started from is left alone
        assert_array_equal(layer.weights, weights)


def test_the_penalty_holds_weights_where_they_were():
    network = source()
    X, y = task(1)
    moved = []
    for alpha in (0.0, 1.0, 100.0):
        how = Options("tanh", None, alpha, 0.1, Schedule(3e-3, 60, 2000, 50, 1e-6))
        rng = np.random.default_rng(1)
        found, _ = fine_tune(network, X, y, np.unique(y), plan(max_iter=2000), how, rng)
        changes = [new.weights - old.weights for new, old in zip(found.layers, network.layers)]
        moved.append(np.sqrt(sum(np.sum(change**2) for change in changes)))
    assert moved[0] > 5 * moved[1] > 50 * moved[2]


def test_the_output_layer_cannot_be_frozen():
    with pytest.raises(ValueError, match="n_frozen must be at most .* 2, got 3"):
        tuned(source(), *task(1), n_frozen=3)


@pytest.mark.parametrize("changes", [{"new_head": True}, {}])
def test_a_new_class_takes_epochs(changes):
    classes = "abc" if changes else "abx"
    with pytest.raises(ValueError, match="max_iter_target=0 is no fine-tuning"):
        tuned(source(), *task(1, classes), max_iter=0, **changes)
