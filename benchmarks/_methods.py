"""What is timed: every method that the package has, with the settings, floors and peers of some.

A method without an entry in `TABLE` is timed with its default parameters. An entry adds what it is
compared with; peers solve the same problem, with the same widths, bounds and regularisation.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import _floors as floors
import numpy as np
from _domains import width
from _peers import adapt, dense_coral, pot, skada
from sklearn.base import is_regressor

from featuretransfer.testing import all_methods, make_instance

SIZES = tuple((n, d) for d in (88, 384, 1582) for n in (500, 1000, 2000, 4000))
FEWER = tuple((n, d) for n, d in SIZES if n in (1000, 4000))
LARGE = ((8000, 88), (8000, 384), (8000, 1582))
TINY = ((60, 24),)
SCORES = ("predict_proba", "decision_function", "predict")  # the first that a classifier has
N_COMPONENTS = 20
TIGHT_EPS = 0.01


@dataclass(frozen=True)
class Method:
    """A method with fixed settings.

    Parameters
    ----------
    name : str
        Class name.
    label : str
        What the table calls it; the class name by default.
    options : dict
        Parameters; a function is called with the domains.
    floor : callable or None
        Takes the domains and returns the unavoidable work, see `_floors`.
    within : float
        Ratio to the floor that is aimed at.
    per_iteration : bool
        Whether that is the ratio of one of ``n_iter_`` iterations.
    peers : dict of str to callable
        Library to a function that takes the domains and returns the work, see `_peers`.
    sizes : tuple of (int, int)
        Source rows and features.
    """

    name: str
    label: str = ""
    options: dict = field(default_factory=dict)
    floor: Callable | None = None
    within: float = 1.2
    per_iteration: bool = False
    peers: dict = field(default_factory=dict)
    sizes: tuple = SIZES

    @property
    def title(self):
        """What the table calls it."""
        return self.label or self.name

    def estimator(self, data):
        """An estimator with these settings and a seed."""
        found = make_instance(all_methods()[self.name])
        options = {k: v(data) if callable(v) else v for k, v in self.options.items()}
        if "random_state" in found.get_params():
            options["random_state"] = 0
        return found.set_params(**options)

    def work(self, data):
        """The work to be timed: from rows to mapped source rows, weights or predictions.

        It returns the estimator and its output.
        """
        estimator = self.estimator(data)
        metadata, y = fit_metadata(estimator, data), data.ys
        if is_regressor(estimator):
            y, metadata = numbers(y), {**metadata, **numbers_known(metadata)}

        def run():
            if hasattr(estimator, "transform_source"):
                return estimator, estimator.fit_transform(data.Xs, y, **metadata)
            estimator.fit(data.Xs, y, **metadata)
            if hasattr(estimator, "sample_weight_"):
                return estimator, estimator.sample_weight_
            telling = ("predict",) if is_regressor(estimator) else SCORES
            name = next(name for name in telling if hasattr(estimator, name))
            return estimator, getattr(estimator, name)(data.Xt)

        return run


def fit_metadata(estimator, data):
    """What `fit` takes: target rows, a few of their labels, corpora of the source rows, pairs."""
    offered = {
        "X_target": (data.Xt,),
        "y_target": (data.yt,),
        "source_domains": np.arange(len(data.Xs)) % 3,
        "X_paired": (data.Xs[:-1], data.Xt),
    }
    taken = inspect.signature(estimator.fit).parameters
    return {name: value for name, value in offered.items() if name in taken}


def numbers(y):
    """A number for every class, for a regressor."""
    return np.unique(y, return_inverse=True)[1].astype(float)


def numbers_known(metadata):
    """Target labels as numbers, NaN where they are not known."""
    if "y_target" not in metadata:
        return {}
    (yt,) = metadata["y_target"]
    known = np.array([label is not None for label in yt])
    found = np.full(len(yt), np.nan)
    found[known] = numbers(yt[known].astype(str))
    return {"y_target": (found,)}


def timed():
    """Title to `Method`: the entries of the table, then everything else that is public."""
    known = all_methods()
    entries = [method for method in TABLE if method.name in known]
    listed = {method.name for method in entries}
    entries += [Method(name, sizes=FEWER) for name in known if name not in listed]
    return {method.title: method for method in entries}


def _gammas(data):
    return list(width(data) * 4.0 ** np.arange(-2, 3))


def _one_over_d(data):
    """The only width that skada's components have."""
    return 1 / data.Xs.shape[1]


_COMPONENTS = {"n_components": N_COMPONENTS}

TABLE = [
    Method(
        "KernelMeanMatching",
        options={"gamma": width},
        floor=floors.matching_certificate,
        peers={
            "skada": skada("KMMReweightAdapter", attribute="source_weights_", gamma=width),
            "adapt": adapt("KMM", gamma=width),
        },
        sizes=SIZES + LARGE,
    ),
    Method(  # a narrow eps makes the sum constraint active
        "KernelMeanMatching",
        "KMM, sum active",
        options={"gamma": width, "eps": TIGHT_EPS},
        peers={
            "skada": skada(
                "KMMReweightAdapter", attribute="source_weights_", gamma=width, eps=TIGHT_EPS
            )
        },
    ),
    Method(
        "TCA",
        options={**_COMPONENTS, "gamma": _one_over_d},
        floor=floors.kernel_eigenvectors(N_COMPONENTS),
        peers={
            "skada": skada("TransferComponentAnalysisAdapter", n_components=N_COMPONENTS, mu=1.0),
            "adapt": adapt("TCA", n_components=N_COMPONENTS, mu=1.0, gamma=_one_over_d),
        },
    ),
    Method(
        "JDA",
        options=_COMPONENTS,
        floor=floors.one_tca(N_COMPONENTS),
        within=1.5,
        per_iteration=True,
    ),
    Method(
        "BDA",
        options=_COMPONENTS,
        floor=floors.one_tca(N_COMPONENTS),
        within=1.5,
        per_iteration=True,
    ),
    Method(
        "TransferJointMatching",
        options=_COMPONENTS,
        floor=floors.one_tca(N_COMPONENTS),
        within=1.5,
        per_iteration=True,
        peers={"skada": skada("TransferJointMatchingAdapter", n_components=N_COMPONENTS)},
    ),
    Method(
        "SemiSupervisedTCA",
        options={**_COMPONENTS, "gamma": width},
        floor=floors.local_components(N_COMPONENTS),
    ),
    Method(
        "CORAL",
        floor=floors.mapped_eigenvectors,
        peers={"skada": skada("CORALAdapter"), "adapt": adapt("CORAL", lambda_=1.0)},
    ),
    Method("CORAL", "CORAL, wide", peers={"dense": dense_coral}, sizes=((1000, 6373),)),
    Method(
        "SubspaceAlignment",
        options=_COMPONENTS,
        floor=floors.first_eigenvectors(N_COMPONENTS),
        peers={
            "skada": skada("SubspaceAlignmentAdapter", n_components=N_COMPONENTS, random_state=0),
            "adapt": adapt("SA", n_components=N_COMPONENTS),
        },
    ),
    Method(
        "GeodesicFlowKernel",
        options=_COMPONENTS,
        floor=floors.first_eigenvectors(N_COMPONENTS, both=True),
    ),
    Method(
        "LinearOptimalTransport",
        options={"reg": 1e-3},
        floor=floors.two_roots,
        peers={
            "skada": skada("LinearOTMappingAdapter", reg=1e-3),
            "pot": pot("LinearTransport", reg=1e-3),
        },
    ),
    Method(
        "OptimalTransport",
        options={"reg": 0.1},
        peers={
            "pot": pot("SinkhornTransport", reg_e=0.1, norm="median", tol=1e-6, max_iter=10000),
            "skada": skada(
                "EntropicOTMappingAdapter", reg_e=0.1, norm="median", tol=1e-6, max_iter=10000
            ),
        },
    ),
    Method(
        "OptimalTransport",
        "OptimalTransport, classes",
        options={"reg": 0.1, "class_reg": 0.1},
        peers={
            "pot": pot("SinkhornL1l2Transport", labels=True, reg_e=0.1, reg_cl=0.1, norm="median")
        },
    ),
    Method("MarginalizedDenoisingAutoencoder", floor=floors.restoring_map),  # no peer has it
    Method("CorpusScaler", floor=floors.means),
    Method(
        "KLIEP",
        options={"gamma": _gammas},
        floor=floors.centre_features(5, floors.five_folds, floors.newton_steps),
        peers={
            "skada": skada("KLIEPReweightAdapter", gamma=_gammas, random_state=0),
            "adapt": adapt("KLIEP", gamma=_gammas),
        },
    ),
    Method(
        "ULSIF",
        options={"gamma": _gammas},
        floor=floors.centre_features(5, floors.left_out(1), floors.least_squares),
        peers={"adapt": adapt("ULSIF", gamma=_gammas, lambdas=[0.001, 0.01, 0.1, 1.0, 10.0])},
    ),
    Method(
        "RuLSIF",
        options={"gamma": _gammas},
        floor=floors.centre_features(5, floors.left_out(2), floors.least_squares),
        peers={"adapt": adapt("RULSIF", gamma=_gammas, lambdas=[0.001, 0.01, 0.1, 1.0, 10.0])},
    ),
    Method(
        "GaussianWeights",
        floor=floors.whitened,
        peers={"skada": skada("GaussianReweightAdapter")},
    ),
    Method(
        "KernelDensityWeights",
        floor=floors.kernel_matrices,
        peers={"skada": skada("DensityReweightAdapter")},
    ),
    Method(
        "NearestNeighborWeights",
        floor=floors.nearest,
        peers={
            "skada": skada("NearestNeighborReweightAdapter"),
            "adapt": adapt("NearestNeighborsWeighting"),
        },
    ),
    # skada's fits one classifier and asks it about the rows that it has seen: another problem
    Method("DomainClassifierWeights", floor=floors.logistic_regressions),
    *(
        Method("TLSL", f"TLSL, {criterion}", options={**_COMPONENTS, "criterion": criterion})
        for criterion in ("pca", "lda", "lpp")
    ),
    Method("TransferNMF", options=_COMPONENTS),
    Method("FeatureAugmentation", peers={"adapt": adapt("FA")}),
    Method(
        "RelativeEmotionTransfer",
        floor=floors.ranking_steps,
        within=1.5,
        per_iteration=True,
        sizes=FEWER,
    ),
    Method("ClassRelationTransfer", floor=floors.within_classes, sizes=FEWER),
    Method(  # the rounds after the starts, of a number of their own each, come on top
        "TransferClustering",
        floor=floors.clustering_starts(10, 4, 16),
        within=3,
        sizes=FEWER,
    ),
]
