"""Adaptive denoising autoencoder."""

import copy
from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, AdapterMixin, validate_domains
from .._checks import check_flags, is_number
from .._training import check_range, generator, warn_unless_converged
from ._autoencoder_options import options_of
from ._column_scales import standard
from ._denoising import fit_layer

WEIGHTS, CODE_BIASES, BIASES, DECODER = range(4)  # positions among the parameters of a layer


class AdaptiveDenoisingAutoencoder(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Encode both domains by an autoencoder of the source whose weights stay close to the target's.

    A-DAE: a denoising autoencoder is trained on the target first; another is then trained on the
    source, and its weights are pulled towards those of the first. No labels are used, and both
    views are the same, the code of the second. Scale every corpus by itself first
    (`CorpusScaler`).

    `DenoisingAutoencoder`, which learns from both at once, is the simpler choice and was no worse
    across four corpora of four languages: what either adds to the scaling is a point of average
    recall at best, and it is the autoencoder rather than the pull that adds it.

    Parameters
    ----------
    n_hidden : int, default=100
        Size of the code.
    strength : float, default=1.0
        How strongly weights are pulled, lambda of the paper. Infinity holds them at `beta` times
        those of the target; only the biases are trained on the source then.
    beta : float, default=1.0
        Share of the target's weights that the source's are pulled to, from 0 to 1. With 0 the
        target is left out: weights decay towards 0.
    tie_biases : bool, default=False
        Whether biases are pulled too.
    corruption : {"mask", "gaussian"} or callable, default="mask"
        How rows are corrupted, as in `DenoisingAutoencoder`.
    noise : float, default=0.2
        Strength of the corruption.
    activation : {"tanh", "sigmoid", "relu", "identity"}, default="tanh"
        Activation function of the code. The reconstruction is linear.
    tied : bool, default=True
        Whether the decoder uses the transposed weights of the encoder.
    alpha : float, default=1e-4
        Weight decay of the target's autoencoder, and of the source's where there is no target.
    learning_rate : float, default=1e-3
        Step size of Adam.
    batch_size : int, default=64
        Rows per step.
    max_iter : int, default=200
        Most epochs of either autoencoder.
    validation_fraction : float, default=0.1
        Share of the rows of a domain held out to decide when to stop; with fewer than 20 rows, or
        0, the training loss decides.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops and the best epoch is taken.
    tol : float, default=1e-4
        Relative decrease of the loss that counts as improvement.
    verbose : bool, default=False
        Whether to print a line after every epoch.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, corruption and order of the rows.

    Attributes
    ----------
    layer_ : DenoisingLayer
        The autoencoder of the source.
    target_layer_ : DenoisingLayer or None
        That of the target; None without ``X_target``.
    coef_ : ndarray of shape (n_features, n_hidden)
        Weights of the source's encoder, float32, for standardised inputs.
    intercept_ : ndarray of shape (n_hidden,)
        Its biases, float32.
    loss_curve_ : list of float
        Mean training loss of every epoch on the source, the pull included.
    validation_curve_ : list of float
        The loss that decided when to stop.
    target_loss_curve_ : list of float
        Mean training loss of every epoch on the target.
    n_iter_ : int
        Epochs of both together.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    DenoisingAutoencoder : One autoencoder of the rows of both domains.
    SharedHiddenLayerAutoencoder : One encoder with a decoder for each domain.

    Notes
    -----
    With the target's weights ``W_T`` the loss on standardised source rows x, their reconstructions
    r and the weights ``W_l`` of encoder and, unless it is tied, decoder is

    ``1 / (2 n_source) sum |x - r|^2 + strength / 2 sum_l |W_l - beta W_T,l|^2``

    Biases have no such term unless `tie_biases`. That of the target has the same first term and
    ``alpha / 2 sum_l |W_T,l|^2``. With ``beta=0`` this is `DenoisingAutoencoder` of the source with
    ``alpha=strength``; as `strength` grows with ``beta=1`` the weights become those of the target,
    and with `tie_biases` the codes too.

    The method is after the paper's abstract and descriptions by others, since its equations were
    not available to us. Ours are: rows are standardised by the statistics of both domains together,
    so that the weights of both mean the same; both trainings draw the same initial weights ``W_0``,
    and that of the source starts from ``beta W_T + (1 - beta) W_0``, which is the warm start of the
    paper where `beta` is 1 and none where it is 0.

    Without ``X_target`` this is `DenoisingAutoencoder` of the source, with weight decay `alpha`.
    Several targets are pooled. Two of them one after the other in a Pipeline are a stack.

    What is held out to stop is of the source, so it is the pull alone that keeps the target in:
    with a small `strength` a long training forgets it. The defaults restore held-out rows of both
    domains best on the demo corpora (eGeMAPS, `strength` from 0.1 to 1 alike, `beta=1` better than
    0.5); one autoencoder of the rows of both restores them better still.

    **Cost.** One epoch takes O(n d h) for n rows of a domain, d features and h hidden units, memory
    is O(n d + d h).

    References
    ----------
    .. [1] J. Deng, Z. Zhang, F. Eyben, B. Schuller (2014), "Autoencoder-based Unsupervised Domain
       Adaptation for Speech Emotion Recognition", IEEE Signal Processing Letters 21(9).
       https://doi.org/10.1109/LSP.2014.2324759

    Examples
    --------
    >>> import numpy as np
    >>> from featuretransfer import AdaptiveDenoisingAutoencoder
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(80, 60, n_features=12, random_state=0)
    >>> encoder = AdaptiveDenoisingAutoencoder(n_hidden=5, max_iter=2000, random_state=0)
    >>> encoder.fit_transform(corpora.X_source, X_target=corpora.X_target).shape
    (80, 5)
    >>> own, prior = encoder.layer_.encoder, encoder.target_layer_.encoder
    >>> away = np.linalg.norm(own.weights - prior.weights)
    >>> bool(0 < away < 0.5 * np.linalg.norm(prior.weights))
    True
    """

    settings = ("transductive", "unsupervised")

    def __init__(
        self,
        n_hidden=100,
        strength=1.0,
        beta=1.0,
        tie_biases=False,
        corruption="mask",
        noise=0.2,
        activation="tanh",
        tied=True,
        alpha=1e-4,
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
        self.strength = strength
        self.beta = beta
        self.tie_biases = tie_biases
        self.corruption = corruption
        self.noise = noise
        self.activation = activation
        self.tied = tied
        self.alpha = alpha
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X, y=None, *, X_target=None):
        """Train the autoencoder of the target, then that of the source.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the source's autoencoder is
            an ordinary one.

        Returns
        -------
        self : AdaptiveDenoisingAutoencoder
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, or training diverges.
        """
        X, X_target = validate_domains(self, X, X_target)
        self._check_parameters()
        options, rng = options_of(self), generator(self.random_state)
        if X_target is None:
            self.target_layer_, trainings = None, []
            title = type(self).__name__
            self.layer_, training = fit_layer(X, self.n_hidden, options, rng, title=title)
        else:
            scale = standard(np.concatenate([X, X_target]))
            self.target_layer_, of_target = fit_layer(
                X_target,
                self.n_hidden,
                options,
                copy.deepcopy(rng),
                title=f"{type(self).__name__}, target",
                scale=scale,
            )
            trainings = [of_target]
            self.layer_, training = self._fit_source(X, options, rng, scale)
        trainings.append(training)
        self.coef_, self.intercept_ = self.layer_.encoder.weights, self.layer_.encoder.biases
        self.loss_curve_, self.validation_curve_ = training.losses, training.monitored
        self.target_loss_curve_ = [loss for of_one in trainings[:-1] for loss in of_one.losses]
        self.n_iter_ = sum(len(of_one.losses) for of_one in trainings)
        self._n_features_out = self.n_hidden
        warn_unless_converged(self, trainings)
        return self

    def _fit_source(self, X, options, rng, scale):
        beta = float(self.beta)  # a number of NumPy would make float64 of float32
        prior = [beta * value for value in _parameters(self.target_layer_, self.tied)]
        pulled = [WEIGHTS] if self.tied else [WEIGHTS, DECODER]
        if self.tie_biases:
            pulled += [CODE_BIASES, BIASES]
        held = pulled if np.isinf(self.strength) else []

        def start(initial):
            drawn = [0 if i in held else 1 - beta for i in range(len(initial))]
            return [p + share * own for p, share, own in zip(prior, drawn, initial)]

        rates = [0.0 if i in held else self.learning_rate for i in range(len(prior))]
        return fit_layer(
            X,
            self.n_hidden,
            replace(
                options,
                alpha=0.0 if held else self.strength,
                schedule=replace(options.schedule, learning_rate=rates),
            ),
            rng,
            title=f"{type(self).__name__}, source",
            scale=scale,
            start=start,
            centers={i: prior[i] for i in pulled},
        )

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
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        return self.layer_.decode(self.layer_.encode(X))

    def _map_target(self, X):
        return self.layer_.encode(X).astype(X.dtype, copy=False)

    def _check_parameters(self):
        check_flags(self, "tie_biases")
        if self.strength != np.inf:
            check_range(self, "strength")
        if not is_number(self.beta, 0) or self.beta > 1:
            raise ValueError(f"beta must be a number from 0 to 1, got {self.beta!r}.")


def _parameters(layer, tied):
    """The parameters of a layer, in the order of `reconstruction`."""
    found = [layer.encoder.weights, layer.encoder.biases, layer.decoder.biases]
    return found if tied else [*found, layer.decoder.weights]
