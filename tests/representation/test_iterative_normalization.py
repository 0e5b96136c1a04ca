import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import featuretransfer as ft
from featuretransfer import CorpusScaler, IterativeFeatureNormalization
from featuretransfer.exceptions import PseudoLabelWarning
from featuretransfer.representation._column_scales import standard_by
from featuretransfer.representation._neutral_scale import neutral_scale


def speech(rng, neutral, offset=0.0, scale=1.0, separation=4.0, n_features=3):
    """Rows of a speaker: neutral ones around 0, others `separation` away, then an affine map."""
    rows = rng.normal(size=(len(neutral), n_features)) + separation * ~neutral[:, None]
    return offset + scale * rows


def scores(rows, by):
    return (rows - rows[by].mean(axis=0)) / rows[by].std(axis=0)


rng = np.random.default_rng(0)
NEUTRAL, NEUTRAL_T = np.arange(100) % 2 == 0, np.arange(90) % 3 == 0
X, XT = speech(rng, NEUTRAL), speech(rng, NEUTRAL_T, offset=100, scale=3)
Y = np.where(NEUTRAL, "neutral", np.where(np.arange(100) % 4 == 1, "anger", "sadness"))
# overlapping classes, so that detection errs
CLOSE, CLOSE_T = speech(rng, NEUTRAL, separation=1.2), speech(rng, NEUTRAL_T, 5, separation=1.2)


def fit(X=X, X_target=XT, y=Y, **parameters):
    metadata = ("speakers", "speakers_target", "source_domains", "target_domains")
    metadata = {name: parameters.pop(name) for name in metadata if name in parameters}
    return IterativeFeatureNormalization(**parameters).fit(X, y, X_target=X_target, **metadata)


@pytest.mark.oracle("IterativeFeatureNormalization")
def test_where_neutral_rows_are_found_it_is_their_z_norm():
    adapter = fit()
    assert_array_equal(adapter.neutral_target_, NEUTRAL_T)
    assert_allclose(adapter.transform(XT), scores(XT, NEUTRAL_T))
    assert_allclose(adapter.transform_source(X), scores(X, NEUTRAL))


@pytest.mark.oracle("IterativeFeatureNormalization")
def test_iterations_by_hand():
    everything = np.ones(100, dtype=bool)
    model = LogisticRegression(class_weight="balanced", max_iter=500)
    model.fit(scores(CLOSE, everything), NEUTRAL)
    found = model.predict_proba(scores(CLOSE_T, everything[:90]))[:, 1] > 0.6
    assert 10 < found.sum() < 80
    with pytest.warns(ConvergenceWarning, match="neutral rows of 1 of 1 groups .*max_iter=1"):
        adapter = fit(CLOSE, CLOSE_T, max_iter=1, threshold=0.6)
    assert_allclose(adapter.transform(CLOSE_T), scores(CLOSE_T, found))
    model.fit(scores(CLOSE, NEUTRAL), NEUTRAL)
    again = model.predict_proba(scores(CLOSE_T, found))[:, 1] > 0.6
    assert np.mean(again != found) > 0.05
    with pytest.warns(ConvergenceWarning):
        adapter = fit(CLOSE, CLOSE_T, max_iter=2, threshold=0.6)
    assert_allclose(adapter.transform(CLOSE_T), scores(CLOSE_T, again))


@pytest.mark.oracle("IterativeFeatureNormalization")
def test_settled_labels_are_a_fixed_point():
    adapter = fit(CLOSE, CLOSE_T, tol=0, max_iter=50, threshold=0.6)
    assert 2 < adapter.n_iter_ < 50
    scaled = adapter.transform(CLOSE_T)
    found = adapter.model_.predict_proba(scaled)[:, 1] > 0.6
    assert_array_equal(found, adapter.neutral_target_)
    assert_allclose(scores(CLOSE_T, found), scaled)


def test_tolerance_stops_where_few_labels_change():
    calls = iter([[1] * 6 + [0] * 4, [1] * 7 + [0] * 3, [0] * 4 + [1] * 6])

    def detect(rows):
        return np.array(next(calls), dtype=bool)

    rows = rng.normal(size=(10, 2))
    options = {"min_neutral": 5, "max_iter": 10}
    run = neutral_scale(rows, None, detect, detect, lambda found: (), tol=0.2, **options)
    assert (run.n_iter, run.settled) == (2, True)
    assert_allclose(run.scale(rows), scores(rows, np.arange(10) < 7))


def test_other_labels_of_neutral():
    for names in ([1, 0], [-1, 1], [True, False]):
        y = np.where(NEUTRAL, *names)
        adapter = fit(y=y, neutral=names[0])
        assert_allclose(adapter.transform(XT), fit().transform(XT))


def test_without_target_it_is_the_corpus_scaler():
    speakers = np.repeat(["a", "b"], 50)
    adapter, scaler = IterativeFeatureNormalization(), CorpusScaler()
    options = {"speakers": speakers}
    assert_array_equal(adapter.fit_transform(X, **options), scaler.fit_transform(X, **options))
    assert_array_equal(adapter.transform(XT), scaler.transform(XT))
    assert adapter.model_ is None


# --- speakers and corpora

SPEAKERS, SPEAKERS_T = np.repeat(["a", "b"], 50), np.repeat(["x", "y", "z"], 30)


def of_speakers(rng, neutral, speakers, spread=0.3):
    rows = speech(rng, neutral, separation=8)
    for number, name in enumerate(np.unique(speakers)):
        rows[speakers == name] += spread * (number - 1)
    return rows


def test_every_speaker_by_the_neutral_rows_of_the_speaker():
    source, target = of_speakers(rng, NEUTRAL, SPEAKERS), of_speakers(rng, NEUTRAL_T, SPEAKERS_T)
    adapter = fit(source, target, speakers=SPEAKERS, speakers_target=SPEAKERS_T)
    trained = adapter.transform_source(source, speakers=SPEAKERS)
    for name in "ab":
        rows = name == SPEAKERS
        assert_allclose(trained[rows], scores(source[rows], NEUTRAL[rows]))
    scaled = adapter.transform(target, speakers_target=SPEAKERS_T)
    for name in "xyz":
        rows = name == SPEAKERS_T
        assert_allclose(scaled[rows], scores(target[rows], NEUTRAL_T[rows]))
    assert_array_equal(adapter.neutral_target_, NEUTRAL_T)


@pytest.mark.oracle("IterativeFeatureNormalization")
def test_speakers_with_one_emotion_keep_it():
    neutral = NEUTRAL_T.copy()
    neutral[SPEAKERS_T == "z"] = False  # never neutral
    target = of_speakers(rng, neutral, SPEAKERS_T)
    options = {"speakers": SPEAKERS, "speakers_target": SPEAKERS_T}
    adapter = fit(X, target, **options)
    angry = SPEAKERS_T == "z"
    assert adapter.target_.speakers["z"] is None
    kept = adapter.transform(target, speakers_target=SPEAKERS_T)
    assert kept[angry].mean() > 3
    erased = CorpusScaler().fit(X, X_target=target, **options)
    assert abs(erased.transform(target, speakers_target=SPEAKERS_T)[angry].mean()) < 1e-9
    # the same of labelled speakers in the source
    labels = np.where(SPEAKERS == "b", "anger", Y)
    source = of_speakers(rng, labels == "neutral", SPEAKERS)
    adapter = fit(source, target, labels, **options)
    assert adapter.transform_source(source, speakers=SPEAKERS)[SPEAKERS == "b"].mean() > 3


def test_start_by_speaker_copes_with_speakers_far_apart():
    target = of_speakers(rng, NEUTRAL_T, SPEAKERS_T, spread=30)
    options = {"speakers": SPEAKERS, "speakers_target": SPEAKERS_T}
    by_speaker = fit(X, target, start="speaker", **options)
    assert_array_equal(by_speaker.neutral_target_, NEUTRAL_T)
    by_corpus = fit(X, target, **options)
    assert not np.array_equal(by_corpus.neutral_target_, NEUTRAL_T)


def test_new_speakers_and_few_rows():
    adapter = fit(speakers=SPEAKERS, speakers_target=SPEAKERS_T)
    some = slice(0, 5)
    known = adapter.transform(XT, speakers_target=SPEAKERS_T)
    assert_allclose(adapter.transform(XT[some], speakers_target=SPEAKERS_T[some]), known[some])
    new = speech(rng, NEUTRAL_T[:30], offset=101, scale=3)
    ids = ["new"] * 30
    assert_allclose(adapter.transform(new, speakers_target=ids), scores(new, NEUTRAL_T[:30]))
    assert_allclose(
        adapter.transform(new[some], speakers_target=ids[some]), adapter.transform(new[some])
    )


def test_each_corpus_by_its_own_neutral_rows():
    source, domains = np.concatenate([X, 2 * X + 30]), np.repeat(["p", "q"], 100)
    adapter = fit(
        source,
        (XT, XT - 500),
        np.tile(Y, 2),
        source_domains=domains,
        target_domains=(["v"] * 90, ["w"] * 90),
    )
    assert_allclose(
        adapter.transform_source(source, source_domains=domains),
        np.tile(scores(X, NEUTRAL), (2, 1)),
    )
    for rows, name in ((XT, "v"), (XT - 500, "w")):
        assert_allclose(adapter.transform(rows, target_domains=[name] * 90), scores(XT, NEUTRAL_T))


def test_it_travels_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        adapter = IterativeFeatureNormalization()
        adapter.set_fit_request(speakers=True, speakers_target=True)
        adapter.set_transform_request(speakers_target=True)
        model = ft.make_pipeline(adapter, LogisticRegression())
        model.fit(X, Y, X_target=(XT,), speakers=SPEAKERS, speakers_target=(SPEAKERS_T,))
        predicted = model.predict(XT, speakers_target=SPEAKERS_T)
    assert np.mean((predicted == "neutral") == NEUTRAL_T) == 1


# --- what cannot be


def test_collapse_is_told_and_the_iteration_before_stays():
    rare = np.arange(90) % 4 == 0
    local = np.random.default_rng(0)
    source = speech(local, np.arange(100) < 50, n_features=2)
    target = speech(local, rare, n_features=2)
    y = np.repeat(["neutral", "anger"], 50)
    with pytest.warns(PseudoLabelWarning, match=r"lost the classes \['other'\] in iteration 3"):
        adapter = fit(source, target, y)
    with pytest.warns(ConvergenceWarning):
        before = fit(source, target, y, max_iter=2)
    assert_array_equal(adapter.transform(target), before.transform(target))


def test_corpus_with_few_neutral_rows_is_scaled_by_all():
    y = np.where(np.arange(100) < 3, "neutral", "anger")
    with pytest.warns(UserWarning, match="3 rows of neutral='neutral', fewer than min_neutral=5"):
        adapter = fit(y=y)
    assert_allclose(adapter.transform_source(X), scores(X, np.ones(100, dtype=bool)))


def test_single_target_row_is_scaled_by_the_source():
    with pytest.warns(UserWarning, match="single row, which has no scale"):
        adapter = fit(X_target=XT[:1])
    assert_allclose(adapter.transform(X[:1]), adapter.transform_source(X[:1]))


def test_columns_without_spread_among_neutral_rows():
    rows = np.column_stack([np.r_[np.zeros(6), 1.0, 3.0], np.arange(8.0), np.ones(8)])
    scale = standard_by(rows, np.arange(8) < 6)
    assert_allclose(scale.center, [0, 2.5, 1])
    assert_allclose(scale.scale, [rows[:, 0].std(), np.arange(6).std(), 1])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.where(NEUTRAL, "calm", "anger"), r"no rows of neutral='neutral'.*\['anger', 'calm'\]"),
        (np.where(NEUTRAL, 1, 2), r"no rows of neutral='neutral'; its classes are \[1, 2\]"),
        (np.repeat("neutral", 100), "only the class 'neutral'"),
        (Y[:9], "inconsistent numbers of samples"),
    ],
)
def test_labels_without_neutral_speech(y, message):
    with pytest.raises(ValueError, match=message):
        fit(y=y)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"threshold": 1.0}, ValueError, "threshold must be a number > 0 and < 1"),
        ({"threshold": 0}, ValueError, "threshold must be a number > 0 and < 1"),
        ({"start": "all"}, ValueError, r"start must be one of \['corpus', 'speaker'\]"),
        ({"min_neutral": 1}, ValueError, r"min_neutral must be an integer >= 2"),
        ({"min_group": 1}, ValueError, "min_group must be an integer >= 2"),
        ({"tol": 1}, ValueError, "tol must be a number >= 0 and < 1"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1"),
        ({"estimator": SVC()}, TypeError, "estimator must have predict_proba"),
        ({"estimator": "svc"}, TypeError, "estimator must be None or a classifier"),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        fit(**parameters)
