import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer import FineTunedClassifier
from featuretransfer.selection import source_scorer
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DATA = make_shifted_corpora(200, 160, 10, shift="channel", strength=0.6, random_state=0)
Y_TARGET = np.where(np.arange(160) < 40, DATA.y_target.astype(object), None)
UNSEEN = slice(40, None)


def fitted(y_target=Y_TARGET, y=DATA.y_source, **parameters):
    model = FineTunedClassifier(**{"n_hidden": 16, "random_state": 0, **parameters})
    return model.fit(DATA.X_source, y, X_target=DATA.X_target, y_target=y_target)


def plain(**parameters):
    model = FineTunedClassifier(**{"n_hidden": 16, "random_state": 0, **parameters})
    return model.fit(DATA.X_source, DATA.y_source)


@pytest.mark.oracle("FineTunedClassifier")
def test_no_epoch_of_fine_tuning_is_the_source_network():
    model, source = fitted(max_iter_target=0), plain()
    for rows in (DATA.X_source, DATA.X_target):
        assert_array_equal(model.predict_proba(rows), source.predict_proba(rows))
    assert model.n_iter_ == source.n_iter_


@pytest.mark.oracle("FineTunedClassifier")
@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("n_hidden", [12, (12, 6)])
def test_frozen_hidden_layers_are_a_linear_probe(class_weight, n_hidden):
    y_target = Y_TARGET.copy()
    y_target[5:20] = None  # not the same number of every class
    model = fitted(
        y_target,
        n_hidden=n_hidden,
        n_frozen=np.size(n_hidden),
        new_head=True,
        class_weight=class_weight,
        alpha_target=0.05,
        max_iter_target=20000,
        n_iter_no_change=300,
        tol=1e-9,
        max_iter=200,
    )
    known = y_target != None  # noqa: E711 (elementwise)
    codes, y = model.source_network_.code(DATA.X_target[known]), DATA.y_target[known]
    probe = LogisticRegression(
        C=1 / (0.05 * len(y)), class_weight=class_weight, tol=1e-10, max_iter=10000
    ).fit(codes, y)
    assert_allclose(model.coefs_[-1], probe.coef_.T, atol=2e-3)
    assert_allclose(
        model.predict_proba(DATA.X_target),
        probe.predict_proba(model.source_network_.code(DATA.X_target)),
        atol=2e-3,
    )


@pytest.mark.oracle("FineTunedClassifier")
def test_linear_fine_tuning_is_logistic_regression_held_at_the_source():
    """Without hidden layers the optimum is known: its gradient vanishes."""
    model = fitted(
        n_hidden=(), alpha_target=0.2, n_iter_no_change=300, tol=1e-9, max_iter_target=20000
    )
    source, network = model.source_network_, model.network_
    Z = network.scale(DATA.X_target[:40])
    onehot = DATA.y_target[:40, None] == model.classes_
    weights = 1 / onehot.sum(axis=0)[onehot.argmax(axis=1)]
    weights /= weights.sum()
    error = weights[:, None] * (model.predict_proba(DATA.X_target[:40]) - onehot)
    moved = network.layers[0].weights - source.layers[0].weights
    assert_allclose(Z.T @ error, -0.2 * moved, atol=2e-4)
    assert_allclose(error.sum(axis=0), 0, atol=2e-4)
    assert np.abs(moved).max() > 0.1


def test_few_labels_beat_both_the_source_and_the_labels_alone():
    accuracy = {"source": [], "labels": [], "both": []}
    for seed in range(5):
        data = make_shifted_corpora(300, 300, 20, strength=0.3, random_state=seed)
        known, unseen = slice(0, 24), slice(24, None)
        y_target = np.where(np.arange(300) < 24, data.y_target.astype(object), None)
        model = FineTunedClassifier(random_state=seed)
        Xt, yt = data.X_target[unseen], data.y_target[unseen]
        accuracy["source"].append(model.fit(data.X_source, data.y_source).score(Xt, yt))
        model.fit(data.X_target[known], data.y_target[known])
        accuracy["labels"].append(model.score(Xt, yt))
        model.fit(data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,))
        accuracy["both"].append(model.score(Xt, yt))
    mean = {name: np.mean(found) for name, found in accuracy.items()}
    assert mean["both"] > max(mean["source"], mean["labels"]) + 0.01


def test_unlabelled_target_rows_do_not_matter():
    some = FineTunedClassifier(n_hidden=16, random_state=0).fit(
        DATA.X_source, DATA.y_source, X_target=DATA.X_target[:40], y_target=Y_TARGET[:40]
    )
    assert_array_equal(fitted().predict_proba(DATA.X_target), some.predict_proba(DATA.X_target))
    assert some.n_labelled_ == 40


def test_without_labelled_rows_it_is_the_source_network_and_says_so():
    with pytest.warns(UserWarning, match="no row of X_target has a label"):
        model = fitted(y_target=None)
    assert_array_equal(model.predict_proba(DATA.X_target), plain().predict_proba(DATA.X_target))
    assert model.n_labelled_ == 0


def test_source_rows_are_classified_by_the_source_network_in_the_source_view():
    model = fitted()
    view = ft.source_view(model)
    assert_array_equal(view.predict_proba(DATA.X_source), plain().predict_proba(DATA.X_source))
    assert np.any(model.predict_proba(DATA.X_source) != view.predict_proba(DATA.X_source))


# --- other label sets


def with_names(names):
    """Target labels under other names."""
    known = np.unique(DATA.y_source).tolist()
    renamed = dict(zip(known, names))
    return np.array([renamed.get(label) for label in Y_TARGET], dtype=object)


@pytest.mark.parametrize("names", [("A", "B", "C", "D"), (3, 1, 2, 0)])
def test_another_label_set_gets_a_head_of_its_own(names):
    model = fitted(with_names(names), allow_new_classes=True)
    assert_array_equal(model.classes_, sorted(names))
    assert_array_equal(ft.source_view(model).classes_, np.unique(DATA.y_source))
    truth = np.array([dict(zip(np.unique(DATA.y_source), names))[c] for c in DATA.y_target])
    assert np.mean(model.predict(DATA.X_target[UNSEEN]) == truth[UNSEEN]) > 0.6
    assert model.predict_proba(DATA.X_target).shape == (160, 4)


def test_names_of_new_classes_do_not_matter():
    first = fitted(with_names("ABCD"), allow_new_classes=True)
    second = fitted(with_names("EFGH"), allow_new_classes=True)
    assert_array_equal(first.predict_proba(DATA.X_target), second.predict_proba(DATA.X_target))


def test_new_classes_must_be_asked_for():
    with pytest.raises(ValueError, match=r"does not have: 'A', 'B'.*allow_new_classes=True"):
        fitted(with_names("ABCD"))


def test_fewer_classes_of_the_target_are_all_it_predicts():
    y_target = np.where(DATA.y_target != "class3", Y_TARGET, None)
    all_four = fitted(y_target)
    assert len(all_four.classes_) == 4
    three = fitted(y_target, allow_new_classes=True)
    assert_array_equal(three.classes_, ["class0", "class1", "class2"])
    # the three start from the source's weights: the same classes in no epoch
    start = fitted(y_target, allow_new_classes=True, max_iter_target=0)
    assert_array_equal(start.coefs_[-1], plain().coefs_[-1][:, :3])


def test_a_task_of_one_class_is_refused():
    y_target = np.where(DATA.y_target == "class1", Y_TARGET, None)
    with pytest.raises(ValueError, match="y_target with allow_new_classes=True must have at least"):
        fitted(y_target, allow_new_classes=True)
    assert len(fitted(y_target).classes_) == 4
    with pytest.raises(ValueError, match="y must have at least two classes, got one class"):
        FineTunedClassifier().fit(DATA.X_source, np.ones(200))


def test_a_new_head_forgets_what_labels_meant():
    """Labels of the same names, but the other way round, cost nothing with a new head."""
    y_target = with_names(np.unique(DATA.y_source)[::-1])
    truth = np.unique(DATA.y_source)[::-1][np.unique(DATA.y_target, return_inverse=True)[1]]
    scores = {
        new: fitted(y_target, new_head=new).score(DATA.X_target[UNSEEN], truth[UNSEEN])
        for new in (False, True)
    }
    assert scores[True] > scores[False]
    renamed = fitted(with_names("DCBA"), allow_new_classes=True)
    again = fitted(y_target, new_head=True)
    assert_allclose(
        again.predict_proba(DATA.X_target), renamed.predict_proba(DATA.X_target), atol=1e-6
    )


# --- what moves


def test_layers_freeze_and_join_in():
    model = fitted(n_hidden=(8, 6), n_frozen=1, unfreeze_every=3)
    source = model.source_network_.layers
    assert_array_equal(model.coefs_[0], source[0].weights)
    assert np.any(model.coefs_[1] != source[1].weights)
    assert len(model.loss_curves_) == 3  # the source, the head alone, two layers
    assert len(model.loss_curves_[1]) == 3
    assert model.n_iter_ == sum(map(len, model.loss_curves_))


def test_lower_layers_move_less_with_a_decay():
    def moved(**parameters):
        model = fitted(n_hidden=(8, 6), max_iter_target=10, **parameters)
        pairs = zip(model.coefs_, model.source_network_.layers)
        return [np.abs(new - old.weights).max() for new, old in pairs]

    equal, decayed = moved(), moved(layer_decay=0.1)
    assert decayed[2] == pytest.approx(equal[2], rel=0.2)
    assert decayed[1] < 0.2 * equal[1]
    assert decayed[0] < 0.02 * equal[0]


def test_a_strong_pull_is_the_source_network():
    model = fitted(alpha_target=1e5, learning_rate=1e-4)
    assert_allclose(
        model.predict_proba(DATA.X_target),
        plain(learning_rate=1e-4).predict_proba(DATA.X_target),
        atol=0.02,
    )


def test_class_weights_change_what_is_favoured():
    light, heavy = (
        fitted(class_weight={"class0": weight}).predict(DATA.X_target[UNSEEN])
        for weight in (0.01, 100.0)
    )
    assert np.mean(light == "class0") < 0.05
    assert np.mean(heavy == "class0") > 0.5


def test_many_labelled_rows_are_held_out_in_part():
    model = fitted(DATA.y_target.astype(object), validation_fraction=0.4)
    assert model.validation_curves_[1] != model.loss_curves_[1]
    few = fitted(validation_fraction=0.4)
    assert few.validation_curves_[1] == few.loss_curves_[1]


# --- networks given


def test_a_given_network_goes_on_where_it_was():
    source = plain()
    y_known = DATA.y_target[:40]
    chained = FineTunedClassifier(pretrained=source.network_, random_state=0)
    chained.fit(DATA.X_target[:40], y_known)
    assert_array_equal(chained.network_.scale.center, DATA.X_source.mean(axis=0))
    assert chained.score(DATA.X_target[UNSEEN], DATA.y_target[UNSEEN]) > source.score(
        DATA.X_target[UNSEEN], DATA.y_target[UNSEEN]
    )
    kept = FineTunedClassifier(pretrained=source, max_iter_target=0).fit(
        DATA.X_target[:40], y_known
    )
    assert_array_equal(kept.predict_proba(DATA.X_target), source.predict_proba(DATA.X_target))
    assert kept.n_iter_ == 0


def test_three_tasks_in_a_row():
    speaker = FineTunedClassifier(n_hidden=16, random_state=0)
    speaker.fit(DATA.X_source, DATA.speakers_source)
    model = fitted(pretrained=speaker.network_, n_frozen=1)
    assert_array_equal(model.coefs_[0], speaker.coefs_[0])
    assert_array_equal(model.classes_, np.unique(DATA.y_source))
    assert len(model.loss_curves_) == 2


def test_weights_from_elsewhere_are_for_rows_as_they_are():
    source = plain()
    scaler = StandardScaler().fit(DATA.X_source)
    given = FineTunedClassifier(
        pretrained=(source.coefs_, source.intercepts_), n_frozen=1, random_state=0
    ).fit(scaler.transform(DATA.X_source), DATA.y_source)
    assert_allclose(
        given.encode(scaler.transform(DATA.X_target)), source.encode(DATA.X_target), atol=1e-5
    )
    assert given.score(scaler.transform(DATA.X_source), DATA.y_source) > 0.85


def test_a_given_network_survives_clones_and_searches():
    model = clone(fitted(pretrained=plain().network_))
    assert_array_equal(model.pretrained.layers[0].weights, plain().coefs_[0])
    pipeline = ft.make_pipeline(StandardScaler(), FineTunedClassifier(n_hidden=8, random_state=0))
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            pipeline,
            {"finetunedclassifier__n_frozen": [0, 1], "finetunedclassifier__alpha": [0.01, 0.1]},
            scoring=source_scorer("balanced_accuracy"),
            error_score="raise",
        ).fit(DATA.X_source, DATA.y_source, X_target=(DATA.X_target,), y_target=(Y_TARGET,))
    scores = search.cv_results_["mean_test_score"]
    assert np.all(scores > 0.5)
    assert_array_equal(
        scores[::2], scores[1::2]
    )  # source folds see the source network: freezing is no matter


def test_codes_have_the_dtype_of_the_rows():
    model = fitted()
    assert model.encode(DATA.X_target).shape == (160, 16)
    assert model.encode(DATA.X_target.astype(np.float32)).dtype == np.float32
    assert_allclose(
        model.encode(DATA.X_target) @ model.coefs_[-1] + model.intercepts_[-1],
        model.network_.scores(DATA.X_target)[0],
        rtol=1e-6,
    )
    assert_allclose(fitted(n_hidden=()).encode(DATA.X_target), model.network_.scale(DATA.X_target))


# --- errors and warnings


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_hidden": 0}, "n_hidden must be a positive integer or a tuple"),
        ({"n_hidden": (4, 2.5)}, "n_hidden must be a positive integer or a tuple"),
        ({"activation": "gelu"}, "activation must be one of"),
        ({"n_frozen": -1}, "n_frozen must be an integer >= 0"),
        ({"n_frozen": 2}, "n_frozen must be at most the number of hidden layers, 1"),
        ({"layer_decay": 0}, "layer_decay must be a number > 0 and <= 1"),
        ({"layer_decay": 1.5}, "layer_decay must be a number > 0 and <= 1"),
        ({"unfreeze_every": 0}, "unfreeze_every must be None or an integer >= 1"),
        ({"max_iter_target": -1}, "max_iter_target must be None or an integer >= 0"),
        ({"alpha": -1}, "alpha must be a number >= 0"),
        ({"alpha_target": -1}, "alpha_target must be a number >= 0"),
        ({"class_weight": "equal"}, "class_weight must be None, 'balanced' or a dict"),
        ({"class_weight": {"joy": 2}}, "class_weight names classes that no row has: 'joy'"),
        ({"validation_fraction": 1}, "validation_fraction must be a number >= 0 and < 1"),
        ({"batch_size": 0}, "batch_size must be an integer >= 1"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(**parameters)


@pytest.mark.parametrize("flag", ["new_head", "allow_new_classes"])
def test_flags_are_true_or_false(flag):
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got 'no'"):
        fitted(**{flag: "no"})


def test_unconverged_training_warns_unless_few_epochs_were_asked_for():
    with pytest.warns(ConvergenceWarning, match="max_iter=2 epochs"):
        plain(max_iter=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        fitted(max_iter_target=2)
        fitted(pretrained=plain().network_, max_iter_target=2)


def test_weight_decay_that_leaves_nothing_warns():
    with pytest.warns(UserWarning, match="hardly tells the classes.*decrease alpha=3"):
        plain(alpha=3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        plain()


@pytest.mark.parametrize("seed", [1, 2])
def test_seed_decides(seed):
    first, second = (fitted(random_state=s).predict_proba(DATA.X_target) for s in (0, seed))
    assert not np.allclose(first, second)
