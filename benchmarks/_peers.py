"""The same problems solved by other libraries, and by the formula as it reads.

Every function takes the domains and returns the work to be timed, whose output is comparable to
ours: mapped source rows, or their weights.
"""

import contextlib
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy import linalg
from sklearn.covariance import ledoit_wolf_shrinkage

#: Libraries that peers need; a peer's name is that of its library.
LIBRARIES = {"skada": "skada", "pot": "ot", "adapt": "adapt"}


def missing():
    """The peers whose library is not installed."""
    return [peer for peer, module in LIBRARIES.items() if not _is_installed(module)]


def _is_installed(module):
    with _scripts_hidden(), contextlib.suppress(ValueError):  # blocked in sys.modules
        return find_spec(module) is not None
    return False


@contextlib.contextmanager
def _scripts_hidden():
    """Import nothing from this folder, whose ``adapt.py`` is not the library of that name."""
    path = sys.path[:]
    sys.path[:] = [entry for entry in path if Path(entry).resolve() != Path(__file__).parent]
    try:
        yield
    finally:
        sys.path[:] = path


def skada(name, *, labels=False, attribute=None, **options):
    """An adapter of skada.

    Parameters
    ----------
    name : str
        Its class.
    labels : bool, default=False
        Whether it takes the labels of the source.
    attribute : str, default=None
        Where `fit` leaves the weights, if they need not be asked for.
    **options
        Its parameters; a function is called with the domains.
    """

    def prepare(data):
        import skada

        domain = np.repeat([1, -2], [len(data.Xs), len(data.Xt)])
        arguments = [data.pooled]
        if labels:
            arguments.append(np.concatenate([data.codes, np.full(len(data.Xt), -1)]))
        adapter = getattr(skada, name)(**_settled(options, data))

        def work():
            if attribute:
                return getattr(adapter.fit(*arguments, sample_domain=domain), attribute)
            found = adapter.fit_transform(*arguments, sample_domain=domain)
            rows = found[1]["sample_weight"] if isinstance(found, tuple) else found
            return rows[: len(data.Xs)]

        return work

    return prepare


def pot(name, *, labels=False, **options):
    """A transport of POT, likewise."""

    def prepare(data):
        import ot

        transport = getattr(ot.da, name)(**_settled(options, data))
        given = {"Xs": data.Xs, "Xt": data.Xt, **({"ys": data.codes} if labels else {})}
        return lambda: transport.fit(**given).transform(Xs=data.Xs)

    return prepare


def adapt(name, **options):
    """A method of adapt, likewise: weights where it gives weights, otherwise mapped source rows."""

    def prepare(data):
        with _scripts_hidden():
            import adapt.feature_based
            import adapt.instance_based

        for module in (adapt.instance_based, adapt.feature_based):
            if hasattr(module, name):
                method = getattr(module, name)(**_settled(options, data), verbose=0)
        work = getattr(method, "fit_weights", None) or method.fit_transform
        return lambda: work(data.Xs, data.Xt)

    return prepare


def _settled(options, data):
    return {name: value(data) if callable(value) else value for name, value in options.items()}


def dense_coral(data):
    """Correlation alignment as its formula reads, on d x d matrices."""

    def work():
        mean = data.Xs.mean(axis=0)
        mapped = (data.Xs - mean) @ _dense_power(data.Xs - mean, -0.5)
        mean = data.Xt.mean(axis=0)
        return mapped @ _dense_power(data.Xt - mean, 0.5) + mean

    return work


def _dense_power(X, power):
    """Power of the Ledoit-Wolf covariance matrix of centred rows."""
    n, d = X.shape
    a = ledoit_wolf_shrinkage(X, assume_centered=True)
    C = X.T @ X / (n - 1)
    ridge = a * np.trace(C) / d
    C *= 1 - a
    C.flat[:: d + 1] += ridge
    values, vectors = linalg.eigh(C, overwrite_a=True, check_finite=False)
    return (vectors * values**power) @ vectors.T
