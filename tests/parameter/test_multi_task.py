import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer import FineTunedClassifier, MultiTaskClassifier
from featuretransfer.selection import source_scorer
from featuretransfer.synthetic import make_shifted_corpora

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DATA = make_shifted_corpora(200, 160, 10, strength=0.5, n_speakers=3, random_state=0)
Y_TARGET = np.where(np.arange(160) < 40, DATA.y_target.astype(object), None)
UNSEEN = slice(40, None)
GENDER = np.where(DATA.X_source[:, 0] > DATA.X_source[:, 1], "f", "m").astype(object)
GENDER[::3] = None
TASKS = pd.DataFrame({"gender": GENDER, "speaker": DATA.speakers_source})
TARGET = {"X_target": DATA.X_target, "y_target": Y_TARGET}


def fitted(y=DATA.y_source, metadata=TARGET, **parameters):
    model = MultiTaskClassifier(**{"n_hidden": 16, "random_state": 0, **parameters})
    return model.fit(DATA.X_source, y, **metadata)


@pytest.mark.oracle("MultiTaskClassifier")
@pytest.mark.parametrize("class_weight", [None, "balanced", {"class1": 3.0}])
@pytest.mark.parametrize("metadata", [{}, {"X_target": DATA.X_target}])
@pytest.mark.filterwarnings("ignore:MultiTaskClassifier learns")
def test_one_task_is_the_source_network_of_fine_tuning(class_weight, metadata):
    settings = {"class_weight": class_weight, "alpha": 0.05, "n_hidden": (12, 6)}
    model = fitted(metadata=metadata, **settings)
    plain = FineTunedClassifier(random_state=0, **settings).fit(DATA.X_source, DATA.y_source)
    for found, expected in zip(model.coefs_ + model.intercepts_, plain.coefs_ + plain.intercepts_):
        assert_array_equal(found, expected)
    assert_array_equal(model.predict_proba(DATA.X_target), plain.predict_proba(DATA.X_target))


@pytest.mark.oracle("MultiTaskClassifier")
def test_weights_of_zero_are_a_single_task():
    alone = fitted(metadata={})
    switched_off = fitted(
        metadata={**TARGET, "tasks": TASKS, "tasks_target": {"gender": ["f", "m"] * 80}},
        task_weights=0,
        target_weight=0,
    )
    assert_array_equal(
        switched_off.predict_proba(DATA.X_target), alone.predict_proba(DATA.X_target)
    )
    assert list(switched_off.predict_tasks(DATA.X_target)) == ["y"]
    some = fitted(metadata={"tasks": TASKS}, task_weights={"gender": 0, "speaker": 0.3})
    same = fitted(metadata={"tasks": TASKS[["speaker"]]})
    assert_array_equal(some.predict_proba(DATA.X_target), same.predict_proba(DATA.X_target))


@pytest.mark.oracle("MultiTaskClassifier")
def test_linear_heads_have_no_gradient_at_the_end():
    """Without hidden layers the loss is convex: its gradient, written out, vanishes."""
    model = fitted(
        metadata={**TARGET, "tasks": TASKS},
        n_hidden=(),
        target_head=True,
        task_weights={"gender": 0.5, "speaker": 2.0},
        target_weight=0.7,
        batch_size=1000,
        tol=1e-9,
        n_iter_no_change=300,
        max_iter=20000,
    )
    scale, (layer,) = model.network_.scale, model.network_.layers
    rows = scale(np.concatenate([DATA.X_source, DATA.X_target]))
    missing = np.full(160, None)
    heads = [
        (np.concatenate([DATA.y_source, missing]), 1.0),
        (np.concatenate([np.full(200, None), Y_TARGET]), 0.7),
        (np.concatenate([GENDER, missing]), 0.5),
        (np.concatenate([DATA.speakers_source, missing]), 2.0),
    ]
    start = 0
    for (labels, weight), classes in zip(heads, model.network_.classes):
        columns = slice(start, start + len(classes))
        W, b = layer.weights[:, columns], layer.biases[columns]
        onehot = labels[:, None] == classes.astype(object)
        weights = onehot @ (1 / onehot.sum(axis=0) / len(classes))  # every class counts alike
        error = weight * weights[:, None] * (softmax(rows @ W + b, axis=1) - onehot)
        assert_allclose(rows.T @ error + 0.1 * W, 0, atol=3e-4)
        assert_allclose(error.sum(axis=0), 0, atol=3e-4)
        start += len(classes)
    assert start == layer.weights.shape[1]


def test_a_head_for_the_target_and_one_for_the_source():
    model = fitted(target_head=True)
    source = ft.source_view(model)
    scores = model.network_.scores(DATA.X_target)
    assert_allclose(model.predict_proba(DATA.X_target), softmax(scores[1], axis=1))
    assert_allclose(source.predict_proba(DATA.X_target), softmax(scores[0], axis=1))
    assert source.score(DATA.X_source, DATA.y_source) > model.score(DATA.X_source, DATA.y_source)
    assert model.n_labelled_ == 40


def test_one_head_for_both_domains():
    model = fitted()
    assert len(model.network_.classes) == 1
    assert_array_equal(
        model.predict_proba(DATA.X_source), ft.source_view(model).predict_proba(DATA.X_source)
    )
    plain = fitted(metadata={})
    Xt, yt = DATA.X_target[UNSEEN], DATA.y_target[UNSEEN]
    assert model.score(Xt, yt) > plain.score(Xt, yt)


def test_weight_of_the_target_moves_one_head_from_source_to_target():
    known, labels = DATA.X_target[:40], DATA.y_target[:40]
    fits = [fitted(n_hidden=(), target_weight=weight) for weight in (1e-3, 1, 100)]
    losses = [-np.mean(np.log(m.predict_proba(known)[labels[:, None] == m.classes_])) for m in fits]
    assert losses[0] > 1.2 * losses[1] > 1.2 * 1.05 * losses[2]


def test_labels_of_both_domains_beat_either_alone():
    accuracy = {"source": [], "labels": [], "both": []}
    for seed in range(5):
        data = make_shifted_corpora(300, 300, 20, strength=0.3, random_state=seed)
        y_target = np.where(np.arange(300) < 24, data.y_target.astype(object), None)
        model = MultiTaskClassifier(random_state=seed)
        Xt, yt = data.X_target[24:], data.y_target[24:]
        accuracy["source"].append(model.fit(data.X_source, data.y_source).score(Xt, yt))
        accuracy["labels"].append(model.fit(data.X_target[:24], data.y_target[:24]).score(Xt, yt))
        model.fit(data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,))
        accuracy["both"].append(model.score(Xt, yt))
    mean = {name: np.mean(found) for name, found in accuracy.items()}
    assert mean["both"] > max(mean["source"], mean["labels"]) + 0.01


def test_all_tasks_are_learned_and_missing_labels_are_no_matter():
    model = fitted(metadata={"tasks": TASKS}, task_weights=1.0, alpha=0.01)
    frame = pd.DataFrame(DATA.X_source, index=np.arange(200) + 5)
    found = model.predict_tasks(frame)
    assert list(found.index) == list(frame.index)
    assert list(found.columns) == ["y", "gender", "speaker"]
    assert_array_equal(found["y"], model.predict(DATA.X_source))
    assert np.mean(found["speaker"] == DATA.speakers_source) > 0.7
    truth = np.where(DATA.X_source[:, 0] > DATA.X_source[:, 1], "f", "m")
    assert np.mean(found["gender"][::3].to_numpy() == truth[::3]) > 0.85  # of no label seen
    assert {name: len(classes) for name, classes in model.task_classes_.items()} == {
        "y": 4,
        "gender": 2,
        "speaker": 3,
    }


def test_rows_of_the_target_may_have_labels_of_other_tasks_only():
    gender = np.where(DATA.X_target[:, 0] > DATA.X_target[:, 1], "f", "m")
    metadata = {"X_target": (DATA.X_target,), "tasks_target": ({"gender": gender},)}
    model = fitted(metadata=metadata)
    assert np.mean(model.predict_tasks(DATA.X_target)["gender"] == gender) > 0.85
    assert model.n_labelled_ == 0
    plain = fitted(metadata={})
    assert np.any(model.predict_proba(DATA.X_target) != plain.predict_proba(DATA.X_target))


def test_main_labels_may_be_missing():
    y = DATA.y_source.astype(object)
    y[:100] = None
    half = MultiTaskClassifier(n_hidden=16, random_state=0)
    alone = fitted(y, metadata={}).network_
    expected = half.fit(DATA.X_source[100:], DATA.y_source[100:]).network_
    # but for the standardisation, which is that of all rows
    assert_allclose(alone.scale.center, DATA.X_source.mean(axis=0))
    assert_allclose(alone.layers[0].weights, expected.layers[0].weights, atol=0.3)
    # the source tells the speaker only, the target the class
    model = fitted(np.full(200, None), metadata={**TARGET, "tasks": TASKS})
    assert_array_equal(model.classes_, np.unique(DATA.y_target))
    assert model.score(DATA.X_target[UNSEEN], DATA.y_target[UNSEEN]) > 0.5


def test_telling_the_domains_apart_is_a_task():
    model = fitted(domain_weight=0.5)
    rows = np.concatenate([DATA.X_source, DATA.X_target])
    found = model.predict_tasks(rows)["domain"]
    assert np.mean(found == np.repeat(["source", "target"], [200, 160])) > 0.9
    # unlabelled rows are learned from
    fewer = fitted(metadata={name: part[:60] for name, part in TARGET.items()}, domain_weight=0.5)
    assert np.any(fewer.predict_proba(DATA.X_target) != model.predict_proba(DATA.X_target))
    assert_array_equal(
        fitted(metadata={}, domain_weight=0.5).predict_proba(DATA.X_target),
        fitted(metadata={}).predict_proba(DATA.X_target),
    )


def test_another_label_set_of_the_target():
    names = dict(zip(np.unique(DATA.y_source).tolist(), "ABCD"))
    y_target = np.array([names.get(label) for label in Y_TARGET], dtype=object)
    metadata = {"X_target": DATA.X_target, "y_target": y_target}
    with pytest.raises(ValueError, match="or set allow_new_classes=True"):
        fitted(metadata=metadata)
    model = fitted(metadata=metadata, allow_new_classes=True, target_head=True)
    assert_array_equal(model.classes_, list("ABCD"))
    assert_array_equal(ft.source_view(model).classes_, np.unique(DATA.y_source))
    assert_allclose(  # the same tasks under other names
        model.predict_proba(DATA.X_target), fitted(target_head=True).predict_proba(DATA.X_target)
    )
    union = fitted(metadata=metadata, allow_new_classes=True)
    assert len(union.classes_) == 8


def test_a_class_that_the_target_head_has_not_seen_warns():
    y_target = np.where(DATA.y_target != "class2", Y_TARGET, None)
    metadata = {"X_target": DATA.X_target, "y_target": y_target}
    with pytest.warns(UserWarning, match="no row of the classes 'class2'.*target_head=False"):
        fitted(metadata=metadata, target_head=True)
    model = fitted(metadata=metadata)
    assert "class2" in model.predict(DATA.X_target)


def test_tasks_follow_the_rows_in_cross_validation():
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            MultiTaskClassifier(n_hidden=16, random_state=0),
            DATA.X_source,
            DATA.y_source,
            params={"tasks": TASKS},
            error_score="raise",
        )
        assert np.mean(scores) > 0.7
        with pytest.raises(ValueError, match="Inside cross-validation pass a DataFrame"):
            cross_val_score(
                MultiTaskClassifier(),
                DATA.X_source,
                DATA.y_source,
                params={"tasks": dict(TASKS)},
                error_score="raise",
            )


def test_search_over_weights_in_a_pipeline():
    pipeline = ft.make_pipeline(StandardScaler(), MultiTaskClassifier(n_hidden=8, random_state=0))
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            pipeline,
            {"multitaskclassifier__task_weights": [0.0, {"gender": 1.0}]},
            scoring=source_scorer("balanced_accuracy"),
            error_score="raise",
            cv=3,
        ).fit(
            DATA.X_source,
            DATA.y_source,
            X_target=(DATA.X_target,),
            y_target=(Y_TARGET,),
            tasks=TASKS,
        )
    assert np.all(search.cv_results_["mean_test_score"] > 0.5)


@pytest.mark.parametrize(
    ("parameters", "metadata", "message"),
    [
        ({"task_weights": -1}, {}, "task_weights must be a number >= 0, or a dict"),
        ({"task_weights": {"gender": "much"}}, {}, "task_weights must be a number >= 0, or a dict"),
        (
            {"task_weights": {"age": 1}},
            {"tasks": TASKS},
            "tasks that were not passed: 'age'.*'gend",
        ),
        ({}, {"tasks": {"domain": GENDER}}, "tasks cannot be called 'domain'"),
        ({}, {"tasks": {"age": np.ones(200)}}, "age must have at least two classes, got one class"),
        ({"target_weight": -1}, {}, "target_weight must be a number >= 0"),
        ({"domain_weight": -1}, {}, "domain_weight must be a number >= 0"),
        ({"class_weight": {"joy": 1}}, {}, "class_weight names classes that no row has: 'joy'"),
        ({"alpha": -1}, {}, "alpha must be a number >= 0"),
        ({"n_hidden": 0}, {}, "n_hidden must be a positive integer"),
    ],
)
def test_wrong_input_is_refused(parameters, metadata, message):
    with pytest.raises(ValueError, match=message):
        fitted(metadata=metadata, **parameters)


@pytest.mark.parametrize("flag", ["target_head", "allow_new_classes"])
def test_flags_are_true_or_false(flag):
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got 'no'"):
        fitted(**{flag: "no"})


def test_no_main_label_anywhere_is_refused():
    with pytest.raises(ValueError, match="No row has a label of the main task"):
        fitted(np.full(200, None), metadata={"tasks": TASKS})
    with pytest.raises(ValueError, match="requires y to be passed"):
        fitted(None)


def test_weight_decay_that_leaves_nothing_warns():
    with pytest.warns(UserWarning, match="MultiTaskClassifier hardly tells.*decrease alpha=3"):
        fitted(alpha=3.0)


def test_target_rows_without_labels_and_few_epochs_warn():
    with pytest.warns(UserWarning, match="MultiTaskClassifier learns from labelled target rows"):
        fitted(metadata={"X_target": DATA.X_target})
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        fitted(max_iter=2)
