import numpy as np
import pandas as pd
import pytest
import sklearn
from scorer_support import LR, XT, Fixed, X, Y, fit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state

import featuretransfer as ft
from featuretransfer.selection import make_target_scorer
from featuretransfer.selection._mixval import partners


class Regions(ClassifierMixin, BaseEstimator):
    """Labels of a line by intervals: class k between bound k - 1 and bound k."""

    def __init__(self, bounds=(0.0,), labels=("a", "b")):
        self.bounds = bounds
        self.labels = labels

    def fit(self, X, y=None):
        return self

    @property
    def classes_(self):
        return np.unique(self.labels)

    def predict(self, X):
        return np.array(self.labels)[np.searchsorted(self.bounds, np.asarray(X)[:, 0])]


def score(model, target, **parameters):
    source, y = np.array([[-1.0], [1.0]]), np.array(["a", "b"])
    return make_target_scorer("mixval", **parameters)(model, source, y, X_target=(target,))


@pytest.mark.parametrize("mix", [0.55, 0.8])
def test_score_is_the_mean_of_both_shares(mix):
    """By a loop over the pairs, which are drawn from the rows in sorted order."""
    model = fit(ft.CORAL(), LR)
    rows = np.array(sorted(XT.tolist()))
    first, second = partners(np.zeros(len(rows), int), 3, check_random_state(7))
    shares = {True: [], False: []}
    for i, j in zip(first, second):
        a, b, mixed = model.predict([rows[i], rows[j], mix * rows[i] + (1 - mix) * rows[j]])
        shares[a == b].append(mixed == a)
    expected = (np.mean(shares[True]) + np.mean(shares[False])) / 2
    scorer = make_target_scorer("mixval", mix=mix, n_draws=3, random_state=7)
    assert 0.5 < expected < 1
    assert scorer(model, X, Y, X_target=XT) == pytest.approx(expected)


def test_partners_are_others_of_the_group():
    groups = np.array([0, 0, 0, 1, 1, 2])
    first, second = partners(groups, 50, check_random_state(0))
    assert (first != second).all()
    assert (groups[first] == groups[second]).all()
    assert set(zip(first, second)) == {
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 2),
        (2, 0),
        (2, 1),
        (3, 4),
        (4, 3),
    }
    assert 5 not in first


def test_a_boundary_between_the_groups_beats_one_through_a_group():
    target = np.r_[np.linspace(-11, -9, 20), np.linspace(9, 11, 20)][:, None]
    assert score(Regions(bounds=(0.0,)), target) == 1
    assert score(Regions(bounds=(10.0,)), target) < 0.8


def test_a_class_in_two_regions_is_less_consistent():
    target = np.linspace(-3, 3, 60)[:, None]
    one = score(Regions(bounds=(-1.0, 1.0), labels=("a", "b", "c")), target)
    two = score(Regions(bounds=(-1.0, 1.0), labels=("a", "b", "a")), target)
    assert two < one


def test_a_single_label_is_the_worst_of_all():
    assert score(Regions(bounds=(99.0,)), np.linspace(-3, 3, 60)[:, None]) == -np.inf


def test_without_pairs_of_one_label():
    two = np.array([[-1.0], [1.0]])
    assert score(Regions(), two) == 1
    assert score(Regions(bounds=(0.95,)), two) == 0.5


def test_rows_are_mixed_within_speakers_and_corpora_that_matter():
    seen = []

    class Scaled(ft.CorpusScaler):
        def transform(self, X, *, speakers_target=None, target_domains=None):
            seen.append((X, speakers_target, target_domains))
            return super().transform(
                X, speakers_target=speakers_target, target_domains=target_domains
            )

    speakers = np.repeat(["t0", "t1", None], [30, 30, 10])
    domains = np.repeat(["near", "far"], [30, 40])
    ids = {"speakers_target": (speakers,), "target_domains": (domains,)}
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = Scaled(min_group=2).set_fit_request(speakers=True, speakers_target=True)
        scaler.set_transform_request(speakers_target=True)
        model = ft.make_pipeline(scaler, LR).fit(
            X, Y, X_target=(XT,), speakers=["s"] * len(X), **ids
        )
    seen.clear()
    make_target_scorer("mixval", n_draws=2)(model, X, Y, X_target=(XT,), **ids)
    mixed, of_speakers, of_domains = seen[-1]
    for row, speaker, domain in zip(mixed, of_speakers, of_domains):
        allowed = XT[(domains == domain) & (speakers == speaker)]
        found = [
            np.allclose(0.55 * a + 0.45 * b, row) for a in allowed for b in allowed if a is not b
        ]
        assert any(found)


def test_kind_of_rows_is_kept():
    kinds = []

    class Kind(Regions):
        def predict(self, X):
            kinds.append((type(X), getattr(X, "dtypes", getattr(X, "dtype", None))))
            return super().predict(X)

    target = np.linspace(-3, 3, 20)[:, None]
    score(Kind(), target.astype(np.float32))
    assert kinds[1] == (np.ndarray, np.dtype("float32"))
    frame = pd.DataFrame(target, columns=["f"]).astype("float32")
    score(Kind(), frame)
    assert kinds[3][0] is pd.DataFrame
    assert kinds[3][1].equals(frame.dtypes)


def test_parameters_and_rows():
    model = Fixed(predict=np.array(["a", "b"]))
    for mix in (0.5, 1, "half", True):
        with pytest.raises(ValueError, match=r"mix must be a number above 0.5 and below 1"):
            score(model, XT, mix=mix)
    with pytest.raises(ValueError, match="n_draws must be an integer >= 1"):
        score(model, XT, n_draws=0)
    with pytest.raises(ValueError, match="at least 2 target rows to mix"):
        score(model, XT[:1])
    with pytest.raises(ValueError, match="MixVal mixes feature tables, but X_target is none"):
        score(model, ["a.wav", "b.wav"])
