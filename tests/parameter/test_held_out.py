import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

import featuretransfer as ft
from featuretransfer.parameter._held_out import choose_folds, held_out_log_posteriors
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(60, 50, 6, 3, n_speakers=6, random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
CODES = np.unique(Y, return_inverse=True)[1]
SPEAKERS = np.unique(DATA.speakers_source, return_inverse=True)[1]


def test_folds_are_stratified_and_even():
    folds = choose_folds(X, CODES, 5)
    assert_array_equal(np.bincount(folds), 12)
    for code in range(3):
        counts = np.bincount(folds[code == CODES], minlength=5)
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("speakers", [None, SPEAKERS])
def test_folds_do_not_depend_on_the_order_of_rows(speakers):
    order = np.random.default_rng(0).permutation(60)
    folds = choose_folds(X, CODES, 3, speakers)
    moved = choose_folds(X[order], CODES[order], 3, None if speakers is None else speakers[order])
    assert_array_equal(moved, folds[order])


def test_speakers_are_held_out_whole():
    folds = choose_folds(X, CODES, 5, SPEAKERS)
    assert len(np.unique(folds)) == 5
    assert all(len(np.unique(folds[speaker == SPEAKERS])) == 1 for speaker in range(6))


def test_folds_are_cut_to_what_there_is():
    codes = np.repeat([0, 1], [57, 3])
    assert choose_folds(X, codes, 5).max() == 2
    assert choose_folds(X, codes, 5, np.arange(60) % 2).max() == 1
    assert choose_folds(X, np.repeat([0, 1], [59, 1]), 5) is None
    assert choose_folds(X, codes, 5, np.zeros(60, int)) is None


def test_equals_cross_validated_predictions():
    folds = choose_folds(X, CODES, 4)
    splits = [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(4)]
    classifier = LogisticRegression(max_iter=1000)
    expected = cross_val_predict(classifier, X, Y, cv=splits, method="predict_proba")
    L = held_out_log_posteriors(classifier, X, Y, XT, np.unique(Y), folds)
    assert_allclose(np.exp(L), expected, atol=1e-9)


def test_held_out_source_rows_go_through_the_source_view():
    folds = choose_folds(X, CODES, 4)
    classifier = LogisticRegression(max_iter=1000)
    adapted = ft.make_pipeline(ft.CorpusScaler(), ft.CORAL(), classifier)
    L = held_out_log_posteriors(adapted, X, Y, XT, np.unique(Y), folds)
    held_out = folds == 2
    scaler = ft.CorpusScaler()
    train = scaler.fit_transform(X[~held_out], X_target=XT)
    coral = ft.CORAL()
    target = scaler.transform(XT)
    train = coral.fit_transform(train, X_target=target)
    rows = coral.transform_source(scaler.transform_source(X[held_out]))
    expected = classifier.fit(train, Y[~held_out]).predict_proba(rows)
    assert_allclose(np.exp(L[held_out]), expected, atol=1e-9)
    wrong = classifier.predict_proba(coral.transform(scaler.transform(X[held_out])))
    assert np.abs(wrong - expected).max() > 0.2  # the target view of source rows


def test_a_class_unknown_to_a_fold_is_improbable():
    y = np.repeat(["a", "b", "c"], 20)
    folds = np.repeat([0, 1, 2], 20)
    L = held_out_log_posteriors(LogisticRegression(), X, y, None, np.unique(y), folds)
    assert_allclose(L[:20, 0], np.log(1e-12))
    assert np.isfinite(L).all()
