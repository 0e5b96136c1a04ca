"""A network trained on a source task and fine-tuned on labelled rows of a target task."""

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator

from .._base import validate_domains
from .._checks import check_flags, is_count, is_number
from .._labels import at_least_two, source_labels, validate_target_labels
from .._training import generator, warn_unless_converged
from ._fine_tuning import Plan, fine_tune
from ._heads import one_task, train_from_scratch
from ._network_classifier import (
    NetworkClassifier,
    check_weighted_classes,
    hidden_sizes,
    options_of,
    warn_if_unlearned,
    warn_no_labels,
    weight_decay,
)
from ._pretrained import as_network


class FineTunedClassifier(NetworkClassifier, BaseEstimator):
    """Train a small network on a source task, then fine-tune it on some labelled target rows.

    .. note::
       The two views differ: new rows are taken for rows of the target, and in a source view for
       rows of the source, which the network from before fine-tuning classifies.

    The last step of a Pipeline where some target rows have labels, a few of every class. The source
    task may be the same as the target's or any other for which there are more labels (speakers,
    another set of emotions): what is transferred are the weights of the layers. Fine-tuning starts
    at the weights of the source network and is held near them by `alpha_target`, so that little
    changes where the target says little. Scale each corpus first (`CorpusScaler`).

    Parameters
    ----------
    n_hidden : int or tuple of int, default=64
        Sizes of the hidden layers; ``()`` is a linear classifier.
    activation : {"relu", "tanh", "sigmoid", "identity"}, default="relu"
        Activation function of the hidden layers.
    n_frozen : int, default=0
        Number of layers, counted from the input, that fine-tuning leaves as they are. All hidden
        layers: only the output layer is fitted to their codes (a linear probe).
    layer_decay : float, default=1.0
        Learning rate of a layer in fine-tuning, relative to that of the layer above it; at most 1.
    unfreeze_every : int or None, default=None
        Fine-tune the output layer alone for so many epochs, then one layer more, and so on; by
        default all at once.
    pretrained : Network, fitted estimator or (coefs, intercepts), default=None
        A network to start from. It is fine-tuned on `X` and `y`, and then on the target if there is
        one. Its layers count, not `n_hidden`. Of an estimator, or better its ``network_``, which
        unlike a fitted estimator survives ``clone``, standardisation and known classes are kept;
        lists of weights and biases are taken for layers of `activation`, for rows as they are, with
        an output layer of unknown classes, which is replaced.
    allow_new_classes : bool, default=False
        Whether ``y_target`` may have classes that `y` does not have. The classes are then those of
        ``y_target``: two tasks.
    new_head : bool, default=False
        Whether fine-tuning begins with an empty output layer. By default it begins with the weights
        of the classes that have the same label before and after; set it if these have another
        meaning.
    class_weight : None, "balanced" or dict, default="balanced"
        Weights of the classes in the loss, by which all classes count alike, or given ones.
    alpha : float or None, default=None
        Weight decay: ``alpha / 2`` times the sum of squared weights is added to the loss of the
        source task. None is 0.4 divided by its number of classes; much more leaves nothing of a
        network.
    alpha_target : float or None, default=None
        Weight decay of fine-tuning, towards the weights it starts from: ``alpha_target / 2`` times
        the sum of their squared changes is added to its loss. None is 0.4 divided by the number of
        classes of its task.
    learning_rate : float, default=3e-3
        Step size of Adam.
    batch_size : int, default=64
        Rows per step.
    max_iter : int, default=1000
        Most epochs of the source task.
    max_iter_target : int or None, default=None
        Most epochs of fine-tuning; None is `max_iter`, 0 leaves the source network as it is.
    validation_fraction : float, default=0.1
        Share of the rows held out to decide when to stop; where this is fewer than 50 rows the
        training loss decides.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops and the best epoch is taken.
    tol : float, default=1e-4
        Relative decrease of the loss that counts as improvement.
    verbose : bool, default=False
        Whether to print a line after every epoch.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, held-out rows and order of the rows.

    Attributes
    ----------
    network_ : Network
        The network for target rows: a later `pretrained`.
    source_network_ : Network
        The network before fine-tuning on the target.
    coefs_ : list of ndarray of shape (n_inputs, n_outputs)
        Weights of every layer of ``network_``, float32, for standardised rows.
    intercepts_ : list of ndarray of shape (n_outputs,)
        Biases of every layer, float32.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_labelled_ : int
        Number of labelled target rows.
    loss_curves_ : list of list of float
        Mean training loss of every epoch: of the source task, then of each phase of fine-tuning.
    validation_curves_ : list of list of float
        Likewise the loss that decided when to stop.
    n_iter_ : int
        Number of epochs in all.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    FeatureAugmentationClassifier : Linear, with weights for both domains and for each.
    MultiTaskClassifier : Trains on several tasks at once.

    Notes
    -----
    The loss of a task with n rows is ``1/n sum_i w_i CE_i + alpha / 2 sum_l |W_l - A_l|^2``: the
    cross-entropy of a softmax with class weights of mean 1, and a penalty on the weights of every
    layer, without biases. A is zero in the source task. In fine-tuning it is what training starts
    from (L2-SP), which is zero for a class not known before; without any hold on them some dozens
    of rows would draw the weights of hundreds of features anywhere. With all hidden layers frozen
    and a new head, fine-tuning is logistic regression with ``C = 1 / (n alpha_target)`` on the
    codes.

    Rows are standardised by the means and deviations of the rows that the network was first trained
    on, those of the target too. The defaults of the weight decays were chosen on synthetic corpora
    and within corpora, for emotions and for speakers.

    Without ``X_target`` the classifier is the plain network of the source task; without labelled
    target rows too, with a warning. Several target corpora are one task.

    Held-out rows are drawn at random, so that speakers are on both sides of the split. Optimisation
    of every phase begins anew (Adam's averages are zero).

    **Cost.** An epoch takes O(n p) for n rows and p weights; memory is O(n d + p) for d features.

    References
    ----------
    .. [1] X. Li, Y. Grandvalet, F. Davoine (2018), "Explicit Inductive Bias for Transfer Learning
       with Convolutional Networks", ICML (L2-SP). https://arxiv.org/abs/1802.01483
    .. [2] J. Howard, S. Ruder (2018), "Universal Language Model Fine-tuning for Text
       Classification", ACL (rates by layer, gradual unfreezing). https://arxiv.org/abs/1801.06146
    .. [3] J. Yosinski, J. Clune, Y. Bengio, H. Lipson (2014), "How transferable are features in
       deep neural networks?", NeurIPS (frozen layers). https://arxiv.org/abs/1411.1792

    Examples
    --------
    >>> from featuretransfer import FineTunedClassifier
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 200, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[40:] = None  # 40 target rows are labelled
    >>> model = FineTunedClassifier(random_state=0).fit(
    ...     data.X_source, data.y_source, X_target=(data.X_target,), y_target=(y_target,)
    ... )
    >>> plain = FineTunedClassifier(random_state=0).fit(data.X_source, data.y_source)
    >>> Xt, yt = data.X_target[40:], data.y_target[40:]
    >>> bool(model.score(Xt, yt) > plain.score(Xt, yt) + 0.2)
    True
    """

    settings = ("inductive",)

    def __init__(
        self,
        n_hidden=64,
        activation="relu",
        n_frozen=0,
        layer_decay=1.0,
        unfreeze_every=None,
        pretrained=None,
        allow_new_classes=False,
        new_head=False,
        class_weight="balanced",
        alpha=None,
        alpha_target=None,
        learning_rate=3e-3,
        batch_size=64,
        max_iter=1000,
        max_iter_target=None,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        verbose=False,
        random_state=None,
    ):
        self.n_hidden = n_hidden
        self.activation = activation
        self.n_frozen = n_frozen
        self.layer_decay = layer_decay
        self.unfreeze_every = unfreeze_every
        self.pretrained = pretrained
        self.allow_new_classes = allow_new_classes
        self.new_head = new_head
        self.class_weight = class_weight
        self.alpha = alpha
        self.alpha_target = alpha_target
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.max_iter_target = max_iter_target
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X, y, *, X_target=None, y_target=None):
        """Train on the source task, then on the target task.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Labels of the source task.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; those without labels are not used.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows, None or NaN where unlabelled.

        Returns
        -------
        self : FineTunedClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If `pretrained` is no network, or a flag is no bool.
        ValueError
            If a parameter is out of range, `pretrained` is for other features, a task has one class
            only, or training diverges.
        """
        self._check_parameters()
        X, X_target_rows = validate_domains(self, X, X_target)
        y = source_labels(self, X, y)
        rows, labels = X[:0], y[:0]
        if y_target is not None:
            labels, labelled = validate_target_labels(
                y,
                X_target,
                y_target,
                allow_new_classes=self.allow_new_classes,
                remedy="Map both label sets to one scheme first, or set allow_new_classes=True.",
            )
            rows, labels = X_target_rows[labelled], np.array(labels[labelled].tolist())
        classes = np.unique(y)
        target_classes = np.unique(labels) if self.allow_new_classes else classes
        at_least_two(classes)
        check_weighted_classes(self.class_weight, classes, target_classes)
        if len(rows):
            at_least_two(target_classes, "y_target with allow_new_classes=True")
        rng, options = generator(self.random_state), options_of(self, len(classes))
        until_converged = self.max_iter_target is None
        if self.pretrained is None:
            sizes = hidden_sizes(self.n_hidden)
            found, trainings = train_from_scratch(X, y, classes, sizes, options, rng)
            ends = trainings[-1:]
        else:
            found = as_network(self.pretrained, self.activation, X.shape[1])
            found, trainings = self._fine_tune(found, X, y, classes, options, rng)
            ends = trainings[-1:] * until_converged
        self.source_network_, self.network_, self.n_labelled_ = found, found, len(rows)
        if len(rows):
            task = (rows, labels, target_classes)
            self.network_, tuning = self._fine_tune(found, *task, options, rng)
            trainings, ends = trainings + tuning, ends + tuning[-1:] * until_converged
        elif X_target is not None:
            warn_no_labels(self, "the network of the source task")
        self.coefs_ = [layer.weights for layer in self.network_.layers]
        self.intercepts_ = [layer.biases for layer in self.network_.layers]
        self.loss_curves_ = [training.losses for training in trainings]
        self.validation_curves_ = [training.monitored for training in trainings]
        self.n_iter_ = sum(map(len, self.loss_curves_))
        warn_unless_converged(self, ends)
        if self.pretrained is None and trainings[0].converged:
            labels = one_task(y, classes, self.class_weight)
            warn_if_unlearned(self, found.log_probabilities(X), [labels], options.alpha)
        return self

    def encode(self, X):
        """The representation of rows: outputs of the last hidden layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_codes)
            Inputs of the output layer.
        """
        X = self._validate_rows(X)
        return self._network.code(X).astype(X.dtype, copy=False)

    @property
    def classes_(self):
        """The class labels."""
        return self._network.classes[0]

    @property
    def _network(self):
        return self.source_network_ if self._source_view else self.network_

    def _main_log_probabilities(self, X):
        return self._network.log_probabilities(X)[0]

    def _fine_tune(self, network, X, y, classes, options, rng):
        plan = Plan(
            n_frozen=self.n_frozen,
            layer_decay=self.layer_decay,
            unfreeze_every=self.unfreeze_every,
            max_iter=self.max_iter if self.max_iter_target is None else self.max_iter_target,
            new_head=self.new_head,
        )
        options = replace(options, alpha=weight_decay(self, "alpha_target", len(classes)))
        return fine_tune(network, X, y, classes, plan, options, rng)

    def _check_parameters(self):
        if not is_count(self.n_frozen, 0):
            raise ValueError(f"n_frozen must be an integer >= 0, got {self.n_frozen!r}.")
        if not is_number(self.layer_decay, 0, 1 + 1e-12) or self.layer_decay == 0:
            raise ValueError(
                f"layer_decay must be a number > 0 and <= 1, got {self.layer_decay!r}."
            )
        for name, least in (("unfreeze_every", 1), ("max_iter_target", 0)):
            value = getattr(self, name)
            if value is not None and not is_count(value, least):
                raise ValueError(f"{name} must be None or an integer >= {least}, got {value!r}.")
        weight_decay(self, "alpha_target", 1)
        check_flags(self, "allow_new_classes", "new_head")
