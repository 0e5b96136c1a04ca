"""What is used where a user names no predictor."""

from sklearn.linear_model import LogisticRegression, Ridge


def default_classifier():
    """Logistic regression with balanced classes, regularised for few rows of many features.

    The last step of recipes, which predicts pseudo-labels in them too, and the classifier of the
    baselines: with the default regularisation of scikit-learn it would fit some hundred rows of
    speech features to the last one, and label another corpus accordingly.
    """
    return LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)


def default_regressor():
    """Ridge regression, the regressor of the baselines, for few rows of many features too.

    Of standardised features and some hundred rows, its penalty is that of the classifier.
    """
    return Ridge(alpha=100.0)
