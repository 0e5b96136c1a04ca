"""Shared-hidden-layer autoencoder."""

from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._training import check_range, generator, warn_unless_converged
from ._autoencoder_options import options_of
from ._denoising import fit_layer
from ._shared_layer import fit_shared_layer


class SharedHiddenLayerAutoencoder(ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator):
    """Encode both domains by one hidden layer from which each has a decoder of its own.

    SHLA: the rows of both domains are restored from a code that they share, by a decoder for each
    domain, so that what tells the domains apart can go into the decoders and need not be in the
    code. No labels are used, and both views are the same, the code. Compared with
    `DenoisingAutoencoder` both domains count alike however many rows they have, and `gamma` shifts
    the balance. Scale every corpus by itself first (`CorpusScaler`).

    After that scaling there is little left that tells the domains apart. Across four corpora of
    four languages it was as good as `DenoisingAutoencoder` with 88 features, a point of average
    recall above the scaling alone, and worse than the scaling with 1,582: two decoders do not make
    a unit of the code mean the same in both domains, and with many features it need not.

    Parameters
    ----------
    n_hidden : int, default=100
        Size of the code.
    gamma : float, default=1.0
        Weight of the target's reconstruction error, where that of the source is 1. With 0 the
        target is left out.
    corruption : {"mask", "gaussian"} or callable, default="mask"
        How rows are corrupted, as in `DenoisingAutoencoder`.
    noise : float, default=0.2
        Strength of the corruption; 0 is the plain autoencoder of the paper.
    activation : {"tanh", "sigmoid", "relu", "identity"}, default="tanh"
        Activation function of the code. The reconstructions are linear.
    alpha : float, default=1e-4
        Weight decay: ``alpha / 2`` times the sum of squared weights is added to the loss.
    learning_rate : float, default=1e-3
        Step size of Adam.
    batch_size : int, default=64
        Source rows per step; target rows come in as many steps.
    max_iter : int, default=200
        Most epochs.
    validation_fraction : float, default=0.1
        Share of the rows of each domain held out to decide when to stop; with fewer than 20 source
        rows, or 0, the training loss decides. Fewer than 20 target rows are not held out.
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
        The shared encoder with the source's decoder.
    target_layer_ : DenoisingLayer or None
        The shared encoder with the target's decoder; None without ``X_target``.
    coef_ : ndarray of shape (n_features, n_hidden)
        Weights of the encoder, float32, for standardised inputs.
    intercept_ : ndarray of shape (n_hidden,)
        Its biases, float32.
    loss_curve_ : list of float
        Mean training loss of every epoch, of both domains together.
    validation_curve_ : list of float
        The loss that decided when to stop.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    DenoisingAutoencoder : One decoder for both domains.
    AdaptiveDenoisingAutoencoder : An autoencoder of the source, close to that of the target.

    Notes
    -----
    With the reconstructions ``r_s = D_s(E(x))`` of source rows and ``r_t = D_t(E(x))`` of target
    rows, encoder weights W and decoder weights ``V_s`` and ``V_t`` the loss is

    ``1 / (2 n_source) sum |x - r_s|^2 + alpha / 2 (|W|^2 + |V_s|^2)
    + gamma (1 / (2 n_target) sum |x - r_t|^2 + alpha / 2 |V_t|^2)``

    The method is after the paper's abstract and descriptions by others, since its equations were
    not available to us. Ours are: means over the rows of each domain, so that `gamma` does not
    depend on their numbers; corrupted inputs; a decoder weight decay that goes with its domain, so
    that with ``gamma=0`` this is the autoencoder of the source, `DenoisingAutoencoder` with
    ``tied=False``; rows standardised by the statistics of both domains together. An epoch is a pass
    through the source, each step taking its share of the target's rows; where there are fewer of
    these than steps, they come again. Of the values of `gamma` from 0.1 to 10 it is 1 that restores
    held-out rows of both domains best on the demo corpora (eGeMAPS); a single decoder, which has
    fewer weights to learn, restores them better still.

    Without ``X_target`` this is `DenoisingAutoencoder` of the source with ``tied=False``. Several
    targets are pooled: they share a decoder. Two of these encoders one after the other in a
    Pipeline are a stack.

    **Cost.** One epoch takes O(n d h) for n rows of both domains, d features and h hidden units,
    memory is O(n d + d h).

    References
    ----------
    .. [1] J. Deng, R. Xia, Z. Zhang, Y. Liu, B. Schuller (2014), "Introducing Shared-Hidden-Layer
       Autoencoders for Transfer Learning and Their Application in Acoustic Emotion Recognition",
       ICASSP.

    Examples
    --------
    >>> from featuretransfer import SharedHiddenLayerAutoencoder
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(80, 60, n_features=12, random_state=0)
    >>> encoder = SharedHiddenLayerAutoencoder(n_hidden=5, max_iter=1000, random_state=0)
    >>> encoder.fit_transform(corpora.X_source, X_target=corpora.X_target).shape
    (80, 5)
    >>> encoder.transform(corpora.X_target).shape
    (60, 5)
    """

    settings = ("transductive", "unsupervised")

    def __init__(
        self,
        n_hidden=100,
        gamma=1.0,
        corruption="mask",
        noise=0.2,
        activation="tanh",
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
        self.gamma = gamma
        self.corruption = corruption
        self.noise = noise
        self.activation = activation
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
        """Train the encoder and both decoders.

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
        self : SharedHiddenLayerAutoencoder
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range, or training diverges.
        """
        X, X_target = validate_domains(self, X, X_target)
        check_range(self, "gamma")
        options, rng = options_of(self, tied=False), generator(self.random_state)
        self.target_layer_, title = None, type(self).__name__
        if X_target is None:
            self.layer_, training = fit_layer(X, self.n_hidden, options, rng, title=title)
        else:
            self.layer_, self.target_layer_, training = fit_shared_layer(
                X, X_target, self.n_hidden, options, float(self.gamma), rng, title=title
            )
        self.coef_, self.intercept_ = self.layer_.encoder.weights, self.layer_.encoder.biases
        self.loss_curve_, self.validation_curve_ = training.losses, training.monitored
        self.n_iter_ = len(self.loss_curve_)
        self._n_features_out = self.n_hidden
        warn_unless_converged(self, [training])
        return self

    def _map_target(self, X):
        return self.layer_.encode(X).astype(X.dtype, copy=False)
