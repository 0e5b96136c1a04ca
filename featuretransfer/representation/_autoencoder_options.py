"""What the estimators that train an autoencoder share: their parameters, checked."""

import numpy as np

from .._checks import check_counts, check_flags
from .._network import ACTIVATIONS
from .._training import check_range, schedule_of
from ._denoising import CORRUPTIONS, Options


def options_of(estimator, **fixed):
    """The options that the parameters of an estimator describe.

    Parameters
    ----------
    estimator : estimator
        Has ``n_hidden``, ``alpha``, ``validation_fraction``, the parameters of `schedule_of` and,
        where they are not fixed, ``corruption``, ``noise``, ``activation`` and ``tied``.
    **fixed : dict
        Values of such parameters as the estimator does not have, or checks itself.

    Returns
    -------
    options : Options
        Without dropout.

    Raises
    ------
    TypeError
        If ``tied`` is no bool.
    ValueError
        If another of them is out of range.
    """
    if "n_hidden" not in fixed:
        check_counts(estimator, "n_hidden")
    values = {
        name: fixed[name] if name in fixed else getattr(estimator, name)
        for name in ("corruption", "noise", "activation", "tied")
    }
    corruption, activation = values["corruption"], values["activation"]
    if not callable(corruption) and corruption not in list(CORRUPTIONS):
        raise ValueError(
            f"corruption must be a callable or one of {list(CORRUPTIONS)}, got {corruption!r}."
        )
    if activation not in list(ACTIVATIONS):
        raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {activation!r}.")
    if "tied" not in fixed:
        check_flags(estimator, "tied")
    if "noise" not in fixed:
        check_range(estimator, "noise", below=1 if corruption == "mask" else np.inf)
    check_range(estimator, "alpha")
    check_range(estimator, "validation_fraction", below=1)
    return Options(
        activation=activation,
        corrupt=CORRUPTIONS.get(corruption, corruption),
        noise=values["noise"],
        tied=values["tied"],
        alpha=estimator.alpha,
        dropout=0.0,
        validation_fraction=estimator.validation_fraction,
        schedule=schedule_of(estimator),
    )
