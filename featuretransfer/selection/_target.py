"""Scores of how well an estimator will do on the target, without target labels: what all share."""

from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import UNUSED

from .._base import target_parts, warn_if_sliceable
from ..pipelines import check_pipeline
from ..representation._groups import target_ids
from ._judged import Judged


class TargetScorer(BaseEstimator):
    """Base of the scorers that use the target: a subclass has a ``name`` and a ``_judge``."""

    __metadata_request__score = {
        "X_target": True,
        "source_domains": True,
        "target_domains": True,
        "estimator": UNUSED,
    }

    def __call__(
        self,
        estimator,
        X,
        y=None,
        *,
        X_target=None,
        speakers=None,
        speakers_target=None,
        source_domains=None,
        target_domains=None,
    ):
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier.
        X : array-like of shape (n_samples, n_features)
            Source rows that were held out of its `fit`.
        y : array-like of shape (n_samples,)
            Their labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such
            Target rows.
        speakers : array-like of shape (n_samples,), default=None
            Speakers of the held-out rows, for estimators that ask for them; requested by
            ``set_score_request(speakers=True)``.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speakers of the target rows, a tuple where `X_target` is one; for estimators that ask
            for them in ``predict``, and requested by ``set_score_request(speakers_target=True)``.
        source_domains : array-like of shape (n_samples,), default=None
            Corpora of the held-out rows.
        target_domains : array-like of shape (n_target,) or tuple of such, default=None
            Corpora of the target rows, a tuple where `X_target` is one.

        Returns
        -------
        score : float
            Greater is better.
        """
        check_pipeline(estimator)
        if X_target is None:
            raise ValueError(
                f"{type(self).__name__} needs the target, got X_target=None. Pass "
                "X_target=(X_target,) to fit of the search (or as params of cross_validate), "
                "within sklearn.config_context(enable_metadata_routing=True)."
            )
        target_parts(X_target, "X_target")
        warn_if_sliceable(X_target, len(X), "X_target", stacklevel=3)
        corpora, speakers_of_target = target_ids(target_domains, speakers_target, X_target)
        source = {"speakers": speakers, "source_domains": source_domains}
        target = {"speakers_target": speakers_of_target, "target_domains": corpora}
        return float(self._judge(Judged(estimator, X, y, X_target, _known(source), _known(target))))

    score = __call__  # scikit-learn routes metadata to a scorer by the requests of this name


def _known(ids):
    return {name: value for name, value in ids.items() if value is not None}
