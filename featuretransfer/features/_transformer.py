"""openSMILE as the first step of a scikit-learn pipeline."""

import os
import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from ._extract import Failure, as_items, extract_items
from ._sets import Extractor, Settings


class OpenSmile(TransformerMixin, BaseEstimator):
    """Turn audio files into openSMILE features, as the first step of a pipeline.

    Stateless: nothing is learnt in `fit`. Features are kept in the cache of `extract_features`, so
    that the folds and candidates of a search extract every file once.

    Parameters
    ----------
    feature_set : str or path, default="eGeMAPSv02"
        A name of ``FEATURE_SETS``, or an openSMILE configuration file (``.conf``).
    sampling_rate : int or None, default=16000
        Rate in Hz that audio is resampled to; None keeps each file's own.
    n_jobs : int or None, default=None
        Number of processes, -1 for all cores.
    timeout : float or None, default=None
        Seconds after which the extraction of a file counts as hung.
    cache : bool or path, default=True
        Where features are kept, see `extract_features`.
    on_error : {"raise", "nan"}, default="raise"
        What to do about a file without features: raise, or give it a row of NaN and warn. A
        row is never left out, because labels would move to other rows.
    progress : bool or "auto", default="auto"
        Show a progress bar; "auto" in a terminal only.

    See Also
    --------
    extract_features : The same as a function, with segments and low-level descriptors.

    References
    ----------
    .. [1] F. Eyben, M. Wöllmer, B. Schuller, "openSMILE: the Munich versatile and fast open-source
       audio feature extractor", ACM Multimedia 2010. https://doi.org/10.1145/1873951.1874246

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import OpenSmile
    >>> time = np.arange(16000) / 16000
    >>> signals = [(np.sin(2 * np.pi * pitch * time), 16000) for pitch in (110, 220)]
    >>> OpenSmile("GeMAPSv01b").fit_transform(signals).shape
    (2, 62)
    """

    def __init__(
        self,
        feature_set="eGeMAPSv02",
        *,
        sampling_rate=16000,
        n_jobs=None,
        timeout=None,
        cache=True,
        on_error="raise",
        progress="auto",
    ):
        self.feature_set = feature_set
        self.sampling_rate = sampling_rate
        self.n_jobs = n_jobs
        self.timeout = timeout
        self.cache = cache
        self.on_error = on_error
        self.progress = progress

    def fit(self, X, y=None):
        """Check the parameters; nothing is learnt.

        Parameters
        ----------
        X : sequence of path or of (signal, rate)
            Not read.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : OpenSmile
            The transformer.
        """
        self._settings()
        return self

    def transform(self, X):
        """Extract features.

        Parameters
        ----------
        X : sequence of path or of (signal, rate)
            As `extract_features` takes them; an array or DataFrame with one column of paths too.

        Returns
        -------
        features : ndarray of shape (n_files, n_features), float32
            One row per file, in order.

        Raises
        ------
        ExtractionError
            If `on_error` is "raise" and a file has no features.
        """
        settings = self._settings()
        items = as_items(_one_column(X))
        results, names = extract_items(
            items,
            settings,
            self.n_jobs,
            self.timeout,
            self.cache,
            "raise" if self.on_error == "raise" else "skip",
            self.progress,
        )
        features = np.full((len(items), len(names)), np.nan, dtype=np.float32)
        failed = []
        for row, (item, result) in enumerate(zip(items, results)):
            if isinstance(result, Failure):
                failed.append(f"{item.name} ({result.reason})")
            else:
                features[row] = result[0]
        if failed:
            warnings.warn(
                f"{len(failed)} of {len(items)} files have no features and became rows of NaN, "
                f"the first {failed[0]}.",
                stacklevel=2,
            )
        return features

    def get_feature_names_out(self, input_features=None):
        """Names of the features.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        names : ndarray of shape (n_features,) of str
            The openSMILE names.
        """
        return np.array(Extractor(self._settings()).names, dtype=object)

    def _settings(self):
        if self.on_error not in ("raise", "nan"):
            raise ValueError(f"on_error must be 'raise' or 'nan', got {self.on_error!r}.")
        return Settings.of(os.fspath(self.feature_set), "functionals", self.sampling_rate)

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def _one_column(X):
    """A list, Series or one-dimensional array of files, from a table of one column too."""
    if isinstance(X, pd.DataFrame) or (isinstance(X, np.ndarray) and X.ndim == 2):
        if X.shape[1] != 1:
            raise ValueError(f"X must have one column of paths, got {X.shape[1]} columns.")
        return np.asarray(X, dtype=object)[:, 0]
    return X
