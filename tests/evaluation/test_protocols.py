import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GroupKFold
from sklearn.svm import SVC, LinearSVC

import featuretransfer as ft

CLF = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
EMOTIONS = ["anger", "happiness", "neutral", "sadness"]


def predictions(classifier, corpora, **options):
    pipeline = ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), classifier)
    result = ft.cross_corpus({"coral": pipeline}, corpora, **options)
    rows = result.predictions
    model = sklearn.clone(pipeline)
    one, two = corpora
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(one.features(), one.labels.to_numpy(), X_target=(two.features(),))
    return rows.query("source == 'one' and target == 'two' and pipeline == 'coral'"), model


def test_probabilities_of_every_class_are_kept(corpora):
    rows, model = predictions(CLF, corpora[:2])
    p = model.predict_proba(corpora[1].features())
    assert list(rows.columns[-4:]) == [f"p_{label}" for label in EMOTIONS]
    assert_allclose(rows[rows.columns[-4:]], p)


def test_else_decision_values(corpora):
    rows, model = predictions(LinearSVC(C=0.1), corpora[:2])
    names = [f"score_{label}" for label in EMOTIONS]
    assert list(rows.columns[-4:]) == names
    assert_allclose(rows[names], model.decision_function(corpora[1].features()))


def test_two_classes_have_a_decision_value_each(corpora):
    two = [corpus.with_labels("arousal") for corpus in corpora[:2]]
    rows, model = predictions(RidgeClassifier(), two, labels=None)
    values = model.decision_function(two[1].features())
    assert_allclose(rows[["score_high", "score_low"]], np.column_stack([-values, values]))


@pytest.mark.parametrize("n_classes", [3, 4])
def test_decision_values_of_pairs_of_classes_are_none_of_classes(corpora, n_classes):
    some = [corpus.select(labels=EMOTIONS[:n_classes]) for corpus in corpora[:2]]
    rows, _ = predictions(SVC(decision_function_shape="ovo"), some, baselines=False)
    assert list(rows.columns[-2:]) == ["y_true", "y_pred"]


def test_pipelines_with_and_without_probabilities(corpora):
    pipelines = {"lr": ft.recipe("coral", CLF), "svc": ft.recipe("coral", LinearSVC(C=0.1))}
    rows = ft.cross_corpus(pipelines, corpora[:2], baselines=False).predictions
    p, score = ([f"{kind}_{label}" for label in EMOTIONS] for kind in ("p", "score"))
    own, other = rows[rows["pipeline"] == "lr"], rows[rows["pipeline"] == "svc"]
    assert_allclose(own[p].sum(axis=1), 1)
    assert own[score].isna().all(axis=None)
    assert other[p].isna().all(axis=None)
    assert other[score].notna().all(axis=None)


def test_probabilities_of_an_inductive_evaluation(corpora):
    rows, _ = predictions(CLF, corpora[:2], protocol="inductive")
    one, two = corpora[:2]
    X = two.features()
    adapt, test = list(GroupKFold(5).split(X, groups=two.speakers))[3]
    model = ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), CLF)
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(one.features(), one.labels.to_numpy(), X_target=(X.iloc[adapt],))
    names = [f"p_{label}" for label in EMOTIONS]
    assert_allclose(rows[names].to_numpy()[test], model.predict_proba(X.iloc[test]))


def test_gender_stands_beside_the_speaker(corpora):
    one, two, _ = corpora
    gender = np.where(two.speakers.str.endswith(("1", "2")), "female", "male")
    known = ft.Corpus.from_features(
        two.features(), two.labels, two.speakers, name="two", gender=gender
    )
    rows = ft.cross_corpus(ft.recipe("coral", CLF), [one, known]).predictions
    expected = "source target pipeline seed file start end speaker gender y_true y_pred"
    assert list(rows.columns[:11]) == expected.split()
    expected = pd.Series(gender, known.files)
    assert set(gender) == {"female", "male"}
    own = rows[rows["target"] == "two"]
    assert_array_equal(own["gender"], expected[own["file"]])
    assert rows.loc[rows["target"] == "one", "gender"].isna().all()


def test_probabilities_of_classes_that_some_sources_lack(corpora):
    one = corpora[0].select(labels=EMOTIONS[:3])
    rows = ft.cross_corpus({"coral": ft.recipe("coral", CLF)}, [one, corpora[1]]).predictions
    without = (rows["source"] == "one") & (rows["pipeline"] == "coral")
    assert rows.loc[without, "p_sadness"].isna().all()
    assert rows.loc[without, "p_anger"].notna().all()
    assert rows.loc[~without & (rows["source"] == "two"), "p_sadness"].notna().all()
