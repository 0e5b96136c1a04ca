"""Class shares of a target whose class-conditional distributions are those of the source."""

import numpy as np

GAP = 1e-8  # of the mean log-likelihood, at which EM stops
MAX_STEPS = 20_000
LARGEST_CONDITION = 1e3  # of the confusion matrix


def em_prior(P, train_prior):
    """The target's class shares that make its rows most likely, by EM.

    Every step replaces the shares by the mean of the posteriors that they give. The likelihood
    ``mean_i log sum_c P[i, c] / train_prior[c] * prior[c]`` is concave and never falls.

    Parameters
    ----------
    P : ndarray of shape (n_target, n_classes)
        Posteriors of the target rows under `train_prior`.
    train_prior : ndarray of shape (n_classes,)
        Shares with sum 1, all positive.

    Returns
    -------
    prior : ndarray of shape (n_classes,)
        The shares.
    path : ndarray of shape (n_steps,)
        The likelihood, step by step.
    gap : float
        Upper bound of how far the last likelihood is below the maximum: 0 at the optimum.
    """
    ratio = P / train_prior
    prior, path = train_prior, []
    for _ in range(MAX_STEPS):
        mixed = ratio @ prior
        path.append(np.mean(np.log(mixed)))
        gains = np.mean(ratio / mixed[:, None], axis=0)
        gap = gains.max() - 1
        if gap <= GAP:
            break
        prior = prior * gains
        prior = prior / prior.sum()
    return prior, np.array(path), float(max(gap, 0.0))


def corrected(P, train_prior, prior):
    """Posteriors under `prior` instead of `train_prior`."""
    joint = P * (prior / train_prior)
    return joint / joint.sum(axis=1, keepdims=True)


def joint_confusion(predicted, true, n_classes):
    """Shares of (predicted class, true class) among rows, of shape (n_classes, n_classes)."""
    counts = np.bincount(predicted * n_classes + true, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes) / len(true)


def bbse_weights(confusion, predicted_shares):
    """Ratios of class shares, target to source, by inverting a confusion matrix.

    Parameters
    ----------
    confusion : ndarray of shape (n_classes, n_classes)
        See `joint_confusion`, of held-out source rows.
    predicted_shares : ndarray of shape (n_classes,)
        Shares of the predicted classes among the target rows.

    Returns
    -------
    weights : ndarray of shape (n_classes,)
        Solution of ``confusion @ weights = predicted_shares``, negative ones set to 0.

    Raises
    ------
    ValueError
        If the matrix is nearly singular.
    """
    condition = np.linalg.cond(confusion)
    if not condition <= LARGEST_CONDITION:
        raise ValueError(
            f"The confusion matrix of the held-out source rows has condition number {condition:.3g}"
            f" (at most {LARGEST_CONDITION:g} is invertible in practice): the classifier hardly "
            "tells some classes apart. Use method='em', a better classifier, or merge the classes."
        )
    return np.maximum(np.linalg.solve(confusion, predicted_shares), 0.0)
