"""The best candidate in hindsight, by the labels of the target."""

from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.model_selection import ParameterGrid, ParameterSampler

from .._structure import is_estimator, is_search
from ._metrics import score_predictions, score_regression


def oracle(search):
    """Let `cross_corpus` choose a search's candidate by the labels of the target.

    An upper bound that no honest choice can reach, for showing how much a choice without target
    labels leaves. Every candidate is fitted and predicts the target under the protocol of the
    evaluation, and the one with the best score on the predicted rows is kept: the UAR, or for
    ratings the concordance correlation. It is the only thing in an evaluation that target labels
    reach beside the scores; its rows have the tuning "oracle" and stand apart from all others.

    Parameters
    ----------
    search : GridSearchCV, RandomizedSearchCV, or another search with their parameters
        Its pipeline and candidates are used, its scoring and folds are not.

    Returns
    -------
    estimator : estimator
        A pipeline for `cross_corpus`; it refuses to be fitted on its own.

    Raises
    ------
    TypeError
        If `search` is no search.

    See Also
    --------
    cross_corpus : The evaluation.
    featuretransfer.selection.make_target_scorer : Choosing without target labels.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> import featuretransfer as ft
    >>> pipeline = ft.make_pipeline(ft.CorpusScaler(), LogisticRegression(max_iter=500))
    >>> search = GridSearchCV(pipeline, {"logisticregression__C": [0.001, 0.1]})
    >>> result = ft.cross_corpus(
    ...     {"best": ft.oracle(search)}, ft.load_demo_corpora()[:2], feature_set="GeMAPSv01b"
    ... )
    >>> result.to_frame().query("pipeline == 'best'")["tuning"].tolist()
    ['oracle', 'oracle']
    """
    if not is_estimator(search) or not is_search(search):
        raise TypeError(
            f"search must be a GridSearchCV, a RandomizedSearchCV or the like, got {search!r}. "
            "Put the settings to choose from into one: GridSearchCV(pipeline, {...})."
        )
    return Oracle(search)


class Oracle(MetaEstimatorMixin, BaseEstimator):
    """A search whose candidates are judged by the labels of the target; see `oracle`."""

    def __init__(self, search):
        self.search = search

    def fit(self, X, y=None):
        """Refuse."""
        raise TypeError(
            "An oracle chooses by the labels of the target, which no fit has. Evaluate it by "
            "cross_corpus, or fit the search itself with scoring=make_target_scorer('iw')."
        )

    def candidates(self):
        """Every candidate of the search, not fitted, in its order."""
        search = self.search
        if hasattr(search, "param_grid"):
            settings = ParameterGrid(search.param_grid)
        else:
            n_iter = getattr(search, "n_iter", 10)
            settings = ParameterSampler(
                search.param_distributions, n_iter, random_state=search.random_state
            )
        for values in settings:
            yield clone(search.estimator).set_params(**clone(values, safe=False))


def best_in_hindsight(run, estimator, y_true, *arguments):
    """Predictions of the best candidate of an `Oracle`.

    Parameters
    ----------
    run : callable
        Predicts target rows, such as `transductive`.
    estimator : Oracle
        Candidates; of equally good ones the first is taken.
    y_true : Series
        Labels of all target rows.
    *arguments : tuple
        Of `run`, after the estimator.

    Returns
    -------
    predicted : DataFrame
        As of `run`.
    """
    found = (run(candidate, *arguments) for candidate in estimator.candidates())
    return max(found, key=lambda predicted: _score(y_true, predicted))


def _score(y_true, predicted):
    y_true, y_pred = y_true.iloc[predicted.index], predicted["y_pred"]
    if y_pred.dtype == float:
        return score_regression(y_true, y_pred)["ccc"]
    return score_predictions(y_true, y_pred)["uar"]
