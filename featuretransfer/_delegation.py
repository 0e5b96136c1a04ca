"""Estimators that predict by the one inside them."""

from sklearn.base import MetaEstimatorMixin, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._structure import is_estimator


def delegates(method):
    """Whether the inner estimator has `method`: the fitted one once there is one."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return available_if(check)


def check_classifier(estimator, name="estimator", *, optional=False):
    """Refuse as parameter `name` what is no classifier, nor None where that is `optional`."""
    if optional and estimator is None:
        return
    if not is_estimator(estimator) or not is_classifier(estimator):
        wanted = "None or a classifier instance" if optional else "a classifier instance"
        raise TypeError(
            f"{name} must be {wanted}, got {estimator!r}. Pass for example "
            f"{name}=LogisticRegression(class_weight='balanced')."
        )


class PredictorAround(MetaEstimatorMixin):
    """Predicts by ``estimator_``, the fitted form of ``estimator``."""

    def _rows_to_predict(self, X):
        """What the inner estimator is given."""
        return X

    @delegates("predict")
    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predictions of the inner estimator.
        """
        check_is_fitted(self)
        return self.estimator_.predict(self._rows_to_predict(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "__sklearn_tags__"):
            inner = get_tags(self.estimator)
            tags.classifier_tags = inner.classifier_tags or tags.classifier_tags
            tags.regressor_tags = inner.regressor_tags or tags.regressor_tags
        return tags


class ClassifierAround(PredictorAround):
    """Predicts by the classifier ``estimator_``, with its probabilities and decision values."""

    @property
    def classes_(self):
        """The class labels."""
        return self.estimator_.classes_

    @delegates("predict_proba")
    def predict_proba(self, X):
        """Predict class probabilities, where the inner classifier does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(self._rows_to_predict(X))

    @delegates("predict_log_proba")
    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities, where the inner classifier does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Logarithms of the probabilities in the order of ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(self._rows_to_predict(X))

    @delegates("decision_function")
    def decision_function(self, X):
        """Decision values, where the inner classifier has them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values of the inner classifier.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(self._rows_to_predict(X))
