"""Denoising autoencoder."""

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, AdapterMixin, validate_domains
from .._checks import is_count
from .._training import check_range, generator, warn_unless_converged
from ._autoencoder_options import options_of
from ._denoising import fit_layer

FEATURES = ("code", "code+input")


class DenoisingAutoencoder(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Encode both domains by a network that repairs corrupted rows of both.

    Rows of source and target are standardised together and corrupted, afresh in every epoch; a
    hidden layer, the *code*, learns to restore them, which takes what features of both domains
    have in common. No labels are used, and both views are the same. Scale every corpus by itself
    first (`CorpusScaler`): an autoencoder keeps differences between domains rather than removing
    them.

    Parameters
    ----------
    n_hidden : int or tuple of int, default=100
        Size of the code. A tuple stacks layers: each is trained to denoise the code of the one
        below, and the last code counts.
    corruption : {"mask", "gaussian"} or callable, default="mask"
        "mask" sets values to 0, their mean, with probability `noise`, a multiple of 1 / 65536;
        "gaussian" adds normal noise of standard deviation `noise`; a callable ``f(X, noise, rng)``
        returns corrupted rows as a new array, given standardised float32 rows, which it cannot
        write to, and a ``numpy.random.Generator``.
    noise : float, default=0.2
        Strength of the corruption, in units of the standard deviation where it is Gaussian.
    activation : {"tanh", "sigmoid", "relu", "identity"}, default="tanh"
        Activation function of the code. The reconstruction is linear.
    tied : bool, default=True
        Whether the decoder uses the transposed weights of the encoder.
    features : {"code", "code+input"}, default="code"
        What `transform` returns: the code, or the code beside the features it was made from.
    alpha : float, default=1e-4
        Weight decay: ``alpha / 2`` times the sum of squared weights is added to the loss.
    dropout : float, default=0.0
        Share of code units left out at random in every step.
    learning_rate : float, default=1e-3
        Step size of Adam.
    batch_size : int, default=64
        Rows per step.
    max_iter : int, default=200
        Most epochs per layer.
    validation_fraction : float, default=0.1
        Share of the rows held out to decide when to stop; with fewer than 20 rows, or 0, the
        training loss decides.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops and the best epoch is taken.
    tol : float, default=1e-4
        Relative decrease of the loss that counts as improvement.
    verbose : bool, default=False
        Whether to print a line after every epoch: the layer, the epoch, and its losses.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, corruption and order of the rows.

    Attributes
    ----------
    layers_ : list of DenoisingLayer
        The trained layers.
    coefs_ : list of ndarray of shape (n_inputs, n_hidden)
        Weights of every encoder, float32, for standardised inputs.
    intercepts_ : list of ndarray of shape (n_hidden,)
        Biases of every encoder, float32.
    loss_curves_ : list of list of float
        Mean training loss of every epoch, for each layer.
    validation_curves_ : list of list of float
        The loss that decided when to stop, for each layer.
    n_iter_ : int
        Epochs of all layers together.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    MarginalizedDenoisingAutoencoder : The same idea in closed form, with linear maps.
    CorpusScaler : Scales every corpus by itself; use it before.
    TCA : A closed-form representation that pulls the domain means together.

    Notes
    -----
    The loss of a layer with code h, standardised rows x and reconstructions r is
    ``1 / (2 n) sum |x - r|^2 + alpha / 2 (|W|^2 + |V|^2)``, without the decoder's V where it is
    tied. Networks train in float32; the result has the dtype of the input. Without corruption and
    with ``activation="identity"`` the code spans the principal components of the standardised rows.

    **Cost.** One epoch takes O(n d h) for n rows of both domains, d features and h hidden units,
    memory is O(n d + d h).

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol (2008), "Extracting and Composing
       Robust Features with Denoising Autoencoders", ICML.
       https://doi.org/10.1145/1390156.1390294
    .. [2] P. Vincent et al. (2010), "Stacked Denoising Autoencoders", Journal of Machine Learning
       Research 11.
    .. [3] J. Deng, Z. Zhang, F. Eyben, B. Schuller (2014), "Autoencoder-based Unsupervised Domain
       Adaptation for Speech Emotion Recognition", IEEE Signal Processing Letters 21(9).
       https://doi.org/10.1109/LSP.2014.2324759

    Examples
    --------
    >>> from featuretransfer import DenoisingAutoencoder
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(80, 60, n_features=12, random_state=0)
    >>> encoder = DenoisingAutoencoder(n_hidden=5, max_iter=1000, random_state=0)
    >>> encoder.fit_transform(corpora.X_source, X_target=corpora.X_target).shape
    (80, 5)
    >>> encoder.transform(corpora.X_target).shape
    (60, 5)
    """

    settings = ("transductive", "unsupervised")

    def __init__(
        self,
        n_hidden=100,
        corruption="mask",
        noise=0.2,
        activation="tanh",
        tied=True,
        features="code",
        alpha=1e-4,
        dropout=0.0,
        learning_rate=1e-3,
        batch_size=64,
        max_iter=200,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        verbose=False,
        random_state=None,
    ):
        self.n_hidden = n_hidden
        self.corruption = corruption
        self.noise = noise
        self.activation = activation
        self.tied = tied
        self.features = features
        self.alpha = alpha
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X, y=None, *, X_target=None):
        """Train the layers, one after the other.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the source alone is encoded.

        Returns
        -------
        self : DenoisingAutoencoder
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, or training diverges.
        """
        X, X_target = validate_domains(self, X, X_target)
        options, sizes = self._options(), self._sizes()
        rows = X if X_target is None else np.concatenate([X, X_target])
        rng = generator(self.random_state)
        self.layers_, trainings = [], []
        for n_hidden in sizes:
            if self.layers_:
                rows = self.layers_[-1].encode(rows)
            title = f"{type(self).__name__}, layer {len(self.layers_) + 1} of {len(sizes)}"
            layer, training = fit_layer(rows, n_hidden, options, rng, title=title)
            self.layers_.append(layer)
            trainings.append(training)
        self.coefs_ = [layer.encoder.weights for layer in self.layers_]
        self.intercepts_ = [layer.encoder.biases for layer in self.layers_]
        self.loss_curves_ = [training.losses for training in trainings]
        self.validation_curves_ = [training.monitored for training in trainings]
        self.n_iter_ = sum(map(len, self.loss_curves_))
        self._n_features_out = sizes[-1]
        if self.features == "code+input":
            self._n_features_out += X.shape[1]
        warn_unless_converged(self, trainings)
        return self

    def reconstruct(self, X):
        """Restore rows from their code.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of either domain.

        Returns
        -------
        X_restored : ndarray of shape (n_samples, n_features)
            Reconstructions in the units of the features.
        """
        check_is_fitted(self)
        rows = self._encode(validate_data(self, X, reset=False, dtype=FLOATS))
        for layer in reversed(self.layers_):
            rows = layer.decode(rows)
        return rows

    def _map_target(self, X):
        code = self._encode(X).astype(X.dtype, copy=False)
        return np.hstack([code, X]) if self.features == "code+input" else code

    def _encode(self, X):
        for layer in self.layers_:
            X = layer.encode(X)
        return X

    def _sizes(self):
        given = self.n_hidden
        sizes = tuple(given) if isinstance(given, list | tuple) else (given,)
        if not sizes or not all(map(is_count, sizes)):
            raise ValueError(
                f"n_hidden must be a positive integer or a tuple of such, got {given!r}."
            )
        return sizes

    def _options(self):
        if self.features not in FEATURES:
            raise ValueError(f"features must be one of {list(FEATURES)}, got {self.features!r}.")
        check_range(self, "dropout", below=1)
        return replace(options_of(self, n_hidden=self._sizes()), dropout=self.dropout)
