import pickle
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer.exceptions import PipelineStructureError
from featuretransfer.selection import source_scorer
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(60, 40, 5, random_state=0)
LR = LogisticRegression(max_iter=1000)


@pytest.fixture
def model():
    with sklearn.config_context(enable_metadata_routing=True):
        return ft.make_pipeline(ft.CORAL(), LR).fit(
            DATA.X_source, DATA.y_source, X_target=DATA.X_target
        )


def test_score_is_that_of_the_source_view(model):
    score = source_scorer("balanced_accuracy")(model, DATA.X_source, DATA.y_source)
    predicted = model[-1].predict(model[0].transform_source(DATA.X_source))
    assert score == balanced_accuracy_score(DATA.y_source, predicted)
    assert score != balanced_accuracy_score(DATA.y_source, model.predict(DATA.X_source))


def test_callables_and_scorers_are_taken(model):
    own = source_scorer(lambda estimator, X, y: float(len(X)))
    assert own(model, DATA.X_source, DATA.y_source) == 60
    scorer = source_scorer(get_scorer("accuracy"))
    assert 0 < scorer(model, DATA.X_source, DATA.y_source) <= 1


def test_unknown_name_fails_at_once():
    with pytest.raises(ValueError, match="'balancd' is not a valid scoring value"):
        source_scorer("balancd")


def test_wrong_structure_is_refused():
    with sklearn.config_context(enable_metadata_routing=True):
        wrong = Pipeline([("s", StandardScaler()), ("a", ft.CORAL()), ("c", LR)])
        wrong.fit(DATA.X_source, DATA.y_source, X_target=DATA.X_target)
    with pytest.raises(PipelineStructureError, match="transform_input"):
        source_scorer("accuracy")(wrong, DATA.X_source, DATA.y_source)


def test_sample_weight_is_routed_on_request():
    weights = np.linspace(0.1, 3, 60)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = source_scorer("accuracy").set_score_request(sample_weight=True)
        search = GridSearchCV(
            ft.make_pipeline(ft.CORAL(), clone(LR).set_fit_request(sample_weight=False)),
            {"logisticregression__C": [1.0]},
            scoring=scorer,
            cv=GroupKFold(3),
            error_score="raise",
        )
        options = {"groups": DATA.speakers_source, "X_target": (DATA.X_target,)}
        weighted = clone(search).fit(DATA.X_source, DATA.y_source, sample_weight=weights, **options)
        with pytest.raises(UnsetMetadataPassedError, match="set_score_request"):
            search.set_params(scoring=source_scorer("accuracy")).fit(
                DATA.X_source, DATA.y_source, sample_weight=weights, **options
            )
        plain = search.fit(DATA.X_source, DATA.y_source, **options)
    assert weighted.best_score_ != plain.best_score_


def two_sources():
    """Two source corpora with one geometry at different levels, in two halves of five speakers."""
    other = make_shifted_corpora(60, 40, 5, random_state=0)
    X = np.concatenate([DATA.X_source, other.X_source * 3 + 50])
    y = np.tile(DATA.y_source, 2)
    speakers = [f"{corpus}/{s}" for corpus in "pq" for s in DATA.speakers_source]
    return X, y, np.array(speakers), np.repeat(["p", "q"], 60)


@pytest.mark.parametrize(
    "scoring", [source_scorer("balanced_accuracy"), ft.selection.make_target_scorer("iw")]
)
def test_held_out_rows_are_scaled_by_their_own_corpus(scoring):
    X, y, speakers, domains = two_sources()
    search = GridSearchCV(
        ft.make_pipeline(ft.CorpusScaler(), LR),
        {"logisticregression__C": [1.0]},
        scoring=scoring,
        cv=GroupKFold(3),
        error_score="raise",
    )
    options = {"groups": speakers, "X_target": (DATA.X_target,), "source_domains": domains}
    with sklearn.config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = search.fit(X, y, **options)
        scores, folds = [], GroupKFold(3)
        for train, test in folds.split(X, groups=speakers):
            model = clone(search.estimator).fit(
                X[train], y[train], X_target=(DATA.X_target,), source_domains=domains[train]
            )
            scaled = model[0].transform_source(X[test], source_domains=domains[test])
            scores.append(balanced_accuracy_score(y[test], model[-1].predict(scaled)))
    if isinstance(scoring, ft.selection._source.SourceScorer):
        assert found.best_score_ == pytest.approx(np.mean(scores))
    assert found.best_score_ > 0.5  # 0.25 by chance


def test_no_adaptation_keeps_the_route_of_source_domains_open():
    X, y, speakers, domains = two_sources()
    search = GridSearchCV(
        ft.make_pipeline(ft.NoAdaptation(), LR),
        {"noadaptation": [ft.NoAdaptation(), ft.CorpusScaler()]},
        scoring=source_scorer("balanced_accuracy"),
        cv=GroupKFold(3),
        error_score="raise",
    )
    with sklearn.config_context(enable_metadata_routing=True):
        search.fit(X, y, groups=speakers, X_target=(DATA.X_target,), source_domains=domains)
    assert isinstance(search.best_params_["noadaptation"], ft.CorpusScaler)


def test_speakers_must_reach_the_scorer_too():
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = ft.CorpusScaler().set_fit_request(speakers=True, speakers_target=True)
        scaler.set_transform_request(speakers_target=True)
        search = GridSearchCV(
            ft.make_pipeline(scaler, LR),
            {"logisticregression__C": [1.0]},
            scoring=source_scorer("accuracy"),
            cv=GroupKFold(3),
            error_score="raise",
        )
        options = {
            "groups": DATA.speakers_source,
            "speakers": DATA.speakers_source,
            "X_target": (DATA.X_target,),
            "speakers_target": (DATA.speakers_target,),
        }
        with pytest.raises(UnsetMetadataPassedError, match="speakers.*set_score_request"):
            search.fit(DATA.X_source, DATA.y_source, **options)
        search.scoring.set_score_request(speakers=True)
        search.fit(DATA.X_source, DATA.y_source, **options)
        train, test = next(GroupKFold(3).split(DATA.X_source, groups=DATA.speakers_source))
        model = clone(search.best_estimator_).fit(
            DATA.X_source[train],
            DATA.y_source[train],
            X_target=(DATA.X_target,),
            speakers=DATA.speakers_source[train],
            speakers_target=(DATA.speakers_target,),
        )
    ids = DATA.speakers_source[test]
    scaled = model[0].transform_source(DATA.X_source[test], speakers=ids)
    assert search.cv_results_["split0_test_score"][0] == np.mean(
        model[-1].predict(scaled) == DATA.y_source[test]
    )


def test_clone_pickle_repr(model):
    scorer = source_scorer("balanced_accuracy")
    for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
        assert copy(model, DATA.X_source, DATA.y_source) == scorer(
            model, DATA.X_source, DATA.y_source
        )
    assert repr(scorer) == "SourceScorer(scoring='balanced_accuracy')"
