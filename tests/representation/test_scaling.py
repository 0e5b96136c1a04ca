import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from scipy.stats import norm, rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer import CorpusScaler

rng = np.random.default_rng(0)
XS, XT = rng.normal(2, 3, size=(40, 3)), rng.normal(-5, 0.5, size=(30, 3))


def both(scaler, **metadata):
    scaler.fit(XS, X_target=XT, **metadata)
    return scaler.transform_source(XS), scaler.transform(XT)


def expected(method, X):
    if method == "standard":
        return (X - X.mean(axis=0)) / X.std(axis=0)
    if method == "minmax":
        return (X - X.min(axis=0)) / np.ptp(X, axis=0)
    if method == "robust":
        low, middle, high = np.percentile(X, [25, 50, 75], axis=0)
        return (X - middle) / ((high - low) / (norm.ppf(0.75) - norm.ppf(0.25)))
    return norm.ppf((rankdata(X, axis=0) - 0.5) / len(X))


@pytest.mark.oracle("CorpusScaler")
@pytest.mark.parametrize("method", ["standard", "minmax", "robust", "rank"])
def test_each_corpus_by_its_own_statistics(method):
    source, target = both(CorpusScaler(method))
    assert_allclose(source, expected(method, XS), atol=1e-12)
    assert_allclose(target, expected(method, XT), atol=1e-12)


def test_ties_get_their_mean_rank():
    X = np.array([[1.0], [1.0], [2.0], [5.0]])
    scaled = CorpusScaler("rank").fit_transform(X)
    assert_allclose(scaled, norm.ppf([[0.25], [0.25], [0.625], [0.875]]))


@pytest.mark.parametrize("method", ["standard", "minmax", "robust", "rank"])
def test_new_rows_by_the_statistics_of_the_target(method):
    scaler = CorpusScaler(method).fit(XS, X_target=XT)
    assert_array_equal(scaler.transform(XT[:4]), scaler.transform(XT)[:4])
    assert_array_equal(scaler.transform_source(XS[:4]), scaler.transform_source(XS)[:4])
    outside = scaler.transform(np.full((1, 3), 1e6))
    assert np.isfinite(outside).all()
    assert (outside >= scaler.transform(XT).max(axis=0)).all()


def test_robust_falls_back_where_most_values_are_equal():
    X = np.zeros((20, 1))
    X[-2:] = [[3.0], [7.0]]
    assert_allclose(CorpusScaler("robust").fit_transform(X), X / X.std())


@pytest.mark.parametrize("method", ["standard", "minmax", "robust", "rank"])
def test_constant_columns(method):
    X = np.column_stack([np.full(10, 1e6 + 0.1), np.arange(10.0)])
    scaled = CorpusScaler(method).fit_transform(X)
    assert_allclose(scaled[:, 0], 0, atol=1e-9)


@pytest.mark.oracle("CorpusScaler")
def test_cascade():
    Z = expected("standard", XT)
    assert_allclose(both(CorpusScaler(value="sigmoid"))[1], expit(Z))
    assert_allclose(both(CorpusScaler(value="signed-sqrt"))[1], np.sign(Z) * np.sqrt(np.abs(Z)))
    unit = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    assert_allclose(both(CorpusScaler(vector="l2"))[1], unit)
    rooted = np.sign(Z) * np.sqrt(np.abs(Z))
    rooted /= np.linalg.norm(rooted, axis=1, keepdims=True)
    assert_allclose(both(CorpusScaler(value="signed-sqrt", vector="l2"))[1], rooted)


def test_rows_of_zeros_stay():
    assert_array_equal(CorpusScaler(vector="l2").fit_transform(np.ones((3, 2))), np.zeros((3, 2)))


def test_without_target_it_is_the_standard_scaler():
    scaler = CorpusScaler().fit(XS)
    assert_allclose(scaler.transform(XT), StandardScaler().fit(XS).transform(XT))
    assert scaler.target_ is scaler.source_


def test_single_target_row_is_scaled_by_the_source():
    with pytest.warns(UserWarning, match="single row, which has no scale"):
        scaler = CorpusScaler().fit(XS, X_target=XT[:1])
    assert_allclose(scaler.transform(XT[:1]), StandardScaler().fit(XS).transform(XT[:1]))


# --- speakers

SPEAKERS = np.repeat(["a", "b", "c"], [18, 18, 4])
SPEAKERS_T = np.repeat(["x", "y"], [15, 15])


def test_every_speaker_by_its_own_statistics_if_it_has_enough_rows():
    source, target = both(CorpusScaler(min_group=8), speakers=SPEAKERS, speakers_target=SPEAKERS_T)
    assert_allclose(target, expected("standard", XT))  # without ids the corpus
    scaler = CorpusScaler(min_group=8).fit(
        XS, X_target=XT, speakers=SPEAKERS, speakers_target=SPEAKERS_T
    )
    source = scaler.transform_source(XS, speakers=SPEAKERS)
    for speaker in "ab":
        rows = speaker == SPEAKERS
        assert_allclose(source[rows], expected("standard", XS[rows]))
    assert_allclose(source[SPEAKERS == "c"], expected("standard", XS)[SPEAKERS == "c"])
    target = scaler.transform(XT, speakers_target=SPEAKERS_T)
    for speaker in "xy":
        rows = speaker == SPEAKERS_T
        assert_allclose(target[rows], expected("standard", XT[rows]))


def test_fit_transform_is_the_source_view_by_speaker():
    metadata = {"speakers": SPEAKERS, "speakers_target": SPEAKERS_T}
    scaler = CorpusScaler()
    trained = scaler.fit_transform(XS, X_target=XT, **metadata)
    assert_array_equal(trained, scaler.transform_source(XS, speakers=SPEAKERS))


def fitted():
    return CorpusScaler(min_group=8).fit(
        XS, X_target=XT, speakers=SPEAKERS, speakers_target=SPEAKERS_T
    )


def test_known_new_few_and_missing_speakers():
    scaler = fitted()
    corpus = scaler.transform(XT)
    known = scaler.transform(XT[:3], speakers_target=["x"] * 3)
    assert_allclose(known, (XT[:3] - XT[:15].mean(axis=0)) / XT[:15].std(axis=0))
    new = scaler.transform(XT[5:25], speakers_target=["z"] * 20)
    assert_allclose(new, expected("standard", XT[5:25]))
    few = scaler.transform(XT[:3], speakers_target=["z"] * 3)
    assert_allclose(few, corpus[:3])
    missing = np.array([None, np.nan, "x"], dtype=object)
    mixed = scaler.transform(XT[:3], speakers_target=missing)
    assert_allclose(mixed, [*corpus[:2], known[2]])


def test_tuples_of_speakers():
    rows, ids = (XT[:15], XT[15:]), (SPEAKERS_T[:15], SPEAKERS_T[15:])
    scaler = CorpusScaler().fit(XS, X_target=rows, speakers=SPEAKERS, speakers_target=ids)
    whole = fitted()
    assert_array_equal(
        scaler.transform(XT, speakers_target=SPEAKERS_T),
        whole.transform(XT, speakers_target=SPEAKERS_T),
    )
    three = (np.array(["x"] * 5), SPEAKERS_T)
    assert_array_equal(
        scaler.transform(XT[:5], speakers_target=three),
        scaler.transform(XT[:5], speakers_target=three[0]),
    )
    assert_array_equal(
        scaler.transform(XT, speakers_target=ids), scaler.transform(XT, speakers_target=SPEAKERS_T)
    )


def test_speakers_travel_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = CorpusScaler().set_fit_request(speakers=True, speakers_target=True)
        scaler.set_transform_request(speakers_target=True)
        model = ft.make_pipeline(scaler, LogisticRegression())
        y = np.tile(["p", "q"], 20)
        model.fit(XS, y, X_target=(XT,), speakers=SPEAKERS, speakers_target=(SPEAKERS_T,))
        expected = fitted()
        assert_allclose(
            model[-1].coef_,
            LogisticRegression().fit(expected.transform_source(XS, speakers=SPEAKERS), y).coef_,
        )
        assert_array_equal(
            model.predict_proba(XT, speakers_target=SPEAKERS_T),
            model[-1].predict_proba(expected.transform(XT, speakers_target=SPEAKERS_T)),
        )


def test_speakers_of_one_domain_alone_warn():
    with pytest.warns(UserWarning, match="speakers was given without speakers_target"):
        CorpusScaler().fit(XS, X_target=XT, speakers=SPEAKERS)
    with pytest.warns(UserWarning, match="speakers_target was given without speakers"):
        CorpusScaler().fit(XS, X_target=XT, speakers_target=SPEAKERS_T)


def test_speakers_with_one_emotion_warn():
    metadata = {"X_target": XT, "speakers": SPEAKERS, "speakers_target": SPEAKERS_T}
    y = np.where(SPEAKERS == "a", "anger", "sadness")
    with pytest.warns(UserWarning, match="36 of 36 rows .* single class.*Leave speakers"):
        CorpusScaler().fit(XS, y, **metadata)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CorpusScaler().fit(XS, np.tile(["anger", "sadness"], 20), **metadata)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"speakers": SPEAKERS[:5]}, "speakers must name one speaker for each of the 40 rows of X"),
        (
            {"speakers_target": SPEAKERS_T[:5], "X_target": XT},
            "one speaker for each of the 30 rows|30 rows",
        ),
        ({"speakers_target": SPEAKERS_T}, "speakers_target was given without X_target"),
        (
            {"speakers_target": SPEAKERS_T, "X_target": (XT,)},
            "must both be tuples",
        ),
        (
            {"speakers_target": (SPEAKERS_T, SPEAKERS_T), "X_target": (XT,)},
            "speakers_target has 2 elements, X_target has 1",
        ),
    ],
)
def test_speakers_that_do_not_match(metadata, message):
    with pytest.raises(ValueError, match=message):
        CorpusScaler().fit(XS, **metadata)


def test_wrong_speakers_at_transform():
    scaler = fitted()
    with pytest.raises(ValueError, match="names only speakers of the source"):
        scaler.transform(XT[:3], speakers_target=["a", "b", "a"])
    with pytest.raises(ValueError, match="one speaker for each of the 3 rows"):
        scaler.transform(XT[:3], speakers_target=["x"])
    with pytest.raises(ValueError, match=r"\[2, 2\] ids, but the target rows to transform are 3"):
        scaler.transform(XT[:3], speakers_target=(["x"] * 2, ["y"] * 2))


def test_missing_ids_of_any_kind():
    ids = pd.Series(SPEAKERS, dtype=object)
    ids[:3] = [None, np.nan, pd.NA]
    scaler = CorpusScaler().fit(XS, X_target=XT, speakers=ids, speakers_target=SPEAKERS_T)
    source = scaler.transform_source(XS, speakers=ids)
    assert_allclose(source[:3], expected("standard", XS)[:3])


# --- several corpora

DOMAINS = np.repeat(["p", "q"], [25, 15])
DOMAINS_T = np.repeat(["v", "w"], [12, 18])


def by_group(X, ids, method="standard"):
    scaled = np.empty_like(X)
    for name in np.unique(ids):
        scaled[ids == name] = expected(method, X[ids == name])
    return scaled


@pytest.mark.oracle("CorpusScaler")
@pytest.mark.parametrize("method", ["standard", "minmax", "robust", "rank"])
def test_each_source_and_target_corpus_by_its_own_statistics(method):
    scaler = CorpusScaler(method)
    trained = scaler.fit_transform(
        XS, X_target=XT, source_domains=DOMAINS, target_domains=DOMAINS_T
    )
    assert_allclose(trained, by_group(XS, DOMAINS, method), atol=1e-12)
    assert_allclose(
        scaler.transform(XT, target_domains=DOMAINS_T), by_group(XT, DOMAINS_T, method), atol=1e-12
    )


def test_one_named_corpus_is_no_other_than_unnamed():
    plain = CorpusScaler().fit_transform(XS, X_target=XT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaler = CorpusScaler().fit(XS, X_target=XT, source_domains=["p"] * 40)
        assert_array_equal(scaler.transform_source(XS), plain)
    assert_array_equal(scaler.transform_source(XS, source_domains=["p"] * 40), plain)


def test_new_rows_of_known_and_new_corpora():
    scaler = CorpusScaler(min_group=8).fit(XS, X_target=XT, source_domains=DOMAINS)
    known = scaler.transform_source(XS[:3], source_domains=["q"] * 3)
    assert_allclose(known, (XS[:3] - XS[25:].mean(axis=0)) / XS[25:].std(axis=0))
    new = scaler.transform_source(XS[5:15], source_domains=["r"] * 10)
    assert_allclose(new, expected("standard", XS[5:15]))
    with pytest.raises(ValueError, match="'r' was not seen in fit, and 3 of its rows are too few"):
        scaler.transform_source(XS[:3], source_domains=["r"] * 3)


def test_source_rows_without_their_corpus_warn():
    scaler = CorpusScaler().fit(XS, X_target=XT, source_domains=DOMAINS)
    with pytest.warns(UserWarning, match="fit scaled each of 2 source corpora by itself"):
        pooled = scaler.transform_source(XS)
    assert_allclose(pooled, expected("standard", XS))


def test_source_view_with_the_corpora_of_its_rows():
    scaler = CorpusScaler().fit(XS, X_target=XT, source_domains=DOMAINS)
    view = ft.source_view(scaler, source_domains=DOMAINS[20:])
    assert_allclose(view.transform(XS[20:]), by_group(XS, DOMAINS)[20:])
    with pytest.raises(ValueError, match="one corpus for each of the 40 rows"):
        view.transform(XS)


def test_speakers_within_corpora():
    speakers = np.repeat(["p/1", "p/2", "q/1"], [20, 5, 15])
    scaler = CorpusScaler(min_group=8)
    trained = scaler.fit_transform(
        XS, X_target=XT, source_domains=DOMAINS, speakers=speakers, speakers_target=SPEAKERS_T
    )
    few = speakers == "p/2"  # as its corpus
    assert_allclose(trained[few], by_group(XS, DOMAINS)[few])
    assert_allclose(trained[~few], by_group(XS, speakers)[~few])
    assert scaler.source_.speakers["p/2"] is None


def test_speaker_in_two_corpora_is_refused():
    with pytest.raises(ValueError, match="speakers has 'a' in the corpora .*such as 'p/a'"):
        CorpusScaler().fit(XS, source_domains=np.tile(["p", "q"], 20), speakers=SPEAKERS)


def test_corpus_of_a_single_row_warns():
    with pytest.warns(UserWarning, match=r"The corpora \['q'\] have a single row"):
        trained = CorpusScaler().fit_transform(XS, source_domains=["p"] * 39 + ["q"])
    assert_allclose(trained[39], expected("standard", XS)[39])


def test_target_corpora_in_a_tuple():
    parts, ids = (XT[:12], XT[12:]), (DOMAINS_T[:12], DOMAINS_T[12:])
    scaler = CorpusScaler().fit(XS, X_target=parts, target_domains=ids)
    for rows, names in zip(parts, ids):  # as a pipeline pushes them through
        assert_allclose(scaler.transform(rows, target_domains=ids), expected("standard", rows))
        assert_allclose(scaler.transform(rows, target_domains=names), expected("standard", rows))
    assert_allclose(scaler.transform(XT), expected("standard", XT))  # unnamed: pooled
    with pytest.raises(ValueError, match="target_domains lacks the corpus of 1 of 30 rows"):
        CorpusScaler().fit(XS, X_target=XT, target_domains=[None, *DOMAINS_T[1:]])
    with pytest.raises(ValueError, match="target_domains was given without X_target"):
        CorpusScaler().fit(XS, target_domains=DOMAINS_T)


def test_corpora_travel_through_a_pipeline():
    y = np.tile(["p", "q"], 20)
    parts, ids = (XT[:12], XT[12:]), (DOMAINS_T[:12], DOMAINS_T[12:])
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(CorpusScaler(), ft.CORAL(), LogisticRegression())
        model.fit(XS, y, X_target=parts, source_domains=DOMAINS, target_domains=ids)
        predicted = model.predict_proba(XT, target_domains=DOMAINS_T)
    adapter = ft.CORAL()
    source = adapter.fit_transform(by_group(XS, DOMAINS), X_target=by_group(XT, DOMAINS_T))
    by_hand = LogisticRegression().fit(source, y)
    assert_allclose(predicted, by_hand.predict_proba(by_group(XT, DOMAINS_T)), rtol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "z"}, r"method must be one of \['standard', 'minmax', 'robust', 'rank'\]"),
        ({"value": "log"}, "value must be one of"),
        ({"vector": "l1"}, "vector must be one of"),
        ({"min_group": 1}, r"min_group must be an integer >= 2 \(one row has no scale\)"),
        ({"min_group": 8.0}, "min_group must be an integer"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        CorpusScaler(**parameters).fit(XS)
