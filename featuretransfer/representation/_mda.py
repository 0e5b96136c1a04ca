"""Marginalised denoising autoencoder."""

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin

from .._base import AdapterMixin, validate_domains
from .._checks import check_counts
from .._network import ACTIVATIONS
from .._training import check_range
from ._column_scales import standard
from ._marginalized import fit_marginalized, hidden_layers

FEATURES = ("all", "last")


class MarginalizedDenoisingAutoencoder(
    ClassNamePrefixFeaturesOutMixin, AdapterMixin, BaseEstimator
):
    """Encode both domains by linear maps that restore lost values, found in closed form.

    Each layer is the linear map that best restores the rows of source and target when values are
    lost at random, in the mean over all ways to lose them, followed by an activation function.
    A feature that others tell of is restored from them as much as from itself, which averages over
    what is peculiar to one; a feature that stands alone stays as it is. It is to
    `DenoisingAutoencoder` what least squares are to a network: no random numbers, steps or epochs.
    No labels are used, and both views are the same. Scale every corpus by itself first
    (`CorpusScaler`): an autoencoder keeps differences between domains. Its use is greatest where
    many noisy features share few causes; between acted corpora of emotional speech, scaled so,
    a classifier on it and one on the features alone do equally well.

    Parameters
    ----------
    n_layers : int, default=1
        Number of layers, each of which sees what the one below puts out. The more, the smoother the
        representation: what tells classes apart within few features goes too.
    noise : float, default=0.5
        Probability with which a value is lost, that is set to 0; at least 0 and below 1. Larger
        values leave less of a feature itself and more of what others tell of it.
    reg : float, default=1e-5
        Ridge on the weights, in units of the variance of a feature; above 0.
    activation : {"tanh", "sigmoid", "relu", "identity"}, default="tanh"
        Activation function of every layer.
    features : {"all", "last"}, default="all"
        What `transform` returns: the features as they are and the outputs of all layers beside
        them, or the output of the last layer.
    block_size : int, default=5000
        Most features that are solved for together, see Notes.

    Attributes
    ----------
    scale_ : Affine
        Standardises the input of the first layer: ``center`` and ``scale`` of every feature over
        the rows of both domains.
    layers_ : list of LinearMap
        The linear map of every layer: ``factors``, arrays whose product, of shape (n_features,
        n_features), is the weights, and ``intercept``, of shape (n_features,). Two factors of less
        rank stand for the weights where there are fewer rows than features.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    DenoisingAutoencoder : Learns a smaller, nonlinear code in steps.
    CorpusScaler : Scales every corpus by itself; use it before.

    Notes
    -----
    For rows x with a 1 appended, which is never lost, q the probabilities to keep each entry and S
    the mean of ``x x'``, a layer is ``h = tanh(W x)`` with ``W = P (Q + reg I)^-1``. Here Q has the
    entries ``S_ij q_i q_j``, on its diagonal ``S_ii q_i``, and P, without the row of the 1,
    ``S_ij q_j``: they are the expected products of corrupted rows with themselves and with clean
    ones [1]_. S is a mean, not a sum, so that `reg` does not depend on the number of rows. Without
    noise W is the identity, but for `reg` and directions without variance.

    The paper has features that are 0 in most rows. Here the rows of both domains are standardised
    together for the first layer, so that a lost value is replaced by the mean of its feature and
    one `reg` suits all; further layers take outputs as they are, as in the paper. Without
    `X_target` the maps restore the source alone; several target corpora are pooled.

    With fewer rows n than features d the same map is found by n instead of d equations. Where both
    exceed `block_size`, features are split into blocks of at most so many, after the paper's way
    with many features: each block restores all features by itself, and W is the mean of what they
    say. The paper draws blocks at random; here feature j belongs to block j modulo their number,
    which spreads neighbours, often statistics of one quantity, over all blocks. All features are
    restored, where the paper restores the most frequent.

    **Cost.** A layer takes O(n d^2 + d^3) time and O(d^2) memory beside the rows, or O(n^2 d) and
    O(n d) with n < d, or O(n d^2 + d^2 b) and O(d^2) with blocks of b features.

    References
    ----------
    .. [1] M. Chen, Z. Xu, K. Q. Weinberger, F. Sha (2012), "Marginalized Denoising Autoencoders for
       Domain Adaptation", ICML, section 3. https://arxiv.org/abs/1206.4683

    Examples
    --------
    >>> from featuretransfer import MarginalizedDenoisingAutoencoder
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> corpora = make_shifted_corpora(80, 60, n_features=12, random_state=0)
    >>> encoder = MarginalizedDenoisingAutoencoder(n_layers=2)
    >>> encoder.fit_transform(corpora.X_source, X_target=corpora.X_target).shape
    (80, 36)
    >>> encoder.transform(corpora.X_target).shape
    (60, 36)
    """

    settings = ("transductive", "unsupervised")

    def __init__(
        self,
        n_layers=1,
        noise=0.5,
        reg=1e-5,
        activation="tanh",
        features="all",
        block_size=5000,
    ):
        self.n_layers = n_layers
        self.noise = noise
        self.reg = reg
        self.activation = activation
        self.features = features
        self.block_size = block_size

    def fit(self, X, y=None, *, X_target=None):
        """Find the map of every layer.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : object, default=None
            Ignored.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows, those of several corpora pooled; without them the source alone is restored.

        Returns
        -------
        self : MarginalizedDenoisingAutoencoder
            The fitted adapter.

        Raises
        ------
        ValueError
            If a parameter is out of range.
        """
        self._check_parameters()
        X, X_target = validate_domains(self, X, X_target)
        rows = X if X_target is None else np.concatenate([X, X_target])
        self.scale_ = standard(rows)
        rows = self.scale_(rows)
        self.layers_ = []
        for _ in range(self.n_layers):
            if self.layers_:
                rows = hidden_layers(rows, self.layers_[-1:], self.activation)[0]
            self.layers_.append(fit_marginalized(rows, self.noise, self.reg, self.block_size))
        copies = 1 + self.n_layers if self.features == "all" else 1
        self._n_features_out = copies * X.shape[1]
        return self

    def _map_target(self, X):
        outputs = hidden_layers(self.scale_(X), self.layers_, self.activation)
        if self.features == "all":
            return np.hstack([X, *outputs], dtype=X.dtype, casting="same_kind")
        return outputs[-1].astype(X.dtype, copy=False)

    def _check_parameters(self):
        check_counts(self, "n_layers", "block_size")
        check_range(self, "noise", below=1)
        check_range(self, "reg", positive=True)
        for name, allowed in (("activation", ACTIVATIONS), ("features", FEATURES)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}."
                )
