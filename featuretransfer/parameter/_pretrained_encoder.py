"""Features from an encoder that was trained elsewhere, for whatever task."""

import os
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._base import FLOATS
from ._inner import as_given
from ._onnx import OnnxModel

#: What one row and the same row among others may differ by, relative to the largest code.
ROUNDING = 1e-3


class PretrainedEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Replace features by the codes that an encoder trained elsewhere makes of them.

    Cross-application transfer: an encoder that has learned to tell speakers, languages, sentences
    or anything else apart, on as many rows as there are, makes the features for recognising
    emotions. It is used as it is, a step like any other. To train the encoder further on emotions
    give its network to `FineTunedClassifier` as ``pretrained``.

    Parameters
    ----------
    encoder : callable, fitted transformer, str or path, default=None
        A callable maps an ndarray of shape (n_samples, n_features) to one of shape (n_samples,
        n_codes); of a network classifier it is its method ``encode``. A fitted scikit-learn
        transformer has to be wrapped in ``FrozenEstimator``, or it loses what it has learned when
        it is cloned. A str or path names an ONNX file, which needs the package onnxruntime
        (``pip install featuretransfer[onnx]``). None leaves the features as they are.
    output : str or None, default=None
        The output of an ONNX model that has several; by default its first.

    Attributes
    ----------
    model_ : callable, transformer, OnnxModel or None
        What encodes; of a file its content, so that a pickled step needs no file.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    FineTunedClassifier : Trains such an encoder, or goes on training it.
    DenoisingAutoencoder : Learns codes from both domains without labels.

    Notes
    -----
    The encoder must map every row by itself and the same row to the same codes: `fit` tries it on
    two rows and refuses others, such as a network in training mode, or a function that subtracts
    the mean of what it is given. Neither `fit` nor the encoder learns anything here. A callable is
    given an array in the dtype of the features, float32 or float64; codes are returned in it.

    **Cost.** That of the encoder; memory is O(n c) for n rows of c codes.

    Examples
    --------
    Speakers as the source task, emotions as the target task.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from featuretransfer import FineTunedClassifier, PretrainedEncoder
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 100, random_state=0)
    >>> speakers = FineTunedClassifier(n_hidden=10, random_state=0)
    >>> speakers = speakers.fit(data.X_source, data.speakers_source)
    >>> emotions = make_pipeline(PretrainedEncoder(speakers.encode), LogisticRegression())
    >>> emotions = emotions.fit(data.X_target, data.y_target)
    >>> emotions[:-1].transform(data.X_target).shape
    (100, 10)
    """

    settings = ()  # nothing of a target is learned from

    def __init__(self, encoder=None, output=None):
        self.encoder = encoder
        self.output = output

    def fit(self, X, y=None):
        """Load the encoder and try it on two rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : PretrainedEncoder
            The transformer.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ImportError
            If onnxruntime is needed and not installed.
        NotFittedError
            If a transformer is not fitted.
        TypeError
            If `encoder` is nothing that encodes.
        ValueError
            If the encoder is for other features, or does not give one row of finite numbers for
            each row, the same whatever the other rows.
        """
        rows = validate_data(self, X, dtype=FLOATS)
        self.model_ = self._load()
        two = as_given(X, rows)[:2]
        codes = self._encode(two, rows[:2])
        self._n_features_out = codes.shape[1]
        alone = np.vstack([self._encode(two[i : i + 1], rows[i : i + 1]) for i in range(len(two))])
        if not np.allclose(alone, codes, rtol=0, atol=ROUNDING * np.abs(codes).max(initial=0)):
            raise ValueError(
                "encoder must map every row by itself, always alike, but gave other codes for rows "
                "alone than for the same rows together. Switch off what depends on other rows or "
                "on chance: batch normalisation and dropout in training mode, or a scaler."
            )
        return self

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of either domain.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_codes)
            What the encoder makes of them.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=FLOATS)
        return self._encode(as_given(X, rows), rows)

    def _load(self):
        if self.encoder is None or hasattr(self.encoder, "transform"):
            return self.encoder
        if isinstance(self.encoder, str | os.PathLike):
            return OnnxModel(Path(self.encoder).read_bytes(), self.output)
        if not callable(self.encoder):
            raise TypeError(
                "encoder must be a callable, a fitted transformer or the path of an ONNX file, got "
                f"{self.encoder!r}."
            )
        return self.encoder

    def _encode(self, given, rows):
        """Codes of rows; a transformer gets them as they were given, for the sake of names."""
        if self.model_ is None:
            return rows
        if hasattr(self.model_, "transform"):
            codes = self._transform(given)
        else:
            codes = self.model_(rows)
        codes = check_array(
            np.asarray(codes), dtype=rows.dtype, input_name="codes", estimator="encoder"
        )
        if len(codes) != len(rows):
            raise ValueError(
                f"encoder must give one row of codes for every row, got {len(codes)} for "
                f"{len(rows)}."
            )
        return codes

    def _transform(self, given):
        try:
            return self.model_.transform(given)
        except NotFittedError as error:
            raise NotFittedError(
                f"{error} A transformer loses what it has learned when it is cloned: pass "
                "encoder=FrozenEstimator(transformer)."
            ) from None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
