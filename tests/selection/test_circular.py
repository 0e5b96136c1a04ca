import numpy as np
import pytest
import sklearn
from scorer_support import DATA, LR, XT, Fixed, X, Y, fit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.preprocessing import StandardScaler

import featuretransfer as ft
from featuretransfer.selection import make_target_scorer

CIRCULAR = make_target_scorer("circular")


def test_score_is_the_uar_of_the_reverse_pipeline():
    """By hand, with two scalers as one that scales each corpus by itself."""
    model = fit(ft.CorpusScaler(), LR)
    source, target = StandardScaler().fit_transform(X), StandardScaler().fit_transform(XT)
    labels = clone(LR).fit(source, Y).predict(target)
    expected = balanced_accuracy_score(Y, clone(LR).fit(target, labels).predict(source))
    assert CIRCULAR(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_reverse_of_an_asymmetric_adapter_maps_the_target_onto_the_source():
    model = fit(ft.CORAL(), LR)
    reverse = ft.CORAL().fit(XT, X_target=X)
    labels = model.predict(XT)
    last = clone(LR).fit(reverse.transform_source(XT), labels)
    expected = balanced_accuracy_score(Y, last.predict(reverse.transform(X)))
    assert CIRCULAR(model, X, Y, X_target=XT) == pytest.approx(expected)


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers, in a list that all clones share, what it is fitted with."""

    __metadata_request__fit = dict.fromkeys(
        ("X_target", "speakers", "speakers_target", "source_domains", "target_domains"), True
    )
    __metadata_request__predict = {"speakers_target": True, "target_domains": True}

    def __init__(self, seen=None):
        self.seen = seen

    def __sklearn_clone__(self):
        return Spy(self.seen)

    def fit(
        self,
        X,
        y,
        *,
        X_target=None,
        speakers=None,
        speakers_target=None,
        source_domains=None,
        target_domains=None,
    ):
        self.seen.append({k: v for k, v in locals().items() if k not in ("self", "__class__")})
        self.classes_ = np.unique(y)
        return self

    def predict(self, X, *, speakers_target=None, target_domains=None):
        self.seen.append({k: v for k, v in locals().items() if k not in ("self", "__class__")})
        return self.classes_[np.arange(len(X)) % len(self.classes_)]


def test_everything_about_the_rows_changes_sides():
    spy = Spy([]).fit(X, Y)
    spy.seen.clear()
    speakers = {"source": [f"s{i % 6}" for i in range(90)], "target": [f"t{i}" for i in range(70)]}
    domains = np.tile(["p", "q"], 45)
    value = CIRCULAR(
        spy,
        X,
        Y,
        X_target=(XT[:40], XT[40:]),
        speakers=speakers["source"],
        speakers_target=(speakers["target"][:40], speakers["target"][40:]),
        source_domains=domains,
        target_domains=(["r"] * 40, ["s"] * 30),
    )
    first, second, reverse, back = spy.seen
    assert (len(first["X"]), list(first["target_domains"])) == (40, ["r"] * 40)
    assert list(second["speakers_target"]) == speakers["target"][40:]
    np.testing.assert_array_equal(reverse["X"], XT)
    labels = [spy.classes_[np.arange(n) % 4] for n in (40, 30)]
    np.testing.assert_array_equal(reverse["y"], np.concatenate(labels))
    assert reverse["X_target"][0] is X
    assert list(reverse["speakers"]) == speakers["target"]
    assert list(reverse["speakers_target"][0]) == speakers["source"]
    assert list(reverse["source_domains"]) == ["r"] * 40 + ["s"] * 30
    assert list(reverse["target_domains"][0]) == list(domains)
    assert back["X"] is X
    assert list(back["speakers_target"]) == speakers["source"]
    assert list(back["target_domains"]) == list(domains)
    assert value == balanced_accuracy_score(Y, spy.classes_[np.arange(90) % 4])


def test_a_good_transfer_beats_one_at_the_wrong_level():
    far = XT + 20
    with sklearn.config_context(enable_metadata_routing=True):
        scores = [
            CIRCULAR(ft.make_pipeline(step, LR).fit(X, Y, X_target=far), X, Y, X_target=far)
            for step in (ft.NoAdaptation(), ft.CorpusScaler())
        ]
    assert scores[1] > scores[0] + 0.2


def test_a_class_without_pseudo_labels_has_no_recall():
    kept = np.isin(Y, np.unique(Y)[:3])
    with sklearn.config_context(enable_metadata_routing=True):
        model = ft.make_pipeline(ft.CorpusScaler(), LR).fit(X[kept], Y[kept], X_target=XT)
        labels = model.predict(XT)
        reverse = clone(model).fit(XT, labels, X_target=X)
    hits = reverse.predict(X) == Y
    expected = sum(hits[c == Y].mean() for c in np.unique(Y)[:3]) / 4
    assert CIRCULAR(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_a_single_pseudo_label_is_chance():
    constant = Fixed(predict=np.full(70, Y[0]))
    assert CIRCULAR(constant, X, Y, X_target=XT) == pytest.approx(0.25)


class Picky(LogisticRegression):
    """Refuses classes of few rows."""

    def fit(self, X, y):
        if min(np.unique(y, return_counts=True)[1]) < 3:
            raise ValueError("a class is too rare")
        return super().fit(X, y)


def test_what_cannot_be_fitted_backwards_for_want_of_a_class_is_chance():
    model = Picky(max_iter=1000).fit(X, Y)
    rows = [X[model.predict(X) == c] for c in np.unique(Y)]
    few = np.concatenate([*rows[:3], rows[3][:1]])
    with pytest.warns(UserWarning, match="a class is too rare.*rarest class has 1 of"):
        assert CIRCULAR(model, X, Y, X_target=few) == pytest.approx(0.25)


class Broken(LogisticRegression):
    """Cannot be fitted without the last row of the source."""

    def fit(self, X, y):
        if len(X) < len(Y):
            raise ValueError("broken")
        return super().fit(X, y)


def test_other_errors_are_not_hidden():
    with pytest.raises(ValueError, match="broken"):
        CIRCULAR(Broken(max_iter=1000).fit(X, Y), X, Y, X_target=X[:-1])


def test_searches_inside_are_repeated_with_the_targets_speakers_as_groups():
    search = GridSearchCV(
        ft.make_pipeline(ft.CorpusScaler(), LR),
        {"logisticregression__C": [0.1, 1.0]},
        scoring=ft.selection.source_scorer("balanced_accuracy"),
        cv=GroupKFold(4),
    )
    options = {"groups": DATA.speakers_source, "X_target": (XT,)}
    with sklearn.config_context(enable_metadata_routing=True):
        search.fit(X, Y, **options)
    with pytest.raises(ValueError, match="groups"):
        CIRCULAR(search, X, Y, X_target=(XT,))
    value = CIRCULAR(search, X, Y, X_target=(XT,), speakers_target=(DATA.speakers_target,))
    assert 0.25 < value <= 1
