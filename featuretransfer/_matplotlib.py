"""Matplotlib, which is optional and imported where something is drawn."""


def import_pyplot():
    """``matplotlib.pyplot``, or an error that says how to get it."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "Plotting needs matplotlib: python -m pip install 'featuretransfer[plot]'"
        ) from error
    return pyplot
