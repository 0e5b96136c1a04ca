"""What tests of scorers share: two corpora, fitted pipelines, and estimators of known outputs."""

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

import featuretransfer as ft
from featuretransfer.selection._judged import Judged
from featuretransfer.synthetic import make_shifted_corpora

DATA = make_shifted_corpora(90, 70, 5, shift="covariate", random_state=0)
X, Y, XT = DATA.X_source, DATA.y_source, DATA.X_target
LR = LogisticRegression(max_iter=1000)


def fit(*steps):
    """A pipeline fitted on the two corpora, which takes the target whatever its steps do."""
    steps = (ft.NoAdaptation(), *steps)
    with sklearn.config_context(enable_metadata_routing=True):
        return ft.make_pipeline(*steps).fit(X, Y, X_target=XT)


def judged(estimator=None, X=X, Y=Y, XT=XT):
    """What the scorers hand to their formulas."""
    return Judged(estimator, X, Y, XT)


class Fixed:
    """Predicts what it is given, whatever the rows."""

    classes_ = np.unique(Y)

    def __init__(self, **outputs):
        for name, value in outputs.items():
            setattr(self, name, lambda X, value=value: value[: len(X)])

    def get_params(self, deep=True):
        return {}

    def fit(self, X, y):
        return self
