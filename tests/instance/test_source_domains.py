import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline

import featuretransfer as ft
from featuretransfer import KernelMeanMatching, ReweightedClassifier, SourceDomainWeights
from featuretransfer.instance._corpus_distance import relatedness_weights

rng = np.random.default_rng(0)
PARTS = {"a": (20, 0.2), "b": (50, 1.0), "c": (30, 2.0)}
X = np.concatenate([rng.normal(mean, 1, size=(n, 4)) for n, mean in PARTS.values()])
DOMAINS = np.repeat(list(PARTS), [n for n, _ in PARTS.values()])
XT = rng.normal(size=(40, 4))
Y = rng.permutation(np.arange(100) % 2)
ORDER = rng.permutation(100)


def fit(weighter=None, X=X, **parameters):
    return SourceDomainWeights(weighter=weighter, **parameters).fit(
        X, X_target=XT, source_domains=DOMAINS
    )


@pytest.mark.oracle("SourceDomainWeights")
def test_distances_are_the_dense_discrepancy():
    rows = np.concatenate([X, XT])
    squared = ((rows[:, None] - rows) ** 2).sum(axis=-1)
    gamma = 1 / np.median(squared[squared > 0])
    K = np.exp(-gamma * squared)
    expected = []
    for name in "abc":
        e = np.zeros(140)
        e[:100][name == DOMAINS] = 1 / np.sum(name == DOMAINS)
        e[100:] = -1 / 40
        expected.append(e @ K @ e)
    weighter = fit()
    assert_allclose(weighter.distances_, expected, rtol=1e-9)
    assert_array_equal(weighter.domains_, ["a", "b", "c"])
    w = np.exp(-np.array(expected) / np.mean(expected))
    w = w[np.searchsorted(["a", "b", "c"], DOMAINS)]
    assert_allclose(weighter.sample_weight_, w / w.mean(), rtol=1e-9)
    assert_allclose(weighter.domain_weights_, [weighter.sample_weight_[i] for i in (0, 20, 70)])


@pytest.mark.parametrize("kernel", ["linear", "poly"])
def test_other_kernels(kernel):
    values = {"linear": lambda A, B: A @ B.T, "poly": lambda A, B: polynomial_kernel(A, B, gamma=1)}
    k, part = values[kernel], X[DOMAINS == "b"]
    expected = k(part, part).mean() + k(XT, XT).mean() - 2 * k(part, XT).mean()
    assert_allclose(fit(kernel=kernel, gamma=1.0).distances_[1], expected, rtol=1e-9)


def test_closer_corpora_count_more():
    near, middle, far = fit().domain_weights_
    assert near > middle > far > 0
    assert near / far < np.e**3


def test_temperature_goes_from_the_nearest_corpus_to_uniform():
    nearest = fit(temperature=1e-3)
    assert_allclose(nearest.domain_weights_[1:], 0, atol=1e-9)
    assert_allclose(fit(temperature=1e9).sample_weight_, 1, atol=1e-6)


def test_units_of_the_distance_do_not_matter():
    def distance(part, target):
        return np.linalg.norm(part.mean(axis=0) - target.mean(axis=0))

    first = fit(distance=distance)
    second = fit(distance=lambda part, target: 1000 * distance(part, target))
    assert_allclose(first.sample_weight_, second.sample_weight_)
    assert_allclose(first.distances_, [distance(X[name == DOMAINS], XT) for name in "abc"])
    assert_array_equal(relatedness_weights(np.zeros(3), 1.0), 1)


def test_samples_of_one_distribution_count_nearly_the_same():
    same = rng.normal(size=(300, 10))
    weighter = SourceDomainWeights().fit(
        same, X_target=rng.normal(size=(100, 10)), source_domains=np.repeat(["a", "b", "c"], 100)
    )
    assert np.ptp(weighter.domain_weights_) < 0.2


def test_inner_weights_are_learned_corpus_by_corpus():
    inner = KernelMeanMatching(B=5.0)
    weighter, plain = fit(inner), fit()
    for name, weight, fitted in zip("abc", plain.domain_weights_, weighter.weighters_):
        rows = name == DOMAINS
        alone = KernelMeanMatching(B=5.0).fit(X[rows], X_target=XT).sample_weight_
        assert_allclose(fitted.sample_weight_, alone)
        assert_allclose(weighter.sample_weight_[rows], alone * weight)


def test_without_corpora_it_is_the_inner_weighter():
    assert_array_equal(SourceDomainWeights().fit(X, X_target=XT).sample_weight_, 1)
    weighter = SourceDomainWeights(weighter=KernelMeanMatching(B=5.0)).fit(X, X_target=XT)
    expected = KernelMeanMatching(B=5.0).fit(X, X_target=XT).sample_weight_
    assert_allclose(weighter.sample_weight_, expected)
    one = SourceDomainWeights().fit(X, X_target=XT, source_domains=["a"] * 100)
    assert_array_equal(one.sample_weight_, 1)


def test_without_target_every_weight_is_one():
    weighter = SourceDomainWeights(weighter=KernelMeanMatching()).fit(X, source_domains=DOMAINS)
    assert_array_equal(weighter.sample_weight_, 1)
    assert_array_equal(weighter.domain_weights_, 1)


def test_order_of_rows_does_not_matter():
    weighter = SourceDomainWeights().fit(X[ORDER], X_target=XT, source_domains=DOMAINS[ORDER])
    assert_allclose(weighter.sample_weight_, fit().sample_weight_[ORDER])


def test_reweighted_classifier_passes_the_corpora_on():
    weights = fit().sample_weight_
    expected = LogisticRegression().fit(X, Y, sample_weight=weights).coef_
    model = ReweightedClassifier(LogisticRegression(), SourceDomainWeights())
    fitted = model.fit(X, Y, X_target=XT, source_domains=DOMAINS)
    assert_allclose(fitted.estimator_.coef_, expected)
    pipeline = Pipeline(
        [("pca", PCA(4)), ("weights", SourceDomainWeights())], transform_input=["X_target"]
    )
    fitted = ReweightedClassifier(LogisticRegression(), pipeline).fit(
        X, Y, X_target=XT, source_domains=DOMAINS
    )
    assert_allclose(fitted.sample_weight_, weights)  # distances are those of rotated rows
    # a weighter that knows nothing of corpora does not get them
    fitted = ReweightedClassifier(LogisticRegression(), KernelMeanMatching(B=5.0)).fit(
        X, Y, X_target=XT, source_domains=DOMAINS
    )
    expected = KernelMeanMatching(B=5.0).fit(X, X_target=XT).sample_weight_
    assert_allclose(fitted.sample_weight_, expected)


def test_corpora_travel_through_pipelines_searches_and_to_the_inner_classifier():
    inner = ft.make_pipeline(ft.CorpusScaler(), LogisticRegression())
    model = ft.make_pipeline(ft.CorpusScaler(), ReweightedClassifier(inner, SourceDomainWeights()))
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            model,
            {"reweightedclassifier__weighter__temperature": [0.5, 2.0]},
            cv=GroupKFold(4),
            scoring=ft.selection.source_scorer("accuracy"),
            error_score="raise",
        )
        search.fit(X, Y, groups=ORDER % 8, X_target=(XT,), source_domains=DOMAINS)
    fitted = search.best_estimator_[-1]
    assert set(fitted.weighter_.domains_) == set("abc")
    assert set(fitted.estimator_[0].source_.corpora) == set("abc")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"distance": "kl"}, ValueError, "distance must be 'mmd' or a callable, got 'kl'"),
        ({"temperature": 0}, ValueError, "temperature must be a number > 0"),
        ({"temperature": "hot"}, ValueError, "temperature must be a number > 0"),
        ({"weighter": PCA()}, TypeError, "weighter must be None or an estimator with fit"),
        (
            {"distance": lambda part, target: -1.0},
            ValueError,
            r"finite numbers >= 0, got \[-1.0, -1.0, -1.0\] for the corpora \['a', 'b', 'c'\]",
        ),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        fit(**parameters)


def test_bad_corpora():
    with pytest.raises(ValueError, match="one corpus for each of the 100 rows"):
        SourceDomainWeights().fit(X, X_target=XT, source_domains=DOMAINS[:9])


def test_labels_for_the_weighter_are_one_for_each_row():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SourceDomainWeights(weighter=KernelMeanMatching()).fit(
            X, np.zeros(2 * len(X)), X_target=XT, source_domains=DOMAINS
        )
